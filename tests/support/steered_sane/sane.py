"""Stands before python-sane in a scan worker: the real one, but for what the environment says.

STEERED_FAIL_AT=n with STEERED_STATUS: the n-th page, counted from 1, is read with that status of the virtual scanner.
STEERED_HANG_AT=n: the n-th page never comes. STEERED_DIE_AT=n: the process aborts. STEERED_NONSENSE_AT=n: it writes to every
pipe that it finds, as a driver might that prints. STEERED_PAGES=n: the feeder holds n pages in place of ten.
STEERED_LIST=hang: looking for devices never ends. STEERED_LIST=missing: python-sane does not load.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import Any

if os.environ.get("STEERED_LIST") == "missing":
    raise ImportError("libsane.so.1: cannot open shared object file")


def _real() -> Any:
    for folder in sys.path:
        path = Path(folder) / "sane.py"
        if path.exists() and Path(folder) != Path(__file__).parent:
            spec = importlib.util.spec_from_file_location("real_sane", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ImportError("no python-sane")


_sane = _real()
_error: Any = importlib.import_module("_sane").error


def _number(name: str) -> int:
    return int(os.environ.get(f"STEERED_{name}", "0"))


def _hang() -> None:
    # Deaf to everything but the end, as a driver is that waits in the kernel.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    while True:
        signal.pause()


class _Device:
    def __init__(self, device: Any) -> None:
        self.__dict__["device"] = device
        self.__dict__["count"] = 0
        self.__dict__["left"] = 10

    def __getattr__(self, name: str) -> Any:
        return getattr(self.device, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.device, name, value)

    def __getitem__(self, name: str) -> Any:
        return self.device[name]

    def start(self) -> None:
        self.__dict__["count"] += 1
        count = self.count
        if count == _number("FAIL_AT"):
            self.device.read_return_value = os.environ["STEERED_STATUS"]
        if count == _number("HANG_AT"):
            _hang()
        if count == _number("DIE_AT"):
            os.abort()
        if count == _number("NONSENSE_AT"):
            for descriptor in range(1, 20):
                try:
                    os.write(descriptor, b"scanner: lamp is warming up, please wait\n")
                except OSError:
                    continue
        pages = _number("PAGES")
        if pages:
            if count > pages:
                raise _error("Document feeder out of documents")
            if self.left == 0:
                # The virtual feeder holds ten: what its driver says at the end is swallowed, and it is full again.
                try:
                    self.device.start()
                except _error:
                    self.__dict__["left"] = 10
        self.device.start()
        self.__dict__["left"] -= 1


def init() -> Any:
    return _sane.init()


def get_devices() -> Any:
    if os.environ.get("STEERED_LIST") == "hang":
        _hang()
    return _sane.get_devices()


def open(name: str) -> _Device:  # noqa: A001
    return _Device(_sane.open(name))
