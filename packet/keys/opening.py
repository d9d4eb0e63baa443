"""Opening the machine key that a setting describes.

========================  ========================================================================
Descriptor                Machine key
========================  ========================================================================
``tpm``                   hardware TPM through the kernel's resource manager, ``/dev/tpmrm0``
``tpm:<TCTI>``            a TPM by tpm2-tss connection string: ``tpm:device:/dev/tpm0``,
                          ``tpm:swtpm:host=127.0.0.1,port=2321``, ``tpm:swtpm:path=/run/tpm``
``libtpms:<file>``        embedded TPM with its memory in a file, for demonstrations and tests
``software:<directory>``  key files, as MOSIP's reference client keeps them in ``.mosipkeys``
========================  ========================================================================

There is no automatic choice and no falling back: a machine that silently changed from a TPM to a file would be another machine.
"""

from __future__ import annotations

from pathlib import Path

from packet.keys.base import MachineKey
from packet.keys.errors import KeyDescriptorError, TpmMissingError, TpmSoftwareMissingError
from packet.keys.software import SoftwareMachineKey

_CHARACTERS_MAX = 4096


def open_machine_key(descriptor: str, expected_signing_public: bytes | None = None) -> MachineKey:
    """Opens the key; the caller closes it.

    Args:
        descriptor: see the table above; ``~`` in a path is the home directory.
        expected_signing_public: the signing key with which this machine was set up, as `MachineKey.signing_public` gave it.
            Without it, a missing software key or embedded TPM is made; with it, none is made and another key is refused.

    Raises:
        KeyDescriptorError: if the descriptor is not in the table.
        TpmSoftwareMissingError: if it needs a program part that is not installed.
        MachineKeyError: another one, if the key cannot be opened.
    """
    kind, _, place = descriptor.partition(":")
    if len(descriptor) > _CHARACTERS_MAX or "\0" in descriptor:
        raise KeyDescriptorError(descriptor=descriptor[:40], why="it is too long or has characters of no path")
    if kind == "tpm" and descriptor != "tpm:":
        return _open_tpm(place, expected_signing_public)
    if kind in ("libtpms", "software") and not place:
        raise KeyDescriptorError(descriptor=descriptor, why=f"{kind} needs a path")
    if kind == "libtpms":
        return _open_libtpms(Path(place).expanduser(), expected_signing_public)
    if kind == "software":
        return SoftwareMachineKey.open_or_create(Path(place).expanduser(), expected_signing_public=expected_signing_public)
    raise KeyDescriptorError(descriptor=descriptor, why="it begins with none of tpm, libtpms, software")


def _open_tpm(tcti: str, expected_signing_public: bytes | None) -> MachineKey:
    try:
        from packet.keys.tpm import KERNEL_TCTI, TpmMachineKey
    except ImportError as error:
        raise TpmSoftwareMissingError(part="tpm2-pytss") from error
    return TpmMachineKey.open(tcti or KERNEL_TCTI, expected_signing_public=expected_signing_public)


def _open_libtpms(file: Path, expected_signing_public: bytes | None) -> MachineKey:
    try:
        from packet.keys.libtpms import LibtpmsTcti
        from packet.keys.tpm import TpmMachineKey
    except ImportError as error:
        raise TpmSoftwareMissingError(part="tpm2-pytss") from error
    where = f"libtpms:{file}"
    if expected_signing_public is not None and not file.exists():
        raise TpmMissingError(where=where)
    tcti = LibtpmsTcti(file)
    return TpmMachineKey.open(tcti, expected_signing_public=expected_signing_public, where=where, deadline_s=None)
