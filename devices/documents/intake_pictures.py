"""Pictures out of files: looked at by the header first, decoded second, and encoded anew without anything but the pixels.

Runs in the worker. For each picture, in this order: kind and size from the header against the limits (1); no animation (2);
every pixel decoded, so that a file cut off is found (3); turned as its EXIF orientation says (4); colours brought to grey or
sRGB, an ICC profile applied, transparency laid on white, 16 bits brought to 8 (5); pixels made square where the resolution
differs between the directions, as fax does (6); encoded as JPEG, or as PNG if there is only black and white (7).

Nothing else survives: no place and time of a photo, no thumbnail, no comment, no colour profile.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageCms, ImageFile

from devices.documents.intake_errors import (
    PictureBrokenError,
    PictureMovesError,
    PictureTooLargeError,
    PictureUnsupportedError,
    TooManyPagesError,
)
from devices.documents.intake_kinds import FileKind
from devices.documents.intake_limits import IntakeLimits
from devices.documents.model import ImageFormat

_PLUGIN: Final = {
    FileKind.JPEG: ("JPEG", "MPO"),
    FileKind.PNG: ("PNG",),
    FileKind.TIFF: ("TIFF",),
    FileKind.BMP: ("BMP",),
    FileKind.WEBP: ("WEBP",),
}
BROKEN: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers raise on damaged files. `MemoryError` is not among them: that one is the worker's bound."""

_OUT_OF_MEMORY: Final = "out of memory"
"""Pillow's decoders say it in an `OSError`."""

_ORIENTATION: Final = 0x0112
_TURN: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_LEAST_DPI, _MOST_DPI = 30.0, 4800.0
_UNEVEN: Final = 1.02


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """One page as it leaves the worker."""

    data: bytes = field(repr=False)
    format: ImageFormat
    width_px: int
    height_px: int
    dpi: float | None


def read_pictures(data: bytes, kind: FileKind, limits: IntakeLimits) -> Iterator[DecodedPicture]:
    """Every page of a picture file, one by one; more than one for TIFF only.

    Raises:
        PictureBrokenError, PictureTooLargeError, PictureMovesError, PictureUnsupportedError, TooManyPagesError: see there.
        MemoryError: the bound of the process was met.
    """
    picture = _opened(data, kind)
    pages, total = 0, 0
    while True:
        check_size(picture.size, limits)
        if pages == 0 and kind in (FileKind.PNG, FileKind.WEBP) and getattr(picture, "n_frames", 1) > 1:
            raise PictureMovesError(kind=kind.value)
        pages += 1
        total += picture.width * picture.height
        if pages > limits.most_pages or total > limits.most_total_pixels:
            raise TooManyPagesError(pages=pages, limit=min(pages - 1, limits.most_pages))
        yield _page(picture, kind, limits)
        if kind is not FileKind.TIFF or not _next_frame(picture, pages, kind):
            return


def check_size(size: tuple[int, int], limits: IntakeLimits) -> None:
    """Compares the size in the header with the limits.

    Raises:
        PictureTooLargeError: over one of them.
    """
    width, height = size
    if max(width, height) > limits.most_side_px or width * height > limits.most_pixels:
        raise PictureTooLargeError(
            width_px=width,
            height_px=height,
            most_side_px=limits.most_side_px,
            most_megapixels=limits.most_pixels / 1_000_000,
        )


def _opened(data: bytes, kind: FileKind) -> ImageFile.ImageFile:
    """Parses the header with the one reader that the first bytes call for."""
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings(action="ignore"):
            return Image.open(io.BytesIO(data), formats=_PLUGIN[kind])
    except BROKEN as error:
        raise PictureBrokenError(kind=kind.value) from error


def _next_frame(picture: ImageFile.ImageFile, number: int, kind: FileKind) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):
            picture.seek(number)
    except EOFError:
        return False
    except BROKEN as error:
        raise PictureBrokenError(kind=kind.value) from error
    return True


def _page(picture: ImageFile.ImageFile, kind: FileKind, limits: IntakeLimits) -> DecodedPicture:
    """Steps 3 to 7 for the picture's current frame."""
    try:
        with warnings.catch_warnings(action="ignore"):
            picture.load()
            orientation = _orientation(picture)
            dots = _dots(picture.info)
            plain = _plain(picture, kind)
            if orientation in _TURN:
                plain = plain.transpose(_TURN[orientation])
                dots = dots and (dots[::-1] if orientation in _SIDEWAYS else dots)
            plain, dpi = _squared(plain, dots, limits)
            return _encoded(plain, dpi, limits)
    except BROKEN as error:
        if _OUT_OF_MEMORY in str(error):
            raise MemoryError from error
        raise PictureBrokenError(kind=kind.value) from error


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation; 1 if none is readable. A damaged EXIF block must not cost the picture."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except BROKEN:
        return 1
    return value if isinstance(value, int) else 1


def _dots(info: dict[str | tuple[int, int], object]) -> tuple[float, float] | None:
    """Dots per inch across and down, where the file names believable ones."""
    value = info.get("dpi")
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    try:
        across, down = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(part) and _LEAST_DPI <= part <= _MOST_DPI for part in (across, down)):
        return None
    return round(across, 1), round(down, 1)


def _plain(picture: Image.Image, kind: FileKind) -> Image.Image:
    """The pixels alone, as black and white, 8 bit grey or sRGB."""
    mode = picture.mode
    if mode == "1":
        plain = picture.copy()
    elif mode.startswith("I;16"):
        plain = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif mode in ("RGBA", "LA", "PA", "RGBa", "La") or (mode in ("P", "L", "RGB") and "transparency" in picture.info):
        plain = _on_white(picture)
    elif mode in ("L", "RGB", "CMYK", "LAB"):
        plain = _through_profile(picture, kind)
    elif mode in ("P", "YCbCr", "HSV", "RGBX"):
        plain = picture.convert("RGB")
    else:
        raise PictureUnsupportedError(kind=kind.value, mode=mode)
    plain.info = {}
    return plain


def _on_white(picture: Image.Image) -> Image.Image:
    """Transparent parts become paper, not the black that often lies under them."""
    is_grey = picture.mode in ("LA", "La") or (picture.mode == "L" and "transparency" in picture.info)
    with_alpha = picture.convert("LA" if is_grey else "RGBA")
    colours = with_alpha.convert("L" if is_grey else "RGB")
    paper = Image.new(colours.mode, colours.size, "white")
    paper.paste(colours, mask=with_alpha.getchannel("A"))
    return paper


def _through_profile(picture: Image.Image, kind: FileKind) -> Image.Image:
    """Colours as sRGB by the embedded ICC profile; by their plain meaning without one or with a damaged one."""
    profile = picture.info.get("icc_profile")
    if picture.mode == "L":
        return picture.copy()
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, *BROKEN):
            converted = None
        if converted is not None:
            return converted
    if picture.mode == "LAB":
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        lab = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        if lab is None:
            raise PictureUnsupportedError(kind=kind.value, mode="LAB")
        return lab
    return picture.copy() if picture.mode == "RGB" else picture.convert("RGB")


def _squared(picture: Image.Image, dots: tuple[float, float] | None, limits: IntakeLimits) -> tuple[Image.Image, float | None]:
    """Same resolution both ways: the coarser way is stretched."""
    if dots is None:
        return picture, None
    across, down = dots
    finest = max(dots)
    if finest / min(dots) <= _UNEVEN:
        return picture, finest
    size = (round(picture.width * finest / across), round(picture.height * finest / down))
    check_size(size, limits)
    grey = picture.convert("L") if picture.mode == "1" else picture
    stretched = grey.resize(size, Image.Resampling.BILINEAR)
    return (stretched.point(lambda value: 255 if value > 127 else 0, "1") if picture.mode == "1" else stretched), finest


def _encoded(picture: Image.Image, dpi: float | None, limits: IntakeLimits) -> DecodedPicture:
    out = io.BytesIO()
    if picture.mode == "1":
        picture.save(out, "PNG", optimize=False)
        return DecodedPicture(out.getvalue(), "png", picture.width, picture.height, dpi)
    picture.save(out, "JPEG", quality=limits.jpeg_quality)
    return DecodedPicture(out.getvalue(), "jpeg", picture.width, picture.height, dpi)
