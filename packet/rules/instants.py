"""Reading the date texts of a packet, as strictly as the server reads them.

Only years from 1970 to 2999 are dates here, so that nobody who adds or subtracts a window runs out of the calendar.
"""

from __future__ import annotations

import re
from datetime import datetime

from packet.models import Json

_MILLIS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z", re.ASCII)
_SECONDS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:(\.\d{3})(?:\d{3}){0,2})?Z", re.ASCII)


def read_millis(value: Json) -> datetime | None:
    """``yyyy-MM-dd'T'HH:mm:ss.SSS'Z'``; None if it is not exactly that or no date of the calendar."""
    match = _match(_MILLIS, value)
    return _date(match[1]) if match else None


def read_seconds(value: Json) -> datetime | None:
    """``yyyy-MM-dd'T'HH:mm:ss'Z'``; None if it is not exactly that or no date of the calendar."""
    match = _match(_SECONDS, value)
    return _date(match[1]) if match else None


def read_compact(value: Json) -> datetime | None:
    """``yyyyMMddHHmmss``; None if it is not exactly that or no date of the calendar."""
    match = _match(_COMPACT, value)
    return _date("{}-{}-{}T{}:{}:{}".format(*match.groups())) if match else None


def read_instant(value: Json) -> datetime | None:
    """Java's ``Instant.toString``, truncated to milliseconds: UTC with a fraction of 0, 3, 6 or 9 digits; else None."""
    match = _match(_INSTANT, value)
    return _date(match[1] + (match[2] or "")) if match else None


def _match(form: re.Pattern[str], value: Json) -> re.Match[str] | None:
    return form.fullmatch(value) if isinstance(value, str) else None


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(f"{text}+00:00")
    except ValueError:  # the thirteenth month
        return None
    return date if 1970 <= date.year <= 2999 else None
