"""Temporary locks after wrong passwords, as Keycloak's brute-force detection makes them.

Kept in memory, as Keycloak keeps them: a restart forgets. A right password during a lock is refused in the same words as a
wrong one, and does not lengthen the lock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from packet.models import Clock
from sandbox.config import RealmSettings


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: datetime
    locked_until: datetime | None = None


class Lockout:
    """Counts failures for each user name."""

    def __init__(self, settings: RealmSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._failures: dict[str, _Failures] = {}
        self._lock = threading.Lock()

    def is_locked(self, username: str) -> bool:
        """Whether the user must wait."""
        with self._lock:
            known = self._failures.get(username)
            return known is not None and known.locked_until is not None and self._clock() < known.locked_until

    def failed(self, username: str) -> None:
        """Counts a wrong password; every full set of failures locks, each time longer."""
        now = self._clock()
        with self._lock:
            known = self._failures.get(username)
            if known is None or (now - known.last_at).total_seconds() > self._settings.failures_forgotten_s:
                known = self._failures[username] = _Failures(0, now)
            known.count += 1
            known.last_at = now
            locks, rest = divmod(known.count, self._settings.login_failures_max)
            if locks and not rest:
                wait_s = min(locks * self._settings.lock_step_s, self._settings.lock_max_s)
                known.locked_until = now + timedelta(seconds=wait_s)

    def succeeded(self, username: str) -> None:
        """Forgets a user's failures."""
        with self._lock:
            self._failures.pop(username, None)
