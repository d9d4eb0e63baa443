"""Dates as they are typed, stored and judged: day, month and year of the Gregorian calendar, without a time or a zone.

A country configures the form in which a date is stored as a pattern in the notation of Java's ``SimpleDateFormat``. Of that
notation only what makes up a date is taken: one run each of ``y``, ``M`` and ``d``, text in single quotes (two quotes stand for
one), and any sign that is no letter.

========  ==========================
pattern   what it stands for
========  ==========================
``yyyy``  year, four digits
``MM``    month, two digits
``M``     month, one or two digits
``dd``    day, two digits
``d``     day, one or two digits
========  ==========================

A year of two digits is refused: which century it belongs to would be a guess about a person's age. Digits of every script are
read (Arabic-Indic, Devanagari, ...); what is stored are the digits 0 to 9. No error here says what was typed.
"""

from __future__ import annotations

import calendar
import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from app.core.errors import AppError

_LONGEST_PATTERN: Final = 40
_PIECES: Final = re.compile(r"y+|M+|d+|'(?:[^']|'')*'|[^A-Za-z']")
_WIDTHS: Final = {"yyyy": (4, 4), "MM": (2, 2), "M": (1, 2), "dd": (2, 2), "d": (1, 2)}


class DatePatternUnusableError(AppError):
    """A pattern is not one of a date in figures."""

    code = "APP-DATE-PATTERN"
    sentence = "The date format {pattern} cannot be used: {why}."
    next_step = "Let the administrator set a format of year, month and day in figures, for example yyyy/MM/dd."


class DateError(AppError):
    """Root of what can be wrong with a date that somebody typed."""

    code = "APP-DATE"


class DateIncompleteError(DateError):
    """Day, month or year is missing."""

    code = "APP-DATE-INCOMPLETE"
    sentence = "The {part} of the date is missing."
    next_step = "Enter day, month and year."


class DateNotInFiguresError(DateError):
    """Something else than digits was typed."""

    code = "APP-DATE-FIGURES"
    sentence = "The {part} of the date is not in figures."
    next_step = "Enter day, month and year in figures."


class DateImpossibleError(DateError):
    """There is no such day in the calendar."""

    code = "APP-DATE-IMPOSSIBLE"
    sentence = "There is no such date: {why}."
    next_step = "Correct the date."


class DateUnreadableError(DateError):
    """A text is not a date in the configured form."""

    code = "APP-DATE-UNREADABLE"
    sentence = "This is not a date in the form {pattern}."
    next_step = "Enter the date in this form."


@dataclass(frozen=True, slots=True, init=False)
class DateFormat:
    """A usable pattern. Two formats are equal when their patterns are.

    Raises:
        DatePatternUnusableError: when made from a pattern that is not one of a date in figures.
    """

    pattern: str
    _pieces: tuple[str, ...] = field(repr=False, compare=False)
    _regex: re.Pattern[str] = field(repr=False, compare=False)

    def __init__(self, pattern: str) -> None:
        pieces = _pieces_of(pattern)
        object.__setattr__(self, "pattern", pattern)
        object.__setattr__(self, "_pieces", pieces)
        object.__setattr__(self, "_regex", re.compile("".join(_regex_of(piece) for piece in pieces)))

    def parse(self, text: str) -> date:
        """Reads a date that stands exactly in this form; digits of any script, space around it is passed over.

        Raises:
            DateUnreadableError: the text does not have the form.
            DateImpossibleError: it has, but there is no such day.
        """
        found = self._regex.fullmatch(_ascii_digits(text.strip()))
        if found is None:
            raise DateUnreadableError(pattern=self.pattern)
        return _checked(int(found["y"]), int(found["M"]), int(found["d"]))

    def format(self, day: date) -> str:
        """The date in this form, in the digits 0 to 9."""
        numbers = {"y": day.year, "M": day.month, "d": day.day}
        return "".join(
            f"{numbers[piece[0]]:0{len(piece)}d}" if piece[0] in numbers else _literal(piece) for piece in self._pieces
        )


def compose(day: str, month: str, year: str) -> date:
    """A date from its three boxes as typed: digits of any script, with or without leading zeros, space around them.

    Raises:
        DateIncompleteError: a box is empty.
        DateNotInFiguresError: a box holds something else than digits.
        DateImpossibleError: there is no such day, or the year does not have four digits.
    """
    figures: dict[str, str] = {}
    for part, text in (("day", day), ("month", month), ("year", year)):
        if not text.strip():
            raise DateIncompleteError(part=part)
        digits = decimal_digits(text)
        if digits is None:
            raise DateNotInFiguresError(part=part)
        figures[part] = digits
    if len(figures["year"]) != 4:
        raise DateImpossibleError(why="a year has four digits")
    if len(figures["month"]) > 2:
        raise DateImpossibleError(why="a month has one or two digits")
    if len(figures["day"]) > 2:
        raise DateImpossibleError(why="a day has one or two digits")
    return _checked(int(figures["year"]), int(figures["month"]), int(figures["day"]))


def decimal_digits(text: str) -> str | None:
    """A number as typed, in the digits 0 to 9; None if there is anything but decimal digits and space around them."""
    stripped = text.strip()
    if not stripped or not stripped.isdecimal():
        return None
    return _ascii_digits(stripped)


def within_offsets(day: date, today: date, minimum: int | None, maximum: int | None) -> bool:
    """Whether a date keeps a field's limits, which are days from today and do not belong to the allowed time themselves.

    Args:
        minimum: the date must be later than that many days from today (negative: ago); None for no such limit.
        maximum: the date must be earlier than that; None for no such limit. Two equal limits mean none, as in MOSIP.
    """
    if minimum == maximum:
        return True
    distance = (day - today).days
    return (minimum is None or distance > minimum) and (maximum is None or distance < maximum)


def utc_today(instant: datetime) -> date:
    """The day that counts as today: ages and limits go by UTC.

    Raises:
        ValueError: if the time has no zone.
    """
    if instant.tzinfo is None:
        raise ValueError("a time without a zone has no day in UTC")
    return instant.astimezone(UTC).date()


def _checked(year: int, month: int, day: int) -> date:
    if year < 1:
        raise DateImpossibleError(why="years are counted from 1")
    if not 1 <= month <= 12:
        raise DateImpossibleError(why="months are counted from 1 to 12")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise DateImpossibleError(why="that month has no such day")
    return date(year, month, day)


def _ascii_digits(text: str) -> str:
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)


def _pieces_of(pattern: str) -> tuple[str, ...]:
    if len(pattern) > _LONGEST_PATTERN or not pattern.isprintable():
        raise DatePatternUnusableError(pattern=repr(pattern[:_LONGEST_PATTERN]), why="it is too long or holds control signs")
    pieces = tuple(_PIECES.findall(pattern))
    if "".join(pieces) != pattern:
        raise DatePatternUnusableError(pattern=pattern, why="it has letters other than y, M and d, or an open quote")
    fields = [piece for piece in pieces if piece[0] in "yMd"]
    if sorted(piece[0] for piece in fields) != ["M", "d", "y"]:
        raise DatePatternUnusableError(pattern=pattern, why="it needs year, month and day once each")
    for piece in fields:
        if piece not in _WIDTHS:
            raise DatePatternUnusableError(pattern=pattern, why=f"{piece} is none of yyyy, MM, M, dd and d")
    if any(sign.isdecimal() for piece in pieces if piece not in fields for sign in piece):
        raise DatePatternUnusableError(pattern=pattern, why="it has digits of its own")
    for left, right in itertools.pairwise(pieces):
        if left in fields and right in fields and (len(left) == 1 or len(right) == 1):
            raise DatePatternUnusableError(pattern=pattern, why="figures without a sign between them need a fixed length")
    return pieces


def _literal(piece: str) -> str:
    if not piece.startswith("'"):
        return piece
    return piece[1:-1].replace("''", "'") or "'"


def _regex_of(piece: str) -> str:
    if piece not in _WIDTHS:
        return re.escape(_literal(piece))
    low, high = _WIDTHS[piece]
    return f"(?P<{piece[0]}>[0-9]{{{low},{high}}})"
