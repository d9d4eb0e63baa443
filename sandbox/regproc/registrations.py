"""The ``registration`` table: where each received packet stands, and what was found in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

from packet.encoding import iso_millis
from packet.models import Clock
from packet.rules.model import Finding, Status
from sandbox.database import Database
from sandbox.instants import parse_iso_millis
from sandbox.regproc.status import Registration, Stage, StatusCode

_UNFINISHED = (StatusCode.PROCESSING, StatusCode.REPROCESS)
RECEIVED_SUB_STATUS = "RPR-PKR-SUCCESS-001"


class Registrations:
    """The table, with its findings and receipts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def receive(
        self,
        packet_id: str,
        registration_id: str,
        *,
        check: Callable[[Registration | None, datetime], None],
        keep: Callable[[], None],
    ) -> None:
        """Begins, or begins anew, in one transaction with the check for a duplicate and the keeping of the file.

        Args:
            check: is given the row so far; raises to refuse.
            keep: puts the file in its place; what it raises undoes the row.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            row = connection.execute("SELECT * FROM registration WHERE packet_id = ?", (packet_id,)).fetchone()
            before = _registration(row)
            check(before, now)
            connection.execute("DELETE FROM finding WHERE packet_id = ?", (packet_id,))
            connection.execute("DELETE FROM receipt WHERE packet_id = ?", (packet_id,))
            connection.execute(
                "INSERT INTO registration VALUES (?, ?, ?, ?, ?, 0, ?) ON CONFLICT (packet_id) DO UPDATE SET"
                " registration_id = excluded.registration_id, latest_trn_type_code = excluded.latest_trn_type_code,"
                " status_code = excluded.status_code, sub_status_code = excluded.sub_status_code,"
                " retry_count = retry_count + 1, latest_trn_dtimes = excluded.latest_trn_dtimes",
                (
                    packet_id,
                    registration_id,
                    Stage.PACKET_RECEIVER,
                    StatusCode.PROCESSING,
                    RECEIVED_SUB_STATUS,
                    iso_millis(now),
                ),
            )
            keep()

    def find(self, packet_id: str) -> Registration | None:
        """By packet id."""
        return _registration(self._database.row("SELECT * FROM registration WHERE packet_id = ?", (packet_id,)))

    def latest_of(self, registration_id: str) -> Registration | None:
        """The packet of a registration with the latest transaction."""
        return _registration(
            self._database.row(
                "SELECT * FROM registration WHERE registration_id = ? ORDER BY latest_trn_dtimes DESC, rowid DESC LIMIT 1",
                (registration_id,),
            )
        )

    def unfinished(self) -> list[str]:
        """Ids of packets that still have to be worked on, oldest first."""
        rows = self._database.rows(
            "SELECT packet_id FROM registration WHERE status_code IN (?, ?) ORDER BY latest_trn_dtimes, rowid", _UNFINISHED
        )
        return [str(row["packet_id"]) for row in rows]

    def advance(self, packet_id: str, stage: Stage, status: StatusCode, sub_status: str) -> None:
        """Records a transaction."""
        with self._database.transaction() as connection:
            self._advance(connection, packet_id, stage, status, sub_status)

    def finish(self, packet_id: str, stage: Stage, status: StatusCode, sub_status: str, findings: Sequence[Finding]) -> None:
        """Records a transaction together with what was found, replacing earlier findings."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM finding WHERE packet_id = ?", (packet_id,))
            connection.executemany(
                "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (packet_id, position, f.check, f.status, f.where, f.reason, f.server_code)
                    for position, f in enumerate(findings)
                ],
            )
            self._advance(connection, packet_id, stage, status, sub_status)

    def findings(self, packet_id: str) -> list[Finding]:
        """What was found, in order."""
        rows = self._database.rows("SELECT * FROM finding WHERE packet_id = ? ORDER BY position", (packet_id,))
        return [
            Finding(row["check_name"], Status(row["status"]), row["place"], row["reason"], row["server_code"]) for row in rows
        ]

    def add_receipt(self, packet_id: str, object_key: str, jws: str) -> None:
        """Keeps the server's signed statement about a stored object."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO receipt VALUES (?, ?, ?)", (packet_id, object_key, jws))

    def receipts(self, packet_id: str) -> dict[str, str]:
        """Object key to signed statement."""
        rows = self._database.rows("SELECT * FROM receipt WHERE packet_id = ? ORDER BY object_key", (packet_id,))
        return {row["object_key"]: row["jws"] for row in rows}

    def _advance(
        self, connection: sqlite3.Connection, packet_id: str, stage: Stage, status: StatusCode, sub_status: str
    ) -> None:
        connection.execute(
            "UPDATE registration SET latest_trn_type_code = ?, status_code = ?, sub_status_code = ?, latest_trn_dtimes = ?"
            " WHERE packet_id = ?",
            (stage, status, sub_status, iso_millis(self._clock()), packet_id),
        )


def _registration(row: sqlite3.Row | None) -> Registration | None:
    if row is None:
        return None
    return Registration(
        packet_id=row["packet_id"],
        registration_id=row["registration_id"],
        stage=Stage(row["latest_trn_type_code"]),
        status=StatusCode(row["status_code"]),
        sub_status=row["sub_status_code"],
        retry_count=row["retry_count"],
        changed_at=parse_iso_millis(row["latest_trn_dtimes"]),
    )
