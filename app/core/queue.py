"""What can be asked about the sealed registrations on this machine: the questions of the queue page and of the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.lifecycle import ClientStatus, ServerStatus, State
from app.core.outbox import RowState
from app.core.registration import RegistrationRecord


class Order(StrEnum):
    """By what a list is sorted; registrations that are equal there come in the order of their packet ids."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    PACKET_ID = "PACKET_ID"
    PROCESS = "PROCESS"
    CLIENT_STATUS = "CLIENT_STATUS"
    SERVER_STATUS = "SERVER_STATUS"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which registrations; all conditions hold together, and one that is left empty refuses none.

    Attributes:
        works: their outbox rows as one state (`app.core.outbox.overall`).
        processes: process ids as in the packet.
        created_from, created_before: when the packet was sealed, from the first and before the second.
        text: beginning of the registration id or of the packet id, which begins with it.
        only_attention: those that a person has to look at (`app.core.outbox.needs_attention`).
        is_exported: whether a copy was saved elsewhere.
    """

    clients: frozenset[ClientStatus] = frozenset()
    servers: frozenset[ServerStatus] = frozenset()
    works: frozenset[RowState] = frozenset()
    processes: frozenset[str] = frozenset()
    created_from: datetime | None = None
    created_before: datetime | None = None
    text: str = ""
    only_attention: bool = False
    is_exported: bool | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended; good for the same order and direction only."""

    order: Order
    is_descending: bool
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A piece of a list.

    Attributes:
        next: where the following piece begins; None if this was the last.
    """

    records: tuple[RegistrationRecord, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class LimitFigures:
    """What the limits look at that stop new registrations.

    Attributes:
        waiting: sealed, not decided by a supervisor.
        oldest_waiting_at: when the oldest of these was sealed.
        not_exported: packets that the server does not have and of which no copy was saved elsewhere.
        oldest_not_exported_at: when the oldest of these was sealed.
        last_left_at: when a packet was last uploaded or saved elsewhere; None if never.
    """

    waiting: int
    oldest_waiting_at: datetime | None
    not_exported: int
    oldest_not_exported_at: datetime | None
    last_left_at: datetime | None


Counts = Mapping[State, int]
"""How many registrations are in each state; states without any are left out."""
