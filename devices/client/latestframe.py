"""One place for one picture, between a device that sends and a window that shows.

The newest picture replaces the one before. Nothing is ever queued: a consumer that is slow sees fewer pictures, not old ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a preview.

    Attributes:
        jpeg: checked for its beginning, its end and its announced size; not decoded.
        number: counts the pictures of one preview from 1.
        width: pixels.
        height: pixels.
    """

    jpeg: bytes = field(repr=False)
    width: int
    height: int
    number: int


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """What became of the pictures of one preview.

    Attributes:
        received: usable ones that the device sent.
        taken: seen by the consumer.
        dropped: replaced by a newer one before the consumer took them.
        capped: left out because more than 30 a second came.
        refused: no JPEG, cut off, or of a size that nobody should decode.
    """

    received: int = 0
    taken: int = 0
    dropped: int = 0
    capped: int = 0
    refused: int = 0


class LatestFrame:
    """Safe to use from two threads: one puts, one takes.

    Args:
        on_filled: called in the putting thread when the place was empty and is not any more; so a consumer that does not take
            is told once, not once for every picture.
    """

    def __init__(self, on_filled: Callable[[], None] | None = None) -> None:
        self._condition = Condition()
        self._on_filled = on_filled
        self._frame: Frame | None = None
        self._is_closed = False
        self._received = self._taken = self._dropped = self._capped = self._refused = 0

    @property
    def counts(self) -> FrameCounts:
        """The figures so far."""
        with self._condition:
            return FrameCounts(self._received, self._taken, self._dropped, self._capped, self._refused)

    def put(self, frame: Frame) -> None:
        """Replaces what is there."""
        with self._condition:
            was_empty = self._frame is None
            self._received += 1
            self._dropped += not was_empty
            self._frame = frame
            self._condition.notify_all()
        if was_empty and self._on_filled is not None:
            self._on_filled()

    def cap(self) -> None:
        """Counts a usable picture that came too soon after the one before."""
        with self._condition:
            self._received += 1
            self._capped += 1

    def refuse(self) -> None:
        """Counts a picture that is unusable."""
        with self._condition:
            self._refused += 1

    def take(self) -> Frame | None:
        """The newest picture, if it was not taken before. Does not wait."""
        with self._condition:
            return self._take()

    def wait(self, timeout_s: float) -> Frame | None:
        """The newest picture; waits for one. None after the time, and when the preview is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._frame is not None or self._is_closed, timeout_s)
            return self._take()

    def close(self) -> None:
        """The preview is over: whoever waits is let go."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def _take(self) -> Frame | None:
        frame, self._frame = self._frame, None
        self._taken += frame is not None
        return frame
