"""Pages made for tests: ruled like a letter, so that they compress as paper does."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from devices.documents.model import ImageFormat, PageImage
from devices.documents.pagepicture import encode


def letter(width_px: int, height_px: int, mode: str = "RGB", mark: int = 0) -> Image.Image:
    """A light page with dark lines, and a square that tells its corner and number."""
    page = Image.new(mode, (width_px, height_px), "white")
    draw = ImageDraw.Draw(page)
    step = max(4, height_px // 40)
    for row in range(step * 3, height_px - step, step):
        end = width_px - step - (row * 7 + mark * 13) % max(1, width_px // 3)
        draw.line(
            (step, row, end, row), fill="black" if row % (2 * step) else "navy" if mode == "RGB" else "black", width=step // 4
        )
    draw.rectangle((0, 0, step * 2 + mark, step * 2), fill="black")
    return page


@cache
def page(
    width_px: int = 160,
    height_px: int = 220,
    image_format: ImageFormat = "jpeg",
    dpi: float | None = 72.0,
    mode: str = "RGB",
    mark: int = 0,
    quality: int = 75,
) -> PageImage:
    """A page without metadata."""
    data = encode(letter(width_px, height_px, mode, mark), image_format, dpi, quality)
    return PageImage(data, image_format, width_px, height_px, dpi, "test")


def jpeg_page(**about: Any) -> PageImage:
    """A small JPEG page."""
    return page(**about)


def read_as_one_page(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...]:
    """A reader that takes a picture as it is."""
    del name
    with Image.open(io.BytesIO(data)) as picture:
        image_format: ImageFormat = "png" if picture.format == "PNG" else "jpeg"
        return (PageImage(data, image_format, *picture.size, None, source_name),)
