"""Faces: a shaded egg with eyes, brows, nose and mouth. Meant to look drawn; nobody looks like this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.simulator.subjects.spectrum import Image, smooth_noise, smooth_step, to_bytes

WIDTH: Final = 350
HEIGHT: Final = 450
PHOTO_WIDTH: Final = 600
PHOTO_HEIGHT: Final = 400

_SKINS: Final = ((0.93, 0.78, 0.66), (0.82, 0.62, 0.48), (0.62, 0.43, 0.31), (0.42, 0.28, 0.20))
_HAIR: Final = ((0.12, 0.09, 0.08), (0.30, 0.19, 0.10), (0.45, 0.44, 0.43))
_GROUND: Final = (0.86, 0.89, 0.92)


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Coordinates in units of half a face height, with the face's middle as origin."""

    x: Image
    y: Image


def face(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A 24-bit portrait, 350 by 450 pixels (35 by 45 mm): height, width, RGB."""
    canvas = _canvas(WIDTH, HEIGHT, WIDTH / 2, HEIGHT * 0.47, HEIGHT * 0.36)
    return _finish(_person(canvas, rng), rng)


def exception_photo(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A 24-bit photo of face and both hands beside it, 600 by 400 pixels (60 by 40 mm)."""
    skin = np.array(_SKINS[int(rng.integers(len(_SKINS)))], np.float32)
    canvas = _canvas(PHOTO_WIDTH, PHOTO_HEIGHT, PHOTO_WIDTH / 2, PHOTO_HEIGHT * 0.45, PHOTO_HEIGHT * 0.30)
    picture = _person(canvas, rng, skin)
    for side in (-1.0, 1.0):
        picture = _blend(picture, skin * 0.96, _hand(canvas, side))
    return _finish(picture, rng)


def _canvas(width: int, height: int, centre_x: float, centre_y: float, unit: float) -> _Canvas:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return _Canvas((columns - centre_x) / unit, (rows - centre_y) / unit)


def _oval(canvas: _Canvas, x: float, y: float, half_width: float, half_height: float, soft: float = 0.06) -> Image:
    distance = np.hypot((canvas.x - x) / half_width, (canvas.y - y) / half_height)
    return 1 - smooth_step(distance.astype(np.float32), 1 - soft, 1 + soft)


def _blend(picture: Image, colour: Image | tuple[float, float, float], weight: Image) -> Image:
    result: Image = (picture + (np.asarray(colour, np.float32) - picture) * weight[..., None]).astype(np.float32)
    return result


def _person(canvas: _Canvas, rng: np.random.Generator, skin: Image | None = None) -> Image:
    if skin is None:
        skin = np.array(_SKINS[int(rng.integers(len(_SKINS)))], np.float32)
    hair = _HAIR[int(rng.integers(len(_HAIR)))]
    width = float(rng.uniform(0.68, 0.76))
    picture = np.empty((*canvas.x.shape, 3), np.float32)
    picture[:] = _GROUND
    shirt = tuple(float(v) for v in rng.uniform(0.15, 0.6, 3))
    picture = _blend(picture, (shirt[0], shirt[1], shirt[2]), _oval(canvas, 0, 1.95, 1.35, 0.85))
    picture = _blend(picture, skin * 0.88, _oval(canvas, 0, 1.0, 0.34, 0.55))
    picture = _blend(picture, hair, _oval(canvas, 0, -0.12, width + 0.10, 1.0))
    for side in (-1, 1):
        picture = _blend(picture, skin * 0.92, _oval(canvas, side * width, 0.06, 0.10, 0.20))
    light = 1.05 - 0.16 * (canvas.x / width) ** 2 - 0.05 * canvas.y
    picture = _blend(picture, (skin * light[..., None]).astype(np.float32), _oval(canvas, 0, 0.05, width, 0.93, 0.03))
    return _features(picture, canvas, skin, hair, rng)


def _features(
    picture: Image, canvas: _Canvas, skin: Image, hair: tuple[float, float, float], rng: np.random.Generator
) -> Image:
    apart, eye_y = float(rng.uniform(0.27, 0.32)), float(rng.uniform(-0.14, -0.08))
    eye_colour = tuple(float(v) for v in rng.uniform(0.12, 0.45, 3))
    for side in (-1, 1):
        x = side * apart
        picture = _blend(picture, hair, _oval(canvas, x, eye_y - 0.17, 0.17, 0.032, 0.3))
        picture = _blend(picture, (0.97, 0.97, 0.96), _oval(canvas, x, eye_y, 0.13, 0.065))
        picture = _blend(picture, (eye_colour[0], eye_colour[1], eye_colour[2]), _oval(canvas, x, eye_y, 0.06, 0.06))
        picture = _blend(picture, (0.03, 0.03, 0.03), _oval(canvas, x, eye_y, 0.027, 0.027))
    picture = _blend(picture, skin * 0.80, _oval(canvas, 0.05, 0.17, 0.035, 0.22, 0.5) * np.float32(0.6))
    picture = _blend(picture, skin * 0.68, _oval(canvas, 0, 0.31, 0.11, 0.035, 0.4))
    mouth = float(rng.uniform(0.19, 0.25))
    picture = _blend(picture, skin * np.array((0.85, 0.55, 0.55), np.float32), _oval(canvas, 0, 0.53, mouth, 0.055))
    return _blend(picture, skin * 0.35, _oval(canvas, 0, 0.53, mouth * 0.9, 0.010, 0.4))


def _hand(canvas: _Canvas, side: float) -> Image:
    weight = _oval(canvas, side * 1.62, 0.75, 0.30, 0.34)
    for finger in range(4):
        weight = np.maximum(weight, _oval(canvas, side * (1.41 + 0.14 * finger), 0.25, 0.065, 0.34))
    return np.maximum(weight, _oval(canvas, side * 1.28, 0.66, 0.075, 0.26))


def _finish(picture: Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    pores = 0.010 * smooth_noise(rng, height, width, 1.5)[..., None]
    return to_bytes((picture + pores).astype(np.float32))
