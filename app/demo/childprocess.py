"""Parts that run as processes of their own, told apart from us only by a pipe.

A child has the read end of a pipe as standard input and ends when that ends; so it ends with us, however we end. It says on
its standard output, with one JSON line, that it is ready. It has a session of its own: Ctrl-C reaches us alone, and we stop our
children in order.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from app.demo.errors import ChildFailedError

READY_MAX_S = 60.0
STOP_MAX_S = 10.0


class Child:
    """One process, from entering until leaving.

    Args:
        name: for people.
        command: of `sealdesk`, that starts the same by hand; for the error's next step.
        order: first line that it is given.
        folder: working directory.
    """

    def __init__(self, name: str, command: str, arguments: Sequence[str], order: bytes, folder: Path) -> None:
        self._name = name
        self._command = command
        self._arguments = list(arguments)
        self._order = order
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words: deque[str] = deque(maxlen=5)
        self._threads: list[threading.Thread] = []
        self._lines: deque[bytes] = deque()
        self._said = threading.Condition()
        self._is_silent = False
        self._has_answered = False

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            start_new_session=True,
        )
        self._threads = [
            threading.Thread(target=self._read_lines, name=f"{self._name} output", daemon=True),
            threading.Thread(target=self._read_errors, name=f"{self._name} errors", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        if self._order:
            self._write(self._order)
        return self

    def answer(self, order: bytes = b"", timeout_s: float = READY_MAX_S) -> Mapping[str, Any]:
        """Waits for the next JSON line, after writing an order if there is one.

        Raises:
            ChildFailedError: if it ends, says something else, reports an error, or takes too long.
        """
        if order:
            self._write(order)
        with self._said:
            if not self._said.wait_for(lambda: self._lines or self._is_silent, timeout_s):
                raise self._failed(f"it said nothing for {timeout_s:.0f} s")
            if not self._lines:
                raise self._failed(self._last_word() or "it ended")
            line = self._lines.popleft()
            self._has_answered = True
        try:
            answer = orjson.loads(line)
        except ValueError as error:
            raise self._failed(self._last_word() or "it said something else") from error
        if not isinstance(answer, dict) or "error" in answer:
            raise self._failed(str(answer["error"].get("message")) if isinstance(answer, dict) else "it said something else")
        return answer

    def stop(self) -> None:
        """Lets it end in order, and makes it end otherwise. Safe to call twice."""
        process = self._process
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            process.stdin.close()
        patience = [lambda: None] if self._has_answered else []  # one that is still loading does not look at its input yet
        for nudge in (*patience, process.terminate, process.kill):
            nudge()
            try:
                process.wait(STOP_MAX_S)
                break
            except subprocess.TimeoutExpired:
                continue
        for thread in self._threads:
            thread.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        self._process = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _write(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise RuntimeError("the process is not running")
        with contextlib.suppress(BrokenPipeError):  # it has ended; the answer that does not come says so
            process.stdin.write(line + b"\n")
            process.stdin.flush()

    def _read_lines(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        for line in process.stdout:
            with self._said:
                self._lines.append(line)
                self._said.notify_all()
        with self._said:
            self._is_silent = True
            self._said.notify_all()

    def _read_errors(self) -> None:
        process = self._process
        if process is None or process.stderr is None:
            return
        for line in process.stderr:
            self._last_words.append(line.decode("utf-8", "replace").strip())

    def _last_word(self) -> str:
        """The last line of its error output; of a traceback that is the error itself."""
        return next((line for line in reversed(self._last_words) if line), "")[:300]

    def _failed(self, why: str) -> ChildFailedError:
        return ChildFailedError(name=self._name, why=why.rstrip("."), command=self._command)
