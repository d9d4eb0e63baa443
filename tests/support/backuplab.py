"""Stores full of invented registrations, for tests of backups."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from app.core.backupreport import BackupMachine, Recipients
from app.core.lifecycle import Event
from app.core.registration import Acknowledgement, Contact, NewRegistration
from app.store.backup import Backups
from app.store.localstore import LocalStore, open_store
from packet import acknowledgement
from packet.crypto.passphrase import Argon2Cost, Passphrase
from packet.keys.base import MachineKey
from packet.keys.publickey import fingerprint
from packet.keys.software import SoftwareMachineKey
from packet.models import Flow, PacketId
from tests.support.fake_server_registrations import NOW, REF_ID, audit_entry, sealed_packet

PASSPHRASE = Passphrase("7H3KQ-XW9TD-ZZ41B-P0Q8M")
CHEAP = Argon2Cost(iterations=1, lanes=1, memory_kib=8)
RECIPIENTS = Recipients(PASSPHRASE, cost=CHEAP)
SLIP = "<html><body>Vex Testperson</body></html>"
CONTACT = Contact(name="Vex Testperson", phone="0000000000", email="nobody@example.invalid")
TABLES = ("registration", "outbox", "registration_history", "audit", "packet_content", "slip", "rid_sequence")


def machine_key(name: str = "desk-01") -> SoftwareMachineKey:
    """One key for each machine of a run."""
    return _machine_key(name)


@cache
def _machine_key(name: str) -> SoftwareMachineKey:
    with TemporaryDirectory(prefix="sealdesk-keys-") as folder:  # once it is read the files are not needed any more
        return SoftwareMachineKey.open_or_create(Path(folder) / name, name)


def new_store(folder: Path, key: MachineKey | None = None) -> LocalStore:
    """A database in a folder."""
    return open_store(folder / "sealdesk.sqlite", key or machine_key(), os.urandom)


def backups(store: LocalStore, key: MachineKey | None = None, name: str = "desk-01") -> Backups:
    """Backups of a store with a clock that stands still."""
    return Backups(store, BackupMachine(name, REF_ID), key or machine_key(), lambda: NOW, os.urandom)


def add_registration(
    store: LocalStore,
    number: int,
    *events: Event,
    data: bytes | None = None,
    slip: str = SLIP,
    contact: Contact = CONTACT,
    comment: str | None = None,
    key: MachineKey | None = None,
    at: datetime = NOW,
) -> PacketId:
    """Saves a registration with a slip that opens, and takes it along some events, a second apart."""
    packet = sealed_packet(number, data)
    sealed = acknowledgement.seal(packet.packet_id, slip, key or machine_key(), os.urandom)
    new = NewRegistration(
        packet=packet,
        flow=Flow.NEW,
        lang_code="eng",
        contact=contact,
        acknowledgement=Acknowledgement(sealed.data, sealed.signature),
        needs_approval=True,
    )
    store.audits.add(audit_entry())
    store.registrations.save(new, store.audits.pending(), audit_entry("REG-EVT-066"), at)
    for step, event in enumerate(events, 1):
        said = comment if event is Event.REJECT else None
        store.registrations.record(packet.packet_id, event, at + timedelta(seconds=step), comment=said)
    return packet.packet_id


def dump(store: LocalStore) -> dict[str, list[Any]]:
    """All rows of a store that a backup touches, sealed values opened, in an order of their own."""
    found: dict[str, list[Any]] = {}
    with sqlite3.connect(store.database.path) as connection:
        connection.row_factory = sqlite3.Row
        for table in TABLES:
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
            for row in rows:
                for unstable in ("id", "sequence", "entry", "contact", "decision_comment", "ack_signature"):
                    row.pop(unstable, None)
                if table == "slip":
                    row.pop("data")
            found[table] = sorted(rows, key=lambda row: orjson.dumps(row, default=bytes.hex))
    connection.close()
    records = store.registrations.all()
    found["contacts"] = [store.registrations.contact(record.packet_id) for record in records]
    found["comments"] = [store.registrations.comment(record.packet_id) for record in records]
    found["audits"] = sorted((entry.uuid, entry.event_id) for entry in store.audits.pending().entries)
    return found


def key_index(name: str = "desk-01") -> str:
    """By which a machine is told from others."""
    return fingerprint(machine_key(name).signing_public)


def slip_of(store: LocalStore, packet_id: PacketId, key: MachineKey) -> str | None:
    """The slip as this machine shows it again."""
    kept = store.registrations.acknowledgement(packet_id)
    if kept is None:
        return None
    sealed = acknowledgement.SealedAcknowledgement("slip", kept.blob, kept.signature)
    return acknowledgement.unseal(sealed, key)


def header_json(data: bytes) -> Mapping[str, Any]:
    """The header of a backup, read by the documented layout."""
    length = int.from_bytes(data[10:14], "big")
    header: Mapping[str, Any] = orjson.loads(data[14 : 14 + length])
    return header
