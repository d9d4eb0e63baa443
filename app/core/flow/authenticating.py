"""The operator and, if exceptions were recorded, a reviewer prove who they are.

Order: (1) the party is identified; (2) `challenge` says which factor is asked of them; (3) `prove` takes what came of it. A
wrong factor is counted and asked again; what was presented before it stays. `sealing.authentications` then has what the packet
says of them.
"""

from __future__ import annotations

from dataclasses import replace

from app.core.factors import Factor, FactorUnknownError, NoFactorError
from app.core.flow.errors import EventOutOfOrderError
from app.core.flow.guards import ALREADY_SEALED, SEALING_RUNS, refused
from app.core.flow.moves import reconcile
from app.core.flow.state import OPERATOR, REVIEWER, Answer, Challenge, FlowState, Party, Round
from app.core.flow.view import FlowRules, FormView
from app.core.forms.findings import Finding
from app.core.reviewing import (
    BiometricProof,
    Proof,
    Refusal,
    canonical_user_id,
    is_same_user,
    operator_factors,
    operator_refusal,
    proof_refusal,
    reviewer_factors,
    reviewer_refusal,
)
from packet.models import CapturedBiometric


def identify(state: FlowState, form: FormView, rules: FlowRules, party: Party, user_id: str) -> Answer:
    """Begins the authentication of a user. For the user who has already begun it is a no-op.

    Args:
        user_id: as typed, or that of the session.

    Raises:
        EventOutOfOrderError: if it is not this party's step.
    """
    if state.sealing is not None or state.sealed is not None:
        return Answer(state, (Finding(SEALING_RUNS if state.sealed is None else ALREADY_SEALED),))
    if state.step != party.step:
        raise EventOutOfOrderError(event="identify", step=state.step.kind.value)
    now = reconcile(state, form, rules)
    if now.step != party.step:
        return Answer(now)
    if (refusal := _refusal(party, user_id, rules)) is not None:
        return Answer(now, refused(refusal))
    begun = now.round_of(party)
    if begun is not None and is_same_user(begun.user_id, user_id):
        return Answer(now)
    try:
        factors = _factors(party, user_id, rules)
    except NoFactorError:
        return Answer(now, refused(Refusal.NO_FACTOR))
    except FactorUnknownError as unknown:
        return Answer(now, refused(Refusal.FACTOR_UNKNOWN, {"factor": str(unknown.params["factor"])}))
    user = rules.users.find(user_id)
    fresh = Round(user.user_id if user else user_id, factors, form.revision, rules.session_key)
    return Answer(_with_round(now, party, fresh))


def challenge(state: FlowState) -> Challenge | None:
    """The factor that is asked for now; None if no user is identified, or if nothing is left to present."""
    party = _party_at(state)
    begun = state.round_of(party) if party else None
    if party is None or begun is None or begun.is_complete or state.sealing is not None:
        return None
    return Challenge(party, begun.user_id, begun.factors[begun.passed], begun.passed, len(begun.factors), state.serial)


def prove(state: FlowState, form: FormView, rules: FlowRules, asked: Challenge, proof: Proof) -> Answer:
    """Takes what came of a challenge. A challenge of the past changes nothing.

    Raises:
        EventOutOfOrderError: if the challenge was never given.
        app.core.reviewing.ProofMisplacedError: if it is the proof of another kind of factor.
    """
    if asked.serial > state.serial:
        raise EventOutOfOrderError(event="prove", step=state.step.kind.value)
    if state.sealing is not None or state.sealed is not None:
        return Answer(state)
    now = reconcile(state, form, rules)
    begun = now.round_of(asked.party)
    if asked.serial < now.serial or now.step != asked.party.step or begun is None:
        return Answer(now)
    if asked != challenge(now):
        raise EventOutOfOrderError(event="prove", step=now.step.kind.value)
    refusal = proof_refusal(asked.factor, proof) or _refusal(asked.party, begun.user_id, rules)
    if refusal is Refusal.FACTOR_WRONG:
        failed = replace(now, failures=_counted(now, begun.user_id), serial=now.serial + 1)
        return Answer(failed, refused(refusal, {"factor": asked.factor.value}))
    if refusal is not None:
        return Answer(now, refused(refusal, {"factor": asked.factor.value}))
    further = replace(begun, passed=begun.passed + 1, captures=begun.captures + _captures(proof))
    return Answer(_with_round(now, asked.party, further))


def forget_authentications(state: FlowState) -> FlowState:
    """Takes back every authentication, for example when the desk is locked; nothing once a sealing runs."""
    if state.sealing is not None or state.sealed is not None:
        return state
    step = OPERATOR if state.step == REVIEWER else state.step
    if state.operator is None and state.reviewer is None and step == state.step:
        return state
    return replace(state, step=step, operator=None, reviewer=None, serial=state.serial + 1)


def _refusal(party: Party, user_id: str, rules: FlowRules) -> Refusal | None:
    if party is Party.OPERATOR:
        return operator_refusal(user_id, rules.session_user_id, rules.users)
    return reviewer_refusal(user_id, rules.session_user_id, rules.users, rules.reviewer_roles)


def _factors(party: Party, user_id: str, rules: FlowRules) -> tuple[Factor, ...]:
    if party is Party.OPERATOR:
        return operator_factors(user_id, rules.users, rules.methods)
    return reviewer_factors(user_id, rules.users, rules.methods, rules.reviewer_roles)


def _party_at(state: FlowState) -> Party | None:
    return next((party for party in Party if party.step == state.step), None)


def _with_round(state: FlowState, party: Party, held: Round) -> FlowState:
    if party is Party.OPERATOR:
        return replace(state, operator=held, serial=state.serial + 1)
    return replace(state, reviewer=held, serial=state.serial + 1)


def _counted(state: FlowState, user_id: str) -> tuple[tuple[str, int], ...]:
    counts = dict(state.failures)
    key = canonical_user_id(user_id)
    return tuple(sorted({**counts, key: counts.get(key, 0) + 1}.items()))


def _captures(proof: Proof) -> tuple[CapturedBiometric, ...]:
    return proof.captures if isinstance(proof, BiometricProof) else ()
