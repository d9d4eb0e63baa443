"""One SQLite file of one service: WAL, synchronous=FULL, numbered migrations, one connection behind one lock.

The sandbox's services each own a file, as they own a database in MOSIP, and open no other's. A single connection suffices for
a handful of clients, and makes every transaction serial.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import StateDamagedError


class Database:
    """A service's tables.

    Args:
        migrations: SQL scripts; the n-th brings the file from version n to n + 1. Only ever appended to.

    Raises:
        StateDamagedError: if the file is no database or of a newer version.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._migrate(path, migrations)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StateDamagedError(file=path.name, why="it is not a usable database") from error
        except StateDamagedError:
            self._connection.close()
            raise

    def _migrate(self, path: Path, migrations: Sequence[str]) -> None:
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise StateDamagedError(file=path.name, why="a newer sandbox wrote it")
        for number, script in enumerate(migrations[version:], start=version + 1):
            self._connection.executescript(f"BEGIN;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A serial write: committed at the end, rolled back on any exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def close(self) -> None:
        """Ends the connection. Safe to call twice."""
        with self._lock:
            self._connection.close()
