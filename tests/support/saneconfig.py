"""SANE with nothing but its virtual ``test`` scanners, and a driver that can be made to misbehave."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

STEERED = Path(__file__).parent / "steered_sane"
DEVICE = "test:0"

NEEDS_SANE = pytest.mark.skipif(
    find_spec("sane") is None or not list(Path("/usr/lib").glob("**/libsane-test.so*")),
    reason="python-sane or SANE's virtual scanner is not installed",
)

_TEST_CONF = """
number_of_devices 2
mode Color
depth 8
resolution 50.0
br_x 80.0
br_y 100.0
geometry_max 300.0
test-picture "Color pattern"
"""


def use_virtual_scanners(folder: Path, monkeypatch: pytest.MonkeyPatch, backends: str = "test\n") -> None:
    """Makes SANE see its two virtual scanners and no other."""
    (folder / "dll.conf").write_text(backends)
    (folder / "test.conf").write_text(_TEST_CONF)
    monkeypatch.setenv("SANE_CONFIG_DIR", str(folder))


def steer(monkeypatch: pytest.MonkeyPatch, **steps: str | int) -> None:
    """Puts a driver before python-sane that does its work but goes wrong where it is told; see `steered_sane/sane.py`."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STEERED), *filter(None, [os.environ.get("PYTHONPATH")])]))
    for name, value in steps.items():
        monkeypatch.setenv(f"STEERED_{name.upper()}", str(value))


def children_of(parent: int) -> Mapping[int, str]:
    """Process ids and command lines of the running children of a process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                found[int(entry.name)] = command
    return found


def scan_workers() -> list[int]:
    """Our own scan workers that still run."""
    return [pid for pid, command in children_of(os.getpid()).items() if "saneworker" in command]
