"""Papers drawn by a formula, laid on a bed: what a scanner or a camera would give, with the truth known.

No real document is imitated: lines of strokes stand for text, rings for stamps, a shaded square for a photo.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from devices.documents.model import PageImage

A4_MM = (210.0, 297.0)
A5_MM = (148.0, 210.0)
LETTER_MM = (215.9, 279.4)
ID1_MM = (85.6, 54.0)
"""ISO/IEC 7810 ID-1."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and what is true of it.

    Attributes:
        corners: of the paper, upper left first, clockwise, in pixels.
        ink: where print lies, in pixels of the picture; shape (n, 2).
    """

    picture: Image.Image = field(repr=False)
    corners: Points = field(repr=False)
    ink: Points = field(repr=False)
    dpi: float

    def page(self, kind: str = "JPEG", mode: str = "RGB", quality: int = 90) -> PageImage:
        out = io.BytesIO()
        self.picture.convert(mode).save(out, kind, **({"quality": quality} if kind == "JPEG" else {}))
        name = "jpeg" if kind == "JPEG" else "png"
        return PageImage(out.getvalue(), "jpeg" if name == "jpeg" else "png", *self.picture.size, self.dpi, "test")


def px(mm: float, dpi: float) -> int:
    return round(mm * dpi / 25.4)


def printed(
    size_mm: tuple[float, float], dpi: float, seed: int = 1, colour: int = 245, text: bool = True, extras: bool = True
) -> Image.Image:
    """An upright paper with lines of strokes, a stamp and a photo inside its margins."""
    chance = np.random.default_rng(seed)
    width, height = px(size_mm[0], dpi), px(size_mm[1], dpi)
    paper = Image.new("RGB", (width, height), (colour, colour, max(0, colour - 4)))
    if not text:
        return paper
    draw = ImageDraw.Draw(paper)
    margin = px(min(size_mm) * 0.08, dpi)
    line, tall = max(6, px(5, dpi)), max(3, px(2.2, dpi))
    for top in range(margin, height - margin - tall, line):
        x, end = margin, width - margin - int(chance.integers(0, max(1, width // 4)))
        while x < end - tall:
            wide = int(chance.integers(max(1, tall // 3), tall + 1))
            if chance.random() < 0.82:
                rise = tall if chance.random() < 0.3 else tall * 2 // 3
                box = (x, top + tall - rise, x + max(1, wide - 2), top + tall)
                draw.rectangle(box, outline=(40, 40, 60), width=max(1, tall // 4))
            x += wide + max(1, tall // 4)
    if extras:
        radius = px(min(size_mm) * 0.07, dpi)
        centre = (width - margin - radius, height - margin - radius)
        ring = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
        draw.ellipse(ring, outline=(150, 30, 60), width=max(1, radius // 8))
        side = px(min(size_mm) * 0.2, dpi)
        photo = Image.radial_gradient("L").resize((side, round(side * 1.3))).convert("RGB")
        paper.paste(photo, (margin, margin))
    return paper


def laid(
    paper: Image.Image,
    dpi: float,
    bed_mm: tuple[float, float] = (216.0, 305.0),
    centre_mm: tuple[float, float] | None = None,
    angle_deg: float = 0.0,
    bed: tuple[int, int, int] = (30, 30, 32),
    noise: float = 2.0,
    shadow: int = 0,
    slant: float = 0.0,
    wood: float = 0.0,
    seed: int = 1,
) -> Scene:
    """The paper on a bed, turned clockwise; with ``slant`` its upper side is shorter, as in a photo from below."""
    chance = np.random.default_rng(seed)
    size = (px(bed_mm[0], dpi), px(bed_mm[1], dpi))
    centre = np.array([size[0] / 2, size[1] / 2] if centre_mm is None else [px(at, dpi) for at in centre_mm], float)
    corners = _placed(paper.size, centre, angle_deg, slant)
    ground = np.full((size[1], size[0], 3), bed, float)
    if wood:
        y, x = np.mgrid[0 : size[1], 0 : size[0]]
        ground += (wood * np.sin(x / 9.0 + 3 * np.sin(y / 70.0)))[..., None]
    picture = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    if shadow:
        cast = Image.new("L", size)
        away = np.array([shadow, shadow])
        ImageDraw.Draw(cast).polygon([tuple(point) for point in (corners + away).tolist()], fill=110)
        picture.paste((0, 0, 0), mask=cast.filter(ImageFilter.GaussianBlur(shadow / 2)))
    placed, cover = _onto(paper, corners, size)
    picture.paste(placed, mask=cover)
    ink = np.asarray(placed.convert("L")) < np.median(np.asarray(paper.convert("L"))) - 40
    rows, columns = np.nonzero(ink & (np.asarray(cover) == 255))
    pixels = np.asarray(picture, float) + chance.normal(0, noise, (size[1], size[0], 1))
    noisy = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return Scene(noisy, corners, np.column_stack([columns + 0.5, rows + 0.5]), dpi)


def _placed(size: tuple[int, int], centre: Points, angle_deg: float, slant: float) -> Points:
    width, height = size
    upper = width * (1 - slant)
    flat = np.array([[-upper / 2, -height / 2], [upper / 2, -height / 2], [width / 2, height / 2], [-width / 2, height / 2]])
    turn = math.radians(angle_deg)
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return np.asarray(flat @ matrix + centre)


def _onto(paper: Image.Image, corners: Points, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """The paper and where it lies, both in the picture's frame."""
    width, height = paper.size
    flat = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(corners.tolist(), flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    numbers = tuple(float(n) for n in np.linalg.solve(np.array(rows), np.array(values, float)))
    kind, sampling = Image.Transform.PERSPECTIVE, Image.Resampling.BILINEAR
    cover = Image.new("L", paper.size, 255).transform(size, kind, numbers, sampling)
    return paper.transform(size, kind, numbers, sampling), cover


def both(first: Scene, second: Scene) -> Scene:
    """The second paper laid into the first picture."""
    cover = Image.new("L", first.picture.size)
    ImageDraw.Draw(cover).polygon([tuple(point) for point in second.corners.tolist()], fill=255)
    picture = first.picture.copy()
    picture.paste(second.picture, mask=cover)
    return Scene(picture, first.corners, np.vstack([first.ink, second.ink]), first.dpi)
