"""A registration is saved wholly or not at all, wherever the process is killed."""

from __future__ import annotations

import os
import random
import select
import signal
from pathlib import Path

import pytest

from app.core.outbox import RowState, Task
from app.store.localstore import LocalStore, open_store
from packet.keys.software import SoftwareMachineKey
from packet.models import PacketId
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration
from tests.support.killing import forked, killed_before

KILLS = 30
STATEMENTS_OF_A_SAVE = 18
SEALED_EVENT = "REG-EVT-066"


def save_one(store: LocalStore, number: int) -> None:
    store.audits.add(audit_entry())
    new = new_registration(number, data=os.urandom(300_000))
    store.registrations.save(new, store.audits.pending(), audit_entry(SEALED_EVENT), NOW)


def check(path: Path, machine_key: SoftwareMachineKey, acknowledged: int) -> None:
    """Every saved registration is whole; every one whose saving had returned is there; the audit mark fits."""
    with open_store(path, machine_key, os.urandom) as store:
        records = store.registrations.all()
        assert len(records) in (acknowledged, acknowledged + 1)
        for record in records:
            store.registrations.packet(record.packet_id)  # checks the hash
            store.registrations.contact(record.packet_id)
            assert [(row.task, row.state) for row in store.outbox.rows(record.packet_id)] == [(Task.SYNC, RowState.PENDING)]
        with store.database.read() as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("packet_content", "outbox")
            ]
            assert counts == [len(records), len(records)]
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        sealings = [entry for entry in store.audits.pending().entries if entry.event_id == SEALED_EVENT]
        assert len(sealings) == min(1, len(records)), "each save carries the row of the save before it, and leaves its own"


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


def test_killed_at_random_moments(tmp_path: Path, machine_key: SoftwareMachineKey) -> None:
    """Thirty processes, each killed while it saves one registration after the other."""
    path = tmp_path / "sealdesk.sqlite"
    open_store(path, machine_key, os.urandom).close()
    chance = random.Random(20300102)
    acknowledged = 0
    for kill in range(KILLS):
        with open_store(path, machine_key, os.urandom) as store:
            acknowledged = len(store.registrations.all())
        reader, writer = os.pipe()

        def save_for_ever(start: int = acknowledged, to: int = writer) -> None:
            with open_store(path, machine_key, os.urandom) as store:
                os.write(to, b"ready")
                for number in range(start + 1, 99999):
                    save_one(store, number)
                    os.write(to, b".")

        pid = forked(save_for_ever)
        os.close(writer)
        assert os.read(reader, 5) == b"ready"
        if kill % 2:
            select.select([reader], [], [], 10)  # a slow machine, too, gets something saved before this kill
        select.select([], [], [], chance.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while done := os.read(reader, 4096):
            acknowledged += len(done)
        os.close(reader)
        check(path, machine_key, acknowledged)
    assert acknowledged >= KILLS // 2, "the children got to work between the kills"


def save_prepared(store: LocalStore) -> None:
    new = new_registration(data=os.urandom(300_000))
    store.registrations.save(new, store.audits.pending(), audit_entry(SEALED_EVENT), NOW)


@pytest.mark.parametrize("statement", range(1, STATEMENTS_OF_A_SAVE + 1))
def test_killed_before_each_statement(tmp_path: Path, machine_key: SoftwareMachineKey, statement: int) -> None:
    path = tmp_path / "sealdesk.sqlite"
    with open_store(path, machine_key, os.urandom) as store:
        store.audits.add(audit_entry())

    was_killed = killed_before(path, machine_key, statement, save_prepared)
    with open_store(path, machine_key, os.urandom) as store:
        saved = [PacketId(record.packet_id) for record in store.registrations.all()]
        carried_at = store.audits.carried_at()
    if was_killed:
        assert (saved, carried_at) == ([], None)
    else:
        assert len(saved) == 1
        assert carried_at == NOW
    assert was_killed or statement > 10, "the table above counts the statements of a save"
    check(path, machine_key, len(saved))
