"""Picture files in place of a camera: a file, or a folder whose pictures are shown one after the other, again and again.

For demonstrations, tests, and desks that take photographs with something that only writes files. What a file really is, is
decided by Pillow, which is let loose on JPEG and PNG only, and on no picture of over 8192 pixels a side.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devices.camera.feed import SIDE_MAX_PX, Picture, unusable
from devices.camera.model import CameraInfo, CameraList, CameraState, OnChange, OpenCamera
from devices.camera.playing import PlayedCamera, Wait
from packet.files import FileNotReadableError, FileOverLimitError, read_file

if TYPE_CHECKING:
    from PIL import Image

FILE_MAX_BYTES: Final = 20 * 1024 * 1024
PERIOD_S: Final = 0.2
_FILES_MAX: Final = 10_000
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png"})
# What Pillow raises for files that are broken in one way or the other.
_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, struct.error)


@dataclass(frozen=True, slots=True)
class FilePicture:
    """A decoded picture file."""

    image: Image.Image = field(repr=False)

    @property
    def width(self) -> int:
        """Pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.image.height

    def jpeg(self, quality: int) -> bytes:
        """The picture as JPEG, without what else stood in the file."""
        buffer = io.BytesIO()
        self.image.save(buffer, "JPEG", quality=quality)
        return buffer.getvalue()


class PictureFiles:
    """One camera that shows a file, or the pictures of a folder in the order of their names.

    Args:
        wait: see `devices.camera.playing.PlayedCamera`.
    """

    def __init__(self, path: Path, period_s: float = PERIOD_S, wait: Wait | None = None) -> None:
        self._path = path
        self._period_s = period_s
        self._wait = wait
        self._is_open = False

    def list(self) -> CameraList:
        """The file or folder, if there is a picture."""
        if not _files(self._path):
            return CameraList(reason=f"{self._path} is no picture (.jpg, .png) and no folder with pictures.")
        return CameraList((CameraInfo(str(self._path), f"Pictures of {self._path.name}", is_default=True),))

    def open(self, identity: str | None = None, on_change: OnChange | None = None) -> OpenCamera:
        """Begins to show the pictures."""
        if identity not in {None, str(self._path)} or not _files(self._path):
            return unusable(CameraState.ABSENT, self.list().reason or "It is another file than this source has.")
        if self._is_open:
            return unusable(CameraState.BUSY, "The pictures are shown already.")
        self._is_open = True
        return PlayedCamera(_pictures(self._path), on_change, self._closed, self._period_s, self._wait)

    def _closed(self) -> None:
        self._is_open = False


def _files(path: Path) -> list[Path]:
    try:
        found = sorted(path.iterdir())[:_FILES_MAX] if path.is_dir() else [path]
        return [file for file in found if file.suffix.lower() in _SUFFIXES and file.is_file()]
    except OSError:
        return []


def _pictures(path: Path) -> Iterator[Picture]:
    """Pictures again and again, until a whole round has none: files that are no pictures, or gone, are left out."""
    while True:
        shown = 0
        for file in _files(path):
            picture = read_picture(file)
            if picture is not None:
                shown += 1
                yield picture
        if not shown:
            return


def read_picture(path: Path) -> FilePicture | None:
    """A file's picture, turned as the camera that took it says; None if it is none that can be used."""
    from PIL import Image, ImageOps

    try:
        data = read_file(path, FILE_MAX_BYTES)
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if max(image.size) > SIDE_MAX_PX:
                return None
            picture = ImageOps.exif_transpose(image).convert("RGB")
            picture.info = {}  # comments would be written into every JPEG that is made of it
            return FilePicture(picture)
    except (FileNotReadableError, FileOverLimitError, Image.DecompressionBombError, *_BROKEN):
        return None
