"""Progress for work that may take longer than a second: nothing for quick work, a line on stderr for slow work."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 1.0


class Progress:
    """Tells what is being done, once it has taken more than a second; on a terminal the line is rewritten."""

    def __init__(self) -> None:
        self._stage = ""
        self._is_showing = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE_S, self._start_showing)
        self._timer.daemon = True

    def __call__(self, stage: str) -> None:
        """Names the stage that begins now. May be called from any thread."""
        with self._lock:
            self._stage = stage
            if self._is_showing:
                self._print()

    def _start_showing(self) -> None:
        with self._lock:
            self._is_showing = True
            if self._stage:
                self._print()

    def _print(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{self._stage} ...")
        else:
            sys.stderr.write(f"{self._stage} ...\n")
        sys.stderr.flush()

    def _finish(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._is_showing and sys.stderr.isatty():
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
            self._is_showing = False


@contextmanager
def progress(first_stage: str) -> Iterator[Progress]:
    """Shows progress for the time of the block."""
    shown = Progress()
    shown(first_stage)
    shown._timer.start()
    try:
        yield shown
    finally:
        shown._finish()
