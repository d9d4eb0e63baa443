"""Where the paper lies: on the glass of a scanner or on a table.

The rim of the picture shows what the paper lies on (the bed): one colour, or two where the paper reaches the rim. For each such
colour, and for "paper is what is bright" (photos on a table with a pattern), what differs from it is taken for paper if it is
one part with four straight sides. The best answer counts, and only if its confidence reaches the threshold; else nothing is
cut:

- two papers of like size (the second over a fifth of the first): nothing is cut, since which one is meant is not ours to say;
- anything of note outside the paper: nothing is cut, since it could be content;
- a paper that fills the picture, or one as bright as its bed: nothing is cut, there is no edge.

A page with nothing on it but one dark picture, on a bed of the page's colour, looks like a small dark paper and is cut to the
picture: what goes is blank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from devices.documents.imaging_geometry import (
    Line,
    Points,
    Rectangle,
    axes,
    convex_hull,
    fit_line,
    rectangle_between,
    smallest_rectangle,
)
from devices.documents.imaging_regions import BoolPixels, Region, regions_of

RgbPixels = NDArray[np.int16]

_LEAST_AREA: Final = 0.012
_MOST_AREA: Final = 0.985
_LEAST_BRIGHT: Final = 0.15
_SECOND_PAPER: Final = 0.2
_LEAST_DIFFERENCE: Final = 10.0
_PLAIN_BED_SPREAD: Final = 5.0
_OUTSIDE_PLAIN: Final = 0.002
_OUTSIDE_PATTERN: Final = 0.03
_SQUARE_DEG, _SQUARE_PX = 0.3, 2.0
_PARALLEL_DEG: Final = 1.2
_SPARE_PX: Final = 0.5
_RIM_PX: Final = 6.0
_LEAST_SIDE_PX: Final = 20
_SURE: Final = 0.95
_LEAST_STRAIGHT: Final = 0.7
_WORST_FIT, _BEST_FIT = 0.88, 0.97


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was found.

    Attributes:
        corners: upper left, upper right, lower right, lower left.
        rectangle: the same as a turned rectangle; None if it is seen at a slant.
        confidence: 0 to 1.
    """

    corners: Points = field(repr=False)
    rectangle: Rectangle | None
    confidence: float


@dataclass(frozen=True, slots=True)
class SeveralPapers:
    """More than one paper of like size."""


def find_paper(picture: Image.Image) -> Paper | SeveralPapers | None:
    """The paper in a small RGB picture (about 450 pixels on its longer side); None if nothing looks like one."""
    pixels = np.asarray(picture, dtype=np.int16)
    best: Paper | None = None
    several: SeveralPapers | None = None
    for mask, outside in _masks(picture, pixels):
        found = _paper_in(mask, outside)
        if isinstance(found, SeveralPapers):
            several = found
        elif found is not None and (best is None or found.confidence > best.confidence):
            best = found
            if best.confidence >= _SURE:
                return best
    return several if several is not None and (best is None or best.confidence < _SURE) else best


def _masks(picture: Image.Image, pixels: RgbPixels) -> Iterator[tuple[BoolPixels, float]]:
    """What may be paper, and what part of the picture may lie outside it."""
    has_pattern = False
    for seed in _rim_levels(pixels):
        difference, spread = _difference(pixels, seed)
        has_pattern |= spread >= _PLAIN_BED_SPREAD
        outside = _OUTSIDE_PLAIN if spread < _PLAIN_BED_SPREAD else _OUTSIDE_PATTERN
        threshold = max(_LEAST_DIFFERENCE, 5 * spread)
        rough = _cleaned(difference > threshold)
        inside = difference[rough]
        if inside.size:
            # Half way up to the paper's own difference: a soft shadow beside the paper falls away.
            yield _cleaned(difference > max(threshold, 0.45 * float(np.median(inside)))), outside
            yield rough, outside
    if not has_pattern:
        # What is bright on a plain ground is told apart by colour above, which sees dark print outside it as well.
        return
    grey = np.asarray(picture.convert("L").filter(ImageFilter.BoxBlur(2)))
    bright = _cleaned(grey > _two_groups(grey))
    if np.count_nonzero(bright) > _LEAST_BRIGHT * bright.size:
        yield bright, _OUTSIDE_PATTERN


def _rim_levels(pixels: RgbPixels) -> list[int]:
    """One or two grey levels that most of the rim has."""
    grey = pixels.sum(axis=2) // 3
    counts = np.bincount(grey[_rim(grey.shape)], minlength=256).astype(float)
    smooth = np.convolve(counts, np.ones(17), "same")
    first = int(smooth.argmax())
    levels = np.arange(256)
    apart = np.where(np.abs(levels - first) > 24, smooth, 0)
    second = int(apart.argmax())
    return [first, second] if apart[second] > 0.08 * counts.sum() else [first]


def _rim(shape: tuple[int, ...]) -> BoolPixels:
    wide = max(3, round(0.015 * max(shape[:2])))
    rim = np.ones(shape[:2], bool)
    rim[wide:-wide, wide:-wide] = False
    return rim


def _difference(pixels: RgbPixels, level: int) -> tuple[NDArray[np.float64], float]:
    """How far each pixel is from the bed's colour, and how much the bed itself varies.

    The bed's colour may change evenly over the picture (light from one side): a plane is fitted through the rim.
    """
    grey = pixels.sum(axis=2) // 3
    chosen = _rim(grey.shape) & (np.abs(grey - level) <= 24)
    rows, columns = np.nonzero(chosen)
    height, width = grey.shape
    ground = np.column_stack([np.ones(rows.size), columns / width, rows / height])
    colours = pixels[rows, columns].astype(float)
    # Sides of the rim that are missing leave the plane loose: a weak pull to the flat colour holds it.
    flat = np.median(colours, axis=0)
    pull = 0.02 * rows.size * np.diag([0.0, 1.0, 1.0])
    slope = np.linalg.solve(ground.T @ ground + pull, ground.T @ (colours - flat))
    rest = np.abs(colours - flat - ground @ slope).max(axis=1)
    x, y = np.arange(width) / width, np.arange(height) / height
    bed = flat + slope[0] + x[None, :, None] * slope[1] + y[:, None, None] * slope[2]
    return np.abs(pixels - bed).max(axis=2), max(1.0, 1.4826 * float(np.median(rest)))


def _two_groups(grey: NDArray[np.uint8]) -> float:
    """Otsu's threshold: the level that splits into the two most distinct groups."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums[-1] * below / below[-1] - sums) ** 2 / (below * above)
    return float(np.nan_to_num(between).argmax())


def _cleaned(mask: BoolPixels) -> BoolPixels:
    """Without dust, and without thin gaps: each pixel as most of its neighbours are."""
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.filter(ImageFilter.BoxBlur(1))) > 127


def _paper_in(mask: BoolPixels, most_outside: float) -> Paper | SeveralPapers | None:
    height, width = mask.shape
    regions = regions_of(mask, max(64, round(0.25 * _LEAST_AREA * mask.size)))
    if not regions or regions[0].area_px < 0.5 * _LEAST_AREA * mask.size:
        return None
    largest = regions[0]
    sides, ends = _rim_points(largest)
    hull = convex_hull(np.vstack([ends, sides[_extremes(sides)]]))
    if len(hull) < 4:
        return None
    box = smallest_rectangle(hull)
    if min(box.width, box.height) < _LEAST_SIDE_PX:
        return None
    shaped = _sides_to_paper(box, hull, np.vstack([sides, ends]), (width, height))
    if shaped is None:
        return None
    corners, rectangle = shaped
    inside = _polygon_mask(corners, (width, height))
    if not _LEAST_AREA <= np.count_nonzero(inside) / mask.size <= _MOST_AREA:
        return None
    fit = _fit(_filled(largest, (height, width)), inside)
    confidence = float(np.clip((fit - _WORST_FIT) / (_BEST_FIT - _WORST_FIT), 0, 1))
    if confidence == 0:
        return None
    if any(region.area_px > _SECOND_PAPER * largest.area_px and not _is_within(region, inside) for region in regions[1:]):
        return SeveralPapers()
    around = _polygon_mask(_widened(corners, _RIM_PX), (width, height))
    if np.count_nonzero(mask & ~around) > most_outside * mask.size:
        return None
    return Paper(corners, rectangle, confidence)


def _rim_points(region: Region) -> tuple[Points, Points]:
    """Outermost points of each row and of each column."""
    first_row = int(region.rows.min())
    rows = int(region.rows.max()) - first_row + 1
    left, right = np.full(rows, 1 << 30), np.full(rows, -1)
    np.minimum.at(left, region.rows - first_row, region.starts)
    np.maximum.at(right, region.rows - first_row, region.ends)
    middle = np.arange(rows) + first_row + 0.5
    sides = np.vstack([np.column_stack([left, middle]), np.column_stack([right, middle])])
    width = int(region.ends.max())
    top, bottom = np.full(width, 1 << 30), np.full(width, -1)
    for row, start, end in zip(region.rows.tolist(), region.starts.tolist(), region.ends.tolist(), strict=True):
        np.minimum(top[start:end], row, out=top[start:end])
        np.maximum(bottom[start:end], row + 1, out=bottom[start:end])
    columns = np.nonzero(bottom >= 0)[0]
    ends = np.vstack([np.column_stack([columns + 0.5, top[columns]]), np.column_stack([columns + 0.5, bottom[columns]])])
    return sides.astype(float), ends.astype(float)


def _extremes(points: Points) -> list[int]:
    """Where the leftmost and the rightmost are."""
    return [int(points[:, 0].argmin()), int(points[:, 0].argmax())]


def _sides_to_paper(box: Rectangle, hull: Points, rim: Points, size: tuple[int, int]) -> tuple[Points, Rectangle | None] | None:
    """Four straight sides out of the outermost points: a rectangle if they are square to each other, else four corners."""
    free = (rim[:, 0] > 1) & (rim[:, 0] < size[0] - 1) & (rim[:, 1] > 1) & (rim[:, 1] < size[1] - 1)
    lines = [_side(box, rim[free], number) for number in range(4)]
    known = [line for line in lines if line is not None]
    if not known:
        return box.corners(), box
    angles, lengths = np.array([line.angle_deg for line in known]), np.array([line.length for line in known])
    # Near 45 degrees a side may fold over to the other end of the scale.
    angles = angles - 90 * np.round((angles - angles[lengths.argmax()]) / 90)
    angle = float(np.average(angles, weights=lengths))
    leaning = np.abs(angles - angle)
    is_square = bool(np.all((leaning <= _SQUARE_DEG) | (np.radians(leaning) * lengths <= _SQUARE_PX)))
    if is_square or (len(known) < 4 and leaning.max() <= _PARALLEL_DEG):
        # Where the paper reaches over the picture's rim, print may touch it that looks like the bed: the rim's corners count.
        frame = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], float)
        return _as_rectangle(angle, lines, hull if free.all() else np.vstack([hull, frame]))
    if len(known) < 4:
        return None
    top, right, bottom, left = known
    corners = [top.meets(left), top.meets(right), bottom.meets(right), bottom.meets(left)]
    whole = [corner for corner in corners if corner is not None]
    return (_widened(np.array(whole), _SPARE_PX), None) if len(whole) == 4 else None


def _widened(corners: Points, by_px: float) -> Points:
    """Corners moved away from the middle."""
    outward = corners - corners.mean(axis=0)
    return np.asarray(corners + by_px * math.sqrt(2) * outward / np.linalg.norm(outward, axis=1, keepdims=True))


def _side(box: Rectangle, points: Points, number: int) -> Line | None:
    """The line along one side of the box (top, right, bottom, left), without the corners; None if it is not straight there."""
    along, down = axes(box.angle_deg)
    across, deep = (points - box.centre) @ along, (points - box.centre) @ down
    position, extent, reach, length = (
        (deep, box.height, across, box.width) if number % 2 == 0 else (across, box.width, deep, box.height)
    )
    outward = -position if number in (0, 3) else position
    # A slanted side may lie a fifth of the box inside it; corners are left out, since they may be round or bent.
    near = (outward > 0.28 * extent) & (np.abs(reach) < 0.42 * length)
    if np.count_nonzero(near) < max(8, 0.3 * length):
        return None
    fitted = fit_line(points[near])
    if fitted is None or fitted[0].length < 0.5 * length:
        return None
    return fitted[0] if fitted[1] >= _LEAST_STRAIGHT else None


def _as_rectangle(angle: float, lines: list[Line | None], others: Points) -> tuple[Points, Rectangle]:
    """Each side at its line's outermost end; at the outermost of other points where there is no line."""
    along, down = axes(angle)
    places = []
    for line, axis in zip(lines, (-down, along, down, -along), strict=True):
        ends = others if line is None else np.vstack([line.start, line.end])
        places.append(float((ends @ axis).max()) + _SPARE_PX)
    rectangle = rectangle_between(angle, (-places[3], places[1]), (-places[0], places[2]))
    return rectangle.corners(), rectangle


def _polygon_mask(corners: Points, size: tuple[int, int]) -> BoolPixels:
    drawing = Image.new("L", size)
    ImageDraw.Draw(drawing).polygon([(float(x) - 0.5, float(y) - 0.5) for x, y in corners], fill=255)
    return np.asarray(drawing) > 0


def _is_within(region: Region, inside: BoolPixels) -> bool:
    """Whether the middles of its runs lie inside."""
    return bool(inside[region.rows, (region.starts + region.ends - 1) // 2].mean() > 0.9)


def _filled(region: Region, shape: tuple[int, int]) -> BoolPixels:
    """The region with what lies between its outermost points of a row and of a column: print on paper leaves holes."""
    height, width = shape
    rows = np.zeros((height, width), np.int32)
    np.add.at(rows, (region.rows, region.starts), 1)
    ending = region.ends < width
    np.add.at(rows, (region.rows[ending], region.ends[ending]), -1)
    mask = np.cumsum(rows, axis=1) > 0
    across = np.maximum.accumulate(mask, axis=1) & np.maximum.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    down = np.maximum.accumulate(mask, axis=0) & np.maximum.accumulate(mask[::-1], axis=0)[::-1]
    return np.asarray(across & down)


def _fit(region: BoolPixels, polygon: BoolPixels) -> float:
    """What part of both together is common to both."""
    together = int(np.count_nonzero(region | polygon))
    return int(np.count_nonzero(region & polygon)) / max(1, together)
