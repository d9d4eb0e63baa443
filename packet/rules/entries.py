"""Rules on which entries a sub-packet holds.

The server looks an entry up by its name without extension, ignoring case, and takes the first hit; so names must differ
without case and extension, and every entry must be one that the content calls for.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from packet.models import SubPacket
from packet.rules.documents import document_files
from packet.rules.judging import as_map, judge, shown
from packet.rules.model import Finding, PlainContent, PlainSubPacket
from packet.rules.schemaview import FIELDS_MAX, FieldKind, SchemaView

OFFICER_FILE = "officer_bio_cbeff.xml"
SUPERVISOR_FILE = "supervisor_bio_cbeff.xml"
AUDIT_FILE = "audit.json"

_REQUIRED = ("ID.json", "packet_data_hash.txt", "packet_meta_info.json")
_REQUIRED_IN_ID = (AUDIT_FILE, "packet_operations_hash.txt")
_INVALID = "RPR-PKV-FAILED-012"


def check_entries(content: PlainContent, schema: SchemaView | None) -> list[Finding]:
    """Required entries, collisions, orphans, and a CBEFF file for each biometrics field."""
    findings = judge("entries.sub-packets", "packet", _absent_parts(content), _INVALID)
    for part, sub in content.sub_packets.items():
        findings += judge("entries.required", str(part), _missing(part, sub), _INVALID)
        findings += judge("entries.collision", str(part), _collisions(sub), _INVALID)
        findings += judge("entries.biometrics", str(part), _missing_biometrics(sub, schema), "RPR-PKV-FAILED-005")
        findings += judge("entries.orphan", str(part), _orphans(part, sub, schema))
    return findings


def biometric_fields(sub: PlainSubPacket, schema: SchemaView | None) -> list[str]:
    """Biometrics fields that ID.json names: by the schema, or without one by the form of the value."""
    if schema is not None:
        return [n for n in sub.identity if n in schema.fields and schema.fields[n].kind is FieldKind.BIOMETRICS]
    return [name for name, value in islice(sub.identity.items(), FIELDS_MAX) if as_map(value).get("format") == "cbeff"]


def _absent_parts(content: PlainContent) -> Iterator[str]:
    for part in SubPacket:
        if part not in content.sub_packets:
            yield f"Sub-packet {part} is missing."


def _missing(part: SubPacket, sub: PlainSubPacket) -> Iterator[str]:
    for name in _REQUIRED + (_REQUIRED_IN_ID if part is SubPacket.ID else ()):
        if name not in sub.entry_sizes:
            yield f"Entry {name} is missing."


def _collisions(sub: PlainSubPacket) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in sub.entry_sizes:
        base = name.rpartition(".")[0].lower() if "." in name else name.lower()
        if base in seen:
            yield f"Entries {shown(seen[base])} and {shown(name)} are the same to the server."
        seen[base] = name


def _missing_biometrics(sub: PlainSubPacket, schema: SchemaView | None) -> Iterator[str]:
    for field in biometric_fields(sub, schema):
        if not sub.entry_sizes.get(f"{field}_bio_CBEFF.xml"):
            yield f"Field {shown(field)} has no CBEFF file."


def _orphans(part: SubPacket, sub: PlainSubPacket, schema: SchemaView | None) -> Iterator[str]:
    expected = set(_REQUIRED)
    if part is SubPacket.ID:
        expected |= {*_REQUIRED_IN_ID, OFFICER_FILE, SUPERVISOR_FILE}
    expected |= {f"{field}_bio_CBEFF.xml" for field in biometric_fields(sub, schema)}
    expected |= set(document_files(sub, schema).values())
    for name in sub.entry_sizes:
        if name not in expected:
            yield f"Nothing refers to entry {shown(name)}."
