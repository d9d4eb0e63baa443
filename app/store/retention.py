"""Deleting what the rule lets go: each packet, each draft and the audit rows in a transaction of their own, with an audit row.

The rule is asked again inside the transaction, so that a status which arrives meanwhile is never overrun. A kill in the middle
leaves the rest for the next time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.core.drafts import DraftId
from app.core.registration import RegistrationRecord
from app.core.retention import FINAL_STATES, RetentionRule, may_delete_packet
from app.store.audits import AuditTrail
from app.store.connection import Database
from app.store.drafts import Drafts
from app.store.instants import to_text
from app.store.registrations import Registrations
from app.store.rows import COLUMNS, read_row
from packet.models import AuditEntry, PacketId


@dataclass(frozen=True, slots=True)
class RetentionAudits:
    """Makes the audit rows of a deletion.

    Attributes:
        packet: for a registration id.
        draft: for a registration id, or for a draft's id where it cannot be read.
        trail: for a number of audit rows.
    """

    packet: Callable[[str], AuditEntry]
    draft: Callable[[str], AuditEntry]
    trail: Callable[[int], AuditEntry]


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went.

    Attributes:
        audits: number of audit rows.
    """

    packets: tuple[PacketId, ...] = ()
    drafts: tuple[DraftId, ...] = ()
    audits: int = 0


class Retention:
    """Applies the rule. Every method raises a `StoreError` subclass that names a fault of the database."""

    def __init__(self, database: Database, registrations: Registrations, drafts: Drafts, audits: AuditTrail) -> None:
        self._database = database
        self._registrations = registrations
        self._drafts = drafts
        self._audits = audits

    def due(self, rule: RetentionRule, at: datetime) -> tuple[RegistrationRecord, ...]:
        """The registrations whose packets may go now, the longest finished first."""
        pairs = sorted((state.client.value, state.server.value) for state in FINAL_STATES)
        marks = ", ".join("(?, ?)" for _ in pairs)
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM registration INDEXED BY queue_by_client_status"  # noqa: S608 own names
                f" WHERE (client_status, server_status) IN (VALUES {marks}) AND changed_at < ? ORDER BY changed_at, packet_id",
                (*(code for pair in pairs for code in pair), to_text(rule.packets_before(at))),
            ).fetchall()
        return tuple(read_row(row) for row in rows)

    def apply(self, rule: RetentionRule, at: datetime, audits: RetentionAudits) -> Deleted:
        """Deletes everything that may go now."""
        packets = tuple(
            record.packet_id
            for record in self.due(rule, at)
            if self._registrations.delete(
                record.packet_id,
                lambda now: may_delete_packet(now.state, now.changed_at, rule, at),
                at,
                audits.packet(record.registration_id),
            )
        )
        drafts = self._drafts.expire(rule.drafts_before(at), audits.draft)
        gone = self._delete_audits(rule, at, audits.trail)
        if packets or gone:
            self._database.checkpoint()
        return Deleted(packets, drafts, gone)

    def _delete_audits(self, rule: RetentionRule, at: datetime, audit: Callable[[int], AuditEntry]) -> int:
        with self._database.transaction() as connection:
            deleted = self._audits.forget_carried(connection, rule.audits_before(at))
            if deleted:
                self._audits.insert(connection, audit(deleted))
        return deleted
