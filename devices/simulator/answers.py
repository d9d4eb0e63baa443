"""What the simulated devices say: discovery, information and captures, with their signatures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import orjson

from devices.sbi import digitalid, hashchain
from devices.sbi.attributes import BioType
from devices.sbi.info import SPEC_VERSION, DeviceStatus
from devices.sbi.trust import L1
from devices.simulator.asked import Asked
from devices.simulator.catalogue import (
    FIRMWARE,
    MAKE,
    PROVIDER,
    PROVIDER_ID,
    SERVICE_VERSION,
    SimulatedDevice,
    SimulatorConfig,
)
from devices.simulator.pki import Identity, SimulatorPki
from devices.simulator.subjects.images import picture
from packet.bioattributes import FACTS
from packet.crypto import jws
from packet.encoding import b64url, iso_seconds
from packet.iso import FaceRecord, FingerRecord, IrisRecord, IsoRecord, encode_record
from packet.iso.face import FaceTraits
from packet.iso.fields import QualityBlock
from packet.models import BioAttribute, DigitalId

_STATUS_ERRORS = {
    DeviceStatus.READY: ("0", "Success"),
    DeviceStatus.NOT_READY: ("110", "Device not ready"),
    DeviceStatus.BUSY: ("111", "Device busy"),
    DeviceStatus.NOT_REGISTERED: ("100", "Device not registered"),
}


def error(code: str, info: str) -> dict[str, str]:
    """``error`` of any answer."""
    return {"errorCode": code, "errorInfo": info}


def failed_capture(code: str, info: str) -> dict[str, object]:
    """An answer to a capture request of which nothing came."""
    return {"biometrics": [{"specVersion": SPEC_VERSION, "data": "", "hash": "", "error": error(code, info)}]}


def iso_record(attribute: BioAttribute, subject: int, score: float, at: datetime) -> IsoRecord:
    """The record of one attribute of a synthetic person."""
    image = picture(subject, attribute)
    quality = (QualityBlock(int(score)),)
    position = FACTS[attribute].iso_position
    match FACTS[attribute].sbi_type:
        case BioType.FINGER:
            return FingerRecord(position, at, image.width, image.height, image.data, quality)
        case BioType.IRIS:
            return IrisRecord(position, at, image.width, image.height, image.data, quality)
        case _:
            return FaceRecord(at, image.width, image.height, image.data, quality, traits=FaceTraits(gender=0xFF))


class Answers:
    """Builds answers for one configuration and its keys."""

    def __init__(self, config: SimulatorConfig, pki: SimulatorPki) -> None:
        self._config = config
        self._pki = pki
        self._signer = lru_cache(pki.device)
        self._chip = lru_cache(pki.chip)

    def discovery(self, devices: Sequence[SimulatedDevice], port: int, now: datetime) -> list[dict[str, object]]:
        """Entries of a discovery answer; one error entry if there are none."""
        if not devices:
            return [{"error": error("106", "Device not found")}]
        return [self._discovered(device, port, now) for device in devices]

    def _discovered(self, device: SimulatedDevice, port: int, now: datetime) -> dict[str, object]:
        known = self._known(device, port)
        return {
            "deviceId": known["deviceId"],
            "deviceStatus": device.status.value,
            "certification": self._config.level,
            "serviceVersion": SERVICE_VERSION,
            "callbackId": known["callbackId"],
            "digitalId": b64url(digitalid.encode(_digital_id(device, now))),
            "deviceCode": known["deviceCode"],
            "purpose": known["purpose"],
            "error": error(*_STATUS_ERRORS[device.status]),
            "specVersion": [SPEC_VERSION],
            "deviceSubId": list(device.sub_ids),
        }

    def _known(self, device: SimulatedDevice, port: int) -> dict[str, str]:
        """What an unregistered device leaves empty."""
        is_registered = device.status is not DeviceStatus.NOT_REGISTERED
        return {
            "env": self._config.env if is_registered else "None",
            "deviceId": device.device_id if is_registered else "",
            "deviceCode": device.device_code if is_registered else "",
            "purpose": "Registration" if is_registered else "",
            "callbackId": f"http://127.0.0.1:{port}/",
        }

    def info(self, devices: Sequence[SimulatedDevice], port: int, now: datetime) -> list[dict[str, object]]:
        """Entries of an information answer."""
        return [self._informed(device, port, now) for device in devices]

    def _informed(self, device: SimulatedDevice, port: int, now: datetime) -> dict[str, object]:
        is_registered = device.status is not DeviceStatus.NOT_REGISTERED
        known = self._known(device, port)
        unsigned = digitalid.encode(_digital_id(device, now))
        payload = {
            "specVersion": [SPEC_VERSION],
            "env": known["env"],
            "digitalId": self._signed_digital_id(device, now) if is_registered else b64url(unsigned),
            "deviceId": known["deviceId"],
            "deviceCode": known["deviceCode"],
            "purpose": known["purpose"],
            "serviceVersion": SERVICE_VERSION,
            "deviceStatus": device.status.value,
            "firmware": FIRMWARE,
            "certification": self._config.level,
            "deviceSubId": list(device.sub_ids),
            "callbackId": known["callbackId"],
        }
        data = orjson.dumps(payload)
        token = self._sign(device, data) if is_registered else b64url(data)
        return {"deviceInfo": token, "error": error(*_STATUS_ERRORS[device.status])}

    def _sign(self, device: SimulatedDevice, payload: bytes) -> str:
        """A token of the device. At L1 it lists the chip's certificate too, since the registration processor wants every
        certificate of the digital id among those of the capture."""
        identity: Identity = self._signer(device.serial_no)
        extra = (self._chip(device.serial_no).certificate,) if self._config.level == L1 else ()
        return jws.sign(payload, identity.key, (identity.certificate, *extra))

    def _signed_digital_id(self, device: SimulatedDevice, now: datetime) -> str:
        identity: Identity = (self._chip if self._config.level == L1 else self._signer)(device.serial_no)
        return jws.sign(digitalid.encode(_digital_id(device, now)), identity.key, (identity.certificate,))

    def capture(self, asked: Asked, scores: dict[BioAttribute, float], subject: int, now: datetime) -> dict[str, object]:
        """An answer with one element per attribute, chained in this order."""
        previous = asked.previous_hash
        elements = []
        for attribute in asked.attributes:
            iso = encode_record(iso_record(attribute, subject, scores[attribute], now))
            previous = hashchain.next_hash(previous, iso)
            payload = orjson.dumps(self._payload(asked, attribute, iso, scores[attribute], now))
            elements.append({
                "specVersion": SPEC_VERSION,
                "data": self._sign(asked.device, payload),
                "hash": previous,
                "error": error("0", "Success"),
            })  # fmt: skip
        return {"biometrics": elements}

    def _payload(self, asked: Asked, attribute: BioAttribute, iso: bytes, score: float, now: datetime) -> dict[str, str]:
        sub_type = FACTS[attribute].sbi_sub_type
        return {
            "digitalId": self._signed_digital_id(asked.device, now),
            "deviceCode": asked.device.device_code,
            "deviceServiceVersion": SERVICE_VERSION,
            "bioType": asked.device.bio_type.value,
            **({"bioSubType": sub_type} if sub_type else {}),
            "purpose": "Registration",
            "env": asked.env,
            "bioValue": b64url(iso),
            "transactionId": asked.transaction_id,
            "timestamp": iso_seconds(now),
            "requestedScore": str(float(asked.requested_score)),
            "qualityScore": str(float(score)),
        }


def _digital_id(device: SimulatedDevice, now: datetime) -> DigitalId:
    return DigitalId(
        serial_no=device.serial_no,
        make=MAKE,
        model=device.model,
        type=device.bio_type.value,
        device_sub_type=device.sub_type,
        device_provider_id=PROVIDER_ID,
        device_provider=PROVIDER,
        date_time=iso_seconds(now),
    )
