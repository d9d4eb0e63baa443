"""The queue page: any combination of filters gives what a plain look at every registration gives, and opens no packet."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.lifecycle import NOT_SENT, ClientStatus, Event, ServerStatus
from app.core.outbox import RowState, Task, needs_attention, overall
from app.core.queue import Cursor, LimitFigures, Order, QueueFilter
from app.core.registration import RegistrationRecord
from app.store.localstore import LocalStore, open_store
from app.store.queue import counts_query, latest_query, left_query, page_query, unsent_query, waiting_query
from packet.keys.software import SoftwareMachineKey
from packet.models import PacketId
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration
from tests.support.queuesamples import PROCESSES, fill

COUNT = 400

C, S, W = ClientStatus, ServerStatus, RowState


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, machine_key: SoftwareMachineKey) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("queue") / "sealdesk.sqlite", machine_key, os.urandom) as store:
        fill(store, COUNT)
        yield store


@pytest.fixture
def store(tmp_path: Path, machine_key: SoftwareMachineKey) -> Iterator[LocalStore]:
    with open_store(tmp_path / "sealdesk.sqlite", machine_key, os.urandom) as opened:
        yield opened


INSTANTS = st.integers(-10, 7 * COUNT + 10).map(lambda minutes: NOW - timedelta(minutes=minutes))
FILTERS = st.builds(
    QueueFilter,
    clients=st.frozensets(st.sampled_from(C), max_size=4),
    servers=st.frozensets(st.sampled_from(S), max_size=6),
    works=st.frozensets(st.sampled_from(W), max_size=2),
    processes=st.frozensets(st.sampled_from([*PROCESSES, "NONE"]), max_size=3),
    created_from=st.none() | INSTANTS,
    created_before=st.none() | INSTANTS,
    text=st.sampled_from(["", "", "1", "10001100210000", "100011002100017", "100011002100399203", "2", "%", "é", " 1 "]),
    only_attention=st.booleans(),
    is_exported=st.sampled_from([None, None, True, False]),
)


def holds(which: QueueFilter, record: RegistrationRecord) -> bool:
    """The filter, said plainly."""
    return (
        (not which.clients or record.state.client in which.clients)
        and (not which.servers or record.state.server in which.servers)
        and (not which.works or record.work in which.works)
        and (not which.processes or record.process in which.processes)
        and (which.created_from is None or record.created_at >= which.created_from)
        and (which.created_before is None or record.created_at < which.created_before)
        and record.packet_id.startswith(which.text.strip())
        and (not which.only_attention or record.needs_attention)
        and (which.is_exported is None or (record.exported_at is not None) == which.is_exported)
    )


SORTS: dict[Order, Callable[[RegistrationRecord], tuple[object, ...]]] = {
    Order.CREATED: lambda record: (record.created_at, record.packet_id),
    Order.CHANGED: lambda record: (record.changed_at, record.packet_id),
    Order.PACKET_ID: lambda record: (record.packet_id,),
    Order.PROCESS: lambda record: (record.process, record.packet_id),
    Order.CLIENT_STATUS: lambda record: (record.state.client, record.state.server, record.packet_id),
    Order.SERVER_STATUS: lambda record: (record.state.server, record.state.client, record.packet_id),
}


@settings(deadline=None)
@given(FILTERS, st.sampled_from(Order), st.booleans(), st.sampled_from([1, 7, 50, 1000]))
def test_pages_joined_are_the_plain_list(
    filled: LocalStore, which: QueueFilter, order: Order, is_descending: bool, limit: int
) -> None:
    matching = [record for record in filled.registrations.all() if holds(which, record)]
    expected = sorted(matching, key=SORTS[order], reverse=is_descending)
    shown: list[RegistrationRecord] = []
    after: Cursor | None = None
    for _ in range(1, 12):
        page = filled.queue.page(which, order, is_descending=is_descending, after=after, limit=limit)
        assert len(page.records) == min(limit, len(expected) - len(shown))
        shown += page.records
        after = page.next
        if after is None:
            break
    assert shown == expected[: len(shown)]
    assert (after is None) == (len(shown) == len(expected))
    assert filled.queue.counts(which) == Counter(record.state for record in matching)


def test_a_cursor_of_another_order_is_a_mistake_of_the_caller(filled: LocalStore) -> None:
    page = filled.queue.page(QueueFilter(), limit=5)
    with pytest.raises(ValueError, match="another order"):
        filled.queue.page(QueueFilter(), Order.PROCESS, after=page.next)


def test_registrations_that_come_while_paging_shift_nothing(store: LocalStore) -> None:
    fill(store, 30)
    first = store.queue.page(QueueFilter(), limit=10)
    store.registrations.save(new_registration(99998), store.audits.pending(), audit_entry(), NOW)
    second = store.queue.page(QueueFilter(), after=first.next, limit=10)
    assert not {r.packet_id for r in first.records} & {r.packet_id for r in second.records}
    assert first.records[-1].created_at - second.records[0].created_at == timedelta(minutes=7)


def plan(store: LocalStore, query: str, values: tuple[str, ...]) -> list[str]:
    with store.database.read() as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]


@settings(deadline=None)
@given(FILTERS, st.sampled_from(Order), st.booleans(), st.booleans())
def test_no_filter_looks_at_anything_but_an_index(
    filled: LocalStore, which: QueueFilter, order: Order, is_descending: bool, is_first: bool
) -> None:
    keys = {Order.PACKET_ID: 1, Order.CLIENT_STATUS: 3, Order.SERVER_STATUS: 3}.get(order, 2)
    after = None if is_first else Cursor(order, is_descending, ("x",) * keys)
    for query in (page_query(which, order, is_descending, after, 51), counts_query(which)):
        steps = [step for step in plan(filled, *query) if not step.startswith("USE TEMP B-TREE")]
        assert len(steps) == 1
        assert "registration USING COVERING INDEX" in steps[0]


@pytest.mark.parametrize("query", [waiting_query(), unsent_query(), left_query(), latest_query()])
def test_no_figure_looks_at_whole_tables(filled: LocalStore, query: tuple[str, tuple[str, ...]]) -> None:
    for step in plan(filled, *query):
        assert not step.startswith(("SCAN registration", "SCAN packet_content", "SCAN slip", "SCAN draft")) or "INDEX" in step


def test_processes_are_listed_once_each(filled: LocalStore, store: LocalStore) -> None:
    assert filled.queue.processes() == tuple(sorted(PROCESSES))
    assert store.queue.processes() == ()


def save(store: LocalStore, number: int, *, needs_approval: bool = False) -> PacketId:
    new = new_registration(number, needs_approval=needs_approval)
    store.registrations.save(new, store.audits.pending(), audit_entry(), NOW)
    return new.packet.packet_id


def test_the_rows_of_the_outbox_are_one_state_in_the_list(store: LocalStore) -> None:
    packet_id = save(store, 1, needs_approval=True)

    def work() -> RowState:
        found = store.registrations.find(packet_id).work
        assert found is overall([row.state for row in store.outbox.rows(packet_id)])
        return found

    assert work() is W.WAITING
    store.registrations.record(packet_id, Event.APPROVE, NOW)
    assert work() is W.PENDING
    store.outbox.block(packet_id, Task.SYNC, "RPR-RGS-003", NOW)
    assert work() is W.BLOCKED
    assert store.registrations.find(packet_id).needs_attention
    store.outbox.again(packet_id, Task.SYNC, NOW)
    for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED):
        store.registrations.record(packet_id, event, NOW)
    assert work() is W.PENDING
    store.registrations.record(packet_id, Event.SERVER_REREGISTER, NOW)
    assert work() is W.DONE
    assert [r.packet_id for r in store.queue.page(QueueFilter(only_attention=True)).records] == [packet_id]
    store.registrations.record(packet_id, Event.RE_REGISTER_APPROVE, NOW)
    assert store.queue.page(QueueFilter(only_attention=True)).records == ()


def test_attention_in_the_list_is_the_rule_of_the_core(filled: LocalStore) -> None:
    asked = {r.packet_id for r in filled.queue.page(QueueFilter(only_attention=True), limit=COUNT).records}
    assert asked == {r.packet_id for r in filled.registrations.all() if needs_attention(r.state, r.work)}
    assert asked


def test_an_export_is_noted_and_moves_nothing(store: LocalStore) -> None:
    packet_id = save(store, 1)
    before = store.registrations.find(packet_id)
    later = NOW + timedelta(hours=1)
    assert store.registrations.record(packet_id, Event.EXPORT, later, audit=audit_entry()) == before.state
    after = store.registrations.find(packet_id)
    assert (before.exported_at, after.exported_at) == (None, later)
    assert (after.state, after.changed_at, after.work) == (before.state, before.changed_at, before.work)
    with store.database.read() as connection:
        events = [row[0] for row in connection.execute("SELECT event FROM registration_history ORDER BY id")]
    assert events == ["APPROVE", "EXPORT"]


def test_the_figures_of_the_limits(store: LocalStore) -> None:
    assert store.queue.limit_figures() == LimitFigures(0, None, 0, None, None)
    save(store, 1, needs_approval=True)
    approved, exported, pushed = (save(store, number) for number in (2, 3, 4))
    with store.database.transaction() as connection:
        connection.execute(
            "UPDATE registration SET created_at = replace(created_at, '2030', '2029') WHERE packet_id = ?", (approved,)
        )
    assert store.queue.limit_figures() == LimitFigures(1, NOW, 4, NOW - timedelta(days=365), None)
    store.registrations.record(exported, Event.EXPORT, NOW + timedelta(hours=1))
    store.registrations.record(pushed, Event.SYNC_ACCEPTED, NOW)
    store.registrations.record(pushed, Event.UPLOAD_ACCEPTED, NOW + timedelta(hours=2))
    figures = store.queue.limit_figures()
    assert (figures.not_exported, figures.last_left_at) == (2, NOW + timedelta(hours=2))


def test_the_figures_agree_with_a_plain_look(filled: LocalStore) -> None:
    records = filled.registrations.all()
    figures = filled.queue.limit_figures()
    unsent = [r for r in records if r.state.client in NOT_SENT and r.exported_at is None]
    waiting = [r for r in records if r.state.client is C.REGISTERED]
    assert (figures.waiting, figures.oldest_waiting_at) == (len(waiting), min(r.created_at for r in waiting))
    assert (figures.not_exported, figures.oldest_not_exported_at) == (len(unsent), min(r.created_at for r in unsent))
