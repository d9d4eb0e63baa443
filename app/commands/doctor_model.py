"""What `sealdesk doctor` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """How one thing is."""

    GOOD = "good"
    NONE = "none"
    """Nothing is wrong, there is just none: no camera is plugged in."""
    MISSING = "missing"
    """A part of Sealdesk or of the system is not there, does not start, or does not answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several things of a kind: a scanner, a camera, a USB device, an SDK.

    Attributes:
        state: in the words of its own room, for example ``ready``, ``busy``, ``silent``.
        detail: what else should be known, and what to do; may be empty.
    """

    name: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at.

    Attributes:
        is_needed: without it Sealdesk cannot do its work; otherwise it only does less.
        found: what is there, or why it is not.
        advice: what to do if it is not good.
        state: more exact than ``is_good``.
    """

    name: str
    is_good: bool
    is_needed: bool
    found: str
    advice: str = ""
    state: Finding = Finding.GOOD
    parts: tuple[Part, ...] = ()
