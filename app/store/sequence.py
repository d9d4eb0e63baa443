"""The counter in the middle of registration ids."""

from __future__ import annotations

from app.store.connection import Database


class RidSequence:
    """Persisted: survives restarts, so that two registrations of one second never share an id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self) -> int:
        """The next number, 1..99999, then 1 again. A number is never given twice in a round, even if it is not used.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.transaction() as connection:
            value: int = connection.execute("SELECT next_value FROM rid_sequence WHERE id = 1").fetchone()[0]
            connection.execute("UPDATE rid_sequence SET next_value = ? WHERE id = 1", (value % 99999 + 1,))
        return value
