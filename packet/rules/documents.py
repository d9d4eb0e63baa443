"""Rules on documents: each document field has its file, of an allowed size, and of the format that it claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from packet.models import Json
from packet.rules.judging import as_list, as_map, judge, shown, skip
from packet.rules.model import Finding, PlainContent, PlainSubPacket, RuleSettings
from packet.rules.schemaview import FIELDS_MAX, FieldKind, SchemaView

_FORMAT = re.compile(r"[A-Za-z0-9]{1,10}", re.ASCII)
_JPEG = (b"\xff\xd8\xff",)
_TIFF = (b"II*\x00", b"MM\x00*")
_MAGIC: Mapping[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": (b"\x89PNG\r\n\x1a\n",),
    "tif": _TIFF,
    "tiff": _TIFF,
    "bmp": (b"BM",),
    "jp2": (b"\x00\x00\x00\x0cjP  \r\n\x87\n",),
}
_META_KEYS = {"documentType", "documentCategory", "documentOwner", "documentName", "refNumber"}
_MISSING = "RPR-PKV-FAILED-005"


def check_documents(content: PlainContent, settings: RuleSettings, schema: SchemaView | None) -> list[Finding]:
    """File, size, format and meta entry of every document."""
    findings: list[Finding] = []
    types: dict[str, str] = {}
    for part, sub in content.sub_packets.items():
        for field, entry in document_files(sub, schema).items():
            where = f"{part}/{shown(field)}"
            size = sub.entry_sizes.get(entry)
            types[field] = str(as_map(sub.identity[field]).get("type"))
            findings += judge("documents.format", where, _unknown_format(as_map(sub.identity[field]).get("format"), settings))
            if not size:
                findings += judge("documents.file", where, ["The document's file is missing or empty."], _MISSING)
                for check in ("documents.size", "documents.magic", "documents.type-code"):
                    findings += skip(check, where, "The document's file is missing or empty.")
                continue
            findings += judge("documents.file", where, [])
            findings += judge("documents.size", where, _too_large(size, settings))
            findings += judge("documents.magic", where, _wrong_magic(entry, sub.document_heads.get(entry, b"")))
            findings += judge("documents.type-code", where, _type_code(field, sub))
    for part, sub in content.sub_packets.items():
        findings += judge(
            "documents.meta", f"{part}/packet_meta_info.json", _meta(sub.meta.get("documents"), [*types.values()])
        )
    return findings


def document_files(sub: PlainSubPacket, schema: SchemaView | None) -> dict[str, str]:
    """Document fields that ID.json names, with the entry that each must have: by the schema, or by the form of the value."""
    files: dict[str, str] = {}
    for name, value in islice(sub.identity.items(), FIELDS_MAX):
        entry = as_map(value)
        if schema is not None:
            is_document = name in schema.fields and schema.fields[name].kind is FieldKind.DOCUMENT
        else:
            is_document = "type" in entry and "format" in entry
        if is_document:
            form = entry.get("format")
            files[name] = f"{name}.{form}" if isinstance(form, str) and _FORMAT.fullmatch(form) else name
    return files


def _unknown_format(form: Json, settings: RuleSettings) -> Iterator[str]:
    """The format becomes the file's extension; a program or an archive in its place would go on to an operator's screen."""
    if not isinstance(form, str) or form.lower() not in settings.document_formats:
        yield f"Format {shown(form)} is none of the allowed ones ({', '.join(settings.document_formats)})."


def _too_large(size: int, settings: RuleSettings) -> Iterator[str]:
    if size > settings.document_max_bytes:
        yield f"It has {size} bytes; {settings.document_max_bytes} are allowed."


def _wrong_magic(entry: str, head: bytes) -> Iterator[str]:
    expected = _MAGIC.get(entry.rpartition(".")[2].lower())
    if expected is not None and not head.startswith(expected):
        yield "The content is not of the format that the name claims."


def _type_code(field: str, sub: PlainSubPacket) -> Iterator[str]:
    """The writer adds the document's type under the field's name to the meta of the sub-packets from this one on."""
    if field in sub.meta and sub.meta[field] != as_map(sub.identity[field]).get("type"):
        yield "The type code in the meta information differs from the one in ID.json."


def _meta(documents: Json, types: list[str]) -> Iterator[str]:
    """The meta list is one map for all sub-packets, so it lists the documents of all of them."""
    listed: list[str] = []
    for item in as_list(documents):
        entry = as_map(item)
        if entry.keys() != _META_KEYS:
            yield "A document's meta entry does not have its five keys."
            return
        if entry["documentName"] != f"{entry['documentCategory']}_{entry['documentType']}":
            yield "A document's name is not its category and type."
        listed.append(str(entry["documentType"]))
    if sorted(listed) != sorted(types):
        yield "The listed documents are not those of ID.json."
