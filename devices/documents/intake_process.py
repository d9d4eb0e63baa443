"""The worker process as the desk holds it: started, spoken to within a deadline, ended.

Everything that comes from it is taken for hostile: lengths are bounded before anything is read, and a wrong word ends it.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO, Final

from devices.documents.intake_errors import (
    FileNeedsTooLongError,
    ReaderDiedError,
    ReaderNotStartedError,
    ReaderSpokeNonsenseError,
)
from devices.documents.intake_frames import PREFIX, BrokenFrameError, Frame, frame_of, lengths_of, start_of
from devices.documents.intake_limits import IntakeLimits

WORKER_COMMAND: Final = (sys.executable, "-I", "-m", "devices.documents.intake_worker")
START_DEADLINE_S: Final = 20.0
_PIECE: Final = 1 << 16
_SIGXCPU: Final = 24
_END_WAIT_S: Final = 5.0
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class WorkerProcess:
    """One running worker. For one thread at a time, except `kill`."""

    def __init__(self, limits: IntakeLimits, command: Sequence[str] = WORKER_COMMAND) -> None:
        """Starts it and waits for its first word.

        Raises:
            ReaderNotStartedError: there is no process, or it does not speak.
        """
        self._limits = limits
        try:
            self._process = subprocess.Popen(
                [*command, str(limits.memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd=os.sep,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise ReaderNotStartedError(why=type(error).__name__) from error
        self._sink, self._source = _pipe(self._process.stdin), _pipe(self._process.stdout)
        os.set_blocking(self._sink, False)
        os.set_blocking(self._source, False)
        try:
            hello = self._receive(time.monotonic() + START_DEADLINE_S)
        except (ReaderDiedError, ReaderSpokeNonsenseError, FileNeedsTooLongError) as error:
            self.kill()
            self.close()
            raise ReaderNotStartedError(why=error.code) from error
        self.confined: tuple[str, ...] = tuple(str(name) for name in hello.header.get("confined", ()))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, header: dict[str, object], blocks: Sequence[bytes]) -> Frame:
        """Sends one message and waits for the answer.

        Raises:
            FileNeedsTooLongError: nothing came within the deadline, or its processor time was over.
            ReaderDiedError: it ended.
            ReaderSpokeNonsenseError: its answer breaks the rules.
        """
        deadline = time.monotonic() + self._limits.deadline_s
        try:
            for part in (start_of(header, blocks), *blocks):
                self._send(part, deadline)
            return self._receive(deadline)
        except BrokenPipeError as error:
            raise self._death() from error

    def kill(self) -> None:
        """Ends it at once; whoever waits in `ask` gets `ReaderDiedError`. From any thread, any number of times."""
        self._process.kill()

    def close(self) -> None:
        """Ends it and lets go of all that belongs to it."""
        self._process.kill()
        self._process.wait(_END_WAIT_S)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _send(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        with selectors.DefaultSelector() as selector:
            selector.register(self._sink, selectors.EVENT_WRITE)
            while rest:
                self._await(selector, deadline)
                try:
                    rest = rest[os.write(self._sink, rest[:_PIECE]) :]
                except BlockingIOError:
                    continue

    def _receive(self, deadline: float) -> Frame:
        with selectors.DefaultSelector() as selector:
            selector.register(self._source, selectors.EVENT_READ)
            try:
                lengths = lengths_of(self._read(PREFIX.size, selector, deadline), self._limits.most_answer_bytes)
                header, blocks = (self._read(length, selector, deadline) for length in lengths)
                return frame_of(header, blocks)
            except BrokenFrameError as error:
                raise ReaderSpokeNonsenseError from error

    def _read(self, size_bytes: int, selector: selectors.BaseSelector, deadline: float) -> bytes:
        got = bytearray()
        while len(got) < size_bytes:
            self._await(selector, deadline)
            try:
                piece = os.read(self._source, min(_PIECE, size_bytes - len(got)))
            except BlockingIOError:
                continue
            if not piece:
                raise self._death()
            got += piece
        return bytes(got)

    def _await(self, selector: selectors.BaseSelector, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not selector.select(left):
            raise FileNeedsTooLongError(limit_s=self._limits.deadline_s)

    def _death(self) -> ReaderDiedError | FileNeedsTooLongError:
        """Why it ended, after its pipe broke."""
        try:
            status = self._process.wait(_END_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait(_END_WAIT_S)
        if status == -_SIGXCPU:
            return FileNeedsTooLongError(limit_s=self._limits.processor_s)
        return ReaderDiedError(status=status)


def _environment() -> dict[str, str]:
    """Nothing of ours but what Windows cannot start a process without."""
    kept = {name: value for name, value in os.environ.items() if name.upper() == "SYSTEMROOT"}
    return {**_ENVIRONMENT, **kept}


def _pipe(stream: IO[bytes] | None) -> int:
    if stream is None:
        raise RuntimeError("both pipes were asked for")
    return stream.fileno()
