"""Nothing of a person is in clear in a backup, beside it, or in what is said about it; and memory does not grow with it."""

from __future__ import annotations

import base64
import logging
import os
import tracemalloc
from pathlib import Path

import pytest

from app.core.audits import AuditWriter
from app.core.backupreport import BackupProgress
from app.core.lifecycle import Event
from app.core.registration import Contact
from app.desk.backup import BACKUP_MADE, BACKUP_RESTORED, BackupDesk
from app.store.backup import inspect_backup
from packet.crypto.passphrase import Passphrase
from packet.errors import CodedError
from tests.support.backuplab import PASSPHRASE, RECIPIENTS, add_registration, backups, key_index, machine_key, new_store
from tests.support.fake_server_registrations import NOW, REF_ID, audit_entry
from tests.support.recoverylab import recovery_certificate

MARKS = ("Zwq-Canary-Name-77", "Zwq-Canary-Phone-78", "zwq-canary-79@example.invalid", "Zwq-Canary-Comment-80", "Zwq-Slip-81")


class StoppedError(Exception):
    pass


def forms(mark: str) -> list[bytes]:
    """A mark as it may stand in a file: plain, UTF-16, base64 at each of three offsets in both alphabets, hex."""
    found = [mark.encode(), mark.encode("utf-16-le"), mark.encode("utf-16-be"), mark.encode().hex().encode()]
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + mark.encode() + bytes(3))
        core = encoded[4:-8]
        found += [core, core.replace(b"+", b"-").replace(b"/", b"_")]
    return found


def assert_clean(folder: Path, *marks: str) -> None:
    needles = [(mark, form) for mark in marks for form in forms(mark)]
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for mark, form in needles:
                assert form not in data, f"{mark} in {path.name}"


def test_the_marks_would_be_found(tmp_path: Path) -> None:
    for shift in range(3):
        (tmp_path / "file").write_bytes(base64.b64encode(b"x" * shift + MARKS[0].encode() + b"yyyy"))
        with pytest.raises(AssertionError):
            assert_clean(tmp_path, *MARKS)


def test_nothing_in_clear(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not in temporary folders, logs and errors; when it ends well, is stopped, is damaged, meets the wrong passphrase."""
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    contact = Contact(name=MARKS[0], phone=MARKS[1], email=MARKS[2])
    said: list[str] = []
    target = tmp_path / "b"
    with new_store(tmp_path / "store") as store:
        packet_id = add_registration(
            store, 1, Event.REJECT, contact=contact, comment=MARKS[3], slip=f"<html>{MARKS[4]}</html>", data=os.urandom(600_000)
        )

        def stop(progress: BackupProgress) -> None:
            if progress.step.value == "READING_BACK":
                raise StoppedError

        with pytest.raises(StoppedError) as stopped:
            backups(store).back_up(target, RECIPIENTS, stop)
        said.append(repr(stopped.value) + str(stopped.value))
        said.append(repr(backups(store).back_up(target, RECIPIENTS)))
        said.append(repr(inspect_backup(target)))
    other = machine_key("desk-02")
    with new_store(tmp_path / "new", other) as fresh:
        (tmp_path / "damaged").write_bytes(target.read_bytes()[:-100])
        for source, secret in ((tmp_path / "damaged", PASSPHRASE), (target, Passphrase("another passphrase"))):
            with pytest.raises(CodedError) as caught:
                backups(fresh, other).restore(source, secret, expected_key_index=key_index())
            said.append(repr(caught.value) + str(caught.value.diagnostics()))
        said.append(repr(backups(fresh, other).restore(target, PASSPHRASE, expected_key_index=key_index())))
        assert fresh.registrations.contact(packet_id) == contact
        assert_clean(tmp_path, *MARKS, PASSPHRASE.text)
        said.append(caplog.text)
    rid = packet_id.split("-")[0]
    assert rid.encode() not in target.read_bytes()
    for text in said:
        for mark in (*MARKS, PASSPHRASE.text):
            assert mark not in text
    assert not list(temporary.iterdir())


def test_memory_does_not_grow_with_the_backup(tmp_path: Path) -> None:
    """60 MB in packets of 12 MB: a few chunks are held at a time, never a packet."""
    with new_store(tmp_path / "store") as store:
        for number in range(1, 6):
            add_registration(store, number, data=os.urandom(12_000_000))
        tracemalloc.start()
        backups(store).back_up(tmp_path / "b", RECIPIENTS)
        making = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    with new_store(tmp_path / "new") as fresh:
        tracemalloc.start()
        backups(fresh).restore(tmp_path / "b", PASSPHRASE)
        restoring = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (tmp_path / "b").stat().st_size > 60_000_000
    assert making < 6_000_000
    assert restoring < 6_000_000


def test_what_the_documentation_shows_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "backup.md").read_text("utf-8")
    shown = text.partition("```python\n")[2].partition("```")[0]
    with new_store(tmp_path / "store") as store:
        add_registration(store, 1)

        class ShownStation:
            def backups(self, _operator: object) -> BackupDesk:
                writer = AuditWriter("op1", "Op One", "desk-01", lambda: NOW)
                return BackupDesk(backups(store), store.audits, writer, REF_ID, lambda: NOW)

        names = {"station": ShownStation(), "supervisor": None, "medium": tmp_path}
        exec(shown, names | {"recovery_certificate": recovery_certificate()[1]})
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].endswith("1 whole")
    assert printed[2] == "0 0 1 0 []"


def test_the_desk_names_the_file_and_writes_it_down(tmp_path: Path) -> None:
    with new_store(tmp_path / "store") as store:
        store.audits.add(audit_entry())
        writer = AuditWriter("op1", "Op One", "desk-01", lambda: NOW)
        desk = BackupDesk(backups(store), store.audits, writer, REF_ID, lambda: NOW)
        target, report = desk.make(tmp_path, RECIPIENTS)
        assert target.name == f"{REF_ID}-20300102030405.sealdesk-backup"
        assert report.header.audits == 1, "the row about the backup belongs to the next one"
        desk.restore(target, PASSPHRASE)
        events = [entry.event_id for entry in store.audits.pending().entries]
        assert events[1:] == [BACKUP_MADE.event_id, BACKUP_RESTORED.event_id]
