"""A few of the rounds of build/fuzz_captures.py: mutated answers are refused by name or recognised as unchanged."""

from __future__ import annotations

import logging

import pytest

from tests.support.hostile_fuzz import CaptureFuzzer


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # of serial numbers below 1
@pytest.mark.parametrize("seed", [7, 8])
def test_no_mutated_answer_crashes_the_checks_or_passes_for_genuine(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "devices")
    fuzzer = CaptureFuzzer(seed)
    for number in range(1500):
        fuzzer.round(number)
    outcomes = fuzzer.figures.outcomes
    assert sum(count for name, count in outcomes.items() if name.endswith("refused")) > 1000
    assert sum(count for name, count in outcomes.items() if name.endswith("changes nothing")) > 5
    assert sum(count for name, count in outcomes.items() if name.endswith("signed by the device")) > 5
    assert len(fuzzer.figures.errors) > 15
