"""One transform from the scanned picture to the page, and its encoding.

Colour pages go as luminance and two colour differences, these at half the resolution both ways, as JPEG keeps them anyway: that
is half of the work. A JPEG is decoded to them and encoded from them without a step over red, green and blue.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from devices.documents.errors import PageBrokenError
from devices.documents.imaging_geometry import Points, perspective
from devices.documents.model import ImageFormat, PageImage

MOST_PIXELS: Final = 100_000_000
_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, RuntimeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes the page: four corners in the picture (upper left first, clockwise), in pixels."""

    corners: Points
    width: int
    height: int


def cut_of(corners: Points) -> Cut:
    """The page between four corners, as large as its longer sides."""
    ends = np.roll(corners, -1, axis=0)
    top, right, bottom, left = (float(math.hypot(*(end - start))) for start, end in zip(corners, ends, strict=True))
    return Cut(corners, max(1, round(max(top, bottom))), max(1, round(max(left, right))))


def decoded(page: PageImage) -> Image.Image:
    """The pixels: black and white, grey, or YCbCr.

    Raises:
        PageBrokenError: they cannot be read, or there are too many.
    """
    try:
        picture = Image.open(io.BytesIO(page.data), formats=("JPEG", "PNG"))
        if picture.width * picture.height > MOST_PIXELS:
            raise PageBrokenError
        if picture.format == "JPEG" and picture.mode == "RGB" and picture.info.get("adobe_transform", 1) != 0:
            picture.draft("YCbCr", picture.size)
        picture.load()
        return picture if picture.mode in ("1", "L", "YCbCr") else picture.convert("RGB").convert("YCbCr")
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise PageBrokenError from error


def warped(picture: Image.Image, cut: Cut, paper_grey: int) -> Image.Image:
    """The page, straight and square. What lies outside the picture becomes paper."""
    if picture.mode == "YCbCr":
        light, blue, red = picture.split()
        size = (cut.width, cut.height)
        halves = [_moved(part.reduce(2), cut, 0.5, 128).resize(size, Image.Resampling.NEAREST) for part in (blue, red)]
        return Image.merge("YCbCr", (_moved(light, cut, 1.0, paper_grey), *halves))
    if picture.mode == "1":
        return _moved(picture.convert("L"), cut, 1.0, 255).point(lambda level: 255 if level > 127 else 0, "1")
    return _moved(picture, cut, 1.0, paper_grey)


def _moved(band: Image.Image, cut: Cut, scale: float, fill: int) -> Image.Image:
    """One band at a scale. A page that lies straight is cut, not resampled."""
    size = (max(1, math.ceil(cut.width * scale)), max(1, math.ceil(cut.height * scale)))
    corners = cut.corners * scale
    if _is_straight(cut.corners):
        left, top = (round(float(value)) for value in corners[0])
        inside = left >= 0 and top >= 0 and left + size[0] <= band.width and top + size[1] <= band.height
        if inside:
            return band.crop((left, top, left + size[0], top + size[1]))
    width, height = cut.width * scale, cut.height * scale
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    numbers = perspective(target, corners)
    if abs(numbers[6]) * width < 1e-6 and abs(numbers[7]) * height < 1e-6:
        return band.transform(size, Image.Transform.AFFINE, numbers[:6], Image.Resampling.BILINEAR, fillcolor=fill)
    return band.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR, fillcolor=fill)


def _is_straight(corners: Points) -> bool:
    edges: Sequence[Points] = [
        corners[1] - corners[0],
        corners[2] - corners[1],
        corners[3] - corners[2],
        corners[0] - corners[3],
    ]
    return all(min(abs(float(edge[0])), abs(float(edge[1]))) < 1.0 for edge in edges)


def encoded(picture: Image.Image, like: PageImage, quality: int) -> PageImage:
    """The page in the format that it came in."""
    out, encoding = io.BytesIO(), like.format
    if picture.mode == "1":
        encoding = "png"
        picture.save(out, "PNG")
    elif encoding == "png":
        (picture.convert("RGB") if picture.mode == "YCbCr" else picture).save(out, "PNG", compress_level=1)
    else:
        picture.save(out, "JPEG", quality=quality)
    return _page(out.getvalue(), encoding, picture, like)


def _page(data: bytes, encoding: ImageFormat, picture: Image.Image, like: PageImage) -> PageImage:
    return PageImage(data, encoding, picture.width, picture.height, like.dpi, like.source_name)


def small_jpeg(picture: Image.Image, side_px: int) -> bytes:
    """A preview."""
    factor = max(1, max(picture.size) // side_px)
    small = (picture.convert("L") if picture.mode == "1" else picture).reduce(factor)
    small.thumbnail((side_px, side_px), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()
