"""Where the iris is: the circles of pupil and limbus.

First on an image reduced to 128 pixels: the mean brightening outwards along every circle (all centres, all radii) is a
correlation of the gradient with a ring of outward arrows, done by Fourier transform; glints are levelled and single strong
edges clipped before. The pupil is the circle with the strongest edge and a dark inside for which a limbus fits around it; for
the limbus only the sides count, since lids cover its top and bottom. Then both circles are refined on the image itself by
Daugman's operator: the greatest change of the mean along the circle as it grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from devices.biosdk.irisimage import Pixels, Plane
from devices.biosdk.irisplane import box_mean, fitted, sample, smoothed, without_glints

Spectra: TypeAlias = NDArray[np.complex64]

WORKING_PX: Final = 640
_SMALL_PX: Final = 128
_CANVAS: Final = 192
_PUPIL_RADII: Final = np.arange(4, 33)
_LIMBUS_RADII: Final = np.arange(14, 58)
_GRADIENT_CLIP: Final = 16.0
_CANDIDATES: Final = 6
_DARK_SCALE: Final = 40.0
_ANGLES: Final = (np.arange(64) * (2 * np.pi / 64)).astype(np.float32)
_PUPIL_EDGE_MIN: Final = 2.0
_LIMBUS_EDGE_MIN: Final = 0.8


@dataclass(frozen=True, slots=True)
class Circle:
    """In pixels of the working image; x to the right, y downwards."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Both circles, and how strong their edges are.

    Attributes:
        pupil_edge: mean brightening across the pupil's edge, in grey levels.
        limbus_edge: the same across the limbus at the sides.
    """

    pupil: Circle
    limbus: Circle
    pupil_edge: float
    limbus_edge: float


def find_iris(pixels: Pixels) -> Segmentation | None:
    """The circles in a grey image not longer than `WORKING_PX`; None if there is nothing like an eye."""
    small = fitted(pixels, _SMALL_PX)
    factor = pixels.shape[1] / small.shape[1]
    clean = without_glints(small, 9)
    coarse = _coarse(clean)
    if coarse is None:
        return None
    pupil, limbus = (Circle((c.x + 0.5) * factor - 0.5, (c.y + 0.5) * factor - 0.5, c.radius * factor) for c in coarse)
    smooth = smoothed(without_glints(pixels, max(3, 2 * round(1.5 * factor) + 1)), 1.5)
    pupil, pupil_edge = _refined(smooth, pupil, _all_round(_ANGLES), factor)
    limbus, limbus_edge = _refined(smooth, limbus, _sides(_ANGLES), factor)
    away = float(np.hypot(pupil.x - limbus.x, pupil.y - limbus.y))
    share = pupil.radius / limbus.radius
    if not (0.12 <= share <= 0.8 and away + pupil.radius < 0.95 * limbus.radius):
        return None
    return Segmentation(pupil, limbus, pupil_edge, limbus_edge)


def _all_round(angle: Plane) -> Plane:
    """Weights of directions for the pupil: a lid may cover its top."""
    weights: Plane = (1 - 0.5 * np.clip(-np.sin(angle), 0, 1)).astype(np.float32)
    return weights


def _sides(angle: Plane) -> Plane:
    """Weights of directions for the limbus: the sides, a little more below than above."""
    up_or_down = np.sin(angle) - np.float32(0.15)
    weights: Plane = np.exp(-((up_or_down / 0.45) ** 2)).astype(np.float32)
    return weights


def _rings(radii: NDArray[np.int_], *, is_pupil: bool) -> tuple[Spectra, Spectra]:
    """Conjugate spectra of rings of outward arrows: the horizontal and the vertical part."""
    away = (np.arange(_CANVAS) + _CANVAS // 2) % _CANVAS - _CANVAS // 2
    x, y = away[None, :].astype(np.float32), away[:, None].astype(np.float32)
    distance, angle = np.maximum(np.hypot(x, y), 1e-6), np.arctan2(y, x)
    weights = _all_round(angle) if is_pupil else _sides(angle)
    ring = np.exp(-(((distance - radii[:, None, None]) / 0.8) ** 2)) * weights
    ring /= ring.sum(axis=(1, 2), keepdims=True)
    across, down = (ring * (x / distance)).astype(np.float32), (ring * (y / distance)).astype(np.float32)
    return np.conj(np.fft.rfft2(across)).astype(np.complex64), np.conj(np.fft.rfft2(down)).astype(np.complex64)


@cache
def _pupil_rings() -> tuple[Spectra, Spectra]:
    return _rings(_PUPIL_RADII, is_pupil=True)


@cache
def _limbus_rings() -> tuple[Spectra, Spectra]:
    return _rings(_LIMBUS_RADII, is_pupil=False)


def _coarse(clean: Pixels) -> tuple[Circle, Circle] | None:
    height, width = clean.shape
    down, across = np.gradient(smoothed(clean, 1.0))
    steep = np.maximum(np.hypot(across, down), 1e-6)
    scale = np.minimum(1, _GRADIENT_CLIP / steep)
    across_hat, down_hat = (np.fft.rfft2((part * scale).astype(np.float32), (_CANVAS, _CANVAS)) for part in (across, down))

    def brightening(rings: tuple[Spectra, Spectra]) -> Plane:
        votes = np.fft.irfft2(across_hat * rings[0] + down_hat * rings[1], (_CANVAS, _CANVAS), axes=(1, 2))
        shown: Plane = votes[:, :height, :width].astype(np.float32)
        return shown

    pupils, limbi = brightening(_pupil_rings()), brightening(_limbus_rings())
    best: tuple[float, Circle, Circle] | None = None
    for pupil, edge in _pupil_candidates(clean, pupils):
        limbus, limbus_edge = _limbus_around(limbi, pupil)
        total = edge + 1.5 * limbus_edge
        if limbus_edge >= _LIMBUS_EDGE_MIN and (best is None or total > best[0]):
            best = (total, pupil, limbus)
    return None if best is None else best[1:]


def _pupil_candidates(clean: Pixels, votes: Plane) -> list[tuple[Circle, float]]:
    """The best circles that do not lie on each other, each with the strength of its edge made less by a bright inside."""
    darkest = float(np.percentile(clean, 1))
    grey = clean.astype(np.float32)
    inside = np.stack([box_mean(grey, 2 * int(0.85 * radius) + 1) for radius in _PUPIL_RADII])
    darkness = np.exp(-np.clip(inside - darkest, 0, None) / np.float32(_DARK_SCALE)).astype(np.float32)
    dark: Plane = (votes * darkness).astype(np.float32)
    worth: Plane = dark.max(axis=0)
    radius_at = _PUPIL_RADII[dark.argmax(axis=0)]
    found = []
    rows, columns = np.indices(worth.shape)
    for _ in range(_CANDIDATES):
        row, column = np.unravel_index(int(np.argmax(worth)), worth.shape)
        if worth[row, column] < _PUPIL_EDGE_MIN:
            break
        circle = Circle(float(column), float(row), float(radius_at[row, column]))
        found.append((circle, float(worth[row, column])))
        worth = np.where(np.hypot(rows - row, columns - column) < max(4.0, 0.5 * circle.radius), 0, worth).astype(np.float32)
    return found


def _limbus_around(votes: Plane, pupil: Circle) -> tuple[Circle, float]:
    """The strongest limbus whose size and place fit the pupil."""
    reach = 5
    x, y = round(pupil.x), round(pupil.y)
    left, top = max(0, x - reach), max(0, y - reach)
    window = votes[:, top : y + reach + 1, left : x + reach + 1].copy()
    share = pupil.radius / _LIMBUS_RADII
    window[(share < 0.15) | (share > 0.75)] = 0
    radius, row, column = np.unravel_index(int(np.argmax(window)), window.shape)
    circle = Circle(float(left + column), float(top + row), float(_LIMBUS_RADII[radius]))
    return circle, float(window[radius, row, column])


def _refined(smooth: Plane, circle: Circle, weights: Plane, factor: float) -> tuple[Circle, float]:
    """The circle nearby across which the mean along it grows most, and by how many levels it does (over 4 pixels)."""
    edge = 0.0
    for step in (max(1.0, factor / 2), max(0.5, factor / 6), 0.4):
        circle, edge = _best_nearby(smooth, circle, weights, step)
    return circle, edge


def _best_nearby(smooth: Plane, circle: Circle, weights: Plane, step: float) -> tuple[Circle, float]:
    shifts = (np.arange(-3, 4) * step).astype(np.float32)
    radii = (circle.radius + np.arange(-5, 6) * step).astype(np.float32)
    radii = radii[radii > 3]
    reach = np.float32(2.0)
    x = np.float32(circle.x) + shifts[None, :, None, None]
    y = np.float32(circle.y) + shifts[:, None, None, None]
    cosine, sine = np.cos(_ANGLES), np.sin(_ANGLES)
    outer, inner = radii[:, None] + reach, radii[:, None] - reach
    change = sample(smooth, *_spread(x + outer * cosine, y + outer * sine))
    change -= sample(smooth, *_spread(x + inner * cosine, y + inner * sine))
    mean = np.clip(change, -40, 40) @ weights / weights.sum()
    row, column, ring = np.unravel_index(int(np.argmax(mean)), mean.shape)
    better = Circle(circle.x + float(shifts[column]), circle.y + float(shifts[row]), float(radii[ring]))
    return better, float(mean[row, column, ring])


def _spread(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Both at their common shape."""
    both = np.broadcast_arrays(x, y)
    return both[0], both[1]
