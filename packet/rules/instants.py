"""Reading the date texts of a packet, as strictly as the server reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from packet.models import Json

_MILLIS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_COMPACT = re.compile(r"\d{14}", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{3}|\d{6}|\d{9}))?Z", re.ASCII)


def read_millis(value: Json) -> datetime | None:
    """``yyyy-MM-dd'T'HH:mm:ss.SSS'Z'``; None if it is not exactly that or no date of the calendar."""
    return _read(value, _MILLIS, "%Y-%m-%dT%H:%M:%S.%fZ")


def read_seconds(value: Json) -> datetime | None:
    """``yyyy-MM-dd'T'HH:mm:ss'Z'``; None if it is not exactly that or no date of the calendar."""
    return _read(value, _SECONDS, "%Y-%m-%dT%H:%M:%SZ")


def read_compact(value: Json) -> datetime | None:
    """``yyyyMMddHHmmss``; None if it is not exactly that or no date of the calendar."""
    return _read(value, _COMPACT, "%Y%m%d%H%M%S")


def read_instant(value: Json) -> datetime | None:
    """Java's ``Instant.toString``: UTC with a fraction of 0, 3, 6 or 9 digits; None if it is not that."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return _parse(f"{match[1]}.{(match[2] or '000')[:6]}Z", "%Y-%m-%dT%H:%M:%S.%fZ")


def _read(value: Json, form: re.Pattern[str], layout: str) -> datetime | None:
    if not isinstance(value, str) or form.fullmatch(value) is None:
        return None
    return _parse(value, layout)


def _parse(text: str, layout: str) -> datetime | None:
    try:
        return datetime.strptime(text, layout).replace(tzinfo=UTC)
    except ValueError:  # the thirteenth month
        return None
