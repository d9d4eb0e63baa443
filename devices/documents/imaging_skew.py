"""How far the lines of text are turned, where no edge of the paper tells.

Ink is projected along each angle onto the direction across it: at the lines' own angle the sums jump most between line and
gap (projection profile). What counts is how far the best angle stands out of the others; pictures and blank pages have none
that does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_COARSE_DEG, _FINE_DEG = 1.0, 0.1
_REACH_DEG: Final = 18.0
_MOST_POINTS: Final = 12_000
_LEAST_POINTS: Final = 400
_BLOCK_PX: Final = 6
_LEAST_INK: Final = 24
_SURE: Final = 4.0
_UNSURE: Final = 1.6


@dataclass(frozen=True, slots=True)
class Skew:
    """How far lines are turned.

    Attributes:
        angle_deg: clockwise as seen.
        confidence: 0 to 1.
        run_down: the lines run down the page rather than across: it lies on its side. Which side is its upper one cannot be
            told without reading it, so nothing is turned.
    """

    angle_deg: float
    confidence: float
    run_down: bool


def find_skew(grey: Image.Image) -> Skew | None:
    """The angle of the lines in a small grey picture (about 1000 pixels on its longer side); None if there is hardly ink."""
    points = _ink_edges(grey)
    if len(points) < _LEAST_POINTS:
        return None
    across = _best_angle(points)
    down = _best_angle(points[:, ::-1] * np.array([1.0, -1.0]))
    angle, prominence = max(across, down, key=lambda found: found[1])
    confidence = float(np.clip((prominence - _UNSURE) / (_SURE - _UNSURE), 0, 1))
    return Skew(angle, confidence, run_down=down[1] > across[1])


def _ink_edges(grey: Image.Image) -> NDArray[np.float64]:
    """Points (x, y) of ink, which is darker than the paper around it; at most so many, evenly chosen."""
    brightest = np.asarray(
        grey.resize((math.ceil(grey.width / _BLOCK_PX), math.ceil(grey.height / _BLOCK_PX)), Image.Resampling.BOX)
    )
    paper = Image.fromarray(brightest).filter(ImageFilter.MaxFilter(5)).resize(grey.size, Image.Resampling.BILINEAR)
    # A dark bed beside the page is not ink: it is as dark as its surroundings.
    ink = np.asarray(paper, np.int16) - np.asarray(grey, np.int16) > _LEAST_INK
    rows, columns = np.nonzero(ink)
    points = np.column_stack([columns, rows]).astype(float)
    return points[:: max(1, math.ceil(len(points) / _MOST_POINTS))]


def _best_angle(points: NDArray[np.float64]) -> tuple[float, float]:
    """The angle and how many times its score is that of the median angle."""
    coarse = np.arange(-_REACH_DEG, _REACH_DEG + _COARSE_DEG / 2, _COARSE_DEG / 2)
    scores = np.array([_score(points, angle) for angle in coarse])
    best = float(coarse[scores.argmax()])
    fine = best + np.arange(-6, 7) * _FINE_DEG
    fine_scores = np.array([_score(points, angle) for angle in fine])
    at = int(fine_scores.argmax())
    angle = float(fine[at])
    if 0 < at < len(fine) - 1:
        before, here, after = fine_scores[at - 1 : at + 2]
        bend = before - 2 * here + after
        angle += _FINE_DEG * float(0.5 * (before - after) / bend) if bend < 0 else 0.0
    return angle, float(fine_scores[at] / max(float(np.median(scores)), 1e-9))


def _score(points: NDArray[np.float64], angle_deg: float) -> float:
    turn = math.radians(angle_deg)
    across = points[:, 1] * math.cos(turn) - points[:, 0] * math.sin(turn)
    sums = np.bincount((across - across.min()).astype(np.intp))
    jumps = np.diff(sums.astype(float))
    return float(np.dot(jumps, jumps))
