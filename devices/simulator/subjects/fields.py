"""Planes of numbers: coordinates, smooth random fields, steps, and looking up a plane at other places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devices.simulator.subjects.presenter import Pixels

Plane = NDArray[np.float32]


def grid(height: int, width: int) -> tuple[Plane, Plane]:
    """x of each column as a row, y of each row as a column, in pixels; they broadcast to (height, width)."""
    return np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]


def noise(rng: np.random.Generator, height: int, width: int) -> Plane:
    """White Gaussian noise of deviation 1."""
    return rng.standard_normal((height, width), dtype=np.float32)


def coarse_noise(rng: np.random.Generator, height: int, width: int, cell_px: float) -> Plane:
    """Smooth noise of about deviation 1: white noise on a coarse lattice, enlarged bicubically."""
    rows, columns = max(2, round(height / cell_px) + 1), max(2, round(width / cell_px) + 1)
    return enlarge(1.4 * noise(rng, rows, columns), height, width)


def enlarge(plane: Plane, height: int, width: int) -> Plane:
    """The plane at another size."""
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32)


def blur(plane: Plane, radius_px: float) -> Plane:
    """Low pass in the frequency domain; wraps around at the edges, so blur before cropping."""
    if radius_px <= 0:
        return plane
    height, width = plane.shape
    rows = np.fft.fftfreq(height).astype(np.float32)[:, None]
    columns = np.fft.rfftfreq(width).astype(np.float32)[None, :]
    low_pass = np.exp(-2 * (np.pi * radius_px) ** 2 * (rows**2 + columns**2)).astype(np.float32)
    return np.fft.irfft2(np.fft.rfft2(plane) * low_pass, s=plane.shape).astype(np.float32)


def smooth_step(value: Plane, low: float | np.float32, high: float | np.float32) -> Plane:
    """0 below, 1 above, a smooth way between."""
    t = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    result: Plane = t * t * (3 - 2 * t)
    return result


def sample(plane: Plane, x: Plane, y: Plane) -> Plane:
    """Bilinear look-up; places outside take the nearest edge."""
    height, width = plane.shape
    x = np.clip(x, 0, width - 1.001)
    y = np.clip(y, 0, height - 1.001)
    column, row = np.floor(x), np.floor(y)
    at = (row * np.float32(width) + column).astype(np.intp)
    flat = plane.ravel()
    upper = _between(flat, at, x - column)
    upper += (_between(flat[width:], at, x - column) - upper) * (y - row)
    return upper


def _between(flat: Plane, at: NDArray[np.intp], part: Plane) -> Plane:
    """The values at these indexes, going over to the next ones by this part."""
    value = flat.take(at, mode="clip")
    value += (flat[1:].take(at, mode="clip") - value) * part
    return value


def to_bytes(values: Plane) -> Pixels:
    """Values 0..1 as 0..255, rounded."""
    grey: Pixels = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return grey
