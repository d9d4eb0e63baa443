"""Writing a secret file so that it is never readable by others and never half there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_beside(path: Path, data: bytes) -> Path:
    """Writes and syncs data into a new file of mode 0600 in the directory of path, for `Path.replace`; gives its path.

    Raises:
        OSError: if that fails; nothing is left then.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - the mode must be set before there is data
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def replace(path: Path, data: bytes) -> None:
    """Gives a file new content in one step that survives a power cut.

    Raises:
        OSError: if that fails; the file then has its old content.
    """
    temporary = write_beside(path, data)
    try:
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Brings renames in a directory onto the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
