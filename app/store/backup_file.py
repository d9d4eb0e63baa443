"""Files of backups: written without a name, read back, and only then given their name; read with bounds.

A backup is made as a file without a name in its folder, mode 0600, synced, dropped from the system's cache and read back. Only
what passed that gets the name, by a hard link, which fails if the name is taken; then the folder is synced. After a kill or a
power cut there is the whole file or none.

Where the file system knows no files without a name (FAT and exFAT, as on USB sticks), it is made as ``.<name>.<random>.part``.
A kill leaves that; it may be deleted.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from app.store.backup_errors import (
    BackupSourceError,
    BackupTargetExistsError,
    BackupTargetFaultError,
    BackupTargetFullError,
    BackupTargetGoneError,
    BackupTargetReadOnlyError,
    BackupTargetSizeError,
)

_NO_UNNAMED: Final = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.EISDIR, errno.EINVAL, errno.ENOSYS)
_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY: Final = (errno.EROFS, errno.EACCES, errno.EPERM)
_GONE: Final = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENODEV,
    errno.ENXIO,
    errno.EIO,
    errno.ESTALE,
    errno.ENOTCONN,
    errno.ESHUTDOWN,
    errno.ENOMEDIUM,
    errno.EREMOTEIO,
    errno.EHOSTDOWN,
    errno.ETIMEDOUT,
)


class OpenBackup:
    """An open backup file, read at any place by offset. Also a context manager.

    Args:
        descriptor: of a regular file; closed with this object.
        faults: turns an OSError of reading into a named error; without it the OSError passes through.
    """

    def __init__(self, descriptor: int, faults: Callable[[OSError], BackupSourceError] | None = None) -> None:
        self._descriptor = descriptor
        self._faults = faults
        self.size_bytes = os.fstat(descriptor).st_size

    def reader(self, start: int, end: int) -> Callable[[int], bytes]:
        """Reads the bytes of a range one after the other; fewer than asked for only at its end."""
        position = start

        def read(size: int) -> bytes:
            nonlocal position
            data = self._at(position, min(size, max(0, end - position)))
            position += len(data)
            return data

        return read

    def _at(self, position: int, size: int) -> bytes:
        try:
            data = os.pread(self._descriptor, size, position)
            while len(data) < size:
                more = os.pread(self._descriptor, size - len(data), position + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            if self._faults is None:
                raise
            raise self._faults(error) from error
        return data

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_backup(path: Path) -> OpenBackup:
    """Opens a backup for reading.

    Raises:
        BackupSourceError: if it cannot be read or is no regular file.
    """

    def faults(error: OSError) -> BackupSourceError:
        return BackupSourceError(path=str(path), why=_reason(error))

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise faults(error) from error
    except ValueError as error:
        raise BackupSourceError(path=str(path), why="its name is none") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BackupSourceError(path=str(path), why="it is no regular file")
    return OpenBackup(descriptor, faults)


class BackupTarget:
    """A file that has no name yet."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Adds to the file."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def settle(self) -> OpenBackup:
        """Brings everything to the medium and opens it for reading, from the medium rather than from memory."""
        os.fsync(self._descriptor)
        with suppress(OSError):  # advice only
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        return OpenBackup(os.dup(self._descriptor))


def check_target(path: Path, needed_bytes: int) -> None:
    """Looks whether a backup can be written, before anything is done.

    Raises:
        BackupError: a subclass that says why not: the target exists, the folder is not there, is read-only or has no room.
    """
    if not _has_name(path):
        raise BackupTargetFaultError(path=ascii(str(path)), why="its name is none")
    with named_target_faults(path, needed_bytes):
        if os.path.lexists(path):
            raise BackupTargetExistsError(path=str(path))
        figures = os.statvfs(path.parent)
        free_bytes = figures.f_bavail * figures.f_frsize
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if free_bytes < needed_bytes:
        raise BackupTargetFullError(path=str(path), needed_bytes=needed_bytes, free_bytes=free_bytes)


@contextmanager
def new_backup(path: Path, needed_bytes: int) -> Iterator[BackupTarget]:
    """A file to be written in the block; it gets its name when the block has ended well, and is gone otherwise.

    Raises:
        BackupError: as `check_target`, or because the medium is full or gone in the middle.
    """
    check_target(path, needed_bytes)
    with named_target_faults(path, needed_bytes):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            descriptor = _open_unnamed(path)
            if descriptor is None:
                with _named_file(path) as target:
                    yield target
            else:
                try:
                    yield BackupTarget(path, descriptor)
                    _link_unnamed(descriptor, path, folder)
                finally:
                    os.close(descriptor)
            os.fsync(folder)
        finally:
            os.close(folder)


def _open_unnamed(path: Path) -> int | None:
    """None where there are no files without a name, or no way to give them one."""
    if not Path("/proc/self/fd").exists():
        return None
    try:
        descriptor = os.open(path.parent, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _NO_UNNAMED:
            raise
        return None
    return descriptor


def _link_unnamed(descriptor: int, path: Path, folder: int) -> None:
    try:
        # with a descriptor of the folder the call follows the link in /proc, without one it would link the link
        os.link(f"/proc/self/fd/{descriptor}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    except FileExistsError as error:
        raise BackupTargetExistsError(path=str(path)) from error


@contextmanager
def _named_file(path: Path) -> Iterator[BackupTarget]:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            yield BackupTarget(path, descriptor)
        finally:
            os.close(descriptor)
        _give_name(temporary, path)
    finally:
        with suppress(OSError):  # a medium that is gone has taken it along
            temporary.unlink()


def _give_name(temporary: Path, path: Path) -> None:
    """A link fails if the name is taken, a rename would overwrite; but FAT, as on USB sticks, has no links."""
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise BackupTargetExistsError(path=str(path)) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise BackupTargetExistsError(path=str(path)) from error
        temporary.rename(path)


@contextmanager
def named_target_faults(path: Path, needed_bytes: int) -> Iterator[None]:
    """Turns the faults of a medium into named errors."""
    try:
        yield
    except OSError as error:
        why = _reason(error)
        if error.errno in _FULL:
            free_bytes = free_bytes_of(path.parent)
            raise BackupTargetFullError(path=str(path), needed_bytes=needed_bytes, free_bytes=free_bytes) from error
        if error.errno == errno.EFBIG:
            raise BackupTargetSizeError(path=str(path), needed_bytes=needed_bytes) from error
        if error.errno in _READ_ONLY:
            raise BackupTargetReadOnlyError(path=str(path), why=why) from error
        if error.errno in _GONE:
            raise BackupTargetGoneError(path=str(path), why=why) from error
        raise BackupTargetFaultError(path=str(path), why=why) from error


def _has_name(path: Path) -> bool:
    """Whether the system can take the path for one: no zero in it, and nothing that cannot be encoded."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def free_bytes_of(folder: Path) -> int | None:
    """Free bytes for this user; None if nobody can say."""
    try:
        figures = os.statvfs(folder)
    except OSError:
        return None
    return figures.f_bavail * figures.f_frsize


def _reason(error: OSError) -> str:
    return error.strerror or "unknown reason"
