"""When to search for devices: from time to time, and after something was plugged in or out.

Plugging comes as a burst of events: the search waits until 2 seconds have passed without one, at most 10 seconds from the
first, and is repeated 5 seconds later, since a device's service takes its time to start. Times are seconds of any steady clock.
"""

from __future__ import annotations

import math
from threading import Lock


class RescanSchedule:
    """Knows when the next search is due. Safe to use from several threads.

    Args:
        period_s: time between two searches if nothing happens.
    """

    def __init__(self, period_s: float = 60.0, debounce_s: float = 2.0, repeat_s: float = 5.0) -> None:
        self._period_s = period_s
        self._debounce_s = debounce_s
        self._debounce_max_s = 5 * debounce_s
        self._repeat_s = repeat_s
        self._lock = Lock()
        self._periodic_at = -math.inf
        self._repeat_at = math.inf
        self._plug_at = math.inf
        self._plug_limit = math.inf

    def plugged(self, now: float) -> None:
        """Something was plugged in or out, or may have been."""
        with self._lock:
            if self._plug_at == math.inf:
                self._plug_limit = now + self._debounce_max_s
            self._plug_at = min(now + self._debounce_s, self._plug_limit)

    def next_at(self) -> float:
        """When the next search is due."""
        with self._lock:
            return min(self._periodic_at, self._repeat_at, self._plug_at)

    def take(self, now: float) -> bool:
        """Whether a search is due now; if so, it counts as made."""
        with self._lock:
            if now < min(self._periodic_at, self._repeat_at, self._plug_at):
                return False
            if self._plug_at <= now:
                self._plug_at = math.inf
                self._repeat_at = now + self._repeat_s
            elif self._repeat_at <= now:
                self._repeat_at = math.inf
            self._periodic_at = now + self._period_s
            return True
