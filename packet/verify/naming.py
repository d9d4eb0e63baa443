"""The packet's file name: ``<RID>-<centre>_<machine>-<UTC yyyyMMddHHmmss>.zip``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from packet.rules.instants import read_compact
from packet.verify.ledger import Ledger

_FILE_NAME = re.compile(r"((\d{29})-(\d{5}_\d{5})-(\d{14}))\.zip", re.ASCII)
CHECKS = ("name.form", "name.dates")


@dataclass(frozen=True, slots=True)
class PacketName:
    """The parts of a packet id."""

    packet_id: str
    registration_id: str
    ref_id: str
    made_at: str


def read_packet_name(file_name: str) -> PacketName | None:
    """Takes a file name apart; None if it has another form."""
    match = _FILE_NAME.fullmatch(file_name)
    return PacketName(match[1], match[2], match[3], match[4]) if match else None


def check_name(file_name: str | None, now: datetime | None, ledger: Ledger) -> PacketName | None:
    """Form of the name and plausibility of its two dates. Whether it agrees with the content is the metadata's check."""
    if file_name is None:
        ledger.skip(CHECKS, "file name", "No file name was given.")
        return None
    name = read_packet_name(file_name)
    if name is None:
        problem = "It is not <29 digits>-<5 digits>_<5 digits>-<14 digits>.zip."
        ledger.judge("name.form", "file name", [problem], "RPR-PKR-003")
        ledger.skip(["name.dates"], "file name", "The name has another form.")
        return None
    ledger.judge("name.form", "file name", [], "RPR-PKR-003")
    ledger.judge("name.dates", "file name", _date_problems(name, now))
    return name


def _date_problems(name: PacketName, now: datetime | None) -> Iterator[str]:
    started, made = read_compact(name.registration_id[-14:]), read_compact(name.made_at)
    if started is None or made is None:
        yield "The registration id or the packet id does not end with a date."
    elif started > made:
        yield "The registration id is younger than the packet."
    elif now is not None and made > now:
        yield "The packet was made in the future."
