"""A worker process as the application sees it: one call at a time, ended when it takes too long, started again at need."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import orjson

from devices.biosdk import errors
from devices.biosdk.errors import BioSdkError, SdkCrashedError, SdkTimeoutError
from devices.biosdk.workerframes import OK, read_frame, write_frame

_END_S: Final = 2.0
_BY_CODE: Final[dict[str, type[BioSdkError]]] = {
    kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BioSdkError)
}


def worker_command(tasks_module: str) -> tuple[str, ...]:
    """How a worker is started beside this program. ``-P``: the working folder is no place to import from."""
    return (sys.executable, "-P", "-m", "devices.biosdk.workerprocess", tasks_module)


class Worker:
    """A process with tasks. Safe to use from any thread; calls wait for each other.

    Args:
        name: of the SDK, for errors.
        command: starts the process, `worker_command` for example.
        timeout_s: what one call may take, starting included. Then the process is killed.
    """

    def __init__(self, name: str, command: Sequence[str], timeout_s: float) -> None:
        self._name = name
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []
        self._finalizer = weakref.finalize(self, _end, self._running)

    def call(self, task: str, content: bytes) -> bytes:
        """What the task makes of the content.

        Raises:
            BioSdkError: the task's own error.
            SdkTimeoutError: if it took too long; the process was ended.
            SdkCrashedError: if the process ended by itself.
        """
        with self._lock:
            process = self._process()
            is_late = threading.Event()
            timer = threading.Timer(self._timeout_s, _kill, (process, is_late))
            timer.daemon = True
            timer.start()
            try:
                answer = _exchange(process, task, content)
            finally:
                timer.cancel()
                timer.join()
            if answer is None or is_late.is_set():
                _end(self._running)
                if is_late.is_set():
                    raise SdkTimeoutError(name=self._name, seconds=self._timeout_s)
                raise SdkCrashedError(name=self._name)
        word, result = answer
        if word == OK:
            return result
        kind = _BY_CODE.get(word)
        if kind is None:
            raise SdkCrashedError(name=self._name)
        raise kind(**orjson.loads(result))

    def close(self) -> None:
        """Ends the process; a later call starts another."""
        with self._lock:
            _end(self._running)

    @property
    def pid(self) -> int | None:
        """Of the process, if one runs."""
        return self._running[0].pid if self._running else None

    def _process(self) -> subprocess.Popen[bytes]:
        if self._running and self._running[0].poll() is not None:
            _end(self._running)
        if not self._running:
            # One thread of arithmetic: the images are small, and the machine has other work.
            environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            try:
                started = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
            except OSError as error:
                raise SdkCrashedError(name=self._name) from error
            self._running.append(started)
        return self._running[0]


def _exchange(process: subprocess.Popen[bytes], task: str, content: bytes) -> tuple[str, bytes] | None:
    """The answer, or None if the process is gone."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        write_frame(process.stdin, task, content)
        return read_frame(process.stdout)
    except OSError:
        return None


def _kill(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    process.kill()


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    """Lets the process go: by the end of its input, or by force."""
    while running:
        process = running.pop()
        with suppress(OSError):  # an unsent rest goes nowhere when the process is dead
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
