"""Checks of UIN, VID and PRID, in the order in which MOSIP's kernel makes them."""

from __future__ import annotations

from app.core.idnumbers.findings import IdFinding
from app.core.idnumbers.rules import IdNumberRules, NumberRules
from app.core.idnumbers.verhoeff import has_valid_check_digit

_RISING = "0123456789"
_FALLING = _RISING[::-1]
_EVEN = frozenset("2468")
# Full reptend primes from 7 to 97 whose period MOSIP's generator of UINs knows: the digits of 1/p.
_CYCLIC_PRIMES = (7, 17, 19, 23, 29, 47, 59, 61, 97)


def check_uin(text: str, rules: IdNumberRules) -> IdFinding | None:
    """The first thing that is wrong with a UIN, or None."""
    return check_number(text, rules.uin)


def check_vid(text: str, rules: IdNumberRules) -> IdFinding | None:
    """The first thing that is wrong with a VID, or None."""
    return check_number(text, rules.vid)


def check_prid(text: str, rules: IdNumberRules) -> IdFinding | None:
    """The first thing that is wrong with a pre-registration id, or None."""
    return check_number(text, rules.prid)


def check_number(text: str, rules: NumberRules) -> IdFinding | None:
    """The first thing that is wrong with a number of the kind, or None; the text is taken as it is, blanks included."""
    if not text:
        return IdFinding.EMPTY
    if len(text) != rules.length:
        return IdFinding.LENGTH
    if not (text.isascii() and text.isdigit()):
        return IdFinding.NOT_DIGITS
    if text.startswith(rules.not_starting_with):
        return IdFinding.FIRST_DIGIT
    return _pattern_finding(text, rules) or _ending_finding(text, rules)


def _pattern_finding(text: str, rules: NumberRules) -> IdFinding | None:
    if _has_sequence(text, rules.sequence_limit):
        return IdFinding.SEQUENCE
    if _has_repeated_digit(text, rules):
        return IdFinding.REPEATED_DIGIT
    if _has_repeated_block(text, rules.repeating_block_limit):
        return IdFinding.REPEATED_BLOCK
    if _has_even_run(text, rules.even_digits_limit):
        return IdFinding.EVEN_DIGITS
    if any(number in text for number in rules.restricted_numbers):
        return IdFinding.RESTRICTED
    if rules.are_cyclic_numbers_refused and _is_cyclic(text):
        return IdFinding.CYCLIC
    return None


def _ending_finding(text: str, rules: NumberRules) -> IdFinding | None:
    if not has_valid_check_digit(text):
        return IdFinding.CHECK_DIGIT
    mirrored, half = rules.mirrored_limit, rules.halves_limit
    if mirrored and text[:mirrored] == text[-mirrored:][::-1]:
        return IdFinding.MIRRORED
    if half and text[:half] == text[-half:]:
        return IdFinding.HALVES_EQUAL
    return None


def _has_sequence(text: str, limit: int) -> bool:
    if not limit:
        return False
    runs = (text[at : at + limit] for at in range(len(text) - limit + 1))
    return any(run in _RISING or run in _FALLING for run in runs)


def _has_repeated_digit(text: str, rules: NumberRules) -> bool:
    limit = rules.repeating_limit
    if not limit:
        return False
    if rules.is_repeating_adjacent:
        return any(digit * (limit + 1) in text for digit in _RISING)
    return any(digit in text[at + 1 : at + 1 + limit] for at, digit in enumerate(text))


def _has_repeated_block(text: str, limit: int) -> bool:
    """A longer block that comes again begins with one of the limit's length that does."""
    if not limit:
        return False
    return any(text[at : at + limit] in text[at + limit :] for at in range(len(text) - limit))


def _has_even_run(text: str, limit: int) -> bool:
    if not limit:
        return False
    return any(_EVEN.issuperset(text[at : at + limit]) for at in range(len(text) - limit + 1))


def _cyclic_numbers() -> tuple[str, ...]:
    return tuple(str(10 ** (prime - 1) // prime).zfill(prime - 1) for prime in _CYCLIC_PRIMES)


_CYCLIC_NUMBERS = _cyclic_numbers()


def _is_cyclic(text: str) -> bool:
    return any(number in text for number in _CYCLIC_NUMBERS)
