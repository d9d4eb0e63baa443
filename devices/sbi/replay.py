"""Memory of the captures that were seen, so that none is accepted twice."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from devices.sbi.refusals import ReplayedCaptureError
from packet.encoding import sha256


class ReplayMemory:
    """Remembers the digests of signed captures, the latest few thousand. Safe to share between threads."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def remember(self, token: str) -> None:
        """Takes note of a capture.

        Raises:
            ReplayedCaptureError: if it was noted before.
        """
        digest = sha256(token.encode("utf-8", "surrogatepass"))
        with self._lock:
            if digest in self._seen:
                raise ReplayedCaptureError
            self._seen[digest] = None
            if len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
