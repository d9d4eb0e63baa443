"""A test-only maker of devices: its PKI and its signed captures, from fixed keys that guard nothing.

Everything but the pictures is the same on every machine: keys, certificates, texts and signatures. The pictures are drawn from
the attribute's name and compressed by whatever JPEG 2000 encoder Pillow has.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from PIL import Image

from packet.bioattributes import FACTS
from packet.crypto import jws
from packet.crypto.chain import TrustStore
from packet.devicetoken import split
from packet.encoding import b64url, iso_seconds, sha256
from packet.iso.face import FaceRecord
from packet.iso.fields import QualityBlock
from packet.iso.finger import FingerRecord
from packet.iso.iris import IrisRecord
from packet.iso.record import IsoRecord, encode_record
from packet.models import BioAttribute, CapturedBiometric, DigitalId, RegisteredDevice

KEY_DIRECTORY: Final = Path(__file__).parents[1] / "golden" / "keys"
VALID_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
VALID_UNTIL: Final = datetime(2099, 12, 31, tzinfo=UTC)

_TYPES: Final = {"Finger": "Slap", "Iris": "Double", "Face": "Full face"}
_SIZES: Final = {"Finger": (96, 128), "Iris": (128, 96), "Face": (90, 120)}


@cache
def lab_key(role: str) -> rsa.RSAPrivateKey:
    """The committed key of a role: device-root, device-provider, device, machine or packet."""
    key = load_pem_private_key((KEY_DIRECTORY / f"{role}.test-key.pem").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@cache
def lab_certificate(role: str) -> x509.Certificate:
    """The certificate of a role, the same bytes every time: serial and dates are fixed, PKCS#1 v1.5 has no randomness."""
    name, issuer_name, issuer_role, is_ca = _CERTIFICATES[role]
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer_name))
        .public_key(lab_key(role).public_key())
        .serial_number(int.from_bytes(sha256(role.encode())[:8]) | 1 << 62)
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    return builder.sign(lab_key(issuer_role), hashes.SHA256())


_CERTIFICATES: Final = {
    "device-root": ("Sealdesk Test Device Root", "Sealdesk Test Device Root", "device-root", True),
    "device-provider": ("Sealdesk Test Device Provider", "Sealdesk Test Device Root", "device-root", True),
    "device": ("Sealdesk Test Device 0001", "Sealdesk Test Device Provider", "device-provider", False),
    "packet": ("REGISTRATION-10001_10077", "REGISTRATION-10001_10077", "packet", False),
}


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sealdesk Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def device_trust() -> TrustStore:
    """The store in which captures of the lab's devices lead to an anchor."""
    return TrustStore("DEVICE", [lab_certificate("device-root"), lab_certificate("device-provider")])


@dataclass(frozen=True)
class DeviceLab:
    """Devices of one make, one for each modality, that sign with the same test key.

    Attributes:
        at: when they capture.
        purpose: Registration or Auth.
    """

    at: datetime
    purpose: str = "Registration"
    env: str = "Developer"

    def digital_id(self, sbi_type: str) -> DigitalId:
        """Identity of the device for a modality."""
        return DigitalId(
            serial_no=f"LAB-{sbi_type.upper()}-0001",
            make="Sealdesk",
            model=f"Lab {sbi_type}",
            type=sbi_type,
            device_sub_type=_TYPES[sbi_type],
            device_provider_id="sealdesk-lab",
            device_provider="Sealdesk Lab",
            date_time=iso_seconds(self.at),
        )

    def device(self, sbi_type: str) -> RegisteredDevice:
        """The device as the meta information lists it."""
        return RegisteredDevice(f"lab-{sbi_type.lower()}-0001", "0.9.5", self.digital_id(sbi_type))

    def token(self, attribute: BioAttribute, *, score: float = 80.0, record: bytes | None = None) -> str:
        """A signed capture of one attribute: the compact JWS that stands in ``data`` of a capture response."""
        facts = FACTS[attribute]
        payload = {
            "digitalId": self._sign(_digital_id_payload(self.digital_id(facts.sbi_type))),
            "deviceCode": self.device(facts.sbi_type).device_code,
            "deviceServiceVersion": "0.9.5",
            "bioType": facts.sbi_type,
            "bioSubType": facts.sbi_sub_type,
            "purpose": self.purpose,
            "env": self.env,
            "bioValue": b64url(record if record is not None else iso_record(attribute, self.at, score)),
            "transactionId": f"lab-{attribute.value}",
            "timestamp": iso_seconds(self.at),
            "requestedScore": "60.0",
            "qualityScore": str(score),
        }
        if not facts.sbi_sub_type:
            del payload["bioSubType"]
        return self._sign(payload)

    def captured(self, attribute: BioAttribute, *, score: float = 80.0, record: bytes | None = None) -> CapturedBiometric:
        """A capture as a registration holds it."""
        token = self.token(attribute, score=score, record=record)
        return CapturedBiometric(attribute, split(token, jws.parse(token)), score, self.at)

    def captured_all(self, attributes: Iterable[BioAttribute]) -> tuple[CapturedBiometric, ...]:
        """Captures of several attributes."""
        return tuple(self.captured(attribute) for attribute in attributes)

    def _sign(self, payload: dict[str, str]) -> str:
        return jws.sign(orjson.dumps(payload), lab_key("device"), (lab_certificate("device"),))


def _digital_id_payload(digital_id: DigitalId) -> dict[str, str]:
    return {
        "serialNo": digital_id.serial_no,
        "make": digital_id.make,
        "model": digital_id.model,
        "type": digital_id.type,
        "deviceSubType": digital_id.device_sub_type,
        "deviceProviderId": digital_id.device_provider_id,
        "deviceProvider": digital_id.device_provider,
        "dateTime": digital_id.date_time,
    }


def iso_record(
    attribute: BioAttribute, at: datetime, score: float = 80.0, size: tuple[int, int] | None = None, noise: float = 0.0
) -> bytes:
    """An ISO/IEC 19794 record of a drawn picture.

    Args:
        size: width and height; small if None.
        noise: 0.0 gives a picture that compresses well, 1.0 one that does not compress at all.
    """
    facts = FACTS[attribute]
    width, height = size or _SIZES[facts.sbi_type]
    image = _jp2(_drawing(attribute, width, height, noise, components=3 if facts.sbi_type == "Face" else 1))
    quality = (QualityBlock(int(score)),)
    record: IsoRecord
    match facts.sbi_type:
        case "Finger":
            record = FingerRecord(facts.iso_position, at, width, height, image, quality)
        case "Iris":
            record = IrisRecord(facts.iso_position, at, width, height, image, quality)
        case _:
            record = FaceRecord(at, width, height, image, quality)
    return encode_record(record)


def _drawing(attribute: BioAttribute, width: int, height: int, noise: float, components: int) -> np.ndarray:
    """Rings around a centre that depends on the attribute: no person's picture."""
    seed = int.from_bytes(sha256(attribute.value.encode())[:4])
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    centre_x, centre_y = width * (0.3 + seed % 41 / 100), height * (0.3 + seed // 41 % 41 / 100)
    rings = 128 + 100 * np.sin(np.hypot(x - centre_x, y - centre_y) / (3 + seed % 5))
    grey = rings * (1 - noise) + np.random.default_rng(seed).integers(0, 256, (height, width)) * noise
    plane = np.clip(grey, 0, 255).astype(np.uint8)
    return plane if components == 1 else np.stack([plane, 255 - plane, plane // 2], axis=-1)


def _jp2(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG2000", irreversible=False)
    return out.getvalue()
