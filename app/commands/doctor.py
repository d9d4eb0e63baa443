"""`sealdesk doctor`: what this machine has of what Sealdesk can use."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.commands.doctor_equipment import look_at_equipment, probe_commands
from app.commands.doctor_model import Diagnosis, Finding
from app.commands.outcome import FINDINGS, GOOD, one_line, print_json

PORTS = range(4501, 4601)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Look at what this machine has: Python, libraries, TPM, emulators, device ports, scanners, cameras, USB devices, SDKs.

    Exit code 1 if something is missing without which Sealdesk does not work.
    """
    diagnoses = [*diagnose(), *look_at_equipment(probe_commands())]
    is_fit = all(d.is_good for d in diagnoses if d.is_needed)
    if as_json:
        print_json({"fit": is_fit, "checks": [asdict(d) for d in diagnoses]})
    else:
        for diagnosis in diagnoses:
            print("\n".join(_lines(diagnosis)))
    raise typer.Exit(GOOD if is_fit else FINDINGS)


def _lines(d: Diagnosis) -> Iterator[str]:
    mark = "ok  " if d.is_good else ("MISS" if d.is_needed else "none")
    yield f"{mark} {d.name}: {one_line(d.found)}"
    if d.advice and not d.is_good:
        yield f"       {one_line(d.advice)}"
    # One part that says the same as the whole is not said again.
    for part in d.parts:
        if part.detail != d.found:
            detail = f" ({part.detail})" if part.detail else ""
            yield f"       - {one_line(f'{part.name}: {part.state}{detail}')}"


def diagnose() -> Iterator[Diagnosis]:
    """Looks at each thing that is told without asking a device; changes nothing."""
    yield _diagnosis(
        "Python",
        platform.python_version(),
        "Sealdesk needs Python 3.11 or newer.",
        is_good=sys.version_info >= (3, 11),
        is_needed=True,
    )
    yield _module("cryptography", "cryptography", needed=True, advice="Run make setup.")
    yield _module("deflate by isal", "isal", needed=False, advice="zlib is used instead: equally valid, slower.")
    yield _module("TPM binding (tpm2-pytss)", "tpm2_pytss", needed=False, advice="Run make setup with libtss2-dev installed.")
    yield _tpm_device()
    yield _program("swtpm", "swtpm", "A TPM emulator for trying things out: apt-get install swtpm.")
    libtpms = ctypes.util.find_library("tpms")
    yield _diagnosis("libtpms", libtpms or "not found", "apt-get install libtpms0", is_good=libtpms is not None)
    yield _ports()


def _diagnosis(
    name: str, found: str, advice: str = "", *, is_good: bool, is_needed: bool = False, otherwise: Finding = Finding.MISSING
) -> Diagnosis:
    return Diagnosis(name, is_good, is_needed, found, advice, Finding.GOOD if is_good else otherwise)


def _module(name: str, module: str, *, needed: bool, advice: str) -> Diagnosis:
    found = importlib.util.find_spec(module) is not None
    return _diagnosis(name, "installed" if found else "not installed", advice, is_good=found, is_needed=needed)


def _program(name: str, program: str, advice: str) -> Diagnosis:
    path = shutil.which(program)
    return _diagnosis(name, path or "not found", advice, is_good=path is not None)


def _tpm_device() -> Diagnosis:
    device = Path("/dev/tpmrm0")
    name = "hardware TPM"
    if not device.exists():
        advice = "Machine keys will be software keys; tell the administrator."
        return _diagnosis(name, "no /dev/tpmrm0", advice, is_good=False, otherwise=Finding.NONE)
    if not os.access(device, os.R_OK | os.W_OK):
        return _diagnosis(
            name, "/dev/tpmrm0 may not be opened", "Add this user to group tss, then log in again.", is_good=False
        )
    return _diagnosis(name, "/dev/tpmrm0", is_good=True)


def _ports() -> Diagnosis:
    taken = []
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                taken.append(port)
    text = f"in use: {', '.join(map(str, taken))}" if taken else "all free (no device service is running)"
    return _diagnosis("device ports 4501-4600", text, is_good=True)
