"""Which of two states of one registration is the further one, when a backup meets what is already there.

A state that the lifecycle can reach from another, but not the other way round, is further. Where both lead to each other (a
packet that the server wants again goes back and forth), or neither does (approved here, rejected there), the later change is
taken. What was deleted stays deleted: that happens only when the server has the packet for good.

The order is total, so it does not matter how many backups are restored, in which sequence and how often: the furthest state
wins each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.lifecycle import TRANSITIONS, ClientStatus, ServerStatus, State


def _ranks() -> dict[State, int]:
    """How many states lead to each: a state reached from another has more than that one, unless it leads back to it."""
    onward: dict[State, set[State]] = {State(client, server): set() for client in ClientStatus for server in ServerStatus}
    for (before, _), after in TRANSITIONS.items():
        onward[before].add(after)
    ranks = dict.fromkeys(onward, 0)
    for start in onward:
        reached, waiting = {start}, [start]
        while waiting:
            found = onward[waiting.pop()] - reached
            reached |= found
            waiting += found
        for state in reached:
            ranks[state] += 1
    return ranks


_RANKS = _ranks()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one copy of a registration stands."""

    state: State
    changed_at: datetime

    def is_further_than(self, other: Standing) -> bool:
        """Whether this copy's state is to replace the other's."""
        return _key(self) > _key(other)


def _key(standing: Standing) -> tuple[bool, int, datetime, str, str]:
    state = standing.state
    is_deleted = state.client is ClientStatus.DELETED
    return is_deleted, _RANKS[state], standing.changed_at, state.client.value, state.server.value
