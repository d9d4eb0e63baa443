"""Discovery: which devices a service has. Nothing here is signed, so nothing of it is trusted; it is compared."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from devices.sbi import digitalid
from devices.sbi.codes import SUCCESS
from devices.sbi.errors import DeviceFieldError
from devices.sbi.fields import Fields
from devices.sbi.jsonedge import Value, decode
from packet.encoding import b64url_decode
from packet.models import DigitalId

VERB = "MOSIPDISC"
PATH = "/device"
LIMIT_BYTES = 1024 * 1024
ENTRIES_MAX = 16
ANY_TYPE = "Biometric Device"
KEYS = (
    "deviceId", "deviceStatus", "certification", "serviceVersion", "callbackId", "digitalId", "deviceCode", "purpose",
    "error", "specVersion", "deviceSubId",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ErrorBlock:
    """``error`` of any answer; code ``0`` is success."""

    code: str
    info: str

    @property
    def is_success(self) -> bool:
        """Whether nothing went wrong."""
        return self.code == SUCCESS


def error_block(fields: Fields) -> ErrorBlock:
    """The ``error`` object of an entry.

    Raises:
        DeviceFieldError: if it is not there or not made of texts.
    """
    block = fields.object("error")
    return ErrorBlock(block.filled("errorCode", 16), block.text_or_null("errorInfo"))


@dataclass(frozen=True, slots=True)
class DiscoveredDevice:
    """One entry. ``digital_id`` is None if the device is not registered and gives none."""

    device_id: str
    device_code: str
    device_status: str
    certification: str
    service_version: str
    callback_id: str
    purpose: str
    spec_versions: tuple[str, ...]
    sub_ids: tuple[str, ...]
    error: ErrorBlock
    digital_id: DigitalId | None


def request(bio_type: str = ANY_TYPE) -> bytes:
    """Body of a discovery request."""
    return orjson.dumps({"type": bio_type})


def parse(data: bytes, *, is_strict: bool = False) -> tuple[list[DiscoveredDevice], list[ErrorBlock]]:
    """Reads a discovery answer: devices, and errors of entries that describe none.

    Raises:
        DeviceMessageError: if it is not a short array of such entries.
    """
    what = "the discovery answer"
    value = decode(data, what, LIMIT_BYTES)
    if not isinstance(value, list) or len(value) > ENTRIES_MAX:
        raise DeviceFieldError(what=what, field="the message", why="is not a short array")
    devices, errors = [], []
    for item in value:
        entry = _entry(item, what, is_strict=is_strict)
        if isinstance(entry, DiscoveredDevice):
            devices.append(entry)
        else:
            errors.append(entry)
    return devices, errors


def _entry(item: Value, what: str, *, is_strict: bool) -> DiscoveredDevice | ErrorBlock:
    fields = Fields(item, what)
    fields.mostly(KEYS, is_strict=is_strict)
    error = error_block(fields)
    if not error.is_success and not fields.text_or_null("deviceStatus"):
        return error
    return DiscoveredDevice(
        device_id=fields.text("deviceId", 256),
        device_code=fields.text("deviceCode", 256),
        device_status=fields.filled("deviceStatus", 64),
        certification=fields.text("certification", 16),
        service_version=fields.text("serviceVersion", 64),
        callback_id=fields.text("callbackId", 256),
        purpose=fields.text("purpose", 64),
        spec_versions=fields.texts("specVersion"),
        sub_ids=fields.texts("deviceSubId"),
        error=error,
        digital_id=_digital_id(fields.text("digitalId", digitalid.LIMIT_BYTES)),
    )


def _digital_id(text: str) -> DigitalId | None:
    if not text:
        return None
    what = "the digital id in discovery"
    try:
        data = b64url_decode(text.rstrip("="))
    except ValueError as error:
        raise DeviceFieldError(what=what, field="the value", why="is not URL-safe base64") from error
    return digitalid.parse(data, what)
