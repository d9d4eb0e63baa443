"""Numbers of people: a typing mistake is found and named, and no number that MOSIP issues is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.idnumbers import IdFinding, IdNumberRules, NumberRules, check_number, check_prid, check_uin, check_vid
from app.core.idnumbers.verhoeff import check_digit, has_valid_check_digit
from tests.support import idnumbers

RULES = IdNumberRules()
DIGITS = st.text("0123456789", min_size=1, max_size=30)


@pytest.mark.parametrize("number", range(50))
def test_numbers_that_keep_all_rules_are_valid(number: int) -> None:
    assert check_uin(idnumbers.valid_uin(number), RULES) is None
    assert check_vid(idnumbers.valid_vid(number), RULES) is None
    assert check_prid(idnumbers.valid_prid(number), RULES) is None


def test_numbers_of_the_kernels_documentation_are_valid() -> None:
    assert check_uin("6127460851", RULES) is None
    assert check_vid("5714920358054016", RULES) is None


# Each judged by the validators of kernel 1.2.0.1 with the default configuration.
@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", IdFinding.EMPTY),
        ("612746085", IdFinding.LENGTH),
        ("61274608511", IdFinding.LENGTH),
        ("612746085a", IdFinding.NOT_DIGITS),
        ("٦١٢٧٤٦٠٨٥١", IdFinding.NOT_DIGITS),
        (" 61274608 ", IdFinding.NOT_DIGITS),
        ("0127460851", IdFinding.FIRST_DIGIT),
        ("1627460851", IdFinding.FIRST_DIGIT),
        ("6123470851", IdFinding.SEQUENCE),
        ("6132174085", IdFinding.SEQUENCE),
        ("6627140851", IdFinding.REPEATED_DIGIT),
        ("6167240851", IdFinding.REPEATED_DIGIT),
        ("6127461250", IdFinding.REPEATED_BLOCK),
        ("6142703586", IdFinding.CHECK_DIGIT),
        ("5246139701", IdFinding.EVEN_DIGITS),
        ("5178609243", IdFinding.RESTRICTED),
        ("5017869243", IdFinding.RESTRICTED),
    ],
)
def test_the_first_thing_wrong_with_a_uin_is_named(text: str, finding: IdFinding) -> None:
    assert check_uin(text, RULES) is finding


def test_halves_that_are_equal_or_mirrored_are_found() -> None:
    equal = next(text for half in range(52741, 99999) if has_valid_check_digit(text := f"{half}{half}"))
    mirrored = next(text for half in range(52741, 99999) if has_valid_check_digit(text := f"{half}{str(half)[::-1]}"))
    strict_ending = NumberRules(
        length=10,
        sequence_limit=0,
        repeating_limit=0,
        repeating_block_limit=0,
        restricted_numbers=(),
        mirrored_limit=5,
        halves_limit=5,
    )
    assert check_number(equal, strict_ending) is IdFinding.HALVES_EQUAL
    assert check_number(mirrored, strict_ending) is IdFinding.MIRRORED


def test_a_cyclic_number_is_found_unless_the_country_allows_it() -> None:
    text = next(text for head in range(300, 999) if has_valid_check_digit(text := f"{head}1428579") and check_uin(text, RULES))
    strict = NumberRules(length=10, repeating_block_limit=0, repeating_limit=0, are_cyclic_numbers_refused=True)
    assert check_number(text, strict) is IdFinding.CYCLIC
    assert check_number(text, NumberRules(length=10, repeating_block_limit=0, repeating_limit=0)) is None


def test_later_kernels_let_a_digit_come_again() -> None:
    later = IdNumberRules.from_properties({"sealdesk.uin.repeating-is-adjacent": "true"})
    text = "613" + "1" + "07952"
    text += idnumbers.check_digit(text)
    assert check_uin(text, RULES) is IdFinding.REPEATED_DIGIT
    assert check_uin(text, later) is None
    assert check_uin("6111074952", later) is IdFinding.REPEATED_DIGIT


@given(DIGITS)
def test_the_check_digit_is_the_textbooks(digits: str) -> None:
    assert check_digit(digits) == idnumbers.check_digit(digits)
    assert has_valid_check_digit(digits + check_digit(digits))


def test_the_check_digit_of_the_published_example() -> None:
    assert check_digit("236") == "3"


@given(st.integers(0, 10_000), st.integers(0, 9), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(number: int, position: int, shift: int) -> None:
    text = idnumbers.valid_uin(number % 40)
    wrong = text[:position] + str((int(text[position]) + shift) % 10) + text[position + 1 :]
    assert check_uin(wrong, RULES) is not None


@given(st.integers(0, 39), st.integers(0, 8))
def test_every_swap_of_neighbours_is_noticed(number: int, position: int) -> None:
    text = idnumbers.valid_uin(number)
    swapped = text[:position] + text[position + 1] + text[position] + text[position + 2 :]
    assert check_uin(swapped, RULES) is not None


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    for check in (check_uin, check_vid, check_prid):
        check(text, RULES)


@given(st.text("0123456789", min_size=9, max_size=9))
def test_the_rules_of_a_uin_are_those_of_the_kernels_expressions(digits: str) -> None:
    text = digits + idnumbers.check_digit(digits)
    assert (check_uin(text, RULES) is None) == idnumbers.is_regular(text, is_uin=True)
