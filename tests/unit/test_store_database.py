"""The database file: who may read it, what its faults are called, how it grows."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
from enum import StrEnum
from pathlib import Path

import pytest

from app.core.lifecycle import ClientStatus, ServerStatus
from app.core.outbox import RowState, Task
from app.core.registration import Decision
from app.store.connection import Database, open_database
from app.store.documents import DocumentKind
from app.store.errors import (
    DatabaseCorruptError,
    DatabaseForeignError,
    DatabaseGoneError,
    DatabaseLockedError,
    DatabaseNewerError,
    DatabaseReadOnlyError,
    DatabaseUnopenableError,
    DiskFullError,
    StoreError,
)
from app.store.migrations import MIGRATIONS, Migration, migrate
from packet.models import Flow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sealdesk.sqlite"


def opened(path: Path) -> Database:
    database = open_database(path, busy_timeout_s=0.05)
    migrate(database)
    return database


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_this_user_may_read_any_of_the_files_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        with opened(path) as database:
            with database.transaction() as connection:
                connection.execute("UPDATE rid_sequence SET next_value = 7")
            assert mode(path.parent) == 0o700
            files = list(path.parent.iterdir())
            assert len(files) == 3, "database, log and its index"
            assert {mode(file) for file in files} == {0o600}
    finally:
        os.umask(before)


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    opened(path).close()
    path.chmod(0o644)
    opened(path).close()
    assert mode(path) == 0o600


def test_commits_are_durable_and_foreign_keys_hold(path: Path) -> None:
    with opened(path) as database, database.transaction() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_a_failed_block_leaves_nothing(path: Path) -> None:
    def fail_after_writing(database: Database) -> None:
        with database.transaction() as connection:
            connection.execute("UPDATE rid_sequence SET next_value = 99")
            raise KeyboardInterrupt

    with opened(path) as database:
        with pytest.raises(KeyboardInterrupt):
            fail_after_writing(database)
        with database.read() as connection:
            assert connection.execute("SELECT next_value FROM rid_sequence").fetchone() == (1,)


def write(database: Database, size: int = 1) -> None:
    with database.transaction() as connection:
        connection.execute("UPDATE rid_sequence SET next_value = 5")
        connection.execute("INSERT INTO data_key (id, sealed) VALUES (1, ?)", (bytes(size),))


def test_a_full_disk_is_named_and_loses_nothing(path: Path) -> None:
    with opened(path) as database:
        with database.transaction() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DiskFullError, match="no room"):
            write(database, 1_000_000)
        with database.read() as connection:
            assert connection.execute("SELECT next_value FROM rid_sequence").fetchone() == (1,)


def test_a_second_writer_is_named(path: Path) -> None:
    with opened(path) as first, opened(path) as second, first.transaction(), pytest.raises(DatabaseLockedError):
        write(second)


def test_a_read_only_database_is_named(path: Path) -> None:
    with opened(path) as database:
        with database.transaction() as connection:
            connection.execute("PRAGMA query_only = ON")
        with pytest.raises(DatabaseReadOnlyError):
            write(database)


def test_a_file_that_is_no_database_is_named_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    content = b"this is no database at all" * 1000
    path.write_bytes(content)
    with pytest.raises(DatabaseCorruptError):
        opened(path)
    assert path.read_bytes() == content


def test_damaged_pages_are_named(path: Path) -> None:
    with opened(path) as database:
        write(database, 20_000)
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)

    def read_all() -> None:
        with open_database(path) as database, database.read() as connection:
            connection.execute("SELECT * FROM data_key").fetchall()

    with pytest.raises(DatabaseCorruptError):
        read_all()


def test_another_programs_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE contacts (name TEXT)")
    other.close()
    with pytest.raises(DatabaseForeignError):
        opened(path)


def test_a_symbolic_link_is_refused(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatabaseUnopenableError):
        opened(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_in_its_place_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DatabaseUnopenableError):
        opened(path)


def test_every_fault_has_a_sentence_and_a_next_step(path: Path) -> None:
    for kind in StoreError.__subclasses__():
        assert kind.code.startswith("STORE-")
        assert kind.sentence != StoreError.sentence
        assert kind.next_step != StoreError.next_step


def test_migrations_run_once_each_and_in_order(path: Path) -> None:
    database = open_database(path)
    assert migrate(database) == len(MIGRATIONS)
    assert migrate(database) == 0
    database.close()
    assert [m.number for m in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_failing_migration_leaves_the_layout_before_it(path: Path) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id INTEGER)")
        connection.execute("SELECT * FROM nowhere")

    with opened(path) as database:
        with pytest.raises(StoreError):
            migrate(database, (*MIGRATIONS, Migration(len(MIGRATIONS) + 1, broken)))
        with database.read() as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
            assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone() == (0,)


def test_a_newer_layout_is_refused(path: Path) -> None:
    with opened(path) as database:
        with database.transaction() as connection:
            connection.execute("PRAGMA user_version = 999")
        with pytest.raises(DatabaseNewerError, match="999"):
            migrate(database)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("client_status", ClientStatus),
        ("server_status", ServerStatus),
        ("decision", Decision),
        ("flow", Flow),
        ("task", Task),
        ("state", RowState),
        ("kind", DocumentKind),
    ],
)
def test_the_file_itself_refuses_statuses_that_are_not_in_the_enum(path: Path, column: str, values: type[StrEnum]) -> None:
    with opened(path) as database, database.read() as connection:
        schema = " ".join(row[0] for row in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    checks = re.findall(rf"CHECK \({column} IN \(([^)]*)\)\)", schema)
    assert [set(re.findall(r"'([^']*)'", check)) for check in checks] == [{value.value for value in values}]


def test_the_names_of_new_folders_survive_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()

    def fsync(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    path = tmp_path / "one" / "two" / "three" / "sealdesk.sqlite"
    opened(path).close()
    assert synced >= {folder.stat().st_ino for folder in (tmp_path, tmp_path / "one", tmp_path / "one" / "two")}
    assert {mode(folder) for folder in (tmp_path / "one", path.parent)} == {0o700}


@pytest.mark.parametrize(("fault", "named"), [(errno.EROFS, DatabaseReadOnlyError), (errno.ENOSPC, DiskFullError)])
def test_a_disk_that_takes_no_new_file_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, fault: int, named: type[StoreError]
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "open", refuse)
    path.parent.mkdir()
    with pytest.raises(named):
        open_database(path)


@pytest.mark.parametrize("instead", ["nothing", "another database"])
def test_a_database_that_was_moved_away_is_not_read_from_its_place(path: Path, tmp_path: Path, instead: str) -> None:
    with opened(path) as database:
        path.rename(tmp_path / "moved")
        if instead != "nothing":
            opened(tmp_path / "other.sqlite").close()
            (tmp_path / "other.sqlite").rename(path)
        with pytest.raises(DatabaseGoneError), database.read():
            pass
        assert path.exists() is (instead != "nothing"), "no empty database in its place"


def test_whoever_comes_after_closing_is_told_so_by_name(path: Path) -> None:
    database = opened(path)
    database.close()
    database.close()
    with pytest.raises(StoreError, match="closed"), database.read():
        pass
    for wait_s in (None, 0.0):
        with pytest.raises(StoreError, match="closed"), database.transaction(wait_s=wait_s):
            pass
    assert not database.checkpoint()
