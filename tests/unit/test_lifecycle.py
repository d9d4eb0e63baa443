"""The lifecycle of a sealed registration and what each step does to the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import TransitionRefusedError
from app.core.lifecycle import (
    FINISHED,
    REFUSED,
    SEALED,
    TRANSITIONS,
    ClientStatus,
    Event,
    ServerStatus,
    State,
    advance,
    server_status,
    status_event,
)
from app.core.outbox import LONGEST_DELAY_S, RowState, Task, consequences, retry_delay

C = ClientStatus
S = ServerStatus


def walk(*events: Event) -> State:
    state = SEALED
    for event in events:
        state = advance(state, event)
    return state


def reachable() -> set[State]:
    seen = {SEALED}
    frontier = [SEALED]
    while frontier:
        state = frontier.pop()
        for (source, _), target in TRANSITIONS.items():
            if source == state and target not in seen:
                seen.add(target)
                frontier.append(target)
    return seen


def test_the_straight_line_ends_processed() -> None:
    state = walk(Event.APPROVE, Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_ACCEPTED, Event.SERVER_PROCESSED)
    assert state == State(C.PUSHED, S.PROCESSED)
    assert advance(state, Event.DELETE).client is C.DELETED


def test_a_duplicate_counts_as_uploaded() -> None:
    assert walk(Event.APPROVE, Event.SYNC_ACCEPTED, Event.UPLOAD_DUPLICATE) == State(C.PUSHED, S.DUPLICATE)


def test_resend_leads_back_to_the_upload() -> None:
    state = walk(Event.APPROVE, Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_RESEND)
    assert state == State(C.SYNCED, S.RESEND)
    assert advance(state, Event.UPLOAD_ACCEPTED) == State(C.PUSHED, S.RECEIVED)


def test_a_rejected_registration_is_synced_too() -> None:
    assert walk(Event.REJECT, Event.SYNC_ACCEPTED).client is C.SYNCED


@given(st.lists(st.sampled_from(list(Event)), max_size=30))
def test_any_sequence_of_events_keeps_to_the_table(events: list[Event]) -> None:
    state = SEALED
    for event in events:
        if (state, event) not in TRANSITIONS:
            with pytest.raises(TransitionRefusedError) as caught:
                advance(state, event)
            assert caught.value.params == {"client_status": state.client, "server_status": state.server, "event": event}
            continue
        after = advance(state, event)
        if after.client is C.PUSHED and state.client is not C.PUSHED:
            assert state.client is C.SYNCED, "nothing is pushed that was not synced"
        if after.client is C.DELETED:
            assert state.server in FINISHED or state.client is C.RE_REGISTER_APPROVED
        if after.client is C.RE_REGISTER_APPROVED:
            assert state.server in REFUSED
        state = after


def test_repeating_a_server_step_changes_nothing() -> None:
    repeatable = [e for e in Event if e not in (Event.APPROVE, Event.REJECT, Event.RE_REGISTER_APPROVE, Event.DELETE)]
    for state in reachable():
        for event in repeatable:
            after = TRANSITIONS.get((state, event))
            if after is not None and (after, event) in TRANSITIONS:
                assert advance(after, event) == after


def test_deleted_is_the_end() -> None:
    assert not [event for state, event in TRANSITIONS if state.client is C.DELETED]


def test_unsent_registrations_know_nothing_of_a_server() -> None:
    unsent = {C.REGISTERED, C.APPROVED, C.REJECTED}
    assert {s.server for s in reachable() if s.client in unsent} == {S.UNKNOWN}


@pytest.mark.parametrize("status", [s for s in S if s not in (S.UNKNOWN, S.DUPLICATE)])
def test_every_answered_status_is_an_event(status: ServerStatus) -> None:
    assert advance(State(C.PUSHED, S.RECEIVED), status_event(status)).server is status


def test_server_texts_map_to_statuses() -> None:
    assert server_status("PROCESSED") is S.PROCESSED
    assert server_status("Packet has reached Packet Receiver") is S.RECEIVED
    assert server_status("SOMETHING_NEW") is S.UNRECOGNISED
    assert server_status("DUPLICATE") is S.UNRECOGNISED
    assert server_status("UNKNOWN") is S.UNRECOGNISED


def queued(state: State, event: Event) -> dict[Task, RowState]:
    return dict(consequences(event, state, advance(state, event)))


def test_each_accepted_step_queues_the_next_task() -> None:
    assert queued(SEALED, Event.APPROVE) == {Task.SYNC: RowState.PENDING}
    assert queued(State(C.APPROVED), Event.SYNC_ACCEPTED)[Task.UPLOAD] is RowState.PENDING
    assert queued(State(C.SYNCED), Event.UPLOAD_DUPLICATE)[Task.STATUS] is RowState.PENDING
    assert queued(State(C.PUSHED, S.RECEIVED), Event.SERVER_RESEND)[Task.UPLOAD] is RowState.PENDING


def test_a_repeated_sync_queues_the_upload_again() -> None:
    assert queued(State(C.SYNCED), Event.SYNC_ACCEPTED)[Task.UPLOAD] is RowState.PENDING


def test_polling_goes_on_until_the_last_word() -> None:
    assert queued(State(C.PUSHED, S.RECEIVED), Event.SERVER_ACCEPTED)[Task.STATUS] is RowState.PENDING
    assert queued(State(C.PUSHED, S.ACCEPTED), Event.SERVER_PROCESSED)[Task.STATUS] is RowState.DONE
    assert queued(State(C.SYNCED), Event.SERVER_UPLOAD_PENDING) == {}


def test_no_news_moves_no_row() -> None:
    assert queued(State(C.PUSHED, S.RECEIVED), Event.SERVER_RECEIVED) == {}


@given(st.integers(min_value=0, max_value=10_000))
def test_delays_grow_to_a_bound(attempts: int) -> None:
    assert timedelta(minutes=1) <= retry_delay(attempts) <= timedelta(seconds=LONGEST_DELAY_S)
    assert retry_delay(attempts) <= retry_delay(attempts + 1)
