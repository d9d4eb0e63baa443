"""The rows of work with the server."""

from __future__ import annotations

from datetime import datetime
from sqlite3 import Connection

from app.core.lifecycle import advance
from app.core.outbox import SUCCESS, OutboxRow, RowState, Task, retry_delay
from app.store.connection import Database
from app.store.instants import from_text, to_text
from app.store.rows import find_record
from packet.models import PacketId

_COLUMNS = "packet_id, task, state, attempts, next_attempt_at, reason"


def set_row(connection: Connection, packet_id: PacketId, task: Task, state: RowState, at: datetime) -> None:
    """Makes a row, or moves one to a state with a clean slate, in the caller's transaction. Due at once."""
    now = to_text(at)
    connection.execute(
        "INSERT INTO outbox (packet_id, task, state, next_attempt_at, changed_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (packet_id, task) DO UPDATE SET state = excluded.state, attempts = 0, reason = NULL,"
        " next_attempt_at = excluded.next_attempt_at, changed_at = excluded.changed_at",
        (packet_id, task.value, state.value, now, now),
    )


class Outbox:
    """Due work, and what became of a try."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, task: Task, at: datetime, limit: int) -> tuple[OutboxRow, ...]:
        """Pending rows whose next attempt has come, the longest waiting first.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM outbox WHERE task = ? AND state = ? AND next_attempt_at <= ?"  # noqa: S608 own names
                " ORDER BY next_attempt_at, packet_id LIMIT ?",
                (task.value, RowState.PENDING.value, to_text(at), limit),
            ).fetchall()
        return tuple(_row(values) for values in rows)

    def rows(self, packet_id: PacketId) -> tuple[OutboxRow, ...]:
        """All rows of one registration.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM outbox WHERE packet_id = ?",  # noqa: S608 own names
                (packet_id,),
            ).fetchall()
        return tuple(_row(values) for values in rows)

    def postpone(self, packet_id: PacketId, task: Task, reason: str | None, at: datetime) -> None:
        """Notes a try that may succeed later, or (without a reason) a question that has no answer yet.

        The next try comes after a delay that grows with the number of tries.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT attempts FROM outbox WHERE packet_id = ? AND task = ? AND state = ?",
                (packet_id, task.value, RowState.PENDING.value),
            ).fetchone()
            if found is None:
                return
            attempts = found[0] + 1
            connection.execute(
                "UPDATE outbox SET attempts = ?, reason = ?, next_attempt_at = ?, changed_at = ?"
                " WHERE packet_id = ? AND task = ?",
                (attempts, reason, to_text(at + retry_delay(attempts)), to_text(at), packet_id, task.value),
            )

    def block(self, packet_id: PacketId, task: Task, reason: str, at: datetime) -> None:
        """Notes a refusal that no other try mends. The row stays and waits for a person; nothing is dropped.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET state = ?, reason = ?, attempts = attempts + 1, changed_at = ?"
                " WHERE packet_id = ? AND task = ? AND state = ?",
                (RowState.BLOCKED.value, reason, to_text(at), packet_id, task.value, RowState.PENDING.value),
            )

    def again(self, packet_id: PacketId, task: Task, at: datetime) -> None:
        """Makes a row due at once with a clean slate: on a person's word, or to sync anew before an upload.

        Raises:
            RegistrationUnknownError: if there is no such packet.
            TransitionRefusedError: if the task is none for a registration in its state, for example to announce what no
                supervisor has approved.
            StoreError: a subclass that names the fault.
        """
        with self._database.transaction() as connection:
            advance(find_record(connection, packet_id).state, SUCCESS[task])
            set_row(connection, packet_id, task, RowState.PENDING, at)


def _row(values: tuple[str, str, str, int, str, str | None]) -> OutboxRow:
    packet_id, task, state, attempts, next_attempt_at, reason = values
    return OutboxRow(PacketId(packet_id), Task(task), RowState(state), attempts, from_text(next_attempt_at), reason)
