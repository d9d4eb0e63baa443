"""Sealed registrations: row, packet and outbox row appear in one transaction or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from sqlite3 import Connection

import orjson

from app.core.audits import PendingAudits
from app.core.drafts import DraftId
from app.core.lifecycle import SEALED, ClientStatus, Event, State, advance
from app.core.outbox import RowState, Task, consequences
from app.core.registration import Acknowledgement, Contact, Decision, NewRegistration, RegistrationRecord
from app.store.audits import AuditTrail
from app.store.connection import Database
from app.store.drafts import Drafts
from app.store.errors import PacketDamagedError, RegistrationExistsError, RegistrationUnknownError
from app.store.instants import to_text
from app.store.outbox import set_row
from app.store.rows import COLUMNS, find_record, read_row
from app.store.sealing import ColumnSealer
from packet.encoding import hex_upper, sha256
from packet.models import AuditEntry, PacketId

_TABLE = "registration"
_DECISIONS = {Event.APPROVE: Decision.APPROVED, Event.REJECT: Decision.REJECTED}


class Registrations:
    """The registrations of this machine. Every method raises a `StoreError` subclass that names a fault of the database."""

    def __init__(self, database: Database, sealer: ColumnSealer, audits: AuditTrail, drafts: Drafts) -> None:
        self._database = database
        self._sealer = sealer
        self._audits = audits
        self._drafts = drafts

    def save(
        self,
        new: NewRegistration,
        carried: PendingAudits,
        audit: AuditEntry,
        at: datetime,
        *,
        draft_id: DraftId | None = None,
    ) -> None:
        """Saves a sealed registration, its packet, its slip and its outbox row, and moves the audit mark: all or nothing.

        Args:
            carried: the audit rows that the packet carries.
            audit: the row that says that the packet was sealed; the next packet carries it.
            draft_id: the draft that became this registration; goes in the same transaction.

        Raises:
            DraftUnknownError: if the draft is not there any more: it was sealed or discarded meanwhile.
            RegistrationExistsError: if the packet is saved already.
            AuditsCarriedError: if another packet took the same audit rows meanwhile.
        """
        packet_id = new.packet.packet_id
        with self._database.transaction() as connection:
            self._insert(connection, new, at)
            connection.execute("INSERT INTO packet_content (packet_id, data) VALUES (?, ?)", (packet_id, new.packet.data))
            connection.execute("INSERT INTO slip (packet_id, data) VALUES (?, ?)", (packet_id, new.acknowledgement.blob))
            set_row(connection, packet_id, Task.SYNC, RowState.WAITING, at)
            self._audits.mark_carried(connection, carried, at)
            self._audits.insert(connection, audit)
            if not new.needs_approval:
                self._step(connection, packet_id, Event.APPROVE, at)
            if draft_id is not None:
                self._drafts.remove(connection, draft_id)
        if draft_id is not None:
            self._database.checkpoint()

    def _insert(self, connection: Connection, new: NewRegistration, at: datetime) -> None:
        packet = new.packet
        contact = self._sealer.seal(orjson.dumps(asdict(new.contact)), table=_TABLE, column="contact", row=packet.packet_id)
        values = {
            "packet_id": packet.packet_id,
            "registration_id": packet.registration_id,
            "ref_id": packet.ref_id,
            "process": packet.process,
            "flow": new.flow.value,
            "lang_code": new.lang_code,
            "created_at": to_text(packet.created_at),
            "changed_at": to_text(at),
            "client_status": SEALED.client.value,
            "server_status": SEALED.server.value,
            "packet_sha256": packet.sha256,
            "packet_size": packet.size_bytes,
            "additional_info_request_id": new.additional_info_request_id,
            "contact": contact,
            "ack_signature": new.acknowledgement.signature,
        }
        names, marks = ", ".join(values), ", ".join("?" for _ in values)
        try:
            connection.execute(f"INSERT INTO registration ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
                raise RegistrationExistsError(packet_id=packet.packet_id) from error
            raise

    def record(
        self,
        packet_id: PacketId,
        event: Event,
        at: datetime,
        *,
        audit: AuditEntry | None = None,
        comment: str | None = None,
    ) -> State:
        """Takes a registration one step on: status, history, outbox and audit in one transaction.

        Args:
            comment: the supervisor's words on a rejection; sealed.

        Returns:
            The new state.

        Raises:
            RegistrationUnknownError: if there is no such packet.
            TransitionRefusedError: if it cannot take the step.
        """
        with self._database.transaction() as connection:
            after = self._step(connection, packet_id, event, at)
            if comment is not None:
                sealed = self._sealer.seal(comment.encode(), table=_TABLE, column="decision_comment", row=packet_id)
                connection.execute("UPDATE registration SET decision_comment = ? WHERE packet_id = ?", (sealed, packet_id))
            if audit is not None:
                self._audits.insert(connection, audit)
        return after

    def delete(
        self, packet_id: PacketId, is_allowed: Callable[[RegistrationRecord], bool], at: datetime, audit: AuditEntry
    ) -> bool:
        """Deletes a packet, its slip and its contact if that is (still) allowed; the row stays.

        Args:
            is_allowed: asked in the transaction, about the registration as it is then.

        Returns:
            Whether it was deleted.

        Raises:
            RegistrationUnknownError: if there is no such packet.
            TransitionRefusedError: if the lifecycle does not let it go, whatever was allowed.
        """
        with self._database.transaction() as connection:
            if not is_allowed(find_record(connection, packet_id)):
                return False
            self._step(connection, packet_id, Event.DELETE, at)
            self._audits.insert(connection, audit)
        return True

    def _step(self, connection: Connection, packet_id: PacketId, event: Event, at: datetime) -> State:
        before = find_record(connection, packet_id).state
        after = advance(before, event)
        for task, row_state in consequences(event, before, after).items():
            set_row(connection, packet_id, task, row_state, at)
        if event is Event.EXPORT:
            connection.execute("UPDATE registration SET exported_at = ? WHERE packet_id = ?", (to_text(at), packet_id))
        elif after == before:
            return after
        else:
            self._move(connection, packet_id, event, after, at)
        connection.execute(
            "INSERT INTO registration_history (packet_id, event, client_status, server_status, at) VALUES (?, ?, ?, ?, ?)",
            (packet_id, event.value, after.client.value, after.server.value, to_text(at)),
        )
        return after

    def _move(self, connection: Connection, packet_id: PacketId, event: Event, after: State, at: datetime) -> None:
        connection.execute(
            "UPDATE registration SET client_status = ?, server_status = ?, decision = coalesce(?, decision), changed_at = ?"
            " WHERE packet_id = ?",
            (after.client.value, after.server.value, _DECISIONS.get(event), to_text(at), packet_id),
        )
        if after.client is ClientStatus.DELETED:
            _forget(connection, packet_id)

    def find(self, packet_id: PacketId) -> RegistrationRecord:
        """One registration.

        Raises:
            RegistrationUnknownError: if there is no such packet.
        """
        with self._database.read() as connection:
            return find_record(connection, packet_id)

    def all(self) -> tuple[RegistrationRecord, ...]:
        """All registrations, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM registration ORDER BY created_at, packet_id")  # noqa: S608
            return tuple(read_row(row) for row in rows)

    def contact(self, packet_id: PacketId) -> Contact:
        """Where the server may notify the person; empty after deletion.

        Raises:
            RegistrationUnknownError: if there is no such packet.
            SealedValueError: if the value was altered.
        """
        sealed = self._column(packet_id, "contact")
        if sealed is None:
            return Contact()
        return Contact(**orjson.loads(self._sealer.open(sealed, table=_TABLE, column="contact", row=packet_id)))

    def comment(self, packet_id: PacketId) -> str | None:
        """What the supervisor wrote to a rejection.

        Raises:
            RegistrationUnknownError: if there is no such packet.
            SealedValueError: if the value was altered.
        """
        sealed = self._column(packet_id, "decision_comment")
        if sealed is None:
            return None
        return self._sealer.open(sealed, table=_TABLE, column="decision_comment", row=packet_id).decode()

    def acknowledgement(self, packet_id: PacketId) -> Acknowledgement | None:
        """The slip; None after deletion.

        Raises:
            RegistrationUnknownError: if there is no such packet.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT s.data, r.ack_signature FROM registration r LEFT JOIN slip s USING (packet_id) WHERE packet_id = ?",
                (packet_id,),
            ).fetchone()
        if row is None:
            raise RegistrationUnknownError(packet_id=packet_id)
        return None if row[0] is None else Acknowledgement(row[0], row[1])

    def packet(self, packet_id: PacketId) -> bytes:
        """The sealed packet, byte for byte as it was sealed.

        Raises:
            RegistrationUnknownError: if there is no such packet, or it was deleted.
            PacketDamagedError: if its hash is no longer that of the sealing.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT c.data, r.packet_sha256 FROM packet_content c JOIN registration r USING (packet_id)"
                " WHERE packet_id = ?",
                (packet_id,),
            ).fetchone()
        if row is None:
            raise RegistrationUnknownError(packet_id=packet_id)
        data: bytes = row[0]
        if hex_upper(sha256(data)) != row[1]:
            raise PacketDamagedError(packet_id=packet_id)
        return data

    def _column(self, packet_id: PacketId, column: str) -> bytes | None:
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {column} FROM registration WHERE packet_id = ?",  # noqa: S608 own names
                (packet_id,),
            ).fetchone()
        if row is None:
            raise RegistrationUnknownError(packet_id=packet_id)
        value: bytes | None = row[0]
        return value


def _forget(connection: Connection, packet_id: PacketId) -> None:
    """The packet, the slip and the contact go; the row stays as proof of what was done. secure_delete wipes the pages."""
    connection.execute("DELETE FROM packet_content WHERE packet_id = ?", (packet_id,))
    connection.execute("DELETE FROM slip WHERE packet_id = ?", (packet_id,))
    connection.execute("UPDATE registration SET contact = NULL, decision_comment = NULL WHERE packet_id = ?", (packet_id,))
