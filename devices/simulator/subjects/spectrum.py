"""Noise with a chosen scale, made in the frequency domain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def smooth_noise(rng: np.random.Generator, height: int, width: int, scale_px: float) -> Image:
    """Gaussian noise blurred to a scale, with mean 0 and deviation 1; wraps around at the edges."""
    noise = rng.standard_normal((height, width), dtype=np.float32)
    rows = np.fft.fftfreq(height).astype(np.float32)[:, None]
    columns = np.fft.rfftfreq(width).astype(np.float32)[None, :]
    low_pass = np.exp(-2 * (np.pi * scale_px) ** 2 * (rows**2 + columns**2)).astype(np.float32)
    blurred = np.fft.irfft2(np.fft.rfft2(noise) * low_pass, s=(height, width)).astype(np.float32)
    result: Image = (blurred - blurred.mean()) / max(float(blurred.std()), 1e-9)
    return result


def smooth_step(value: Image, low: float, high: float) -> Image:
    """0 below, 1 above, a smooth way between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    result: Image = (t * t * (3 - 2 * t)).astype(np.float32)
    return result


def to_bytes(values: Image) -> NDArray[np.uint8]:
    """Values 0..1 as 0..255."""
    grey: NDArray[np.uint8] = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    return grey
