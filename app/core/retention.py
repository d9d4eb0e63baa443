"""What may be deleted here, and when. Everything that is not named here stays for ever.

A packet goes only after the server said that it has it for good, or after the person was told to come again; and then only
after the configured days. An audit row goes only after a packet carried it. A draft goes when nobody has worked on it for the
configured days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.lifecycle import TRANSITIONS, Event, State


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long things stay.

    Attributes:
        packet_days: after the server's word (``mosip.registration.reg_deletion_configured_days``).
        audit_days: after the action, for rows that a packet carried
            (``mosip.registration.audit_log_deletion_configured_days``).
        draft_days: after the last change; a setting of our own.
    """

    packet_days: int = 1
    audit_days: int = 10
    draft_days: int = 7

    def __post_init__(self) -> None:
        """Raises `ValueError` for a number of days below nought, which would delete what is still to come."""
        if min(self.packet_days, self.audit_days, self.draft_days) < 0:
            raise ValueError("days of retention below nought")

    def packets_before(self, at: datetime) -> datetime:
        """Packets go whose state has been final since before this instant."""
        return at - timedelta(days=self.packet_days)

    def audits_before(self, at: datetime) -> datetime:
        """Carried audit rows go that tell of something before this instant."""
        return at - timedelta(days=self.audit_days)

    def drafts_before(self, at: datetime) -> datetime:
        """Drafts go that were last changed before this instant."""
        return at - timedelta(days=self.draft_days)


FINAL_STATES: frozenset[State] = frozenset(state for state, event in TRANSITIONS if event is Event.DELETE)
"""States from which the lifecycle lets a packet go: the server has it for good, or the person comes again."""


def may_delete_packet(state: State, changed_at: datetime, rule: RetentionRule, at: datetime) -> bool:
    """Whether the packet of a registration may be deleted now.

    A state that was reached "in the future" (the clock was wrong then, or is now) is never old enough.

    Args:
        changed_at: when it came into this state.
    """
    return state in FINAL_STATES and changed_at < rule.packets_before(at)
