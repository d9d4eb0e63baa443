"""What is saved, what comes back, what each step does, and what nobody else can read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.errors import TransitionRefusedError
from app.core.lifecycle import ClientStatus, Event, ServerStatus
from app.core.outbox import RowState, Task
from app.core.registration import Contact, Decision, NewRegistration
from app.store.documents import DocumentKind
from app.store.errors import (
    AuditsCarriedError,
    PacketDamagedError,
    RegistrationExistsError,
    RegistrationUnknownError,
    SealedValueError,
)
from app.store.localstore import LocalStore, open_store
from packet.keys.errors import SealedBlobForeignError
from packet.keys.software import SoftwareMachineKey
from packet.models import PacketId
from tests.support.fake_server_registrations import CONTACT, NOW, audit_entry, new_registration


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sealdesk.sqlite"


@pytest.fixture
def store(path: Path, machine_key: SoftwareMachineKey) -> Iterator[LocalStore]:
    with open_store(path, machine_key, os.urandom) as opened:
        yield opened


def save(store: LocalStore, new: NewRegistration) -> PacketId:
    store.registrations.save(new, store.audits.pending(), audit_entry("REG-EVT-066"), NOW)
    return new.packet.packet_id


def tasks(store: LocalStore, packet_id: PacketId) -> dict[Task, RowState]:
    return {row.task: row.state for row in store.outbox.rows(packet_id)}


def test_a_registration_comes_back_as_it_was_saved(store: LocalStore) -> None:
    new = new_registration(needs_approval=True)
    packet_id = save(store, new)
    record = store.registrations.find(packet_id)
    assert (record.registration_id, record.ref_id, record.packet_sha256, record.packet_size, record.created_at) == (
        new.packet.registration_id,
        new.packet.ref_id,
        new.packet.sha256,
        new.packet.size_bytes,
        new.packet.created_at,
    )
    assert record.state.client is ClientStatus.REGISTERED
    assert store.registrations.packet(packet_id) == new.packet.data
    assert store.registrations.contact(packet_id) == CONTACT
    assert store.registrations.acknowledgement(packet_id) == new.acknowledgement
    assert store.registrations.all() == (record,)


def test_without_supervisor_it_is_due_for_sync_at_once(store: LocalStore) -> None:
    packet_id = save(store, new_registration(needs_approval=False))
    record = store.registrations.find(packet_id)
    assert (record.state.client, record.decision) == (ClientStatus.APPROVED, Decision.APPROVED)
    assert [row.packet_id for row in store.outbox.due(Task.SYNC, NOW, 5)] == [packet_id]


def test_with_supervisor_it_waits_for_the_decision(store: LocalStore) -> None:
    packet_id = save(store, new_registration(needs_approval=True))
    assert tasks(store, packet_id) == {Task.SYNC: RowState.WAITING}
    assert store.outbox.due(Task.SYNC, NOW, 5) == ()
    store.registrations.record(packet_id, Event.REJECT, NOW, comment="photo is not of a person", audit=audit_entry())
    assert store.registrations.find(packet_id).decision is Decision.REJECTED
    assert store.registrations.comment(packet_id) == "photo is not of a person"
    assert tasks(store, packet_id) == {Task.SYNC: RowState.PENDING}


def test_each_step_moves_status_and_outbox_together(store: LocalStore) -> None:
    packet_id = save(store, new_registration())
    store.registrations.record(packet_id, Event.SYNC_ACCEPTED, NOW)
    assert tasks(store, packet_id) == {Task.SYNC: RowState.DONE, Task.UPLOAD: RowState.PENDING}
    store.registrations.record(packet_id, Event.UPLOAD_ACCEPTED, NOW)
    assert tasks(store, packet_id)[Task.STATUS] is RowState.PENDING
    store.registrations.record(packet_id, Event.SERVER_RESEND, NOW)
    assert tasks(store, packet_id)[Task.UPLOAD] is RowState.PENDING
    store.registrations.record(packet_id, Event.UPLOAD_ACCEPTED, NOW)
    store.registrations.record(packet_id, Event.SERVER_PROCESSED, NOW)
    assert set(tasks(store, packet_id).values()) == {RowState.DONE}
    record = store.registrations.find(packet_id)
    assert (record.state.server, record.decision) == (ServerStatus.PROCESSED, Decision.APPROVED)


def test_a_refused_step_changes_nothing(store: LocalStore) -> None:
    packet_id = save(store, new_registration())
    before = (store.registrations.find(packet_id), store.outbox.rows(packet_id), store.audits.pending())
    with pytest.raises(TransitionRefusedError):
        store.registrations.record(packet_id, Event.UPLOAD_ACCEPTED, NOW, audit=audit_entry())
    assert (store.registrations.find(packet_id), store.outbox.rows(packet_id), store.audits.pending()) == before


def test_deletion_removes_packet_contact_and_slip_and_keeps_the_row(store: LocalStore, path: Path) -> None:
    content = os.urandom(3000)
    packet_id = save(store, new_registration(data=content))
    for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_PROCESSED, Event.DELETE):
        store.registrations.record(packet_id, event, NOW)
    assert store.registrations.find(packet_id).state.client is ClientStatus.DELETED
    assert store.registrations.contact(packet_id) == Contact()
    assert store.registrations.acknowledgement(packet_id) is None
    with pytest.raises(RegistrationUnknownError):
        store.registrations.packet(packet_id)
    store.close()
    assert content[:64] not in path.read_bytes(), "the freed pages are wiped"


def test_the_same_packet_is_not_saved_twice(store: LocalStore) -> None:
    new = new_registration()
    save(store, new)
    with pytest.raises(RegistrationExistsError, match=new.packet.packet_id):
        save(store, new)


def test_an_unknown_packet_is_named(store: LocalStore) -> None:
    unknown = PacketId("nothing")
    for ask in (store.registrations.find, store.registrations.contact, store.registrations.packet):
        with pytest.raises(RegistrationUnknownError, match="nothing"):
            ask(unknown)


def test_a_changed_packet_is_never_handed_out(store: LocalStore) -> None:
    packet_id = save(store, new_registration())
    with store.database.transaction() as connection:
        connection.execute("UPDATE packet_content SET data = zeroblob(5000)")
    with pytest.raises(PacketDamagedError):
        store.registrations.packet(packet_id)


def test_no_personal_data_stands_in_the_file(store: LocalStore, path: Path) -> None:
    store.audits.add(audit_entry())
    packet_id = save(store, new_registration(needs_approval=True))
    store.registrations.record(packet_id, Event.REJECT, NOW, comment="says Vex Testperson")
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in ("Vex", "nobody@example", "0000000000", "Op One", "says"):
        assert secret.encode() not in content, secret


def test_a_sealed_value_opens_in_its_own_row_and_column_only(store: LocalStore) -> None:
    first, second = save(store, new_registration(1)), save(store, new_registration(2))
    with store.database.transaction() as connection:
        sealed = connection.execute("SELECT contact FROM registration WHERE packet_id = ?", (first,)).fetchone()[0]
        connection.execute("UPDATE registration SET contact = ?, decision_comment = ?", (sealed, sealed))
    assert store.registrations.contact(first) == CONTACT
    with pytest.raises(SealedValueError, match=r"registration\.contact"):
        store.registrations.contact(second)
    with pytest.raises(SealedValueError, match=r"registration\.decision_comment"):
        store.registrations.comment(first)


@pytest.mark.parametrize("position", [0, 1, 14, -1])
def test_an_altered_sealed_value_does_not_open(store: LocalStore, position: int) -> None:
    packet_id = save(store, new_registration())
    with store.database.transaction() as connection:
        sealed = bytearray(connection.execute("SELECT contact FROM registration").fetchone()[0])
        sealed[position] ^= 1
        connection.execute("UPDATE registration SET contact = ?", (bytes(sealed),))
    with pytest.raises(SealedValueError):
        store.registrations.contact(packet_id)


def test_another_machine_key_opens_nothing(store: LocalStore, path: Path, tmp_path: Path) -> None:
    save(store, new_registration())
    store.close()
    other = SoftwareMachineKey.open_or_create(tmp_path / "other", "desk-02")
    with pytest.raises(SealedBlobForeignError):
        open_store(path, other, os.urandom)


def test_the_rid_sequence_survives_restarts_and_wraps(store: LocalStore, path: Path, machine_key: SoftwareMachineKey) -> None:
    assert [store.rid_sequence.take() for _ in range(3)] == [1, 2, 3]
    store.close()
    with open_store(path, machine_key, os.urandom) as again:
        assert again.rid_sequence.take() == 4
        with again.database.transaction() as connection:
            connection.execute("UPDATE rid_sequence SET next_value = 99999")
        assert [again.rid_sequence.take() for _ in range(2)] == [99999, 1]


def test_audit_rows_travel_once_each_in_order_of_time(store: LocalStore) -> None:
    late, early = audit_entry("REG-EVT-009", 10), audit_entry("REG-EVT-008", 5)
    store.audits.add(late)
    store.audits.add(early)
    assert store.audits.carried_at() is None
    carried = store.audits.pending()
    assert carried.entries == (early, late)
    sealing = audit_entry("REG-EVT-066", 20)
    store.registrations.save(new_registration(), carried, sealing, NOW)
    assert store.audits.carried_at() == NOW
    assert store.audits.pending().entries == (sealing,)


def test_an_audit_row_written_while_sealing_is_not_lost(store: LocalStore) -> None:
    store.audits.add(audit_entry())
    carried = store.audits.pending()
    meanwhile = audit_entry("REG-EVT-092")
    store.audits.add(meanwhile)
    sealing = audit_entry("REG-EVT-066", 1)
    store.registrations.save(new_registration(), carried, sealing, NOW + timedelta(hours=1))
    assert store.audits.pending().entries == (meanwhile, sealing)


def test_two_packets_never_carry_the_same_audit_rows(store: LocalStore) -> None:
    store.audits.add(audit_entry())
    carried = store.audits.pending()
    store.registrations.save(new_registration(1), carried, audit_entry(), NOW)
    with pytest.raises(AuditsCarriedError):
        store.registrations.save(new_registration(2), carried, audit_entry(), NOW)
    assert len(store.registrations.all()) == 1


def test_a_failed_try_waits_longer_each_time_and_holds_up_no_other(store: LocalStore) -> None:
    first, second = save(store, new_registration(1)), save(store, new_registration(2))
    store.outbox.postpone(first, Task.SYNC, "SERVER-UNREACHABLE", NOW)
    assert [row.packet_id for row in store.outbox.due(Task.SYNC, NOW, 5)] == [second]
    (row,) = store.outbox.rows(first)
    assert (row.state, row.attempts, row.reason) == (RowState.PENDING, 1, "SERVER-UNREACHABLE")
    assert row.next_attempt_at == NOW + timedelta(minutes=1)
    assert {r.packet_id for r in store.outbox.due(Task.SYNC, NOW + timedelta(minutes=1), 5)} == {first, second}


def test_a_blocked_row_stays_until_a_person_asks_again(store: LocalStore) -> None:
    packet_id = save(store, new_registration())
    store.outbox.block(packet_id, Task.SYNC, "RPR-RGS-003", NOW)
    assert store.outbox.due(Task.SYNC, NOW + timedelta(days=400), 5) == ()
    (row,) = store.outbox.rows(packet_id)
    assert (row.state, row.reason) == (RowState.BLOCKED, "RPR-RGS-003")
    store.outbox.again(packet_id, Task.SYNC, NOW)
    assert [r.reason for r in store.outbox.due(Task.SYNC, NOW, 5)] == [None]


def test_what_nobody_approved_or_what_is_gone_is_not_made_due(store: LocalStore) -> None:
    waiting = save(store, new_registration(1, needs_approval=True))
    pushed = save(store, new_registration(2))
    for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_PROCESSED):
        store.registrations.record(pushed, event, NOW)
    gone = save(store, new_registration(3))
    for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_PROCESSED, Event.DELETE):
        store.registrations.record(gone, event, NOW)
    store.outbox.again(pushed, Task.STATUS, NOW)
    for packet_id, task in [(waiting, t) for t in Task] + [(gone, t) for t in Task] + [(pushed, Task.UPLOAD)]:
        before = store.outbox.rows(packet_id)
        with pytest.raises(TransitionRefusedError):
            store.outbox.again(packet_id, task, NOW)
        assert store.outbox.rows(packet_id) == before
    with pytest.raises(RegistrationUnknownError):
        store.outbox.again(PacketId("none"), Task.SYNC, NOW)


def test_due_work_comes_oldest_first_and_in_batches(store: LocalStore) -> None:
    ids = [save(store, new_registration(number)) for number in range(1, 8)]
    store.outbox.postpone(ids[0], Task.SYNC, "X", NOW - timedelta(hours=1))
    assert [row.packet_id for row in store.outbox.due(Task.SYNC, NOW, 3)] == ids[:3]


def test_a_pinned_document_cannot_be_exchanged_in_the_file(store: LocalStore) -> None:
    kind = DocumentKind.PACKET_CERTIFICATE
    assert store.documents.get(kind, "10001_10021") is None
    store.documents.put(kind, "10001_10021", b"first", NOW)
    store.documents.put(kind, "10001_10021", b"renewed", NOW)
    store.documents.put(kind, "10001_10022", b"other machine", NOW)
    assert store.documents.get(kind, "10001_10021") == b"renewed"
    with store.database.transaction() as connection:
        connection.execute(
            "UPDATE synced_document SET body = (SELECT body FROM synced_document WHERE reference = '10001_10022')"
        )
    with pytest.raises(SealedValueError):
        store.documents.get(kind, "10001_10021")
