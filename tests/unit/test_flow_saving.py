"""A place in the form survives a restart; authentications do not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.flow.authenticating import challenge, identify, prove
from app.core.flow.errors import SavedFlowUnreadableError
from app.core.flow.moves import begin, forward, previewed
from app.core.flow.saving import restore, save
from app.core.flow.sealing import sealed
from app.core.flow.state import (
    ACKNOWLEDGEMENT,
    OPERATOR,
    PREVIEW,
    REVIEWER,
    FlowState,
    Party,
    SealedRegistration,
    Step,
    screen_step,
)
from app.core.reviewing import PasswordProof, WrongFactor
from packet.models import PacketId, RegistrationId
from tests.support.flowdesk import PaperForm, fill, rules_of, usual_users

RULES = rules_of(usual_users())


def filled(biometrics: str = "captured") -> PaperForm:
    form = PaperForm()
    fill(form)
    form.put("individualBiometrics", biometrics)
    return form


def through_json(state: FlowState, form: PaperForm) -> FlowState:
    return restore(json.loads(json.dumps(save(state))), form, RULES)


def walk_to(target: Step, form: PaperForm) -> FlowState:
    """Goes on, confirming what is to be confirmed with one wrong password before the right one."""
    state = begin(form, RULES)
    while state.step != target:
        if state.step in (OPERATOR, REVIEWER):
            party = Party(state.step.kind)
            state = identify(state, form, RULES, party, "officer" if party is Party.OPERATOR else "supervisor").state
            for proof in (WrongFactor(), PasswordProof()):
                asked = challenge(state)
                assert asked is not None
                state = prove(state, form, RULES, asked, proof).state
        state = previewed(state, form, RULES, revision=form.revision).state
        state = forward(state, form, RULES, at=state.step).state
        if state.sealing:
            state = sealed(state, state.sealing, SealedRegistration(RegistrationId("1" * 29), PacketId("p"))).state
    return state


@pytest.mark.parametrize("place", range(7))
def test_every_step_is_where_one_resumes(place: int) -> None:
    form = filled()
    steps = [*map(screen_step, form.visible_screens), PREVIEW, OPERATOR, ACKNOWLEDGEMENT]
    state = walk_to(steps[place], form)
    resumed = through_json(state, form)
    assert resumed.step == state.step
    assert resumed.seen == state.seen
    assert resumed.previewed_revision == state.previewed_revision
    assert resumed.failures == state.failures
    assert resumed.sealed == state.sealed


def test_authentications_are_never_resumed() -> None:
    form = filled("excepted")
    resumed = through_json(walk_to(REVIEWER, form), form)
    assert resumed.operator is None
    assert resumed.reviewer is None
    assert resumed.step == OPERATOR
    assert resumed.failures_of("officer") == 1


def test_a_proof_for_a_challenge_of_before_the_restart_does_not_count() -> None:
    form = filled()
    state = identify(walk_to(OPERATOR, form), form, RULES, Party.OPERATOR, "officer").state
    asked = challenge(state)
    assert asked is not None
    resumed = identify(through_json(state, form), form, RULES, Party.OPERATOR, "officer").state
    assert prove(resumed, form, RULES, asked, PasswordProof()).state == resumed


def test_a_sealing_that_was_under_way_is_begun_again_after_the_restart() -> None:
    form = filled()
    state = identify(walk_to(OPERATOR, form), form, RULES, Party.OPERATOR, "officer").state
    asked = challenge(state)
    assert asked is not None
    state = prove(state, form, RULES, asked, PasswordProof()).state
    state = forward(state, form, RULES, at=OPERATOR).state
    assert state.sealing is not None
    resumed = through_json(state, form)
    assert (resumed.step, resumed.sealing) == (OPERATOR, None)


def test_a_form_that_was_restored_at_another_revision_is_previewed_again() -> None:
    form = filled()
    state = walk_to(OPERATOR, form)
    form.revision += 1
    assert through_json(state, form).step == PREVIEW


def test_a_place_that_is_not_there_any_more_is_resumed_at_the_nearest() -> None:
    form = filled()
    state = walk_to(PREVIEW, form)
    form.put("fullName", None)
    resumed = through_json(state, form)
    assert resumed.step.screen == "Person"


SAVED = save(walk_to(OPERATOR, filled()))


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 2},
        {"version": None},
        {"step": None},
        {"step": {"kind": "NOWHERE", "screen": None}},
        {"step": {"kind": "SCREEN", "screen": None}},
        {"step": {"kind": "PREVIEW", "screen": "Person"}},
        {"step": {"kind": "ACKNOWLEDGEMENT", "screen": None}},
        {"step": {"kind": ["PREVIEW"], "screen": None}},
        {"seen": "Person"},
        {"seen": [1]},
        {"previewedRevision": "7"},
        {"previewedRevision": -1},
        {"serial": None},
        {"serial": True},
        {"failures": []},
        {"failures": {"officer": "many"}},
        {"sealed": {"registrationId": "1", "packetId": "p"}},
        {"sealed": {"registrationId": 1}},
        {"sealed": "yes"},
    ],
)
def test_what_cannot_be_read_is_refused_by_name(broken: dict[str, Any]) -> None:
    with pytest.raises(SavedFlowUnreadableError):
        restore({**SAVED, **broken}, filled(), RULES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(SAVED)), JSON))
def test_no_saved_object_is_met_with_anything_but_a_named_refusal(changes: dict[str, Any]) -> None:
    try:
        state = restore({**SAVED, **changes}, filled(), RULES)
    except SavedFlowUnreadableError:
        return
    assert state.operator is None
    assert state.step != ACKNOWLEDGEMENT
