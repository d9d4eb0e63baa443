"""Where ridges run and how close they lie: the orientation and the period at every pixel of a finger.

The orientation follows from the singular points (Sherlock and Monro's zero-pole model: every core turns the field by half an
angle, every delta by minus half an angle) plus the arch over the fingertip that all fingers have; a plain arch is the family of
curves that rise over the middle. Angles are those of the ridges, modulo pi, in image coordinates with y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from devices.simulator.subjects.fields import Plane, coarse_noise, grid, smooth_step
from devices.simulator.subjects.ridgeclass import RidgeClass, singularities

_RECURVE_LOOP: Final = 0.75
_RECURVE_WHORL: Final = 0.35
"""How far the ridges within a loop run side by side: 0 is a sheaf of parabolas around the core, 1 is straight legs."""


@dataclass(frozen=True, slots=True)
class RidgeFlow:
    """Orientation (radians, modulo pi) and period (pixels) at every pixel."""

    angle: Plane = field(repr=False)
    period: Plane = field(repr=False)


def ridge_flow(
    kind: RidgeClass, rng: np.random.Generator, height: int, width: int, scale: float, period_px: float
) -> RidgeFlow:
    """The flow of a finger.

    Args:
        scale: size of the finger; 1 is an adult's index.
        period_px: mean distance of two ridges.
    """
    columns, rows = grid(height, width)
    x, y = columns - width / 2, rows - height / 2
    angle = _arch(x, y, rng, scale) if kind is RidgeClass.ARCH else _turned(kind, x, y, rng, scale)
    angle = angle + 0.09 * coarse_noise(rng, height, width, 70)
    lower = smooth_step(y / np.float32(scale), 60, 200)
    period = period_px * (1 + 0.04 * coarse_noise(rng, height, width, 90) + 0.10 * lower)
    return RidgeFlow(angle.astype(np.float32), np.clip(period, 0.8 * period_px, 1.25 * period_px).astype(np.float32))


def _arch(x: Plane, y: Plane, rng: np.random.Generator, scale: float) -> Plane:
    """Curves that rise over the middle by a height that grows from the crease towards the middle of the finger."""
    spread = scale * rng.uniform(55, 80)
    rise = scale * rng.uniform(38, 62) * smooth_step(-y / np.float32(scale), -150, -10)
    broad = 0.55 * smooth_step(-y / np.float32(scale), 0, 160) * np.tanh(x / (scale * 90))
    u = (x - scale * rng.uniform(-8, 8)) / spread
    result: Plane = np.arctan(rise * 2 * u / spread * np.exp(-(u**2))) + broad
    return result


def _turned(kind: RidgeClass, x: Plane, y: Plane, rng: np.random.Generator, scale: float) -> Plane:
    points = singularities(kind, rng, scale)
    poles = [(0.5, px, py) for px, py in points.cores] + [(-0.5, px, py) for px, py in points.deltas]
    recurve = _RECURVE_WHORL if len(points.cores) > 1 else _RECURVE_LOOP
    angle = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
    for turn, px, py in poles:
        around = np.arctan2(y - np.float32(py), x - np.float32(px))
        angle += turn * around
        if turn > 0:
            others = sum(t * float(np.arctan2(py - qy, px - qx)) for t, qx, qy in poles if (qx, qy) != (px, py))
            near = np.exp(-((x - np.float32(px)) ** 2 + (y - np.float32(py)) ** 2) / np.float32((scale * 110) ** 2))
            angle -= 0.5 * recurve * near * np.sin(around - np.float32(2 * others))
    above = smooth_step(-y / np.float32(scale), 10, 170)
    angle += 0.45 * above * np.tanh(x / np.float32(scale * 90))
    return angle
