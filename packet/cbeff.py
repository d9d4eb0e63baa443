"""CBEFF XML files: all biometrics of one field, or of one operator, as MOSIP's registration client writes them.

Namespace ``http://standards.iso.org/iso-iec/19785/-3/ed-2/`` (ISO/IEC 19785-3). A root BIR holds one BIR for each captured or
excepted bio attribute::

    BIR                      BIRInfo/Integrity false
      BIR                    Version 1.1, CBEFFVersion 1.1, BIRInfo/Integrity false
        BDBInfo              Index (UUID), Format Mosip/7|8|9, CreationDate, Type, Subtype, Level Raw, Purpose Enroll,
                             Quality HMAC/SHA-256 with Score 0..100
        BDB                  ISO/IEC 19794 record, standard base64; empty for an exception
        SB                   the device's JWS without its payload, standard base64; empty for an exception
        others               EXCEPTION, RETRIES, SDK_SCORE, FORCE_CAPTURED, PAYLOAD, SPEC_VERSION
      others                 CONFIGURED: the attributes that the form asks for; not in operators' files

Almost all of a file is base64, which is valid by construction. So the file is kept as the text around it, and base64 is made
while the file is read; what is validated against the schema is the file with BDB and SB left empty.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

import pybase64
from lxml import etree

from packet.bioattributes import FACTS
from packet.encoding import iso_millis, java_double
from packet.errors import PacketError
from packet.models import BioAttribute, BiometricException, CapturedBiometric, Entropy, FieldBiometrics

NAMESPACE: Final = "http://standards.iso.org/iso-iec/19785/-3/ed-2/"
_HEAD: Final = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<BIR xmlns="{NAMESPACE}">\n'
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


PIECE_BYTES: Final = 128 * 1024
"""The most base64 that is rendered at once."""


class BiometricTextError(PacketError):
    """A text that belongs to a capture cannot stand in XML."""

    code = "PACKET-BIOMETRIC-TEXT"
    sentence = "The {what} of {attribute} holds a character that XML cannot carry."
    next_step = "Capture again with another device and report this one: its token breaks the protocol."


class BiometricInvalidError(PacketError):
    """A capture or exception contradicts itself or another one of the same field."""

    code = "PACKET-BIOMETRIC"
    sentence = "The biometric {attribute} cannot be stored: {why}."
    next_step = "Capture it again, or mark it as an exception; never both."


class CbeffInvalidError(PacketError):
    """A file that was just built does not fit the CBEFF schema."""

    code = "PACKET-CBEFF"
    sentence = "The CBEFF file of {field} does not fit its schema."
    next_step = "This is a fault of Sealdesk. Report it with the code."


@dataclass(frozen=True, slots=True)
class Bir:
    """One BIR: the XML around its two base64 values, and what goes into these.

    Attributes:
        index: BDBInfo Index; the packet's meta information refers to it as ``birindex``.
        texts: the XML before BDB's value, between BDB's and SB's, and after SB's.
    """

    attribute: BioAttribute
    index: str
    is_exception: bool
    iso: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    texts: tuple[bytes, bytes, bytes] = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Length of all pieces."""
        return sum(map(len, self.texts)) + sum(4 * ((len(data) + 2) // 3) for data in (self.iso, self.signature))


@dataclass(frozen=True, slots=True)
class CbeffFile:
    """A CBEFF file, ready to be rendered piece by piece as often as needed.

    Attributes:
        configured: content of the root entry CONFIGURED; None where there is none.
    """

    birs: tuple[Bir, ...]
    configured: tuple[BioAttribute, ...] | None
    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        return len(self.head) + sum(bir.size_bytes for bir in self.birs) + len(self.tail)

    def pieces(self) -> Iterator[bytes]:
        """The file: base64 in pieces of at most `PIECE_BYTES`, and the texts around it."""
        yield self.head
        for bir in self.birs:
            before, between, after = bir.texts
            yield before
            yield from _base64_pieces(bir.iso)
            yield between
            yield from _base64_pieces(bir.signature)
            yield after
        yield self.tail

    def skeleton(self) -> bytes:
        """The file without the values of BDB and SB."""
        return b"".join((self.head, *(text for bir in self.birs for text in bir.texts), self.tail))


def _base64_pieces(data: bytes) -> Iterator[bytes]:
    view, step = memoryview(data), PIECE_BYTES // 4 * 3
    return (pybase64.b64encode(view[start : start + step]) for start in range(0, len(view), step))


def field_file(
    name: str, biometrics: FieldBiometrics, created_at: datetime, entropy: Entropy, *, exceptions_alone: bool = True
) -> CbeffFile | None:
    """The file of a biometrics field; None if it would hold no BIR.

    Takes 16 bytes of entropy for each BIR, in order: captures first, then exceptions.

    Args:
        name: the field's name, for errors.
        created_at: creation date of the BIRs of exceptions.
        exceptions_alone: whether exceptions without a single capture make a file.

    Raises:
        BiometricTextError, BiometricInvalidError: if a capture or exception cannot be stored.
        CbeffInvalidError: if the result does not fit the schema.
    """
    captured, exceptions = biometrics.captured, biometrics.exceptions
    if not captured and not (exceptions and exceptions_alone):
        return None
    _check_attributes([*(c.attribute for c in captured), *(e.attribute for e in exceptions)])
    birs = (*(_captured(c, entropy) for c in captured), *(_excepted(e, created_at, entropy) for e in exceptions))
    return _file(name, birs, biometrics.configured)


def operator_file(name: str, captured: Sequence[CapturedBiometric], entropy: Entropy) -> CbeffFile | None:
    """The file of an officer's or supervisor's captures; None if there are none. Raises like `field_file`."""
    if not captured:
        return None
    _check_attributes([c.attribute for c in captured])
    return _file(name, tuple(_captured(c, entropy) for c in captured), None)


def _check_attributes(attributes: Sequence[BioAttribute]) -> None:
    for attribute in attributes:
        if attributes.count(attribute) > 1:
            raise BiometricInvalidError(attribute=attribute.value, why="it is there more than once")


def _file(name: str, birs: tuple[Bir, ...], configured: tuple[BioAttribute, ...] | None) -> CbeffFile:
    head = _HEAD + "    <BIRInfo>\n        <Integrity>false</Integrity>\n    </BIRInfo>\n"
    tail = "</BIR>\n"
    if configured is not None:
        entry = _entry("CONFIGURED", ",".join(attribute.value for attribute in configured))
        tail = f"    <others>\n        {entry}\n    </others>\n{tail}"
    file = CbeffFile(birs, configured, head.encode(), tail.encode())
    _validate(name, file)
    return file


def _captured(capture: CapturedBiometric, entropy: Entropy) -> Bir:
    name, token = capture.attribute.value, capture.token
    if not token.iso or not token.signature or not token.payload:
        raise BiometricInvalidError(attribute=name, why="its record, signature or payload is empty")
    if not 0 <= capture.quality_score <= 100:
        raise BiometricInvalidError(attribute=name, why="its quality score is not between 0 and 100")
    others = (
        ("EXCEPTION", "false"),
        ("RETRIES", str(capture.attempts)),
        ("SDK_SCORE", java_double(capture.sdk_score)),
        ("FORCE_CAPTURED", str(capture.forced).lower()),
        ("PAYLOAD", _xml_text(token.payload, name, "payload")),
        ("SPEC_VERSION", _xml_text(capture.spec_version, name, "specification version")),
    )
    index = _uuid(entropy)
    texts = _texts(capture.attribute, index, capture.captured_at, int(capture.quality_score), others)
    return Bir(capture.attribute, index, False, token.iso, token.signature.encode("ascii"), texts)


def _excepted(exception: BiometricException, created_at: datetime, entropy: Entropy) -> Bir:
    if exception.attribute is BioAttribute.EXCEPTION_PHOTO:
        raise BiometricInvalidError(attribute=exception.attribute.value, why="the exception photo cannot be an exception")
    others = (
        ("EXCEPTION", "true"),
        ("RETRIES", "0"),
        ("SDK_SCORE", "0.0"),
        ("FORCE_CAPTURED", "false"),
        ("PAYLOAD", ""),
        ("SPEC_VERSION", ""),
    )
    index = _uuid(entropy)
    return Bir(exception.attribute, index, True, b"", b"", _texts(exception.attribute, index, created_at, 0, others))


def _texts(
    attribute: BioAttribute, index: str, created_at: datetime, score: int, others: Sequence[tuple[str, str]]
) -> tuple[bytes, bytes, bytes]:
    """The XML of one BIR, cut at the values of BDB and SB. Other values must have been escaped."""
    facts = FACTS[attribute]
    before = f"""\
    <BIR>
        <Version>
            <Major>1</Major>
            <Minor>1</Minor>
        </Version>
        <CBEFFVersion>
            <Major>1</Major>
            <Minor>1</Minor>
        </CBEFFVersion>
        <BIRInfo>
            <Integrity>false</Integrity>
        </BIRInfo>
        <BDBInfo>
            <Index>{index}</Index>
            <Format>
                <Organization>Mosip</Organization>
                <Type>{facts.cbeff_format}</Type>
            </Format>
            <CreationDate>{iso_millis(created_at)}</CreationDate>
            <Type>{facts.modality.value}</Type>
            <Subtype>{facts.cbeff_subtype}</Subtype>
            <Level>Raw</Level>
            <Purpose>Enroll</Purpose>
            <Quality>
                <Algorithm>
                    <Organization>HMAC</Organization>
                    <Type>SHA-256</Type>
                </Algorithm>
                <Score>{score}</Score>
            </Quality>
        </BDBInfo>
        <BDB>"""
    between = "</BDB>\n        <SB>"
    entries = "".join(f"            {_entry(key, value)}\n" for key, value in others)
    after = f"</SB>\n        <others>\n{entries}        </others>\n    </BIR>\n"
    return before.encode(), between.encode(), after.encode()


def _entry(key: str, value: str) -> str:
    return f'<entry key="{key}">{value}</entry>'


def _xml_text(text: str, attribute: str, what: str) -> str:
    """Escaped so that every XML 1.0 reader gives back the same text, carriage returns included."""
    if _NOT_XML.search(text):
        raise BiometricTextError(attribute=attribute, what=what)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _uuid(entropy: Entropy) -> str:
    return str(uuid.UUID(bytes=entropy(16), version=4))


def _validate(name: str, file: CbeffFile) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)
    schema = _schema()
    if not schema.validate(etree.fromstring(file.skeleton(), parser)):
        raise CbeffInvalidError(field=name)


class _Schemas(threading.local):
    """One compiled schema for each thread, since it keeps the errors of the last validation."""

    def __init__(self) -> None:
        self.compiled = etree.XMLSchema(etree.fromstring(schema_bytes()))


@cache
def _schemas() -> _Schemas:
    return _Schemas()


def _schema() -> etree.XMLSchema:
    return _schemas().compiled


@cache
def schema_bytes() -> bytes:
    """The CBEFF schema as shipped."""
    return files("resources").joinpath("cbeff", "mosip-cbeff.xsd").read_bytes()
