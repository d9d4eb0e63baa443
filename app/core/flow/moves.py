"""Moving between steps: forward, back, to a tab; and what an edit does to where one stands."""

from __future__ import annotations

from dataclasses import replace

from app.core.flow.errors import EventOutOfOrderError
from app.core.flow.guards import (
    ALREADY_SEALED,
    SEALING_RUNS,
    STEP_GONE,
    entry_findings,
    form_findings,
    is_current,
    is_current_operator,
    needs_reviewer,
    steps,
)
from app.core.flow.state import (
    ACKNOWLEDGEMENT,
    OPERATOR,
    PREVIEW,
    REVIEWER,
    UPDATE,
    Answer,
    FlowState,
    SealTicket,
    Step,
    StepKind,
    screen_step,
)
from app.core.flow.view import FlowRules, FormView
from app.core.forms.findings import Finding


def begin(form: FormView, rules: FlowRules) -> FlowState:
    """A registration that starts now, at its first step."""
    return stand_at(FlowState(UPDATE), steps(form, rules)[0])


def reconcile(state: FlowState, form: FormView, rules: FlowRules) -> FlowState:
    """The state after the form, the session or the rules may have changed; to be asked after every edit.

    Authentications of another revision, login or user are taken back. Where one stands moves only if one cannot stand there
    any more: from a screen that is gone to the nearest one before it; from the preview or an authentication to the first screen
    with a finding, or to the preview if it does not show the present form. Nothing changes while a sealing runs, and after it.
    """
    if state.sealing is not None or state.sealed is not None:
        return state
    kept = _without_stale_rounds(state, form, rules)
    return stand_at(kept, _standing(kept, form, rules))


def forward(state: FlowState, form: FormView, rules: FlowRules, *, at: Step) -> Answer:
    """Goes on to the next step. From the last authentication this begins the sealing: the state then holds a ticket.

    Args:
        at: the step from which the operator goes on; if it is not where the registration stands, nothing happens.

    Raises:
        EventOutOfOrderError: from the acknowledgement, after which there is nothing.
    """
    if state.step != at or state.sealing is not None:
        return Answer(state)
    if at == ACKNOWLEDGEMENT:
        raise EventOutOfOrderError(event="forward", step=at.kind.value)
    now = reconcile(state, form, rules)
    if now.step != at:
        return Answer(now)
    order = steps(form, rules)
    target = order[order.index(at) + 1]
    found = entry_findings(target, now, form, rules)
    if found:
        return Answer(now, found)
    return Answer(_begin_sealing(now, form) if target == ACKNOWLEDGEMENT else stand_at(now, target))


def back(state: FlowState, form: FormView, rules: FlowRules, *, at: Step) -> Answer:
    """Goes back one step, whatever is wrong with this one; from the first step nowhere.

    Args:
        at: the step from which the operator goes back; if it is not where the registration stands, nothing happens.

    Raises:
        EventOutOfOrderError: from the acknowledgement: what is sealed stays sealed.
    """
    if state.step != at:
        return Answer(state)
    if at == ACKNOWLEDGEMENT:
        raise EventOutOfOrderError(event="back", step=at.kind.value)
    if state.sealing is not None:
        return Answer(state, (Finding(SEALING_RUNS),))
    now = reconcile(state, form, rules)
    if now.step != at:
        return Answer(now)
    order = steps(form, rules)
    return Answer(stand_at(now, order[max(order.index(at) - 1, 0)]))


def go_to(state: FlowState, form: FormView, rules: FlowRules, target: Step) -> Answer:
    """Goes to a step that the operator picks: back always, forward if nothing on the way there keeps one from it.

    Raises:
        EventOutOfOrderError: to the acknowledgement, which only a sealing reaches.
    """
    if target == state.step:
        return Answer(reconcile(state, form, rules))
    if target == ACKNOWLEDGEMENT:
        raise EventOutOfOrderError(event="go_to", step=state.step.kind.value)
    if state.sealing is not None or state.sealed is not None:
        return Answer(state, (Finding(SEALING_RUNS if state.sealed is None else ALREADY_SEALED),))
    now = reconcile(state, form, rules)
    order = steps(form, rules)
    if target not in order:
        return Answer(now, (Finding(STEP_GONE, target.screen),))
    if order.index(target) > order.index(now.step):
        found = entry_findings(target, now, form, rules)
        if found:
            return Answer(now, found)
    return Answer(stand_at(now, target))


def previewed(state: FlowState, form: FormView, rules: FlowRules, *, revision: int) -> Answer:
    """The preview was shown.

    Args:
        revision: of the form that it showed; an older one than the present does not count.

    Raises:
        EventOutOfOrderError: for a revision that the form has not had yet.
    """
    if revision > form.revision:
        raise EventOutOfOrderError(event="previewed", step=state.step.kind.value)
    now = reconcile(state, form, rules)
    if now.step != PREVIEW or revision != form.revision:
        return Answer(now)
    return Answer(replace(now, previewed_revision=revision))


def stand_at(state: FlowState, step: Step) -> FlowState:
    """The state at another step; a screen that one stands at has been seen."""
    if step.screen is None or step.screen in state.seen:
        return state if step == state.step else replace(state, step=step)
    return replace(state, step=step, seen=state.seen | {step.screen})


def _begin_sealing(state: FlowState, form: FormView) -> FlowState:
    serial = state.serial + 1
    return replace(state, serial=serial, sealing=SealTicket(serial, form.revision))


def _without_stale_rounds(state: FlowState, form: FormView, rules: FlowRules) -> FlowState:
    operator = state.operator if state.operator and is_current_operator(state.operator, form, rules) else None
    reviewer = state.reviewer if state.reviewer and is_current(state.reviewer, form, rules) else None
    if operator is None or not needs_reviewer(form, rules):
        reviewer = None
    if operator is state.operator and reviewer is state.reviewer:
        return state
    return replace(state, operator=operator, reviewer=reviewer, serial=state.serial + 1)


def _standing(state: FlowState, form: FormView, rules: FlowRules) -> Step:
    """Where one can stand, as near as possible to where one stands."""
    order = steps(form, rules)
    if state.step.kind in (StepKind.UPDATE, StepKind.SCREEN):
        return state.step if state.step in order else _nearest(state, form, order)
    broken = _first_broken(state, form, order)
    if broken is not None:
        return broken
    if state.step == PREVIEW or state.previewed_revision != form.revision:
        return PREVIEW
    if state.step == REVIEWER and (REVIEWER not in order or state.operator is None or not state.operator.is_complete):
        return OPERATOR
    return state.step


def _nearest(state: FlowState, form: FormView, order: tuple[Step, ...]) -> Step:
    """The last step before the place of a screen that is gone; the first step if there is none before it."""
    everything = tuple(form.screen_names)
    before = everything[: everything.index(state.step.screen)] if state.step.screen in everything else ()
    return next((step for step in map(screen_step, reversed(before)) if step in order), order[0])


def _first_broken(state: FlowState, form: FormView, order: tuple[Step, ...]) -> Step | None:
    """The first step that has to be looked at before the form is whole again; None if it is whole."""
    if form.is_update and form.update_findings():
        return UPDATE
    found = form_findings(state, form)
    if not found:
        return None
    named = {finding.screen for finding in found}
    return next((step for step in order if step.screen in named and step.screen is not None), order[0])
