"""Reading a capture request as a device does: tolerant about numbers and nulls, strict about what is missing or wrong.

The checks run in the order of MOSIP's mock device; the first failure gives the error code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from devices.sbi.attributes import EXCEPTION_PHOTO, FACE_EXCEPTION, GROUPS, BioType
from devices.sbi.errors import DeviceMessageError
from devices.sbi.hashchain import is_hash
from devices.sbi.info import SPEC_VERSION, DeviceStatus
from devices.sbi.jsonedge import Value, decode
from devices.simulator.catalogue import SimulatedDevice
from packet.bioattributes import BY_SBI_SUB_TYPE, FACTS
from packet.models import BioAttribute

REQUEST_MAX_BYTES = 64 * 1024
TIMEOUT_MAX_MS = 300_000
ENVIRONMENTS = ("Staging", "Developer", "Pre-Production", "Production")
_EXCEPTION_NAMES = {facts.sbi_sub_type for facts in FACTS.values() if facts.sbi_sub_type} | {FACE_EXCEPTION}


class RefusedRequestError(Exception):
    """The device answers with this error code."""

    def __init__(self, code: str, info: str) -> None:
        super().__init__(code)
        self.code = code
        self.info = info


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the device will serve."""

    device: SimulatedDevice
    env: str
    transaction_id: str
    timeout_ms: int
    requested_score: float
    previous_hash: str
    attributes: tuple[BioAttribute, ...]


def read_request(body: bytes, devices: Sequence[SimulatedDevice]) -> Asked:
    """Checks a request against the devices that are there.

    Raises:
        RefusedRequestError: with the code of the first failure.
    """
    try:
        request = _object(decode(body, "a request", REQUEST_MAX_BYTES))
    except DeviceMessageError as error:
        raise RefusedRequestError("123", "the request is not a JSON object") from error
    env, purpose = _text(request, "env"), _text(request, "purpose")
    transaction_id, timeout = _text(request, "transactionId"), _number(request, "timeout")
    version = _text(request, "specVersion")
    bios = request.get("bio")
    if "captureTime" not in request or not isinstance(bios, list) or len(bios) != 1:
        raise RefusedRequestError("123", "captureTime or bio is missing")
    bio = _object(bios[0])
    count, score = _number(bio, "count"), _number(bio, "requestedScore")
    sub_id = _text(bio, "deviceSubId")
    if env not in ENVIRONMENTS:
        raise RefusedRequestError("115", "env is not known")
    if purpose != "Registration":
        raise RefusedRequestError("121", "purpose is not Registration")
    device = _device(bio, devices)
    if version != SPEC_VERSION or not (0 <= timeout <= TIMEOUT_MAX_MS and 0 <= score <= 100):
        raise RefusedRequestError("123", "specVersion, timeout or requestedScore is out of range")
    if not re.fullmatch(r"[A-Za-z0-9-]{4,50}", transaction_id):
        raise RefusedRequestError("112", "transactionId does not have the form")
    attributes = _attributes(bio, device.bio_type, sub_id, device)
    if count != len(attributes) or not attributes:
        raise RefusedRequestError("109", "count does not fit the device and the exceptions")
    return Asked(device, env, transaction_id, int(timeout), score, _previous_hash(bio), attributes)


def _object(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise RefusedRequestError("123", "an object is missing")
    return value


def _text(values: dict[str, Value], name: str) -> str:
    value = values.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise RefusedRequestError("123", f"{name} is missing")
    return value


def _number(values: dict[str, Value], name: str) -> float:
    value = values.get(name)
    if isinstance(value, float):
        return value
    text = _text(values, name)
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        raise RefusedRequestError("123", f"{name} is no number")
    return float(text)


def _names(values: dict[str, Value], name: str) -> list[str]:
    value = values.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RefusedRequestError("123", f"{name} is no list")
    return [item for item in value if isinstance(item, str)]


def _device(bio: dict[str, Value], devices: Sequence[SimulatedDevice]) -> SimulatedDevice:
    device_id, bio_type = _text(bio, "deviceId"), _text(bio, "type")
    if not device_id:
        raise RefusedRequestError("704", "deviceId is empty")
    if bio_type not in set(BioType):
        raise RefusedRequestError("114", "type is not known")
    device = next((device for device in devices if device.device_id == device_id), None)
    if device is None:
        raise RefusedRequestError("705", "no such device")
    if device.bio_type != bio_type:
        raise RefusedRequestError("120", "the device is of another type")
    refusals = {
        DeviceStatus.NOT_REGISTERED: ("100", "the device is not registered"),
        DeviceStatus.NOT_READY: ("110", "the device is not ready"),
        DeviceStatus.BUSY: ("703", "the device is busy"),
    }
    if device.status in refusals:
        raise RefusedRequestError(*refusals[device.status])
    return device


def _attributes(bio: dict[str, Value], bio_type: BioType, sub_id: str, device: SimulatedDevice) -> tuple[BioAttribute, ...]:
    wanted, exceptions = _names(bio, "bioSubType"), _names(bio, "exception")
    if any(name not in _EXCEPTION_NAMES for name in exceptions):
        raise RefusedRequestError("117", "an exception is not known")
    if bio_type is BioType.FACE:
        return EXCEPTION_PHOTO.attributes if exceptions else (BioAttribute.FACE,)
    for name in (*wanted, *exceptions):
        if (bio_type, name) not in BY_SBI_SUB_TYPE:
            raise RefusedRequestError("122", "a sub-type or exception does not fit the type")
    offered = _offered(bio_type, sub_id, device)
    present = tuple(a for a in offered if FACTS[a].sbi_sub_type not in exceptions)
    chosen = tuple(a for a in present if not wanted or FACTS[a].sbi_sub_type in wanted)
    if wanted and len(chosen) != len(set(wanted)):
        raise RefusedRequestError("122", "a sub-type is not of this part of the device")
    return chosen


def _offered(bio_type: BioType, sub_id: str, device: SimulatedDevice) -> tuple[BioAttribute, ...]:
    if sub_id not in device.sub_ids:
        raise RefusedRequestError("122", "the device has no such sub id")
    if bio_type is BioType.IRIS and sub_id in {"1", "2"}:
        return (BioAttribute.LEFT_EYE,) if sub_id == "1" else (BioAttribute.RIGHT_EYE,)
    return next(g.attributes for g in GROUPS if (g.bio_type, g.sub_id) == (bio_type, sub_id))


def _previous_hash(bio: dict[str, Value]) -> str:
    value = bio.get("previousHash")
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not is_hash(value):
        raise RefusedRequestError("123", "previousHash is not 64 upper-case hex digits")
    return value
