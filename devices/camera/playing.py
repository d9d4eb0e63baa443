"""Cameras without hardware: a thread that plays pictures into a feed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final

from devices.camera.feed import CameraFeed, Picture
from devices.camera.model import CameraState, OnChange

PERIOD_S: Final = 1 / 15
_END_MAX_S: Final = 2.0

Wait = Callable[[float], bool]
"""Waits for some seconds; True, at once, when playing is to end."""


class PlayedCamera(CameraFeed):
    """Plays until it is closed, the pictures end, or it is failed.

    Args:
        pictures: made in the playing thread. When they end, the camera counts as unplugged.
        wait: for tests; must end once the camera was closed.
        closed: called once it was closed.
    """

    def __init__(
        self,
        pictures: Iterator[Picture],
        on_change: OnChange | None = None,
        closed: Callable[[], None] | None = None,
        period_s: float = PERIOD_S,
        wait: Wait | None = None,
    ) -> None:
        super().__init__(on_change, self._end)
        self._pictures = pictures
        self._period_s = period_s
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._closed = closed
        self._thread = threading.Thread(target=self._play, name="played camera", daemon=True)
        self._thread.start()

    def _play(self) -> None:
        for picture in self._pictures:
            if self._stopped.is_set():
                return
            self.put(picture)
            if self._wait(self._period_s):
                return
        self.fail(CameraState.UNPLUGGED, "It shows nothing any more.")

    def _end(self) -> None:
        self._stopped.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_END_MAX_S)
        if self._closed is not None:
            self._closed()
