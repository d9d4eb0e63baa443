"""Values that the rules look at, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from packet.models import BioAttribute, Json, SubPacket


class Status(StrEnum):
    """Outcome of one check."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """Outcome of one check at one place.

    Attributes:
        check: stable name, ``<layer>.<what>`` in kebab case, for example ``outer.authentic`` or ``id.schema``.
        where: the part of the packet, for example ``outer``, ``id``, ``id/ID.json``, ``individualBiometrics/leftIndex``.
        reason: one sentence. Names fields and codes, never their values.
        server_code: the code under which a registration processor would refuse it, where the specification names one.
    """

    check: str
    status: Status
    where: str
    reason: str
    server_code: str | None = None


@dataclass(frozen=True, slots=True)
class BiometricFacts:
    """What the rules need to know of one BIR.

    Attributes:
        attribute: None if the BIR's type and subtype name no known attribute.
        device_time: ``timestamp`` of the signed payload, as text.
        digital_id_time: ``dateTime`` of the digital id, as text.
    """

    attribute: BioAttribute | None
    is_exception: bool
    index: str
    device_time: str | None = None
    digital_id_time: str | None = None


@dataclass(frozen=True, slots=True)
class BiometricFile:
    """One CBEFF file.

    Attributes:
        configured: the root entry CONFIGURED, split; None if absent.
    """

    birs: tuple[BiometricFacts, ...]
    configured: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlainSubPacket:
    """One sub-packet, decoded.

    Attributes:
        identity: the ``identity`` object of ID.json.
        meta: the ``identity`` object of packet_meta_info.json.
        entry_sizes: zip entry name to size in bytes, all entries.
        document_heads: document entry name to its first 16 bytes.
        biometrics: entry name (with ``.xml``) to its decoded facts; officer and supervisor files included.
    """

    identity: Mapping[str, Json] = field(repr=False)
    meta: Mapping[str, Json] = field(repr=False)
    entry_sizes: Mapping[str, int]
    document_heads: Mapping[str, bytes] = field(repr=False)
    biometrics: Mapping[str, BiometricFile]


@dataclass(frozen=True, slots=True)
class PlainContent:
    """A whole packet, decoded.

    Attributes:
        audits: audit.json, in file order.
    """

    registration_id: str
    process: str
    ref_id: str
    schema_version: str
    sub_packets: Mapping[SubPacket, PlainSubPacket]
    audits: Sequence[Mapping[str, Json]] = field(repr=False)


PROCESSES = ("NEW", "UPDATE", "LOST", "BIOMETRIC_CORRECTION")
"""Processes that this client makes packets for and that every server knows (among its main and sub-processes)."""

DOCUMENT_FORMATS = ("pdf", "jpg", "jpeg", "png", "tif", "tiff", "bmp")
"""File extensions of what scanners make and an operator of the server can open."""


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """Limits and windows; the defaults are MOSIP's.

    Attributes:
        id_schema: decoded ID schema; None skips the schema rules.
        now: instant of judging; None skips "not in the future".
        device_window_minutes: how long before creationDate a capture may lie (``allowed-digital-id-timestamp-variation``).
        mandatory_attributes: operation (``new-registration``, ``lost``, ``other`` or a process in lower case) to attributes,
            each with alternatives joined by ``|``; a server refuses a packet without one only if the schema requires it too.
            None takes what the schema requires for NEW and nothing for other processes.
        absent_attributes: bio attributes that a UI specification lets be absent without an exception (infants).
        string_arrays: whether arrays of plain text are allowed in ID.json; only some releases of the server read them.
        consent_field: ID field that a server maps to consent.
        uin_field: ID field that a server maps to the UIN.
        processes: process ids, in capitals, for which the server takes packets; countries add their own.
        document_formats: file extensions of documents, in lower case, that are allowed.
    """

    id_schema: Mapping[str, Json] | None = field(default=None, repr=False)
    now: datetime | None = None
    packet_max_bytes: int = 5 * 1024 * 1024
    document_max_bytes: int = 2_000_000
    device_window_minutes: int = 30
    legacy_client_versions: tuple[str, ...] = ("1.1.3", "1.1.4", "1.1.5", "1.1.5.5")
    mandatory_attributes: Mapping[str, tuple[str, ...]] | None = None
    absent_attributes: frozenset[str] = frozenset()
    string_arrays: bool = False
    consent_field: str = "consent"
    uin_field: str = "UIN"
    processes: tuple[str, ...] = PROCESSES
    document_formats: tuple[str, ...] = DOCUMENT_FORMATS
