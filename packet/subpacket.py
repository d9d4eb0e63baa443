"""What goes into each sub-packet, and writing it as a zip.

Entries stand in this order: CBEFF files, documents, ``ID.json``, in id also the operators' files and ``audit.json``, then the
hash files and ``packet_meta_info.json``. That is the order of hashing too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from packet import hashing, metainfo
from packet.cbeff import PIECE_BYTES, CbeffFile
from packet.deflate import DeflateEngine, crc32, deflate
from packet.idobject import identity, wrap
from packet.idschema import FieldKind, IdSchema, SchemaField
from packet.layout import ZipWriter
from packet.models import Document, Json, PacketSpec, SubPacket

DATA_HASH_FILE: Final = "packet_data_hash.txt"
OPERATIONS_HASH_FILE: Final = "packet_operations_hash.txt"
META_FILE: Final = "packet_meta_info.json"
HASH_FILE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One hashed file of a sub-packet.

    Attributes:
        name: with extension.
        sequence: the list under which it is hashed.
    """

    name: str
    sequence: hashing.Sequence
    content: bytes | CbeffFile = field(repr=False)

    @property
    def base_name(self) -> str:
        """Name without extension; what the hash sequences list."""
        return self.name.rpartition(".")[0]

    @property
    def size_bytes(self) -> int:
        """Length of the content."""
        return self.content.size_bytes if isinstance(self.content, CbeffFile) else len(self.content)

    def pieces(self) -> Iterator[bytes | memoryview]:
        """The content in pieces of about `PIECE_BYTES` or less, each rendered only when its turn comes."""
        if isinstance(self.content, CbeffFile):
            return self.content.pieces()
        view = memoryview(self.content)
        return (view[start : start + PIECE_BYTES] for start in range(0, len(view), PIECE_BYTES))

    @property
    def packed_bytes(self) -> int:
        """About how long it is compressed: base64 loses a quarter, the rest little."""
        return self.size_bytes * 25 // 32 if isinstance(self.content, CbeffFile) else self.size_bytes + self.size_bytes // 256


@dataclass(frozen=True, slots=True)
class PlainFiles:
    """Contents that are made once for a packet.

    Attributes:
        values: demographic values in stored form.
        biometrics: biometrics field to file, in the schema's order.
        operators: base name to file.
        audit: audit.json.
    """

    values: Mapping[str, Json] = field(repr=False)
    biometrics: Mapping[str, CbeffFile]
    operators: Mapping[str, CbeffFile]
    audit: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubPacketPlan:
    """A sub-packet before it is written.

    Attributes:
        identity: content of ID.json.
        meta: content of packet_meta_info.json.
        entries: the hashed files, in order.
    """

    sub_packet: SubPacket
    identity: Mapping[str, Json] = field(repr=False)
    meta: Mapping[str, Json] = field(repr=False)
    meta_text: bytes = field(repr=False)
    entries: tuple[Entry, ...]

    @property
    def has_operations(self) -> bool:
        """Whether it has operations files and their hash: id only."""
        return self.sub_packet is SubPacket.ID

    def entry_sizes(self) -> dict[str, int]:
        """Size of every entry, the hash files and the meta information included."""
        sizes = {entry.name: entry.size_bytes for entry in self.entries}
        if self.has_operations:
            sizes[OPERATIONS_HASH_FILE] = HASH_FILE_BYTES
        sizes[DATA_HASH_FILE] = HASH_FILE_BYTES
        sizes[META_FILE] = len(self.meta_text)
        return sizes


def plan_all(spec: PacketSpec, schema: IdSchema, base_meta: Mapping[str, Json], files: PlainFiles) -> list[SubPacketPlan]:
    """Plans the three sub-packets, in the order in which MOSIP's writer makes them: evidence, optional, id.

    Args:
        base_meta: the keys of packet_meta_info.json that all share.

    Raises:
        MetaTextError: if a text of the meta information is not Unicode.
    """
    plans: list[SubPacketPlan] = []
    document_types: dict[str, Json] = {}
    for sub_packet in SubPacket:
        fields = schema.of(sub_packet)
        content = identity(fields, spec.id_schema_version, files.values, spec.documents, frozenset(files.biometrics))
        entries = [
            *_field_entries(fields, files, spec.documents),
            Entry("ID.json", hashing.Sequence.DEMOGRAPHIC, wrap(content)),
        ]
        document_types |= {f.name: spec.documents[f.name].type_code for f in fields if f.name in spec.documents}
        meta: dict[str, Json] = {**base_meta, **document_types}
        meta["hashSequence1"] = hashing.listing((entry.sequence, entry.base_name) for entry in entries)
        if sub_packet is SubPacket.ID:
            operations = _operations_entries(files)
            meta |= metainfo.operator_keys(files.operators)
            meta["hashSequence2"] = hashing.listing((entry.sequence, entry.base_name) for entry in operations)
            entries += operations
        text = metainfo.wrap_checked(meta, META_FILE)
        plans.append(SubPacketPlan(sub_packet, content, meta, text, tuple(entries)))
    return plans


def _field_entries(fields: Sequence[SchemaField], files: PlainFiles, documents: Mapping[str, Document]) -> list[Entry]:
    biometrics = [
        Entry(f"{f.base_name}.xml", hashing.Sequence.BIOMETRIC, files.biometrics[f.name])
        for f in fields
        if f.kind is FieldKind.BIOMETRICS and f.name in files.biometrics
    ]
    papers = [
        Entry(f"{f.name}.{documents[f.name].format}", hashing.Sequence.DEMOGRAPHIC, documents[f.name].content)
        for f in fields
        if f.kind is FieldKind.DOCUMENT and f.name in documents
    ]
    return biometrics + papers


def _operations_entries(files: PlainFiles) -> list[Entry]:
    operators = [Entry(f"{name}.xml", hashing.Sequence.OTHER, file) for name, file in files.operators.items()]
    return [*operators, Entry("audit.json", hashing.Sequence.OTHER, files.audit)]


class Digests(NamedTuple):
    """What one pass over a sub-packet's entries gives.

    Attributes:
        data, operations: contents of the two hash files.
        crcs: CRC-32 of each entry.
    """

    data: bytes
    operations: bytes
    crcs: tuple[int, ...]


def digest_entries(plan: SubPacketPlan) -> Digests:
    """Hashes the entries of a sub-packet, in the listed order."""
    data, operations = hashlib.sha256(), hashlib.sha256()
    crcs: list[int] = []
    for entry in plan.entries:
        digest = data if entry.sequence.is_data else operations
        crc = 0
        for piece in entry.pieces():
            digest.update(piece)
            crc = crc32(piece, crc)
        crcs.append(crc)
    return Digests(hashing.file_text(data), hashing.file_text(operations), tuple(crcs))


def write_zip(plan: SubPacketPlan, at: datetime, engine: DeflateEngine, digests: Callable[[], Digests]) -> bytes:
    """The plain zip of a sub-packet.

    Args:
        at: time of the entries.
        digests: gives `digest_entries` of the plan; asked when all entries are compressed, so that it can be made meanwhile.
    """
    names = sum(len(entry.name) for entry in plan.entries)
    writer = ZipWriter(at, engine, sum(entry.packed_bytes for entry in plan.entries) + len(plan.meta_text) + 2 * names + 2048)
    for number, entry in enumerate(plan.entries):
        writer.add_compressed(entry.name, deflate(entry.pieces(), engine), partial(_crc, digests, number), entry.size_bytes)
    found = digests()
    if plan.has_operations:
        writer.add(OPERATIONS_HASH_FILE, found.operations)
    writer.add(DATA_HASH_FILE, found.data)
    writer.add(META_FILE, plan.meta_text)
    return writer.finish()


def _crc(digests: Callable[[], Digests], number: int) -> int:
    return digests().crcs[number]
