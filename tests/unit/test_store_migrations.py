"""From layout to layout: what was there is there afterwards, and a kill in the middle leaves the layout before."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from app.core.lifecycle import ClientStatus, Event, ServerStatus, State
from app.core.outbox import RowState, Task
from app.core.registration import Acknowledgement, Contact
from app.store.connection import Database, open_database
from app.store.instants import to_text
from app.store.localstore import open_store
from app.store.migrations import MIGRATIONS, migrate
from app.store.sealing import open_sealer
from packet.encoding import hex_upper, sha256
from packet.keys.software import SoftwareMachineKey
from packet.models import PacketId
from tests.support.draftsamples import begin_draft
from tests.support.fake_server_registrations import NOW, REF_ID, audit_entry, new_registration
from tests.support.killing import killed_opening

PACKET = b"ciphertext of a packet" * 3000
SLIP = b"ciphertext of a slip" * 3000
AT = to_text(NOW)
ROWS = {
    "blocked": ("SYNCED", "UNKNOWN", {"SYNC": "DONE", "UPLOAD": "BLOCKED"}),
    "waiting": ("REGISTERED", "UNKNOWN", {"SYNC": "WAITING"}),
    "pending": ("PUSHED", "RECEIVED", {"SYNC": "DONE", "UPLOAD": "DONE", "STATUS": "PENDING"}),
    "deleted": ("DELETED", "PROCESSED", {"SYNC": "DONE", "UPLOAD": "DONE", "STATUS": "DONE"}),
}


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


def layout_1(path: Path, machine_key: SoftwareMachineKey) -> None:
    """A database as the first version left it: four registrations, one of them deleted, an audit row, a document."""
    with open_database(path) as database:
        migrate(database, MIGRATIONS[:1])
        sealer = open_sealer(database, machine_key, os.urandom)
        with database.transaction() as connection:
            for number, (packet_id, (client, server, tasks)) in enumerate(ROWS.items()):
                contact = sealer.seal(b'{"name":"Vex"}', table="registration", column="contact", row=packet_id)
                slip = None if client == "DELETED" else SLIP
                connection.execute(
                    "INSERT INTO registration (packet_id, registration_id, ref_id, process, flow, lang_code, created_at,"
                    " changed_at, client_status, server_status, packet_sha256, packet_size, contact, acknowledgement,"
                    " ack_signature) VALUES (?, ?, ?, 'NEW', 'NEW', 'eng', ?, ?, ?, ?, ?, ?, ?, ?, 'c2ln')",
                    (
                        packet_id,
                        f"rid-{number}",
                        REF_ID,
                        AT,
                        AT,
                        client,
                        server,
                        hex_upper(sha256(PACKET)),
                        len(PACKET),
                        contact,
                        slip,
                    ),
                )
                if slip is not None:
                    connection.execute("INSERT INTO packet_content VALUES (?, ?)", (packet_id, PACKET))
                connection.executemany(
                    "INSERT INTO outbox (packet_id, task, state, next_attempt_at, changed_at) VALUES (?, ?, ?, ?, ?)",
                    [(packet_id, task, state, AT, AT) for task, state in tasks.items()],
                )
                connection.execute(
                    "INSERT INTO registration_history (packet_id, event, client_status, server_status, at)"
                    " VALUES (?, 'UPLOAD_ACCEPTED', ?, ?, ?)",
                    (packet_id, client, server, AT),
                )


def check_layout_2(path: Path, machine_key: SoftwareMachineKey) -> None:
    with open_store(path, machine_key, os.urandom) as store:
        records = {record.packet_id: record for record in store.registrations.all()}
        assert {name: record.state for name, record in records.items()} == {
            name: State(ClientStatus(client), ServerStatus(server)) for name, (client, server, _) in ROWS.items()
        }
        assert {name: record.work for name, record in records.items()} == {
            "blocked": RowState.BLOCKED,
            "waiting": RowState.WAITING,
            "pending": RowState.PENDING,
            "deleted": RowState.DONE,
        }
        for packet_id in map(PacketId, ("blocked", "waiting", "pending")):
            assert store.registrations.packet(packet_id) == PACKET
            assert store.registrations.acknowledgement(packet_id) == Acknowledgement(SLIP, "c2ln")
            assert store.registrations.contact(packet_id) == Contact(name="Vex")
        assert store.registrations.acknowledgement(PacketId("deleted")) is None
        assert store.queue.limit_figures().last_left_at == NOW
        with store.database.read() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_everything_of_layout_1_is_there_in_layout_2_and_goes_on(tmp_path: Path, machine_key: SoftwareMachineKey) -> None:
    path = tmp_path / "sealdesk.sqlite"
    layout_1(path, machine_key)
    with open_database(path) as database:
        migrate(database)
        assert path.with_name(f"{path.name}-wal").stat().st_size == 0, "the room in the log is given back"
    check_layout_2(path, machine_key)
    with open_store(path, machine_key, os.urandom) as store:
        store.registrations.record(PacketId("waiting"), Event.APPROVE, NOW)
        assert store.registrations.find(PacketId("waiting")).work is RowState.PENDING
        store.outbox.again(PacketId("blocked"), Task.UPLOAD, NOW)
        assert store.registrations.find(PacketId("blocked")).work is RowState.PENDING
        draft_id = begin_draft(store, form=b"form")
        store.audits.add(audit_entry())
        store.registrations.save(new_registration(), store.audits.pending(), audit_entry(), NOW, draft_id=draft_id)
        assert len(store.registrations.all()) == len(ROWS) + 1


def test_a_kill_before_any_statement_of_the_migration_loses_nothing(tmp_path: Path, machine_key: SoftwareMachineKey) -> None:
    original = tmp_path / "original.sqlite"
    layout_1(original, machine_key)
    layout = original.read_bytes()
    statement = 0
    was_killed = True
    layouts: list[int] = []
    while was_killed:
        statement += 1
        path = tmp_path / f"{statement}.sqlite"
        path.write_bytes(layout)
        was_killed = killed_opening(path, statement, assert_migrates)
        if was_killed:
            left = sqlite3.connect(path)
            layouts.append(left.execute("PRAGMA user_version").fetchone()[0])
            is_moved = layouts[-1] == len(MIGRATIONS)
            assert left.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'draft'").fetchone() == (is_moved,)
            left.close()
        check_layout_2(path, machine_key)
    assert layouts.count(1) > 20, "a kill came before each of the statements"
    assert layouts == sorted(layouts), "and some while the log was emptied"


def assert_migrates(database: Database) -> None:
    assert migrate(database) == len(MIGRATIONS) - 1
