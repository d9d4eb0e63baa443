"""Before a person sits down: what would keep the registration from being saved is named, and quickly."""

from __future__ import annotations

import os
import resource
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.core.lifecycle import Event
from app.store.connection import open_database
from app.store.errors import (
    ClockBehindError,
    DatabaseGoneError,
    DatabaseLockedError,
    DatabaseReadOnlyError,
    DiskFaultError,
    DiskFullError,
    DiskSpaceLowError,
    WriteLostError,
)
from app.store.localstore import LocalStore, open_store
from app.store.preflight import REGISTRATION_ROOM_BYTES, check
from packet.keys.software import SoftwareMachineKey
from tests.support.draftsamples import begin_draft
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration
from tests.support.killing import forked, outcome

NOBODY = 65534


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


def look(
    store: LocalStore,
    now: datetime = NOW,
    *,
    wait_s: float = 0.05,
    is_clock_confirmed: bool = False,
    statvfs: Callable[[Path], os.statvfs_result] = os.statvfs,
) -> None:
    check(
        store.database,
        now,
        os.urandom,
        reserve_mb=5,
        wait_s=wait_s,
        is_clock_confirmed=is_clock_confirmed,
        statvfs=statvfs,
    )


def test_a_good_machine_passes_in_less_time_than_a_database_is_made_and_nothing_is_left(
    store: LocalStore, machine_key: SoftwareMachineKey, tmp_path: Path
) -> None:
    begun = time.perf_counter()
    open_store(tmp_path / "another.sqlite", machine_key, os.urandom).close()
    making = time.perf_counter() - begun
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        look(store)
        took.append(time.perf_counter() - begun)
    assert min(took) / making < 1
    with store.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM probe").fetchone() == (0,)


def filesystem(path: Path, *, free_bytes: int | None = None, flags: int = 0) -> os.statvfs_result:
    values = list(os.statvfs(path))
    if free_bytes is not None:
        values[1], values[4] = 4096, free_bytes // 4096
    values[8] = flags
    return os.statvfs_result(values)


def test_too_little_room_is_named_with_both_numbers(store: LocalStore) -> None:
    needed = 5_000_000 + REGISTRATION_ROOM_BYTES
    with pytest.raises(DiskSpaceLowError, match=r"Only 38 MB are free .*; 39 MB are needed"):
        look(store, statvfs=lambda path: filesystem(path, free_bytes=needed - 4096))
    look(store, statvfs=lambda path: filesystem(path, free_bytes=needed + 4096))


def test_a_file_system_that_became_read_only_is_named(store: LocalStore) -> None:
    with pytest.raises(DatabaseReadOnlyError):
        look(store, statvfs=lambda path: filesystem(path, flags=os.ST_RDONLY))


def test_a_file_system_that_fell_away_is_named(store: LocalStore) -> None:
    def gone(path: Path) -> os.statvfs_result:
        raise OSError(5, "Input/output error")

    with pytest.raises(DiskFaultError, match="EIO"):
        look(store, statvfs=gone)


def test_a_database_that_takes_no_writes_is_named(store: LocalStore) -> None:
    with store.database.transaction() as connection:
        connection.execute("PRAGMA query_only = ON")
    with pytest.raises(DatabaseReadOnlyError):
        look(store)


def test_a_full_database_is_named(store: LocalStore) -> None:
    with store.database.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFullError):
        look(store)


def in_child(act: Callable[[], None]) -> None:
    assert outcome(forked(act)) == 0


def test_a_quota_that_denies_the_room_is_named(path: Path, machine_key: SoftwareMachineKey) -> None:
    """The file system has room, but this process may not have it."""

    def child() -> None:
        with open_store(path, machine_key, os.urandom) as store:
            look(store)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            with pytest.raises((DiskFullError, DiskFaultError)):  # the latter where files without a name are not known
                look(store)

    in_child(child)


def test_a_file_that_this_user_may_not_write_is_named_when_it_is_opened() -> None:
    """Root may write anything; therefore the child is somebody else, if it can be."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sealdesk.sqlite"
        sqlite3.connect(path).close()
        path.touch()
        path.chmod(0o444)
        Path(folder).chmod(0o555)

        def child() -> None:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            with pytest.raises(DatabaseReadOnlyError):
                open_database(path)

        in_child(child)
        Path(folder).chmod(0o755)


def test_another_process_that_writes_is_named_within_the_time_that_was_given(store: LocalStore, path: Path) -> None:
    ready, go = os.pipe(), os.pipe()

    def child() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        os.write(ready[1], b"!")
        os.read(go[0], 1)
        other.execute("ROLLBACK")
        other.close()

    pid = forked(child)
    os.read(ready[0], 1)
    begun = time.perf_counter()
    with pytest.raises(DatabaseLockedError):
        look(store, wait_s=0.1)
    assert 0.05 < time.perf_counter() - begun < 2
    os.write(go[1], b"!")
    assert outcome(pid) == 0
    look(store)
    for end in (*ready, *go):
        os.close(end)


def test_an_own_thread_that_does_not_stop_writing_is_named_too(store: LocalStore) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def write_for_long() -> None:
        with store.database.transaction():
            has_begun.set()
            may_end.wait(10)

    thread = threading.Thread(target=write_for_long)
    thread.start()
    has_begun.wait(10)
    with pytest.raises(DatabaseLockedError):
        look(store)
    may_end.set()
    thread.join()
    look(store)


def test_a_file_that_was_removed_or_replaced_is_named(store: LocalStore, path: Path) -> None:
    path.rename(path.with_suffix(".away"))
    with pytest.raises(DatabaseGoneError):
        look(store)
    path.touch()
    with pytest.raises(DatabaseGoneError):
        look(store)


def test_a_value_that_does_not_come_back_is_named(store: LocalStore) -> None:
    with store.database.transaction() as connection:
        connection.execute("CREATE TRIGGER lose AFTER INSERT ON probe BEGIN UPDATE probe SET value = zeroblob(3); END")
    with pytest.raises(WriteLostError):
        look(store)


def test_a_value_that_another_desk_replaced_meanwhile_is_no_fault_of_the_disk(store: LocalStore) -> None:
    with store.database.transaction() as connection:
        connection.execute("CREATE TABLE came (value BLOB)")
        connection.execute(
            "CREATE TRIGGER other_desk AFTER INSERT ON probe WHEN NOT EXISTS (SELECT 1 FROM came) BEGIN"
            " UPDATE probe SET value = zeroblob(3); INSERT INTO came VALUES (NEW.value); END"
        )
    look(store)
    with store.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM came").fetchone() == (1,)


def test_a_clock_behind_the_last_audit_row_is_named(store: LocalStore) -> None:
    store.audits.add(audit_entry(offset_s=3600))
    with pytest.raises(ClockBehindError, match=r"says 2030-01-02 03:04 UTC, .* of 2030-01-02 04:04 UTC"):
        look(store)
    with pytest.raises(ClockBehindError, match="says 2030-01-02 03:04 UTC"):
        look(store, NOW.astimezone(timezone(timedelta(hours=5))))
    look(store, NOW + timedelta(minutes=59))
    look(store, is_clock_confirmed=True)


def test_a_clock_behind_a_draft_or_a_packet_is_named(store: LocalStore) -> None:
    begin_draft(store, at=NOW)
    with pytest.raises(ClockBehindError):
        look(store, NOW - timedelta(hours=1))


def test_a_clock_that_was_wrong_once_is_not_held_against_the_machine_for_ever(store: LocalStore) -> None:
    store.audits.add(audit_entry(offset_s=10**8))
    new = new_registration()
    store.registrations.save(new, store.audits.pending(), audit_entry(offset_s=10**8), NOW)
    for number in range(100):
        store.audits.add(audit_entry(offset_s=-(10**6) + number))
    with pytest.raises(ClockBehindError):
        look(store, NOW - timedelta(days=1))
    for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_PROCESSED, Event.DELETE):
        store.registrations.record(new.packet.packet_id, event, NOW)
    look(store, NOW - timedelta(days=1))
