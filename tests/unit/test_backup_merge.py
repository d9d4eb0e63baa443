"""Merging keeps the furthest state, whatever is restored in which order and how often."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.backupmerge import Standing
from app.core.lifecycle import SEALED, TRANSITIONS, ClientStatus, Event, State
from app.core.outbox import RowState, Task
from app.store.localstore import LocalStore
from packet.models import PacketId
from tests.support.backuplab import PASSPHRASE, RECIPIENTS, add_registration, backups, dump, new_store
from tests.support.fake_server_registrations import NOW

DATA = b"the same packet"


@cache
def leads_to(state: State) -> frozenset[State]:
    """By walking, not by counting as the code does."""
    reached: set[State] = set()
    waiting = [state]
    while waiting:
        here = waiting.pop()
        for (before, _), after in TRANSITIONS.items():
            if before == here and after not in reached:
                reached.add(after)
                waiting.append(after)
    return frozenset(reached)


REACHABLE = sorted(leads_to(SEALED) | {SEALED}, key=str)
STANDINGS = st.builds(
    Standing, st.sampled_from(REACHABLE), st.integers(0, 5).map(lambda seconds: NOW + timedelta(seconds=seconds))
)


@given(STANDINGS, STANDINGS)
def test_never_backwards(one: Standing, other: Standing) -> None:
    forth, back = other.state in leads_to(one.state), one.state in leads_to(other.state)
    if ClientStatus.DELETED in (one.state.client, other.state.client) and one.state.client != other.state.client:
        assert one.is_further_than(other) == (one.state.client is ClientStatus.DELETED)
    elif forth != back and one.state != other.state:
        assert other.is_further_than(one) == forth
        assert one.is_further_than(other) == back
    elif forth and one.changed_at != other.changed_at and one.state != other.state:
        assert one.is_further_than(other) == (one.changed_at > other.changed_at)


@given(STANDINGS, STANDINGS, STANDINGS)
def test_the_order_is_total(a: Standing, b: Standing, c: Standing) -> None:
    def furthest(one: Standing, other: Standing) -> Standing:
        return other if other.is_further_than(one) else one

    results = {furthest(furthest(x, y), z) for x, y, z in permutations((a, b, c))}
    assert len(results) == 1
    assert (a == b) == (not a.is_further_than(b) and not b.is_further_than(a))


def story(store: LocalStore, packet_id: PacketId, events: list[Event]) -> None:
    """Takes a registration along those events that it can take, each a second later."""
    for step, event in enumerate(events, 1):
        state = store.registrations.find(packet_id).state
        if (state, event) in TRANSITIONS and TRANSITIONS[state, event].client is not ClientStatus.DELETED:
            store.registrations.record(packet_id, event, NOW + timedelta(seconds=step))


STORIES = st.lists(st.sampled_from([event for event in Event if event is not Event.DELETE]), max_size=8)


@settings(max_examples=10)
@given(common=STORIES, here=STORIES, there=STORIES, data=st.data())
def test_two_copies_of_one_registration(
    tmp_path_factory: pytest.TempPathFactory, common: list[Event], here: list[Event], there: list[Event], data: st.DataObject
) -> None:
    """Both copies begin alike and go their own ways; either restored into the other gives the same, and it is the furthest."""
    folder = tmp_path_factory.mktemp("merge")
    files: list[Path] = []
    standings: list[Standing] = []
    for number, own in enumerate((here, there)):
        with new_store(folder / str(number)) as store:
            packet_id = add_registration(store, 1, data=DATA)
            story(store, packet_id, common + own)
            files.append(folder / f"backup-{number}")
            backups(store).back_up(files[-1], RECIPIENTS)
            standings.append(standing(store))
    results = []
    order = data.draw(st.permutations([*files, *files]))
    for number, sequence in enumerate((order, order[::-1])):
        with new_store(folder / f"merged-{number}") as store:
            for source in sequence:
                backups(store).restore(source, PASSPHRASE)
            expected = standings[1] if standings[1].is_further_than(standings[0]) else standings[0]
            assert standing(store) == expected
            merged = dump(store)
            results.append({name: merged[name] for name in ("registration", "outbox", "packet_content")})
            steps = merged["registration_history"]
            keys = [tuple(sorted(step.items())) for step in steps]
            assert len(set(keys)) == len(keys), "no step twice"
    assert results[0] == results[1]


def standing(store: LocalStore) -> Standing:
    (record,) = store.registrations.all()
    with store.database.read() as connection:
        (text,) = connection.execute("SELECT changed_at FROM registration").fetchone()
    from app.store.instants import from_text

    return Standing(record.state, from_text(text))


def test_an_advanced_copy_brings_its_work_along(tmp_path: Path) -> None:
    with new_store(tmp_path / "a") as behind, new_store(tmp_path / "b") as ahead:
        packet_id = add_registration(behind, 1, data=DATA)
        add_registration(ahead, 1, Event.REJECT, Event.SYNC_ACCEPTED, data=DATA, comment="No consent")
        backups(ahead).back_up(tmp_path / "backup", RECIPIENTS)
        report = backups(behind).restore(tmp_path / "backup", PASSPHRASE)
        assert (report.inserted, report.advanced) == (0, 1)
        record = behind.registrations.find(packet_id)
        assert record == ahead.registrations.find(packet_id)
        assert behind.registrations.comment(packet_id) == "No consent"
        assert {(row.task, row.state) for row in behind.outbox.rows(packet_id)} == {
            (Task.SYNC, RowState.DONE),
            (Task.UPLOAD, RowState.PENDING),
        }
        with behind.database.read() as connection:
            work = connection.execute("SELECT work FROM registration").fetchone()[0]
        assert work == "PENDING"
