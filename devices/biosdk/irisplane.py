"""Looking up and filtering planes of grey values, as the iris and face code need it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from devices.biosdk.irisimage import Pixels, Plane


def sample(plane: Plane, x: Plane, y: Plane) -> Plane:
    """Bilinear look-up at places of any shape, in pixels; places outside take the nearest edge."""
    height, width = plane.shape
    x = np.clip(x, 0, width - 1.001).astype(np.float32)
    y = np.clip(y, 0, height - 1.001).astype(np.float32)
    column, row = x.astype(np.intp), y.astype(np.intp)
    across, down = x - column, y - row
    at = row * width + column
    flat = plane.ravel()
    upper = flat[at] * (1 - across) + flat[at + 1] * across
    lower = flat[at + width] * (1 - across) + flat[at + width + 1] * across
    mixed: Plane = upper * (1 - down) + lower * down
    return mixed


def fitted(pixels: Pixels, longest_px: int) -> Pixels:
    """The image, made smaller if one of its sides is longer than this."""
    height, width = pixels.shape[:2]
    factor = longest_px / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX), np.uint8)


def smoothed(pixels: Pixels, radius_px: float) -> Plane:
    """Gaussian low pass of that deviation."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius_px)), np.float32)


def without_glints(pixels: Pixels, size_px: int) -> Pixels:
    """Bright spots smaller than this (odd) are levelled, larger things stay: a grey opening."""
    image = Image.fromarray(pixels)
    return np.asarray(image.filter(ImageFilter.MinFilter(size_px)).filter(ImageFilter.MaxFilter(size_px)), np.uint8)


def grown(mask: Plane, size_px: int) -> Plane:
    """True places of a boolean plane, widened to squares of this (odd) size; as 0 and 1."""
    image = Image.fromarray((mask > 0).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.MaxFilter(size_px)), np.float32)


def box_mean(plane: Plane, size_px: int) -> Plane:
    """Mean over a square of this (odd) size around every pixel; edges repeat."""
    half = size_px // 2
    padded = np.pad(plane, ((half + 1, half), (half + 1, half)), mode="edge").astype(np.float64)
    total = padded.cumsum(axis=0).cumsum(axis=1)
    whole = total[size_px:, size_px:] - total[:-size_px, size_px:] - total[size_px:, :-size_px] + total[:-size_px, :-size_px]
    mean: Plane = (whole / (size_px * size_px)).astype(np.float32)
    return mean
