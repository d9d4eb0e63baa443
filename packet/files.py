"""Files of packets: written whole or not at all, read inside one folder only and with a limit.

A packet file is made without a name in the same folder, with mode 0600 before any data is in it, synced, and given its name by
a hard link, which fails if the name is taken: an existing file is never overwritten. Then the folder is synced. After a power
cut or a kill there is the whole file or none, and nothing else: what never got a name is gone with the process.

Where the file system knows no files without a name (FAT, some network file systems), the file is made under another name,
``.<name>.<random>.part``. A kill while it is written leaves that, and it may be deleted.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from packet.errors import UnusableInputError

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NO_UNNAMED = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.EISDIR, errno.ENOENT, errno.EINVAL, errno.ENOSYS)
"""How file systems and kernels say that they know no file without a name; ENOENT also where ``/proc`` is not mounted."""
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class DiskFullError(UnusableInputError):
    """There is no room for a file."""

    code = "PACKET-DISK-FULL"
    sentence = "{path} needs {needed_bytes} bytes; there are {free_bytes} free."
    next_step = "Free some space, for example by exporting or deleting uploaded packets, and try again."


class FileExistsAlreadyError(UnusableInputError):
    """A file of that name is there already."""

    code = "PACKET-FILE-EXISTS"
    sentence = "{path} exists already; it was not overwritten."
    next_step = "Choose another folder, or move the file away."


class FileNotWritableError(UnusableInputError):
    """A file cannot be written."""

    code = "PACKET-FILE-NOT-WRITABLE"
    sentence = "{path} cannot be written: {why}."
    next_step = "Check that the folder exists and that this user may write into it."


class FileNotReadableError(UnusableInputError):
    """A file cannot be read."""

    code = "PACKET-FILE-NOT-READABLE"
    sentence = "{path} cannot be read: {why}."
    next_step = "Check the path and its permissions. Links are not followed."


class FileOverLimitError(UnusableInputError):
    """A file is larger than anything of its kind can be."""

    code = "PACKET-FILE-OVER-LIMIT"
    sentence = "{path} has more than {limit_bytes} bytes."
    next_step = "Check that it is the right file."


class PathOutsideError(UnusableInputError):
    """A path leads out of the folder in which all files of a registration must lie."""

    code = "PACKET-PATH-OUTSIDE"
    sentence = "The path in {where} must be relative and stay inside the registration's folder."
    next_step = "Copy the file into the folder of the registration and name it from there."


def write_new(path: Path, data: bytes) -> None:
    """Writes a file of mode 0600 that did not exist before, atomically and durably.

    Raises:
        FileExistsAlreadyError: if there is one of that name.
        DiskFullError: if there is no room.
        FileNotWritableError: for any other reason.
    """
    with _named_faults(path, len(data)):
        if os.path.lexists(path):
            raise FileExistsAlreadyError(path=str(path))
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if not _write_unnamed(folder, path, data):
                _write_under_another_name(path, data)
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_unnamed(folder: int, path: Path, data: bytes) -> bool:
    """False where there are no files without a name or they cannot be given one; nothing is left behind then."""
    try:
        descriptor = os.open(path.parent, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _NO_UNNAMED:
            raise
        return False
    with os.fdopen(descriptor, "wb") as file:
        _fill(file, data)
        try:
            # with a descriptor of the folder the call follows the link in /proc, without one it would link the link
            os.link(f"/proc/self/fd/{descriptor}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError as error:
            raise FileExistsAlreadyError(path=str(path)) from error
        except OSError as error:
            if error.errno not in (*_NO_UNNAMED, *_NO_LINKS, errno.EXDEV):
                raise
            return False
    return True


def _write_under_another_name(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _fill(file, data)
        _give_name(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _fill(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _give_name(temporary: Path, path: Path) -> None:
    """A link fails if the name is taken, a rename would overwrite; but FAT, as on USB sticks, has no links."""
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise FileExistsAlreadyError(path=str(path)) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsAlreadyError(path=str(path)) from error
        temporary.replace(path)


@contextmanager
def _named_faults(path: Path, needed_bytes: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFullError(path=str(path), needed_bytes=needed_bytes, free_bytes=_free_bytes(path.parent)) from error
        raise FileNotWritableError(path=str(path), why=_reason(error)) from error


def _free_bytes(folder: Path) -> int | None:
    try:
        figures = os.statvfs(folder)
    except OSError:
        return None
    return figures.f_bavail * figures.f_frsize


def read_file(path: Path, limit_bytes: int) -> bytes:
    """Reads a whole regular file.

    Raises:
        FileNotReadableError: if it cannot be read or is no regular file.
        FileOverLimitError: if it is larger than the limit.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise FileNotReadableError(path=str(path), why=_reason(error)) from error
    return _read_open(descriptor, str(path), limit_bytes)


def read_inside(folder: Path, name: str, where: str, limit_bytes: int) -> bytes:
    """Reads a file by a relative path that cannot lead out of a folder: no ``..``, no links, whatever happens meanwhile.

    Args:
        name: path with ``/`` between its parts.
        where: which entry of the registration names it, for errors.

    Raises:
        PathOutsideError: if the path is absolute or leads upwards.
        FileNotReadableError, FileOverLimitError: as `read_file`; also if a part of the path is a link.
    """
    pure = PurePosixPath(name)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in name or "\0" in name:
        raise PathOutsideError(where=where)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in pure.parts[:-1]:
                deeper = os.open(part, flags | os.O_DIRECTORY, dir_fd=directory)
                os.close(directory)
                directory = deeper
            descriptor = os.open(pure.name, flags | os.O_NONBLOCK, dir_fd=directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise FileNotReadableError(path=name, why=_reason(error)) from error
    return _read_open(descriptor, name, limit_bytes)


def _read_open(descriptor: int, path: str, limit_bytes: int) -> bytes:
    try:
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileNotReadableError(path=path, why="it is no regular file")
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise FileNotReadableError(path=path, why=_reason(error)) from error
    if len(data) > limit_bytes:
        raise FileOverLimitError(path=path, limit_bytes=limit_bytes)
    return data


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or "unknown reason") if isinstance(error, OSError) else "its name is none"
