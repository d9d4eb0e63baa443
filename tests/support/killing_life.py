"""What the parent tells a worker, and what the worker tells of its day: lines of JSON through a pipe.

A line is written after what it tells of is durable: what the operator was told must be there after the kill.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson

from packet.models import Clock
from tests.support.clerk import utc_now

Line = dict[str, Any]

LONGEST_S: Final = 4.0


class Phase(StrEnum):
    """The parts of an operator's day, in the order in which a registration goes through them."""

    ENROL = "ENROL"
    SEAL = "SEAL"
    SYNC = "SYNC"
    UPLOAD = "UPLOAD"
    STATUS = "STATUS"
    CLEANUP = "CLEANUP"


@dataclass(frozen=True)
class Bench:
    """What all lives share.

    Attributes:
        folder: the data folder.
        url: where the worker reaches the server.
        signing, packet: the server's certificates, PEM.
    """

    folder: str
    url: str
    token: str
    signing: str
    packet: str


@dataclass(frozen=True)
class Life:
    """One worker, from its start to its kill.

    Attributes:
        first: the phase with which it begins.
        offset_s: how far its clock is ahead of the machine's.
        morning: since when it has been today; when the captures were made.
        victim: the phase in which it is to be killed; None lets it finish everything and end by itself.
        delay_s: how long after the phase began.
        longest_s: after this it is killed wherever it is.
    """

    first: Phase
    seed: int
    offset_s: float
    morning: str
    victim: Phase | None
    delay_s: float
    longest_s: float = LONGEST_S

    @property
    def clock(self) -> Clock:
        """The worker's clock."""
        ahead = timedelta(seconds=self.offset_s)
        return lambda: utc_now() + ahead

    @property
    def dawn(self) -> datetime:
        """`morning` as a time."""
        return datetime.fromisoformat(self.morning)


@dataclass(frozen=True)
class Death:
    """How a life ended.

    Attributes:
        code: exit code, or minus the signal's number.
    """

    code: int
    lines: tuple[Line, ...]

    @property
    def phase(self) -> Phase | None:
        """The phase in which it was; None between two."""
        for line in reversed(self.lines):
            what, _, phase = line["what"].partition(" ")
            if what == "ends":
                return None
            if what == "begins":
                return Phase(phase)
        return None


class Teller:
    """The worker's end of the pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def __call__(self, what: str, **facts: object) -> None:
        line = orjson.dumps({"what": what, "t": time.monotonic(), **facts}) + b"\n"
        while line:
            line = line[os.write(self._pipe, line) :]


def read_lines(data: bytes) -> list[Line]:
    """The whole lines; the last one may have been cut by the kill."""
    return [orjson.loads(line) for line in data.split(b"\n")[:-1]]


def as_json(value: Bench | Life) -> bytes:
    """One line."""
    return orjson.dumps(asdict(value)) + b"\n"
