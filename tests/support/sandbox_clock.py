"""A clock that tests set."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class SettableClock:
    """Stands still until it is moved; readable from any thread."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)

    def set(self, now: datetime) -> None:
        with self._lock:
            self._now = now
