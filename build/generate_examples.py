"""Makes the example registrations: one for each process, with captures of the test devices.

    python build/generate_examples.py

Keys and texts are fixed, so only the pictures inside the captures can differ between versions of the JPEG 2000 encoder.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from packet.bioattributes import EYES, FINGERS  # noqa: E402
from packet.models import BioAttribute  # noqa: E402
from tests.support.devicelab import DeviceLab, lab_certificate, lab_key  # noqa: E402

TARGET = ROOT / "resources" / "examples"
CAPTURED_AT = datetime(2025, 6, 2, 9, 25, tzinfo=UTC)
EVERYTHING = (*FINGERS, *EYES, BioAttribute.FACE)
MISSING = BioAttribute.LEFT_LITTLE
ONE_PAGE = b"\n".join(
    (
        b"%PDF-1.4",
        b"1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj",
        b"2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj",
        b"3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 420 298]>> endobj",
        b"xref",
        b"0 4",
        b"0000000000 65535 f ",
        b"0000000009 00000 n ",
        b"0000000054 00000 n ",
        b"0000000105 00000 n ",
        b"trailer <</Size 4/Root 1 0 R>>",
        b"startxref",
        b"170",
        b"%%EOF",
        b"",
    )
)

Registration = dict[str, Any]


@dataclass
class Example:
    """One folder: registration.json and the files that it names."""

    registration: Registration
    files: dict[str, bytes] = field(default_factory=dict)

    def captures(self, attributes: Iterable[BioAttribute], folder: str) -> list[dict[str, Any]]:
        """Makes capture files and gives the entries that name them. An operator's captures have the same purpose as others:
        only captures for registration are not encrypted for another server."""
        lab = DeviceLab(CAPTURED_AT)
        entries = []
        for attribute in attributes:
            name = f"captures/{folder}/{attribute.value}.jws"
            self.files[name] = f"{lab.token(attribute)}\n".encode("ascii")
            entries.append({"attribute": attribute.value, "file": name})
        return entries

    def document(self, category: str, type_code: str) -> dict[str, Any]:
        """Adds a one-page document and gives the entry that names it."""
        name = f"documents/{type_code}.pdf"
        self.files[name] = ONE_PAGE
        return {"category": category, "typeCode": type_code, "format": "pdf", "refNumber": f"{type_code}-0001", "file": name}


def all_examples() -> Mapping[str, Example]:
    """Folder name to example."""
    return {"new": _new(), "update": _update(), "lost": _lost(), "biometric-correction": _correction()}


def shared_files() -> Mapping[str, bytes]:
    """What belongs to all examples: the devices' trust anchors, and a packet certificate whose private key everyone has."""
    private = lab_key("packet").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "trust/device-root.pem": lab_certificate("device-root").public_bytes(Encoding.PEM),
        "trust/device-provider.pem": lab_certificate("device-provider").public_bytes(Encoding.PEM),
        "keys/example-packet-certificate.pem": lab_certificate("packet").public_bytes(Encoding.PEM),
        "keys/example-packet-private.pem": private,
    }


def registration_text(example: Example) -> str:
    """registration.json as it stands in the file."""
    return json.dumps(example.registration, indent=2, ensure_ascii=False) + "\n"


def _base(process: str, flow: str, sequence: int) -> Registration:
    return {
        "$schema": "../../schema/registration.schema.json",
        "registrationId": f"1000110077{sequence:05d}20250602092000",
        "process": process,
        "flow": flow,
        "centreId": "10001",
        "machineId": "10077",
        "creationDate": "2025-06-02T09:30:15.123Z",
        "idSchemaVersion": 0.1,
        "demographics": {},
        "officer": {"userId": "110001", "byPassword": True},
        "client": {"version": "1.2.0.2", "machineSerialNo": "EXAMPLE-0001"},
        "audits": [
            _audit("REG-EVT-001", "REG_START", "Registration started", "09:20:00.000"),
            _audit("REG-EVT-002", "REG_SAVE", "Registration saved", "09:30:15.000"),
        ],
        "langCodes": ["eng", "fra"],
        "consent": True,
    }


def _audit(event_id: str, name: str, description: str, time: str) -> dict[str, str]:
    return {
        "eventId": event_id,
        "eventName": name,
        "eventType": "USER",
        "moduleId": "REG-MOD-103",
        "moduleName": "Registration",
        "description": description,
        "actionTimeStamp": f"2025-06-02T{time}Z",
    }


def _both(english: str, french: str | None = None) -> list[dict[str, str]]:
    return [{"language": "eng", "value": english}, {"language": "fra", "value": french or english}]


def _person() -> dict[str, Any]:
    return {
        "consent": "Y",
        "preferredLang": "eng",
        "fullName": _both("Amina Example", "Amina Exemple"),
        "dateOfBirth": "1990/04/23",
        "gender": _both("FLE"),
        "residenceStatus": _both("NFR"),
        "addressLine1": _both("1 First Street", "1, rue Première"),
        "addressLine2": _both("Old Town", "Vieille Ville"),
        "addressLine3": _both("By the river", "Au bord du fleuve"),
        "region": _both("North", "Nord"),
        "province": _both("Upper North", "Haut-Nord"),
        "city": _both("Springfield"),
        "zone": _both("Harbour", "Port"),
        "postalCode": "10114",
        "phone": "0612345678",
        "email": "amina@example.org",
        "bloodType": _both("OPOS"),
    }


def _configured(attributes: Iterable[BioAttribute]) -> list[str]:
    return [attribute.value for attribute in attributes]


def _new() -> Example:
    """Everything, with a missing finger, its exception photo and its proof, and a reviewer."""
    example = Example(_base("NEW", "NEW", 1))
    captured = (*(a for a in EVERYTHING if a is not MISSING), BioAttribute.EXCEPTION_PHOTO)
    example.registration |= {
        "demographics": _person(),
        "documents": {
            "proofOfIdentity": example.document("POI", "DOC001"),
            "proofOfAddress": example.document("POA", "DOC002"),
            "proofOfException": example.document("POE", "DOC005"),
        },
        "biometrics": {
            "individualBiometrics": {
                "configured": _configured(EVERYTHING),
                "captured": example.captures(captured, "individual"),
                "exceptions": [{"attribute": MISSING.value, "exceptionType": "Permanent", "reason": "Lost in an accident"}],
            }
        },
        "supervisor": {"userId": "110002", "byPassword": True},
    }
    return example


def _update() -> Example:
    """A new address; the person proves who they are with two fingers."""
    example = Example(_base("UPDATE", "UPDATE", 2))
    fingers = (BioAttribute.RIGHT_INDEX, BioAttribute.LEFT_INDEX)
    chosen = ["consent", "preferredLang", "addressLine1", "addressLine2", "addressLine3", "postalCode"]
    example.registration |= {
        "demographics": {"UIN": "6294209749", **{name: _person()[name] for name in chosen}},
        "updateFields": chosen,
        "documents": {"proofOfAddress": example.document("POA", "DOC002")},
        "biometrics": {
            "individualAuthBiometrics": {
                "configured": _configured(fingers),
                "captured": example.captures(fingers, "auth"),
                "individualType": "applicant-auth",
            }
        },
    }
    return example


def _lost() -> Example:
    """No UIN known: biometrics find the person. The officer proved who they are by face."""
    example = Example(_base("LOST", "LOST", 3))
    attributes = (BioAttribute.RIGHT_THUMB, BioAttribute.LEFT_THUMB, *EYES, BioAttribute.FACE)
    example.registration |= {
        "demographics": {name: _person()[name] for name in ("consent", "preferredLang", "fullName", "dateOfBirth", "gender")},
        "biometrics": {
            "individualBiometrics": {
                "configured": _configured(attributes),
                "captured": example.captures(attributes, "individual"),
            }
        },
        "officer": {"userId": "110001", "biometrics": example.captures([BioAttribute.FACE], "officer")},
    }
    return example


def _correction() -> Example:
    """Irises again, for a registration that was made on another machine of the centre."""
    example = Example(_base("BIOMETRIC_CORRECTION", "CORRECTION", 4))
    original = "10001100780000920250512081500"
    example.registration |= {
        "registrationId": original,
        "additionalInfoRequestId": f"{original}-BIOMETRIC_CORRECTION-1",
        "demographics": {"consent": "Y", "preferredLang": "eng"},
        "biometrics": {
            "individualBiometrics": {"configured": _configured(EYES), "captured": example.captures(EYES, "individual")},
        },
    }
    return example


def main() -> None:
    """Writes all folders anew."""
    for name, content in shared_files().items():
        _write(TARGET / name, content)
    for folder, example in all_examples().items():
        shutil.rmtree(TARGET / folder, ignore_errors=True)
        _write(TARGET / folder / "registration.json", registration_text(example).encode())
        for name, content in example.files.items():
            _write(TARGET / folder / name, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()
