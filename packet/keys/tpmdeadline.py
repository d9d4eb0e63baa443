"""A limit in time for work with a TPM, which may stop answering in the middle of it: broken hardware, a frozen emulator.

The library waits for an answer without a limit, in C, where nothing can interrupt it. So the work is done by a daemon thread,
which does not keep the program from ending, and the caller waits for that. Work that was given up may still be inside the
library; its connection must never be touched again, not even to close it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Final, TypeVar

from packet.keys.errors import TpmSilentError

DEADLINE_S: Final = 120.0
"""For one operation. Making a key takes a slow hardware TPM up to half a minute; an operation makes at most two."""
_CLOSING_S: Final = 10.0
_INTERRUPTED_S: Final = 2.0
_T = TypeVar("_T")


class TpmDeadline:
    """Runs the work with one connection; the owner serialises calls.

    Attributes:
        is_passed: some work was given up and may still go on; all further work is refused.
    """

    def __init__(self, where: str, seconds: float | None) -> None:
        """Without a limit (None), work is done by the calling thread."""
        self._where = where
        self._seconds = seconds
        self.is_passed = False

    def run(self, operation: str, work: Callable[[], _T], undo: Callable[[_T], object] | None = None) -> _T:
        """Does the work and gives its result or raises its error.

        Args:
            operation: what is done, for people.
            undo: gets the result if it comes after nobody waits for it any more; called by the thread of the work.

        Raises:
            TpmSilentError: if it takes too long, or earlier work did.
        """
        if self.is_passed:
            raise self._silent(operation)
        if self._seconds is None:
            return work()
        return self._await(operation, work, undo, self._seconds)

    def run_last(self, operation: str, work: Callable[[], object]) -> None:
        """The same for closing, with a shorter limit; silence is then no error any more, since nobody needs the TPM."""
        if self.is_passed:
            return
        if self._seconds is None:
            work()
            return
        try:
            self._await(operation, work, None, min(self._seconds, _CLOSING_S))
        except TpmSilentError:
            return

    def _await(self, operation: str, work: Callable[[], _T], undo: Callable[[_T], object] | None, seconds: float) -> _T:
        future: Future[_T] = Future()
        thread = threading.Thread(target=_fulfil, args=(future, work), name=f"TPM: {operation}", daemon=True)
        try:
            thread.start()
            wait([future], seconds)
        except BaseException:  # an interrupt; a short while for the command that is under way, so that none is cut off
            try:
                wait([future], _INTERRUPTED_S)
            finally:
                self._give_up(future, undo)
            raise
        if not future.done():
            self._give_up(future, undo)
            raise self._silent(operation)
        return future.result()

    def _give_up(self, future: Future[_T], undo: Callable[[_T], object] | None) -> None:
        if not future.done():
            self.is_passed = True
        if undo is not None:
            future.add_done_callback(lambda late: undo(late.result()) if late.exception() is None else None)

    def _silent(self, operation: str) -> TpmSilentError:
        return TpmSilentError(where=self._where, deadline_s=f"{self._seconds:g}", operation=operation)


def _fulfil(future: Future[_T], work: Callable[[], _T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - not swallowed but handed over to the thread that waits
        future.set_exception(error)
