"""The demonstration's machine key: an emulated TPM where that is possible, in files otherwise, and it says which."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.demo.emulator import SwtpmProcess
from packet.errors import CodedError
from packet.keys.base import MachineKey
from packet.keys.errors import KeyDescriptorError, TpmSoftwareMissingError
from packet.keys.opening import open_machine_key


@dataclass(frozen=True, slots=True)
class Provisioned:
    """An open machine key.

    Attributes:
        warning: what the reader must know about it; None if it is in a TPM, emulated or not.
    """

    key: MachineKey
    warning: str | None = None


@contextmanager
def provision(descriptor: str | None, folder: Path) -> Iterator[Provisioned]:
    """Opens the described key, or makes the best that this machine has.

    Raises:
        MachineKeyError, EmulatorMissingError, EmulatorFailedError: if a key that was chosen or found cannot be used.
    """
    with ExitStack() as opened:
        provisioned = Provisioned(open_machine_key(descriptor)) if descriptor else _best(opened, folder)
        opened.enter_context(provisioned.key)
        yield provisioned


def _best(opened: ExitStack, folder: Path) -> Provisioned:
    has_binding = importlib.util.find_spec("tpm2_pytss") is not None
    if has_binding and all(shutil.which(program) for program in ("swtpm", "setpriv")):
        emulator = opened.enter_context(_emulator(folder))
        with suppress(KeyDescriptorError):  # the emulator is installed, but not tpm2-tss's connection to it
            return Provisioned(open_machine_key(f"tpm:{emulator.tcti}"))
    if has_binding:
        try:
            return Provisioned(open_machine_key(f"libtpms:{folder / 'tpm-state'}"))
        except TpmSoftwareMissingError as error:
            reason: CodedError = error
    else:
        reason = TpmSoftwareMissingError(part="tpm2-pytss")
    warning = f"{reason.message} The machine key lies in a file: whoever copies it is this machine. {reason.advice}"
    return Provisioned(open_machine_key(f"software:{folder / 'machine-key'}"), warning)


@contextmanager
def _emulator(folder: Path) -> Iterator[SwtpmProcess]:
    emulator = SwtpmProcess(folder / "tpm-state")
    try:
        with _runtime_folder(folder):
            emulator.start()
        yield emulator
    finally:
        emulator.stop()


@contextmanager
def _runtime_folder(folder: Path) -> Iterator[None]:
    """The emulator puts its sockets into the user's runtime folder; in ours they are removed even if we are killed."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
