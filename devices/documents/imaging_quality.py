"""What an operator should know about a page before it is kept: numbers, and a hint where one is beyond its limit.

- Darkness: how bright the paper is, 0 to 1: the level that 90 % of the pixels do not exceed.
- Sharpness: the energy of the page's Laplacian relative to that of the page, over squares spread over it. Blur takes from high
  frequencies more than from low ones, so it always makes this smaller; light does not change it. A blank page has none.
- Resolution: dots per inch where the source named them, else pixels on the longer side.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from PIL import Image

_TILE_PX: Final = 192
_TILES: Final = 4
_LEAST_VARIANCE: Final = 40.0


class Hint(StrEnum):
    """What is not as it should be."""

    TOO_DARK = "too dark"
    BLURRED = "blurred"
    TOO_COARSE = "too few dots"


@dataclass(frozen=True, slots=True)
class QualityHint:
    """One thing that the operator should look at.

    Attributes:
        value: what was measured.
        limit: what it should at least be, on the same scale.
    """

    hint: Hint
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Below these a hint is given. ``sharpness`` was chosen on printed text of 200 dots per inch and more."""

    brightness: float = 0.45
    sharpness: float = 0.05
    dpi: float = 150.0
    longer_side_px: int = 1000


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured. ``sharpness`` is None where there is nothing that could be sharp."""

    brightness: float
    sharpness: float | None
    dpi: float | None
    longer_side_px: int


def measure_quality(grey: Image.Image, small: Image.Image, dpi: float | None) -> Quality:
    """Measures a page in grey: at its full size for sharpness, and made smaller for light."""
    levels = np.asarray(small.convert("L"))
    return Quality(float(np.percentile(levels, 90)) / 255, sharpness(grey), dpi, max(grey.size))


def sharpness(grey: Image.Image) -> float | None:
    """Energy of the Laplacian over the variance, in squares spread evenly over the page; None for a blank page."""
    edges, contrast, pixels = 0.0, 0.0, 0
    for left in _places(grey.width):
        for top in _places(grey.height):
            tile = np.asarray(
                grey.crop((left, top, min(left + _TILE_PX, grey.width), min(top + _TILE_PX, grey.height))), np.float32
            )
            if min(tile.shape) < 3:
                continue
            inner = tile[1:-1, 1:-1]
            bend = tile[:-2, 1:-1] + tile[2:, 1:-1] + tile[1:-1, :-2] + tile[1:-1, 2:] - 4 * inner
            edges += float(np.square(bend).sum())
            contrast += float(np.square(inner - inner.mean()).sum())
            pixels += inner.size
    if not pixels or contrast / pixels < _LEAST_VARIANCE:
        return None
    return edges / contrast


def hints_of(quality: Quality, limits: QualityLimits) -> tuple[QualityHint, ...]:
    """What is below its limit."""
    hints = []
    if quality.brightness < limits.brightness:
        hints.append(QualityHint(Hint.TOO_DARK, quality.brightness, limits.brightness))
    if quality.sharpness is not None and quality.sharpness < limits.sharpness:
        hints.append(QualityHint(Hint.BLURRED, quality.sharpness, limits.sharpness))
    if quality.dpi is not None and quality.dpi < limits.dpi:
        hints.append(QualityHint(Hint.TOO_COARSE, quality.dpi, limits.dpi))
    elif quality.dpi is None and quality.longer_side_px < limits.longer_side_px:
        hints.append(QualityHint(Hint.TOO_COARSE, quality.longer_side_px, limits.longer_side_px))
    return tuple(hints)


def _places(length: int) -> list[int]:
    """Where the squares begin along one side; overlapping or whole where the side is short."""
    last = max(0, length - _TILE_PX)
    return sorted({round(last * n / (_TILES + 1)) for n in range(1, _TILES + 1)})
