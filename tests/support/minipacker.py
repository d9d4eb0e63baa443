"""A second reading of the packet format: packets from plain templates, with none of the builder's code.

The registrations are richer than a typical one: two biometric fields, an exception with its record, biometrics of officer and
supervisor, documents in two sub-packets.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from packet.models import BioAttribute
from tests.support.devicelab import lab_key
from tests.support.editing import EditablePacket, Steps
from tests.support.javazip import java_zip
from tests.support.specs import PDF, demographics, lab

NAMESPACE = "http://standards.iso.org/iso-iec/19785/-3/ed-2/"
CREATED = datetime(2025, 6, 2, 9, 30, 15, tzinfo=UTC)
RID = "10001100770000220250602092000"
REF_ID = "10001_10077"
_UUID_SPACE = uuid5(NAMESPACE_URL, "https://example.org/minipacker")

TYPES = {
    "leftIndex": ("Finger", "Left IndexFinger", "7"),
    "leftThumb": ("Finger", "Left Thumb", "7"),
    "rightThumb": ("Finger", "Right Thumb", "7"),
    "leftEye": ("Iris", "Left", "9"),
    "rightEye": ("Iris", "Right", "9"),
    "face": ("Face", "", "8"),
    "unknown": ("ExceptionPhoto", "", "8"),
}


@dataclass
class Record:
    """One BIR to be; no token makes it an exception."""

    attribute: str
    token: str = ""
    others: dict[str, str] = field(default_factory=dict)

    @property
    def index(self) -> str:
        return str(uuid5(_UUID_SPACE, self.attribute + self.token[-40:]))


def captured(*attributes: str) -> list[Record]:
    """Captures of the lab's devices."""
    return [Record(name, lab().token(BioAttribute(name))) for name in attributes]


def take_apart(token: str) -> tuple[str, str, str]:
    """A token as a packet carries it: BDB and SB as base64, PAYLOAD as text."""
    header, body, signature = token.split(".")
    payload = _from_url(body).decode()
    value = json.loads(payload)["bioValue"]
    bdb = base64.b64encode(_from_url(value)).decode()
    sb = base64.b64encode(f"{header}..{signature}".encode()).decode()
    return bdb, sb, payload.replace(f'"{value}"', '"<bioValue>"')


def cbeff_xml(records: Sequence[Record], configured: Sequence[str] | None) -> bytes:
    """One CBEFF file, without a line break in it."""
    version = "<Version><Major>1</Major><Minor>1</Minor></Version>"
    version += version.replace("Version>", "CBEFFVersion>")
    info = "<BIRInfo><Integrity>false</Integrity></BIRInfo>"
    text = f'<?xml version="1.0" encoding="UTF-8"?><BIR xmlns="{NAMESPACE}">{info}'
    for record in records:
        kind, subtype, number = TYPES[record.attribute]
        bdb, sb, payload = take_apart(record.token) if record.token else ("", "", "")
        others = {
            "EXCEPTION": "false" if record.token else "true",
            "RETRIES": "1",
            "SDK_SCORE": "0.0",
            "FORCE_CAPTURED": "false",
            "PAYLOAD": payload,
            "SPEC_VERSION": "0.9.5" if record.token else "",
        } | record.others
        text += f"<BIR>{version}{info}<BDBInfo><Index>{record.index}</Index>"
        text += f"<Format><Organization>Mosip</Organization><Type>{number}</Type></Format>"
        text += f"<CreationDate>2025-06-02T09:25:00Z</CreationDate><Type>{kind}</Type><Subtype>{subtype}</Subtype>"
        text += "<Level>Raw</Level><Purpose>Enroll</Purpose><Quality><Algorithm><Organization>HMAC</Organization>"
        text += f"<Type>SHA-256</Type></Algorithm><Score>{80 if record.token else 0}</Score></Quality></BDBInfo>"
        text += f"<BDB>{bdb}</BDB><SB>{sb}</SB><others>"
        text += "".join(f'<entry key="{key}">{_escaped(value)}</entry>' for key, value in others.items())
        text += "</others></BIR>"
    if configured is not None:
        text += f'<others><entry key="CONFIGURED">{",".join(configured)}</entry></others>'
    return f"{text}</BIR>".encode()


def mini_packet() -> EditablePacket:
    """A NEW packet in zips as Java writes them; each call gives one of its own."""
    packet = _mini_packet()
    steps = Steps(zip_sub=lambda _, content: java_zip(content), zip_outer=java_zip)
    return replace(packet, metadata=deepcopy(packet.metadata), entries=deepcopy(packet.entries), steps=steps)


@cache
def _mini_packet() -> EditablePacket:
    person = [*captured("leftIndex", "rightThumb", "leftEye", "face", "unknown"), Record("rightEye")]
    configured = ["leftIndex", "rightThumb", "leftEye", "rightEye", "face", "unknown"]
    introducer, officer, supervisor = captured("leftThumb"), captured("rightThumb"), captured("leftIndex")
    fields = {"individualBiometrics": person, "introducerBiometrics": introducer}
    files = {
        "individualBiometrics_bio_CBEFF.xml": cbeff_xml(person, configured),
        "introducerBiometrics_bio_CBEFF.xml": cbeff_xml(introducer, ["leftThumb"]),
        "proofOfIdentity.pdf": PDF,
        "proofOfAddress.jpg": b"\xff\xd8\xff\xe0" + bytes(3000),
    }
    operators = {"officer_bio_cbeff.xml": cbeff_xml(officer, None), "supervisor_bio_cbeff.xml": cbeff_xml(supervisor, None)}
    base = _base_meta(fields)
    identity: dict[str, dict[str, Any]] = {
        "id": {k: v for k, v in demographics().items() if k != "bloodType"} | _references(fields),
        "evidence": {
            "introducerRID": "10001100770000120250601092000",
            "proofOfException": _document("proofOfException", "COE"),
        },
        "optional": {"bloodType": demographics()["bloodType"]},
    }
    entries = {
        "id": files | {"ID.json": b"", "audit.json": _audit()} | operators | {"packet_operations_hash.txt": b""},
        "evidence": {"proofOfException.pdf": PDF, "ID.json": b""},
        "optional": {"ID.json": b""},
    }
    packet = EditablePacket(
        f"{RID}-{REF_ID}-20250602093016",
        "REGISTRATION_CLIENT/NEW",
        {sub: _metadata(sub) for sub in entries},
        entries,
    )
    for sub, held in entries.items():
        packet.put_json(sub, "ID.json", {"IDSchemaVersion": 0.1} | identity[sub])
        held |= {"packet_data_hash.txt": b""}
        packet.put_json(sub, "packet_meta_info.json", base | _own_meta(sub, list(held)))
    return packet


def _own_meta(sub: str, names: list[str]) -> dict[str, Any]:
    bases = [name.rpartition(".")[0] for name in names]
    biometrics = [base for base in bases if base.endswith("_bio_CBEFF")]
    documents = [base for base in bases if base.startswith("proofOf")]
    own: dict[str, Any] = {"hashSequence1": [{"label": "demographicSequence", "value": [*documents, "ID"]}]}
    if biometrics:
        own["hashSequence1"].insert(0, {"label": "biometricSequence", "value": biometrics})
    if sub == "id":
        own["hashSequence2"] = [{"label": "otherFiles", "value": ["officer_bio_cbeff", "supervisor_bio_cbeff", "audit"]}]
        own["officer_bio_cbeffBiometricFileName"] = "officer_bio_cbeff.xml"
        own["supervisor_bio_cbeffBiometricFileName"] = "supervisor_bio_cbeff.xml"
        own |= {"proofOfIdentity": "DOC001", "proofOfAddress": "DOC004"}
    return own


def _references(fields: dict[str, list[Record]]) -> dict[str, Any]:
    references: dict[str, Any] = {name: {"format": "cbeff", "version": 1.0, "value": f"{name}_bio_CBEFF"} for name in fields}
    references["proofOfIdentity"] = _document("proofOfIdentity", "DOC001")
    references["proofOfAddress"] = _document("proofOfAddress", "DOC004", "jpg")
    return references


def _document(name: str, code: str, form: str = "pdf") -> dict[str, Any]:
    return {"value": name, "type": code, "format": form, "refNumber": None}


def _metadata(sub: str) -> dict[str, Any]:
    return {
        "id": f"{RID}-{REF_ID}-20250602093016",
        "packetname": f"{RID}_{sub}",
        "source": "REGISTRATION_CLIENT",
        "process": "NEW",
        "refid": REF_ID,
        "schemaversion": "0.1",
        "providername": "PacketWriterImpl",
        "providerversion": "v1.0",
        "creationdate": "2025-06-02T09:30:16.123456789Z",
    }


def _base_meta(fields: dict[str, list[Record]]) -> dict[str, Any]:
    public = lab_key("machine").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    meta_data = {
        "registrationId": RID,
        "applicationId": RID,
        "creationDate": "20250602093015",
        "Registration Client Version Number": "1.2.0.2",
        "registrationType": "NEW",
        "preRegistrationId": None,
        "machineId": "10077",
        "centerId": "10001",
        "dongleId": None,
        "keyIndex": sha256(public).hexdigest(),
        "langCodes": "eng,fra",
    }
    meta_data["keyIndex"] = ":".join(meta_data["keyIndex"][at : at + 2] for at in range(0, 64, 2))  # type: ignore[index]
    operations = {
        "officerId": "110001",
        "officerBiometricFileName": "officer_bio_cbeff",
        "supervisorId": "110002",
        "supervisorBiometricFileName": "supervisor_bio_cbeff",
        "supervisorPassword": "false",
        "officerPassword": "false",
        "supervisorPIN": None,
        "officerPIN": None,
        "supervisorOTPAuthentication": "false",
        "officerOTPAuthentication": "false",
    }
    return {
        "registrationId": RID,
        "creationDate": "2025-06-02T09:30:15.000Z",
        "metaData": _labelled(meta_data),
        "operationsData": _labelled(operations),
        "biometrics": {
            name: {
                record.attribute: {"numRetry": 1, "forceCaptured": False, "birindex": record.index}
                for record in records
                if record.token
            }
            for name, records in fields.items()
        },
        "exceptionBiometrics": {
            "individualBiometrics": {
                "rightEye": {
                    "type": "Iris",
                    "missingBiometric": "rightEye",
                    "reason": "",
                    "exceptionType": "Temporary",
                    "individualType": "applicant",
                }
            }
        },
        "documents": [
            {
                "documentType": code,
                "documentCategory": category,
                "documentOwner": "Applicant",
                "documentName": f"{category}_{code}",
                "refNumber": None,
            }
            for category, code in (("POI", "DOC001"), ("POA", "DOC004"), ("POE", "COE"))
        ],
        "capturedRegisteredDevices": [],
        "checkSum": {},
        "blockListedWords": {},
    }


def _labelled(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"label": label, "value": value} for label, value in values.items()]


def _audit() -> bytes:
    keys = (
        *("uuid", "createdAt", "eventId", "eventName", "eventType", "hostName", "hostIp", "applicationId", "applicationName"),
        *("sessionUserId", "sessionUserName", "id", "idType", "createdBy", "moduleName", "moduleId", "description"),
        "actionTimeStamp",
    )
    rows = []
    for number in range(3):
        at = f"2025-06-02T09:2{number}:00.000Z"
        row = dict.fromkeys(keys, "x") | {"uuid": str(number), "createdAt": at, "actionTimeStamp": at}
        rows.append(row)
    return json.dumps(rows).encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _from_url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
