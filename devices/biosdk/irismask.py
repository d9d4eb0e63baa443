"""What of an image is iris: without lids, lashes, glints and painted-over places.

A lid's edge is the parabola along which the image darkens most from the lid towards the eye (for the lower lid: upwards), found
among some two thousand; none if none is clear. Below the upper lid what is much darker than the iris counts as lash; what is
much brighter anywhere as glint. Ground without any texture is none of an eye: a device has painted it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from devices.biosdk.irisimage import Pixels, Plane
from devices.biosdk.irisplane import box_mean, grown, sample, smoothed
from devices.biosdk.irissegment import Circle, Segmentation

_LID_EDGE_MIN: Final = 4.0
_LASH_SHARE: Final = 0.55
_LASH_REACH: Final = 0.55
_GLINT_SHARE: Final = 1.9
_PAINTED_DEVIATION: Final = 2.2
_FLAT_DEVIATION: Final = 0.4


def iris_mask(pixels: Pixels, found: Segmentation, *, is_masked: bool) -> Plane:
    """1 where the iris is seen, 0 elsewhere, for every pixel of the image.

    Args:
        is_masked: whether the record says that lids and sclera are painted over.
    """
    pupil, limbus = found.pupil, found.limbus
    rows, columns = _places(pixels)
    from_limbus = np.hypot(columns - limbus.x, rows - limbus.y)
    from_pupil = np.hypot(columns - pupil.x, rows - pupil.y)
    is_ring = (from_limbus < limbus.radius - 1) & (from_pupil > pupil.radius + 1)
    smooth = smoothed(pixels, 1.0)
    middle = float(np.median(smooth[is_ring])) if bool(is_ring.any()) else 0.0
    bad = smooth > min(250.0, max(_GLINT_SHARE * middle, middle + 60))
    bad = grown(bad.astype(np.float32), 7) > 0
    if not is_masked:
        upper, lower = _lids(smoothed(pixels, 2.0), pupil, limbus)
        is_lash = (smooth < _LASH_SHARE * middle) & (rows - upper < _LASH_REACH * limbus.radius)
        bad |= (rows < upper + 3) | (rows > lower - 3) | (grown(is_lash.astype(np.float32), 3) > 0)
    grey = pixels.astype(np.float32)
    deviation = np.sqrt(np.clip(box_mean(grey * grey, 5) - box_mean(grey, 5) ** 2, 0, None))
    bad |= deviation < (_PAINTED_DEVIATION if is_masked else _FLAT_DEVIATION)
    mask: Plane = (is_ring & ~bad).astype(np.float32)
    return mask


def _lids(smooth: Plane, pupil: Circle, limbus: Circle) -> tuple[Plane, Plane]:
    """Row of the upper and of the lower lid's edge, for every column; outside the iris if none is clear."""
    reach = np.float32(max(2.0, limbus.radius / 32))
    rows, columns = _places(smooth)
    darkening = np.clip(sample(smooth, columns, rows - reach) - sample(smooth, columns, rows + reach), -25, 25)
    darkening[np.hypot(columns - pupil.x, rows - pupil.y) < pupil.radius + 3 * reach] = 0
    upper = _parabola(darkening, limbus, -1)
    lower = _parabola(-darkening, limbus, 1)
    return upper, lower


def _places(plane: Plane | Pixels) -> tuple[Plane, Plane]:
    """Row and column of every pixel."""
    height, width = plane.shape
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return rows, columns


def _parabola(edge: Plane, limbus: Circle, side: int) -> Plane:
    """The lid's edge at every column; `side` is -1 above, 1 below. Heights are from the middle of the iris."""
    radius = np.float32(limbus.radius)
    across = np.linspace(-1.05, 1.05, 43, dtype=np.float32)
    heights = np.linspace(-0.35, 1.05, 57, dtype=np.float32)[:, None, None, None]
    curves = np.linspace(0.05, 0.45, 7, dtype=np.float32)[None, :, None, None]
    shifts = np.linspace(-0.2, 0.2, 5, dtype=np.float32)[None, None, :, None]
    away = heights - curves * (across - shifts) ** 2
    x = np.broadcast_to(limbus.x + radius * across, away.shape)
    mean = sample(edge, x, limbus.y + side * radius * away).mean(axis=-1)
    height, curve, shift = np.unravel_index(int(np.argmax(mean)), mean.shape)
    columns = (np.arange(edge.shape[1], dtype=np.float32) - limbus.x) / radius
    if mean[height, curve, shift] < _LID_EDGE_MIN:
        return np.full_like(columns, limbus.y + side * 2 * radius)
    chosen = heights[height, 0, 0, 0] - curves[0, curve, 0, 0] * (columns - shifts[0, 0, shift, 0]) ** 2
    line: Plane = (limbus.y + side * radius * chosen).astype(np.float32)
    return line
