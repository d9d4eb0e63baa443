"""What values of a backup may be: the bounds and forms that everything read is held against before it is used.

Whoever has a recovery certificate can encrypt for it, and certificates are public: what opens is not yet trustworthy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

from app.core.backuperrors import BackupContentError
from packet.models import Json
from packet.verify.strictjson import read_json

Check: TypeAlias = Callable[[object], bool]

_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_INSTANT_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
COUNT_MAX: Final = 2**53


def decode(data: bytes, what: str, limit_bytes: int) -> Mapping[str, Json]:
    """A JSON object: strict, bounded in size and depth.

    Raises:
        BackupContentError: if it is none.
    """
    try:
        value = read_json(data, limit_bytes)
    except ValueError as error:
        raise BackupContentError(where=what, why=f"is not readable: {error}") from error
    if not isinstance(value, dict):
        raise BackupContentError(where=what, why="is no object")
    return value


def check_object(value: object, what: str, checks: Mapping[str, Check]) -> Mapping[str, Json]:
    """An object with these keys, no others, and a value for each that passes its check.

    Returns:
        Every one of the keys; None for one that is left out, where its check lets that pass.

    Raises:
        BackupContentError: naming the place, never the value.
    """
    if not isinstance(value, dict):
        raise BackupContentError(where=what, why="is no object")
    if unknown := sum(1 for key in value if key not in checks):
        raise BackupContentError(where=what, why=f"has {unknown} entries too many")
    for name, check in checks.items():
        if not check(value.get(name)):
            raise BackupContentError(where=f"{what}.{name}", why="is missing or not of its form")
    return {name: value.get(name) for name in checks}


def text(pattern: str) -> Check:
    """Text that matches as a whole."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def bounded(length: int) -> Check:
    """Text of at most so many characters that can be written as UTF-8 and has no zero in it."""
    return lambda value: isinstance(value, str) and len(value) <= length and "\0" not in value


def number(smallest: int, largest: int) -> Check:
    """A whole number in a range."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest


def one_of(values: Iterable[str]) -> Check:
    """One of the members of an enumeration."""
    names = frozenset(str(value) for value in values)
    return lambda value: isinstance(value, str) and value in names


def optional(check: Check) -> Check:
    """Nothing, or what passes the check."""
    return lambda value: value is None or check(value)


def whole(value: object) -> int:
    """A value that passed `number`."""
    if not isinstance(value, int):
        raise TypeError("a value was used before it was checked")
    return value


def is_instant(value: object) -> bool:
    """Whether a value is UTC text ``yyyy-MM-ddTHH:mm:ss.ffffffZ`` of a real instant."""
    if not isinstance(value, str) or not _INSTANT_SHAPE.fullmatch(value):
        return False
    try:
        datetime.strptime(value, _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def instant_text(instant: datetime) -> str:
    """The text of an aware instant, as `is_instant` knows it and the database keeps it."""
    return instant.astimezone(UTC).strftime(_INSTANT)


def instant(value: str) -> datetime:
    """Inverse of `instant_text`."""
    return datetime.strptime(value, _INSTANT).replace(tzinfo=UTC)
