"""The master of an iris: its texture in polar coordinates, grown once from the seed; captures unroll it around a pupil.

128 rings from the pupil's edge (0) to the limbus (127) by 1024 rays, which wrap around. Grey: 0 dark to 255 bright, as in near
infrared light. Made of radial fibres, finer ones within the collarette, the collarette itself (a wavy bright ring), crypts
(dark gaps between fibres), contraction furrows (dark arcs further out) and freckles. The two eyes of a person share how much
of each there is, but nothing of where it is, as with real eyes.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from devices.simulator.subjects.fields import Plane, enlarge, noise, to_bytes
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.streams import stream
from packet.models import BioAttribute

RINGS: Final = 128
RAYS: Final = 1024
_WRAP: Final = 4  # coarse columns repeated on both sides, so that enlarging is seamless


def grow_iris(seed: int, attribute: BioAttribute) -> Pixels:
    """The texture of one eye, 128 by 1024 pixels."""
    person, rng = stream(seed, "irises"), stream(seed, "iris", attribute.value)
    openness, freckles = float(person.uniform(0.5, 1.3)), int(person.integers(0, 7))
    depth = np.linspace(0, 1, RINGS, dtype=np.float32)[:, None]
    collarette = 0.30 + 0.045 * _rays(rng, 14) + 0.02 * _rays(rng, 40)
    inner = 1 / (1 + np.exp((depth - collarette) / 0.025))
    texture = (1 - inner) * _fibres(rng, (5, 150), (9, 330)) + inner * (0.25 + 0.8 * _fibres(rng, (3, 200), (6, 420)))
    texture += 0.75 * np.exp(-(((depth - collarette) / 0.035) ** 2)) * (1 + 0.5 * _rays(rng, 60))
    texture += 0.25 * _cloud(rng, 4, 12)
    texture = _with_crypts(texture, depth, collarette, rng, openness)
    texture = _with_furrows(texture, depth, rng)
    for _ in range(freckles):
        texture -= 1.3 * _spot(
            depth, rng.uniform(0.4, 0.85), rng.uniform(0, 1), rng.uniform(0.03, 0.06), rng.uniform(0.006, 0.012)
        )
    texture -= 1.2 * np.clip((depth - 0.86) / 0.14, 0, 1) ** 1.5 + 0.5 * np.exp(-depth / 0.03)
    return to_bytes((0.5 + 0.17 * texture).astype(np.float32))


def _cloud(rng: np.random.Generator, rows: int, columns: int) -> Plane:
    """Smooth noise that wraps around the rays, deviation about 1."""
    coarse = 1.4 * noise(rng, rows, columns)
    wrapped = np.concatenate((coarse[:, -_WRAP:], coarse, coarse[:, :_WRAP]), axis=1)
    extra = round(RAYS * _WRAP / columns)
    return enlarge(wrapped, RINGS, RAYS + 2 * extra)[:, extra : extra + RAYS]


def _rays(rng: np.random.Generator, columns: int) -> Plane:
    """A smooth function of the angle, as one row."""
    return _cloud(rng, 1, columns)[:1]


def _fibres(rng: np.random.Generator, *octaves: tuple[int, int]) -> Plane:
    """Thin bright strands along the radius: where smooth noise passes zero it is brightest; swayed a little sideways."""
    total = np.zeros((RINGS, RAYS), np.float32)
    for share, (rows, columns) in zip((1.0, 0.6), octaves, strict=True):
        total += share * (1.0 - 1.5 * np.abs(_cloud(rng, rows, columns)))
    sway = np.cumsum(_cloud(rng, 6, 24), axis=0)
    index = (np.arange(RAYS)[None, :] + np.round(0.18 * sway).astype(np.intp)) % RAYS
    return np.take_along_axis(total, index, axis=1)


def _spot(depth: Plane, at: float, turn: float, tall: float, wide: float) -> Plane:
    """A soft blob at a depth and a turn (0..1 of a full circle), with half sizes in the same units."""
    rays = np.arange(RAYS, dtype=np.float32)[None, :] / RAYS
    away = np.abs(rays - turn)
    away = np.minimum(away, 1 - away)
    result: Plane = np.exp(-(((depth - at) / tall) ** 2)) * np.exp(-((away / wide) ** 2))
    return result


def _with_crypts(texture: Plane, depth: Plane, collarette: Plane, rng: np.random.Generator, openness: float) -> Plane:
    """Lens-shaped gaps just outside the collarette, dark within and bright at their sides."""
    for _ in range(int(26 * openness)):
        turn, tall, wide = rng.uniform(0, 1), rng.uniform(0.03, 0.10), rng.uniform(0.004, 0.013)
        at = float(collarette[0, int(turn * RAYS) % RAYS]) + 0.6 * tall + abs(rng.normal(0, 0.12))
        texture = texture - 1.5 * _spot(depth, at, turn, tall, wide) + 0.6 * _spot(depth, at, turn, 1.2 * tall, 1.8 * wide)
    return texture


def _with_furrows(texture: Plane, depth: Plane, rng: np.random.Generator) -> Plane:
    """Arcs around the pupil in the outer half."""
    rays = np.arange(RAYS, dtype=np.float32)[None, :] / RAYS
    for _ in range(int(rng.integers(3, 8))):
        at, turn, wide = rng.uniform(0.5, 0.88), rng.uniform(0, 1), rng.uniform(0.10, 0.30)
        away = np.minimum(np.abs(rays - turn), 1 - np.abs(rays - turn))
        line = np.exp(-(((depth - at - 0.015 * _rays(rng, 10)) / 0.014) ** 2))
        texture = texture - 0.8 * line * np.exp(-((away / wide) ** 4))
    return texture
