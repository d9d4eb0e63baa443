"""Registrations for tests of the packet builder: an invented person of the demo country."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from packet.keys.software import SoftwareMachineKey
from packet.models import (
    AuditEntry,
    BioAttribute,
    ClientInfo,
    Clock,
    Document,
    Entropy,
    FieldBiometrics,
    Flow,
    Json,
    Operator,
    PacketSpec,
    RegistrationId,
)
from tests.support.devicelab import DeviceLab, lab_key

CREATED_AT: Final = datetime(2025, 6, 2, 9, 30, 15, 123000, tzinfo=UTC)
CAPTURED_AT: Final = datetime(2025, 6, 2, 9, 25, tzinfo=UTC)
RID: Final = RegistrationId("10001100770000120250602092000")
PDF: Final = b"%PDF-1.4\n% a page with nothing on it\n%%EOF\n"


@cache
def demo_schema() -> Mapping[str, Json]:
    """The demo country's ID schema."""
    schema: Mapping[str, Json] = orjson.loads(files("resources").joinpath("schema", "id-schema.json").read_bytes())
    return schema


class CountingEntropy:
    """A stream of bytes that is the same for the same label: SHA-256 over label and counter."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._counter = 0
        self._rest = b""

    def __call__(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._rest += hashlib.sha256(f"{self._label}/{self._counter}".encode()).digest()
            self._counter += 1
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def counting_entropy(label: str = "entropy") -> Entropy:
    """A fresh stream."""
    return CountingEntropy(label)


def multilingual(text: str, *languages: str) -> list[Json]:
    """A simpleType value with the same text in each language; English if none is given."""
    return [{"language": language, "value": text} for language in languages or ("eng",)]


def demographics() -> dict[str, Json]:
    """Everything that the demo schema requires, and some more, in all categories."""
    return {
        "consent": "Y",
        "preferredLang": "eng",
        "fullName": multilingual("Amina Example", "eng", "fra"),
        "dateOfBirth": "1990/04/23",
        "gender": multilingual("FLE"),
        "residenceStatus": multilingual("NFR"),
        "addressLine1": multilingual("1 First Street"),
        "addressLine2": multilingual("Old Town"),
        "addressLine3": multilingual("By the river"),
        "region": multilingual("North"),
        "province": multilingual("Upper North"),
        "city": multilingual("Springfield"),
        "zone": multilingual("Harbour"),
        "postalCode": "10114",
        "phone": "0612345678",
        "email": "amina@example.org",
        "bloodType": multilingual("OPOS"),
    }


def document(category: str = "POI", type_code: str = "DOC001", content: bytes = PDF) -> Document:
    """A small PDF."""
    return Document(category, type_code, "pdf", content, ref_number="A-1")


def audit(number: int = 1, at: datetime = CAPTURED_AT) -> AuditEntry:
    """An audit row."""
    return AuditEntry(
        uuid=f"00000000-0000-4000-8000-{number:012d}",
        created_at=at,
        event_id="REG-EVT-001",
        event_name="REG_START",
        event_type="USER",
        host_name="desk-1",
        host_ip="localhost",
        session_user_id="110001",
        session_user_name="110001",
        id=RID,
        id_type="REGISTRATION_ID",
        created_by="110001",
        module_name="Registration",
        module_id="REG-MOD-103",
        description="Registration started",
        action_time_stamp=at,
    )


def lab() -> DeviceLab:
    """The lab's devices at the time of the test registrations."""
    return DeviceLab(CAPTURED_AT)


@cache
def _two_captures() -> FieldBiometrics:
    attributes = (BioAttribute.LEFT_INDEX, BioAttribute.FACE)
    return FieldBiometrics(attributes, lab().captured_all(attributes))


def new_spec(**changes: Any) -> PacketSpec:
    """A NEW registration that every rule lets pass; with a finger and a face."""
    spec = PacketSpec(
        registration_id=RID,
        process="NEW",
        flow=Flow.NEW,
        centre_id="10001",
        machine_id="10077",
        id_schema=demo_schema(),
        id_schema_version=0.1,
        demographics=demographics(),
        documents={"proofOfIdentity": document()},
        biometrics={"individualBiometrics": _two_captures()},
        officer=Operator("110001", by_password=True),
        client=ClientInfo("1.2.0.2", "SERIAL-1"),
        audits=(audit(),),
        devices=(lab().device("Finger"), lab().device("Face")),
        consent=True,
    )
    return replace(spec, **changes)


@cache
def machine_key() -> SoftwareMachineKey:
    """The machine of the test registrations, with a software key."""
    key = lab_key("machine")
    return SoftwareMachineKey(key, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def ticking_clock(start: datetime = CREATED_AT, step_s: float = 1.0) -> Clock:
    """A clock that goes on by a step with each look at it."""
    instants = (start + timedelta(seconds=step_s * number) for number in count())
    return lambda: next(instants)
