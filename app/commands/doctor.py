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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from app.commands.outcome import FINDINGS, GOOD, print_json

PORTS = range(4501, 4601)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at.

    Attributes:
        is_needed: without it Sealdesk cannot do its work; otherwise it only does less.
    """

    name: str
    is_good: bool
    is_needed: bool
    found: str
    advice: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Look at what this machine has: Python, libraries, TPM, emulators, device ports."""
    diagnoses = list(diagnose())
    is_fit = all(d.is_good for d in diagnoses if d.is_needed)
    if as_json:
        print_json({"fit": is_fit, "checks": [asdict(d) for d in diagnoses]})
    else:
        for d in diagnoses:
            mark = "ok  " if d.is_good else ("MISS" if d.is_needed else "none")
            print(f"{mark} {d.name}: {d.found}" + (f"\n       {d.advice}" if d.advice and not d.is_good else ""))
    raise typer.Exit(GOOD if is_fit else FINDINGS)


def diagnose() -> Iterator[Diagnosis]:
    """Looks at each thing; changes nothing."""
    yield Diagnosis(
        "Python", sys.version_info >= (3, 11), True, platform.python_version(), "Sealdesk needs Python 3.11 or newer."
    )
    yield _module("cryptography", "cryptography", needed=True, advice="Run make setup.")
    yield _module("deflate by isal", "isal", needed=False, advice="zlib is used instead: equally valid, slower.")
    yield _module("TPM binding (tpm2-pytss)", "tpm2_pytss", needed=False, advice="Run make setup with libtss2-dev installed.")
    yield _tpm_device()
    yield _program("swtpm", "swtpm", "A TPM emulator for trying things out: apt-get install swtpm.")
    libtpms = ctypes.util.find_library("tpms")
    yield Diagnosis("libtpms", libtpms is not None, False, libtpms or "not found", "apt-get install libtpms0")
    yield _ports()


def _module(name: str, module: str, *, needed: bool, advice: str) -> Diagnosis:
    found = importlib.util.find_spec(module) is not None
    return Diagnosis(name, found, needed, "installed" if found else "not installed", advice)


def _program(name: str, program: str, advice: str) -> Diagnosis:
    path = shutil.which(program)
    return Diagnosis(name, path is not None, False, path or "not found", advice)


def _tpm_device() -> Diagnosis:
    device = Path("/dev/tpmrm0")
    name = "hardware TPM"
    if not device.exists():
        return Diagnosis(name, False, False, "no /dev/tpmrm0", "Machine keys will be software keys; tell the administrator.")
    if not os.access(device, os.R_OK | os.W_OK):
        return Diagnosis(name, False, False, "/dev/tpmrm0 may not be opened", "Add this user to group tss, then log in again.")
    return Diagnosis(name, True, False, "/dev/tpmrm0")


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
    return Diagnosis("device ports 4501-4600", True, False, text)
