"""The state file of the embedded TPM: everything that a hardware TPM would keep in its non-volatile memory.

Big-endian:

======  ======  ==========================================================
Offset  Length  Content
======  ======  ==========================================================
0       8       ``SDTPMS01``
8       32      SHA-256 of all that follows
40      2       number of entries
        1 + n   name of an entry, ASCII
        4 + m   its data, as libtpms gives it
======  ======  ==========================================================

The seeds of the keys are in it unencrypted: the file is as secret as a private key, and copying it copies the machine.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Mapping
from pathlib import Path

from packet.encoding import sha256
from packet.keys import securefile
from packet.keys.errors import (
    MachineKeyError,
    TpmAlreadyOpenError,
    TpmStateDamagedError,
    TpmStateDeniedError,
    TpmStateIoError,
)

_MAGIC = b"SDTPMS01"
_DIGEST_BYTES = 32
_FILE_MAX_BYTES = 4 * 1024 * 1024


class TpmState:
    """The entries of a state file, written through on every change. One process at a time can hold a file.

    Args:
        path: made on the first change, mode 0600, in a directory of mode 0700; ``<path>.lock`` beside it holds the lock.

    Raises:
        TpmAlreadyOpenError: if another process has it.
        TpmStateDamagedError: if the file is not whole.
        TpmStateDeniedError, TpmStateIoError: if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, bytes] = {}
        try:
            self._lock = _lock(path)
        except OSError as error:
            raise self._named(error) from error
        try:
            whole = self._read()
            self._entries = {} if whole is None else _parse(whole, str(path))
        except BaseException:
            self.close()
            raise

    def load(self, name: str) -> bytes | None:
        """Data of an entry, or None."""
        return self._entries.get(name)

    def store(self, changes: Mapping[str, bytes | None]) -> None:
        """Puts changed entries onto the disk before returning; None takes an entry away.

        Raises:
            TpmStateDeniedError, TpmStateIoError: if that is not possible; the file then has its old content.
        """
        merged = {**self._entries, **changes}
        entries = {name: data for name, data in merged.items() if data is not None}
        if entries == self._entries:
            return
        try:
            securefile.replace(self._path, _serialise(entries))
        except OSError as error:
            raise self._named(error) from error
        self._entries = entries

    def close(self) -> None:
        """Gives the lock back. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _read(self) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                return file.read(_FILE_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._named(error) from error

    def _named(self, error: OSError) -> MachineKeyError:
        if isinstance(error, BlockingIOError):
            return TpmAlreadyOpenError(file=str(self._path), why="another process uses the file")
        if isinstance(error, PermissionError):
            return TpmStateDeniedError(file=str(self._path))
        return TpmStateIoError(file=str(self._path), why=error.strerror or type(error).__name__)


def _lock(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A file of its own: the state file itself is replaced, and a lock would stay with the old one.
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _serialise(entries: dict[str, bytes]) -> bytes:
    parts = [struct.pack(">H", len(entries))]
    for name, data in sorted(entries.items()):
        encoded = name.encode("ascii")
        parts += (struct.pack(">B", len(encoded)), encoded, struct.pack(">I", len(data)), data)
    content = b"".join(parts)
    return _MAGIC + sha256(content) + content


def _parse(whole: bytes, file: str) -> dict[str, bytes]:
    content_at = len(_MAGIC) + _DIGEST_BYTES
    content = whole[content_at:]
    if not whole.startswith(_MAGIC):
        raise TpmStateDamagedError(file=file, why="it is not such a file")
    if whole[len(_MAGIC) : content_at] != sha256(content):
        raise TpmStateDamagedError(file=file, why="its checksum does not fit")
    entries: dict[str, bytes] = {}
    try:
        (count,) = struct.unpack_from(">H", content)
        at = 2
        for _ in range(count):
            name_at = at + 1
            data_at = name_at + content[at] + 4
            (size,) = struct.unpack_from(">I", content, data_at - 4)
            entries[content[name_at : data_at - 4].decode("ascii")] = content[data_at : data_at + size]
            at = data_at + size
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise TpmStateDamagedError(file=file, why="its entries are not readable") from error
    return entries
