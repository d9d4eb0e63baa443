"""Turning problems into findings, and looking at JSON values without trusting them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from packet.models import Json
from packet.rules.model import Finding, Status

PROBLEMS_MAX = 20
"""Findings of one check at one place: enough to see what is wrong, and a bound for hostile content."""

_PLAIN_NAME = re.compile(r"[\w.:<>/+ -]{1,64}", re.ASCII)


def judge(check: str, where: str, problems: Iterable[str], server_code: str | None = None) -> list[Finding]:
    """One failing finding for each problem (at most `PROBLEMS_MAX`), or a passing one if there is none."""
    failures = [Finding(check, Status.FAIL, where, problem, server_code) for problem in islice(problems, PROBLEMS_MAX)]
    return failures or [Finding(check, Status.PASS, where, "As it must be.", server_code)]


def skip(check: str, where: str, reason: str) -> list[Finding]:
    """A check that could not be made."""
    return [Finding(check, Status.SKIP, where, reason)]


def shown(name: object) -> str:
    """A name from the packet in a form fit for a report: technical names as they are, anything else by its length only."""
    text = name if isinstance(name, str) else str(type(name).__name__)
    return text if _PLAIN_NAME.fullmatch(text) else f"<a name of {len(text)} characters>"


def as_map(value: Json) -> Mapping[str, Json]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Json) -> Sequence[Json]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, (list, tuple)) else ()


def is_list(value: Json) -> bool:
    """Whether the value is a JSON array (text is not)."""
    return isinstance(value, (list, tuple))


def is_number(value: Json) -> bool:
    """Whether the value is a JSON number (booleans are not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def labelled(value: Json) -> tuple[dict[str, Json], list[str]]:
    """Reads an array of ``{"label", "value"}``.

    Returns:
        Label to value (the first one wins), and the problems of form.
    """
    found: dict[str, Json] = {}
    problems: list[str] = []
    if not is_list(value):
        return found, ["It is not an array of labels."]
    for item in as_list(value):
        entry = as_map(item)
        label = entry.get("label")
        if not isinstance(label, str) or entry.keys() != {"label", "value"}:
            problems.append("An item is not an object of label and value.")
        elif label in found:
            problems.append(f"Label {shown(label)} occurs more than once.")
        else:
            found[label] = entry["value"]
    return found, problems
