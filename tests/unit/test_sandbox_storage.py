"""Files and tables of the sandbox."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.config import RealmSettings
from sandbox.database import Database
from sandbox.errors import StateDamagedError
from sandbox.privatefiles import write_private
from sandbox.realm.lockout import Lockout
from sandbox.realm.passwords import PasswordHash
from sandbox.regproc.objectstore import ObjectStore
from tests.support.sandbox_clock import SettableClock

TABLE = "CREATE TABLE a (x INTEGER NOT NULL) STRICT;"


def test_a_private_file_replaces_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "f"
    write_private(file, b"one")
    write_private(file, b"two")
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match=r"."):
        write_private(folder, b"a file cannot replace a folder")
    assert list(tmp_path.iterdir()) == [folder]


def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    first = Database(tmp_path / "d.sqlite", [TABLE])
    with first.transaction() as connection:
        connection.execute("INSERT INTO a VALUES (1)")
    first.close()
    second = Database(tmp_path / "d.sqlite", [TABLE, "ALTER TABLE a ADD COLUMN y TEXT;"])
    assert [tuple(row) for row in second.rows("SELECT * FROM a")] == [(1, None)]
    second.close()
    with pytest.raises(StateDamagedError, match="newer"):
        Database(tmp_path / "d.sqlite", [TABLE])


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.sqlite", [TABLE])

    def insert_good_and_bad() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO a VALUES (1)")
            connection.execute("INSERT INTO a VALUES (NULL)")

    with pytest.raises(sqlite3.IntegrityError):
        insert_good_and_bad()
    assert database.rows("SELECT * FROM a") == []
    assert database.row("SELECT * FROM a") is None
    database.close()


def test_objects_come_back_with_their_metadata(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, "ACCOUNT")
    store.put("rid", "A/NEW/rid_id", b"data", {"id": "x"})
    assert store.get("rid", "A/NEW/rid_id") == b"data"
    assert store.metadata("rid", "A/NEW/rid_id") == {"id": "x"}
    assert (store.get("rid", "A/NEW/other"), store.metadata("rid", "A/NEW/other")) == (None, None)


@pytest.mark.parametrize(
    ("container", "key"), [("..", "a"), ("a", "../b"), ("a", "/b"), ("a", "b//c"), ("", "a"), ("a", "b.c")]
)
def test_no_key_leads_out_of_the_store(tmp_path: Path, container: str, key: str) -> None:
    store = ObjectStore(tmp_path, "ACCOUNT")
    with pytest.raises(ValueError, match="plain name"):
        store.put(container, key, b"", {})
    with pytest.raises(ValueError, match="plain name"):
        store.get(container, key)


def test_a_password_fits_itself_only_and_its_hash_differs_each_time() -> None:
    one, two = PasswordHash.of("correct horse"), PasswordHash.of("correct horse")
    assert one.fits("correct horse")
    assert not one.fits("correct horse ")
    assert not one.fits("")
    assert one.digest != two.digest
    assert "correct" not in repr(one)


def test_locks_grow_to_their_limit_and_failures_are_forgotten() -> None:
    clock = SettableClock(datetime(2030, 1, 1, tzinfo=UTC))
    lockout = Lockout(RealmSettings(login_failures_max=2, lock_step_s=10, lock_max_s=15), clock)

    def fail_twice() -> None:
        lockout.failed("u")
        assert not lockout.is_locked("u")
        lockout.failed("u")
        assert lockout.is_locked("u")

    fail_twice()
    clock.advance(9)
    assert lockout.is_locked("u")
    assert not lockout.is_locked("other")
    clock.advance(1)
    for _ in range(2):
        fail_twice()
        clock.advance(14)
        assert lockout.is_locked("u")
        clock.advance(1)
    lockout.failed("u")
    clock.advance(43_201)
    fail_twice()  # the earlier failure no longer counts
    clock.advance(10)
    assert not lockout.is_locked("u")
