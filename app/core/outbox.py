"""The outbox: work with the server that must survive a kill, as rows, one for each registration and task.

A row has its own state, reason and next attempt, so that one bad packet never holds up another. What an event does to the
rows is a pure function here; the store applies it in the transaction that records the event.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.lifecycle import REFUSED, ClientStatus, Event, ServerStatus, State
from packet.models import PacketId


class Task(StrEnum):
    """What is to be done with the server, in this order."""

    SYNC = "SYNC"
    UPLOAD = "UPLOAD"
    STATUS = "STATUS"


SUCCESS: Mapping[Task, Event] = {
    Task.SYNC: Event.SYNC_ACCEPTED,
    Task.UPLOAD: Event.UPLOAD_ACCEPTED,
    Task.STATUS: Event.SERVER_RECEIVED,
}
"""What happens when a task is done. A registration that cannot take the event has no such task: what no supervisor has decided
is not announced, what was deleted is not uploaded."""


class RowState(StrEnum):
    """State of one outbox row.

    WAITING: not allowed yet (a supervisor has to decide). PENDING: due at its next attempt. BLOCKED: the server refused it in a
    way that another try does not mend; a person has to look. DONE: nothing left to do.
    """

    WAITING = "WAITING"
    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    DONE = "DONE"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row of the outbox.

    Attributes:
        attempts: tries since the row became pending.
        reason: code of the last failure, for example ``RPR-PKR-009``; None if there was none.
    """

    packet_id: PacketId
    task: Task
    state: RowState
    attempts: int
    next_attempt_at: datetime
    reason: str | None = None


def overall(states: Collection[RowState]) -> RowState:
    """The rows of one registration as one state: what is blocked or waits for a person comes first."""
    return next((state for state in (RowState.BLOCKED, RowState.WAITING, RowState.PENDING) if state in states), RowState.DONE)


ATTENTION = REFUSED | {ServerStatus.AWAITING_INFORMATION, ServerStatus.UNRECOGNISED}
"""What the server says of an uploaded packet that a person has to act upon."""


def needs_attention(state: State, work: RowState) -> bool:
    """Whether a person has to look at a registration: a task is blocked, or the server's word is in `ATTENTION` and nobody has
    dealt with it. Waiting for a supervisor is not among these; that is everyday work with a list of its own.

    Args:
        work: `overall` of its rows.
    """
    return work is RowState.BLOCKED or (state.client is ClientStatus.PUSHED and state.server in ATTENTION)


LAST_WORDS = frozenset({ServerStatus.PROCESSED, ServerStatus.UIN_GENERATED}) | REFUSED
"""After these there is nothing more to ask. ACCEPTED is not among them: it says that a packet is safe, not that it is good."""

FIRST_DELAY_S = 60
LONGEST_DELAY_S = 6 * 3600


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after that many failed tries: one minute, doubled each time, at most six hours."""
    return timedelta(seconds=min(FIRST_DELAY_S * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_DELAY_S))


def consequences(event: Event, before: State, after: State) -> Mapping[Task, RowState]:
    """What an event does to the outbox rows of its registration; rows not named stay as they are.

    An answer to a status call that brings nothing new moves no row: when to ask again is the asker's to say.
    """
    match event:
        case Event.APPROVE | Event.REJECT:
            return {Task.SYNC: RowState.PENDING}
        case Event.SYNC_ACCEPTED:
            return {Task.SYNC: RowState.DONE, Task.UPLOAD: RowState.PENDING}
        case Event.UPLOAD_ACCEPTED | Event.UPLOAD_DUPLICATE:
            return {Task.UPLOAD: RowState.DONE, Task.STATUS: RowState.PENDING}
        case Event.SERVER_RESEND:
            return {Task.UPLOAD: RowState.PENDING, Task.STATUS: RowState.DONE}
        case Event.RE_REGISTER_APPROVE | Event.DELETE:
            return dict.fromkeys(Task, RowState.DONE)
        case _:
            return {} if after == before else _after_status(after)


def _after_status(after: State) -> Mapping[Task, RowState]:
    if after.client is not ClientStatus.PUSHED:
        return {}
    over = after.server in LAST_WORDS
    return {Task.UPLOAD: RowState.DONE, Task.STATUS: RowState.DONE if over else RowState.PENDING}
