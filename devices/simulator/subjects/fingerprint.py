"""Fingerprints grown from noise.

An orientation field follows from the singular points of the pattern class (Sherlock and Monro's model: every loop core turns
the field by +1/2, every delta by -1/2). Noise is then filtered again and again with a bank of Gabor-like filters in the
frequency domain, each pixel taking the filter of its orientation, until ridges of the right period stand; minutiae appear
where ridges have to begin or end. The first rounds run at half resolution, which is four times quicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.simulator.subjects.spectrum import Image, smooth_noise, smooth_step, to_bytes
from packet.models import BioAttribute

WIDTH: Final = 320
HEIGHT: Final = 480
PERIOD_PX: Final = 9.0
_ORIENTATIONS: Final = 12
_ROUNDS_HALF: Final = 9
_ROUNDS_FULL: Final = 2

_A = BioAttribute
CLASS_OF: Final[dict[BioAttribute, str]] = {
    _A.RIGHT_THUMB: "whorl",
    _A.RIGHT_INDEX: "right loop",
    _A.RIGHT_MIDDLE: "arch",
    _A.RIGHT_RING: "double loop",
    _A.RIGHT_LITTLE: "right loop",
    _A.LEFT_THUMB: "double loop",
    _A.LEFT_INDEX: "left loop",
    _A.LEFT_MIDDLE: "tented arch",
    _A.LEFT_RING: "whorl",
    _A.LEFT_LITTLE: "left loop",
}


@dataclass(frozen=True, slots=True)
class _Singularities:
    """Loop cores and deltas, as fractions of width and height."""

    cores: tuple[tuple[float, float], ...]
    deltas: tuple[tuple[float, float], ...]


_CLASSES: Final = {
    "whorl": _Singularities(((0.5, 0.40), (0.5, 0.50)), ((0.14, 0.72), (0.86, 0.72))),
    "double loop": _Singularities(((0.42, 0.42), (0.58, 0.54)), ((0.12, 0.74), (0.88, 0.70))),
    "right loop": _Singularities(((0.52, 0.42),), ((0.14, 0.70),)),
    "left loop": _Singularities(((0.48, 0.42),), ((0.86, 0.70),)),
    "tented arch": _Singularities(((0.5, 0.42),), ((0.5, 0.68),)),
}


def fingerprint(attribute: BioAttribute, rng: np.random.Generator) -> NDArray[np.uint8]:
    """An 8-bit grey image, 320 by 480 pixels at 500 per inch: dark ridges on a light ground."""
    angles = _orientation(CLASS_OF[attribute], rng)
    ridges = _grow(angles, rng)
    return to_bytes(_print(ridges, rng))


def _orientation(kind: str, rng: np.random.Generator) -> Image:
    """Angle of the ridges at every pixel, modulo pi."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = columns / WIDTH, rows / HEIGHT
    if kind == "arch":
        angle = 1.1 * np.sin(2 * np.pi * (x - 0.5)) * np.exp(-(((y - 0.62) / 0.28) ** 2)) * np.cos(np.pi * (x - 0.5))
    else:
        angle = np.zeros_like(x)
        shift = rng.uniform(-0.03, 0.03, 2)
        for sign, points in ((1, _CLASSES[kind].cores), (-1, _CLASSES[kind].deltas)):
            for px, py in points:
                angle = angle + sign * 0.5 * np.arctan2((y - py - shift[1]) * HEIGHT, (x - px - shift[0]) * WIDTH)
    bend: Image = (angle + 0.10 * smooth_noise(rng, HEIGHT, WIDTH, 60)).astype(np.float32)
    return bend


def _grow(angles: Image, rng: np.random.Generator) -> Image:
    noise = rng.standard_normal((HEIGHT // 2, WIDTH // 2), dtype=np.float32)
    half = _filter(noise, angles[::2, ::2], PERIOD_PX / 2, _ROUNDS_HALF)
    full = np.repeat(np.repeat(half, 2, axis=0), 2, axis=1)
    return _filter(full, angles, PERIOD_PX, _ROUNDS_FULL)


def _filter(image: Image, angles: Image, period_px: float, rounds: int) -> Image:
    choice = np.round(np.mod(angles, np.pi) / (np.pi / _ORIENTATIONS)).astype(np.intp) % _ORIENTATIONS
    bank = _bank(image.shape[0], image.shape[1], period_px)
    where = [choice == index for index in range(_ORIENTATIONS)]
    for _ in range(rounds):
        spectrum = np.fft.rfft2(image)
        result = np.empty_like(image)
        for index, response in enumerate(bank):
            filtered = np.fft.irfft2(spectrum * response, s=image.shape)
            result[where[index]] = filtered[where[index]]
        image = np.tanh(2 * result / max(float(result.std()), 1e-9)).astype(np.float32)
    return image


def _bank(height: int, width: int, period_px: float) -> list[Image]:
    """One band-pass per orientation: a bump at the ridge frequency, across the ridges, and its mirror image."""
    rows = np.fft.fftfreq(height).astype(np.float32)[:, None]
    columns = np.fft.rfftfreq(width).astype(np.float32)[None, :]
    radius = np.hypot(rows, columns)
    radial = np.exp(-(((radius - 1 / period_px) / (0.28 / period_px)) ** 2))
    direction = np.arctan2(rows, columns)
    bank = []
    for index in range(_ORIENTATIONS):
        normal = index * np.pi / _ORIENTATIONS + np.pi / 2
        bank.append((radial * np.exp(6 * (np.cos(2 * (direction - normal)) - 1))).astype(np.float32))
    return bank


def _print(ridges: Image, rng: np.random.Generator) -> Image:
    """How the ridges look on a sensor: an oval contact area, uneven pressure, pores and sensor noise."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    distance = ((columns / WIDTH - 0.5) / 0.47) ** 2 + ((rows / HEIGHT - 0.5) / 0.48) ** 2
    contact = 1 - smooth_step(distance + 0.05 * smooth_noise(rng, HEIGHT, WIDTH, 12), 0.82, 1.0)
    pressure = 0.08 * smooth_noise(rng, HEIGHT, WIDTH, 45)
    ink = smooth_step(ridges + pressure, -0.75, 0.75) * (1 - 0.12 * np.abs(smooth_noise(rng, HEIGHT, WIDTH, 1.2)))
    grain = 0.012 * rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32)
    picture: Image = (0.95 - 0.72 * ink * contact + grain).astype(np.float32)
    return picture
