"""Device information: what a device says about itself, signed. The only source for who a device is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from devices.sbi import digitalid
from devices.sbi.discovery import DiscoveredDevice, ErrorBlock, error_block
from devices.sbi.errors import CallbackRefusedError, DeviceFieldError, SpecVersionUnsupportedError
from devices.sbi.fields import Fields
from devices.sbi.jsonedge import decode
from devices.sbi.refusals import DigitalIdMismatchError
from devices.sbi.trust import L0, L1, DeviceTrust
from packet.encoding import b64url_decode
from packet.models import DigitalId, RegisteredDevice

VERB = "MOSIPDINFO"
PATH = "/info"
LIMIT_BYTES = 1024 * 1024
ENTRIES_MAX = 16
SPEC_VERSION = "0.9.5"
TOKEN_MAX = 128 * 1024
OUTER_KEYS = ("deviceInfo", "error")
KEYS = (
    "specVersion", "env", "digitalId", "deviceId", "deviceCode", "purpose", "serviceVersion", "deviceStatus", "firmware",
    "certification", "deviceSubId", "callbackId",
)  # fmt: skip


class DeviceStatus(StrEnum):
    """``deviceStatus``; compared without case."""

    READY = "Ready"
    BUSY = "Busy"
    NOT_READY = "Not Ready"
    NOT_REGISTERED = "Not Registered"


@dataclass(frozen=True, slots=True)
class InfoEntry:
    """One entry of an information answer, not yet verified."""

    token: str = field(repr=False)
    error: ErrorBlock

    @property
    def is_signed(self) -> bool:
        """Unregistered devices send their information as plain base64 without dots."""
        return "." in self.token


@dataclass(frozen=True, slots=True)
class VerifiedDevice:
    """A device whose information is signed by a trusted key.

    Attributes:
        port: where its service listens.
        callback: base of its later calls: loopback, its own port, ends with a slash.
        certificate: signer of the information.
    """

    port: int
    status: DeviceStatus
    error: ErrorBlock
    device_id: str
    device_code: str
    purpose: str
    env: str
    certification: str
    service_version: str
    firmware: str
    spec_versions: tuple[str, ...]
    sub_ids: tuple[str, ...]
    callback: str
    digital_id: DigitalId
    certificate: x509.Certificate = field(repr=False)

    @property
    def registered_device(self) -> RegisteredDevice:
        """What a packet's meta information says of the device."""
        return RegisteredDevice(self.device_code, self.service_version, self.digital_id)


@dataclass(frozen=True, slots=True)
class UnregisteredDevice:
    """What an unregistered device says, unsigned: for display only."""

    port: int
    error: ErrorBlock
    digital_id: DigitalId | None


def parse(data: bytes, *, is_strict: bool = False) -> list[InfoEntry]:
    """Reads an information answer, without verifying it.

    Raises:
        DeviceMessageError: if it is not a short array of entries.
    """
    what = "the information answer"
    value = decode(data, what, LIMIT_BYTES)
    if not isinstance(value, list) or len(value) > ENTRIES_MAX:
        raise DeviceFieldError(what=what, field="the message", why="is not a short array")
    entries = []
    for item in value:
        fields = Fields(item, what)
        fields.mostly(OUTER_KEYS, is_strict=is_strict)
        entries.append(InfoEntry(fields.text_or_null("deviceInfo", TOKEN_MAX), error_block(fields)))
    return entries


def verify(entry: InfoEntry, port: int, trust: DeviceTrust, now: datetime) -> VerifiedDevice:
    """Checks signatures and paths of an entry and reads it.

    Raises:
        PacketError: for the token's form, signature and path (`packet.crypto.errors`).
        DeviceError: for its content: keys, version, callback, digital id.
    """
    what = f"the information of the device on port {port}"
    token = trust.verify_device_token(entry.token, now, what)
    fields = Fields(decode(token.payload, what, LIMIT_BYTES), what)
    spec_versions = fields.texts("specVersion")
    if SPEC_VERSION not in spec_versions:
        raise SpecVersionUnsupportedError(port=port, wanted=SPEC_VERSION)
    certification = fields.text("certification", 16)
    if certification not in {L0, L1}:
        raise fields.refuse("certification", "is neither L0 nor L1")
    id_what = f"the digital id of the device on port {port}"
    id_token = trust.verify_digital_id(fields.filled("digitalId", TOKEN_MAX), certification, now, id_what)
    return VerifiedDevice(
        port=port,
        status=_status(fields),
        error=entry.error,
        device_id=fields.filled("deviceId", 256),
        device_code=fields.filled("deviceCode", 256),
        purpose=fields.filled("purpose", 64),
        env=fields.filled("env", 64),
        certification=certification,
        service_version=fields.filled("serviceVersion", 64),
        firmware=fields.text("firmware", 256),
        spec_versions=spec_versions,
        sub_ids=fields.texts("deviceSubId"),
        callback=check_callback(fields.text("callbackId", 256), port),
        digital_id=digitalid.parse(id_token.payload, id_what),
        certificate=token.leaf,
    )


def read_unregistered(entry: InfoEntry, port: int) -> UnregisteredDevice:
    """Reads what an unregistered device says, as far as it can be read.

    Raises:
        DeviceMessageError: if it is neither empty nor base64 of an object.
    """
    what = f"the information of the unregistered device on port {port}"
    fields = Fields(decode(_unsigned(entry.token, what), what, LIMIT_BYTES), what) if entry.token else None
    text = fields.text_or_null("digitalId", TOKEN_MAX) if fields else ""
    return UnregisteredDevice(port, entry.error, digitalid.parse(_unsigned(text, what), what) if text else None)


def _unsigned(text: str, what: str) -> bytes:
    try:
        return b64url_decode(text.rstrip("="))
    except ValueError as error:
        raise DeviceFieldError(what=what, field="the value", why="is not URL-safe base64") from error


def _status(fields: Fields) -> DeviceStatus:
    text = fields.filled("deviceStatus", 64)
    for status in DeviceStatus:
        if status.lower() == text.lower():
            return status
    raise fields.refuse("deviceStatus", "is none of the four states")


def check_callback(text: str, port: int) -> str:
    """The base address for later calls, if it is the device's own port on the loopback address.

    Raises:
        CallbackRefusedError: for any other address.
    """
    base = f"http://127.0.0.1:{port}/"
    if text.lower() not in {base, base.removesuffix("/")}:
        raise CallbackRefusedError(port=port, why=f"it is not {base}")
    return base


def check_discovered(device: VerifiedDevice, entry: DiscoveredDevice) -> None:
    """Compares an unsigned discovery entry with the signed information of the same device.

    Raises:
        DigitalIdMismatchError: if they name different devices.
    """
    what = "discovery"
    for name in ("device_id", "device_code", "certification"):
        if getattr(device, name) != getattr(entry, name):
            raise DigitalIdMismatchError(what=what, field=name)
    if entry.digital_id is None:
        raise DigitalIdMismatchError(what=what, field="everything: it has none")
    different = digitalid.difference(device.digital_id, entry.digital_id)
    if different is not None:
        raise DigitalIdMismatchError(what=what, field=different)
