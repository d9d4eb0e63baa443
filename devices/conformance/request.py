"""The bodies that are sent: proper ones, and those that a case spoils on purpose."""

from __future__ import annotations

import string
import uuid
from datetime import datetime

import orjson

from devices.conformance.model import AUTH, SPEC_VERSION, Shot, Target
from packet.encoding import iso_seconds

DOMAIN_URI = "https://sealdesk.invalid/conformance"
REFERENCE_CONTENT_TYPE = "Content-Type; charset=UTF-8"
_WRONG = "XXX"


def transaction_id(length: int = 0) -> str:
    """A fresh transaction id of letters, digits and hyphens; proper (36 characters) or of a given length."""
    text = str(uuid.uuid4())
    return text if not length else (text + string.ascii_lowercase * 3)[:length]


def capture_request(target: Target, shot: Shot, now: datetime, previous_hash: str = "") -> dict[str, object]:
    """A capture request for a device."""
    bio: dict[str, object] = {
        "type": target.bio_type,
        "count": _number(shot, shot.count),
        "bioSubType": list(shot.segments),
        "exception": list(shot.exceptions),
        "requestedScore": _number(shot, shot.score),
        "deviceId": target.device_id,
        "deviceSubId": shot.sub_id,
        "previousHash": previous_hash,
    }
    request: dict[str, object] = {
        "env": target.env,
        "purpose": target.purpose,
        "specVersion": SPEC_VERSION,
        "timeout": _number(shot, shot.timeout_ms),
        "captureTime": iso_seconds(now),
        "transactionId": transaction_id(shot.transaction_length),
        "bio": [bio],
        "customOpts": None,
    }
    if target.purpose == AUTH:
        request["domainUri"] = DOMAIN_URI
    if shot.as_reference_client:
        bio |= {"previousHash": None, "bioSubType": None, "exception": None}
        request["captureTime"] = now.astimezone().replace(tzinfo=None).isoformat(timespec="milliseconds")
    _rename(request, bio, shot.rename)
    return request


def _number(shot: Shot, value: int) -> int | str:
    return value if shot.as_numbers else str(value)


def _rename(request: dict[str, object], bio: dict[str, object], path: str) -> None:
    if not path:
        return
    where, name = (bio, path.removeprefix("bio.")) if path.startswith("bio.") else (request, path)
    where[name + _WRONG] = where.pop(name)


def encode(request: object) -> bytes:
    """The body."""
    return orjson.dumps(request)
