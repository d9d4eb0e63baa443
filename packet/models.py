"""What a registration is, as the packet room sees it: plain values, frozen, without behaviour.

Names are MOSIP's. All instants are aware UTC `datetime` values. Personal data lives in these objects only, in memory; their
`repr` therefore leaves the personal fields out, so that a traceback or a log line cannot carry them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias

RegistrationId = NewType("RegistrationId", str)
"""29 digits: centre (5), machine (5), sequence (5), UTC time yyyyMMddHHmmss (14). Also called AID."""

PacketId = NewType("PacketId", str)
"""``<RID>-<centre>_<machine>-<UTC yyyyMMddHHmmss>``; the file name without ``.zip``."""

Clock = Callable[[], datetime]
"""Gives now, as an aware UTC datetime. The packet room never reads the wall clock itself."""

Entropy = Callable[[int], bytes]
"""Gives that many random bytes. ``os.urandom`` in production; a counter-based stream in golden tests."""


class Flow(StrEnum):
    """Flow category of a process; goes into metaData ``registrationType``."""

    NEW = "NEW"
    UPDATE = "UPDATE"
    LOST = "LOST"
    CORRECTION = "CORRECTION"


class SubPacket(StrEnum):
    """The three parts of a packet, in the order in which MOSIP's writer processes them (id last)."""

    EVIDENCE = "evidence"
    OPTIONAL = "optional"
    ID = "id"


class Modality(StrEnum):
    """CBEFF BDBInfo Type."""

    FINGER = "Finger"
    IRIS = "Iris"
    FACE = "Face"
    EXCEPTION_PHOTO = "ExceptionPhoto"


class BioAttribute(StrEnum):
    """Bio attributes by the names that UI specifications use."""

    LEFT_THUMB = "leftThumb"
    LEFT_INDEX = "leftIndex"
    LEFT_MIDDLE = "leftMiddle"
    LEFT_RING = "leftRing"
    LEFT_LITTLE = "leftLittle"
    RIGHT_THUMB = "rightThumb"
    RIGHT_INDEX = "rightIndex"
    RIGHT_MIDDLE = "rightMiddle"
    RIGHT_RING = "rightRing"
    RIGHT_LITTLE = "rightLittle"
    LEFT_EYE = "leftEye"
    RIGHT_EYE = "rightEye"
    FACE = "face"
    EXCEPTION_PHOTO = "unknown"


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """A device's signed capture in the form in which the packet carries it.

    Attributes:
        payload: the JWS payload text with the value of ``bioValue`` replaced by ``<bioValue>``, else byte-identical.
        signature: the JWS without its payload, ``header..signature``.
        iso: the ISO/IEC 19794 record, decoded from ``bioValue``.
    """

    payload: str = field(repr=False)
    signature: str = field(repr=False)
    iso: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CapturedBiometric:
    """One captured bio attribute.

    Attributes:
        quality_score: the device's score, 0..100.
        sdk_score: score of a local quality SDK, 0.0 if none was asked.
        attempts: how many captures were made for it (others entry RETRIES).
        forced: accepted below the threshold at the last attempt (FORCE_CAPTURED).
        spec_version: ``specVersion`` of the item in the capture response.
        captured_at: ``timestamp`` of the signed payload.
    """

    attribute: BioAttribute
    token: DeviceToken
    quality_score: float
    captured_at: datetime
    spec_version: str = "0.9.5"
    sdk_score: float = 0.0
    attempts: int = 1
    forced: bool = False


class ExceptionType(StrEnum):
    """Whether a missing biometric is missing for good."""

    PERMANENT = "Permanent"
    TEMPORARY = "Temporary"


@dataclass(frozen=True, slots=True)
class BiometricException:
    """A bio attribute that cannot be captured, with the reason as the operator gave it."""

    attribute: BioAttribute
    exception_type: ExceptionType
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FieldBiometrics:
    """All of one biometrics field (for example ``individualBiometrics``).

    Attributes:
        configured: the attributes that the UI specification lists for the field, in its order; root entry CONFIGURED.
        individual_type: subType of the field, for example ``applicant`` or ``introducer``.
    """

    configured: tuple[BioAttribute, ...]
    captured: tuple[CapturedBiometric, ...]
    exceptions: tuple[BiometricException, ...] = ()
    individual_type: str = "applicant"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a document field.

    Attributes:
        category: subType of the field, for example ``POI``.
        type_code: document type code of master data, for example ``DOC001``.
        format: file extension, for example ``pdf`` or ``jpg``.
    """

    category: str
    type_code: str
    format: str
    content: bytes = field(repr=False)
    ref_number: str | None = field(default=None, repr=False)
    owner: str = "Applicant"


Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A decoded JSON value."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An officer or supervisor, and how they proved who they are for this packet.

    Attributes:
        biometrics: captures made for the authentication; become ``officer_bio_cbeff.xml`` and so on.
    """

    user_id: str
    by_password: bool = False
    by_otp: bool = False
    biometrics: tuple[CapturedBiometric, ...] = ()


@dataclass(frozen=True, slots=True)
class DigitalId:
    """The unsigned content of a device's digital id."""

    serial_no: str
    make: str
    model: str
    type: str
    device_sub_type: str
    device_provider_id: str
    device_provider: str
    date_time: str


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device that took part in the session; ``capturedRegisteredDevices``."""

    device_code: str
    device_service_version: str
    digital_id: DigitalId


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of audit.json; the attribute order is the key order of the file."""

    uuid: str
    created_at: datetime
    event_id: str
    event_name: str
    event_type: str
    host_name: str
    host_ip: str
    session_user_id: str
    session_user_name: str
    id: str
    id_type: str
    created_by: str
    module_name: str
    module_id: str
    description: str
    action_time_stamp: datetime
    application_id: str = "REG"
    application_name: str = "REGISTRATION"


@dataclass(frozen=True, slots=True)
class BlockListedWords:
    """Blocklisted words that the operator let pass in a field."""

    screen_name: str
    words: tuple[str, ...] = field(repr=False)
    operator_consent: bool
    operator_id: str


@dataclass(frozen=True, slots=True)
class GeoLocation:
    """Coordinates, as decimal text, written only when a deployment asks for them."""

    latitude: str
    longitude: str


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The client that builds the packet.

    Attributes:
        version: metaData ``Registration Client Version Number``.
        machine_serial_no: metaData ``dongleId``.
        checksums: file name to SHA-256 of the client's own modules; ``checkSum``.
    """

    version: str
    machine_serial_no: str | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PacketSpec:
    """Everything that is to be sealed. `packet.builder.build` adds keys, certificate, clock and entropy.

    Attributes:
        process: process id in capitals, for example ``NEW`` or ``BIOMETRIC_CORRECTION``.
        id_schema: the ID schema as published (JSON Schema with ``fieldCategory``), decoded.
        id_schema_version: for example ``0.1``.
        demographics: field id to text, number, list of ``{"language","value"}`` or list of text.
        update_fields: UPDATE only: the field ids of the chosen update groups; UIN is always added.
        additional_info_request_id: CORRECTION only: ``<original AID>-<PROCESS>-<iteration>``.
    """

    registration_id: RegistrationId
    process: str
    flow: Flow
    centre_id: str
    machine_id: str
    id_schema: Mapping[str, Json] = field(repr=False)
    id_schema_version: float
    demographics: Mapping[str, Json] = field(repr=False)
    documents: Mapping[str, Document] = field(repr=False)
    biometrics: Mapping[str, FieldBiometrics] = field(repr=False)
    officer: Operator
    client: ClientInfo
    audits: tuple[AuditEntry, ...] = field(repr=False)
    supervisor: Operator | None = None
    devices: tuple[RegisteredDevice, ...] = ()
    lang_codes: tuple[str, ...] = ("eng",)
    consent: bool | None = None
    pre_registration_id: str | None = None
    additional_info_request_id: str | None = None
    update_fields: frozenset[str] | None = None
    block_listed_words: Mapping[str, BlockListedWords] = field(default_factory=dict, repr=False)
    geo: GeoLocation | None = None
    source: str = "REGISTRATION_CLIENT"

    @property
    def ref_id(self) -> str:
        """``<centre>_<machine>``: key reference of the packet certificate."""
        return f"{self.centre_id}_{self.machine_id}"


@dataclass(frozen=True, slots=True)
class SealedPacket:
    """A finished packet.

    Attributes:
        data: the ciphertext to store as ``<packet_id>.zip``.
        sha256: upper-hex SHA-256 of ``data`` for the RID sync (``packetHashValue``).
        created_at: top-level ``creationDate``: the instant that all server time checks use.
    """

    packet_id: PacketId
    registration_id: RegistrationId
    ref_id: str
    process: str
    data: bytes = field(repr=False)
    sha256: str
    created_at: datetime

    @property
    def file_name(self) -> str:
        """Name of the packet file."""
        return f"{self.packet_id}.zip"

    @property
    def size_bytes(self) -> int:
        """Length of the ciphertext; ``packetSize`` of the RID sync."""
        return len(self.data)
