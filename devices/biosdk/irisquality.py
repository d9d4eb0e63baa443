"""Quality of an iris image by arithmetic alone: how clear, sharp and well placed the iris is. Not that of ISO/IEC 29794-6.

Six factors of 0 to 1, multiplied, so that none can make up for another: usable area (that is seen, of the whole ring); texture
(strength of what repeats every 5 to 40 columns of the unrolled strip, less what noise brings); noise (deviation from pixel to
pixel, measured where slopes and planes cancel out); contrast of both edges; width of the pupil (0.2 to 0.65 of the iris); and
how far the iris is off the middle.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from devices.biosdk.iriscode import STRIP_COLUMNS, unroll
from devices.biosdk.irisimage import Pixels, Plane
from devices.biosdk.irissegment import Segmentation

ALGORITHM: Final = "Sealdesk iris clarity 1"
_TEXTURE_HALF: Final = 9.0
_NOISE_FREE: Final = 3.0
_NOISE_SCALE: Final = 12.0
_AREA_FULL: Final = 0.72
_LONGEST, _SHORTEST = 40, 5
_BEST: Final = 0.69
"""Product of the cleanest images at hand; it is given the score 100."""


def iris_quality(pixels: Pixels, mask: Plane, found: Segmentation) -> float:
    """Score of a grey image with its circles and mask, 0 to 100."""
    strip, seen = unroll(pixels.astype(np.float32), found), (unroll(mask, found) > 0.99).astype(np.float32)
    noise = noise_level(pixels)
    area = min(1.0, float(seen.mean()) / _AREA_FULL)
    strength = _texture(strip, seen, noise)
    texture = strength**2 / (strength**2 + _TEXTURE_HALF**2)
    clean = 1 / (1 + (max(0.0, noise - _NOISE_FREE) / _NOISE_SCALE) ** 2)
    contrast = _saturating(found.pupil_edge, 6.0) * _saturating(found.limbus_edge, 2.0)
    factors = (area, texture, clean, contrast, _width(found), _centring(pixels, found))
    return float(np.clip(100 * np.prod(factors) / _BEST, 0, 100))


def noise_level(pixels: Pixels) -> float:
    """Deviation of noise in grey levels, from a mask that cancels planes (after Immerkaer, 1996); by the median, for edges."""
    grey = pixels.astype(np.float32)
    rows = grey[:-2] - 2 * grey[1:-1] + grey[2:]
    second = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(np.median(np.abs(second)) / 0.6745 / 6)


def _texture(strip: Plane, seen: Plane, noise: float) -> float:
    """Deviation of the texture in its band, in grey levels, without the share that noise has in it."""
    rows = seen.sum(axis=1, keepdims=True)
    level = (strip * seen).sum(axis=1, keepdims=True) / np.maximum(rows, 1)
    power = np.abs(np.fft.rfft((strip - level) * seen, axis=1)) ** 2
    band = slice(STRIP_COLUMNS // _LONGEST, STRIP_COLUMNS // _SHORTEST)
    usable = rows[:, 0] > STRIP_COLUMNS / 4
    if not bool(usable.any()):
        return 0.0
    variance = 2 * power[:, band].sum(axis=1) / np.maximum(rows[:, 0], 1) / STRIP_COLUMNS
    from_noise = noise**2 * 2 * (band.stop - band.start) / STRIP_COLUMNS
    return float(np.sqrt(max(0.0, float(variance[usable].mean()) - from_noise)))


def _saturating(edge: float, half: float) -> float:
    strength = max(0.0, edge)
    return strength / (strength + half)


def _width(found: Segmentation) -> float:
    share = found.pupil.radius / found.limbus.radius
    return float(np.interp(share, (0.12, 0.2, 0.65, 0.8), (0.4, 1.0, 1.0, 0.4)))


def _centring(pixels: Pixels, found: Segmentation) -> float:
    """1 while the whole iris is in the image; less by the share of its radius that is cut off."""
    height, width = pixels.shape
    circle = found.limbus
    room = min(circle.x, width - 1 - circle.x, circle.y, height - 1 - circle.y)
    return float(np.clip(1 - 1.5 * max(0.0, 1 - room / circle.radius), 0, 1))
