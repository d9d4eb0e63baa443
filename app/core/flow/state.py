"""Where a registration in work stands. Frozen values; no rule is in here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.core.factors import Factor
from app.core.forms.findings import Finding
from app.core.reviewing import canonical_user_id
from packet.models import CapturedBiometric, PacketId, RegistrationId


class StepKind(StrEnum):
    """The kinds of steps, in the order in which they come."""

    UPDATE = "UPDATE"
    SCREEN = "SCREEN"
    PREVIEW = "PREVIEW"
    OPERATOR = "OPERATOR"
    REVIEWER = "REVIEWER"
    ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        screen: name of the screen; None for every other kind.
    """

    kind: StepKind
    screen: str | None = None

    @property
    def name(self) -> str:
        """One text for lists and drafts: ``SCREEN/Demographics``, ``PREVIEW``."""
        return self.kind.value if self.screen is None else f"{self.kind.value}/{self.screen}"


UPDATE: Final = Step(StepKind.UPDATE)
PREVIEW: Final = Step(StepKind.PREVIEW)
OPERATOR: Final = Step(StepKind.OPERATOR)
REVIEWER: Final = Step(StepKind.REVIEWER)
ACKNOWLEDGEMENT: Final = Step(StepKind.ACKNOWLEDGEMENT)


def screen_step(name: str) -> Step:
    """The step of a screen."""
    return Step(StepKind.SCREEN, name)


class Party(StrEnum):
    """Who authenticates."""

    OPERATOR = "OPERATOR"
    REVIEWER = "REVIEWER"

    @property
    def step(self) -> Step:
        """Where they do it."""
        return OPERATOR if self is Party.OPERATOR else REVIEWER


@dataclass(frozen=True, slots=True)
class Challenge:
    """One factor that is asked of one user now.

    Attributes:
        serial: a proof for a challenge of the past is recognised by it.
        position: place of the factor in its sequence, from 0.
        total: number of factors.
    """

    party: Party
    user_id: str
    factor: Factor
    position: int
    total: int
    serial: int


@dataclass(frozen=True, slots=True)
class Round:
    """How far a user's authentication has come.

    Attributes:
        factors: to be presented, in order.
        passed: how many were.
        revision: of the form that is being confirmed.
        session_key: login within which it happens.
    """

    user_id: str
    factors: tuple[Factor, ...]
    revision: int
    session_key: str = field(repr=False)
    passed: int = 0
    captures: tuple[CapturedBiometric, ...] = field(default=(), repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether every factor was presented."""
        return 0 < len(self.factors) == self.passed


@dataclass(frozen=True, slots=True)
class SealTicket:
    """Permission to seal what the form holds at a revision; the answer to the sealing names it."""

    serial: int
    revision: int


@dataclass(frozen=True, slots=True)
class SealedRegistration:
    """What came of a sealing."""

    registration_id: RegistrationId
    packet_id: PacketId


@dataclass(frozen=True, slots=True)
class FlowState:
    """Where a registration stands.

    Attributes:
        seen: names of the screens that were shown.
        previewed_revision: revision of the form that the preview showed last.
        failures: compared user id to number of wrong factors, over the whole registration; an edit does not reset it.
        serial: raised whenever something that is under way is over.
        sealing: set while the packet is being built.
        sealed: set at the acknowledgement, never taken back.
    """

    step: Step
    seen: frozenset[str] = frozenset()
    previewed_revision: int | None = None
    operator: Round | None = None
    reviewer: Round | None = None
    failures: tuple[tuple[str, int], ...] = ()
    serial: int = 0
    sealing: SealTicket | None = None
    sealed: SealedRegistration | None = None

    def round_of(self, party: Party) -> Round | None:
        """The authentication of the operator or of the reviewer, if it has begun."""
        return self.operator if party is Party.OPERATOR else self.reviewer

    def failures_of(self, user_id: str) -> int:
        """How many wrong factors this user presented during this registration."""
        return dict(self.failures).get(canonical_user_id(user_id), 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an event led to.

    Attributes:
        findings: why it did not move on; empty if it did, or if the event was about something that is over.
    """

    state: FlowState
    findings: tuple[Finding, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether something kept it from moving."""
        return bool(self.findings)
