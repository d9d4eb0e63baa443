"""The process that holds SANE: started for one list or one scan, and ended with it.

Backends of SANE crash, hang, print and keep global state, so they never run in the desk's own process. The worker gets one
request on its standard input and answers on its standard output, in the form of `devices.documents.sanewire`. The end of its
input means that nobody wants its answer any more: it cancels the scan, and is gone shortly after even if the driver hangs; the
same happens when the desk itself dies. It can write no core dump, and its memory is bounded.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
import threading
import time
from importlib import import_module
from typing import Any, Final

from devices.documents import sanestatus
from devices.documents.sanedriver import FeedNotThereError, OptionNotThereError, apply_settings, list_devices, scan_pages
from devices.documents.sanewire import (
    HEAD,
    Failure,
    FrameKind,
    Request,
    devices_body,
    failure_body,
    page_head,
    read_head,
    read_request,
)

GRACE_S: Final = 3.0
"""How long a driver may take to stop a scan."""
_MEMORY_BYTES: Final = 3 * 1024**3
_ALIVE_EVERY_S: Final = 0.5
_PR_SET_DUMPABLE: Final = 4


class _Answers:
    """The pipe to the desk: standard output, which drivers that print do not get to see."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)
        self._last_s = 0.0

    def send(self, kind: FrameKind, body: bytes = b"", more: bytes = b"") -> None:
        """Writes a message whose body is ``body`` and ``more``. A desk that is gone ends the process."""
        try:
            for part in (HEAD.pack(kind, len(body) + len(more)) + body, more):
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(self._pipe, rest) :]
        except BrokenPipeError:
            os._exit(1)

    def alive(self) -> None:
        """Tells now and then that the driver works."""
        now_s = time.monotonic()
        if now_s - self._last_s >= _ALIVE_EVERY_S:
            self._last_s = now_s
            self.send(FrameKind.ALIVE)


class _Watch:
    """Waits for the end of the input; from then on the scan is to stop, and the process ends when the grace is over."""

    def __init__(self) -> None:
        self.device: Any = None
        self._is_over = threading.Event()

    def start(self) -> None:
        """From now on, in a thread of its own."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop_if_over(self) -> bool:
        """Cancels the scan if nobody wants it any more, and tells whether; the driver ends it with an error then.

        To be called by the thread that scans, from within python-sane's callback: another thread could wait for the
        driver's own threads in ``sane_cancel`` while it keeps Python's lock from the one that reads. An exception out of
        the callback is no way either: python-sane 2.9 crashes.
        """
        is_over = self._is_over.is_set()
        if is_over:
            self.device.cancel()
        return is_over

    def _run(self) -> None:
        while os.read(0, 1):
            pass
        end = threading.Timer(GRACE_S, os._exit, (1,))
        end.daemon = True
        end.start()
        self._is_over.set()
        if self.device is None:
            os._exit(1)


def main() -> None:
    """Reads the request, answers it, and ends the process."""
    _protect()
    answers = _Answers()
    request = _read_request()
    watch = _Watch()
    watch.start()
    if request.device is not None:
        # While the scanner warms up, instead of after its first page.
        threading.Thread(target=_load_encoders, daemon=True).start()
    failure = _serve(request, answers, watch)
    if failure is not None:
        answers.send(FrameKind.FAILED, failure_body(failure))
    else:
        answers.send(FrameKind.DONE)
    # Not sys.exit: leaving must not wait for what a driver left behind.
    os._exit(0)


def _serve(request: Request, answers: _Answers, watch: _Watch) -> Failure | None:
    try:
        sane = import_module("sane")
        sane_error = import_module("_sane").error
    except ImportError:
        return Failure(sanestatus.NOT_INSTALLED, "start")
    phase = "start"
    try:
        sane.init()
        if request.device is None:
            answers.send(FrameKind.DEVICES, devices_body(list_devices(sane)))
            return None
        phase = "open"
        device = watch.device = sane.open(request.device)
        phase = "set"
        apply_settings(device, request.settings, request.options)
        phase = "scan"

        def alive() -> None:
            answers.alive()
            watch.stop_if_over()

        for data, width_px, height_px, dpi in scan_pages(device, request.settings, alive):
            if watch.stop_if_over():
                break
            answers.send(FrameKind.PAGE, page_head(request.settings.page_format, width_px, height_px, dpi), data)
        device.cancel()
        device.close()
    except (FeedNotThereError, OptionNotThereError):
        return Failure("INVAL", phase)
    except MemoryError:
        return Failure("NO_MEM", phase)
    except (sane_error, RuntimeError) as error:
        return Failure(sanestatus.BY_TEXT.get(str(error), sanestatus.UNKNOWN), phase)
    return None


def _load_encoders() -> None:
    with contextlib.suppress(ImportError):
        import_module("PIL.Image").preinit()


def _read_request() -> Request:
    kind, size = read_head(_read_exactly(HEAD.size))
    if kind is not FrameKind.REQUEST:
        sys.exit(2)
    return read_request(_read_exactly(size))


def _read_exactly(size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = os.read(0, size - len(found))
        if not part:
            sys.exit(2)
        found += part
    return found


def _protect() -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


if __name__ == "__main__":
    main()
