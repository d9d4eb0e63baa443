"""A process that runs scenarios, each in a fork of its own: ``python -m tests.support.canaryhost``.

Standard input: one JSON object with ``root`` (a folder), ``scenarios`` (names) and ``server`` (what the scenarios with a server
need). Standard output: one JSON object, scenario to exit code or minus signal. What a scenario prints and logs goes to files.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from pathlib import Path

from app import ending, hardening
from tests.support import canarydesk, canaryline
from tests.support.killing import outcome

SCENARIOS = {**canarydesk.SCENARIOS, **canaryline.SCENARIOS}
AT_ONCE = 2


class CarelessHandler(logging.FileHandler):
    """Writes down all that a record holds, whatever its text."""

    def emit(self, record: logging.LogRecord) -> None:
        """The record as text, its arguments, and the exception with everything behind it."""
        super().emit(record)
        error = record.exc_info[1] if record.exc_info else None
        trace = "" if error is None else "".join(traceback.format_exception(error))
        if self.stream is not None:
            self.stream.write(f"  {record.args!r} {trace}\n")


def _run(name: str, root: Path) -> None:
    folder = root / name
    for stream, fd in (("stdout", 1), ("stderr", 2)):
        file = os.open(root / "out" / f"{name}.{stream}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, fd)
        os.close(file)
    logging.basicConfig(level=logging.DEBUG, handlers=[CarelessHandler(root / "log" / f"{name}.log")])
    logging.captureWarnings(capture=True)
    warnings.simplefilter("always")
    ending.run(lambda: _done(name, folder))


def _done(name: str, folder: Path) -> None:
    try:
        SCENARIOS[name][0](folder)
    except AssertionError:
        traceback.print_exc()  # the test's own, for who repairs it
        raise


def _forked(name: str, root: Path) -> int:
    pid = os.fork()
    if pid == 0:
        code = 71
        try:
            _run(name, root)
        except SystemExit as end:  # as `ending.run` ends
            code = end.code if isinstance(end.code, int) else 72
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return pid


def main() -> None:
    """Runs what standard input says."""
    os.umask(0o077)
    hardening.protect()
    order = json.load(sys.stdin)
    root = Path(order["root"])
    canaryline.SERVER.update(order["server"])
    results: dict[str, int] = {}
    running: dict[int, str] = {}
    waiting = list(order["scenarios"])
    for folder in ("out", "log"):
        (root / folder).mkdir(exist_ok=True)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            name = waiting.pop(0)
            (root / name).mkdir(mode=0o700)
            running[_forked(name, root)] = name
        pid = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid  # type: ignore[union-attr]
        results[running.pop(pid)] = outcome(pid)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
