"""Between what drives a camera and what shows its pictures: one place for one picture, and the camera's state.

Drivers put pictures as they come, in their own form; a picture is made into a JPEG only when somebody takes it. A picture that
is not taken before the next one is dropped; so nothing piles up, however slow the other side is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, Protocol

from devices.camera.errors import (
    CameraAbsentError,
    CameraBusyError,
    CameraClosedError,
    CameraError,
    CameraFailedError,
    CameraNotAllowedError,
    CameraNotReadyError,
    CamerasNotInstalledError,
    CameraUnpluggedError,
)
from devices.camera.model import CameraState, CameraStatus, OnChange
from devices.client.latestframe import Frame, FrameCounts

SIDE_MAX_PX: Final = 8192
PREVIEW_QUALITY: Final = 80
STILL_QUALITY: Final = 95
STALE_AFTER_S: Final = 2.0

_ERRORS: Final[dict[CameraState, type[CameraError]]] = {
    CameraState.STARTING: CameraNotReadyError,
    CameraState.ABSENT: CameraAbsentError,
    CameraState.BUSY: CameraBusyError,
    CameraState.NO_PERMISSION: CameraNotAllowedError,
    CameraState.UNPLUGGED: CameraUnpluggedError,
    CameraState.FAILED: CameraFailedError,
    CameraState.NOT_INSTALLED: CamerasNotInstalledError,
    CameraState.CLOSED: CameraClosedError,
}


class Picture(Protocol):
    """A picture in a driver's own form. Used by one thread at a time."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""

    def jpeg(self, quality: int) -> bytes:
        """The picture as JPEG; empty if it cannot be made.

        Args:
            quality: 1 to 100.
        """


class CameraFeed:
    """An open camera, driven by `put` and `fail`. All of it may be used from any thread.

    Args:
        release: called once, by the first `close`: ends the driver.
        steady: seconds of a steady clock.
    """

    def __init__(
        self,
        on_change: OnChange | None = None,
        release: Callable[[], None] | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_change = on_change
        self._release = release
        self._steady = steady
        self._lock = Lock()
        self._encoding = Lock()
        self._status = CameraStatus(CameraState.STARTING)
        self._picture: Picture | None = None
        self._is_new = False
        self._put_at = 0.0
        self._received = self._taken = self._dropped = self._refused = 0

    @property
    def status(self) -> CameraStatus:
        """How it feels now."""
        with self._lock:
            return self._status

    @property
    def counts(self) -> FrameCounts:
        """What became of its pictures."""
        with self._lock:
            return FrameCounts(self._received, self._taken, self._dropped, refused=self._refused)

    def put(self, picture: Picture) -> None:
        """The driver has a picture. One that comes after an end is ignored."""
        with self._lock:
            if self._status.state not in {CameraState.STARTING, CameraState.STREAMING}:
                return
            if not (0 < picture.width <= SIDE_MAX_PX and 0 < picture.height <= SIDE_MAX_PX):
                self._refused += 1
                return
            is_news = not self._is_new or self._status.state is CameraState.STARTING
            self._received += 1
            self._dropped += self._is_new
            self._picture, self._is_new, self._put_at = picture, True, self._steady()
            self._status = CameraStatus(CameraState.STREAMING)
        if is_news:
            self._tell()

    def fail(self, state: CameraState, reason: str) -> None:
        """The driver cannot go on. The first reason stays."""
        with self._lock:
            if self._status.state not in {CameraState.STARTING, CameraState.STREAMING}:
                return
            self._status = CameraStatus(state, reason)
            self._picture, self._is_new = None, False
        self._tell()

    def latest(self) -> Frame | None:
        """The newest picture, each one once."""
        with self._lock:
            if not self._is_new or self._picture is None:
                return None
            picture, number = self._picture, self._received
            self._is_new = False
        frame = self._frame(picture, number, PREVIEW_QUALITY)
        with self._lock:
            self._taken += frame is not None
            self._refused += frame is None
        return frame

    def still(self) -> Frame:
        """The newest picture once more, with little loss; see `devices.camera.model.OpenCamera.still`."""
        with self._lock:
            status, picture, number = self._status, self._picture, self._received
            age_s = self._steady() - self._put_at
        if status.state is not CameraState.STREAMING:
            raise _ERRORS[status.state](reason=status.reason)
        if picture is None or age_s > STALE_AFTER_S:
            raise CameraNotReadyError(reason=f"The last one came {age_s:.0f} seconds ago.")
        frame = self._frame(picture, number, STILL_QUALITY)
        if frame is None:
            raise CameraNotReadyError(reason="The last one is damaged.")
        return frame

    def close(self) -> None:
        """Gives the camera free and forgets its pictures."""
        with self._lock:
            self._on_change = None
            self._picture, self._is_new = None, False
            release, self._release = self._release, None
            self._status = CameraStatus(CameraState.CLOSED)
        if release is not None:
            release()

    def _frame(self, picture: Picture, number: int, quality: int) -> Frame | None:
        with self._encoding:
            jpeg = picture.jpeg(quality)
        return Frame(jpeg, picture.width, picture.height, number) if jpeg else None

    def _tell(self) -> None:
        on_change = self._on_change
        if on_change is not None:
            on_change()


def unusable(state: CameraState, reason: str) -> CameraFeed:
    """What opening a camera gives that cannot be opened."""
    feed = CameraFeed()
    feed.fail(state, reason)
    return feed
