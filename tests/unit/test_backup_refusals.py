"""A backup that is not what was written changes nothing; each way to be wrong has its name."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from app.core import backupcontents, backupheader
from app.core.backuperrors import (
    BackupContentError,
    BackupDamagedError,
    BackupError,
    BackupForeignError,
    BackupOriginError,
    BackupSecretKindError,
    BackupSecretMissingError,
    BackupVersionError,
)
from app.core.backupheader import BackupHeader
from app.core.backuprecords import RecordKind, RecordWriter
from app.core.backupreport import BackupProgress, Recipients
from app.core.lifecycle import Event
from app.store import backup_file
from app.store.backup import inspect_backup
from app.store.backup_errors import (
    BackupSourceError,
    BackupTargetBadError,
    BackupTargetExistsError,
    BackupTargetFaultError,
    BackupTargetFullError,
    BackupTargetGoneError,
    BackupTargetReadOnlyError,
    BackupTargetSizeError,
)
from app.store.errors import DiskFullError
from app.store.localstore import LocalStore
from packet.crypto.errors import CertificateExpiredError
from packet.crypto.passphrase import Passphrase, PassphraseCostError, PassphraseWeakError, PassphraseWrongError
from packet.crypto.recovery import RecoveryKey, RecoveryKeyWrongError, recovery_key
from packet.crypto.sealedstream import StreamSealer
from packet.errors import CodedError
from tests.support.backuplab import (
    CHEAP,
    PASSPHRASE,
    RECIPIENTS,
    add_registration,
    backups,
    dump,
    header_json,
    key_index,
    machine_key,
    new_store,
)
from tests.support.fake_server_registrations import NOW, REF_ID
from tests.support.recoverylab import recovery_certificate


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with new_store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good backup of two registrations."""
    folder = tmp_path_factory.mktemp("made")
    with new_store(folder) as opened:
        add_registration(opened, 1, Event.APPROVE, data=os.urandom(300_000))
        add_registration(opened, 2)
        backups(opened).back_up(folder / "b", RECIPIENTS)
    return (folder / "b").read_bytes()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    """A store into which nothing of the module may ever come."""
    with new_store(tmp_path_factory.mktemp("untouched")) as opened:
        add_registration(opened, 9)
        before = dump(opened)
        yield opened
        assert dump(opened) == before


def refused(store: LocalStore, folder: Path, data: bytes, secret: Passphrase | RecoveryKey = PASSPHRASE) -> CodedError:
    source = folder / "wrong.sealdesk-backup"
    source.write_bytes(data)
    with pytest.raises(CodedError) as caught:
        backups(store).restore(source, secret)
    return caught.value


@given(data=st.data())
def test_any_flipped_bit(untouched: LocalStore, made: bytes, tmp_path: Path, data: st.DataObject) -> None:
    changed = bytearray(made)
    at = data.draw(st.one_of(st.integers(0, 1200), st.integers(0, len(made) - 1)))
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    assert isinstance(refused(untouched, tmp_path, bytes(changed)), BackupError | PassphraseCostError | PassphraseWrongError)


@given(data=st.data())
def test_any_cut(untouched: LocalStore, made: bytes, tmp_path: Path, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(made) - 1))
    assert isinstance(refused(untouched, tmp_path, made[:length]), BackupError)


@given(st.binary(min_size=1, max_size=300))
def test_anything_behind(untouched: LocalStore, made: bytes, tmp_path: Path, more: bytes) -> None:
    assert isinstance(refused(untouched, tmp_path, made + more), BackupDamagedError)


@given(st.binary(max_size=2000))
def test_any_bytes(untouched: LocalStore, tmp_path: Path, data: bytes) -> None:
    assert isinstance(refused(untouched, tmp_path, data), BackupForeignError)
    assert isinstance(refused(untouched, tmp_path, b"SDBACKUP\0\1" + data), BackupError | PassphraseCostError)


def test_exchanged_chunks_are_noticed_even_with_a_new_digest(untouched: LocalStore, made: bytes, tmp_path: Path) -> None:
    start = 14 + int.from_bytes(made[10:14], "big")
    step = 256 * 1024 + 16
    body = made[start + step : -32] + made[start : start + step]
    changed = made[:start] + body
    error = refused(untouched, tmp_path, changed + hashlib.sha256(changed).digest())
    assert isinstance(error, BackupDamagedError)
    assert "part 0" in error.message


def test_another_form(untouched: LocalStore, made: bytes, tmp_path: Path) -> None:
    error = refused(untouched, tmp_path, made[:9] + b"\x02" + made[10:])
    assert isinstance(error, BackupVersionError)
    assert error.params == {"found": 2, "known": 1}


def test_a_wrong_passphrase_is_called_that_only_if_the_file_is_whole(
    untouched: LocalStore, made: bytes, tmp_path: Path
) -> None:
    wrong = Passphrase("not the passphrase, surely")
    assert isinstance(refused(untouched, tmp_path, made, wrong), PassphraseWrongError)
    assert isinstance(refused(untouched, tmp_path, made[:-40] + bytes(40), wrong), BackupDamagedError)


def test_a_digest_that_does_not_fit(untouched: LocalStore, made: bytes, tmp_path: Path) -> None:
    changed = made[:-1] + bytes([made[-1] ^ 1])
    assert isinstance(refused(untouched, tmp_path, changed), BackupDamagedError)
    assert not inspect_backup(tmp_path / "wrong.sealdesk-backup").is_whole


def test_no_file_and_no_regular_file(untouched: LocalStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path / "none", tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(BackupSourceError):
            backups(untouched).restore(source, PASSPHRASE)
        with pytest.raises(BackupSourceError):
            inspect_backup(source)


# --- what opens but was not made by us -------------------------------------------------------------------------------------


def forged(
    tmp_path: Path,
    records: Callable[[RecordWriter, dict[str, Any]], None],
    *,
    counts: tuple[int, int, int] = (1, 0, 4),
    signer: str = "desk-01",
    claimed: str = "desk-01",
) -> bytes:
    """A backup by somebody who has the passphrase (or a recovery certificate) and any contents they like."""
    with new_store(tmp_path / "lab") as lab:
        if not lab.registrations.all():
            add_registration(lab, 1, data=b"data")
        if not (tmp_path / "lab" / "b").exists():
            backups(lab).back_up(tmp_path / "lab" / "b", RECIPIENTS)
        row = orjson.loads(_plain(tmp_path / "lab" / "b"))
    key = os.urandom(32)
    wrap = PASSPHRASE.wrap(key, backupheader.KEY_PLACE, os.urandom, CHEAP)
    front = backupheader.encode(BackupHeader(NOW, "0", "desk", REF_ID, key_index(claimed), *counts, wraps=(wrap,)))
    out = bytearray(front)
    stream = StreamSealer(key, backupheader.binding(front), out.extend)
    writer = RecordWriter(stream.update)
    backupcontents.begin(writer, 1)
    records(writer, row)
    backupcontents.finish(writer, backupcontents.Counts(*counts), backupheader.binding(front), machine_key(signer))
    stream.finish()
    return bytes(out) + hashlib.sha256(out).digest()


def _plain(path: Path) -> bytes:
    """The first registration's record of a backup."""
    from app.core.backuprecords import RecordReader
    from packet.crypto.sealedstream import open_stream

    data = path.read_bytes()
    front = data[: 14 + int.from_bytes(data[10:14], "big")]
    wrap = backupheader.decode(front).wraps[0]
    assert not isinstance(wrap, backupheader.CertificateWrap)
    key = PASSPHRASE.open(wrap, backupheader.KEY_PLACE)
    rest = iter(data[len(front) : -32][at : at + 4096] for at in range(0, len(data), 4096))
    buffer = b"".join(rest)
    position = 0

    def read(size: int) -> bytes:
        nonlocal position
        position += size
        return buffer[position - size : position]

    reader = RecordReader(open_stream(key, backupheader.binding(front), read))
    reader.head()
    reader.head()
    return reader.body()


def whole(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.record(RecordKind.REGISTRATION, orjson.dumps(row | {"slip_bytes": None}))
    writer.record(RecordKind.PACKET, b"data")


def test_the_forger_of_these_tests_can_forge(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "b"
    source.write_bytes(forged(tmp_path, whole))
    assert backups(store).restore(source, PASSPHRASE).inserted == 1


def test_a_backup_in_another_machines_name(store: LocalStore, tmp_path: Path) -> None:
    data = forged(tmp_path, whole, signer="desk-03", claimed="desk-01")
    assert isinstance(refused(store, tmp_path, data), BackupOriginError)
    assert store.registrations.all() == ()


def test_a_backup_of_a_machine_that_is_not_the_expected_one(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "b"
    source.write_bytes(forged(tmp_path, whole, signer="desk-03", claimed="desk-03"))
    for expected in (None, key_index(), key_index("desk-02")):
        with pytest.raises(BackupOriginError):
            backups(store).restore(source, PASSPHRASE, expected_key_index=expected)
    assert store.registrations.all() == ()
    assert backups(store).restore(source, PASSPHRASE, expected_key_index=key_index("desk-03")).inserted == 1


BAD_ROWS: dict[str, Any] = {
    "packet_id": "../../etc/passwd",
    "registration_id": "1" * 1000,
    "client_status": "DELETED",
    "server_status": "FINE",
    "created_at": "2030-02-31T00:00:00.000000Z",
    "changed_at": "2030-01-02",
    "flow": None,
    "lang_code": "english",
    "packet_sha256": "00",
    "packet_size": True,
    "decision": "MAYBE",
    "additional_info_request_id": 5,
    "exported_at": "yesterday",
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_column_that_cannot_be(store: LocalStore, tmp_path: Path, name: str) -> None:
    def records(writer: RecordWriter, row: dict[str, Any]) -> None:
        row["row"][name] = BAD_ROWS[name]
        whole(writer, row)

    error = refused(store, tmp_path, forged(tmp_path, records))
    assert isinstance(error, BackupContentError)
    assert error.params["where"] == f"a registration.{name}"
    assert store.registrations.all() == ()


def test_what_may_be_empty_may_be_left_out(store: LocalStore, tmp_path: Path) -> None:
    def records(writer: RecordWriter, row: dict[str, Any]) -> None:
        empty = [name for name, value in row["row"].items() if value is None]
        assert empty
        for name in empty:
            del row["row"][name]
        row.pop("slip_bytes", None)
        writer.record(RecordKind.REGISTRATION, orjson.dumps(row))
        writer.record(RecordKind.PACKET, b"data")

    source = tmp_path / "file"
    source.write_bytes(forged(tmp_path, records))
    assert backups(store).restore(source, PASSPHRASE).inserted == 1


def _nested(writer: RecordWriter, _: dict[str, Any]) -> None:
    writer.record(RecordKind.REGISTRATION, b'{"row":' + b"[" * 500_000 + b"]" * 500_000 + b"}")


def _twice_in_outbox(writer: RecordWriter, row: dict[str, Any]) -> None:
    row["outbox"] *= 2
    whole(writer, row)


def _unknown_column(writer: RecordWriter, row: dict[str, Any]) -> None:
    row["row"]["packet_id, registration_id) --"] = "x"
    whole(writer, row)


def _surrogate(writer: RecordWriter, row: dict[str, Any]) -> None:
    row["sealed"]["decision_comment"] = "\ud800"
    body = json.dumps(row | {"slip_bytes": None}).encode()
    writer.record(RecordKind.REGISTRATION, body)
    writer.record(RecordKind.PACKET, b"data")


def _contact_of_another_form(writer: RecordWriter, row: dict[str, Any]) -> None:
    row["sealed"]["contact"] = '{"name":{"first":"x"}}'
    whole(writer, row)


def _packet_of_another_hash(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.record(RecordKind.REGISTRATION, orjson.dumps(row | {"slip_bytes": None}))
    writer.record(RecordKind.PACKET, b"DATA")


def _packet_of_another_size(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.record(RecordKind.REGISTRATION, orjson.dumps(row | {"slip_bytes": None}))
    writer.record(RecordKind.PACKET, b"data and more")


def _no_packet(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.record(RecordKind.REGISTRATION, orjson.dumps(row | {"slip_bytes": None}))


def _slip_that_is_no_text(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.record(RecordKind.REGISTRATION, orjson.dumps(row | {"slip_bytes": 2}))
    writer.record(RecordKind.SLIP, b"\xff\xfe")
    writer.record(RecordKind.PACKET, b"data")


def _a_length_of_exabytes(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.piece(b"P" + (2**63).to_bytes(8, "big"))


def _a_longer_length_than_there_is(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.piece(b"R" + (1_000_000).to_bytes(8, "big"))


def _an_unknown_kind(writer: RecordWriter, _: dict[str, Any]) -> None:
    writer.piece(b"Z" + bytes(8))


def _an_audit_before_registrations(writer: RecordWriter, row: dict[str, Any]) -> None:
    writer.record(RecordKind.AUDIT, b"{}")


def _two_instead_of_one(writer: RecordWriter, row: dict[str, Any]) -> None:
    whole(writer, row)
    whole(writer, row)


def _an_end_before_the_end(writer: RecordWriter, row: dict[str, Any]) -> None:
    whole(writer, row)
    writer.record(RecordKind.END, b"{}")


@pytest.mark.parametrize(
    "records",
    [
        _nested,
        _twice_in_outbox,
        _unknown_column,
        _surrogate,
        _contact_of_another_form,
        _packet_of_another_hash,
        _packet_of_another_size,
        _no_packet,
        _slip_that_is_no_text,
        _a_length_of_exabytes,
        _a_longer_length_than_there_is,
        _an_unknown_kind,
        _an_audit_before_registrations,
        _two_instead_of_one,
        _an_end_before_the_end,
    ],
)
def test_contents_that_cannot_be(
    store: LocalStore, tmp_path: Path, records: Callable[[RecordWriter, dict[str, Any]], None]
) -> None:
    assert isinstance(refused(store, tmp_path, forged(tmp_path, records)), BackupContentError)
    assert store.registrations.all() == ()


def test_headers_that_cannot_be(untouched: LocalStore, made: bytes, tmp_path: Path) -> None:
    good = dict(header_json(made))
    wrap = good["recipients"][0]
    bad = [
        good | {"recipients": []},
        good | {"recipients": [wrap] * 9},
        good | {"recipients": [wrap, wrap]},
        good | {"recipients": [wrap | {"memoryKib": 2**40}]},
        good | {"recipients": [wrap | {"iterations": 10**9}]},
        good | {"recipients": [wrap | {"salt": "AAAA"}]},
        good | {"recipients": [{"kind": "certificate", "certificateSha256": "0" * 64, "wrapped": "AAAA"}]},
        good | {"chunkBytes": 2**31},
        good | {"registrations": -1},
        good | {"more": 1},
        {name: value for name, value in good.items() if name != "keyIndex"},
    ]
    for header in bad:
        body = orjson.dumps(header)
        error = refused(untouched, tmp_path, made[:10] + len(body).to_bytes(4, "big") + body + made[-5000:])
        assert isinstance(error, BackupContentError | PassphraseCostError), header


# --- who can open it -------------------------------------------------------------------------------------------------------


def test_a_recovery_certificate_opens_it_and_so_does_the_passphrase(store: LocalStore, tmp_path: Path) -> None:
    add_registration(store, 1)
    private, certificate = recovery_certificate()
    recipients = Recipients(PASSPHRASE, (certificate,), CHEAP)
    target = tmp_path / "b"
    backups(store).back_up(target, recipients)
    secrets: tuple[Passphrase | RecoveryKey, ...] = (PASSPHRASE, recovery_key(private, certificate))
    for number, secret in enumerate(secrets):
        with new_store(tmp_path / f"new-{number}") as fresh:
            assert backups(fresh).restore(target, secret).inserted == 1
    assert inspect_backup(target).certificates_sha256 == (recovery_key(private, certificate).certificate_sha256.hex(),)
    stranger = rsa.generate_private_key(65537, 2048)
    wrong = RecoveryKey(recovery_key(private, certificate).certificate_sha256, lambda _: b"short")
    with pytest.raises(BackupContentError):
        backups(store).restore(target, wrong)
    foreign = RecoveryKey(wrong.certificate_sha256, lambda wrapped: stranger.decrypt(wrapped, _oaep()))
    with pytest.raises(RecoveryKeyWrongError):
        backups(store).restore(target, foreign)


def _oaep() -> Any:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)


def test_secrets_that_do_not_fit_the_kind(store: LocalStore, made: bytes, tmp_path: Path) -> None:
    private, certificate = recovery_certificate()
    assert isinstance(refused(store, tmp_path, made, recovery_key(private, certificate)), BackupSecretKindError)


def test_a_backup_that_nobody_or_anybody_could_open_is_not_made(store: LocalStore, tmp_path: Path) -> None:
    _, expired = recovery_certificate(days=(-400, -1))
    for recipients, error in (
        (Recipients(), BackupSecretMissingError),
        (Recipients(Passphrase("short")), PassphraseWeakError),
        (Recipients(certificates=(expired,)), CertificateExpiredError),
    ):
        with pytest.raises(error):
            backups(store).back_up(tmp_path / "b", recipients)
    assert not (tmp_path / "b").exists()


# --- the medium ------------------------------------------------------------------------------------------------------------


def test_an_existing_file_is_never_overwritten(store: LocalStore, tmp_path: Path) -> None:
    target = tmp_path / "b"
    target.write_bytes(b"older")
    with pytest.raises(BackupTargetExistsError):
        backups(store).back_up(target, RECIPIENTS)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BackupTargetExistsError):
        backups(store).back_up(tmp_path / "link", RECIPIENTS)
    assert target.read_bytes() == b"older"


@pytest.mark.parametrize("unnamed", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        monkeypatch.setattr(backup_file, "_open_unnamed", lambda path: None)
    target = tmp_path / "b"

    def write_another(_: BackupProgress) -> None:
        target.write_bytes(b"other")

    with pytest.raises(BackupTargetExistsError):
        backups(store).back_up(target, RECIPIENTS, write_another)
    assert target.read_bytes() == b"other"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "store"]


def test_file_systems_without_unnamed_files_and_links(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(backup_file, "_open_unnamed", lambda path: None)
    add_registration(store, 1)
    backups(store).back_up(tmp_path / "a", RECIPIENTS)
    monkeypatch.setattr(os, "link", no_links)
    backups(store).back_up(tmp_path / "b", RECIPIENTS)
    for name in ("a", "b"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        backups(store).restore(tmp_path / name, PASSPHRASE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "store"]


def test_a_folder_that_is_not_there(store: LocalStore, tmp_path: Path) -> None:
    with pytest.raises(BackupTargetGoneError):
        backups(store).back_up(tmp_path / "usb" / "b", RECIPIENTS)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_name_that_is_none(store: LocalStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupTargetFaultError, match="its name is none"):
        backups(store).back_up(tmp_path / name, RECIPIENTS)


def test_too_little_room_is_said_before_anything_is_written(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_registration(store, 1)
    real = os.statvfs(tmp_path)
    small = os.statvfs_result([*real[:4], 1, *real[5:]])
    monkeypatch.setattr(os, "statvfs", lambda _: small)
    with pytest.raises(BackupTargetFullError) as caught:
        backups(store).back_up(tmp_path / "b", RECIPIENTS)
    assert caught.value.params["free_bytes"] == small.f_frsize
    assert not (tmp_path / "b").exists()


def test_a_disk_without_room_for_the_restored_packets(
    store: LocalStore, made: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs(tmp_path)
    small = os.statvfs_result([*real[:4], 1, *real[5:]])
    monkeypatch.setattr(os, "statvfs", lambda _: small)
    assert isinstance(refused(store, tmp_path, made), DiskFullError)
    assert store.registrations.all() == ()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, BackupTargetFullError),
        (errno.EDQUOT, BackupTargetFullError),
        (errno.EROFS, BackupTargetReadOnlyError),
        (errno.EACCES, BackupTargetReadOnlyError),
        (errno.EIO, BackupTargetGoneError),
        (errno.ENODEV, BackupTargetGoneError),
        (errno.ENXIO, BackupTargetGoneError),
        (errno.EFBIG, BackupTargetSizeError),
        (errno.EMFILE, BackupTargetFaultError),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "pread"])
def test_faults_of_the_medium_while_it_is_written(
    store: LocalStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    expected: type[BackupError],
    call: str,
) -> None:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    add_registration(store, 1)
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(expected):
        backups(store).back_up(tmp_path / "b", RECIPIENTS)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_real_limit_of_file_sizes(store: LocalStore, tmp_path: Path) -> None:
    add_registration(store, 1, data=os.urandom(400_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises(BackupTargetSizeError):
            backups(store).back_up(tmp_path / "b", RECIPIENTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not (tmp_path / "b").exists()


def test_a_medium_that_reads_back_something_else(store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_registration(store, 1)
    real = os.pread

    def rotten(descriptor: int, size: int, position: int) -> bytes:
        data = bytearray(real(descriptor, size, position))
        if position <= 4000 < position + len(data):
            data[4000 - position] ^= 0x20
        return bytes(data)

    monkeypatch.setattr(os, "pread", rotten)
    with pytest.raises(BackupTargetBadError):
        backups(store).back_up(tmp_path / "b", RECIPIENTS)
    assert not (tmp_path / "b").exists()
