"""Ages in full years and the country's age groups.

The day that counts as today is the one in UTC; callers pass it in. A person born on 29 February is a year older on 1 March of a
year without that day, as in Java's calendar, which the server uses.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.core.dates import decimal_digits
from app.core.errors import AppError

_RANGE: Final = re.compile(r"\s*([0-9]{1,3})\s*-\s*([0-9]{1,3})\s*")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EVERY_GROUP: Final = "ALL"
_LONGEST_TEXT: Final = 10_000


class AgeGroupsUnusableError(AppError):
    """The configured age groups do not give every age at most one group."""

    code = "APP-AGE-GROUPS"
    sentence = "The age groups cannot be used: {why}."
    next_step = (
        'Let the administrator set them as names with ranges of years that do not overlap, for example {{"INFANT":"0-5"}}.'
    )


class AgeUnreadableError(AppError):
    """What was typed is no age."""

    code = "APP-AGE-UNREADABLE"
    sentence = "The age is not a number of full years."
    next_step = "Enter the age in figures, for example 34."


class AgeTooHighError(AppError):
    """An age above the country's limit, or one that leads before the calendar."""

    code = "APP-AGE-TOO-HIGH"
    sentence = "The age is above {limit} years."
    next_step = "Correct the age or the date of birth."


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Ages from `low` to `high` in full years, both included."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class AgeGroups:
    """The country's age groups, youngest first.

    Raises:
        AgeGroupsUnusableError: when made from groups that overlap, are reversed, unnamed or named twice.
    """

    groups: tuple[AgeGroup, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.groups, key=lambda group: (group.low, group.high)))
        _check(ordered)
        object.__setattr__(self, "groups", ordered)

    def of(self, age: int) -> str | None:
        """Name of the group of an age in full years; None if no group has it (also for a date that lies ahead)."""
        for group in self.groups:
            if group.low <= age <= group.high:
                return group.name
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all groups, youngest first."""
        return tuple(group.name for group in self.groups)

    @classmethod
    def from_json(cls, text: str) -> AgeGroups:
        """Reads ``{"INFANT":"0-5","MINOR":"6-17"}``: name to first and last year, both included.

        Raises:
            AgeGroupsUnusableError: the text is not of this form, or its groups overlap or are reversed.
        """
        if len(text) > _LONGEST_TEXT:
            raise AgeGroupsUnusableError(why="the text is too long")
        try:
            pairs = json.loads(text, object_pairs_hook=list)
        except (ValueError, RecursionError):
            raise AgeGroupsUnusableError(why="the text is no JSON") from None
        if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
            raise AgeGroupsUnusableError(why="the text is no JSON object")
        return cls(tuple(_read_group(name, span) for name, span in pairs))


def full_years(birth: date, today: date) -> int:
    """Age in full years; negative for a date that lies ahead, so that a birth tomorrow belongs to no age group."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def birth_of_age(age: int, today: date) -> date:
    """The date that stands for a date of birth of which only the age is known: 1 January of that year.

    Raises:
        AgeUnreadableError: for a negative age.
        AgeTooHighError: if there is no such year.
    """
    if age < 0:
        raise AgeUnreadableError
    if age >= today.year:
        raise AgeTooHighError(limit=today.year - 1)
    return date(today.year - age, 1, 1)


def read_age(text: str, max_age: int) -> int:
    """An age as typed, in digits of any script.

    Raises:
        AgeUnreadableError: the text is no whole number from 0.
        AgeTooHighError: it is above the limit.
    """
    digits = decimal_digits(text)
    if digits is None:
        raise AgeUnreadableError
    significant = digits.lstrip("0") or "0"
    if len(significant) > 4 or int(significant) > max_age:
        raise AgeTooHighError(limit=max_age)
    return int(significant)


def _read_group(name: str, span: object) -> AgeGroup:
    if not _NAME.fullmatch(name):
        raise AgeGroupsUnusableError(why="a name is empty, too long or has signs other than letters, digits, _ and -")
    found = _RANGE.fullmatch(span) if isinstance(span, str) else None
    if found is None:
        raise AgeGroupsUnusableError(why=f"the range of {name} is not of the form 0-5")
    return AgeGroup(name, int(found[1]), int(found[2]))


def _check(ordered: tuple[AgeGroup, ...]) -> None:
    if not ordered:
        raise AgeGroupsUnusableError(why="there are none")
    names = [group.name for group in ordered]
    for group in ordered:
        if names.count(group.name) > 1:
            raise AgeGroupsUnusableError(why=f"{group.name} is there twice")
        if group.name == _EVERY_GROUP:
            raise AgeGroupsUnusableError(why=f"{_EVERY_GROUP} stands for every group and cannot be the name of one")
        if not 0 <= group.low <= group.high:
            raise AgeGroupsUnusableError(why=f"the range of {group.name} is reversed")
    for younger, older in itertools.pairwise(ordered):
        if older.low <= younger.high:
            raise AgeGroupsUnusableError(why=f"{younger.name} and {older.name} overlap")


DEFAULT_AGE_GROUPS: Final = AgeGroups((AgeGroup("INFANT", 0, 5), AgeGroup("MINOR", 6, 17), AgeGroup("ADULT", 18, 200)))
"""The groups that MOSIP ships."""
