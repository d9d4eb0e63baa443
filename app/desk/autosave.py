"""Keeping a registration in work: every change goes to the store at once, from a thread of its own.

`put` takes what changed and returns; a writer thread saves it. Changes that come while it writes are merged, newest first, so
that fast typing never queues up. A save that fails is tried again, with everything that came since; what failed is told by
name, and nothing is forgotten while the program runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from app.core.drafts import DraftId
from packet.errors import CodedError
from packet.models import Clock

RETRY_S = 2.0
"""How long to wait before a failed save is tried again without a new change."""


class DraftStore(Protocol):
    """Where drafts are kept."""

    def save(self, draft_id: DraftId, changed: Mapping[str, bytes], removed: Collection[str], step: str, at: datetime) -> None:
        """Replaces the named parts and removes others, all or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class SaveState:
    """How the keeping goes.

    Attributes:
        is_saved: everything put so far is durable.
        saved_at: of the last save that succeeded; None if there was none yet.
        error: why the last try failed; None if it did not.
    """

    is_saved: bool
    saved_at: datetime | None
    error: CodedError | None


class DraftNotSavedError(CodedError):
    """Changes could not be made durable in time."""

    code = "DESK-DRAFT-NOT-SAVED"
    sentence = "The registration in work could not be saved within {seconds} seconds."
    next_step = "Wait a moment and try again; keep the window open until it says that everything is saved."


@dataclass(slots=True)
class _Pending:
    """What still has to be saved."""

    changed: dict[str, bytes]
    removed: set[str]

    def merge(self, changed: Mapping[str, bytes], removed: Collection[str]) -> None:
        """Takes newer changes over older ones."""
        for name in removed:
            self.changed.pop(name, None)
        self.removed |= set(removed)
        self.removed -= set(changed)
        self.changed.update(changed)

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)


class Autosave:
    """Keeps one draft. Thread-safe; close it, or use it as a context manager.

    Args:
        on_state: called from the writer thread after every try.
        retry_s: `RETRY_S` if not given.
    """

    def __init__(
        self,
        store: DraftStore,
        draft_id: DraftId,
        step: str,
        clock: Clock,
        on_state: Callable[[SaveState], None] = lambda _state: None,
        retry_s: float = RETRY_S,
    ) -> None:
        self._store = store
        self._draft_id = draft_id
        self._clock = clock
        self._on_state = on_state
        self._retry_s = retry_s
        self._wake = threading.Condition()
        self._pending = _Pending({}, set())
        self._step = step
        self._is_dirty = False
        self._is_writing = False
        self._is_hurried = False
        self._is_closing = False
        self._saved_at: datetime | None = None
        self._error: CodedError | None = None
        self._fault: BaseException | None = None
        self._writer = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._writer.start()

    @property
    def state(self) -> SaveState:
        """How the keeping goes now."""
        with self._wake:
            return self._state()

    def _state(self) -> SaveState:
        return SaveState(not self._is_dirty and not self._is_writing, self._saved_at, self._error)

    def put(self, changed: Mapping[str, bytes], removed: Collection[str] = (), step: str | None = None) -> None:
        """Notes what changed and returns at once.

        Args:
            step: where the registration stands now; None if it did not move.

        Raises:
            RuntimeError: after `close`; a mistake of the caller.
            BaseException: what ended the writer thread, a fault of the program: nobody types on while nothing is kept.
        """
        with self._wake:
            if self._is_closing:
                raise RuntimeError("the draft is closed")
            self._pending.merge(changed, removed)
            self._step = step or self._step
            self._is_dirty = self._is_hurried = True
            self._wake.notify_all()
            if self._fault is not None:
                raise self._fault

    def flush(self, timeout_s: float = 10.0) -> None:
        """Waits until everything put so far is durable.

        Raises:
            packet.errors.CodedError: why the last try failed.
            DraftNotSavedError: if it took too long.
        """
        with self._wake:
            self._error = None
            self._is_hurried = True
            self._wake.notify_all()
            is_over = self._wake.wait_for(lambda: self._state().is_saved or self._error or self._fault, timeout_s)
            if self._fault is not None:
                raise self._fault
            if self._error is not None:
                raise self._error
            if not is_over:
                raise DraftNotSavedError(seconds=round(timeout_s))

    def close(self, *, is_kept: bool = True) -> None:
        """Ends the writer. Safe to call twice.

        Args:
            is_kept: False if the draft is gone (sealed or discarded): what is still unsaved is dropped then.

        Raises:
            packet.errors.CodedError: as `flush`, if it is kept; the writer is ended all the same.
        """
        try:
            if is_kept and self._writer.is_alive():
                self.flush()
        finally:
            with self._wake:
                self._is_closing = True
                self._wake.notify_all()
            self._writer.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close(is_kept=True)

    def _run(self) -> None:
        try:
            while self._save_next():
                pass
        except BaseException as error:  # told to whoever waits, not lost with the thread
            with self._wake:
                self._fault = error
                self._wake.notify_all()
            raise

    def _save_next(self) -> bool:
        with self._wake:
            self._wake.wait_for(lambda: self._is_closing or (self._is_dirty and self._is_hurried), self._patience_s())
            if self._is_closing:
                return False
            if not self._is_dirty:
                return True
            taken, self._pending = self._pending, _Pending({}, set())
            step = self._step
            self._is_dirty = self._is_hurried = False
            self._is_writing = True
        is_done, error = False, None
        try:
            error = self._try(taken, step)
            is_done = error is None
        finally:
            with self._wake:
                self._is_writing = False
                self._error = error
                if is_done:
                    self._saved_at = self._clock()
                else:
                    newer, self._pending = self._pending, taken
                    self._pending.merge(newer.changed, newer.removed)
                    self._is_dirty = True
                state = self._state()
                self._wake.notify_all()
        self._on_state(state)
        return True

    def _patience_s(self) -> float | None:
        """None: until woken; after a failure only a while."""
        return self._retry_s if self._is_dirty else None

    def _try(self, taken: _Pending, step: str) -> CodedError | None:
        try:
            self._store.save(self._draft_id, taken.changed, tuple(taken.removed), step, self._clock())
        except CodedError as error:
            return error
        return None
