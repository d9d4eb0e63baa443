"""Reading never waits for a writer, and sees whole commits only."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.errors import StoreError
from app.store.localstore import LocalStore, open_store
from packet.keys.software import SoftwareMachineKey
from tests.support.draftsamples import begin_draft, draft_header
from tests.support.fake_server_registrations import NOW, audit_entry


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


@pytest.fixture
def store(tmp_path: Path, machine_key: SoftwareMachineKey) -> Iterator[LocalStore]:
    with open_store(tmp_path / "sealdesk.sqlite", machine_key, os.urandom) as opened:
        yield opened


def test_a_window_reads_while_another_thread_writes(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"before")
    is_writing, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with store.database.transaction() as connection:
            connection.execute("DELETE FROM draft")
            is_writing.set()
            assert may_end.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    assert is_writing.wait(10)
    assert store.drafts.load(draft_id).parts == {"form": b"before"}
    assert len(store.drafts.list().readable) == 1
    may_end.set()
    writer.join()
    assert store.drafts.list().readable == ()


def test_a_writer_does_not_wait_for_a_reader(store: LocalStore) -> None:
    with store.database.read() as connection:
        before = connection.execute("SELECT count(*) FROM audit").fetchone()
        store.audits.add(audit_entry())
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == before, "one view until the end of the block"
        assert not store.database.checkpoint(), "the log is emptied when nobody reads"
    assert len(store.audits.pending().entries) == 1
    assert store.database.checkpoint()


def test_readers_cannot_write(store: LocalStore) -> None:
    with pytest.raises(StoreError), store.database.read() as connection:
        connection.execute("DELETE FROM audit_mark")


def test_many_threads_see_whole_saves_only(store: LocalStore) -> None:
    """Each save writes the same number into two parts; nobody ever reads two different ones."""
    draft_id = begin_draft(store, left=b"0", right=b"0")
    stop = threading.Event()
    faults: list[object] = []

    def read() -> None:
        while not stop.is_set():
            parts = store.drafts.load(draft_id).parts
            if parts["left"] != parts["right"]:
                faults.append(parts)

    def write(first: int) -> None:
        for number in range(first, first + 40):
            text = str(number).encode()
            store.drafts.save(draft_id, {"left": text, "right": text}, (), "step", NOW)

    readers = [threading.Thread(target=read) for _ in range(3)]
    writers = [threading.Thread(target=write, args=(1000 * n,)) for n in range(2)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert faults == []
    assert store.drafts.load(draft_id).header.draft_id == draft_header().draft_id


def test_closing_lets_a_reader_end_in_peace(store: LocalStore) -> None:
    with store.database.read() as connection:
        store.close()
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (0,)
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
    with pytest.raises(StoreError):
        store.drafts.list()
    store.close()
