"""Saying what is wrong with a registration file: one place and one reason, with nothing of the person in either.

pydantic tries every form that a value may have and reports the faults of each, under names of Python types
(``demographics/fullName/constrained-str``). Here such faults count as one: that of the form that came furthest, which is the
one that was meant, at its place in the file (``demographics/fullName/0/value``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Place = tuple[int | str, ...]

_TECHNICAL_KEY: Final = re.compile(r"\$?[a-z][A-Za-z0-9_]{0,47}|UIN|VID|IDSchemaVersion", re.ASCII)
"""Keys as they are in this format and in ID schemas. People's names begin with a capital or hold blanks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first fault of a file.

    Attributes:
        where: keys and positions, joined by ``/``.
        why: a phrase without the value.
        count: how many places are at fault.
    """

    where: str
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class _Placed:
    """One of pydantic's faults.

    Attributes:
        place: where it is in the file.
        union: where the value begins that may have several forms; the place itself if it may have one only.
        form: the form that pydantic was trying there.
    """

    place: Place
    union: Place
    form: str
    why: str


def shown_key(key: str) -> str:
    """A key fit for an error: a technical one as it is, any other (it could be a person's name) by its length only."""
    return key if _TECHNICAL_KEY.fullmatch(key) else f"<a key of {len(key)} characters>"


def first_fault(error: ValidationError, text: bytes) -> Fault:
    """What to tell of all that pydantic found wrong with a JSON text, which itself is well-formed or not."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    placed = [_placed(found, value) for found in error.errors(include_url=False, include_context=False, include_input=False)]
    unions = dict.fromkeys(fault.union for fault in placed)
    meant = [_of_the_meant_form([fault for fault in placed if fault.union == union]) for union in unions]
    first = max(meant[0], key=lambda fault: len(fault.place))
    where = "/".join(shown_key(step) if isinstance(step, str) else str(step) for step in first.place)
    return Fault(where or "its top", first.why, sum(map(len, meant)))


def _of_the_meant_form(faults: list[_Placed]) -> list[_Placed]:
    """Of the forms of one value the one whose faults lie deepest; among those the one with the fewest."""
    forms: dict[str, list[_Placed]] = {}
    for fault in faults:
        forms.setdefault(fault.form, []).append(fault)
    return min(forms.values(), key=lambda found: (-max(len(fault.place) for fault in found), len(found)))


def _placed(found: ErrorDetails, value: object) -> _Placed:
    """Tells the steps that lead through the file from the names of forms among them."""
    place: list[int | str] = []
    union: Place | None = None
    form = ""
    node, steps = value, found["loc"]
    for number, step in enumerate(steps):
        deeper = _step_into(node, step)
        if deeper is not None:
            (node,) = deeper
        elif not (found["type"] == "missing" and number == len(steps) - 1):
            union, form = (tuple(place), str(step)) if union is None else (union, form)
            continue
        place.append(step)
    reason = found["msg"].removeprefix("Value error, ")
    return _Placed(tuple(place), tuple(place) if union is None else union, form, reason)


def _step_into(node: object, step: int | str) -> tuple[object] | None:
    """What stands under a key or at a position; None if the step does not lead anywhere."""
    if isinstance(node, dict):
        return (node[step],) if step in node else None
    return (node[step],) if isinstance(node, list) and isinstance(step, int) and step < len(node) else None
