"""What keeps a step from being entered, as findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from app.core.flow.state import (
    ACKNOWLEDGEMENT,
    OPERATOR,
    PREVIEW,
    REVIEWER,
    UPDATE,
    FlowState,
    Round,
    Step,
    StepKind,
    screen_step,
)
from app.core.flow.view import FlowRules, FormView
from app.core.forms.findings import Finding
from app.core.reviewing import Refusal, is_same_user, operator_refusal, reviewer_refusal

FORM_FAULTY: Final = "FLOW-FORM-FAULTY"
FORM_EMPTY: Final = "FLOW-FORM-EMPTY"
SCREEN_SKIPPED: Final = "FLOW-SCREEN-SKIPPED"
CONSENT_UNANSWERED: Final = "FLOW-CONSENT-UNANSWERED"
PREVIEW_NOT_SEEN: Final = "FLOW-PREVIEW-NOT-SEEN"
OPERATOR_NOT_CONFIRMED: Final = "FLOW-OPERATOR-NOT-CONFIRMED"
REVIEWER_NOT_CONFIRMED: Final = "FLOW-REVIEWER-NOT-CONFIRMED"
STEP_GONE: Final = "FLOW-STEP-GONE"
SEALING_RUNS: Final = "FLOW-SEALING-RUNS"
ALREADY_SEALED: Final = "FLOW-ALREADY-SEALED"

_NO_PARAMS: Final[Mapping[str, str]] = MappingProxyType({})


def needs_reviewer(form: FormView, rules: FlowRules) -> bool:
    """Whether a second person has to confirm."""
    return rules.is_reviewer_needed and form.has_biometric_exceptions


def steps(form: FormView, rules: FlowRules) -> tuple[Step, ...]:
    """The steps as the form has them now, in order."""
    return (
        *((UPDATE,) if form.is_update else ()),
        *map(screen_step, form.visible_screens),
        PREVIEW,
        OPERATOR,
        *((REVIEWER,) if needs_reviewer(form, rules) else ()),
        ACKNOWLEDGEMENT,
    )


def screen_findings(form: FormView, screen: str) -> tuple[Finding, ...]:
    """What is wrong with a screen, an unanswered consent included."""
    found = tuple(form.findings(screen))
    return (*found, *_unanswered_consents(form, screen, found))


def blocking_faults(form: FormView) -> tuple[Finding, ...]:
    """The mistakes of the specification with which nothing can be submitted; worth showing from the first screen on."""
    return tuple(
        Finding(FORM_FAULTY, fault.screen, fault.field, params={"fault": fault.code, "path": fault.path, "why": fault.why})
        for fault in form.blocking_faults
    )


def entry_findings(target: Step, state: FlowState, form: FormView, rules: FlowRules) -> tuple[Finding, ...]:
    """What keeps a step from being entered by going forward; empty if nothing does."""
    found: list[Finding] = []
    for finding in _entry_findings(target, state, form, rules):
        if finding not in found:  # a form may count its choice of what is updated among its findings
            found.append(finding)
    return tuple(found)


def _entry_findings(target: Step, state: FlowState, form: FormView, rules: FlowRules) -> Iterator[Finding]:
    if form.is_update and target != UPDATE:
        yield from form.update_findings()
    if target.kind in (StepKind.UPDATE, StepKind.SCREEN):
        for screen in _screens_before(target, form):
            yield from _skipped(screen, state)
            yield from screen_findings(form, screen)
        return
    yield from form_findings(state, form)
    if target == PREVIEW:
        return
    if state.previewed_revision != form.revision:
        yield Finding(PREVIEW_NOT_SEEN)
    if target == OPERATOR:
        return
    yield from _operator_findings(state, form, rules)
    if target == ACKNOWLEDGEMENT and needs_reviewer(form, rules):
        yield from _reviewer_findings(state, form, rules)


def form_findings(state: FlowState, form: FormView) -> tuple[Finding, ...]:
    """What is wrong with the form as a whole: faults of the specification, screens nobody saw, everything on the screens."""
    screens = tuple(form.visible_screens)
    told = tuple(form.findings())
    places = {finding.params.get("path") for finding in told}  # a form may name the faults of its specification itself
    found = [fault for fault in blocking_faults(form) if fault.params["path"] not in places]
    if not screens:
        found.append(Finding(FORM_EMPTY))
    for screen in screens:
        found.extend(_skipped(screen, state))
    return (*found, *told, *_unanswered_consents(form, None, told))


def _screens_before(target: Step, form: FormView) -> tuple[str, ...]:
    screens = tuple(form.visible_screens)
    return screens[: screens.index(target.screen)] if target.screen in screens else ()


def _skipped(screen: str, state: FlowState) -> Iterator[Finding]:
    if screen not in state.seen:
        yield Finding(SCREEN_SKIPPED, screen)


def _unanswered_consents(form: FormView, screen: str | None, others: tuple[Finding, ...]) -> Iterator[Finding]:
    """Not for a box about which the form has something to say itself."""
    told = {(finding.screen, finding.field) for finding in others}
    for box in form.consent_boxes:
        if not box.is_answered and screen in (None, box.screen) and (box.screen, box.field) not in told:
            yield Finding(CONSENT_UNANSWERED, box.screen, box.field)


def _operator_findings(state: FlowState, form: FormView, rules: FlowRules) -> Iterator[Finding]:
    held = state.operator
    if held is None or not is_current(held, form, rules) or not held.is_complete:
        yield Finding(OPERATOR_NOT_CONFIRMED)
        return
    yield from refused(operator_refusal(held.user_id, rules.session_user_id, rules.users))


def _reviewer_findings(state: FlowState, form: FormView, rules: FlowRules) -> Iterator[Finding]:
    held = state.reviewer
    if held is None or not is_current(held, form, rules) or not held.is_complete:
        yield Finding(REVIEWER_NOT_CONFIRMED)
        return
    yield from refused(reviewer_refusal(held.user_id, rules.session_user_id, rules.users, rules.reviewer_roles))


def is_current(held: Round, form: FormView, rules: FlowRules) -> bool:
    """Whether an authentication is one of this form as it is now, within this login."""
    return held.revision == form.revision and held.session_key == rules.session_key


def is_current_operator(held: Round, form: FormView, rules: FlowRules) -> bool:
    """Like `is_current`, and of the user who is logged in."""
    return is_current(held, form, rules) and is_same_user(held.user_id, rules.session_user_id)


def refused(refusal: Refusal | None, params: Mapping[str, str] = _NO_PARAMS) -> tuple[Finding, ...]:
    """A refusal as a finding."""
    return () if refusal is None else (Finding(refusal.value, params=params),)
