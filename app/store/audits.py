"""Audit rows: written before an action is acknowledged, carried by exactly one packet each.

A packet carries all rows since the last sealed packet, whoever they are about (MOSIP's AUDIT_TIMESTAMP). A time alone would
lose a row that is written between reading and sealing, or carry it twice; therefore the mark is the row's sequence number, and
AUDIT_TIMESTAMP is kept beside it. The mark moves in the transaction that saves the registration.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from sqlite3 import Connection

import orjson

from app.core.audits import PendingAudits
from app.store.connection import Database
from app.store.errors import AuditsCarriedError
from app.store.instants import from_text, to_text
from app.store.sealing import ColumnSealer
from packet.models import AuditEntry

_INSTANTS = ("created_at", "action_time_stamp")


class AuditTrail:
    """The audit rows of this machine."""

    def __init__(self, database: Database, sealer: ColumnSealer) -> None:
        self._database = database
        self._sealer = sealer

    def add(self, entry: AuditEntry) -> None:
        """Writes a row, durable on return.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.transaction() as connection:
            self.insert(connection, entry)

    def insert(self, connection: Connection, entry: AuditEntry) -> None:
        """Writes a row in the caller's transaction."""
        values = asdict(entry)
        values.update({name: to_text(values[name]) for name in _INSTANTS})
        sealed = self._sealer.seal(orjson.dumps(values), table="audit", column="entry", row=entry.uuid)
        connection.execute(
            "INSERT INTO audit (uuid, event_id, action_time, entry) VALUES (?, ?, ?, ?)",
            (entry.uuid, entry.event_id, to_text(entry.action_time_stamp), sealed),
        )

    def pending(self) -> PendingAudits:
        """The rows that no packet has carried yet.

        Raises:
            StoreError: a subclass that names the fault.
        """
        with self._database.read() as connection:
            after: int = connection.execute("SELECT carried_sequence FROM audit_mark").fetchone()[0]
            rows = connection.execute(
                "SELECT sequence, uuid, entry FROM audit WHERE sequence > ? ORDER BY action_time, sequence", (after,)
            ).fetchall()
        return PendingAudits(
            entries=tuple(self._entry(uuid, sealed) for _, uuid, sealed in rows),
            after=after,
            through=max((sequence for sequence, _, _ in rows), default=after),
        )

    def _entry(self, uuid: str, sealed: bytes) -> AuditEntry:
        values = orjson.loads(self._sealer.open(sealed, table="audit", column="entry", row=uuid))
        values.update({name: from_text(values[name]) for name in _INSTANTS})
        return AuditEntry(**values)

    def mark_carried(self, connection: Connection, carried: PendingAudits, at: datetime) -> None:
        """Moves the mark, in the transaction that saves the registration that carried the rows.

        Raises:
            AuditsCarriedError: if the mark is no longer where it was when the rows were read.
        """
        changed = connection.execute(
            "UPDATE audit_mark SET carried_sequence = ?, carried_at = ? WHERE id = 1 AND carried_sequence = ?",
            (carried.through, to_text(at), carried.after),
        ).rowcount
        if changed != 1:
            raise AuditsCarriedError

    def carried_at(self) -> datetime | None:
        """AUDIT_TIMESTAMP: when the last packet that carried rows was saved; None if there was none."""
        with self._database.read() as connection:
            text: str | None = connection.execute("SELECT carried_at FROM audit_mark").fetchone()[0]
        return None if text is None else from_text(text)

    def forget_carried(self, connection: Connection, before: datetime) -> int:
        """Removes the rows that a packet carried and that tell of something before an instant, in the caller's transaction.

        Returns:
            How many there were.
        """
        return connection.execute(
            "DELETE FROM audit WHERE sequence <= (SELECT carried_sequence FROM audit_mark) AND action_time < ?",
            (to_text(before),),
        ).rowcount
