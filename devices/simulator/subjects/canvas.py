"""A picture that is painted in layers, in the coordinates of a head: origin in its middle, y downwards, half a head is 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from devices.simulator.subjects.facebuild import Colour
from devices.simulator.subjects.fields import Plane, smooth_step

Shape = Callable[[Plane, Plane], Plane]


class Canvas:
    """Height by width by RGB, 0..1.

    Attributes:
        x, y: coordinates of every pixel; within `part`, of every pixel of that part.
        pixel: size of a pixel in head units.
    """

    def __init__(self, height: int, width: int, middle: tuple[float, float], unit_px: float, ground: Colour) -> None:
        self.unit_px = unit_px
        self.pixel = 1 / unit_px
        columns = (np.arange(width, dtype=np.float32) - np.float32(middle[0])) * np.float32(1 / unit_px)
        rows = (np.arange(height, dtype=np.float32) - np.float32(middle[1])) * np.float32(1 / unit_px)
        self.x, self.y = np.meshgrid(columns, rows)
        self.picture: NDArray[np.float32] = np.empty((height, width, 3), np.float32)
        self.picture[:] = ground

    @contextmanager
    def part(self, left: float, top: float, right: float, bottom: float) -> Iterator[None]:
        """Painting goes into this rectangle only, which saves time; coordinates stay the same."""
        whole = (self.x, self.y, self.picture)
        first_row, last_row = np.searchsorted(self.y[:, 0], (top, bottom))
        first_column, last_column = np.searchsorted(self.x[0], (left, right))
        window = (slice(first_row, last_row), slice(first_column, last_column))
        self.x, self.y, self.picture = self.x[window], self.y[window], self.picture[window]
        try:
            yield
        finally:
            self.x, self.y, self.picture = whole

    def paint(self, colour: Colour | NDArray[np.float32], weight: Plane) -> None:
        """Lays a colour, or a picture, over what is there; weight 0 leaves it, 1 covers it."""
        self.picture += (np.asarray(colour, np.float32) - self.picture) * weight[..., None]

    def shade(self, factor: Plane) -> None:
        """Makes it darker (below 1) or lighter."""
        self.picture *= factor[..., None]

    def inside(self, distance: Plane, soft: float = 0.0) -> Plane:
        """1 where a signed distance (in head units) is negative, 0 where positive, over a pixel or the softness."""
        edge = max(soft, 0.8 * self.pixel)
        return 1 - smooth_step(distance, -edge, edge)

    def oval(self, x: float, y: float, half_width: float, half_height: float, soft: float = 0.0) -> Plane:
        """1 within an ellipse."""
        u, v = (self.x - np.float32(x)) / np.float32(half_width), (self.y - np.float32(y)) / np.float32(half_height)
        return self.inside((np.hypot(u, v) - 1) * np.float32(min(half_width, half_height)), soft)

    def glow(self, x: float, y: float, half_width: float, half_height: float) -> Plane:
        """1 in the middle, falling off like a bell."""
        u, v = (self.x - np.float32(x)) / np.float32(half_width), (self.y - np.float32(y)) / np.float32(half_height)
        bell: Plane = np.exp(-(u * u + v * v))
        return bell

    def capsule(self, start: tuple[float, float], end: tuple[float, float]) -> Plane:
        """Distance of every pixel from the line between two points."""
        dx, dy = np.float32(end[0] - start[0]), np.float32(end[1] - start[1])
        u, v = self.x - np.float32(start[0]), self.y - np.float32(start[1])
        along = np.clip((u * dx + v * dy) / max(float(dx * dx + dy * dy), 1e-9), 0, 1)
        distance: Plane = np.hypot(u - along * dx, v - along * dy).astype(np.float32)
        return distance
