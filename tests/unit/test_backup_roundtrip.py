"""What goes into a backup comes out of it, on the same machine and on another; the file is what the documentation says."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.core.backupentries import OTHER_COLUMNS, REGISTRATION_COLUMNS, SEALED_COLUMNS
from app.core.backupreport import BackupProgress, LeftOut
from app.core.drafts import DraftId
from app.core.lifecycle import ClientStatus, Event
from app.store.backup import inspect_backup
from app.store.localstore import LocalStore
from packet.encoding import b64url_decode
from packet.keys.publickey import fingerprint
from tests.support.backuplab import (
    CONTACT,
    PASSPHRASE,
    RECIPIENTS,
    SLIP,
    add_registration,
    backups,
    dump,
    header_json,
    key_index,
    machine_key,
    new_store,
    slip_of,
)
from tests.support.fake_server_registrations import NOW, REF_ID, audit_entry

SENT = (Event.APPROVE, Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED)
DONE = (*SENT, Event.SERVER_PROCESSED, Event.DELETE)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return new_store(tmp_path / "old")


def fill(store: LocalStore) -> None:
    add_registration(store, 1)
    add_registration(store, 2, Event.APPROVE, Event.SYNC_ACCEPTED, data=os.urandom(700_000))
    add_registration(store, 3, Event.REJECT, comment="Wrong person in the photo")
    add_registration(store, 4, *SENT, Event.SERVER_RESEND)
    add_registration(store, 5, *DONE)
    for _ in range(7):
        store.rid_sequence.take()
    for _ in range(3):
        store.audits.add(audit_entry())


def test_everything_that_is_not_deleted_comes_back_on_another_machine(store: LocalStore, tmp_path: Path) -> None:
    fill(store)
    target = tmp_path / "one.sealdesk-backup"
    made = backups(store).back_up(target, RECIPIENTS)
    assert made.left_out == ()
    assert made.header.registrations == 4
    other = machine_key("desk-02")
    with new_store(tmp_path / "new", other) as fresh:
        report = backups(fresh, other).restore(target, PASSPHRASE, expected_key_index=key_index())
        assert (report.inserted, report.advanced, report.kept, report.without_slip) == (4, 0, 0, 0)
        assert report.is_other_machine
        kept = [record for record in store.registrations.all() if record.state.client is not ClientStatus.DELETED]
        assert list(fresh.registrations.all()) == kept
        for record in kept:
            packet_id = record.packet_id
            assert fresh.registrations.packet(packet_id) == store.registrations.packet(packet_id)
            assert fresh.registrations.contact(packet_id) == CONTACT
            assert fresh.registrations.comment(packet_id) == store.registrations.comment(packet_id)
            assert fresh.outbox.rows(packet_id) == store.outbox.rows(packet_id)
            assert slip_of(fresh, packet_id, other) == SLIP
        assert fresh.audits.pending().entries == store.audits.pending().entries
        assert fresh.rid_sequence.take() == store.rid_sequence.take()
        before, after = dump(store), dump(fresh)
        kept_ids = {record.packet_id for record in kept}
        for table in ("registration", "outbox", "registration_history"):
            assert after[table] == [row for row in before[table] if row["packet_id"] in kept_ids]


def test_restoring_twice_is_restoring_once(store: LocalStore, tmp_path: Path) -> None:
    fill(store)
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    with new_store(tmp_path / "new") as fresh:
        backups(fresh).restore(target, PASSPHRASE)
        once = dump(fresh)
        report = backups(fresh).restore(target, PASSPHRASE)
        assert (report.inserted, report.advanced, report.kept, report.audits) == (0, 0, 4, 0)
        assert dump(fresh) == once


def test_restoring_where_it_was_made_changes_nothing(store: LocalStore, tmp_path: Path) -> None:
    fill(store)
    before = dump(store)
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    backups(store).restore(target, PASSPHRASE)
    assert dump(store) == before


def test_what_was_deleted_since_stays_deleted(store: LocalStore, tmp_path: Path) -> None:
    packet_id = add_registration(store, 1, *SENT, Event.SERVER_PROCESSED)
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    store.registrations.record(packet_id, Event.DELETE, NOW)
    before = dump(store)
    backups(store).restore(target, PASSPHRASE)
    assert dump(store) == before


def test_the_counter_of_ids_never_goes_back(store: LocalStore, tmp_path: Path) -> None:
    store.rid_sequence.take()
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    for _ in range(5):
        last = store.rid_sequence.take()
    backups(store).restore(target, PASSPHRASE)
    assert store.rid_sequence.take() == last + 1


def test_a_packet_that_was_damaged_here_is_healed(store: LocalStore, tmp_path: Path) -> None:
    packet_id = add_registration(store, 1, data=b"x" * 1000)
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    with store.database.transaction() as connection:
        connection.execute("UPDATE packet_content SET data = ?", (b"x" * 999 + b"y",))
    report = backups(store).restore(target, PASSPHRASE)
    assert report.healed == 1
    assert store.registrations.packet(packet_id) == b"x" * 1000


def test_the_same_id_with_another_packet_is_reported_and_left(store: LocalStore, tmp_path: Path) -> None:
    packet_id = add_registration(store, 1, data=b"here")
    with new_store(tmp_path / "other") as other:
        add_registration(other, 1, Event.APPROVE, data=b"there")
        target = tmp_path / "one.sealdesk-backup"
        backups(other).back_up(target, RECIPIENTS)
    before = dump(store)
    report = backups(store).restore(target, PASSPHRASE)
    assert report.conflicting == [packet_id]
    after = dump(store)
    for table in ("registration", "packet_content", "outbox"):
        assert after[table] == before[table]


def test_what_is_damaged_already_is_named_and_does_not_stop_the_rest(store: LocalStore, tmp_path: Path) -> None:
    whole = add_registration(store, 1)
    broken = add_registration(store, 2)
    slipless = add_registration(store, 3)
    contactless = add_registration(store, 4)
    store.audits.add(audit_entry())
    with store.database.transaction() as connection:
        connection.execute("UPDATE packet_content SET data = x'00' WHERE packet_id = ?", (broken,))
        connection.execute("UPDATE slip SET data = x'00' WHERE packet_id = ?", (slipless,))
        connection.execute("UPDATE registration SET contact = x'00' WHERE packet_id = ?", (contactless,))
        uuid = connection.execute("SELECT uuid FROM audit ORDER BY sequence DESC LIMIT 1").fetchone()[0]
        connection.execute("UPDATE audit SET entry = x'00' WHERE uuid = ?", (uuid,))
    target = tmp_path / "one.sealdesk-backup"
    made = backups(store).back_up(target, RECIPIENTS)
    assert set(made.left_out) == {
        LeftOut(broken, "packet", "STORE-PACKET-DAMAGED"),
        LeftOut(slipless, "slip", "PACKET-MACHINE-BLOB-MALFORMED"),
        LeftOut(contactless, "contact", "STORE-SEALED-VALUE"),
        LeftOut(uuid, "audit", "STORE-SEALED-VALUE"),
    }
    with new_store(tmp_path / "new") as fresh:
        report = backups(fresh).restore(target, PASSPHRASE)
        assert (report.inserted, report.without_slip) == (3, 1)
        assert {record.packet_id for record in fresh.registrations.all()} == {whole, slipless, contactless}


def test_an_empty_store_has_a_backup_too(store: LocalStore, tmp_path: Path) -> None:
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    assert backups(store).restore(target, PASSPHRASE).inserted == 0


def test_every_column_is_carried_or_left_on_purpose(store: LocalStore) -> None:
    with store.database.read() as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(registration)")}
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert columns == {*REGISTRATION_COLUMNS, *SEALED_COLUMNS, *OTHER_COLUMNS}
    carried = {"registration", "packet_content", "slip", "outbox", "registration_history", "audit", "rid_sequence"}
    of_this_machine = {"data_key", "audit_mark", "synced_document", "sqlite_sequence", "probe"}
    of_the_person_at_the_desk = {table for table in tables if table.startswith("draft")}
    assert tables - carried - of_this_machine - of_the_person_at_the_desk == set()


def test_the_file_is_private_and_says_what_it_is(store: LocalStore, tmp_path: Path) -> None:
    fill(store)
    target = tmp_path / "one.sealdesk-backup"
    made = backups(store).back_up(target, RECIPIENTS)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    data = target.read_bytes()
    found = inspect_backup(target)
    assert (found.size_bytes, found.sha256) == (made.size_bytes, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert found.is_whole
    assert found.has_passphrase
    assert found.header.key_index == fingerprint(machine_key().signing_public)
    header = header_json(data)
    assert set(header) == {
        "createdAt",
        "program",
        "machineName",
        "refId",
        "keyIndex",
        "registrations",
        "audits",
        "packetBytes",
        "chunkBytes",
        "recipients",
    }
    assert (header["createdAt"], header["refId"], header["registrations"]) == ("2030-01-02T03:04:05.678000Z", REF_ID, 4)
    assert header["packetBytes"] == 700_000 + 3 * 5000


def opened(data: bytes) -> tuple[bytes, bytes]:
    """Header and contents of a backup, with nothing but the documentation, Argon2id, AES-GCM and SHA-256."""
    assert data[:10] == b"SDBACKUP\0\1"
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    front_bytes = 14 + struct.unpack(">I", data[10:14])[0]
    header = header_json(data)
    (wrap,) = header["recipients"]
    derived = Argon2id(
        salt=b64url_decode(wrap["salt"]),
        length=32,
        iterations=wrap["iterations"],
        lanes=wrap["lanes"],
        memory_cost=wrap["memoryKib"],
    ).derive(PASSPHRASE.text.encode())
    key = AESGCM(derived).decrypt(b64url_decode(wrap["nonce"]), b64url_decode(wrap["wrapped"]), b"sealdesk backup key")
    bound = hashlib.sha256(data[:front_bytes]).digest()
    sealed, plain = data[front_bytes:-32], b""
    step = header["chunkBytes"] + 16
    for number, at in enumerate(range(0, len(sealed), step)):
        is_last = at + step >= len(sealed)
        nonce = bytes(3) + number.to_bytes(8, "big") + bytes([is_last])
        plain += AESGCM(key).decrypt(nonce, sealed[at : at + step], bound)
    return data[:front_bytes], plain


def test_the_layout_is_the_documented_one(store: LocalStore, tmp_path: Path) -> None:
    packet_id = add_registration(store, 1, data=os.urandom(600_000))
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    _, plain = opened(target.read_bytes())
    records = []
    while plain:
        length = int.from_bytes(plain[1:9], "big")
        records.append((plain[:1], plain[9 : 9 + length]))
        plain = plain[9 + length :]
    assert [letter for letter, _ in records] == [b"M", b"R", b"S", b"P", b"A", b"E"]
    assert orjson.loads(records[1][1])["row"]["packet_id"] == packet_id
    assert records[2][1] == SLIP.encode()
    assert records[3][1] == store.registrations.packet(packet_id)


def test_drafts_stay_with_the_person_at_the_desk(store: LocalStore, tmp_path: Path) -> None:
    with store.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)
    with store.database.transaction() as connection:
        connection.execute(
            "INSERT INTO draft (draft_id, revision, changed_at, header) VALUES (?, 1, ?, x'00')",
            (DraftId("0" * 32), "2030-01-02T03:04:05.678000Z"),
        )
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    with new_store(tmp_path / "new") as fresh:
        backups(fresh).restore(target, PASSPHRASE)
        with fresh.database.read() as connection:
            assert connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)


def test_progress_ends_at_the_whole_and_may_stop_the_work(store: LocalStore, tmp_path: Path) -> None:
    fill(store)
    seen: list[BackupProgress] = []
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS, seen.append)
    steps = list(dict.fromkeys(progress.step for progress in seen))
    assert [step.value for step in steps] == ["CHECKING", "WRITING", "READING_BACK"]
    for step in steps:
        last = [progress for progress in seen if progress.step is step][-1]
        assert last.done_bytes == last.total_bytes

    def stop(progress: BackupProgress) -> None:
        if progress.step.value == "READING_BACK":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups(store).back_up(tmp_path / "two.sealdesk-backup", RECIPIENTS, stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "one.sealdesk-backup"]


def test_others_work_on_while_a_backup_is_made(store: LocalStore, tmp_path: Path) -> None:
    add_registration(store, 1)

    def save_another(progress: BackupProgress) -> None:
        if progress.step.value == "WRITING":
            add_registration(store, 2)

    target = tmp_path / "one.sealdesk-backup"
    made = backups(store).back_up(target, RECIPIENTS, save_another)
    assert made.header.registrations == 1, "the backup is of one moment"
    assert len(store.registrations.all()) == 2


def test_the_signature_is_over_header_and_records(store: LocalStore, tmp_path: Path) -> None:
    """Checked with the documentation only; see the layout test for how the records are reached."""
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    add_registration(store, 1, data=os.urandom(600_000))
    target = tmp_path / "one.sealdesk-backup"
    backups(store).back_up(target, RECIPIENTS)
    front, plain = opened(target.read_bytes())
    digest = hashlib.sha256()
    while plain[:1] != b"E":
        length = int.from_bytes(plain[1:9], "big")
        digest.update(plain[:9] if plain[:1] == b"P" else plain[: 9 + length])
        plain = plain[9 + length :]
    end = orjson.loads(plain[9:])
    signed = b"sealdesk backup\0" + hashlib.sha256(front).digest() + digest.digest()
    key = load_der_public_key(b64url_decode(end["sign_public"]))
    assert b64url_decode(end["sign_public"]) == machine_key().signing_public
    key.verify(b64url_decode(end["signature"]), signed, padding.PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]
