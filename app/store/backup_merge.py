"""What a restored backup does to the database: each registration in one transaction, so that a kill leaves whole ones only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from sqlite3 import Connection

import orjson

from app.core.backupentries import (
    HISTORY_COLUMNS,
    OUTBOX_COLUMNS,
    SEALED_COLUMNS,
    BackedUpRegistration,
    Value,
)
from app.core.backupmerge import Standing
from app.core.backupreport import RestoreReport
from app.core.lifecycle import ClientStatus, ServerStatus, State
from app.store.backup_rows import PIECE_BYTES
from app.store.connection import Database
from app.store.instants import from_text
from app.store.sealing import ColumnSealer
from packet import acknowledgement
from packet.acknowledgement import SealedAcknowledgement
from packet.encoding import hex_upper
from packet.keys.base import MachineKey
from packet.models import Entropy, PacketId

_AUDITS_AT_A_TIME = 200


class Checker:
    """Takes everything and changes nothing; counts what is new. See `app.core.backupcontents.Receiver`.

    Attributes:
        new_bytes: of packets that are not here yet.
        largest_bytes: of the largest packet.
    """

    def __init__(self, database: Database | None) -> None:
        self._database = database
        self.new_bytes = 0
        self.largest_bytes = 0

    def machine(self, rid_next_value: int) -> None:
        """Changes nothing."""

    def registration(self, entry: BackedUpRegistration, slip: str | None, packet: Iterator[bytes]) -> None:
        """Counts."""
        self.largest_bytes = max(self.largest_bytes, entry.packet_size)
        if self._database is None:
            return
        with self._database.read() as connection:
            if _standing(connection, entry.packet_id) is None:
                self.new_bytes += entry.packet_size

    def audit(self, values: dict[str, str]) -> None:
        """Changes nothing."""


class Merger:
    """Puts what it is given into the database. See `app.core.backupcontents.Receiver`. Call `finish` at the end.

    Every method raises a `StoreError` subclass that names a fault of the database, or a `MachineKeyError`; what was put in
    before stays.
    """

    def __init__(
        self, database: Database, sealer: ColumnSealer, machine_key: MachineKey, entropy: Entropy, report: RestoreReport
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._machine_key = machine_key
        self._entropy = entropy
        self._report = report
        self._audits: list[dict[str, str]] = []

    def machine(self, rid_next_value: int) -> None:
        """The counter in registration ids goes forward only."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE rid_sequence SET next_value = ? WHERE id = 1 AND next_value < ?", (rid_next_value, rid_next_value)
            )

    def registration(self, entry: BackedUpRegistration, slip: str | None, packet: Iterator[bytes]) -> None:
        """Inserts, or merges into what is there."""
        with self._database.read() as connection:
            here = _standing(connection, entry.packet_id)
        if here is not None:
            with self._database.transaction() as connection:
                self._merge(connection, entry, packet, _standing(connection, entry.packet_id) or here)
            return
        packet_id = PacketId(entry.packet_id)
        # before the transaction: a TPM takes its time
        sealed = None if slip is None else acknowledgement.seal(packet_id, slip, self._machine_key, self._entropy)
        with self._database.transaction() as connection:
            self._insert(connection, entry, sealed, packet)
        self._report.inserted += 1
        self._report.without_slip += sealed is None

    def _insert(
        self, connection: Connection, entry: BackedUpRegistration, slip: SealedAcknowledgement | None, packet: Iterator[bytes]
    ) -> None:
        packet_id = entry.packet_id
        row: dict[str, Value | bytes] = {**entry.row, **self._sealed(entry)}
        row["ack_signature"] = None if slip is None else slip.signature
        _insert_row(connection, "registration", row)
        _write_packet(connection, entry, packet)
        if slip is not None:
            connection.execute("INSERT INTO slip (packet_id, data) VALUES (?, ?)", (packet_id, slip.data))
        _replace_outbox(connection, entry)
        _add_history(connection, packet_id, entry.history)

    def _merge(self, connection: Connection, entry: BackedUpRegistration, packet: Iterator[bytes], here: Standing) -> None:
        packet_id = entry.packet_id
        if here.state.client is ClientStatus.DELETED:
            self._report.kept += 1
            return
        digest: str = connection.execute("SELECT packet_sha256 FROM registration WHERE packet_id = ?", (packet_id,)).fetchone()[
            0
        ]
        if digest != entry.packet_sha256:
            self._report.conflicting.append(packet_id)
            return
        if not _is_packet_whole(connection, packet_id, digest):
            connection.execute("DELETE FROM packet_content WHERE packet_id = ?", (packet_id,))
            _write_packet(connection, entry, packet)
            self._report.healed += 1
        if entry.standing.is_further_than(here):
            self._advance(connection, entry)
            self._report.advanced += 1
        else:
            self._report.kept += 1
        connection.execute(
            "UPDATE registration SET exported_at = nullif(max(coalesce(exported_at, ''), coalesce(?, '')), '')"
            " WHERE packet_id = ?",
            (entry.row["exported_at"], packet_id),
        )
        _add_history(connection, packet_id, entry.history)

    def _advance(self, connection: Connection, entry: BackedUpRegistration) -> None:
        row = entry.row
        connection.execute(
            "UPDATE registration SET client_status = ?, server_status = ?, changed_at = ?, decision = coalesce(?, decision)"
            " WHERE packet_id = ?",
            (row["client_status"], row["server_status"], row["changed_at"], row["decision"], entry.packet_id),
        )
        for name, sealed in self._sealed(entry).items():
            connection.execute(f"UPDATE registration SET {name} = ? WHERE packet_id = ?", (sealed, entry.packet_id))  # noqa: S608 own names
        _replace_outbox(connection, entry)

    def _sealed(self, entry: BackedUpRegistration) -> dict[str, bytes]:
        return {
            name: self._sealer.seal(entry.sealed[name].encode(), table="registration", column=name, row=entry.packet_id)
            for name in SEALED_COLUMNS
            if name in entry.sealed
        }

    def audit(self, values: dict[str, str]) -> None:
        """Rows that are there already, carried or not, stay as they are."""
        self._audits.append(values)
        if len(self._audits) == _AUDITS_AT_A_TIME:
            self.finish()

    def finish(self) -> None:
        """Puts in what is left."""
        audits, self._audits = self._audits, []
        if not audits:
            return
        with self._database.transaction() as connection:
            added = sum(self._insert_audit(connection, values) for values in audits)
        self._report.audits += added

    def _insert_audit(self, connection: Connection, values: Mapping[str, str]) -> int:
        uuid = values["uuid"]
        return connection.execute(
            "INSERT INTO audit (uuid, event_id, action_time, entry) VALUES (?, ?, ?, ?) ON CONFLICT (uuid) DO NOTHING",
            (
                uuid,
                values["event_id"],
                values["action_time_stamp"],
                self._sealer.seal(orjson.dumps(dict(values)), table="audit", column="entry", row=uuid),
            ),
        ).rowcount


def _standing(connection: Connection, packet_id: str) -> Standing | None:
    row: tuple[str, str, str] | None = connection.execute(
        "SELECT client_status, server_status, changed_at FROM registration WHERE packet_id = ?", (packet_id,)
    ).fetchone()
    if row is None:
        return None
    at: datetime = from_text(row[2])
    return Standing(State(ClientStatus(row[0]), ServerStatus(row[1])), at)


def _insert_row(connection: Connection, table: str, values: Mapping[str, Value | bytes]) -> None:
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 own names


def _write_packet(connection: Connection, entry: BackedUpRegistration, packet: Iterator[bytes]) -> None:
    """In pieces; taking the last one checks the hash, and what that raises undoes the transaction."""
    row_id: int = connection.execute(
        "INSERT INTO packet_content (packet_id, data) VALUES (?, zeroblob(?)) RETURNING rowid",
        (entry.packet_id, entry.packet_size),
    ).fetchall()[0][0]
    with connection.blobopen("packet_content", "data", row_id) as blob:
        for piece in packet:
            blob.write(piece)


def _is_packet_whole(connection: Connection, packet_id: str, expected: str) -> bool:
    row = connection.execute("SELECT rowid FROM packet_content WHERE packet_id = ?", (packet_id,)).fetchone()
    if row is None:
        return False
    digest = hashlib.sha256()
    with connection.blobopen("packet_content", "data", row[0], readonly=True) as blob:
        while piece := blob.read(PIECE_BYTES):
            digest.update(piece)
    return hex_upper(digest.digest()) == expected


def _replace_outbox(connection: Connection, entry: BackedUpRegistration) -> None:
    for row in entry.outbox:
        values = {name: row[name] for name in OUTBOX_COLUMNS}
        sets = ", ".join(f"{name} = excluded.{name}" for name in OUTBOX_COLUMNS if name != "task")
        connection.execute(
            f"INSERT INTO outbox (packet_id, {', '.join(values)}) VALUES (?{', ?' * len(values)})"  # noqa: S608 own names
            f" ON CONFLICT (packet_id, task) DO UPDATE SET {sets}",
            (entry.packet_id, *values.values()),
        )


def _add_history(connection: Connection, packet_id: str, steps: Iterable[Mapping[str, Value]]) -> None:
    names = tuple(HISTORY_COLUMNS)
    same = " AND ".join(f"{name} = ?" for name in names)
    for step in steps:
        values = (packet_id, *(step[name] for name in names))
        connection.execute(
            f"INSERT INTO registration_history (packet_id, {', '.join(names)}) SELECT ?, ?, ?, ?, ?"  # noqa: S608 own names
            f" WHERE NOT EXISTS (SELECT 1 FROM registration_history WHERE packet_id = ? AND {same})",
            values * 2,
        )
