"""Where a mistake is, and the list that all mistakes of a form are collected in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from app.core.uispec.faults import FAULTS_MANY, FaultKind
from app.core.uispec.model import SpecFault

MOST_FAULTS: Final = 500
"""So many are listed of a process; a form with more is not worth a longer list."""

_QUOTED_LENGTH: Final = 60
_LARGEST_INTEGER: Final = 2**63


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a publication.

    Attributes:
        process: id of the process, or the key under which it was published; empty: the publication itself.
        is_never_shown: in a field without input: mistakes there block nothing.
    """

    process: str = ""
    screen: str | None = None
    field: str | None = None
    key: str | None = None
    is_never_shown: bool = False

    def at(self, key: str) -> Place:
        """The key at this place."""
        return replace(self, key=key if self.key is None else f"{self.key}.{key}")

    @property
    def path(self) -> str:
        """For a person: ``NEW / Demographics / fullName / requiredOn``."""
        return " / ".join(part for part in (self.process or "publication", self.screen, self.field, self.key) if part)


class Report:
    """Collects the mistakes of a process, or those of the publication itself."""

    def __init__(self) -> None:
        self.faults: list[SpecFault] = []

    def add(self, kind: FaultKind, place: Place, **params: str | int) -> None:
        """Notes a mistake; beyond `MOST_FAULTS` only that there are more."""
        if len(self.faults) > MOST_FAULTS:
            return
        if len(self.faults) == MOST_FAULTS:
            kind, place, params = FAULTS_MANY, Place(place.process), {"most": MOST_FAULTS}
        is_blocking = kind.is_blocking and not place.is_never_shown
        why = kind.sentence.format_map(params)
        self.faults.append(SpecFault(kind.code, place.path, why, is_blocking, place.process, place.screen, place.field))


def quoted(value: object) -> str:
    """A value from a specification as it is named in a fault: short, and nothing in it that could pass for something else."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int():
            return str(value) if abs(value) < _LARGEST_INTEGER else "a huge number"
        case float():
            return repr(value)
        case str():
            shown = "".join(c if c.isprintable() else "?" for c in value[:_QUOTED_LENGTH])
            return f"'{shown}'" if len(value) <= _QUOTED_LENGTH else f"'{shown}...'"
        case list() | tuple():
            return "a list"
        case _:
            return "an object"
