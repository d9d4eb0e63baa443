"""The master print of a finger: every ridge of it, grown once; captures are impressions of it.

A master is grey: 0 is the floor of a valley, 255 the top of a ridge. What belongs to the skin is in it: pores along the ridges,
flattened ridges of worn or old skin, creases across them. Fingers of one person share ridge period, skin and habits of the
pattern; each finger grows from a stream of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from devices.simulator.subjects.fields import Plane, coarse_noise, enlarge, grid, noise, smooth_step, to_bytes
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.ridgeclass import finger_name, ridge_class
from devices.simulator.subjects.ridgeflow import ridge_flow
from devices.simulator.subjects.ridgegrowth import grow_ridges
from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits
from packet.models import BioAttribute

WIDTH: Final = 384
HEIGHT: Final = 512
_ADULT_PERIOD_PX: Final = 9.4
_PERIOD_OF_AGE: Final = {AgeGroup.CHILD: 0.78, AgeGroup.ADULT: 1.0, AgeGroup.ELDER: 1.02}
_SIZE_OF_AGE: Final = {AgeGroup.CHILD: 0.74, AgeGroup.ADULT: 1.0, AgeGroup.ELDER: 1.0}
_SIZE_OF_FINGER: Final = {"Thumb": 1.14, "Index": 1.0, "Middle": 1.03, "Ring": 0.98, "Little": 0.85}


@dataclass(frozen=True, slots=True)
class FingerBuild:
    """Measures of a finger.

    Attributes:
        size: 1 is an adult's index finger, whose contact area is about 260 by 400 pixels at 500 per inch.
        period_px: mean distance of two ridges at 500 per inch.
    """

    size: float
    period_px: float


def finger_build(seed: int, attribute: BioAttribute, traits: SubjectTraits) -> FingerBuild:
    """Measures of one finger; large hands have wider ridges."""
    name, person = finger_name(attribute), stream(seed, "hand")
    hand = float(np.clip(person.normal(1.0, 0.05), 0.88, 1.12))
    period = float(np.clip(person.normal(1.0, 0.03), 0.93, 1.07)) * (0.5 + 0.5 * hand)
    wide = 1.04 if name == "Thumb" else 1.0
    return FingerBuild(
        size=hand * _SIZE_OF_AGE[traits.age] * _SIZE_OF_FINGER[name],
        period_px=_ADULT_PERIOD_PX * period * wide * _PERIOD_OF_AGE[traits.age],
    )


def grow_finger(seed: int, attribute: BioAttribute, traits: SubjectTraits) -> Pixels:
    """The master of a finger, 384 by 512 pixels at 500 per inch. Takes a tenth of a second or two."""
    build = finger_build(seed, attribute, traits)
    rng = stream(seed, "ridges", attribute.value)
    flow = ridge_flow(ridge_class(seed, attribute), rng, HEIGHT, WIDTH, build.size, build.period_px)
    ridges = grow_ridges(flow, rng)
    skin = stream(seed, "skin", attribute.value)
    ridges = _with_pores(ridges, skin)
    ridges = _worn(ridges, skin, traits)
    return to_bytes(0.5 + 0.5 * ridges)


def _with_pores(ridges: Plane, rng: np.random.Generator) -> Plane:
    """Small dents on the tops of ridges, a few a millimetre of ridge."""
    dots = (rng.random(ridges.shape, dtype=np.float32) < 0.010).astype(np.float32)
    depth = dots + 0.45 * (np.roll(dots, 1, 0) + np.roll(dots, -1, 0) + np.roll(dots, 1, 1) + np.roll(dots, -1, 1))
    dented: Plane = ridges - np.float32(1.1) * np.clip(depth, 0, 1) * smooth_step(ridges, 0.5, 0.9)
    return dented


def _worn(ridges: Plane, rng: np.random.Generator, traits: SubjectTraits) -> Plane:
    """Ridges flattened in patches by wear and age, then creases, which are folds without ridges."""
    is_elder = traits.age is AgeGroup.ELDER
    patches = coarse_noise(rng, HEIGHT, WIDTH, 45)
    frayed = enlarge(noise(rng, HEIGHT // 3, WIDTH // 3), HEIGHT, WIDTH)
    wear = min(1.0, traits.worn + (0.30 if is_elder else 0.0))
    if wear > 0:
        flat = smooth_step(patches, 1.6 - 2.6 * wear, 2.4 - 2.0 * wear)
        ridges = ridges * (1 - 0.45 * wear) * (1 - 0.6 * flat) + wear * (0.10 + 0.12 * flat) * frayed
    count = int(rng.integers(7, 15)) if is_elder else int(rng.integers(0, 2))
    columns, rows = grid(HEIGHT, WIDTH)
    for _ in range(count):
        ridges = _creased(ridges, columns, rows, rng, longest_px=120 if is_elder else 60)
    return np.clip(ridges, -1, 1)


def _creased(ridges: Plane, columns: Plane, rows: Plane, rng: np.random.Generator, longest_px: float) -> Plane:
    """One fold: a slightly bent line of some length and two or three pixels' width."""
    middle_x, middle_y = rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.15, 0.85) * HEIGHT
    turn, length, bend = rng.normal(0, 0.5), rng.uniform(0.3, 1) * longest_px, rng.normal(0, 0.0015)
    half_width = rng.uniform(0.8, 1.8)
    x, y = columns - np.float32(middle_x), rows - np.float32(middle_y)
    along = np.float32(np.cos(turn)) * x + np.float32(np.sin(turn)) * y
    across = np.float32(np.cos(turn)) * y - np.float32(np.sin(turn)) * x - np.float32(bend) * along**2
    fold = smooth_step(-np.abs(across), -half_width - 1, -half_width + 0.5) * smooth_step(-np.abs(along), -length, 25 - length)
    return ridges - (ridges + 1) * fold
