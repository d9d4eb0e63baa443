"""A draft is the old one or the new one, whole, wherever the process is killed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.drafts import DraftId
from app.store.localstore import LocalStore, open_store
from packet.keys.software import SoftwareMachineKey
from tests.support.draftsamples import begin_draft, draft_header
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration
from tests.support.killing import killed_before

OLD = {"form": b"old form" * 1000, "face": os.urandom(300_000), "paper": b"paper"}
CHANGED = {"form": b"new form" * 900, "iris": os.urandom(300_000)}
NEW = {"face": OLD["face"], **CHANGED}
LATER = NOW + timedelta(minutes=1)
DRAFT = draft_header().draft_id


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


def save(store: LocalStore) -> None:
    store.drafts.save(DRAFT, CHANGED, ("paper",), "biometrics", LATER)


def discard(store: LocalStore) -> None:
    store.drafts.discard(DRAFT, audit_entry("REG-EVT-DISCARD"))


def seal(store: LocalStore) -> None:
    new = new_registration(data=os.urandom(100_000))
    store.registrations.save(new, store.audits.pending(), audit_entry("REG-EVT-066"), NOW, draft_id=DRAFT)


def parts(store: LocalStore) -> dict[str, bytes] | None:
    drafts = store.drafts.list()
    assert drafts.unreadable == ()
    return dict(store.drafts.load(DRAFT).parts) if drafts.readable else None


def check_save(store: LocalStore, was_killed: bool) -> None:
    found = parts(store)
    assert found == NEW or (was_killed and found == OLD)


def check_discard(store: LocalStore, was_killed: bool) -> None:
    found, audits = parts(store), [entry.event_id for entry in store.audits.pending().entries]
    gone = found is None
    assert gone or (was_killed and found == OLD)
    assert ("REG-EVT-DISCARD" in audits) == gone


def check_seal(store: LocalStore, was_killed: bool) -> None:
    found, records = parts(store), store.registrations.all()
    assert (found is None) == (len(records) == 1), "the draft or the registration, never both, never neither"
    assert found in (None, OLD)
    assert records or was_killed
    for record in records:
        store.registrations.packet(record.packet_id)
        assert len(store.outbox.rows(record.packet_id)) == 1


@pytest.mark.parametrize(
    ("act", "check", "statements"),
    [(save, check_save, 6), (discard, check_discard, 4), (seal, check_seal, 15)],
    ids=["save", "discard", "seal"],
)
def test_killed_before_every_statement(
    tmp_path: Path,
    machine_key: SoftwareMachineKey,
    act: Callable[[LocalStore], None],
    check: Callable[[LocalStore, bool], None],
    statements: int,
) -> None:
    statement = 0
    was_killed = True
    while was_killed:
        statement += 1
        path = tmp_path / f"{statement}.sqlite"
        with open_store(path, machine_key, os.urandom) as store:
            store.audits.add(audit_entry())
            assert begin_draft(store, whole=OLD) == DRAFT
        was_killed = killed_before(path, machine_key, statement, act)
        with open_store(path, machine_key, os.urandom) as store:
            check(store, was_killed)
            with store.database.read() as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                orphans = "SELECT count(*) FROM draft_part WHERE draft_id NOT IN (SELECT draft_id FROM draft)"
                assert connection.execute(orphans).fetchone() == (0,)
    assert statement > statements, "a kill came before each of the statements"


def test_a_draft_goes_on_after_a_kill(tmp_path: Path, machine_key: SoftwareMachineKey) -> None:
    path = tmp_path / "sealdesk.sqlite"
    with open_store(path, machine_key, os.urandom) as store:
        begin_draft(store, whole=OLD)
    assert killed_before(path, machine_key, 4, save)
    with open_store(path, machine_key, os.urandom) as store:
        save(store)
        assert parts(store) == NEW
        assert store.drafts.load(DraftId(DRAFT)).header.step == "biometrics"
