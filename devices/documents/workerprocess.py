"""The desk's end of a worker process: its messages, a limit to its silence, and its end in any case.

For systems with POSIX pipes, which is where SANE is.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO, Final

from devices.documents.sanewire import HEAD, FrameKind, read_head
from devices.documents.source import Cancel

_LOOK_EVERY_S: Final = 0.05
_PIPE_BYTES: Final = 1024 * 1024
_SET_PIPE_SIZE: Final = 1031
"""F_SETPIPE_SZ of Linux, which Python names from 3.10 on but not on every system."""


class WorkerSilentError(Exception):
    """Nothing came within the limit."""


class WorkerStoppedError(Exception):
    """The operator gave up."""


class WorkerEndedError(Exception):
    """It ended in the middle of its work.

    Attributes:
        how: ``exit 1`` or ``signal 11``.
    """

    def __init__(self, how: str) -> None:
        self.how = how
        super().__init__(how)


class WorkerProcess:
    """One worker. Made by starting it, ended by `stop`; used by one thread.

    Args:
        silent_s: how long it may say nothing while somebody waits for it.
        cancel: asked while waiting.
        grace_s: how long it may take to stop by itself before it is killed.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        request: bytes,
        *,
        silent_s: float,
        cancel: Cancel,
        grace_s: float = 4.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._silent_s = silent_s
        self._cancel = cancel
        self._grace_s = grace_s
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
        self._input, self._pipe = _piped(self._process.stdin), _piped(self._process.stdout)
        self._output = self._pipe.fileno()
        os.set_blocking(self._output, False)
        _widen(self._output)
        with contextlib.suppress(BrokenPipeError):
            self._input.write(request)
            self._input.flush()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def receive(self) -> tuple[FrameKind, memoryview]:
        """The next message, as kind and body.

        Raises:
            WorkerSilentError: nothing came for ``silent_s``.
            WorkerStoppedError: the operator gave up.
            WorkerEndedError: it is gone.
            WireError: for a message that is none.
        """
        kind, size = read_head(bytes(self._read(HEAD.size)))
        return kind, self._read(size)

    def stop(self) -> None:
        """Ends it: it is asked first, by the end of its input, and killed with its children when the grace is over."""
        with contextlib.suppress(OSError):
            self._input.close()
        end_s = time.monotonic() + self._grace_s
        while self._process.poll() is None and time.monotonic() < end_s:
            # What it still wants to say is thrown away, so that it can come to its end.
            if select.select([self._output], [], [], _LOOK_EVERY_S)[0] and not self._discard():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(max(0.0, end_s - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipe.close()

    def _discard(self) -> bool:
        try:
            return bool(os.read(self._output, _PIPE_BYTES))
        except BlockingIOError:
            return True

    def _read(self, size: int) -> memoryview:
        target = memoryview(bytearray(size))
        done = 0
        while done < size:
            self._wait()
            try:
                count = os.readv(self._output, [target[done:]])
            except BlockingIOError:
                continue
            if count == 0:
                raise WorkerEndedError(self._how_it_ended())
            done += count
        return target

    def _wait(self) -> None:
        end_s = time.monotonic() + self._silent_s
        while True:
            if self._cancel.is_set():
                raise WorkerStoppedError
            if select.select([self._output], [], [], _LOOK_EVERY_S)[0]:
                return
            if time.monotonic() >= end_s:
                # It had its time: asking it to stop would only make the operator wait longer.
                self._grace_s = 0.0
                raise WorkerSilentError

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(self._grace_s)
        except subprocess.TimeoutExpired:
            return "closed"
        return f"signal {-code}" if code < 0 else f"exit {code}"


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("started without a pipe")
    return pipe


def _widen(pipe: int) -> None:
    """Makes room for a page, so that reading takes few turns. Where the system does not want that, it goes without."""
    try:
        import fcntl
    except ImportError:
        return
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
