"""The preview (verb STREAM): request, and the JSON that a device writes behind the last picture.

The protocol's text says ``{"error": {...}}``, MOSIP's mock device writes the inner object alone; both are understood.
"""

from __future__ import annotations

import orjson

from devices.sbi.discovery import ErrorBlock, error_block
from devices.sbi.fields import Fields
from devices.sbi.jsonedge import decode

VERB = "STREAM"
PATH = "/stream"
END_MAX_BYTES = 64 * 1024
TIME_OVER = "609"
"""Error code with which MOSIP's mock device ends a stream whose time is over."""


def request(device_id: str, device_sub_id: str, timeout_ms: int) -> bytes:
    """Body of a request; texts everywhere."""
    return orjson.dumps({"deviceId": device_id, "deviceSubId": device_sub_id, "timeout": str(timeout_ms)})


def parse_end(data: bytes) -> ErrorBlock:
    """Reads the object at the end of a stream, in either form.

    Raises:
        DeviceMessageError: if it is neither.
    """
    what = "the end of the stream"
    fields = Fields(decode(data, what, END_MAX_BYTES), what)
    if "error" in fields:
        return error_block(fields)
    return ErrorBlock(fields.filled("errorCode", 16), fields.text_or_null("errorInfo"))
