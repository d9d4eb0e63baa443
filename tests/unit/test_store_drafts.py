"""Registrations in work: what comes back, what an altered file does, and that nothing of a discarded one is left."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.drafts import DraftId, DraftList
from app.store.errors import DraftExistsError, DraftUnknownError, DraftUnreadableError, RegistrationExistsError
from app.store.localstore import LocalStore, open_store
from packet.keys.software import SoftwareMachineKey
from packet.models import AuditEntry
from tests.support.draftsamples import begin_draft, captures, draft_header, moved
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration
from tests.support.killing import forked, outcome

LATER = NOW + timedelta(minutes=3)


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


def alter(store: LocalStore, statement: str) -> None:
    with store.database.transaction() as connection:
        assert connection.execute(statement).rowcount > 0


def files(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())


def test_a_draft_comes_back_as_it_was_saved_also_after_a_restart(
    store: LocalStore, path: Path, machine_key: SoftwareMachineKey
) -> None:
    header = draft_header()
    store.drafts.begin(header, audit=audit_entry())
    assert store.drafts.load(header.draft_id).header == header
    store.drafts.save(header.draft_id, {"form": b"{}", "capture/face": b"face"}, (), "biometrics", LATER)
    store.close()
    with open_store(path, machine_key, os.urandom) as again:
        loaded = again.drafts.load(header.draft_id)
        assert loaded.header == moved(header, "biometrics", LATER)
        assert loaded.parts == {"form": b"{}", "capture/face": b"face"}
        assert again.drafts.list() == DraftList((loaded.header,))
        assert len(again.audits.pending().entries) == 1


def test_a_save_replaces_the_named_parts_and_leaves_the_others(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"old", face=b"face", paper=b"paper")
    with store.database.read() as connection:
        before = connection.execute("SELECT data FROM draft_part WHERE name = 'face'").fetchone()
    store.drafts.save(draft_id, {"form": b"new", "iris": b"iris"}, ("paper", "never there"), "documents", LATER)
    assert store.drafts.load(draft_id).parts == {"form": b"new", "face": b"face", "iris": b"iris"}
    with store.database.read() as connection:
        assert connection.execute("SELECT data FROM draft_part WHERE name = 'face'").fetchone() == before


def test_a_part_cannot_be_changed_and_removed_at_once(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"old")
    with pytest.raises(ValueError, match="both changed and removed"):
        store.drafts.save(draft_id, {"form": b"new"}, {"form"}, "step", LATER)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from("abcd"), st.binary(max_size=40), max_size=3), st.sets(st.sampled_from("abcd"))
        ),
        max_size=6,
    )
)
def test_any_series_of_saves_leaves_what_a_mapping_would_hold(
    store: LocalStore, saves: list[tuple[dict[str, bytes], set[str]]]
) -> None:
    draft_id = DraftId(os.urandom(16).hex())
    number = int(draft_id, 16)
    assert begin_draft(store, number) == draft_id
    expected: dict[str, bytes] = {}
    for changed, removed in saves:
        gone = removed - set(changed)
        store.drafts.save(draft_id, changed, gone, "step", LATER)
        expected = {name: content for name, content in expected.items() if name not in gone} | changed
        assert store.drafts.load(draft_id).parts == expected


def test_the_same_draft_is_not_begun_twice(store: LocalStore) -> None:
    begin_draft(store, form=b"kept")
    with pytest.raises(DraftExistsError):
        store.drafts.begin(draft_header())
    assert store.drafts.load(draft_header().draft_id).parts == {"form": b"kept"}


def test_drafts_are_listed_the_last_changed_first(store: LocalStore) -> None:
    for number, minutes in ((1, 5), (2, 9), (3, 7)):
        begin_draft(store, number, at=NOW + timedelta(minutes=minutes))
    assert [int(header.draft_id, 16) for header in store.drafts.list().readable] == [2, 3, 1]


def test_nothing_of_a_draft_stands_in_clear_in_any_file(store: LocalStore, path: Path) -> None:
    begin_draft(store, form=b"name of Vex Testperson", face=b"pixels of a face")
    content = files(path)
    secrets = (b"Vex", b"pixels", b"operator-vex", draft_header().registration_id.encode(), b"demographics")
    for secret in secrets:
        assert secret not in content, secret


ALTERATIONS = {
    "header altered": "UPDATE draft SET header = zeroblob(200) WHERE draft_id LIKE '%1'",
    "header cut": "UPDATE draft SET header = x'01' WHERE draft_id LIKE '%1'",
    "header of another draft": (
        "UPDATE draft SET header = (SELECT header FROM draft WHERE draft_id LIKE '%2') WHERE draft_id LIKE '%1'"
    ),
    "another revision": "UPDATE draft SET revision = revision + 1 WHERE draft_id LIKE '%1'",
    "id exchanged": "UPDATE draft_part SET draft_id = printf('%032x', 1) WHERE draft_id LIKE '%2' AND name = 'paper'",
    "part altered": "UPDATE draft_part SET data = zeroblob(60) WHERE draft_id LIKE '%1' AND name = 'form'",
    "part of another draft": (
        "UPDATE draft_part SET data = (SELECT data FROM draft_part WHERE draft_id LIKE '%2' AND name = 'form')"
        " WHERE draft_id LIKE '%1' AND name = 'form'"
    ),
    "part under another name": (
        "UPDATE draft_part SET data = (SELECT data FROM draft_part WHERE draft_id LIKE '%1' AND name = 'form')"
        " WHERE draft_id LIKE '%1' AND name = 'face'"
    ),
    "part renamed": "UPDATE draft_part SET name = 'other' WHERE draft_id LIKE '%1' AND name = 'form'",
    "part removed": "DELETE FROM draft_part WHERE draft_id LIKE '%1' AND name = 'form'",
    "part's revision": "UPDATE draft_part SET revision = 1 WHERE draft_id LIKE '%1' AND name = 'form'",
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_an_altered_draft_is_named_and_hides_no_other(store: LocalStore, alteration: str) -> None:
    first = begin_draft(store, 1, form=b"first", face=b"face")
    second = begin_draft(store, 2, form=b"second", face=b"face", paper=b"paper")
    alter(store, ALTERATIONS[alteration])
    with pytest.raises(DraftUnreadableError) as caught:
        store.drafts.load(first)
    assert caught.value.params["draft_id"] == first
    listed = store.drafts.list()
    assert second in {header.draft_id for header in listed.readable}
    if "header" in alteration or alteration == "another revision":
        assert [(draft.draft_id, draft.code) for draft in listed.unreadable] == [(first, "STORE-DRAFT-UNREADABLE")]
        with pytest.raises(DraftUnreadableError):
            store.drafts.save(first, {"form": b"more"}, (), "step", LATER)
    if alteration != "id exchanged":
        assert store.drafts.load(second).parts["form"] == b"second"
    store.drafts.discard(first, audit_entry())
    assert store.drafts.list().unreadable == ()


def test_an_older_state_of_a_part_is_not_taken_for_the_newer(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"before the correction")
    with store.database.read() as connection:
        old = connection.execute("SELECT revision, data FROM draft_part").fetchone()
    store.drafts.save(draft_id, {"form": b"corrected"}, (), "step", LATER)
    with store.database.transaction() as connection:
        connection.execute("UPDATE draft_part SET revision = ?, data = ?", old)
    with pytest.raises(DraftUnreadableError):
        store.drafts.load(draft_id)


def test_a_discarded_draft_is_gone_from_every_file_and_the_audit_says_so(store: LocalStore, path: Path) -> None:
    draft_id = begin_draft(store, form=b"old form")
    store.drafts.save(draft_id, captures() | {"form": b"new form"}, (), "biometrics", LATER)
    with store.database.read() as connection:
        sealed = [row[0] for row in connection.execute("SELECT data FROM draft_part UNION ALL SELECT header FROM draft")]
    assert all(value[20:60] in files(path) for value in sealed)
    audit = audit_entry("REG-EVT-DISCARD")
    store.drafts.discard(draft_id, audit)
    remaining = files(path)
    assert not [value for value in sealed if value[20:60] in remaining or value[-40:] in remaining]
    assert store.drafts.list() == DraftList(())
    assert store.audits.pending().entries == (audit,)
    with pytest.raises(DraftUnknownError):
        store.drafts.discard(draft_id, audit_entry())


def test_a_kill_behind_a_discard_leaves_nothing_of_it_once_the_database_is_opened_again(
    path: Path, machine_key: SoftwareMachineKey
) -> None:
    with open_store(path, machine_key, os.urandom) as store:
        draft_id = begin_draft(store, face=os.urandom(50_000))
        with store.database.read() as connection:
            kept = connection.execute("SELECT data FROM draft_part").fetchone()[0]

    def child() -> None:
        with open_store(path, machine_key, os.urandom) as store:
            store.drafts.save(draft_id, {"form": b"form"}, (), "step", LATER)
            with sqlite3.connect(path) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM draft").fetchone()
                store.drafts.discard(draft_id, audit_entry())
                os.kill(os.getpid(), signal.SIGKILL)

    def left() -> list[Path]:
        return [file for file in path.parent.iterdir() if kept[1000:1032] in file.read_bytes()]

    assert outcome(forked(child)) == -signal.SIGKILL
    assert left()
    with open_store(path, machine_key, os.urandom):
        assert left() == []


def test_a_discard_while_somebody_reads_is_wiped_after_the_next_write(store: LocalStore, path: Path) -> None:
    draft_id = begin_draft(store, form=os.urandom(5000))
    with store.database.read() as connection:
        sealed = connection.execute("SELECT data FROM draft_part").fetchone()[0]
        store.drafts.discard(draft_id, audit_entry())
        assert sealed[20:60] in files(path), "the reader still needs it"
    store.audits.add(audit_entry())
    assert sealed[20:60] not in files(path)


def test_saves_beside_a_long_reader_do_not_try_in_vain_to_empty_the_log(store: LocalStore) -> None:
    draft_id, other = begin_draft(store, form=b"form"), begin_draft(store, 2)
    said: list[str] = []
    with store.database.read() as connection:
        connection.execute("SELECT count(*) FROM draft").fetchone()
        store.drafts.discard(draft_id, audit_entry())
        with store.database.transaction() as writer:
            writer.set_trace_callback(said.append)
        store.drafts.save(other, {"form": b"form"}, (), "step", LATER)
    assert not [text for text in said if "checkpoint" in text]
    store.drafts.save(other, {"form": b"form"}, (), "step", LATER)
    assert [text for text in said if "checkpoint" in text]


def test_a_late_save_does_not_bring_a_draft_back(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"form")
    store.drafts.discard(draft_id, audit_entry())
    with pytest.raises(DraftUnknownError):
        store.drafts.save(draft_id, {"form": b"typed before the discard"}, (), "step", LATER)
    assert store.drafts.list() == DraftList(())


def test_old_drafts_expire_readable_or_not_each_with_its_audit_row(store: LocalStore) -> None:
    old = begin_draft(store, 1, at=NOW - timedelta(days=9), form=b"x")
    unreadable = begin_draft(store, 2, at=NOW - timedelta(days=8), form=b"x")
    young = begin_draft(store, 3, at=NOW, form=b"x")
    alter(store, "UPDATE draft SET header = zeroblob(99) WHERE draft_id LIKE '%2'")
    before = NOW - timedelta(days=7)
    expired = store.drafts.expired(before)
    assert ([h.draft_id for h in expired.readable], [d.draft_id for d in expired.unreadable]) == ([old], [unreadable])
    named: list[str] = []

    def audit(identifier: str) -> AuditEntry:
        named.append(identifier)
        return audit_entry("REG-EVT-EXPIRED")

    assert set(store.drafts.expire(before, audit)) == {old, unreadable}
    assert set(named) == {draft_header(1).registration_id, unreadable}
    assert [header.draft_id for header in store.drafts.list().readable] == [young]
    assert len(store.audits.pending().entries) == 2


def seal(store: LocalStore, draft_id: DraftId, number: int = 1) -> None:
    carried = store.audits.pending()
    store.registrations.save(new_registration(number), carried, audit_entry("REG-EVT-066"), NOW, draft_id=draft_id)


def test_sealing_takes_the_draft_with_it(store: LocalStore, path: Path) -> None:
    draft_id = begin_draft(store, form=b"form")
    with store.database.read() as connection:
        sealed = connection.execute("SELECT data FROM draft_part").fetchone()[0]
    seal(store, draft_id)
    assert store.drafts.list() == DraftList(())
    assert len(store.registrations.all()) == 1
    assert sealed[20:] not in files(path)


def test_a_draft_is_never_sealed_twice(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"form")
    seal(store, draft_id, 1)
    with pytest.raises(DraftUnknownError):
        seal(store, draft_id, 2)
    assert len(store.registrations.all()) == 1


def test_a_refused_sealing_leaves_the_draft(store: LocalStore) -> None:
    draft_id = begin_draft(store, form=b"form")
    seal(store, begin_draft(store, 2), 1)
    with pytest.raises(RegistrationExistsError):
        seal(store, draft_id, 1)
    assert store.drafts.load(draft_id).parts == {"form": b"form"}
