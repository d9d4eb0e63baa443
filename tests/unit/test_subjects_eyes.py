"""Synthetic irises: the same eye under another pupil, two eyes of a person that differ, and the dial of quality."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from devices.simulator.subjects.fields import Plane, sample
from devices.simulator.subjects.irisimpression import (
    HEIGHT,
    MASKED_LID,
    MASKED_SCLERA,
    RADIUS_PX,
    WIDTH,
    draw_gaze,
    eye_build,
    look,
)
from devices.simulator.subjects.irismaster import grow_iris
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits
from packet.models import BioAttribute

LEFT, RIGHT = BioAttribute.LEFT_EYE, BioAttribute.RIGHT_EYE
ADULT = SubjectTraits()
KEYS = [(seed, eye) for seed in (1, 2) for eye in (LEFT, RIGHT)]
grown = cache(grow_iris)


def seen(seed: int, eye: BioAttribute, take: int, score: float, *, is_masked: bool = False) -> Pixels:
    gaze = draw_gaze(stream(seed, eye.value, take))
    return look(grown(seed, eye), eye_build(seed, eye, ADULT), gaze, score, is_masked=is_masked)


def unrolled(pixels: Pixels) -> Plane:
    """The lower half of the iris' outer part in polar coordinates, freed of slow changes; lids and pupil stay out of it."""
    turn = np.linspace(0.15 * np.pi, 0.85 * np.pi, 360, dtype=np.float32)[None, :]
    radius = np.linspace(0.62, 0.85, 24, dtype=np.float32)[:, None] * np.float32(RADIUS_PX)
    x, y = WIDTH / 2 + radius * np.cos(turn), HEIGHT / 2 + radius * np.sin(turn)
    strip = sample(pixels.astype(np.float32), x.astype(np.float32), y.astype(np.float32))
    flat: Plane = strip - strip.mean(axis=1, keepdims=True)
    return flat


def likeness(first: Pixels, second: Pixels) -> float:
    """The best correlation over small turns and stretches of the iris."""
    one, two = unrolled(first), unrolled(second)
    best = -1.0
    for turn in range(-20, 21, 2):
        for deeper in range(-3, 4):
            part = one[4:-4, 24:-24]
            other = two[4 + deeper : 20 + deeper, 24 + turn : 336 + turn]
            best = max(best, float(np.corrcoef(part.ravel(), other.ravel())[0, 1]))
    return best


def detail(pixels: Pixels) -> float:
    """Strength of fine structure in the iris, freed of what noise alone brings (which differs from pixel to pixel)."""
    middle = pixels[110:250, 90:326].astype(np.float32)
    return float(np.abs(middle[2:, :] + middle[:-2, :] - 2 * middle[1:-1, :]).mean())


def test_the_same_seed_makes_the_same_eye_and_takes_are_repeatable() -> None:
    assert np.array_equal(grow_iris(1, LEFT), grown(1, LEFT))
    assert np.array_equal(seen(1, LEFT, 0, 80), seen(1, LEFT, 0, 80))
    assert not np.array_equal(seen(1, LEFT, 0, 80), seen(1, LEFT, 1, 80))


def test_takes_of_an_eye_are_more_alike_than_eyes_of_anybody() -> None:
    same = [likeness(seen(seed, eye, 0, 95), seen(seed, eye, 1, 85)) for seed, eye in KEYS]
    other = [likeness(seen(*one, 0, 95), seen(*two, 1, 85)) for one in KEYS for two in KEYS if one != two]
    assert min(same) > max(other)


def test_left_and_right_eye_differ() -> None:
    assert likeness(seen(1, LEFT, 0, 95), seen(1, RIGHT, 0, 95)) < 0.5


def test_pupils_widen_and_narrow_from_take_to_take_and_are_smaller_with_age() -> None:
    dark = [int((seen(1, LEFT, take, 95) < 45).sum()) for take in range(6)]
    assert max(dark) > 1.1 * min(dark)
    old = eye_build(1, LEFT, replace(ADULT, age=AgeGroup.ELDER))
    assert old.pupil_share < eye_build(1, LEFT, ADULT).pupil_share


@pytest.mark.parametrize("take", range(3))
def test_quality_falls_with_the_dial(take: int) -> None:
    eye = eye_build(1, LEFT, ADULT)
    gaze = draw_gaze(stream(1, "dial", take))
    quiet = replace(gaze, grain=np.zeros_like(gaze.grain))
    measured = [detail(look(grown(1, LEFT), eye, quiet, score)) for score in (100, 85, 70, 55, 40, 25, 10, 0)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 3 * measured[-1]


def test_a_masked_image_has_the_two_greys_of_the_standard_and_the_same_iris() -> None:
    open_, masked = seen(1, LEFT, 0, 90), seen(1, LEFT, 0, 90, is_masked=True)
    assert open_.shape == masked.shape == (HEIGHT, WIDTH)
    assert set(masked[0]) == {MASKED_LID}
    assert masked[HEIGHT // 2, 20] == MASKED_SCLERA
    iris = (slice(200, 240), slice(150, 260))
    assert float(np.abs(open_[iris].astype(int) - masked[iris].astype(int)).mean()) < 3


def test_the_iris_lies_in_the_middle_with_margins() -> None:
    """0.6 of the radius at the sides, 0.2 above and below."""
    assert pytest.approx(0.6, abs=0.02) == (WIDTH / 2 - RADIUS_PX) / RADIUS_PX
    assert pytest.approx(0.2, abs=0.02) == (HEIGHT / 2 - RADIUS_PX) / RADIUS_PX
