"""Irises: rings and rays of band-limited noise in polar coordinates, wrapped around a pupil."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.simulator.subjects.spectrum import Image, smooth_noise, smooth_step, to_bytes

WIDTH: Final = 480
HEIGHT: Final = 360
_RINGS: Final = 64
_RAYS: Final = 512


def iris(rng: np.random.Generator) -> NDArray[np.uint8]:
    """An 8-bit grey near-infrared image of one eye, 480 by 360 pixels, cropped around the iris."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    centre_x, centre_y = WIDTH / 2 + rng.uniform(-6, 6), HEIGHT / 2 + rng.uniform(-6, 6)
    radius = np.hypot(columns - centre_x, rows - centre_y)
    angle = np.arctan2(rows - centre_y, columns - centre_x)
    pupil_px, iris_px = rng.uniform(38, 52), rng.uniform(118, 128)
    depth = np.clip((radius - pupil_px) / (iris_px - pupil_px), 0, 1)
    texture = _sample(_texture(rng), depth, angle)
    stroma = 0.46 + 0.11 * texture - 0.10 * (depth - 0.35) ** 2
    sclera = 0.80 + 0.02 * smooth_noise(rng, HEIGHT, WIDTH, 20)
    eye = stroma + (sclera - stroma) * smooth_step(radius, iris_px - 3, iris_px + 5)
    eye = 0.07 + (eye - 0.07) * smooth_step(radius, pupil_px - 1.5, pupil_px + 1.5)
    glint = 1 - smooth_step(np.hypot(columns - centre_x - 14, rows - centre_y + 12), 5, 8)
    eye = np.maximum(eye, 0.97 * glint)
    eye = _lids(eye, rows, columns, centre_x, rng)
    return to_bytes((eye + 0.012 * rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32)).astype(np.float32))


def _texture(rng: np.random.Generator) -> Image:
    """Crypts and furrows: long along the radius, short around it."""
    fibres = smooth_noise(rng, _RINGS * 4, _RAYS, 2.2).reshape(_RINGS, 4, _RAYS).mean(axis=1)
    rays = np.broadcast_to(smooth_noise(rng, 1, _RAYS, 1.5), (_RINGS, _RAYS))
    collarette = np.exp(-(((np.arange(_RINGS, dtype=np.float32)[:, None] - 18) / 4) ** 2))
    texture: Image = (0.8 * fibres + 0.5 * rays + 1.2 * collarette).astype(np.float32)
    return texture


def _sample(texture: Image, depth: Image, angle: Image) -> Image:
    """Bilinear look-up of the polar texture; wraps around the angle."""
    ring = depth * (_RINGS - 1.001)
    ray = (angle / (2 * np.pi) + 0.5) * _RAYS
    ring0, ray0 = np.floor(ring).astype(np.intp), np.floor(ray).astype(np.intp)
    ring_part, ray_part = ring - ring0, ray - ray0
    ring1, ray1 = np.minimum(ring0 + 1, _RINGS - 1), (ray0 + 1) % _RAYS
    ray0 %= _RAYS
    near = texture[ring0, ray0] * (1 - ray_part) + texture[ring0, ray1] * ray_part
    far = texture[ring1, ray0] * (1 - ray_part) + texture[ring1, ray1] * ray_part
    sampled: Image = (near * (1 - ring_part) + far * ring_part).astype(np.float32)
    return sampled


def _lids(eye: Image, rows: Image, columns: Image, centre_x: float, rng: np.random.Generator) -> Image:
    arch = ((columns - centre_x) / (WIDTH * 0.62)) ** 2
    upper = HEIGHT * (0.13 + 0.33 * arch) + 3 * smooth_noise(rng, 1, WIDTH, 8)
    lower = HEIGHT * (0.90 - 0.30 * arch)
    skin = 0.66 + 0.03 * smooth_noise(rng, HEIGHT, WIDTH, 3)
    open_ = smooth_step(rows - upper, -4, 4) * smooth_step(lower - rows, -4, 4)
    result: Image = (skin + (eye - skin) * open_).astype(np.float32)
    return result
