"""Instants as the database keeps them: UTC text that sorts by time."""

from __future__ import annotations

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


def to_text(instant: datetime) -> str:
    """``yyyy-MM-ddTHH:mm:ss.ffffffZ``. The instant must be aware."""
    if instant.tzinfo is None:
        raise ValueError("an instant without time zone")
    return instant.astimezone(UTC).strftime(_FORM)


def from_text(text: str) -> datetime:
    """Inverse of `to_text`."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
