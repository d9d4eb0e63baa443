"""The files of a software key, as MOSIP's reference client lays them into ``.mosipkeys``.

==============  ==========================================================================
File            Content
==============  ==========================================================================
``reg.key``     RSA-2048 private key, PKCS#8 DER, not encrypted
``reg.pub``     its public part, SubjectPublicKeyInfo DER
``readme.txt``  for the administrator: lines MachineName, PublicKey (b64url), KeyIndex; CRLF
``db.conf``     the reference client's own; only its presence is noticed here
==============  ==========================================================================

Where the reference client makes a new pair when it finds fewer than two files, this reader refuses: after a botched restore a
new pair would lock the machine out of its database, its sealed data and its registration, and nobody would know why.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from packet.encoding import b64url
from packet.keys import securefile
from packet.keys.errors import (
    KeyFilesDamagedError,
    KeyFilesDeniedError,
    KeyFilesIoError,
    KeyFilesLostError,
    KeyFilesMismatchError,
    KeyFilesPartialError,
    PublicKeyMalformedError,
)
from packet.keys.publickey import PUBLIC_EXPONENT, RSA_BITS, fingerprint, parse

PRIVATE_FILE = "reg.key"
PUBLIC_FILE = "reg.pub"
README_FILE = "readme.txt"
DATABASE_FILE = "db.conf"
_FILE_MAX_BYTES = 16 * 1024


def load_or_create(directory: Path, machine_name: str) -> tuple[rsa.RSAPrivateKey, bytes]:
    """Reads the pair, or makes one where there is no trace of an earlier one.

    Only one process at a time is in here for one directory. A pair found is never changed; its private file is made
    unreadable for others if it was not.

    Args:
        directory: made with mode 0700 if it is missing.
        machine_name: for the readme of a new pair.

    Returns:
        The private key and the bytes of its SubjectPublicKeyInfo.

    Raises:
        KeyFilesPartialError, KeyFilesDamagedError, KeyFilesMismatchError: if the files are not a whole pair.
        KeyFilesDeniedError, KeyFilesIoError: if they cannot be read or written.
    """
    with _named_faults(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(directory):
            if _is_new(directory):
                _create(directory, machine_name)
            return _load(directory)


def load(directory: Path) -> tuple[rsa.RSAPrivateKey, bytes]:
    """Reads a pair that must be there; as `load_or_create` otherwise.

    Raises:
        KeyFilesLostError: if there is no trace of a pair.
    """
    with _named_faults(directory):
        if not directory.is_dir():
            raise KeyFilesLostError(directory=str(directory))
        with _locked(directory):
            if _is_new(directory):
                raise KeyFilesLostError(directory=str(directory))
            return _load(directory)


def _is_new(directory: Path) -> bool:
    found = {name for name in (PRIVATE_FILE, PUBLIC_FILE, README_FILE, DATABASE_FILE) if (directory / name).exists()}
    missing = {PRIVATE_FILE, PUBLIC_FILE} - found
    if found and missing:
        raise KeyFilesPartialError(directory=str(directory), missing=" and ".join(sorted(missing)))
    return not found


def _load(directory: Path) -> tuple[rsa.RSAPrivateKey, bytes]:
    private_path, public_path = directory / PRIVATE_FILE, directory / PUBLIC_FILE
    private = _private_key(_read(private_path), str(private_path))
    public = _read(public_path)
    try:
        known = parse(public)
    except PublicKeyMalformedError as error:
        raise KeyFilesDamagedError(file=str(public_path), why="it is no public key of 2048 bits") from error
    if known.key.public_numbers() != private.public_key().public_numbers():
        raise KeyFilesMismatchError(directory=str(directory))
    if private_path.stat().st_mode & 0o077:
        with contextlib.suppress(PermissionError):  # owned by another user that gave it to us: their decision
            private_path.chmod(0o600)
    return private, public


def _private_key(data: bytes, file: str) -> rsa.RSAPrivateKey:
    try:
        private = load_der_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFilesDamagedError(file=file, why="it is no unencrypted PKCS#8 private key") from error
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size != RSA_BITS:
        raise KeyFilesDamagedError(file=file, why=f"it is no RSA key of {RSA_BITS} bits")
    return private


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_FILE_MAX_BYTES + 1)
    if len(data) > _FILE_MAX_BYTES:
        raise KeyFilesDamagedError(file=str(path), why="it is too large")
    return data


def _create(directory: Path, machine_name: str) -> None:
    private = rsa.generate_private_key(PUBLIC_EXPONENT, RSA_BITS)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    files = {PRIVATE_FILE: pkcs8, PUBLIC_FILE: public, README_FILE: _readme(machine_name, public)}
    # All are on the disk under other names before the first gets its name: a full disk leaves no half of a pair.
    written: dict[Path, Path] = {}
    try:
        for name, data in files.items():
            written[directory / name] = securefile.write_beside(directory / name, data)
        for final, temporary in written.items():
            temporary.replace(final)
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)
    securefile.sync_directory(directory)


def _readme(machine_name: str, public: bytes) -> bytes:
    lines = (
        f"MachineName: {machine_name}",
        f"PublicKey: {b64url(public)}",
        f"KeyIndex: {fingerprint(public)}",
        "",
        "Register the machine with this name and key; signing and encryption use the same key.",
        "Keep this directory secret and back it up: without it the machine must be registered anew.",
        "",
    )
    return "\r\n".join(lines).encode("utf-8")


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _named_faults(directory: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise KeyFilesDeniedError(directory=str(directory)) from error
    except OSError as error:
        raise KeyFilesIoError(directory=str(directory), why=error.strerror or type(error).__name__) from error
