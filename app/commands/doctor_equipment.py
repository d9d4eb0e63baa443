"""A machine's equipment: each kind looked at in a process of its own, all at once, in bounded time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any, Final

import orjson

from app.commands.doctor_model import Diagnosis, Finding, Part

DEADLINE_S: Final = 10.0
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "scanners": "document scanners",
        "cameras": "cameras",
        "usb": "USB devices",
        "sdks": "biometric SDKs",
        "suggestions": "suggestions in other scripts",
    }
)
# The libraries behind talk to stderr and to the log at their own will.
_QUIET: Final = {"QT_LOGGING_RULES": "*=false", "QT_QPA_PLATFORM": "offscreen"}
_FAULTS: Final = (ValueError, KeyError, TypeError, AttributeError)


def probe_commands() -> dict[str, Sequence[str]]:
    """What to run for each kind."""
    return {kind: (sys.executable, "-m", "app.commands.doctor_probe", kind) for kind in NAMES}


def look_at_equipment(commands: Mapping[str, Sequence[str]], deadline_s: float = DEADLINE_S) -> Iterator[Diagnosis]:
    """One diagnosis for each kind, in order. A look that hangs, crashes or talks nonsense is named and hinders no other.

    Args:
        commands: by a key of `NAMES`.
        deadline_s: for all together; those that are not done then are killed with all that they started.
    """
    over_at = time.monotonic() + deadline_s
    with ExitStack() as stack:
        processes = {kind: stack.enter_context(_started(command)) for kind, command in commands.items()}
        for kind, process in processes.items():
            yield _diagnosis(NAMES[kind], process, over_at, deadline_s)


@contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_QUIET},
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                _kill(process)


def _diagnosis(name: str, process: subprocess.Popen[bytes], over_at: float, deadline_s: float) -> Diagnosis:
    try:
        said, _ = process.communicate(timeout=max(0.01, over_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        advice = "A driver or a device hangs. Unplug what was plugged in last, then look again."
        return _missing(name, f"did not answer within {deadline_s:.0f} s", advice)
    broken = "A library behind it is broken: install it anew."
    if process.returncode:
        code = process.returncode
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return _missing(name, f"the look at them {how}", broken)
    try:
        return _read(name, orjson.loads(said))
    except _FAULTS:
        return _missing(name, "the look at them gave no usable answer", broken)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    # It leads a session of its own, in which is what it started itself.
    os.killpg(process.pid, signal.SIGKILL)


def _read(name: str, seen: Any) -> Diagnosis:
    state = Finding(seen["state"])
    parts = tuple(Part(str(part["name"]), str(part["state"]), str(part["detail"])) for part in seen["parts"])
    return Diagnosis(name, state is Finding.GOOD, False, str(seen["found"]), str(seen["advice"]), state, parts)


def _missing(name: str, found: str, advice: str) -> Diagnosis:
    return Diagnosis(name, False, False, found, advice, Finding.MISSING)
