"""Ages in full years and age groups."""

from __future__ import annotations

import contextlib
import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ages import (
    DEFAULT_AGE_GROUPS,
    AgeGroup,
    AgeGroups,
    AgeGroupsUnusableError,
    AgeTooHighError,
    AgeUnreadableError,
    birth_of_age,
    full_years,
    read_age,
)


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(2000, 6, 15), date(2020, 6, 14), 19),
        (date(2000, 6, 15), date(2020, 6, 15), 20),
        (date(2004, 2, 29), date(2022, 2, 28), 17),
        (date(2004, 2, 29), date(2022, 3, 1), 18),
        (date(2004, 2, 29), date(2024, 2, 29), 20),
        (date(2020, 6, 15), date(2020, 6, 15), 0),
        (date(2020, 6, 16), date(2020, 6, 15), -1),
        (date(2021, 6, 15), date(2020, 6, 15), -1),
    ],
)
def test_age_is_full_years(birth: date, today: date, years: int) -> None:
    assert full_years(birth, today) == years


def test_every_age_of_the_default_groups_has_the_group_that_mosip_gives_it() -> None:
    found = [DEFAULT_AGE_GROUPS.of(age) for age in (-1, 0, 5, 6, 17, 18, 200, 201)]
    assert found == [None, "INFANT", "INFANT", "MINOR", "MINOR", "ADULT", "ADULT", None]


def test_a_birth_tomorrow_belongs_to_no_group() -> None:
    today = date(2026, 3, 1)
    assert DEFAULT_AGE_GROUPS.of(full_years(today + timedelta(days=1), today)) is None


def test_a_countrys_groups_are_read_with_both_ends_included_and_put_in_order() -> None:
    groups = AgeGroups.from_json('{"ELDER":"60-200", "CHILD":" 0 - 9 ", "GROWN":"10-59"}')
    assert groups.names == ("CHILD", "GROWN", "ELDER")
    assert [groups.of(age) for age in (0, 9, 10, 59, 60)] == ["CHILD", "CHILD", "GROWN", "GROWN", "ELDER"]


def test_ages_between_two_groups_have_none() -> None:
    assert AgeGroups.from_json('{"A":"0-5","B":"10-20"}').of(7) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"A":"0-5","B":"5-9"}', "A and B overlap"),
        ('{"A":"0-50","B":"6-9"}', "overlap"),
        ('{"A":"5-0"}', "A is reversed"),
        ('{"A":"0-5","A":"6-9"}', "A is there twice"),
        ('{"ALL":"0-5"}', "every group"),
        ('{"A":"0..5"}', "range of A"),
        ('{"A":"0-5000"}', "range of A"),
        ('{"A":5}', "range of A"),
        ('{"A":{"low":0}}', "range of A"),
        ('{"":"0-5"}', "name"),
        ('{"A B":"0-5"}', "name"),
        ("{}", "none"),
        ("[]", "none|object"),
        ('["A"]', "no JSON object"),
        ("5", "no JSON object"),
        ("INFANT:0-5", "no JSON"),
        ("[" * 9_000, "no JSON"),
        (" " * 20_000, "too long"),
    ],
)
def test_groups_that_cannot_be_used_say_why(text: str, why: str) -> None:
    with pytest.raises(AgeGroupsUnusableError, match=why):
        AgeGroups.from_json(text)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8))
def test_every_json_is_groups_or_a_named_error(value: object) -> None:
    with contextlib.suppress(AgeGroupsUnusableError):
        assert AgeGroups.from_json(json.dumps(value)).names


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5))
def test_accepted_groups_give_every_age_at_most_one(spans: list[tuple[int, int]]) -> None:
    groups = tuple(AgeGroup(f"G{number}", low, high) for number, (low, high) in enumerate(spans))
    try:
        made = AgeGroups(groups)
    except AgeGroupsUnusableError:
        return
    for age in range(32):
        holding = [group.name for group in groups if group.low <= age <= group.high]
        assert holding == ([] if made.of(age) is None else [made.of(age)])


@given(st.integers(0, 120), st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_an_age_stands_for_the_first_of_january_and_leads_back_to_itself(age: int, today: date) -> None:
    birth = birth_of_age(age, today)
    assert (birth.month, birth.day) == (1, 1)
    assert full_years(birth, today) == age


def test_an_age_before_the_calendar_or_below_nothing_is_named() -> None:
    with pytest.raises(AgeTooHighError):
        birth_of_age(2026, date(2026, 1, 1))
    with pytest.raises(AgeUnreadableError):
        birth_of_age(-1, date(2026, 1, 1))


@pytest.mark.parametrize(("text", "age"), [("34", 34), (" 0 ", 0), ("007", 7), ("٣٤", 34), ("200", 200)])
def test_an_age_is_read_in_digits_of_any_script(text: str, age: int) -> None:
    assert read_age(text, 200) == age


@pytest.mark.parametrize("text", ["", " ", "-1", "3.5", "old", "1e2"])
def test_what_is_no_age_is_named(text: str) -> None:
    with pytest.raises(AgeUnreadableError):
        read_age(text, 200)


@pytest.mark.parametrize("text", ["201", "9" * 10_000])
def test_an_age_above_the_limit_is_named_with_the_limit(text: str) -> None:
    with pytest.raises(AgeTooHighError, match="200"):
        read_age(text, 200)


def test_the_advice_shows_the_form_that_is_read() -> None:
    advice = AgeGroupsUnusableError(why="x").advice
    assert AgeGroups.from_json(advice[advice.index("{") : advice.index("}") + 1]).names == ("INFANT",)
