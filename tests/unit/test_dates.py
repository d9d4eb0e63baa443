"""Dates as typed and stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.dates import (
    DateError,
    DateFormat,
    DateImpossibleError,
    DateIncompleteError,
    DateNotInFiguresError,
    DatePatternUnusableError,
    DateUnreadableError,
    compose,
    decimal_digits,
    utc_today,
    within_offsets,
)

DAY = date(2004, 2, 29)
DIGITS_OF_OTHER_SCRIPTS = ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "௦௧௨௩௪௫௬௭௮௯", "០១២៣៤៥៦៧៨៩", "０１２３４５６７８９")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy/MM/dd", "2004/02/29"),
        ("dd-MM-yyyy", "29-02-2004"),
        ("d.M.yyyy", "29.2.2004"),
        ("yyyyMMdd", "20040229"),
        ("dd 'of' MM, yyyy", "29 of 02, 2004"),
        ("dd''MM'o''clock'yyyy", "29'02o'clock2004"),
    ],
)
def test_a_pattern_writes_and_reads_the_same_date(pattern: str, text: str) -> None:
    form = DateFormat(pattern)
    assert form.format(DAY) == text
    assert form.parse(f"  {text} ") == DAY


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "yyyy/MM",
        "yyyy/MM/dd/dd",
        "yy/MM/dd",
        "yyyy/MMM/dd",
        "yyyy/MM/ddd",
        "yyyy-MM-dd'T'HH",
        "EEE yyyy/MM/dd",
        "YYYY/MM/dd",
        "yyyy/MM/DD",
        "dd'MM/yyyy",
        "yyyyMd",
        "yyyy/MM/dd\n",
        "yyyy/MM/dd" + " " * 60,
        "yyyy1MM1dd",
    ],
)
def test_a_pattern_that_is_no_date_in_figures_is_refused(pattern: str) -> None:
    with pytest.raises(DatePatternUnusableError):
        DateFormat(pattern)


@pytest.mark.parametrize(
    "text", ["", "2004/2/29", "29/02/2004", "2004/02/29x", "2004-02-29", "+004/02/29", "2004/02/2a", "²004/02/29"]
)
def test_a_text_of_another_form_is_unreadable(text: str) -> None:
    with pytest.raises(DateUnreadableError, match="yyyy/MM/dd"):
        DateFormat("yyyy/MM/dd").parse(text)


@pytest.mark.parametrize(
    "text", ["2003/02/29", "1900/02/29", "2004/02/31", "2004/13/01", "2004/00/10", "2004/01/00", "0000/01/01"]
)
def test_a_date_that_does_not_exist_is_impossible_in_a_text_and_in_boxes(text: str) -> None:
    with pytest.raises(DateImpossibleError):
        DateFormat("yyyy/MM/dd").parse(text)
    year, month, day = text.split("/")
    with pytest.raises(DateImpossibleError):
        compose(day, month, year)


def test_boxes_may_leave_leading_zeros_out() -> None:
    assert compose(" 9 ", "2", "2004") == date(2004, 2, 9) == compose("09", "02", "2004")


@pytest.mark.parametrize("digits", DIGITS_OF_OTHER_SCRIPTS)
def test_digits_of_every_script_are_read_and_stored_as_0_to_9(digits: str) -> None:
    day, month, year = ("".join(digits[int(sign)] for sign in text) for text in ("29", "02", "2004"))
    assert compose(day, month, year) == DAY
    form = DateFormat("yyyy/MM/dd")
    assert form.format(form.parse(f"{year}/{month}/{day}")) == "2004/02/29"


@pytest.mark.parametrize(
    ("boxes", "error", "names"),
    [
        (("", "2", "2004"), DateIncompleteError, "day"),
        (("9", " ", "2004"), DateIncompleteError, "month"),
        (("9", "2", ""), DateIncompleteError, "year"),
        (("9", "Feb", "2004"), DateNotInFiguresError, "month"),
        (("-9", "2", "2004"), DateNotInFiguresError, "day"),
        (("9", "2", "2_004"), DateNotInFiguresError, "year"),
        (("²", "2", "2004"), DateNotInFiguresError, "day"),
        (("9", "2", "04"), DateImpossibleError, "four digits"),
        (("9", "2", "02004"), DateImpossibleError, "four digits"),
        (("009", "2", "2004"), DateImpossibleError, "day"),
        (("9", "002", "2004"), DateImpossibleError, "month"),
    ],
)
def test_each_mistake_in_a_box_has_its_name(boxes: tuple[str, str, str], error: type[DateError], names: str) -> None:
    with pytest.raises(error, match=names):
        compose(*boxes)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_whatever_is_typed_is_a_date_or_a_named_error_without_what_was_typed(day: str, month: str, year: str) -> None:
    found: Mapping[str, object] = {}
    try:
        compose(day, month, year)
    except DateError as error:
        found = error.params
    assert set(found) <= {"part", "why"}


@given(st.dates(), st.sampled_from(["yyyy/MM/dd", "d.M.yyyy", "yyyyMMdd", "dd'.'MM'.'yyyy"]))
def test_every_date_survives_being_stored(day: date, pattern: str) -> None:
    form = DateFormat(pattern)
    assert form.parse(form.format(day)) == day


@given(st.text(alphabet="yMd/'-. HmE1é", max_size=20))
def test_every_pattern_is_usable_or_refused(pattern: str) -> None:
    try:
        form = DateFormat(pattern)
    except DatePatternUnusableError:
        return
    assert form.parse(form.format(DAY)) == DAY


@given(st.text(max_size=30))
def test_every_text_is_a_date_or_a_named_error(text: str) -> None:
    found: Mapping[str, object] = {}
    try:
        DateFormat("yyyy/MM/dd").parse(text)
    except DateError as error:
        found = error.params
    assert found in ({}, {"pattern": "yyyy/MM/dd"}) or set(found) == {"why"}


def test_formats_are_equal_by_their_pattern() -> None:
    assert DateFormat("yyyy/MM/dd") == DateFormat("yyyy/MM/dd") != DateFormat("dd/MM/yyyy")


@pytest.mark.parametrize(
    ("distance", "minimum", "maximum", "is_within"),
    [
        (0, None, None, True),
        (5, 0, 0, True),
        (0, 0, None, False),
        (1, 0, None, True),
        (0, None, 0, False),
        (-1, None, 0, True),
        (-10, -10, 10, False),
        (-9, -10, 10, True),
        (9, -10, 10, True),
        (10, -10, 10, False),
        (0, 10, -10, False),
        (0, -(10**9), 10**9, True),
    ],
)
def test_both_limits_of_a_date_are_outside_and_equal_ones_are_none(
    distance: int, minimum: int | None, maximum: int | None, is_within: bool
) -> None:
    today = date(2026, 3, 1)
    assert within_offsets(today + timedelta(days=distance), today, minimum, maximum) is is_within


def test_today_is_the_day_in_utc() -> None:
    evening_in_america = datetime(2026, 3, 1, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert utc_today(evening_in_america) == date(2026, 3, 2)
    assert utc_today(datetime(2026, 3, 1, 23, 59, tzinfo=UTC)) == date(2026, 3, 1)
    with pytest.raises(ValueError, match="zone"):
        utc_today(datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["", " ", "1 2", "-1", "1.5", "½", "²", "Ⅷ", "x"])
def test_only_decimal_digits_are_digits(text: str) -> None:
    assert decimal_digits(text) is None
