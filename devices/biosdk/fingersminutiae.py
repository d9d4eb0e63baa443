"""The template of a finger: its minutiae, in a layout of our own that any minutiae matcher can be fed from.

Data of a template ``nbis-minutiae``, version 1, big-endian:

| offset | length | field |
|--------|--------|-------|
| 0      | 2+2    | width and height of the image in pixels at 500 per inch |
| 4      | 1      | number n of minutiae |
| 5      | 8n     | each: x u16, y u16 from the upper left corner, direction u8 (units of 360/256 degrees, counter-clockwise), kind u8 (1 ridge ending, 2 bifurcation), reliability u8 (0 to 63), 0 u8 |

The library itself reads and writes minutiae as a record in the manner of ISO/IEC 19794-2:2005 with a header of 26 bytes, whose
views and fields are not quite those of the standard; that is its own business and never stored. Both directions are here.
"""  # noqa: E501

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.biosdk.errors import TemplateUnreadableError

FORMAT: Final = "nbis-minutiae"
VERSION: Final = 1
MINUTIAE_MAX: Final = 150
"""BOZORTH3 looks at no more, and its time grows with the square of it."""
SIDE_MAX_PX: Final = 4096
_HEAD: Final = struct.Struct(">HHB")
_POINT: Final = np.dtype([("x", ">u2"), ("y", ">u2"), ("angle", "u1"), ("kind", "u1"), ("reliability", "u1"), ("zero", "u1")])
_FMR_HEAD: Final = struct.Struct(">4s4sIHHHHHHBB")
_FMR_POINT: Final = np.dtype([("kind_x", ">u2"), ("y", ">u2"), ("angle", "u1"), ("reliability", "u1")])
_FMR_MAGIC: Final = (b"FMR\0", b" 20\0")
_LOW_14: Final = 0x3FFF


@dataclass(frozen=True, slots=True)
class Minutiae:
    """The minutiae of one image.

    Attributes:
        width, height: of the image.
        points: structured array with ``x``, ``y``, ``angle``, ``kind``, ``reliability``; the most reliable ones only, if
            there are more than `MINUTIAE_MAX`.
    """

    width: int
    height: int
    points: NDArray[np.void] = field(repr=False)

    def __len__(self) -> int:
        return len(self.points)

    def to_data(self) -> bytes:
        """The data of a template."""
        return _HEAD.pack(self.width, self.height, len(self.points)) + self.points.tobytes()

    @classmethod
    def from_data(cls, data: bytes) -> Minutiae:
        """Reads the data of a template strictly.

        Raises:
            TemplateUnreadableError: for anything that `to_data` does not write.
        """
        if len(data) < _HEAD.size:
            raise TemplateUnreadableError(why="it ends too early")
        width, height, count = _HEAD.unpack_from(data)
        if count > MINUTIAE_MAX or len(data) != _HEAD.size + count * _POINT.itemsize or max(width, height) > SIDE_MAX_PX:
            raise TemplateUnreadableError(why="its length or its size is wrong")
        points = np.frombuffer(data, _POINT, count, _HEAD.size)
        is_inside = (points["x"] < width) & (points["y"] < height)
        is_plain = (points["kind"] >= 1) & (points["kind"] <= 2) & (points["reliability"] <= 63) & (points["zero"] == 0)
        if not bool(np.all(is_inside & is_plain)):
            raise TemplateUnreadableError(why="one of its points is not acceptable")
        return cls(width, height, points)

    def to_library(self) -> bytes:
        """The record that the library loads."""
        count = len(self.points)
        length = _FMR_HEAD.size + count * _FMR_POINT.itemsize
        head = _FMR_HEAD.pack(*_FMR_MAGIC, length, 0, self.width, self.height, 0, 0, 0, 0, count)
        body = np.empty(count, _FMR_POINT)
        body["kind_x"] = (self.points["kind"].astype(np.uint16) << 14) | self.points["x"]
        body["y"] = self.points["y"]
        body["angle"] = self.points["angle"]
        body["reliability"] = self.points["reliability"]
        return head + body.tobytes()

    @classmethod
    def from_library(cls, width: int, height: int, points: list[tuple[int, int, float, int, float]]) -> Minutiae:
        """From what the library found: x, y, direction in degrees, kind (1 or 2), reliability (0 to 1) of each."""
        chosen = sorted(points, key=lambda point: (-point[4], point[:4]))[:MINUTIAE_MAX]
        made = np.zeros(len(chosen), _POINT)
        for index, (x, y, degrees, kind, reliability) in enumerate(sorted(chosen)):
            made[index] = (
                min(max(x, 0), width - 1),
                min(max(y, 0), height - 1),
                round(degrees * 256 / 360) % 256,
                kind,
                round(min(max(reliability, 0.0), 1.0) * 63),
                0,
            )
        return cls(width, height, made)
