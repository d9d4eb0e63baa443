"""What may be deleted, and that nothing else ever is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.core.errors import TransitionRefusedError
from app.core.lifecycle import FINISHED, REFUSED, TRANSITIONS, ClientStatus, Event, ServerStatus, State
from app.core.retention import FINAL_STATES, RetentionRule, may_delete_packet
from app.store.errors import RegistrationUnknownError
from app.store.localstore import LocalStore, open_store
from app.store.retention import Deleted, RetentionAudits
from packet.keys.software import SoftwareMachineKey
from packet.models import AuditEntry, PacketId
from tests.support.draftsamples import begin_draft
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration

C, S = ClientStatus, ServerStatus
RULE = RetentionRule(packet_days=1, audit_days=10, draft_days=7)
DONE = (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_PROCESSED)
TOLD = (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_REREGISTER, Event.RE_REGISTER_APPROVE)
AUDITS = RetentionAudits(
    packet=lambda rid: audit_entry("PACKET-GONE"),
    draft=lambda identifier: audit_entry("DRAFT-GONE"),
    trail=lambda count: audit_entry("AUDITS-GONE"),
)


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


@pytest.fixture
def store(tmp_path: Path, machine_key: SoftwareMachineKey) -> Iterator[LocalStore]:
    with open_store(tmp_path / "sealdesk.sqlite", machine_key, os.urandom) as opened:
        yield opened


def saved(store: LocalStore, number: int, events: tuple[Event, ...] = (), at: datetime = NOW) -> PacketId:
    new = new_registration(number)
    store.registrations.save(new, store.audits.pending(), audit_entry(f"SEALED-{number}"), at)
    for event in events:
        store.registrations.record(new.packet.packet_id, event, at)
    return new.packet.packet_id


def days(number: float) -> datetime:
    return NOW + timedelta(days=number)


def test_final_are_the_servers_good_word_and_what_a_person_was_told() -> None:
    told = {State(C.RE_REGISTER_APPROVED, server) for server in S}
    assert {State(C.PUSHED, server) for server in FINISHED} | told == FINAL_STATES


@pytest.mark.parametrize("state", sorted({state for state, _ in TRANSITIONS}, key=str))
def test_the_rule_waits_for_the_days_and_never_deletes_what_is_not_final(state: State) -> None:
    assert may_delete_packet(state, NOW, RULE, days(1.01)) == (state in FINAL_STATES)
    for early in (days(-5000), days(0), days(1)):
        assert not may_delete_packet(state, NOW, RULE, early)


def test_days_below_nought_are_refused() -> None:
    with pytest.raises(ValueError, match="below nought"):
        RetentionRule(packet_days=-1)


def test_packets_go_after_their_days_and_the_rest_stays(store: LocalStore) -> None:
    done, told = saved(store, 1, DONE), saved(store, 2, TOLD)
    young = saved(store, 3, DONE, days(1))
    others = [
        saved(store, 4),
        saved(store, 5, (Event.SYNC_ACCEPTED, Event.EXPORT)),
        saved(store, 6, DONE[:2]),
        saved(store, 7, TOLD[:3]),
        saved(store, 8, (*DONE[:2], Event.SERVER_RESEND)),
        saved(store, 9, (*DONE[:2], Event.SERVER_UNRECOGNISED)),
    ]
    assert store.retention.apply(RULE, days(0.5), AUDITS) == Deleted()
    assert [record.packet_id for record in store.retention.due(RULE, days(1.5))] == [done, told]
    assert store.retention.apply(RULE, days(1.5), AUDITS) == Deleted(packets=(done, told))
    for gone in (done, told):
        assert store.registrations.find(gone).state.client is C.DELETED
        with pytest.raises(RegistrationUnknownError):
            store.registrations.packet(gone)
    for kept in (young, *others):
        assert store.registrations.packet(kept)
    assert [e.event_id for e in store.audits.pending().entries].count("PACKET-GONE") == 2
    assert store.retention.apply(RULE, days(1.5), AUDITS) == Deleted()


def test_the_packet_of_a_deletion_is_gone_from_the_files(store: LocalStore) -> None:
    content = os.urandom(50_000)
    new = new_registration(data=content)
    store.registrations.save(new, store.audits.pending(), audit_entry(), NOW)
    for event in DONE:
        store.registrations.record(new.packet.packet_id, event, NOW)
    store.retention.apply(RULE, days(9), AUDITS)
    files = b"".join(file.read_bytes() for file in store.database.path.parent.iterdir())
    assert content[100:140] not in files
    assert content[-40:] not in files


def test_a_status_that_comes_meanwhile_is_not_overrun(store: LocalStore) -> None:
    """The list of what may go was made before the server asked for the packet again."""
    packet_id = saved(store, 1, DONE)

    def asked_again(_registration_id: str) -> AuditEntry:
        store.registrations.record(packet_id, Event.SERVER_RESEND, days(5))
        return audit_entry()

    audits = RetentionAudits(packet=asked_again, draft=AUDITS.draft, trail=AUDITS.trail)
    assert store.retention.apply(RULE, days(5), audits).packets == ()
    assert store.registrations.packet(packet_id)


def test_audit_rows_go_only_after_a_packet_carried_them(store: LocalStore) -> None:
    for number in range(5):
        store.audits.add(audit_entry(f"BEFORE-{number}", number))
    saved(store, 1)
    store.audits.add(audit_entry("AFTER", 6))
    assert store.retention.apply(RULE, days(9), AUDITS).audits == 0
    assert store.retention.apply(RULE, days(400), AUDITS).audits == 5
    assert {e.event_id for e in store.audits.pending().entries} == {"SEALED-1", "AFTER", "AUDITS-GONE"}
    assert store.retention.apply(RULE, days(400), AUDITS).audits == 0
    saved(store, 2)
    assert [e.event_id for e in store.audits.pending().entries] == ["SEALED-2"]


def test_drafts_go_when_nobody_worked_on_them(store: LocalStore) -> None:
    old, young = begin_draft(store, 1, form=b"x"), begin_draft(store, 2, at=days(5), form=b"x")
    assert store.retention.apply(RULE, days(6), AUDITS).drafts == ()
    assert store.retention.apply(RULE, days(8), AUDITS).drafts == (old,)
    assert store.drafts.load(young).parts == {"form": b"x"}


@dataclass
class Known:
    """What the history says of one registration.

    Attributes:
        has_word: the server said that it has the packet for good, or a person was told to come again after it refused it.
    """

    has_word: bool = False
    events: list[Event] = field(default_factory=list)


class Histories(RuleBasedStateMachine):
    """Random events, random clocks, retention at any moment: no packet goes that the server has not acknowledged."""

    machine_key: SoftwareMachineKey
    folder: Path

    @initialize()
    def begin(self) -> None:
        self.path = self.folder / f"{os.urandom(8).hex()}.sqlite"
        self.store = open_store(self.path, self.machine_key, os.urandom)
        self.known: dict[PacketId, Known] = {}
        self.drafts = 0

    @rule(at=st.integers(0, 60))
    def seal(self, at: int) -> None:
        if len(self.known) < 5:
            self.known[saved(self.store, len(self.known) + 1, at=days(at))] = Known()

    @rule(number=st.integers(0, 4), events=st.lists(st.sampled_from(Event), min_size=1, max_size=6), at=st.integers(0, 60))
    def happen(self, number: int, events: list[Event], at: int) -> None:
        if number >= len(self.known):
            return
        packet_id, known = list(self.known.items())[number]
        for event in events:
            if event is Event.DELETE:
                continue
            try:
                state = self.store.registrations.record(packet_id, event, days(at))
            except TransitionRefusedError:
                continue
            known.events.append(event)
            known.has_word = (state.client is C.PUSHED and state.server in FINISHED) or (
                state.client is C.RE_REGISTER_APPROVED and state.server in REFUSED
            )

    @rule(at=st.integers(0, 60))
    def draft(self, at: int) -> None:
        self.drafts += 1
        begin_draft(self.store, self.drafts, at=days(at), form=b"x")

    @rule(at=st.integers(-10, 1000), packet_days=st.integers(0, 30), draft_days=st.integers(0, 30))
    def clean(self, at: int, packet_days: int, draft_days: int) -> None:
        self.store.retention.apply(RetentionRule(packet_days, 0, draft_days), days(at), AUDITS)

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "store"):
            return
        assert len(self.store.registrations.all()) == len(self.known), "the rows stay for ever"
        for packet_id, known in self.known.items():
            if not known.has_word:
                assert self.store.registrations.packet(packet_id), known.events

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.path.unlink()


def test_no_history_deletes_a_packet_that_the_server_has_not_acknowledged(
    tmp_path: Path, machine_key: SoftwareMachineKey
) -> None:
    class Here(Histories):
        folder = tmp_path

    Here.machine_key = machine_key
    run_state_machine_as_test(Here, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))
