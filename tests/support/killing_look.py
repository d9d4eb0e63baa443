"""What lies on the disk after a kill: a copy of the database as the dead process left it, opened anew and read whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from app.core.audits import PendingAudits
from app.core.drafts import DraftHeader, StoredDraft
from app.core.lifecycle import Event
from app.core.outbox import OutboxRow, Task
from app.core.registration import RegistrationRecord
from app.store.localstore import LocalStore
from packet.acknowledgement import SealedAcknowledgement, file_name, unseal
from packet.models import PacketId
from tests.support.clerk import store_at
from tests.support.packetopener import decrypt, unzip
from tests.support.specs import machine_key

DATABASE: Final = "sealdesk.sqlite"
FILES: Final = frozenset({DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"})
FIRST_JOURNAL: Final = f"{DATABASE}-journal"
"""SQLite's, while a new file is told to keep a log; nothing was written to the database yet."""

_REGISTERED: Final = "packet_id IN (SELECT packet_id FROM registration)"
_PACKED: Final = "packet_id IN (SELECT packet_id FROM packet_content)"
_ORPHANS: Final = {
    "a packet without registration": f"SELECT count(*) FROM packet_content WHERE NOT {_REGISTERED}",
    "a slip without registration": f"SELECT count(*) FROM slip WHERE NOT {_REGISTERED}",
    "work without registration": f"SELECT count(*) FROM outbox WHERE NOT {_REGISTERED}",
    "history without registration": f"SELECT count(*) FROM registration_history WHERE NOT {_REGISTERED}",
    "a part without draft": "SELECT count(*) FROM draft_part WHERE draft_id NOT IN (SELECT draft_id FROM draft)",
    "a packet without slip": "SELECT count(*) FROM packet_content WHERE packet_id NOT IN (SELECT packet_id FROM slip)",
    "a slip without packet": f"SELECT count(*) FROM slip WHERE NOT {_PACKED}",
    "a deleted packet is there": (
        f"SELECT count(*) FROM registration WHERE client_status = 'DELETED' AND (contact IS NOT NULL OR {_PACKED})"
    ),
    "a packet is gone": (
        f"SELECT count(*) FROM registration WHERE client_status <> 'DELETED' AND (contact IS NULL OR NOT {_PACKED})"
    ),
    "more probes than one": "SELECT count(*) > 1 FROM probe",
}


@dataclass(frozen=True)
class Sight:
    """Everything that was found.

    Attributes:
        mark: sequence of the last audit row that a packet carried.
        audits: uuid by sequence.
        next_number: of the counter in registration ids.
    """

    drafts: Mapping[str, StoredDraft]
    records: Mapping[PacketId, RegistrationRecord]
    outbox: Mapping[PacketId, Mapping[Task, OutboxRow]]
    history: Mapping[PacketId, tuple[Event, ...]]
    pending: PendingAudits = field(repr=False)
    mark: int
    audits: Mapping[int, str] = field(repr=False)
    next_number: int

    @property
    def headers(self) -> tuple[DraftHeader, ...]:
        """Of the drafts."""
        return tuple(draft.header for draft in self.drafts.values())


@dataclass(frozen=True)
class SeenPacket:
    """A sealed packet, opened.

    Attributes:
        audits: its audit.json.
        objects: the three sub-packets as they are stored at the server, by their kind.
    """

    audits: tuple[Mapping[str, Any], ...]
    objects: Mapping[str, bytes] = field(repr=False)


class Copy:
    """A copy of the dead process's files, opened as a restart opens them. Also a context manager."""

    def __init__(self, folder: Path, into: Path) -> None:
        names = {entry.name for entry in os.scandir(folder)}
        assert names <= FILES | {FIRST_JOURNAL}, f"files that nobody knows: {names - FILES}"
        self._is_new = FIRST_JOURNAL in names
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(mode=0o700)
        for name in names - {f"{DATABASE}-shm"}:  # an index of the log; SQLite makes it anew
            shutil.copyfile(folder / name, into / name)
        self.store: LocalStore = store_at(into, machine_key())

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def sight(self) -> Sight:
        """Reads everything; whatever does not open or is not whole fails here."""
        store = self.store
        with store.database.read() as connection:
            _check_whole(connection)
            history: dict[PacketId, list[Event]] = {}
            for packet_id, event in connection.execute("SELECT packet_id, event FROM registration_history ORDER BY id"):
                history.setdefault(packet_id, []).append(Event(event))
            audits = dict(connection.execute("SELECT sequence, uuid FROM audit"))
            mark = connection.execute("SELECT carried_sequence FROM audit_mark").fetchone()[0]
            next_number = connection.execute("SELECT next_value FROM rid_sequence").fetchone()[0]
        listed = store.drafts.list()
        assert not listed.unreadable
        records = {record.packet_id: record for record in store.registrations.all()}
        assert not (self._is_new and (listed.readable or records or audits)), "a journal beside a database in use"
        return Sight(
            drafts={header.draft_id: store.drafts.load(header.draft_id) for header in listed.readable},
            records=records,
            outbox={packet_id: {row.task: row for row in store.outbox.rows(packet_id)} for packet_id in records},
            history={packet_id: tuple(history.get(packet_id, ())) for packet_id in records},
            pending=store.audits.pending(),
            mark=mark,
            audits=audits,
            next_number=next_number,
        )

    def open(self, record: RegistrationRecord, key: RSAPrivateKey) -> SeenPacket:
        """Opens a packet, its slip and its contact."""
        store, packet_id = self.store, record.packet_id
        slip = store.registrations.acknowledgement(packet_id)
        assert slip is not None
        html = unseal(SealedAcknowledgement(file_name(packet_id), slip.blob, slip.signature), machine_key())
        assert record.registration_id in html
        assert store.registrations.contact(packet_id).name or record.process == "BIOMETRIC_CORRECTION"
        data = store.registrations.packet(packet_id)  # checks the hash
        assert len(data) == record.packet_size
        entries = unzip(decrypt(data, key))
        objects = {name.rpartition("_")[2][:-4]: body for name, body in entries.items() if name.endswith(".zip")}
        assert objects.keys() == {"id", "evidence", "optional"}
        inside = {name: body for body in objects.values() for name, body in unzip(decrypt(body, key)).items()}
        return SeenPacket(tuple(orjson.loads(inside["audit.json"])), objects)


def _check_whole(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    for what, query in _ORPHANS.items():
        assert connection.execute(query).fetchone() == (0,), what
