"""The digital id: who a device is. Unsigned in discovery, a JWS in information and captures."""

from __future__ import annotations

import orjson

from devices.sbi.fields import Fields
from devices.sbi.jsonedge import decode
from packet.models import DigitalId

KEYS = ("serialNo", "make", "model", "type", "deviceSubType", "deviceProviderId", "deviceProvider", "dateTime")
LIMIT_BYTES = 16 * 1024
IDENTITY_FIELDS = ("serial_no", "make", "model", "type", "device_sub_type", "device_provider_id", "device_provider")
"""Attributes that must be the same wherever a device names itself; only the time of issue may differ."""


def parse(data: bytes, what: str) -> DigitalId:
    """Reads the payload of a digital id: exactly the eight keys, all texts.

    Raises:
        DeviceMessageError: if it is anything else.
    """
    fields = Fields(decode(data, what, LIMIT_BYTES), what)
    fields.only(KEYS)
    return DigitalId(
        serial_no=fields.filled("serialNo", 256),
        make=fields.text("make", 256),
        model=fields.text("model", 256),
        type=fields.filled("type", 64),
        device_sub_type=fields.filled("deviceSubType", 64),
        device_provider_id=fields.text("deviceProviderId", 256),
        device_provider=fields.text("deviceProvider", 256),
        date_time=fields.filled("dateTime", 64),
    )


def encode(digital_id: DigitalId) -> bytes:
    """The payload, keys in the order of MOSIP's mock device."""
    values = (*(getattr(digital_id, name) for name in IDENTITY_FIELDS), digital_id.date_time)
    return orjson.dumps(dict(zip(KEYS, values, strict=True)))


def difference(one: DigitalId, other: DigitalId) -> str | None:
    """The first attribute in which two digital ids name different devices, or None."""
    return next((name for name in IDENTITY_FIELDS if getattr(one, name) != getattr(other, name)), None)
