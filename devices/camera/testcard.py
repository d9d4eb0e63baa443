"""Cameras that show a moving test card: for demonstrations, and for tests of everything that can happen to a camera."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from devices.camera.feed import CameraFeed, Picture, unusable
from devices.camera.model import CameraInfo, CameraList, CameraState, OnChange, OpenCamera
from devices.camera.playing import PERIOD_S, PlayedCamera, Wait

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH: Final = 640
HEIGHT: Final = 480
_BARS: Final = ((255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0))
_STEP_PX: Final = 8
_SQUARE_PX: Final = 64
NONE_REASON: Final = "No test card is plugged in."


@dataclass(frozen=True, slots=True)
class RgbPicture:
    """A picture as an array.

    Attributes:
        pixels: height x width x 3, 8 bits each: red, green, blue.
    """

    pixels: NDArray[np.uint8] = field(repr=False)

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[0])

    def jpeg(self, quality: int) -> bytes:
        """The picture as JPEG."""
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(self.pixels).save(buffer, "JPEG", quality=quality)
        return buffer.getvalue()


def card(number: int, width: int = WIDTH, height: int = HEIGHT) -> RgbPicture:
    """The test card's picture of that number: eight colour bars, a grey wedge, and a square that moves 8 pixels a picture."""
    import numpy as np

    pixels = np.empty((height, width, 3), np.uint8)
    bars = np.array(_BARS, np.uint8)
    pixels[:] = bars[np.arange(width) * len(bars) // width]
    pixels[height * 3 // 4 :] = (np.arange(width) * 255 // max(1, width - 1)).astype(np.uint8)[:, None]
    side = min(_SQUARE_PX, width, height)
    left = (number * _STEP_PX) % max(1, width - side + 1)
    top = (height - side) // 2
    pixels[top : top + side, left : left + side] = (128, 64, 32)
    return RgbPicture(pixels)


class CardCameras:
    """A source of test cards, one per name. What can happen to cameras can be made to happen to these.

    Args:
        wait: see `devices.camera.playing.PlayedCamera`.
    """

    def __init__(self, *names: str, period_s: float = PERIOD_S, wait: Wait | None = None) -> None:
        self._plugged = list(names or ("Test card",))
        self._period_s = period_s
        self._wait = wait
        self._open: dict[str, CameraFeed] = {}
        self._taken: set[str] = set()
        self.is_allowed = True

    def list(self) -> CameraList:
        """The cards that are plugged in."""
        cameras = tuple(CameraInfo(name, name, number == 0) for number, name in enumerate(self._plugged))
        return CameraList(cameras, "" if cameras else NONE_REASON)

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        """Begins to show a card."""
        name = identity if identity is not None else next(iter(self._plugged), None)
        if name not in self._plugged:
            return unusable(CameraState.ABSENT, NONE_REASON if name is None else "It is not plugged in.")
        if not self.is_allowed:
            return unusable(CameraState.NO_PERMISSION, "Test cards are forbidden.")
        if name in self._open or name in self._taken:
            return unusable(CameraState.BUSY, "It is in use already.")
        camera = PlayedCamera(_cards(), on_change, lambda: self._forget(name), self._period_s, self._wait)
        self._open[name] = camera
        return camera

    def plug(self, name: str) -> None:
        """Plugs a card in."""
        self._plugged.append(name)

    def unplug(self, name: str) -> None:
        """Pulls a card out, even while it is shown."""
        self._plugged.remove(name)
        camera = self._open.get(name)
        if camera is not None:
            camera.fail(CameraState.UNPLUGGED, "It was pulled out.")

    def take_away(self, name: str) -> None:
        """Another program uses it from now on."""
        self._taken.add(name)

    def give_back(self, name: str) -> None:
        """The other program ends."""
        self._taken.discard(name)

    def _forget(self, name: str) -> None:
        self._open.pop(name, None)


def _cards() -> Iterator[Picture]:
    number = 0
    while True:
        yield card(number)
        number += 1
