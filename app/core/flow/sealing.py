"""What the packet says of those who confirmed it, and what becomes of a sealing.

`moves.forward` from the last authentication gives a ticket. The packet is then built, with the form as it was at the ticket's
revision, and saved. Exactly one of `sealed` and `seal_failed` follows; each may be told twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.core.flow.errors import EventOutOfOrderError, FormChangedError
from app.core.flow.state import ACKNOWLEDGEMENT, PREVIEW, Answer, FlowState, Round, SealedRegistration, SealTicket
from app.core.flow.view import FormView
from app.core.reviewing import operator_of
from packet.models import Operator


@dataclass(frozen=True, slots=True)
class Authentications:
    """Who confirmed the registration, as the packet needs it.

    Attributes:
        supervisor: the reviewer; None if none was needed.
    """

    officer: Operator
    supervisor: Operator | None


def authentications(state: FlowState, form: FormView | None = None) -> Authentications:
    """Who confirmed what is being sealed. To be asked right before the packet's values are read from the form.

    Args:
        form: from which they are read; given, it must be at the revision that was confirmed.

    Raises:
        EventOutOfOrderError: if nothing is being sealed.
        FormChangedError: if the form was changed since it was confirmed; tell `seal_failed`.
    """
    if state.sealing is None or state.operator is None:
        raise EventOutOfOrderError(event="authentications", step=state.step.kind.value)
    if form is not None and form.revision != state.sealing.revision:
        raise FormChangedError
    return Authentications(_operator(state.operator), None if state.reviewer is None else _operator(state.reviewer))


def sealed(state: FlowState, ticket: SealTicket, registration: SealedRegistration) -> Answer:
    """The packet is saved. Told again, nothing changes.

    Raises:
        EventOutOfOrderError: if no sealing with this ticket runs, or if it had another result.
    """
    if state.sealed is not None:
        if state.sealed == registration:
            return Answer(state)
        raise EventOutOfOrderError(event="sealed", step=state.step.kind.value)
    if state.sealing != ticket:
        raise EventOutOfOrderError(event="sealed", step=state.step.kind.value)
    return Answer(replace(state, step=ACKNOWLEDGEMENT, sealing=None, sealed=registration, operator=None, reviewer=None))


def seal_failed(state: FlowState, ticket: SealTicket) -> Answer:
    """The packet could not be built or saved: back to the preview, with everything kept, so that it can be tried again.

    Raises:
        EventOutOfOrderError: if the registration is sealed, or a ticket that was never given is named.
    """
    if state.sealed is not None or ticket.serial > state.serial:
        raise EventOutOfOrderError(event="seal_failed", step=state.step.kind.value)
    if state.sealing != ticket:
        return Answer(state)
    return Answer(replace(state, step=PREVIEW, sealing=None, serial=state.serial + 1))


def _operator(held: Round) -> Operator:
    return operator_of(held.user_id, held.factors, held.captures)
