"""The SQLite file: made for this user only, durable at every commit, its faults turned into named errors.

WAL with synchronous=FULL: a committed transaction survives a kill and a power cut. One connection writes, for one thread at a
time; transactions that write take the write lock at their start (BEGIN IMMEDIATE), so that they never fail half-way for want
of it. Whoever reads gets a connection of their own that cannot write: reading never waits for a writer, nor for another reader.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from app.store.errors import (
    DatabaseCorruptError,
    DatabaseForeignError,
    DatabaseGoneError,
    DatabaseLockedError,
    DatabaseReadOnlyError,
    DatabaseUnopenableError,
    DiskFaultError,
    DiskFullError,
    StoreError,
)

APPLICATION_ID: Final = 0x5EA1DE5C
"""Marks the file as ours (SQLite header, offset 68)."""

BUSY_TIMEOUT_S: Final = 5.0

_PAGE_BYTES: Final = 16 * 1024
"""Of a new database: captures of some hundred kilobytes are written a quarter faster than in pages of SQLite's usual size."""

_LOG_PAGES: Final = 512
"""The write-ahead log is moved into the database when it has grown to these (8 MiB)."""

_READER_CACHE_KIB: Final = 32 * 1024
"""Holds an index of the queue page over 100,000 registrations."""

_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_ERRORS: Final[dict[int, type[StoreError]]] = {
    sqlite3.SQLITE_FULL: DiskFullError,
    sqlite3.SQLITE_BUSY: DatabaseLockedError,
    sqlite3.SQLITE_LOCKED: DatabaseLockedError,
    sqlite3.SQLITE_READONLY: DatabaseReadOnlyError,
    sqlite3.SQLITE_PERM: DatabaseReadOnlyError,
    sqlite3.SQLITE_CORRUPT: DatabaseCorruptError,
    sqlite3.SQLITE_NOTADB: DatabaseCorruptError,
    sqlite3.SQLITE_IOERR: DiskFaultError,
}


def named(error: sqlite3.Error, path: Path) -> StoreError:
    """The named error for one of SQLite's, by its primary result code."""
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code is None:
        return StoreError(path=str(path), sqlite=name)
    if code & 0xFF == sqlite3.SQLITE_CANTOPEN:
        return DatabaseUnopenableError(path=str(path), why=name)
    return _ERRORS.get(code & 0xFF, StoreError)(path=str(path), sqlite=name)


def full_or_read_only(error: OSError, path: Path) -> DiskFullError | DatabaseReadOnlyError | None:
    """The named error for a disk that takes no more or takes nothing; None for any other fault."""
    if error.errno in _NO_ROOM:
        return DiskFullError(path=str(path))
    return DatabaseReadOnlyError(path=str(path)) if error.errno in _READ_ONLY else None


class Database:
    """An open database, for any number of threads. Use `open_database`; every access goes through `read` or `transaction`."""

    def __init__(self, path: Path, writer: sqlite3.Connection, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._writer = writer
        self._busy_timeout_s = busy_timeout_s
        self._write_lock = threading.RLock()
        self._idle_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._readers = 0
        self._is_closed = False
        self._owes_checkpoint = False
        self._file = _identity(path)

    def is_in_place(self) -> bool:
        """Whether the file at the path is still the one that is open; not if it was deleted, moved or replaced meanwhile."""
        return self._file is not None and _identity(self.path) == self._file

    @contextmanager
    def transaction(self, *, wait_s: float | None = None) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: all of it or nothing, durable when the block has ended.

        Args:
            wait_s: how long to wait for other writers; the database's own patience if not given.

        Raises:
            DatabaseLockedError: if another writer was not ready in time.
            StoreError: a subclass that names the fault; nothing was saved then.
        """
        if not self._write_lock.acquire(timeout=-1 if wait_s is None else wait_s):
            raise DatabaseLockedError(path=str(self.path), sqlite="own thread")
        try:
            self._check_open()
            with self._patience(wait_s):
                yield from self._scope(self._writer, "BEGIN IMMEDIATE")
            if self._owes_checkpoint and not self._readers:  # while a backup reads for minutes, it would only cost time
                self.checkpoint()
        finally:
            self._write_lock.release()

    @contextmanager
    def _patience(self, wait_s: float | None) -> Iterator[None]:
        if wait_s is None:
            yield
            return
        self._writer.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
        try:
            yield
        finally:
            self._writer.execute(f"PRAGMA busy_timeout = {int(self._busy_timeout_s * 1000)}")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view for reading: what was committed when the block began.

        Raises:
            DatabaseGoneError: if a connection has to be made and the file is not in its place: another file that stands there
                now must not be taken for it.
            StoreError: another subclass that names the fault.
        """
        connection = self._take_reader()
        with self._idle_lock:
            self._readers += 1
        try:
            yield from self._scope(connection, "BEGIN")
        finally:
            self._give_back(connection)

    def _scope(self, connection: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise named(error, self.path) from error

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreError(path=str(self.path), sqlite="closed")

    def _take_reader(self) -> sqlite3.Connection:
        with self._idle_lock:
            self._check_open()
            if self._idle:
                return self._idle.pop()
        if not self.is_in_place():
            raise DatabaseGoneError(path=str(self.path))
        return _connect(self.path, self._busy_timeout_s, _configure_reader)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._idle_lock:
            self._readers -= 1
            if not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()

    def checkpoint(self) -> bool:
        """Moves the write-ahead log into the database and empties it, so that it holds no bytes of what was removed.

        Waits for nobody.

        Returns:
            False if it could not be done now: somebody was reading or writing, or the disk has a fault. What was committed
            stays committed, and it is tried again after the next transaction at whose end nobody of this process reads;
            therefore this never raises.
        """
        with self._write_lock:
            try:
                with self._patience(0):
                    busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error:
                busy = 1
            self._owes_checkpoint = busy != 0
            return not self._owes_checkpoint

    def close(self) -> None:
        """Closes the file. Safe to call twice. Who is still reading ends in peace."""
        with self._idle_lock:
            self._is_closed = True
            readers, self._idle = self._idle, []
        for connection in readers:
            connection.close()
        with self._write_lock:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_database(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Opens the file, or makes it (mode 0600, in a folder of mode 0700). Knows no tables yet: see `app.store.migrations`.

    Args:
        busy_timeout_s: how long to wait for another writer before `DatabaseLockedError`.

    Raises:
        StoreError: a subclass that names why not.
    """
    _secure_file(path)
    return Database(path, _connect(path, busy_timeout_s, _configure_writer), busy_timeout_s)


def _connect(path: Path, busy_timeout_s: float, configure: Callable[[sqlite3.Connection, Path], None]) -> sqlite3.Connection:
    connection: sqlite3.Connection | None = None
    try:
        # never made here: SQLite would let others read it, and put an empty one in the place of one that was moved away
        address = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
        configure(connection, path)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise named(error, path) from error
    except StoreError:
        if connection is not None:
            connection.close()
        raise
    return connection


def _secure_file(path: Path) -> None:
    try:
        _make_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise DatabaseUnopenableError(path=str(path), why="it is not a regular file")
            if stat.S_IMODE(found.st_mode) & 0o077:
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise (full_or_read_only(error, path) or DatabaseUnopenableError(path=str(path), why=why)) from error


def _make_folder(folder: Path) -> None:
    """Makes it and those above it that are missing, for this user only; their names survive a power cut.

    SQLite syncs the folder of a new file, but not the folders above, without which the file is not found again.
    """
    missing = [folder] if not folder.is_dir() else []
    while missing and not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for made in reversed(missing):
        made.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(made.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _configure_writer(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not (application == 0 and is_empty):
        raise DatabaseForeignError(path=str(path))
    _configure(connection)
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # says nothing to a file that has pages already
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise DatabaseUnopenableError(path=str(path), why="its file system cannot keep a write-ahead log")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")


def _configure_reader(connection: sqlite3.Connection, _path: Path) -> None:
    _configure(connection)
    connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
    connection.execute("PRAGMA query_only = ON")


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
