"""The picture of a page: brought into a form that every output takes, turned, made smaller."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from devices.documents.errors import PageBrokenError
from devices.documents.model import ImageFormat, PageImage
from devices.documents.picturebytes import without_metadata
from devices.documents.sanewire import MOST_PIXELS

_ORIENTATION: Final = 0x0112
_TURNS_OF_ORIENTATION: Final = {1: 0, 6: 1, 3: 2, 8: 3}
"""EXIF orientation (CIPA DC-008, tag 274) to quarter turns clockwise; the other values are mirrored."""
_TRANSPOSE: Final = {
    1: Image.Transpose.ROTATE_270,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}
_FORMATS: Final[dict[str, ImageFormat]] = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png"}
_INTERLACE_AT: Final = 28
_PLAIN_MODES: Final = frozenset({"1", "L", "P", "RGB"})
REENCODED_QUALITY: Final = 90
"""For a picture that has to be encoded anew although nobody asked for a smaller one."""


@dataclass(frozen=True, slots=True)
class QualityStep:
    """How much is given up to fit.

    Attributes:
        jpeg_quality: 1 to 100.
        most_dpi: pages with more dots per inch are brought down to it; pages without known density stay.
    """

    jpeg_quality: int
    most_dpi: int


def normalise(page: PageImage) -> tuple[PageImage, int]:
    """The page without metadata, plain enough for every output, and the quarter turns that its metadata asked for.

    A usual page passes as it is. A picture with transparency is laid on white, an interlaced PNG and unusual colours are
    encoded anew.

    Raises:
        PageBrokenError: it is not a picture of the format that it says, or not of that size.
    """
    with _opened(page) as picture:
        if _FORMATS.get(str(picture.format)) != page.format or picture.size != (page.width_px, page.height_px):
            raise PageBrokenError
        orientation = picture.getexif().get(_ORIENTATION, 1) if page.format == "jpeg" else 1
        is_plain = picture.mode in _PLAIN_MODES and "transparency" not in picture.info
        is_interlaced = page.format == "png" and page.data[_INTERLACE_AT] != 0
        is_mirrored = orientation not in _TURNS_OF_ORIENTATION and orientation in range(1, 9)
        if is_plain and not is_interlaced and not is_mirrored:
            return replace(page, data=without_metadata(page.data, page.format)), _TURNS_OF_ORIENTATION.get(orientation, 0)
        upright = ImageOps.exif_transpose(picture) if is_mirrored else picture
        data = encode(_on_white(upright), page.format, page.dpi, REENCODED_QUALITY)
        width_px, height_px = upright.size
    return replace(page, data=data, width_px=width_px, height_px=height_px), 0


def turned(page: PageImage, quarter_turns: int) -> PageImage:
    """The page with its pixels turned clockwise; encoded anew unless there is nothing to turn.

    Raises:
        PageBrokenError: it cannot be decoded.
    """
    transpose = _TRANSPOSE.get(quarter_turns % 4)
    if transpose is None:
        return page
    with _opened(page) as picture:
        picture.load()
        result = picture.transpose(transpose)
    return _page(page, result, page.format, page.dpi, REENCODED_QUALITY)


def as_format(page: PageImage, wanted: ImageFormat) -> PageImage:
    """The page in another format; the same object if it has it.

    Raises:
        PageBrokenError: it cannot be decoded.
    """
    if page.format == wanted:
        return page
    with _opened(page) as picture:
        picture.load()
        return _page(page, picture, wanted, page.dpi, REENCODED_QUALITY)


def shrunk(page: PageImage, step: QualityStep, wanted: ImageFormat | None = "jpeg") -> PageImage:
    """The page at a step of quality; the same object if that would not be smaller.

    Args:
        wanted: format of the result; None keeps the page's own.

    Raises:
        PageBrokenError: it cannot be decoded.
    """
    dpi = page.dpi
    with _opened(page) as picture:
        if dpi is not None and dpi > step.most_dpi:
            size = tuple(max(1, round(side * step.most_dpi / dpi)) for side in picture.size)
            # JPEG can be decoded at an eighth to a half of its size for nothing; the rest is resampled.
            picture.draft(None, (size[0], size[1]))
            plain = picture.convert("L" if picture.mode in {"1", "L"} else "RGB")
            smaller: Image.Image = plain.resize((size[0], size[1]), Image.Resampling.LANCZOS)
            dpi = float(step.most_dpi)
        else:
            picture.load()
            smaller = picture
        result = _page(page, smaller, wanted or page.format, dpi, step.jpeg_quality)
    return result if result.size_bytes < page.size_bytes else page


def encode(picture: Image.Image, image_format: ImageFormat, dpi: float | None, jpeg_quality: int) -> bytes:
    """The encoded picture, with its density and nothing else beside it."""
    target = io.BytesIO()
    density: dict[str, Any] = {"dpi": (dpi, dpi)} if dpi else {}
    if image_format == "png":
        picture.save(target, "PNG", optimize=False, **density)
    else:
        plain = picture if picture.mode in {"L", "RGB"} else picture.convert("L" if picture.mode == "1" else "RGB")
        profile = picture.info.get("icc_profile") if plain is picture else None
        plain.save(target, "JPEG", quality=jpeg_quality, optimize=True, icc_profile=profile, **density)
    return without_metadata(target.getvalue(), image_format)


def _page(page: PageImage, picture: Image.Image, image_format: ImageFormat, dpi: float | None, jpeg_quality: int) -> PageImage:
    width_px, height_px = picture.size
    return PageImage(encode(picture, image_format, dpi, jpeg_quality), image_format, width_px, height_px, dpi, page.source_name)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, over).convert("RGB")
    return picture if picture.mode in _PLAIN_MODES else picture.convert("RGB")


@contextmanager
def _opened(page: PageImage) -> Generator[Image.Image]:
    """Pillow's view of a page; what goes wrong while it is decoded is the page's fault."""
    if not 0 < page.width_px * page.height_px <= MOST_PIXELS:
        raise PageBrokenError
    try:
        with Image.open(io.BytesIO(page.data), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PageBrokenError
            yield picture
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise PageBrokenError from None
