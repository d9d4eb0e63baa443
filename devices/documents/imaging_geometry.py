"""Points, lines, hulls and rectangles in a picture.

Coordinates are continuous: pixel (column c, row r) covers x from c to c + 1 and y from r to r + 1; y grows downward. Angles are
in degrees, clockwise as seen. Points are arrays of shape (n, 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A turned rectangle: its side ``width`` runs at ``angle_deg`` from the x axis, between -45 and 45."""

    centre: tuple[float, float]
    width: float
    height: float
    angle_deg: float

    def corners(self) -> Points:
        """Upper left, upper right, lower right, lower left."""
        along, down = axes(self.angle_deg)
        half_along, half_down = along * self.width / 2, down * self.height / 2
        middle = np.array(self.centre)
        return np.array(
            [
                middle - half_along - half_down,
                middle + half_along - half_down,
                middle + half_along + half_down,
                middle - half_along + half_down,
            ]
        )


def axes(angle_deg: float) -> tuple[Points, Points]:
    """Unit vectors along the lines of a page turned by this angle, and down the page."""
    turn = math.radians(angle_deg)
    return np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])


def convex_hull(points: Points) -> Points:
    """Corners of the hull in order (Andrew's monotone chain)."""
    ordered = [(float(x), float(y)) for x, y in np.unique(points, axis=0)]
    if len(ordered) < 3:
        return np.array(ordered)

    def chain(sequence: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in sequence:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], (x, y)) <= 0:
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def smallest_rectangle(hull: Points) -> Rectangle:
    """The rectangle of least area around a hull: one of its sides lies on a side of the hull."""
    edges = np.roll(hull, -1, axis=0) - hull
    angles = np.unique(np.round(fold(np.degrees(np.arctan2(edges[:, 1], edges[:, 0]))), 3))
    return min((rectangle_at(hull, float(angle)) for angle in angles), key=lambda found: found.width * found.height)


def rectangle_at(points: Points, angle_deg: float) -> Rectangle:
    """The rectangle at an angle that holds all points."""
    along, down = axes(angle_deg)
    across, deep = points @ along, points @ down
    return rectangle_between(angle_deg, (across.min(), across.max()), (deep.min(), deep.max()))


def rectangle_between(angle_deg: float, across: tuple[float, float], deep: tuple[float, float]) -> Rectangle:
    """The rectangle between two positions along and two down its own axes."""
    along, down = axes(angle_deg)
    centre = along * (across[0] + across[1]) / 2 + down * (deep[0] + deep[1]) / 2
    return Rectangle((float(centre[0]), float(centre[1])), float(across[1] - across[0]), float(deep[1] - deep[0]), angle_deg)


def fold(angle_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """An angle up to quarter turns, from -45 up to 45."""
    return (angle_deg + 45) % 90 - 45


@dataclass(frozen=True, slots=True)
class Line:
    """A straight edge: where it begins and ends, as fitted."""

    start: Points
    end: Points

    @property
    def length(self) -> float:
        """In pixels."""
        return float(np.hypot(*(self.end - self.start)))

    @property
    def angle_deg(self) -> float:
        """Direction up to quarter turns."""
        dx, dy = self.end - self.start
        return float(fold(np.degrees(np.arctan2([dy], [dx])))[0])

    def meets(self, other: Line) -> Points | None:
        """Where the two, made longer, cross; None if they never do."""
        first, second = self.end - self.start, other.end - other.start
        divisor = first[0] * second[1] - first[1] * second[0]
        if abs(divisor) < 1e-9:
            return None
        gap = other.start - self.start
        return np.asarray(self.start + first * ((gap[0] * second[1] - gap[1] * second[0]) / divisor))


def fit_line(points: Points) -> tuple[Line, float] | None:
    """The line through most of the points, and what part of them lies within a pixel and a half of it.

    Total least squares, four times, each time without what lies farther away than two and a half times the median distance.
    """
    kept = points
    for _ in range(4):
        if len(kept) < 8:
            return None
        middle = kept.mean(axis=0)
        _, _, directions = np.linalg.svd(kept - middle, full_matrices=False)
        away = np.abs((points - middle) @ directions[1])
        near = np.abs((kept - middle) @ directions[1])
        kept = points[away <= max(0.75, 2.5 * float(np.median(near)))]
    if len(kept) < 8:
        return None
    reach = (kept - middle) @ directions[0]
    line = Line(middle + directions[0] * reach.min(), middle + directions[0] * reach.max())
    return line, float(np.mean(away <= 1.5))


def perspective(target: Points, source: Points) -> tuple[float, ...]:
    """Eight coefficients that take four target points to four source points, as Pillow's PERSPECTIVE wants them.

    ``x' = (a x + b y + c) / (g x + h y + 1)``, ``y' = (d x + e y + f) / (g x + h y + 1)``.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(value) for value in np.linalg.solve(np.array(rows), np.array(values)))
