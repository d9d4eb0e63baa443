"""The SQLite file: made for this user only, durable at every commit, its faults turned into named errors.

WAL with synchronous=FULL: a committed transaction survives a kill and a power cut. One connection, used by one thread at a
time; transactions that write take the write lock at their start (BEGIN IMMEDIATE), so that they never fail half-way for want
of it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from app.store.errors import (
    DatabaseCorruptError,
    DatabaseForeignError,
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


class Database:
    """An open database. Use `open_database`; every access goes through `read` or `transaction`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: all of it or nothing, durable when the block has ended.

        Raises:
            StoreError: a subclass that names the fault; nothing was saved then.
        """
        with self._scope("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view for reading.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._scope("BEGIN") as connection:
            yield connection

    @contextmanager
    def _scope(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute(begin)
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise named(error, self.path) from error

    def close(self) -> None:
        """Closes the file. Safe to call twice."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_database(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Opens the file, or makes it (mode 0600, in a folder of mode 0700). Knows no tables yet: see `app.store.migrations`.

    Args:
        busy_timeout_s: how long to wait for another writer before `DatabaseLockedError`.

    Raises:
        StoreError: a subclass that names why not.
    """
    _secure_file(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
        _configure(connection, path)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise named(error, path) from error
    except StoreError:
        if connection is not None:
            connection.close()
        raise
    return Database(path, connection)


def _secure_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise DatabaseUnopenableError(path=str(path), why="it is not a regular file")
            if stat.S_IMODE(found.st_mode) & 0o077:
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except PermissionError as error:
        raise DatabaseReadOnlyError(path=str(path)) from error
    except OSError as error:
        raise DatabaseUnopenableError(path=str(path), why=os.strerror(error.errno or 0)) from error


def _configure(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not (application == 0 and is_empty):
        raise DatabaseForeignError(path=str(path))
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise DatabaseUnopenableError(path=str(path), why="its file system cannot keep a write-ahead log")
    connection.execute("PRAGMA synchronous = FULL")
