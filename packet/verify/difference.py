"""Comparing two packets by what they mean: layer by layer, without what is random in each of them.

Session keys, nonces, signatures, hashes and record indexes differ between any two packets and are left out. Values of persons
are compared and never told: a field is changed, added or removed. Technical values are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from packet.encoding import sha256
from packet.errors import UnusableInputError
from packet.models import Json, SubPacket
from packet.rules.judging import as_list, as_map, labelled, shown
from packet.verify import birs
from packet.verify.biometricfiles import is_biometric_file
from packet.verify.cbeffxml import Bir, CbeffRefusedError, read_cbeff
from packet.verify.inspection import TECHNICAL_LABELS, json_object, json_value, shown_value
from packet.verify.model import OpenedSubPacket, Report, SessionKeyOpener
from packet.verify.verifier import survey_packet

_RANDOM_METADATA = ("encryptedhash", "signature", "packetname")
_LABELLED = ("metaData", "operationsData")
_JSON_ENTRIES = ("ID.json", "packet_meta_info.json", "audit.json")
_HASH_ENTRIES = ("packet_data_hash.txt", "packet_operations_hash.txt")


class Change(StrEnum):
    """What happened to a part on the way from the first packet to the second."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        layer: ``packet``, ``metadata``, ``entries``, ``identity``, ``meta``, ``documents``, ``biometrics`` or ``audit``.
        where: the part, for example ``id/ID.json/fullName``; it begins with ``all`` if all sub-packets differ in the same way.
        detail: technical values and sizes; empty where only the fact may be told.
    """

    layer: str
    where: str
    change: Change
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        """The same as JSON values."""
        return {"layer": self.layer, "where": self.where, "change": str(self.change), "detail": self.detail}

    def __str__(self) -> str:
        """One line."""
        return f"{self.layer}: {self.where} {self.change}" + (f" ({self.detail})" if self.detail else "")


class PacketUnreadableError(UnusableInputError):
    """A packet that is to be compared cannot be opened."""

    code = "PACKET-UNREADABLE"
    sentence = "The {which} packet cannot be opened: {why}"
    next_step = "Give the private key of the packet certificate for which both packets were made; verify the packet for more."


def diff_packets(a: bytes, b: bytes, opener: SessionKeyOpener) -> list[Difference]:
    """Compares two packet files.

    Raises:
        PacketUnreadableError: if one of them cannot be opened.
    """
    return diff_reports(survey_packet(a, opener=opener), survey_packet(b, opener=opener))


def diff_reports(a: Report, b: Report) -> list[Difference]:
    """Compares two packets that were opened already.

    Raises:
        PacketUnreadableError: if one of them could not be opened.
    """
    first, second = _parts(a, "first"), _parts(b, "second")
    differences = list(_presence("packet", "", {*map(str, first)}, {*map(str, second)}))
    in_parts: dict[Difference, list[SubPacket]] = {}
    for part in SubPacket:
        if part in first and part in second:
            for difference in _diff_sub_packets(first[part], second[part]):
                in_parts.setdefault(difference, []).append(part)
    for difference, parts in in_parts.items():
        # The meta information and some fields are the same in all sub-packets; what differs everywhere is told once.
        places = ["all"] if len(parts) == len(SubPacket) else parts
        differences += [replace(difference, where=f"{place}/{difference.where}") for place in places]
    return differences


def _parts(report: Report, which: str) -> Mapping[SubPacket, OpenedSubPacket]:
    if report.opened is None or not report.opened.sub_packets:
        reasons = [failure.reason for failure in report.failures if failure.check.startswith(("outer.", "sub."))]
        raise PacketUnreadableError(which=which, why=reasons[0] if reasons else "It holds no sub-packet.")
    return report.opened.sub_packets


def _presence(layer: str, prefix: str, first: set[str], second: set[str]) -> Iterator[Difference]:
    """What only one of the two has."""
    for name in sorted(first - second):
        yield Difference(layer, f"{prefix}{shown(name)}", Change.REMOVED)
    for name in sorted(second - first):
        yield Difference(layer, f"{prefix}{shown(name)}", Change.ADDED)


def _diff_sub_packets(a: OpenedSubPacket, b: OpenedSubPacket) -> Iterator[Difference]:
    for key in sorted((a.metadata.keys() & b.metadata.keys()) - {*_RANDOM_METADATA}):
        if a.metadata[key] != b.metadata[key]:
            yield Difference("metadata", key, Change.CHANGED, _arrow(a.metadata[key], b.metadata[key]))
    yield from _presence("entries", "", set(a.entries), set(b.entries))
    identities = json_object(a.entries, "ID.json"), json_object(b.entries, "ID.json")
    yield from _diff_values("identity", "ID.json/", *identities)
    yield from _diff_meta(a, b)
    yield from _diff_audits(a, b)
    for name in sorted(a.entries.keys() & b.entries.keys()):
        if is_biometric_file(name):
            yield from _diff_biometrics(shown(name), a.entries[name], b.entries[name])
        elif name not in (*_JSON_ENTRIES, *_HASH_ENTRIES) and sha256(a.entries[name]) != sha256(b.entries[name]):
            sizes = _arrow(f"{len(a.entries[name])} bytes", f"{len(b.entries[name])} bytes")
            yield Difference("documents", shown(name), Change.CHANGED, sizes)


def _arrow(a: str, b: str) -> str:
    return f"{shown_value(a)} -> {shown_value(b)}"


def _diff_values(
    layer: str, prefix: str, a: Mapping[str, Json], b: Mapping[str, Json], told: frozenset[str] = frozenset()
) -> Iterator[Difference]:
    yield from _presence(layer, prefix, set(a), set(b))
    for key in sorted(a.keys() & b.keys()):
        if a[key] != b[key]:
            detail = _arrow(str(a[key]), str(b[key])) if key in told else ""
            yield Difference(layer, f"{prefix}{shown(key)}", Change.CHANGED, detail)


def _diff_meta(a: OpenedSubPacket, b: OpenedSubPacket) -> Iterator[Difference]:
    place = "packet_meta_info.json/"
    first, second = (json_object(sub.entries, "packet_meta_info.json") for sub in (a, b))
    for group in _LABELLED:
        labels = labelled(first.get(group))[0], labelled(second.get(group))[0]
        yield from _diff_values("meta", f"{place}{group}/", *labels, told=TECHNICAL_LABELS)
    yield from _diff_values("meta", place, _comparable(first), _comparable(second), told=frozenset(("creationDate",)))


def _comparable(meta: Mapping[str, Json]) -> dict[str, Json]:
    """The meta information without its labelled groups, and without the indexes, which are random."""
    plain = {key: value for key, value in meta.items() if key not in _LABELLED}
    plain["biometrics"] = {
        field: {
            attribute: {key: item for key, item in as_map(entry).items() if key != "birindex"}
            for attribute, entry in as_map(entries).items()
        }
        for field, entries in as_map(meta.get("biometrics")).items()
    }
    return plain


def _diff_audits(a: OpenedSubPacket, b: OpenedSubPacket) -> Iterator[Difference]:
    if "audit.json" not in a.entries or "audit.json" not in b.entries:
        return
    first, second = (as_list(json_value(sub.entries, "audit.json")) for sub in (a, b))
    if list(first) != list(second):
        detail = _arrow(f"{len(first)} entries", f"{len(second)} entries")
        yield Difference("audit", "audit.json", Change.CHANGED, detail)


def _diff_biometrics(place: str, a: bytes, b: bytes) -> Iterator[Difference]:
    try:
        first, second = _by_attribute(a), _by_attribute(b)
    except CbeffRefusedError:
        if a != b:
            yield Difference("biometrics", place, Change.CHANGED, "not readable")
        return
    yield from _presence("biometrics", f"{place}/", set(first), set(second))
    for attribute in sorted(first.keys() & second.keys()):
        parts = [name for name, value in first[attribute].items() if value != second[attribute][name]]
        if parts:
            yield Difference("biometrics", f"{place}/{attribute}", Change.CHANGED, ", ".join(parts))


def _by_attribute(content: bytes) -> dict[str, dict[str, Json]]:
    """Attribute to what of its record is compared; a record of no known attribute goes by its number."""
    file = read_cbeff(content)
    return {str(birs.attribute_of(bir) or number): _facts(bir) for number, bir in enumerate(file.birs)}


def _facts(bir: Bir) -> dict[str, Json]:
    return {
        "record": bir.text("BDB"),
        "signature": bir.text("SB"),
        "quality": bir.text("BDBInfo/Quality/Score"),
        "type": f"{bir.text('BDBInfo/Type')} {bir.text('BDBInfo/Subtype')} {bir.text('BDBInfo/Format/Type')}",
        "creation date": bir.text("BDBInfo/CreationDate"),
        "other entries": dict(bir.others),
    }
