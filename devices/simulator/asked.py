"""Reading a capture request as a device does: tolerant about numbers and nulls, strict about what is missing or wrong.

The checks run in the order of MOSIP's mock device; the first failure gives the error code. Codes of registration captures begin
with 7, those of authentication captures with 8 where both exist.
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
from packet.bioattributes import BY_SBI_SUB_TYPE, EYES, FACTS, FINGERS
from packet.models import BioAttribute

REQUEST_MAX_BYTES = 64 * 1024
TIMEOUT_MAX_MS = 300_000
ENVIRONMENTS = ("Staging", "Developer", "Pre-Production", "Production")
UNKNOWN = "UNKNOWN"
REGISTRATION = "Registration"
AUTH = "Auth"
AUTH_COUNT_MAX = {BioType.FINGER: 10, BioType.IRIS: 2, BioType.FACE: 1}
_EXCEPTION_NAMES = {facts.sbi_sub_type for facts in FACTS.values() if facts.sbi_sub_type} | {FACE_EXCEPTION}
_SINGLE_ORDER = {
    BioType.FINGER: tuple(sorted(FINGERS, key=lambda a: (FACTS[a].iso_position % 5 != 2, FACTS[a].iso_position))),
    BioType.IRIS: tuple(reversed(EYES)),
}
"""Whom a device for single fingers or eyes gets if it is not told: index fingers first; the left eye first."""


class RefusedRequestError(Exception):
    """The device answers with this error code."""

    def __init__(self, code: str, info: str) -> None:
        super().__init__(code)
        self.code = code
        self.info = info


@dataclass(frozen=True, slots=True)
class Item:
    """One finger, eye or face to be captured, and the name under which it is answered: empty for a face."""

    attribute: BioAttribute
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the device will serve."""

    device: SimulatedDevice
    purpose: str
    env: str
    transaction_id: str
    timeout_ms: int
    requested_score: float
    sub_id: str
    previous_hash: str
    items: tuple[Item, ...]
    exceptions: tuple[BioAttribute, ...] = ()
    domain_uri: str = ""

    @property
    def attributes(self) -> tuple[BioAttribute, ...]:
        """What is captured."""
        return tuple(item.attribute for item in self.items)


def read_request(body: bytes, devices: Sequence[SimulatedDevice], purpose: str) -> Asked:
    """Checks a request against the devices that are there.

    Args:
        purpose: `REGISTRATION` for the verb RCAPTURE, `AUTH` for CAPTURE.

    Raises:
        RefusedRequestError: with the code of the first failure.
    """
    family = "7" if purpose == REGISTRATION else "8"
    if not any(device.purpose == purpose for device in devices):
        raise RefusedRequestError(f"{family}09", f"no device here is for the purpose {purpose}")
    request = _decoded(body)
    env, asked_purpose = _text(request, "env"), _text(request, "purpose")
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
    if asked_purpose != purpose:
        raise RefusedRequestError("121", f"purpose is not {purpose}")
    device = _device(bio, devices, purpose, family)
    if version != SPEC_VERSION or not (0 <= timeout <= TIMEOUT_MAX_MS and 0 <= score <= 100):
        raise RefusedRequestError("123", "specVersion, timeout or requestedScore is out of range")
    if not re.fullmatch(r"[A-Za-z0-9-]{4,50}", transaction_id):
        raise RefusedRequestError("112", "transactionId does not have the form")
    exceptions = _exceptions(bio, device.bio_type)
    items = (_auth_items if purpose == AUTH else _items)(bio, device, sub_id, exceptions, count)
    domain_uri = request.get("domainUri")
    return Asked(
        device=device,
        purpose=purpose,
        env=env,
        transaction_id=transaction_id,
        timeout_ms=int(timeout),
        requested_score=score,
        sub_id=sub_id,
        previous_hash=_previous_hash(bio),
        items=items,
        exceptions=exceptions,
        domain_uri=domain_uri if isinstance(domain_uri, str) else "",
    )


def _decoded(body: bytes) -> dict[str, Value]:
    try:
        return _object(decode(body, "a request", REQUEST_MAX_BYTES))
    except DeviceMessageError as error:
        raise RefusedRequestError("123", "the request is not a JSON object") from error


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
    """A list of names; null and missing are empty, and null entries, as sent for faces, are left out."""
    value = values.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RefusedRequestError("123", f"{name} is no list")
    return [item for item in value if isinstance(item, str)]


def _device(bio: dict[str, Value], devices: Sequence[SimulatedDevice], purpose: str, family: str) -> SimulatedDevice:
    device_id, bio_type = _text(bio, "deviceId"), _text(bio, "type")
    if not device_id:
        raise RefusedRequestError(f"{family}04", "deviceId is empty")
    if bio_type not in set(BioType):
        raise RefusedRequestError("114", "type is not known")
    device = next((device for device in devices if device.device_id == device_id), None)
    if device is None:
        raise RefusedRequestError(f"{family}05", "no such device")
    if device.bio_type != bio_type:
        raise RefusedRequestError("120", "the device is of another type")
    if device.purpose != purpose:
        raise RefusedRequestError(f"{family}06", "the device is for another purpose")
    refusals = {
        DeviceStatus.NOT_REGISTERED: ("100", "the device is not registered"),
        DeviceStatus.NOT_READY: ("110", "the device is not ready"),
        DeviceStatus.BUSY: ("703" if family == "7" else "111", "the device is busy"),
    }
    if device.status in refusals:
        raise RefusedRequestError(*refusals[device.status])
    return device


def _exceptions(bio: dict[str, Value], bio_type: BioType) -> tuple[BioAttribute, ...]:
    """A face device is told every exception of the person; others only those of their own type."""
    names = _names(bio, "exception")
    if any(name not in _EXCEPTION_NAMES for name in names):
        raise RefusedRequestError("117", "an exception is not known")
    types = [bio_type.value] if bio_type is not BioType.FACE else list(BioType)
    found = [BY_SBI_SUB_TYPE.get((kind, "" if name == FACE_EXCEPTION else name)) for name in names for kind in types]
    known = tuple(attribute for attribute in found if attribute is not None)
    if len(known) < len(names):
        raise RefusedRequestError("122", "an exception does not fit the type")
    return known


def _items(
    bio: dict[str, Value], device: SimulatedDevice, sub_id: str, exceptions: Sequence[BioAttribute], count: float
) -> tuple[Item, ...]:
    """What a registration request asks for."""
    if sub_id not in device.sub_ids:
        raise RefusedRequestError("122", "the device has no such sub id")
    if device.bio_type is BioType.FACE:
        chosen = EXCEPTION_PHOTO.attributes if exceptions else (BioAttribute.FACE,)
    else:
        wanted = _wanted(bio, device.bio_type)
        offered = _offered(device, sub_id)
        present = tuple(a for a in offered if a not in exceptions)
        chosen = tuple(a for a in present if not wanted or a in wanted)
        if len(chosen) < len(wanted):
            raise RefusedRequestError("122", "a sub-type is not of this part of the device")
        if device.sub_type == "Single" and not wanted:
            chosen = chosen[:1]
    if count != len(chosen) or not chosen:
        raise RefusedRequestError("109", "count does not fit the device and the exceptions")
    return tuple(Item(attribute, FACTS[attribute].sbi_sub_type) for attribute in chosen)


def _wanted(bio: dict[str, Value], bio_type: BioType) -> list[BioAttribute]:
    wanted = []
    for name in _names(bio, "bioSubType"):
        attribute = BY_SBI_SUB_TYPE.get((bio_type, name))
        if attribute is None or attribute in wanted:
            raise RefusedRequestError("122", "a sub-type does not fit the type")
        wanted.append(attribute)
    return wanted


def _offered(device: SimulatedDevice, sub_id: str) -> tuple[BioAttribute, ...]:
    if device.sub_type == "Single":
        return _SINGLE_ORDER[device.bio_type]
    if device.bio_type is BioType.IRIS and sub_id in {"1", "2"}:
        return (BioAttribute.LEFT_EYE,) if sub_id == "1" else (BioAttribute.RIGHT_EYE,)
    return next(g.attributes for g in GROUPS if (g.bio_type, g.sub_id) == (device.bio_type, sub_id))


def _auth_items(
    bio: dict[str, Value], device: SimulatedDevice, sub_id: str, exceptions: Sequence[BioAttribute], count: float
) -> tuple[Item, ...]:
    """What an authentication request asks for: fingers and eyes by name, or whichever are put on the device."""
    if sub_id not in {"0", *device.sub_ids}:
        raise RefusedRequestError("122", "the device has no such sub id")
    if not 1 <= count <= AUTH_COUNT_MAX[device.bio_type]:
        raise RefusedRequestError("109", "count does not fit the device")
    if device.bio_type is BioType.FACE:
        return (Item(BioAttribute.FACE, ""),)
    names = _names(bio, "bioSubType") or [UNKNOWN] * int(count)
    if len(names) != count:
        raise RefusedRequestError("109", "count does not fit the sub-types")
    by_name = [BY_SBI_SUB_TYPE.get((device.bio_type, name)) for name in names]
    named = [attribute for attribute in by_name if attribute is not None]
    if len(named) + names.count(UNKNOWN) != len(names) or len(set(named)) != len(named):
        raise RefusedRequestError("122", "a sub-type does not fit the type")
    others = (a for a in _SINGLE_ORDER[device.bio_type] if a not in named and a not in exceptions)
    items = []
    for name, attribute in zip(names, by_name, strict=True):
        chosen = attribute or next(others, None)
        if chosen is None:
            raise RefusedRequestError("109", "the person does not have so many")
        items.append(Item(chosen, name))
    return tuple(items)


def _previous_hash(bio: dict[str, Value]) -> str:
    value = bio.get("previousHash")
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not is_hash(value):
        raise RefusedRequestError("123", "previousHash is not 64 upper-case hex digits")
    return value
