"""Reading MOSIP's one text form of an instant."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ISO_MILLIS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)


def parse_iso_millis(text: str) -> datetime:
    """Inverse of `packet.encoding.iso_millis`.

    Raises:
        ValueError: if it is not exactly ``yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`` and an instant that exists.
    """
    if _ISO_MILLIS.fullmatch(text) is None:
        raise ValueError("not a UTC instant with milliseconds")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
