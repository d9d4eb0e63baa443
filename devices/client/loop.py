"""Running one asynchronous piece of work to its end inside the calling thread, with a way to give it up from another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from threading import Lock
from typing import Any, TypeVar

from devices.sbi.errors import DeviceCancelledError

T = TypeVar("T")


class Cancellation:
    """Lets another thread give up what runs now and everything that would start later. Cannot be taken back."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_cancelled = False
        self._abort: Callable[[], None] | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether it was given up."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Gives up. Safe to call from any thread, and twice."""
        with self._lock:
            self._is_cancelled = True
            abort = self._abort
            if abort is not None:
                abort()

    def watch(self, abort: Callable[[], None] | None) -> bool:
        """Sets what `cancel` calls; False if it was called already."""
        with self._lock:
            self._abort = abort
            return not self._is_cancelled


def run(work: Coroutine[Any, Any, T], what: str, cancellation: Cancellation | None = None) -> T:
    """Runs a coroutine on an event loop of its own.

    Args:
        what: names the work in the error.

    Raises:
        DeviceCancelledError: if it was given up.
    """
    if cancellation is None:
        return asyncio.run(work)
    try:
        return asyncio.run(_watched(work, cancellation))
    except asyncio.CancelledError as error:
        raise DeviceCancelledError(verb=what) from error


async def _watched(work: Coroutine[Any, Any, T], cancellation: Cancellation) -> T:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    if not cancellation.watch(lambda: _abort(loop, task)):
        task.cancel()
    try:
        return await task
    finally:
        cancellation.watch(None)


def _abort(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    loop.call_soon_threadsafe(task.cancel)
