"""Looking into a packet without showing the person in it: layers, names, sizes, technical values.

Nothing here is the value of a field, a document or a record. What an operator, an administrator or a bug report needs is which
parts there are and how large they are; the RID and machine are in the file's name anyway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from packet.encoding import hex_upper, sha256
from packet.models import Json, SubPacket
from packet.rules.judging import as_list, as_map, labelled, shown
from packet.rules.model import Finding
from packet.verify import birs
from packet.verify.biometricfiles import is_biometric_file
from packet.verify.cbeffxml import Bir, CbeffRefusedError, read_cbeff
from packet.verify.envelope import AAD_END, BODY, KEY_END, NONCE_END, TAG, THUMBPRINT_END, layout_problems
from packet.verify.model import OpenedPacket, OpenedSubPacket, SessionKeyOpener
from packet.verify.naming import read_packet_name
from packet.verify.strictjson import read_json
from packet.verify.verifier import survey_packet

Shown: TypeAlias = "str | int | bool | list[Shown] | dict[str, Shown] | None"
"""What `inspect_packet` answers: plain JSON values."""

TECHNICAL_LABELS = frozenset(
    ("creationDate", "Registration Client Version Number", "registrationType", "machineId", "centerId", "keyIndex", "langCodes")
)
"""metaData labels whose values say nothing about a person."""

_ISO_KINDS = {b"FIR\0": "finger", b"IIR\0": "iris", b"FAC\0": "face"}
_VALUE_MAX = 100
_JSON_MAX = 4 * 1024 * 1024


def inspect_packet(data: bytes, opener: SessionKeyOpener | None, file_name: str | None = None) -> dict[str, Shown]:
    """Describes a packet.

    Args:
        opener: without one only the outer layer is described.

    Returns:
        JSON values in lowerCamelCase keys; ``problem`` is there if the packet could not be opened as far as it was tried.
    """
    described: dict[str, Shown] = {"sizeBytes": len(data), "sha256": hex_upper(sha256(data))}
    name = read_packet_name(file_name) if file_name is not None else None
    if name is not None:
        described |= {"packetId": name.packet_id, "registrationId": name.registration_id, "refId": name.ref_id}
    problem = next(layout_problems(data), None)
    if problem is not None:
        return described | {"problem": problem}
    described |= {"certificateThumbprint": data[AAD_END:THUMBPRINT_END].hex(), "layout": _layout(data)}
    if opener is None:
        return described
    report = survey_packet(data, opener=opener, file_name=file_name)
    if report.opened is None:
        return described | {"problem": _first_reason(report.failures)}
    described["subPackets"] = _sub_packets(report.opened)
    shut = [str(part) for part in SubPacket if part not in report.opened.sub_packets]
    if shut:
        described["problem"] = f"Not readable: {', '.join(shut)}. {_first_reason(report.failures)}"
    return described


def _layout(data: bytes) -> dict[str, Shown]:
    return {
        "nonceBytes": NONCE_END,
        "aadBytes": AAD_END - NONCE_END,
        "thumbprintBytes": THUMBPRINT_END - AAD_END,
        "wrappedKeyBytes": KEY_END - THUMBPRINT_END,
        "splitterBytes": BODY - KEY_END,
        "ciphertextBytes": len(data) - BODY - TAG,
        "tagBytes": TAG,
    }


def _first_reason(failures: tuple[Finding, ...]) -> str:
    opening = [finding for finding in failures if finding.check.startswith(("outer.", "sub.", "metadata."))]
    return f"{opening[0].where}: {opening[0].reason}" if opening else "It cannot be opened."


def _sub_packets(opened: OpenedPacket) -> dict[str, Shown]:
    return {str(part): _sub_packet(sub) for part, sub in opened.sub_packets.items()}


def _sub_packet(sub: OpenedSubPacket) -> dict[str, Shown]:
    identity, meta = json_object(sub.entries, "ID.json"), json_object(sub.entries, "packet_meta_info.json")
    described: dict[str, Shown] = {
        "storedBytes": len(sub.stored),
        "metadata": {
            key: shown_value(value) for key, value in sub.metadata.items() if key not in ("signature", "encryptedhash")
        },
        "entries": {shown(name): len(content) for name, content in sub.entries.items()},
        "fields": {shown(name): _field(name, value, sub.entries) for name, value in identity.items()},
        "metaKeys": [shown(key) for key in meta],
        "metaData": _labels(meta.get("metaData")),
        "operationsData": _labels(meta.get("operationsData")),
        "biometrics": {shown(name): _records(content) for name, content in sub.entries.items() if is_biometric_file(name)},
    }
    if "audit.json" in sub.entries:
        described["audits"] = len(as_list(json_value(sub.entries, "audit.json")))
    return described


def shown_value(value: str) -> str:
    """A technical value in one line of bounded length."""
    return value if value.isprintable() and len(value) <= _VALUE_MAX else f"<{len(value)} characters>"


def json_value(entries: Mapping[str, bytes], name: str) -> Json:
    """A JSON entry; None if it is missing or unreadable."""
    try:
        return read_json(entries.get(name, b""), _JSON_MAX)
    except ValueError:
        return None


def json_object(entries: Mapping[str, bytes], name: str) -> Mapping[str, Json]:
    """The ``identity`` object of a JSON entry; empty if it is missing or unreadable."""
    return as_map(as_map(json_value(entries, name)).get("identity"))


def _field(name: str, value: Json, entries: Mapping[str, bytes]) -> dict[str, Shown]:
    entry = as_map(value)
    if entry.get("format") == "cbeff":
        return {"kind": "biometrics", "bytes": len(entries.get(f"{name}_bio_CBEFF.xml", b""))}
    form = entry.get("format")
    if isinstance(form, str):
        code = entry.get("type")
        return {
            "kind": "document",
            "format": shown(form),
            "type": shown(code) if isinstance(code, str) else None,
            "bytes": len(entries.get(f"{name}.{form}", b"")),
        }
    size = len(json.dumps(value, ensure_ascii=False).encode("utf-8"))
    return {"kind": "demographic", "bytes": size, "languages": _languages(value)}


def _languages(value: Json) -> list[Shown]:
    return [shown(as_map(item).get("language")) for item in as_list(value) if "language" in as_map(item)]


def _labels(value: Json) -> dict[str, Shown]:
    """Labels in order; values of technical ones only, of the others whether there is one."""
    found, _ = labelled(value)
    return {
        shown(label): shown_value(item)
        if label in TECHNICAL_LABELS and isinstance(item, str)
        else ("null" if item is None else "set")
        for label, item in found.items()
    }


def _records(content: bytes) -> list[Shown]:
    try:
        file = read_cbeff(content)
    except CbeffRefusedError as error:
        return [{"problem": error.message}]
    return [_record(bir) for bir in file.birs]


def _record(bir: Bir) -> dict[str, Shown]:
    iso = birs.data_of(bir)
    attribute = birs.attribute_of(bir)
    return {
        "attribute": attribute.value if attribute is not None else None,
        "isoKind": _ISO_KINDS.get(iso[:4]),
        "isoBytes": len(iso),
        "quality": shown(bir.text("BDBInfo/Quality/Score")),
        "isException": birs.is_exception(bir),
    }
