"""Which type of applicant somebody is: MOSIP's table, what is missing, and which scripts are known to say so."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ages import DEFAULT_AGE_GROUPS, AgeGroup, AgeGroups
from app.core.applicanttype import (
    ApplicantTypeTable,
    ApplicantTypeUndecidedError,
    BornAheadError,
    UnknownScriptError,
    applicant_type,
    rule_of,
)
from app.democountry import demo_applicant_type_script

TODAY = date(2026, 3, 1)
BIRTHS = {"INFANT": "2024/05/06", "MINOR": "2014/05/06", "ADULT": "1990/05/06"}

TABLE = {
    ("FR", "MLE"): ("001", "002", "002", "009", "014", "010"),
    ("NFR", "MLE"): ("003", "004", "004", "011", "015", "012"),
    ("FR", "FLE"): ("005", "006", "006", "013", "014", "014"),
    ("NFR", "FLE"): ("007", "008", "008", "015", "015", "016"),
    ("FR", "OTH"): ("005", "006", "006", "013", "014", "014"),
    ("NFR", "OTH"): ("007", "008", "008", "015", "015", "016"),
}
"""Residence and gender to infant, minor, adult, and the same three with a biometric exception."""

CELLS = [
    (residence, gender, group, exception, codes[index + 3 * exception])
    for (residence, gender), codes in TABLE.items()
    for (index, group), exception in itertools.product(enumerate(BIRTHS), (False, True))
]


def identity(**changes: object) -> dict[str, object]:
    """A complete applicant, type 004; a change to None takes the key away."""
    complete = {
        "_flow": "New",
        "residenceStatus": [{"language": "eng", "value": "National"}],
        "residenceStatusCode": "NFR",
        "gender": [{"language": "eng", "value": "Male"}],
        "genderCode": "MLE",
        "dateOfBirth": BIRTHS["ADULT"],
        "isBioException": False,
    } | changes
    return {key: value for key, value in complete.items() if value is not None}


def type_of(applicant: Mapping[str, object], rule: ApplicantTypeTable = applicant_type) -> str:
    return rule(applicant, DEFAULT_AGE_GROUPS, TODAY)


@pytest.mark.parametrize(("residence", "gender", "group", "exception", "expected"), CELLS)
def test_every_cell_of_the_table(residence: str, gender: str, group: str, exception: bool, expected: str) -> None:
    applicant = identity(residenceStatusCode=residence, genderCode=gender, dateOfBirth=BIRTHS[group], isBioException=exception)
    assert type_of(applicant) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "012"), ("true", "012"), (False, "004"), ("false", "004"), (None, "004")]
)
def test_the_exception_is_told_by_a_flag_or_by_its_text(value: object, expected: str) -> None:
    assert type_of(identity(isBioException=value)) == expected


def test_codes_count_before_names() -> None:
    assert type_of(identity(residenceStatus="FR", gender="FLE")) == "004"


@pytest.mark.parametrize("form", ["text", "list"])
def test_without_codes_the_values_themselves_count(form: str) -> None:
    values = {"residenceStatus": "FR", "gender": "FLE"}
    given_as = {name: value if form == "text" else [{"language": "fra", "value": value}] for name, value in values.items()}
    assert type_of(identity(residenceStatusCode=None, genderCode=None, **given_as)) == "006"


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"residenceStatusCode": None, "residenceStatus": None}, "residenceStatus"),
        ({"residenceStatusCode": "", "residenceStatus": "NFR"}, "residenceStatus"),
        ({"genderCode": None, "gender": None}, "gender"),
        ({"genderCode": None, "gender": []}, "gender"),
        ({"dateOfBirth": None}, "dateOfBirth"),
        ({"dateOfBirth": "1990/02/31"}, "dateOfBirth"),
        ({"dateOfBirth": "31/12/1990"}, "dateOfBirth"),
        ({"dateOfBirth": "1800/01/01"}, "dateOfBirth"),
        ({"isBioException": "perhaps"}, "isBioException"),
    ],
)
def test_what_is_missing_is_named_except_in_the_update_flow(changes: dict[str, object], missing: str) -> None:
    with pytest.raises(ApplicantTypeUndecidedError) as refused:
        type_of(identity(**changes))
    assert refused.value.params == {"missing": missing}
    assert refused.value.server_code == "KER-MSD-147"
    assert type_of(identity(_flow="Update", **changes)) == "000"


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ApplicantTypeUndecidedError) as refused:
        type_of({"_flow": "New"})
    assert refused.value.params == {"missing": "residenceStatus, gender, dateOfBirth"}


@pytest.mark.parametrize("flow", ["New", "Update"])
def test_a_birth_ahead_is_an_error_in_every_flow(flow: str) -> None:
    with pytest.raises(BornAheadError) as refused:
        type_of(identity(_flow=flow, dateOfBirth="2026/03/02"))
    assert refused.value.server_code == "KER-MSD-151"
    assert type_of(identity(_flow=flow, dateOfBirth="2026/03/01")) == "003"


@pytest.mark.parametrize("changes", [{"residenceStatusCode": "XX"}, {"genderCode": "XX"}])
def test_what_the_table_does_not_have_is_000(changes: dict[str, object]) -> None:
    assert type_of(identity(**changes)) == "000"


def test_an_age_group_of_another_name_is_000_and_for_older_scripts_an_adult() -> None:
    groups = AgeGroups((AgeGroup("INFANT", 0, 4), AgeGroup("SENIOR", 5, 150)))
    assert applicant_type(identity(), groups, TODAY) == "000"
    assert ApplicantTypeTable(has_minors=False)(identity(), groups, TODAY) == "004"


@given(st.dates(date(1950, 1, 1), date(2030, 1, 1)), st.booleans())
def test_the_age_group_is_that_of_the_full_years_of_the_day(birth: date, exception: bool) -> None:
    applicant = identity(dateOfBirth=birth.strftime("%Y/%m/%d"), isBioException=exception)
    if birth > TODAY:
        with pytest.raises(BornAheadError):
            type_of(applicant)
        return
    sixth, eighteenth = (_birthday(birth, years) for years in (6, 18))
    expected = ("003", "011") if sixth > TODAY else ("004", "015") if eighteenth > TODAY else ("004", "012")
    assert type_of(applicant) == expected[exception]


def _birthday(birth: date, years: int) -> date:
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return birth.replace(year=birth.year + years, day=28) + timedelta(days=1)


@given(
    st.dictionaries(
        st.sampled_from(
            ["_flow", "residenceStatus", "residenceStatusCode", "gender", "genderCode", "dateOfBirth", "isBioException"]
        ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=12)
        | st.lists(st.integers() | st.just({"value": 3}), max_size=2),
    )
)
def test_nothing_that_a_form_may_hold_breaks_it(anything: dict[str, object]) -> None:
    try:
        code = type_of(anything)
    except (ApplicantTypeUndecidedError, BornAheadError):
        return
    assert code in {f"{number:03}" for number in range(17)}


def test_older_scripts_know_no_minors_and_one_writes_an_a() -> None:
    older = ApplicantTypeTable(prefix="A", has_minors=False)
    assert type_of(identity(dateOfBirth=BIRTHS["MINOR"], isBioException=True), older) == "A012"
    assert type_of(identity(dateOfBirth=BIRTHS["INFANT"]), older) == "A003"
    assert type_of({"_flow": "Update"}, older) == "A000"


def test_the_demo_countrys_script_is_known_whatever_an_editor_did_to_its_ends_of_lines() -> None:
    script = demo_applicant_type_script()
    assert rule_of(script) is applicant_type
    assert rule_of(b"\xef\xbb\xbf" + script.replace(b"\n", b" \t\r\n") + b"\r\n") is applicant_type


@pytest.mark.parametrize("old", [b"'001'", b"'INFANT'", b"&&", b"Version 1"])
def test_a_script_that_says_anything_else_is_refused_with_its_digest(old: bytes) -> None:
    script = demo_applicant_type_script()
    assert old in script
    with pytest.raises(UnknownScriptError) as refused:
        rule_of(script.replace(old, b"'002'", 1))
    assert len(str(refused.value.params["digest"])) == 64


def test_an_empty_script_is_refused() -> None:
    with pytest.raises(UnknownScriptError):
        rule_of(b"")
