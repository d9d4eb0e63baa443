"""Dates are read in exactly the form in which each place has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from packet.models import Json
from packet.rules.instants import read_compact, read_instant, read_millis, read_seconds

SECOND = datetime(2025, 6, 2, 9, 30, 15, tzinfo=UTC)
MILLI = SECOND.replace(microsecond=123000)


@pytest.mark.parametrize(
    ("read", "text", "instant"),
    [
        (read_millis, "2025-06-02T09:30:15.123Z", MILLI),
        (read_millis, "2025-06-02T09:30:15Z", None),
        (read_millis, "2025-06-02T09:30:15.12Z", None),
        (read_millis, "2025-06-02T09:30:15.123", None),
        (read_millis, "2025-06-02T09:30:15.123+00:00", None),
        (read_millis, "2025-06-02T09:30:15.123Z\n", None),
        (read_millis, "2025-06-31T09:30:15.123Z", None),
        (read_millis, "２025-06-02T09:30:15.123Z", None),
        (read_millis, None, None),
        (read_millis, 20250602, None),
        (read_seconds, "2025-06-02T09:30:15Z", SECOND),
        (read_seconds, "2025-06-02T09:30:15.000Z", None),
        (read_seconds, "2025-06-02 09:30:15Z", None),
        (read_seconds, "2025-06-02T24:00:00Z", None),
        (read_compact, "20250602093015", SECOND),
        (read_compact, "2025060209301", None),
        (read_compact, "20251302093015", None),
        (read_instant, "2025-06-02T09:30:15Z", SECOND),
        (read_instant, "2025-06-02T09:30:15.123Z", MILLI),
        (read_instant, "2025-06-02T09:30:15.123456Z", MILLI),
        (read_instant, "2025-06-02T09:30:15.123456789Z", MILLI),
        (read_instant, "2025-06-02T09:30:15.1234Z", None),
        (read_instant, "0001-01-01T00:00:00Z", None),
        (read_instant, "9999-12-31T23:59:59Z", None),
    ],
)
def test_reading(read: Callable[[Json], datetime | None], text: Json, instant: datetime | None) -> None:
    assert read(text) == instant
