"""Registration ids and request ids of corrections: what is wrong is named part by part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.idnumbers import IdFinding, IdNumberRules, check_request_id, check_rid
from tests.support import idnumbers

RULES = IdNumberRules()
RID = idnumbers.valid_rid()
PROCESS = "BIOMETRIC_CORRECTION"


def test_a_registration_id_from_anywhere_is_valid() -> None:
    assert check_rid(RID, RULES) is None


def test_a_registration_id_of_this_machine_is_told_from_others() -> None:
    assert check_rid(RID, RULES, centre_id="10001", machine_id="10002") is None
    assert check_rid(RID, RULES, centre_id="10009") is IdFinding.RID_CENTRE
    assert check_rid(RID, RULES, machine_id="10009") is IdFinding.RID_MACHINE


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", IdFinding.EMPTY),
        (RID[:-1], IdFinding.LENGTH),
        (RID + "0", IdFinding.LENGTH),
        ("x" + RID[1:], IdFinding.NOT_DIGITS),
        ("٣" + RID[1:], IdFinding.NOT_DIGITS),
        (RID[:15] + "20261302093000", IdFinding.RID_TIME),
        (RID[:15] + "20260230093000", IdFinding.RID_TIME),
        (RID[:15] + "20260302093060" + "", IdFinding.RID_TIME),
    ],
)
def test_what_is_wrong_with_a_registration_id_is_named(text: str, finding: IdFinding) -> None:
    assert check_rid(text, RULES) is finding


def test_a_request_id_is_valid_for_its_process() -> None:
    assert check_request_id(idnumbers.valid_request_id(), PROCESS, RULES) is None
    assert check_request_id(f"{RID}-CRVS-FIX-12", "CRVS-FIX", RULES) is None


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", IdFinding.EMPTY),
        (RID, IdFinding.REQUEST_FORM),
        (f"{RID}-1", IdFinding.REQUEST_FORM),
        (f"{RID[:-1]}-{PROCESS}-1", IdFinding.REQUEST_RID),
        (f"{RID}-NEW-1", IdFinding.REQUEST_PROCESS),
        (f"{RID}-biometric_correction-1", IdFinding.REQUEST_PROCESS),
        (f"{RID}-{PROCESS}-", IdFinding.REQUEST_ITERATION),
        (f"{RID}-{PROCESS}-one", IdFinding.REQUEST_ITERATION),
        (f"{RID}-{PROCESS}-1 ", IdFinding.REQUEST_ITERATION),
        (f" {RID}-{PROCESS}-1", IdFinding.REQUEST_RID),
    ],
)
def test_what_is_wrong_with_a_request_id_is_named(text: str, finding: IdFinding) -> None:
    assert check_request_id(text, PROCESS, RULES) is finding


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{29}-[A-Z_]{1,6}-[0-9]{1,3}", fullmatch=True))
def test_any_text_gets_an_answer(text: str) -> None:
    check_rid(text, RULES)
    check_request_id(text, PROCESS, RULES)
