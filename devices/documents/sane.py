"""Scanners through SANE, each scan in a worker process of its own.

A worker costs about a fifth of a second at its start. In exchange a driver that crashes, hangs or corrupts memory costs one
scan, never the registration that is open: the pages that had come are in the desk's memory already.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from devices.documents import errors as e
from devices.documents.model import PageImage, SourceInfo, SourceKind, SourceState
from devices.documents.sanestatus import NOT_INSTALLED, scan_error
from devices.documents.sanewire import (
    FrameKind,
    OptionValue,
    Request,
    SaneDevice,
    WireError,
    frame,
    read_devices,
    read_failure,
    read_page,
    request_body,
)
from devices.documents.source import Cancel, ScanSettings
from devices.documents.workerprocess import WorkerEndedError, WorkerProcess, WorkerSilentError, WorkerStoppedError

SILENT_S: Final = 90.0
"""Lamps of old scanners warm up for a minute before the first line."""
LIST_S: Final = 10.0
NAME: Final = "sane"
"""Name of the source that stands for SANE itself, where there is no scanner to name."""

NO_PYTHON_SANE: Final = "Scanners cannot be used, because the part that reaches them (python-sane) is not installed."
NO_SANE: Final = "Scanners cannot be used, because SANE (libsane) is not installed on this machine or does not load."
NO_SCANNER: Final = "No scanner was found. Check that it is switched on and plugged in."
SILENT: Final = "SANE did not answer. One of its drivers hangs; switch the scanner off and on."
FAILED: Final = "SANE failed while it looked for scanners."

_WORKER: Final = ("-P", "-m", "devices.documents.saneworker")
_in_use: Final[set[str]] = set()
_in_use_lock: Final = threading.Lock()


class SaneSource:
    """One scanner.

    Args:
        device: its name in SANE, for example ``fujitsu:fi-7160:123`` or ``test:0``.
        title: what the operator reads.
        options: further options of its backend, by name; set last.
        silent_s: how long it may give nothing before it is let go.
        worker: how the worker is started; for programs that are not run by a Python interpreter of their own.
    """

    def __init__(
        self,
        device: str,
        *,
        title: str = "",
        options: Mapping[str, OptionValue] | None = None,
        silent_s: float = SILENT_S,
        worker: Sequence[str] | None = None,
    ) -> None:
        self._device = device
        self._title = title or device
        self._options = dict(options or {})
        self._silent_s = silent_s
        self._worker = worker

    def describe(self) -> SourceInfo:
        """See `ScanSource.describe`. Asks SANE for all scanners, which takes some seconds where it looks in the network."""
        found = list_scanners(worker=self._worker)
        for info in found:
            if info.name == self._device:
                return info
        for info in found:
            if info.name == NAME:
                return SourceInfo(self._device, SourceKind.SANE, info.state, info.reason, self._title)
        return SourceInfo(self._device, SourceKind.SANE, SourceState.NOT_FOUND, NO_SCANNER, self._title)

    def scan(self, settings: ScanSettings, cancel: Cancel) -> Iterator[PageImage]:
        """See `ScanSource.scan`. From the glass it gives one page, from the feeder pages until that is empty.

        Raises:
            ScannerBusyError: it is in use, by this desk or another program.
            ScannerSilentError: it gave nothing for too long, and its worker was killed.
            ScannerDriverError: the worker ended by itself.
            ScanError: what SANE reported, one class for each status.
        """
        if find_spec("sane") is None:
            raise e.SourceNotUsableError(source=self._device, pages=0, reason=NO_PYTHON_SANE)
        with self._claimed(), _started(self._worker, self._request(settings), self._silent_s, cancel) as worker:
            yield from self._pages(worker)

    def _request(self, settings: ScanSettings) -> Request:
        return Request(self._device, settings, self._options)

    def _pages(self, worker: WorkerProcess) -> Iterator[PageImage]:
        count = 0
        while True:
            try:
                kind, body = worker.receive()
                if kind is FrameKind.DONE:
                    return
                if kind is FrameKind.FAILED:
                    raise self._failed(bytes(body), count)
                if kind is not FrameKind.PAGE:
                    continue
                page = read_page(body, self._device)
            except WorkerStoppedError:
                raise e.ScanCancelledError(source=self._device, pages=count) from None
            except WorkerSilentError:
                raise e.ScannerSilentError(source=self._device, pages=count, waited_s=round(self._silent_s, 1)) from None
            except WorkerEndedError as error:
                raise e.ScannerDriverError(source=self._device, pages=count, status=error.how) from None
            except WireError:
                raise e.ScannerDriverError(source=self._device, pages=count, status="nonsense") from None
            count += 1
            del body
            yield page

    def _failed(self, body: bytes, count: int) -> e.ScanError:
        failure = read_failure(body)
        if failure.status == NOT_INSTALLED:
            return e.SourceNotUsableError(source=self._device, pages=count, reason=NO_SANE)
        return scan_error(failure.status, failure.phase, self._device, count)

    @contextmanager
    def _claimed(self) -> Generator[None]:
        """One scan at a time with one scanner: not every driver notices a second one."""
        with _in_use_lock:
            if self._device in _in_use:
                raise e.ScannerBusyError(source=self._device, pages=0)
            _in_use.add(self._device)
        try:
            yield
        finally:
            with _in_use_lock:
                _in_use.discard(self._device)


def list_scanners(deadline_s: float = LIST_S, worker: Sequence[str] | None = None) -> tuple[SourceInfo, ...]:
    """All scanners that SANE sees; if it sees none, one entry named ``sane`` that says why. Never raises."""
    if find_spec("sane") is None:
        return (_no(SourceState.NOT_INSTALLED, NO_PYTHON_SANE),)
    try:
        with _started(worker, Request(), deadline_s, threading.Event()) as process:
            kind, body = process.receive()
            if kind is FrameKind.DEVICES:
                found = tuple(_info(device) for device in read_devices(bytes(body)))
                return found or (_no(SourceState.NOT_FOUND, NO_SCANNER),)
            if kind is FrameKind.FAILED and read_failure(bytes(body)).status == NOT_INSTALLED:
                return (_no(SourceState.NOT_INSTALLED, NO_SANE),)
    except WorkerSilentError:
        return (_no(SourceState.NOT_ANSWERING, SILENT),)
    except (WorkerEndedError, WireError, OSError):
        return (_no(SourceState.NOT_ANSWERING, FAILED),)
    return (_no(SourceState.NOT_ANSWERING, FAILED),)


def _info(device: SaneDevice) -> SourceInfo:
    title = " ".join(part for part in (device.vendor, device.model) if part)
    return SourceInfo(device.name, SourceKind.SANE, SourceState.READY, None, title or device.name)


def _no(state: SourceState, reason: str) -> SourceInfo:
    return SourceInfo(NAME, SourceKind.SANE, state, reason, "SANE")


@contextmanager
def _started(command: Sequence[str] | None, request: Request, silent_s: float, cancel: Cancel) -> Generator[WorkerProcess]:
    # SANE's messages must be in English, since python-sane tells a status by its message only.
    environment = {**os.environ, "LC_ALL": "C", "LANGUAGE": "C"}
    body = frame(FrameKind.REQUEST, request_body(request))
    process = WorkerProcess(
        command or (sys.executable, *_WORKER), body, silent_s=silent_s, cancel=cancel, environment=environment
    )
    try:
        yield process
    finally:
        process.stop()
