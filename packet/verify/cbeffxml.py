"""Reading a packet's CBEFF XML, hardened: no document type, no entities, no network, bounded size, depth and text.

Everything is read into plain values; what the values must be is judged in `packet.verify.birs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice

from lxml import etree

from packet.errors import PacketError

NAMESPACE = "http://standards.iso.org/iso-iec/19785/-3/ed-2/"
MAX_BYTES = 12 * 1024 * 1024
"""A packet of 5 MiB cannot hold more: images do not compress, and base64 adds a third, which deflate takes away again."""
TAGS_MAX = 10_000
"""Fourteen attributes make under a thousand tags; each tag costs a parser a hundred times its bytes."""

_C = f"{{{NAMESPACE}}}"
_DECLARED_ENCODING = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")


class CbeffRefusedError(PacketError):
    """An XML file is not read at all."""

    code = "PACKET-CBEFF-XML"
    sentence = "The CBEFF file is refused: {why}."
    next_step = "The packet is damaged or was made by something that breaks the format. Build it again."

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why=why)


@dataclass(frozen=True, slots=True)
class Bir:
    """One biometric information record, as texts; None where an element is absent.

    Attributes:
        fields: path of an element inside the record (for example ``BDBInfo/Quality/Score``) to its text.
        others: entries of ``others``.
        has_doubled_key: an ``others`` key occurs more than once.
    """

    fields: Mapping[str, str] = field(repr=False)
    others: Mapping[str, str] = field(repr=False)
    has_doubled_key: bool

    def text(self, path: str) -> str:
        """Text of an element; empty if it is absent or empty."""
        return self.fields.get(path, "")


@dataclass(frozen=True, slots=True)
class CbeffFile:
    """One file.

    Attributes:
        root: the root's own elements and ``others``, without data.
        schema_problems: where the file breaks the XML schema: line and rule, without values.
    """

    root: Bir
    birs: tuple[Bir, ...]
    schema_problems: tuple[str, ...]


def read_cbeff(data: bytes) -> CbeffFile:
    """Parses one file and validates it against the schema.

    Raises:
        CbeffRefusedError: if it is not well-formed XML in UTF-8 without document type, of the expected root.
    """
    if len(data) > MAX_BYTES:
        raise CbeffRefusedError("it is too large")
    if b"<!" in data or b"<?" in data[1:]:
        # In XML, "<" stands for itself in markup only, so nothing legitimate is caught. Comments and CDATA split text, which
        # readers put together in different ways; no writer of packets makes them.
        raise CbeffRefusedError("it has a document type, entities, comments, CDATA or processing instructions")
    if data.count(b"<") > TAGS_MAX or data.count(b"=") > TAGS_MAX:
        raise CbeffRefusedError("it has too many elements or attributes")
    declared = _DECLARED_ENCODING.match(data)
    if declared is not None and declared[1].upper() != b"UTF-8":
        raise CbeffRefusedError("it is not in UTF-8")
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise CbeffRefusedError("it is not well-formed XML in UTF-8") from error
    if root.tag != f"{_C}BIR":
        raise CbeffRefusedError("its root is not BIR")
    schema = _schema()
    problems: tuple[str, ...] = ()
    if not schema.validate(root):
        # Messages of libxml2 quote the values, so only line and kind of the problem are told.
        problems = tuple(f"Line {entry.line}: {entry.type_name}." for entry in islice(_entries(schema), 20))
    records = root.findall(f"{_C}BIR")
    return CbeffFile(_record(root), tuple(_record(record) for record in records), problems)


def _entries(schema: etree.XMLSchema) -> Iterator[etree._LogEntry]:
    yield from schema.error_log  # type: ignore[misc]  # the stubs do not know that a log can be walked


def _parser() -> etree.XMLParser:
    """A fresh parser each time: a parser keeps an error log, and threads must not share it."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        collect_ids=False,
    )


def _schema() -> etree.XMLSchema:
    """A schema keeps the errors of its last use, so each use gets a copy that shares the parsed document only."""
    return etree.XMLSchema(_schema_document())


@cache
def _schema_document() -> etree._Element:
    return etree.fromstring((files("packet.verify") / "cbeff.xsd").read_bytes(), _parser())


def _record(element: etree._Element) -> Bir:
    """Reads the elements that a record may have, two levels deep, without recursion into inner records."""
    fields: dict[str, str] = {}
    others: dict[str, str] = {}
    doubled = False
    stack = [("", child) for child in element if child.tag != f"{_C}BIR"]
    while stack:
        prefix, child = stack.pop()
        name = f"{prefix}{etree.QName(child).localname}"
        if name == "others":
            keys = [(entry.get("key", ""), entry.text or "") for entry in child]
            doubled = doubled or len({key for key, _ in keys}) != len(keys) or bool(others)
            others.update(keys)
        elif len(child) and prefix.count("/") < 3:
            stack += [(f"{name}/", grandchild) for grandchild in child]
        else:
            fields.setdefault(name, child.text or "")
    return Bir(fields, others, doubled)
