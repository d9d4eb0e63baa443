"""Narrowing puts the same finger first, however it lies, and never loses a template."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.biosdk.fingersindex import FingerIndex, describe_minutiae
from devices.biosdk.fingersminutiae import Minutiae

Points = list[tuple[int, int, float, int, float]]


def random_points(seed: int, count: int = 40) -> Points:
    rng = np.random.default_rng(seed)
    rows = zip(rng.integers(250, 550, count), rng.integers(200, 640, count), rng.uniform(0, 360, count), strict=True)
    return [(int(x), int(y), float(angle), 1, 0.5) for x, y, angle in rows]


def moved(points: Points, degrees: float, right: int, down: int) -> Points:
    """Turned counter-clockwise about the middle as the eye sees it, then shifted."""
    turn = np.radians(degrees)
    made = []
    for x, y, angle, kind, reliability in points:
        away_x, away_y = x - 400, y - 420
        new_x = 400 + np.cos(turn) * away_x + np.sin(turn) * away_y + right
        new_y = 420 - np.sin(turn) * away_x + np.cos(turn) * away_y + down
        made.append((round(float(new_x)), round(float(new_y)), (angle + degrees) % 360, kind, reliability))
    return made


def minutiae(points: Points) -> Minutiae:
    return Minutiae.from_library(900, 900, points)


@pytest.fixture(scope="module")
def crowd() -> FingerIndex:
    index = FingerIndex()
    for seed in range(100):
        index.add(minutiae(random_points(seed)))
    return index


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.floats(-180, 180), st.integers(-60, 60), st.integers(-60, 60))
def test_a_finger_is_known_turned_and_shifted(crowd: FingerIndex, seed: int, degrees: float, right: int, down: int) -> None:
    probe = minutiae(moved(random_points(seed), degrees, right, down))
    assert crowd.shortlist(probe, 1) == [seed]


def test_half_a_finger_is_known(crowd: FingerIndex) -> None:
    assert crowd.shortlist(minutiae([one for one in random_points(7) if one[1] < 420]), 3)[0] == 7


def test_nobody_is_lost_and_the_list_is_as_long_as_asked(crowd: FingerIndex) -> None:
    probe = minutiae(random_points(3))
    assert sorted(crowd.shortlist(probe, 1000)) == list(range(100))
    assert len(crowd.shortlist(probe, 40)) == 40


def test_favoured_templates_come_first_among_the_unlike(crowd: FingerIndex) -> None:
    probe = minutiae(random_points(1000))
    order = crowd.shortlist(probe, 100, favoured=(90, 91), favour=1.0)
    assert sorted(order[:2]) == [90, 91]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_minutiae_are_no_failure(count: int) -> None:
    index = FingerIndex()
    assert index.shortlist(minutiae([]), 5) == []
    index.add(minutiae(random_points(1, count)))
    index.add(minutiae(random_points(2)))
    assert sorted(index.shortlist(minutiae(random_points(3, count)), 5)) == [0, 1]


def test_templates_added_after_a_search_are_searched_too() -> None:
    index = FingerIndex()
    index.add(minutiae(random_points(1)))
    index.shortlist(minutiae(random_points(2)), 1)
    index.add(minutiae(random_points(2)))
    assert index.shortlist(minutiae(random_points(2)), 1) == [1]


def test_each_minutia_is_described_by_a_vector_of_length_one() -> None:
    rows = describe_minutiae(minutiae(random_points(5, 80)))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
