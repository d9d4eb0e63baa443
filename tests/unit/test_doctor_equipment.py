"""Looking at equipment: what hangs, crashes or talks nonsense is named, and hinders nothing else."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from app.commands.doctor_equipment import NAMES, look_at_equipment, probe_commands
from app.commands.doctor_model import Finding, Part
from app.commands.doctor_probe import PROBES

GOOD = {"state": "good", "found": "1 found", "advice": "", "parts": [{"name": "Scanner", "state": "ready", "detail": "x"}]}


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


def test_every_kind_has_a_look_and_a_name() -> None:
    assert list(PROBES) == list(NAMES) == list(probe_commands())


def test_what_a_look_saw_is_told() -> None:
    (diagnosis,) = look_at_equipment({"scanners": _python(f"print({json.dumps(GOOD)!r})")})
    assert (diagnosis.name, diagnosis.found, diagnosis.state) == ("document scanners", "1 found", Finding.GOOD)
    assert (diagnosis.is_good, diagnosis.is_needed) == (True, False)
    assert diagnosis.parts == (Part("Scanner", "ready", "x"),)


def test_a_look_that_hangs_is_named_and_killed_with_what_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    begin = time.monotonic()
    hanging, good = look_at_equipment({"usb": _python(code), "cameras": _python(f"print({json.dumps(GOOD)!r})")}, deadline_s=3)
    assert time.monotonic() - begin < 20
    assert (hanging.name, hanging.state, hanging.is_needed) == ("USB devices", Finding.MISSING, False)
    assert hanging.found == "did not answer within 3 s"
    assert good.is_good
    for pid in map(int, pids.read_text().split()):
        _assert_ended(pid)


def _assert_ended(pid: int) -> None:
    """Gone, or dead and not yet collected by whoever inherited it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (ProcessLookupError, FileNotFoundError):
            return
    pytest.fail("it is still there")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os; os.kill(os.getpid(), 11)", "was ended by signal 11"),
        ("raise SystemExit(3)", "ended with code 3"),
        ("print('hello')", "gave no usable answer"),
        ("print('{}')", "gave no usable answer"),
        ("print('[]')", "gave no usable answer"),
        ('print(\'{"state": "fine", "found": "", "advice": "", "parts": []}\')', "gave no usable answer"),
        ('print(\'{"state": "good", "found": "", "advice": "", "parts": [1]}\')', "gave no usable answer"),
        ("import sys; sys.stderr.write('x' * 1000000)", "gave no usable answer"),
    ],
)
def test_a_look_that_fails_is_named(code: str, found: str) -> None:
    (diagnosis,) = look_at_equipment({"sdks": _python(code)})
    assert found in diagnosis.found
    assert diagnosis.advice
    assert diagnosis.state is Finding.MISSING


def test_no_process_stays_when_the_command_is_given_up(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    good = _python(f"import pathlib, time\nwhile not pathlib.Path({str(pid)!r}).exists(): pass\nprint({json.dumps(GOOD)!r})")
    looking = look_at_equipment({"scanners": good, "usb": _python(code)}, deadline_s=30)
    assert next(looking).is_good
    looking.close()  # type: ignore[attr-defined]
    _assert_ended(int(pid.read_text() or "0"))
