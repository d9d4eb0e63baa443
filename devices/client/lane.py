"""The one thread that talks to devices.

It has one event loop. Jobs are coroutines. Those that use a device exclusively (search, capture) run one after the other, in
the order in which they were given; those that run beside them (preview, watching for devices) do not wait. Every job can be
given up from any thread, tells its progress, and ends in a result, a named error, or as given up. Nothing here knows windows:
callbacks come in the lane's thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from devices.sbi.errors import DeviceCancelledError

T = TypeVar("T")
_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running job may use."""

    report: Callable[[str], None]
    """Tells a step of the work, in a few words for the operator."""


class Job(Generic[T]):
    """A job that was given to the lane. Safe to use from any thread."""

    def __init__(self, what: str, future: Future[T]) -> None:
        self._what = what
        self._future = future

    def cancel(self) -> None:
        """Gives the job up: connections are dropped at once. Without effect if it is over."""
        self._future.cancel()

    @property
    def is_done(self) -> bool:
        """Whether it ended, in whatever way."""
        return self._future.done()

    def result(self, timeout_s: float | None = None) -> T:
        """Waits for the end.

        Raises:
            DeviceCancelledError: if it was given up.
            TimeoutError: if it did not end in time.
            Exception: what the job raised, usually a `CodedError`.
        """
        try:
            return self._future.result(timeout_s)
        except CancelledError as error:
            raise DeviceCancelledError(verb=self._what) from error

    def when_done(self, callback: Callable[[Job[T]], None]) -> None:
        """Calls back at the end, in the lane's thread; at once if it is over."""
        self._future.add_done_callback(lambda _future: callback(self))


class DeviceLane:
    """Starts with the first use as a context, ends with it; jobs that still run are given up then."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def submit(
        self,
        what: str,
        work: Callable[[JobContext], Coroutine[Any, Any, T]],
        *,
        progress: Callable[[str], None] | None = None,
        is_beside: bool = False,
    ) -> Job[T]:
        """Hands a job over.

        Args:
            what: names the job in errors, for example ``the capture``.
            progress: called in the lane's thread.
            is_beside: does not wait for other jobs, and others do not wait for it.

        Raises:
            RuntimeError: if the lane was not started or has ended, which is a mistake of the caller.
        """
        if not self._thread.is_alive():
            raise RuntimeError("the device lane does not run")
        context = JobContext(progress or (lambda _step: None))
        coroutine = work(context) if is_beside else self._in_turn(work, context)
        return Job(what, asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    async def _in_turn(self, work: Callable[[JobContext], Coroutine[Any, Any, T]], context: JobContext) -> T:
        async with self._turn:
            return await work(context)

    def stop(self) -> None:
        """Gives everything up and ends the thread. Safe to call twice, and from a callback's thread's outside only."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_STOP_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        finally:
            self._loop.close()
