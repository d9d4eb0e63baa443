"""Reading JSON values of a specification: each of the type that MOSIP gives it, every other named.

MOSIP reads with a JSON mapper that turns ``"true"`` into true, ``0`` and ``1`` into false and true, ``"5"`` into 5 and numbers
into text. The same is accepted here, with a remark. What that mapper would refuse blocks: no other client could read it either.
A key that is absent or null has MOSIP's default.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.core.uispec.faults import TEXT_LONG, TEXT_UNSOUND, TOO_MANY, VALUE_COERCED, VALUE_TYPE
from app.core.uispec.model import Texts
from app.core.uispec.report import Place, Report, quoted
from packet.models import Json

MOST_CHARACTERS: Final = 4_000
"""Of any text: labels, rules, names."""

MOST_LANGUAGES: Final = 50

_WORDS: Final = {"true": True, "false": False}
_LARGEST: Final = 2**31


class Node:
    """An object of a specification, read key by key."""

    def __init__(self, values: Mapping[str, Json], place: Place, report: Report) -> None:
        self._values = values
        self.place = place
        self.report = report

    def moved(self, place: Place) -> Node:
        """The same object, known to be at a more telling place."""
        return Node(self._values, place, self.report)

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self._values.get(key) is not None

    def raw(self, key: str) -> Json:
        """The value as it is; None if absent."""
        return self._values.get(key)

    def text(self, key: str, most: int = MOST_CHARACTERS) -> str | None:
        """A text; None if absent, blank or not usable."""
        value = self._values.get(key)
        return None if value is None else read_text(value, self.place.at(key), self.report, most)

    def flag(self, key: str) -> bool:
        """True or false; false if absent."""
        value = self._values.get(key)
        place = self.place.at(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        taken = value == 1 if isinstance(value, int) and value in {0, 1} else None
        if isinstance(value, str):
            taken = _WORDS.get(value.strip().lower()) if len(value) < 10 else None
        if taken is None:
            self.report.add(VALUE_TYPE, place, expected="true or false", found=quoted(value))
            return False
        self.report.add(VALUE_COERCED, place, expected="true or false", found=quoted(value), taken=quoted(taken))
        return taken

    def integer(self, key: str) -> int | None:
        """A whole number of 32 bits; None if absent or not usable."""
        value = self._values.get(key)
        place = self.place.at(key)
        if value is None:
            return None
        taken = _whole(value)
        if taken is None or abs(taken) >= _LARGEST:
            self.report.add(VALUE_TYPE, place, expected="a whole number", found=quoted(value))
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.report.add(VALUE_COERCED, place, expected="a whole number", found=quoted(value), taken=taken)
        return taken

    def texts(self, key: str) -> Texts:
        """Texts by language; blank ones are left out."""
        value = self._values.get(key)
        place = self.place.at(key)
        found: dict[str, str] = {}
        if value is None:
            return MappingProxyType(found)
        if not isinstance(value, Mapping):
            self.report.add(VALUE_TYPE, place, expected="an object of language and text", found=quoted(value))
            return MappingProxyType(found)
        if len(value) > MOST_LANGUAGES:
            self.report.add(TOO_MANY, place, count=len(value), most=MOST_LANGUAGES)
            return MappingProxyType(found)
        for language, text in value.items():
            read = (
                None if text is None else read_text(text, place.at(quoted(language).strip("'")), self.report, MOST_CHARACTERS)
            )
            if read is not None:
                found[language] = read
        return MappingProxyType(found)

    def items(self, key: str, most: int) -> tuple[tuple[int, Json], ...]:
        """The entries of a list with their numbers from 1; none if absent, no list, or more than `most`."""
        value = self._values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.report.add(VALUE_TYPE, self.place.at(key), expected="a list", found=quoted(value))
            return ()
        if len(value) > most:
            self.report.add(TOO_MANY, self.place.at(key), count=len(value), most=most)
            return ()
        return tuple(enumerate(value, 1))

    def nodes(self, key: str, most: int) -> tuple[tuple[int, Node], ...]:
        """The entries of a list of objects with their numbers; what is no object is named and left out."""
        found: list[tuple[int, Node]] = []
        for number, entry in self.items(key, most):
            place = self.place.at(f"{key}[{number}]")
            if isinstance(entry, Mapping):
                found.append((number, Node(entry, place, self.report)))
            else:
                self.report.add(VALUE_TYPE, place, expected="an object", found=quoted(entry))
        return tuple(found)

    def names(self, key: str, most: int) -> tuple[str, ...]:
        """The entries of a list of texts; null and blank ones are left out."""
        read = (
            None if entry is None else read_text(entry, self.place.at(f"{key}[{number}]"), self.report, MOST_CHARACTERS)
            for number, entry in self.items(key, most)
        )
        return tuple(entry for entry in read if entry is not None)


def read_text(value: Json, place: Place, report: Report, most: int) -> str | None:
    """A text of at most `most` characters; None if blank or not usable."""
    if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < _LARGEST):
        taken = quoted(value)
        report.add(VALUE_COERCED, place, expected="a text", found=taken, taken=f"'{taken}'")
        return taken
    if not isinstance(value, str):
        report.add(VALUE_TYPE, place, expected="a text", found=quoted(value))
        return None
    if len(value) > most:
        report.add(TEXT_LONG, place, length=len(value), most=most)
        return None
    if not _is_sound(value):
        report.add(TEXT_UNSOUND, place, found=quoted(value))
        return None
    return value if value.strip() else None


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _whole(value: Json) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and len(value) < 12:
        try:
            return int(value) if value.isascii() and "_" not in value else None
        except ValueError:
            return None
    return None
