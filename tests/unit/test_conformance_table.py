"""The table of cases is the toolkit's: its ids, and as many uses of each validator as it has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.commands.simulatorcheck import ranges
from devices import conformance
from devices.conformance.cases import toolkit_cases
from devices.conformance.model import Case, Check, Kind
from devices.conformance.owncases import OWN_CASES


def test_the_toolkits_ids_are_all_there_once() -> None:
    assert [case.id for case in toolkit_cases()] == [f"SBI{number}" for number in range(1000, 1196)]
    own = [case.id for case, _function in OWN_CASES]
    assert own == [f"SD{number:02d}" for number in range(1, len(own) + 1)]


@pytest.mark.parametrize(
    ("check", "uses"),
    [
        (Check.SCHEMA, 190),
        (Check.SIGNATURE, 152),
        (Check.MISMATCH, 139),
        (Check.TIMEOUT, 18),
        (Check.ISO, 8),
        (Check.TIME, 8),
        (Check.HASH, 7),
        (Check.ROTATION, 6),
    ],
)
def test_validators_are_used_as_often_as_in_the_toolkit(check: Check, uses: int) -> None:
    """Cases that need people or an SDK use schema, signature and mismatch validators in the toolkit; here they are not run."""
    quality = sum(case.kind is Kind.MANUAL for case in toolkit_cases())
    in_quality = quality if check in {Check.SCHEMA, Check.SIGNATURE, Check.MISMATCH} else 0
    assert quality == 92
    assert sum(check in case.checks for case in toolkit_cases()) + in_quality == uses


def test_every_case_that_is_not_run_says_why() -> None:
    for case in toolkit_cases():
        assert (case.kind is Kind.MANUAL) == bool(case.reason)


def test_a_capture_asks_for_what_it_counts() -> None:
    """But for the cases that get the count wrong on purpose."""
    for case in toolkit_cases():
        shot = case.shot
        if shot is None or case.error_codes == frozenset({"109"}) or case.bio_type == "Face":
            continue
        assert shot.count == len(shot.segments), case.id
        assert not set(shot.segments) & set(shot.exceptions), case.id


def test_kinds_of_calls() -> None:
    kinds = Counter(case.kind for case in toolkit_cases())
    assert kinds[Kind.ROTATION] == 6
    assert kinds[Kind.STREAM] == 5
    assert kinds[Kind.CHAIN] == 7
    assert kinds[Kind.STATUS] == 3


def test_the_check_never_looks_into_the_simulator() -> None:
    """It would otherwise find the simulator right wherever it is wrong itself."""
    folder = Path(conformance.__file__).parent
    for path in folder.glob("*.py"):
        text = path.read_text()
        assert "devices.simulator" not in text, path.name
        assert "sbi.verification" not in text, path.name
        assert "client.session" not in text, path.name


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], []),
        (["SBI1002"], ["SBI1002"]),
        (["SBI1002", "SBI1003", "SBI1005"], ["SBI1002-1003", "SBI1005"]),
        (["SBI1195", "SD01", "SD02", "SD02"], ["SBI1195", "SD01-02"]),
    ],
)
def test_ids_in_a_row_are_told_as_a_range(ids: list[str], expected: list[str]) -> None:
    assert ranges(ids) == expected


def test_a_case_is_a_value() -> None:
    assert Case("X", "title", Kind.OWN) == Case("X", "title", Kind.OWN)
