"""The quality measure falls with everything that makes a print worse, and keeps to the scale of the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.biosdk.fingersimage import Pixels
from devices.biosdk.qualityridges import ridge_quality
from packet.models import BioAttribute
from tests.support.fingerrecords import blurred, noisy, print_of, smaller, smudged

SEEDS = st.integers(1, 3)
FINGERS = st.sampled_from([BioAttribute.LEFT_INDEX, BioAttribute.RIGHT_THUMB])
SLACK = 0.5
WORSE: dict[str, tuple[Callable[[Pixels, float], Pixels], Sequence[float]]] = {
    "blur": (blurred, (0, 1, 1.5, 2, 3, 4, 6)),
    "noise": (noisy, (0, 10, 20, 30, 45, 60, 90)),
    "smudge": (smudged, (0, 0.2, 0.4, 0.6, 0.8, 1)),
    "area": (smaller, (1, 0.7, 0.5, 0.35, 0.2, 0)),
}


@pytest.mark.parametrize("fault", WORSE)
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, finger=FINGERS, take=st.integers(1, 3))
def test_the_more_of_a_fault_the_lower_the_score(fault: str, seed: int, finger: BioAttribute, take: int) -> None:
    make, amounts = WORSE[fault]
    pixels = print_of(seed, finger, 90, take)
    scores = [ridge_quality(make(pixels, amount)) for amount in amounts]
    assert all(later <= earlier + SLACK for earlier, later in pairwise(scores)), scores
    assert scores[-1] < scores[0] - 15, scores


def test_a_worse_impression_of_the_same_take_scores_lower() -> None:
    scores = [ridge_quality(print_of(1, BioAttribute.LEFT_INDEX, dial, 1)) for dial in (95, 75, 55, 35, 15)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 80
    assert scores[-1] < 40


@settings(max_examples=25, deadline=None)
@given(st.integers(100, 400), st.integers(100, 400), st.integers(0, 255), st.floats(0, 100), st.integers(0, 1000))
def test_what_shows_no_ridges_scores_low(width: int, height: int, grey: int, grain: float, seed: int) -> None:
    assert ridge_quality(noisy(np.full((height, width), grey, np.uint8), grain, seed)) < 10


def test_the_score_stays_on_the_scale() -> None:
    columns = np.arange(400)
    stripes = np.tile((127.5 + 127.5 * np.sin(columns * 2 * np.pi / 9)).astype(np.uint8), (400, 1))
    assert ridge_quality(stripes) <= 100
