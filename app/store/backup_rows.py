"""What of the database goes into a backup: registrations that are not deleted, audit rows that no packet has carried yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from sqlite3 import Connection
from typing import Any

import orjson

from app.core.backupentries import (
    HISTORY_COLUMNS,
    HISTORY_MAX,
    OUTBOX_COLUMNS,
    REGISTRATION_COLUMNS,
    SEALED_COLUMNS,
    BackedUpRegistration,
    decode_audit,
    decode_registration,
    encode_audit,
    encode_registration,
)
from app.core.backuperrors import BackupContentError
from app.core.backuprecords import RecordKind
from app.core.backupreport import LeftOut
from app.store.errors import PacketDamagedError, SealedValueError
from app.store.sealing import ColumnSealer
from packet import acknowledgement
from packet.acknowledgement import AcknowledgementUnreadableError, SealedAcknowledgement
from packet.crypto.errors import MachineBlobDamagedError, MachineBlobMalformedError
from packet.encoding import hex_upper
from packet.errors import CodedError
from packet.keys.base import MachineKey
from packet.keys.errors import WrappedKeyForeignError
from packet.models import PacketId

PIECE_BYTES = 256 * 1024
_ROWS_AT_A_TIME = 200
_SLIP_FAULTS = (AcknowledgementUnreadableError, MachineBlobDamagedError, MachineBlobMalformedError, WrappedKeyForeignError)
"""Of the slip itself; other faults of the machine key end the backup, since they concern every slip."""


@dataclass(slots=True)
class Plan:
    """What will go over.

    Attributes:
        other_bytes: about, without the packets.
        skipped: packet ids and uuids of what cannot go over at all.
    """

    registrations: int = 0
    audits: int = 0
    packet_bytes: int = 0
    other_bytes: int = 0
    skipped: set[str] = field(default_factory=set)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave_out(self, identifier: str, part: str, error: CodedError, *, wholly: bool) -> None:
        """Notes what is damaged."""
        self.left_out.append(LeftOut(identifier, part, error.code))
        if wholly:
            self.skipped.add(identifier)


class BackupRows:
    """Reads in one consistent view of the database; a few rows and one piece of one packet are in memory at a time."""

    def __init__(self, connection: Connection, sealer: ColumnSealer, machine_key: MachineKey) -> None:
        self._connection = connection
        self._sealer = sealer
        self._machine_key = machine_key

    def plan(self, tick: Callable[[int, int], None]) -> Plan:
        """Reads everything once: what is damaged already is found before a byte is written.

        Args:
            tick: told the bytes of packets that were looked at, and all.
        """
        plan = Plan()
        total: int = self._one("SELECT coalesce(sum(packet_size), 0) FROM registration WHERE client_status <> 'DELETED'")
        seen_bytes = 0
        for entry in self._registrations(plan, plan.left_out):
            self._plan_one(plan, entry)
            seen_bytes += entry.packet_size
            tick(seen_bytes, total)
        for uuid, body in self._audits(plan):
            try:
                decode_audit(body)
            except BackupContentError as error:
                plan.leave_out(uuid, "audit", error, wholly=True)
                continue
            plan.audits += 1
            plan.other_bytes += len(body) + 16
        return plan

    def _plan_one(self, plan: Plan, entry: BackedUpRegistration) -> None:
        try:
            self._check_packet(entry)
            body = encode_registration(entry)
            decode_registration(body)
        except PacketDamagedError as error:
            plan.leave_out(entry.packet_id, "packet", error, wholly=True)
            return
        except BackupContentError as error:
            plan.leave_out(entry.packet_id, "row", error, wholly=True)
            return
        plan.registrations += 1
        plan.packet_bytes += entry.packet_size
        slip_bytes = self._one("SELECT coalesce((SELECT length(data) FROM slip WHERE packet_id = ?), 0)", entry.packet_id)
        plan.other_bytes += len(body) + slip_bytes + 64

    def _check_packet(self, entry: BackedUpRegistration) -> None:
        digest = hashlib.sha256()
        size_bytes = 0
        for piece in self.packet(entry.packet_id):
            digest.update(piece)
            size_bytes += len(piece)
        if hex_upper(digest.digest()) != entry.packet_sha256 or size_bytes != entry.packet_size:
            raise PacketDamagedError(packet_id=entry.packet_id)

    def registrations(self, plan: Plan) -> Iterator[tuple[BackedUpRegistration, bytes | None]]:
        """What was planned, with slips as plain HTML. A slip that cannot be opened is noted in the plan.

        Raises:
            MachineKeyError: if the machine key cannot be used.
        """
        for entry in self._registrations(plan, []):
            slip = self._slip(PacketId(entry.packet_id), plan)
            yield replace(entry, slip_bytes=None if slip is None else len(slip)), slip

    def _registrations(self, plan: Plan, left_out: list[LeftOut]) -> Iterator[BackedUpRegistration]:
        names = (*REGISTRATION_COLUMNS, *SEALED_COLUMNS)
        after = ""
        while rows := self._connection.execute(
            f"SELECT {', '.join(names)} FROM registration WHERE packet_id > ? AND client_status <> 'DELETED'"  # noqa: S608 own
            " ORDER BY packet_id LIMIT ?",
            (after, _ROWS_AT_A_TIME),
        ).fetchall():
            for row in rows:
                values = dict(zip(names, row, strict=True))
                after = values["packet_id"]
                if after not in plan.skipped:
                    yield self._entry(after, values, left_out)

    def _entry(self, packet_id: str, values: Mapping[str, Any], left_out: list[LeftOut]) -> BackedUpRegistration:
        sealed = {}
        for name in SEALED_COLUMNS:
            if values[name] is None:
                continue
            try:
                sealed[name] = self._sealer.open(values[name], table="registration", column=name, row=packet_id).decode()
            except SealedValueError as error:
                left_out.append(LeftOut(packet_id, name, error.code))
        steps = self._children("registration_history", tuple(HISTORY_COLUMNS), packet_id, "id DESC")
        return BackedUpRegistration(
            row={name: values[name] for name in REGISTRATION_COLUMNS},
            outbox=self._children("outbox", tuple(OUTBOX_COLUMNS), packet_id, "task"),
            history=steps[::-1],
            sealed=sealed,
        )

    def _children(self, table: str, names: tuple[str, ...], packet_id: str, order: str) -> tuple[Mapping[str, Any], ...]:
        rows = self._connection.execute(
            f"SELECT {', '.join(names)} FROM {table} WHERE packet_id = ? ORDER BY {order} LIMIT ?",  # noqa: S608 own names
            (packet_id, HISTORY_MAX),
        )
        return tuple(dict(zip(names, row, strict=True)) for row in rows)

    def _slip(self, packet_id: PacketId, plan: Plan) -> bytes | None:
        row = self._connection.execute(
            "SELECT s.data, r.ack_signature FROM slip s JOIN registration r USING (packet_id) WHERE packet_id = ?", (packet_id,)
        ).fetchone()
        if row is None:
            return None
        sealed = SealedAcknowledgement(acknowledgement.file_name(packet_id), row[0], row[1] or "")
        try:
            slip = acknowledgement.unseal(sealed, self._machine_key).encode()
            if len(slip) > RecordKind.SLIP.limit_bytes:
                raise AcknowledgementUnreadableError(file=sealed.file_name, why="it is too long")
        except _SLIP_FAULTS as error:
            plan.leave_out(packet_id, "slip", error, wholly=False)
            return None
        return slip

    def packet(self, packet_id: str) -> Iterator[bytes]:
        """A packet in pieces; none if it is missing."""
        row = self._connection.execute("SELECT rowid FROM packet_content WHERE packet_id = ?", (packet_id,)).fetchone()
        if row is None:
            return
        with self._connection.blobopen("packet_content", "data", row[0], readonly=True) as blob:
            while piece := blob.read(PIECE_BYTES):
                yield piece

    def audits(self, plan: Plan) -> Iterator[bytes]:
        """The planned audit rows, as records."""
        return (body for _, body in self._audits(plan))

    def _audits(self, plan: Plan) -> Iterator[tuple[str, bytes]]:
        after: int = self._one("SELECT carried_sequence FROM audit_mark")
        while rows := self._connection.execute(
            "SELECT sequence, uuid, entry FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, _ROWS_AT_A_TIME)
        ).fetchall():
            for sequence, uuid, entry in rows:
                after = sequence
                if uuid in plan.skipped:
                    continue
                try:
                    yield uuid, encode_audit(orjson.loads(self._sealer.open(entry, table="audit", column="entry", row=uuid)))
                except SealedValueError as error:
                    plan.leave_out(uuid, "audit", error, wholly=True)

    def rid_next_value(self) -> int:
        """The next number of the counter in registration ids."""
        value: int = self._one("SELECT next_value FROM rid_sequence WHERE id = 1")
        return value

    def _one(self, query: str, *values: str) -> Any:
        return self._connection.execute(query, values).fetchone()[0]
