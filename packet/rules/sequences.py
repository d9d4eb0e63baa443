"""Rules on the hash sequences: they list every hashed file of a sub-packet exactly once.

The server recomputes each hash over the files in the listed order, whatever that order is; what is not listed is not covered.
"""

from __future__ import annotations

from collections.abc import Iterator

from packet.models import Json, SubPacket
from packet.rules.documents import document_files
from packet.rules.entries import AUDIT_FILE, OFFICER_FILE, SUPERVISOR_FILE, biometric_fields
from packet.rules.judging import as_list, as_map, is_list, judge, shown
from packet.rules.model import Finding, PlainContent, PlainSubPacket
from packet.rules.schemaview import SchemaView

BIOMETRIC, DEMOGRAPHIC, OTHER = "biometricSequence", "demographicSequence", "otherFiles"
_INVALID = "RPR-PKV-FAILED-012"


def check_sequences(content: PlainContent, schema: SchemaView | None) -> list[Finding]:
    """hashSequence1 of every sub-packet, hashSequence2 of id."""
    findings: list[Finding] = []
    for part, sub in content.sub_packets.items():
        where = f"{part}/packet_meta_info.json"
        findings += judge("hash.data-sequence", where, _data(sub, schema), _INVALID)
        if part is SubPacket.ID:
            findings += judge("hash.operations-sequence", where, _operations(sub), _INVALID)
    return findings


def read_sequence(value: Json) -> dict[str, list[str]] | None:
    """An array of ``{"label", "value": [names]}`` as label to names; None if it is not of that form."""
    if not is_list(value):
        return None
    sequence: dict[str, list[str]] = {}
    for item in as_list(value):
        entry = as_map(item)
        label, names = entry.get("label"), as_list(entry.get("value"))
        if entry.keys() != {"label", "value"} or not isinstance(label, str) or label in sequence:
            return None
        if not is_list(entry["value"]):
            return None
        texts = [name for name in names if isinstance(name, str)]
        if len(texts) != len(names):
            return None
        sequence[label] = texts
    return sequence


def _data(sub: PlainSubPacket, schema: SchemaView | None) -> Iterator[str]:
    sequence = read_sequence(sub.meta.get("hashSequence1"))
    if sequence is None or not sequence.keys() <= {BIOMETRIC, DEMOGRAPHIC}:
        yield "hashSequence1 is not a list of biometricSequence and demographicSequence."
        return
    biometrics = {f"{field}_bio_CBEFF" for field in biometric_fields(sub, schema)}
    yield from _exactly_once(BIOMETRIC, sequence.get(BIOMETRIC, []), biometrics)
    yield from _exactly_once(DEMOGRAPHIC, sequence.get(DEMOGRAPHIC, []), {"ID", *document_files(sub, schema)})
    if BIOMETRIC in sequence and not sequence[BIOMETRIC]:
        yield "An empty biometricSequence is listed."
    if list(sequence) == [DEMOGRAPHIC, BIOMETRIC]:
        yield "demographicSequence is listed before biometricSequence."


def _operations(sub: PlainSubPacket) -> Iterator[str]:
    sequence = read_sequence(sub.meta.get("hashSequence2"))
    if sequence is None or sequence.keys() != {OTHER}:
        yield "hashSequence2 is not a list of otherFiles."
        return
    present = {name for name in (OFFICER_FILE, SUPERVISOR_FILE) if name in sub.entry_sizes} | {AUDIT_FILE}
    yield from _exactly_once(OTHER, sequence[OTHER], {name.rpartition(".")[0] for name in present})


def _exactly_once(label: str, listed: list[str], expected: set[str]) -> Iterator[str]:
    for name in sorted(expected - set(listed)):
        yield f"{label} does not list {shown(name)}."
    for name in sorted(set(listed) - expected):
        yield f"{label} lists {shown(name)}, which nothing refers to."
    if len(set(listed)) != len(listed):
        yield f"{label} lists a name twice."
