"""Drawn faces and exception photos: one person over many takes, hands without the fingers that are missing, the dial."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from devices.simulator.subjects.facebuild import Hair, face_build
from devices.simulator.subjects.portrait import exception_photo, portrait
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits
from packet.models import BioAttribute

A = BioAttribute
ADULT = SubjectTraits()


def face(seed: int, take: int, score: float = 92, traits: SubjectTraits = ADULT) -> Pixels:
    return portrait(face_build(seed, traits), stream(seed, "take", take), (seed, "hair"), score)


def photo(seed: int, *missing: BioAttribute) -> Pixels:
    return exception_photo(face_build(seed, ADULT), stream(seed, "take", 0), (seed, "hair"), 92, missing)


def thumbnail(pixels: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(Image.fromarray(pixels).resize((35, 45), Image.Resampling.BOX), np.float32)


def sharpness(pixels: Pixels) -> float:
    """Strength of edges in the face that noise does not make: differences over a smoothed picture."""
    smooth = np.asarray(Image.fromarray(pixels).convert("L").resize((175, 225), Image.Resampling.BOX), np.float32)
    dy, dx = np.gradient(smooth[50:190, 40:135])
    return float(np.percentile(np.hypot(dx, dy), 97))


def test_the_same_take_is_the_same_picture_and_another_take_another() -> None:
    first = face(1, 0)
    assert first.shape == (450, 350, 3)
    assert np.array_equal(first, face(1, 0))
    assert not np.array_equal(first, face(1, 1))


def test_takes_of_a_person_are_more_alike_than_people() -> None:
    takes = {seed: [thumbnail(face(seed, take)) for take in range(2)] for seed in range(1, 6)}
    same = [float(np.abs(one - two).mean()) for one, two in takes.values()]
    other = [float(np.abs(takes[a][0] - takes[b][1]).mean()) for a in takes for b in takes if a != b]
    assert max(same) < min(other)


@pytest.mark.parametrize("seed", [1, 3])
def test_quality_falls_with_the_dial(seed: int) -> None:
    measured = [sharpness(face(seed, 0, score)) for score in (100, 80, 60, 40, 20, 0)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 1.5 * measured[-1]


def test_portraits_have_a_plain_light_ground_and_a_head_of_the_right_size() -> None:
    for seed in range(1, 5):
        pixels = face(seed, 0, 100).astype(int)
        corner = pixels[:40, :40]
        assert corner.min() > 200
        assert corner.std(axis=(0, 1)).max() < 4
        middle = pixels[:, 165:185].mean(axis=(1, 2))
        crown = int(np.argmax(middle < 200))
        assert 0.03 < crown / 450 < 0.16


def test_hands_are_drawn_without_the_missing_fingers() -> None:
    whole = photo(1).astype(int)
    gone = photo(1, A.RIGHT_INDEX, A.LEFT_LITTLE, A.LEFT_THUMB).astype(int)
    changed = np.abs(whole - gone).sum(axis=2) > 60
    left_of_picture, face_part, right_of_picture = changed[:, :200], changed[:, 230:370], changed[:, 400:]
    assert left_of_picture.sum() > 150  # the right hand is on the left side of the picture
    assert right_of_picture.sum() > left_of_picture.sum()
    assert not face_part.any()
    assert whole.shape == (400, 600, 3)


def test_age_shows() -> None:
    child, adult, elder = (face_build(1, SubjectTraits(age=age)) for age in (AgeGroup.CHILD, AgeGroup.ADULT, AgeGroup.ELDER))
    assert child.eye_size > adult.eye_size
    assert child.beard == 0
    assert elder.wrinkles > adult.wrinkles > child.wrinkles
    assert min(elder.hair_colour) > 0.3


def test_people_look_different() -> None:
    builds = [face_build(seed, ADULT) for seed in range(60)]
    assert {build.hair for build in builds} == set(Hair)
    assert len({build.skin for build in builds}) > 50
    assert max(sum(build.skin) for build in builds) > 2 * min(sum(build.skin) for build in builds)
