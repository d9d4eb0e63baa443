"""Numbered steps from one layout of the database to the next, forward only.

A migration is a module of its own that never calls current code, so that it does for ever what it did on its first day. Each
runs in one transaction, together with the number that says it ran.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Connection

from app.store.connection import APPLICATION_ID, Database
from app.store.errors import DatabaseNewerError
from app.store.migrations import m0001_initial, m0002_drafts


@dataclass(frozen=True, slots=True)
class Migration:
    """One step.

    Attributes:
        number: 1, 2, 3, ...; ``PRAGMA user_version`` after the step.
    """

    number: int
    apply: Callable[[Connection], None]


MIGRATIONS: tuple[Migration, ...] = (Migration(1, m0001_initial.apply), Migration(2, m0002_drafts.apply))


def migrate(database: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Brings the database to the newest layout. Killed anywhere, it is begun again by the next call.

    Returns:
        How many steps were taken.

    Raises:
        DatabaseNewerError: if a later version has been here.
        StoreError: a subclass that names the fault, for example `DiskFullError`; the layout is then the one before the failed
            step, and nothing is lost.
    """
    taken = 0
    for migration in migrations:
        with database.transaction() as connection:
            found = _layout(connection)
            if found > migrations[-1].number:
                raise DatabaseNewerError(path=str(database.path), found=found, known=migrations[-1].number)
            if found >= migration.number:
                continue
            migration.apply(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {migration.number}")
            taken += 1
    if taken:
        database.checkpoint()  # the log may have become as long as what was moved
    return taken


def _layout(connection: Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found
