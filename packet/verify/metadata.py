"""The plain metadata file beside each sub-packet, ``<RID>_<sub>.json``: eleven keys, all of them text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packet.encoding import java_double
from packet.models import SubPacket
from packet.rules.instants import read_instant
from packet.verify.ledger import Ledger
from packet.verify.naming import PacketName
from packet.verify.strictjson import read_json

CHECKS = ("metadata.json", "metadata.agrees", "metadata.version", "metadata.date", "metadata.provider")
KEYS = frozenset(
    (
        "id",
        "packetname",
        "source",
        "process",
        "refid",
        "schemaversion",
        "providername",
        "providerversion",
        "creationdate",
        "encryptedhash",
        "signature",
    )
)
_MAX_BYTES = 64 * 1024
_VERSION = re.compile(r"\d{1,6}\.\d{1,6}", re.ASCII)
_UNREADABLE = "KER-PUT-019"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the outer container a sub-packet lies: ``<source>/<process>/<RID>_<sub>``."""

    source: str
    process: str
    registration_id: str


def check_metadata(
    data: bytes, part: SubPacket, place: Place, name: PacketName | None, ledger: Ledger
) -> dict[str, str] | None:
    """Reads and judges one metadata file; None if it is not readable."""
    where = f"{part}.json"
    try:
        value = read_json(data, _MAX_BYTES)
    except ValueError as error:
        ledger.judge(CHECKS[0], where, [f"The file cannot be read: {error}."], _UNREADABLE)
        ledger.skip(CHECKS[1:], where, "The file cannot be read.")
        return None
    problems = list(_form_problems(value))
    if not ledger.judge(CHECKS[0], where, problems, _UNREADABLE) or not isinstance(value, dict):
        ledger.skip(CHECKS[1:], where, "The file does not have its form.")
        return None
    metadata = {key: str(item) for key, item in value.items()}
    ledger.judge("metadata.agrees", where, _disagreements(metadata, part, place, name))
    ledger.judge("metadata.version", where, _version_problems(metadata["schemaversion"]))
    dated = read_instant(metadata["creationdate"]) is not None
    ledger.judge("metadata.date", where, [] if dated else ["creationdate is not an instant in UTC."])
    named = metadata["providername"] and metadata["providerversion"]
    ledger.judge("metadata.provider", where, [] if named else ["The provider is not named."])
    return metadata


def _form_problems(value: object) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield "It is not an object."
        return
    for key in sorted(KEYS - value.keys()):
        yield f"Key {key} is missing."
    if value.keys() - KEYS:
        yield "It has more than the eleven keys."
    for key in sorted(KEYS & value.keys()):
        item = value[key]
        if not isinstance(item, str):
            yield f"Key {key} is not text, which the server's reader does not survive."
        elif not item.isprintable():
            yield f"Key {key} has line breaks or control characters."


def _disagreements(metadata: Mapping[str, str], part: SubPacket, place: Place, name: PacketName | None) -> Iterator[str]:
    expected = {
        "packetname": f"{place.registration_id}_{part}",
        "source": place.source,
        "process": place.process,
    }
    if name is not None:
        expected |= {"id": name.packet_id, "refid": name.ref_id}
    for key, value in expected.items():
        if metadata[key] != value:
            yield f"Key {key} differs from the path or the file name."


def _version_problems(version: str) -> Iterator[str]:
    if _VERSION.fullmatch(version) is None or java_double(float(version)) != version:
        yield "schemaversion is not the text of a Java double."
