"""Killed at any moment, a backup is there or not, and a restore can be begun again and ends the same."""

from __future__ import annotations

import os
import random
import select
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.backupreport import BackupProgress
from app.core.lifecycle import Event
from app.store.backup import inspect_backup
from packet.keys.software import SoftwareMachineKey
from tests.support.backuplab import PASSPHRASE, RECIPIENTS, add_registration, backups, dump, key_index, machine_key, new_store

BACKUP_KILLS = 25
RESTORE_KILLS = 25


def forked(child: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            child()
        finally:
            os._exit(70)
    return pid


def was_killed(pid: int) -> bool:
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of six registrations and its backup."""
    folder = tmp_path_factory.mktemp("crash")
    with new_store(folder / "store") as store:
        for number in range(1, 7):
            events = (Event.APPROVE, Event.SYNC_ACCEPTED)[: number % 3]
            add_registration(store, number, *events, data=os.urandom(400_000))
        backups(store).back_up(folder / "whole", RECIPIENTS)
    return folder


def unnamed_files_are_known(folder: Path) -> bool:
    try:
        os.close(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600))
    except OSError:
        return False
    return True


def test_killed_at_random_moments_while_a_backup_is_made(folder: Path, tmp_path: Path) -> None:
    if not unnamed_files_are_known(tmp_path):
        pytest.skip("the file system of the temporary folder knows no files without a name")
    machine_key()
    chance = random.Random(20300102)
    finished = 0
    for number in range(BACKUP_KILLS):
        target = tmp_path / f"backup-{number}"
        reader, writer = os.pipe()

        def back_up(target: Path = target, to: int = writer) -> None:
            with new_store(folder / "store") as store:
                os.write(to, b"r")
                backups(store).back_up(target, RECIPIENTS)

        pid = forked(back_up)
        os.close(writer)
        assert os.read(reader, 1) == b"r"
        select.select([], [], [], chance.uniform(0, 0.04))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reader)
        if target.exists():
            finished += 1
            assert inspect_backup(target).is_whole
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == finished
    assert all(name.startswith("backup-") for name in left)


@pytest.mark.parametrize("step", ["CHECKING", "WRITING", "READING_BACK"])
def test_killed_in_each_step_of_a_backup(folder: Path, tmp_path: Path, step: str) -> None:
    def kill(progress: BackupProgress) -> None:
        if progress.step.value == step and progress.done_bytes > 500_000:
            os.kill(os.getpid(), signal.SIGKILL)

    def back_up() -> None:
        with new_store(folder / "store") as store:
            backups(store).back_up(tmp_path / "backup", RECIPIENTS, kill)

    assert was_killed(forked(back_up))
    assert list(tmp_path.iterdir()) == []


def restored(path: Path, source: Path, key: SoftwareMachineKey) -> None:
    with new_store(path, key) as store:
        backups(store, key).restore(source, PASSPHRASE, expected_key_index=key_index())


def test_killed_before_any_statement_of_a_restore(folder: Path, tmp_path: Path) -> None:
    """Each run is killed a few statements later than the one before, and goes on where that one was."""
    key = machine_key("desk-02")
    restored(tmp_path / "undisturbed", folder / "whole", key)
    with new_store(tmp_path / "undisturbed", key) as store:
        expected = dump(store)
        records = store.registrations.all()
    kills = 0
    chance = random.Random(7)
    for _ in range(RESTORE_KILLS):
        after = chance.randint(1, 70)

        def restore(after: int = after) -> None:
            with new_store(tmp_path / "killed", key) as store:
                seen = 0

                def count(_: str) -> None:
                    nonlocal seen
                    seen += 1
                    if seen == after:
                        os.kill(os.getpid(), signal.SIGKILL)

                with store.database.transaction() as connection:
                    pass
                connection.set_trace_callback(count)
                backups(store, key).restore(folder / "whole", PASSPHRASE, expected_key_index=key_index())
                connection.set_trace_callback(None)
            os._exit(0)

        kills += was_killed(forked(restore))
        with new_store(tmp_path / "killed", key) as store:
            for record in store.registrations.all():
                store.registrations.packet(record.packet_id)  # checks the hash
                assert record in records
    assert kills >= 5
    restored(tmp_path / "killed", folder / "whole", key)
    with new_store(tmp_path / "killed", key) as store:
        assert dump(store) == expected
        with store.database.read() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_killed_at_random_moments_of_a_restore(folder: Path, tmp_path: Path) -> None:
    key = machine_key("desk-02")
    restored(tmp_path / "undisturbed", folder / "whole", key)
    with new_store(tmp_path / "undisturbed", key) as store:
        expected = dump(store)
    chance = random.Random(11)
    for _ in range(10):
        at = chance.randint(1, 2_400_000)

        def kill(progress: BackupProgress, at: int = at) -> None:
            if progress.step.value == "APPLYING" and progress.done_bytes >= at:
                os.kill(os.getpid(), signal.SIGKILL)

        def restore(kill: Callable[[BackupProgress], None] = kill) -> None:
            with new_store(tmp_path / "killed", key) as store:
                backups(store, key).restore(folder / "whole", PASSPHRASE, expected_key_index=key_index(), progress=kill)

        assert was_killed(forked(restore))
    restored(tmp_path / "killed", folder / "whole", key)
    with new_store(tmp_path / "killed", key) as store:
        assert dump(store) == expected
