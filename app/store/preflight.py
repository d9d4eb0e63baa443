"""The check before a person sits down: would this registration be saved?

(1) the file is still in its place; (2) its file system can be written and has room; (3) the room can really be had, which a
quota may deny; (4) the database takes a value, keeps it durably and gives it back to another connection; (5) no entry is of a
later time than now. Every refusal is a named error with a next step; the check takes a few milliseconds.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.store.connection import Database, full_or_read_only
from app.store.errors import (
    ClockBehindError,
    DatabaseGoneError,
    DatabaseReadOnlyError,
    DiskFaultError,
    DiskFullError,
    DiskSpaceLowError,
    WriteLostError,
)
from app.store.queue import latest_row_at
from packet.models import Entropy

REGISTRATION_ROOM_BYTES: Final = 32 * 1024 * 1024
"""A draft with its captures, the packet and the slip, each once in the log and once in the database."""

CLOCK_TOLERANCE: Final = timedelta(minutes=2)

_MINUTE: Final = "%Y-%m-%d %H:%M UTC"
_PROBE_BYTES: Final = 64 * 1024
_PROBES: Final = 3
_NO_RESERVING: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.ENOSYS})


def check(
    database: Database,
    now: datetime,
    entropy: Entropy,
    *,
    reserve_mb: int,
    wait_s: float = 0.5,
    is_clock_confirmed: bool = False,
    statvfs: Callable[[Path], os.statvfs_result] = os.statvfs,
) -> None:
    """Raises unless a registration that begins now can be saved.

    Args:
        reserve_mb: what has to stay free beside the registration, in 1,000,000 bytes (``mosip.registration.disk_space_size``).
        wait_s: how long to wait for another writer.
        is_clock_confirmed: a supervisor has looked at the clock and says that it is right (it was wrong before, and left
            entries of a later time); (5) is passed over then.

    Raises:
        DatabaseGoneError: if the file is not in its place.
        DatabaseReadOnlyError: if the file system or the database cannot be written.
        DiskSpaceLowError, DiskFullError: if there is no room, or a quota denies it.
        DatabaseLockedError: if another process is writing and does not stop in time.
        WriteLostError: if a written value does not come back.
        ClockBehindError: if the clock is earlier than the latest entry.
        StoreError: another subclass that names a fault of the database.
    """
    if not database.is_in_place():
        raise DatabaseGoneError(path=str(database.path))
    _check_space(database.path, reserve_mb, statvfs)
    _reserve(database.path)
    _write_and_read(database, entropy(_PROBE_BYTES), wait_s)
    latest = None if is_clock_confirmed else latest_row_at(database)
    if latest is not None and latest > now + CLOCK_TOLERANCE:
        raise ClockBehindError(now=f"{now.astimezone(UTC):{_MINUTE}}", latest=f"{latest:{_MINUTE}}", path=str(database.path))


def _check_space(path: Path, reserve_mb: int, statvfs: Callable[[Path], os.statvfs_result]) -> None:
    try:
        found = statvfs(path)
    except OSError as error:
        raise _fault(error, path) from error
    if found.f_flag & os.ST_RDONLY:
        raise DatabaseReadOnlyError(path=str(path))
    free, needed = found.f_bavail * found.f_frsize, reserve_mb * 1_000_000 + REGISTRATION_ROOM_BYTES
    if free < needed:
        raise DiskSpaceLowError(path=str(path), free_mb=free // 1_000_000, needed_mb=-(-needed // 1_000_000))


def _reserve(path: Path) -> None:
    """Takes the room as a file without a name, and gives it back. Passed over where the file system knows no such files."""
    try:
        handle = os.open(path.parent, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in _NO_RESERVING:
            return
        raise _fault(error, path) from error
    try:
        os.posix_fallocate(handle, 0, REGISTRATION_ROOM_BYTES)
    except OSError as error:
        if error.errno not in _NO_RESERVING:
            raise _fault(error, path) from error
    finally:
        os.close(handle)


def _fault(error: OSError, path: Path) -> DiskFullError | DatabaseReadOnlyError | DiskFaultError:
    name = errno.errorcode.get(error.errno or 0, "OSError")
    return full_or_read_only(error, path) or DiskFaultError(path=str(path), sqlite=name)


def _write_and_read(database: Database, value: bytes, wait_s: float) -> None:
    # another desk may write its own value in between; nobody is always in the way, a bad disk is
    if not any(_comes_back(database, value, wait_s) for _ in range(_PROBES)):
        raise WriteLostError(path=str(database.path))
    with database.transaction(wait_s=wait_s) as connection:
        connection.execute("DELETE FROM probe")


def _comes_back(database: Database, value: bytes, wait_s: float) -> bool:
    with database.transaction(wait_s=wait_s) as connection:
        connection.execute("INSERT OR REPLACE INTO probe (id, value) VALUES (1, ?)", (value,))
    with database.read() as connection:
        found: tuple[bytes] | None = connection.execute("SELECT value FROM probe").fetchone()
    return found == (value,)
