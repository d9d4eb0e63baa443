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
    column, row = x.astype(np.int32), y.astype(np.int32)
    part_x, part_y = x - column, y - row
    at = row * np.int32(width) + column
    flat = plane.ravel()
    upper = flat.take(at)
    upper += (flat.take(at + 1) - upper) * part_x
    at += np.int32(width)
    lower = flat.take(at)
    lower += (flat.take(at + 1) - lower) * part_x
    upper += (lower - upper) * part_y
    return upper


def to_bytes(values: Plane) -> Pixels:
    """Values 0..1 as 0..255, rounded."""
    grey: Pixels = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return grey
