"""Forward, back and to a tab: what is validated, what may be skipped (nothing), what an edit does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.flow import guards
from app.core.flow.errors import EventOutOfOrderError
from app.core.flow.guards import blocking_faults, steps
from app.core.flow.moves import back, begin, forward, go_to, previewed, reconcile
from app.core.flow.state import ACKNOWLEDGEMENT, OPERATOR, PREVIEW, REVIEWER, UPDATE, Answer, FlowState, Step, screen_step
from app.core.flow.view import FlowRules
from app.core.forms.findings import Finding
from app.core.uispec.model import SpecFault
from tests.support.flowdesk import PAPER_FIELDS, PaperField, PaperForm, fill, rules_of, usual_users

RULES = rules_of(usual_users())
CONSENT, PERSON, GUARDIAN, PAPERS, BODY = map(screen_step, ("Consent", "Person", "Guardian", "Papers", "Body"))


def onward(state: FlowState, form: PaperForm, rules: FlowRules = RULES) -> Answer:
    return forward(state, form, rules, at=state.step)


def walk_to(target: Step, form: PaperForm, rules: FlowRules = RULES) -> FlowState:
    state = begin(form, rules)
    while state.step != target:
        if state.step == PREVIEW:
            state = previewed(state, form, rules, revision=form.revision).state
        answer = onward(state, form, rules)
        assert not answer.is_refused, answer.findings
        state = answer.state
    return state


def filled(**changes: object) -> PaperForm:
    form = replace(PaperForm(), **changes)  # type: ignore[arg-type]
    fill(form)
    return form


def test_the_steps_are_the_visible_screens_the_preview_and_the_authentications() -> None:
    form = PaperForm()
    assert steps(form, RULES) == (CONSENT, PERSON, PAPERS, BODY, PREVIEW, OPERATOR, ACKNOWLEDGEMENT)
    form.set_age_group("INFANT")
    form.put("individualBiometrics", "excepted")
    assert steps(form, RULES) == (CONSENT, PERSON, GUARDIAN, BODY, PREVIEW, OPERATOR, REVIEWER, ACKNOWLEDGEMENT)


def test_a_reviewer_is_asked_for_only_where_the_country_asks_for_one() -> None:
    form = filled()
    form.put("individualBiometrics", "excepted")
    assert REVIEWER not in steps(form, replace(RULES, is_reviewer_needed=False))


def test_an_update_begins_with_the_choice_of_what_is_updated() -> None:
    form = PaperForm(is_update=True)
    state = begin(form, RULES)
    assert state.step == UPDATE
    assert onward(state, form).findings == (Finding("FORM-UPDATE-CHOICE"),)
    form.choose(well=True)
    assert onward(state, form).state.step == CONSENT


def test_forward_validates_the_step_one_stands_at_and_names_what_is_wrong() -> None:
    form = PaperForm()
    answer = onward(begin(form, RULES), form)
    assert answer.state.step == CONSENT
    assert answer.findings == (Finding("FORM-REQUIRED", "Consent", "consent"),)
    form.put("consent", "Y")
    assert onward(answer.state, form).state.step == PERSON


def test_a_double_click_moves_one_step() -> None:
    form = filled()
    state = begin(form, RULES)
    first = forward(state, form, RULES, at=CONSENT).state
    second = forward(first, form, RULES, at=CONSENT)
    assert second.state == first
    assert not second.is_refused
    back_once = back(first, form, RULES, at=PERSON).state
    assert back(back_once, form, RULES, at=PERSON).state == back_once


def test_back_is_always_allowed_and_from_the_first_step_leads_nowhere() -> None:
    form = filled()
    state = walk_to(BODY, form)
    form.put("individualBiometrics", None)
    form.put("fullName", None)
    for expected in (PAPERS, PERSON, CONSENT, CONSENT):
        answer = back(state, form, RULES, at=state.step)
        assert not answer.is_refused
        state = answer.state
        assert state.step == expected


def test_a_visible_screen_cannot_be_skipped_by_its_tab() -> None:
    form = filled()
    answer = go_to(begin(form, RULES), form, RULES, BODY)
    assert answer.state.step == CONSENT
    assert {finding.message for finding in answer.findings} == {guards.SCREEN_SKIPPED}
    assert {finding.screen for finding in answer.findings} == {"Person", "Papers"}


def test_a_tab_that_was_seen_can_be_gone_to_while_everything_before_it_is_right() -> None:
    form = filled()
    state = go_to(walk_to(BODY, form), form, RULES, CONSENT).state
    assert state.step == CONSENT
    assert go_to(state, form, RULES, BODY).state.step == BODY
    form.put("fullName", None)
    answer = go_to(state, form, RULES, BODY)
    assert answer.state.step == CONSENT
    assert answer.findings == (Finding("FORM-REQUIRED", "Person", "fullName"),)


def test_a_screen_that_appears_behind_one_has_to_be_seen() -> None:
    form = filled(fields=(*PAPER_FIELDS[:4], PaperField("notes", "Guardian", "text", is_required=False), *PAPER_FIELDS[5:]))
    form.toggle("Guardian")
    state = walk_to(BODY, form)
    form.toggle("Guardian")
    answer = onward(state, form)
    assert answer.findings == (Finding(guards.SCREEN_SKIPPED, "Guardian"),)
    state = go_to(answer.state, form, RULES, GUARDIAN).state
    assert go_to(state, form, RULES, BODY).state.step == BODY


def test_forward_stops_at_what_became_wrong_on_an_earlier_screen() -> None:
    form = filled()
    state = walk_to(BODY, form)
    form.put("fullName", None)
    answer = onward(state, form)
    assert answer.state.step == BODY
    assert answer.findings == (Finding("FORM-REQUIRED", "Person", "fullName"),)


def test_a_tab_that_is_not_there_and_the_acknowledgement_cannot_be_gone_to() -> None:
    form = filled()
    state = begin(form, RULES)
    assert go_to(state, form, RULES, GUARDIAN).findings == (Finding(guards.STEP_GONE, "Guardian"),)
    with pytest.raises(EventOutOfOrderError):
        go_to(state, form, RULES, ACKNOWLEDGEMENT)


@pytest.mark.parametrize("target", [OPERATOR, PREVIEW])
def test_preview_and_authentication_cannot_be_gone_to_past_what_is_wrong(target: Step) -> None:
    form = filled()
    state = go_to(walk_to(PREVIEW, form), form, RULES, CONSENT).state
    form.put("individualBiometrics", None)
    answer = go_to(state, form, RULES, target)
    assert answer.state.step == CONSENT
    assert Finding("FORM-REQUIRED", "Body", "individualBiometrics") in answer.findings


def test_all_that_is_wrong_is_told_at_once() -> None:
    form = filled()
    state = go_to(walk_to(PREVIEW, form), form, RULES, CONSENT).state
    form.put("individualBiometrics", None)
    form.put("fullName", None)
    form.put("consent", None)
    found = go_to(state, form, RULES, PREVIEW).findings
    assert [finding.field for finding in found] == ["consent", "fullName", "individualBiometrics"]


def test_the_authentication_needs_the_preview_to_have_been_shown_at_the_present_revision() -> None:
    form = filled()
    state = walk_to(PREVIEW, form)
    assert onward(state, form).findings == (Finding(guards.PREVIEW_NOT_SEEN),)
    state = previewed(state, form, RULES, revision=form.revision).state
    form.put("nickname", "changed while the preview is open")
    assert onward(state, form).findings == (Finding(guards.PREVIEW_NOT_SEEN),)
    state = previewed(state, form, RULES, revision=form.revision - 1).state
    assert onward(state, form).findings == (Finding(guards.PREVIEW_NOT_SEEN),)
    state = previewed(state, form, RULES, revision=form.revision).state
    assert onward(state, form).state.step == OPERATOR


def test_a_preview_of_a_form_that_does_not_exist_yet_is_a_mistake_of_the_program() -> None:
    form = filled()
    with pytest.raises(EventOutOfOrderError):
        previewed(walk_to(PREVIEW, form), form, RULES, revision=form.revision + 1)


def test_a_preview_told_of_elsewhere_does_not_count() -> None:
    form = filled()
    state = previewed(walk_to(BODY, form), form, RULES, revision=form.revision).state
    state = onward(state, form).state
    assert onward(state, form).findings == (Finding(guards.PREVIEW_NOT_SEEN),)


def test_an_edit_at_the_authentication_leads_back_to_the_preview() -> None:
    form = filled()
    state = walk_to(OPERATOR, form)
    form.put("nickname", "x")
    assert reconcile(state, form, RULES).step == PREVIEW


def test_an_edit_that_breaks_a_screen_leads_to_that_screen() -> None:
    for target in (PREVIEW, OPERATOR):
        form = filled()
        state = walk_to(target, form)
        form.put("fullName", None)
        assert reconcile(state, form, RULES).step == PERSON
        form.choose(well=False)
        form.is_update = True
        assert reconcile(state, form, RULES).step == UPDATE


def test_a_screen_that_goes_away_while_one_stands_on_it_leaves_one_at_the_nearest() -> None:
    form = filled()
    state = walk_to(PAPERS, form)
    form.toggle("Papers")
    assert reconcile(state, form, RULES).step == PERSON
    form.toggle("Person")
    form.toggle("Consent")
    assert reconcile(state, form, RULES).step == BODY
    form.toggle("Body")
    assert reconcile(state, form, RULES).step == PREVIEW


def test_a_screen_that_becomes_wrong_while_one_stands_on_it_is_where_one_stays() -> None:
    form = filled()
    state = walk_to(PERSON, form)
    form.put("fullName", None)
    assert reconcile(state, form, RULES) == state


def test_a_form_without_a_visible_screen_is_not_submitted() -> None:
    form = filled()
    for screen in form.screen_names:
        form.toggle(screen)
    state = previewed(begin(form, RULES), form, RULES, revision=form.revision).state
    assert onward(state, form).findings == (Finding(guards.FORM_EMPTY),)


FAULT = SpecFault("UISPEC-CONTROL-UNKNOWN", "NEW / Person / mood", "slider", is_blocking=True, process="NEW", screen="Person")


def test_a_specification_with_a_blocking_fault_is_not_submitted_and_says_so_from_the_start() -> None:
    form = filled(faults=(FAULT,))
    assert [finding.message for finding in blocking_faults(form)] == [guards.FORM_FAULTY]
    answer = onward(walk_to(BODY, form), form)
    assert answer.state.step == BODY
    assert answer.findings[0].message == guards.FORM_FAULTY
    assert answer.findings[0].params["path"] == "NEW / Person / mood"


def test_a_fault_that_the_form_names_itself_is_told_once() -> None:
    class Outspoken(PaperForm):
        def findings(self, screen: str | None = None) -> tuple[Finding, ...]:
            return (Finding("FORM-SPEC-FAULT", "Person", "mood", params={"path": FAULT.path}), *super().findings(screen))

    form = Outspoken(faults=(FAULT,))
    fill(form)
    state = replace(begin(form, RULES), seen=frozenset(form.visible_screens))
    told = [finding.message for finding in go_to(state, form, RULES, PREVIEW).findings]
    assert told == ["FORM-SPEC-FAULT"]


OPTIONAL_CONSENT = (replace(PAPER_FIELDS[1], is_required=False), *PAPER_FIELDS[2:])


def test_a_consent_that_the_country_leaves_optional_may_be_declined_but_not_left_open() -> None:
    form = PaperForm(fields=OPTIONAL_CONSENT)
    answer = onward(begin(form, RULES), form)
    assert answer.findings == (Finding(guards.CONSENT_UNANSWERED, "Consent", "consent"),)
    form.put("consent", "N")
    assert onward(answer.state, form).state.step == PERSON


def test_an_optional_consent_that_is_taken_back_after_the_preview_has_to_be_answered_again() -> None:
    form = PaperForm(fields=OPTIONAL_CONSENT)
    fill(form)
    form.put("consent", "N")
    state = walk_to(PREVIEW, form)
    form.put("consent", None)
    assert reconcile(state, form, RULES).step == CONSENT


def test_an_event_about_another_step_is_a_no_op_even_about_the_acknowledgement() -> None:
    form = filled()
    state = begin(form, RULES)
    assert forward(state, form, RULES, at=ACKNOWLEDGEMENT) == Answer(state)
    assert back(state, form, RULES, at=ACKNOWLEDGEMENT) == Answer(state)


def test_a_required_consent_may_not_be_declined() -> None:
    form = PaperForm()
    form.put("consent", "N")
    assert onward(begin(form, RULES), form).findings == (Finding("FORM-REQUIRED", "Consent", "consent"),)


def test_a_form_without_a_consent_field_asks_for_none() -> None:
    form = filled(fields=PAPER_FIELDS[2:])
    assert walk_to(OPERATOR, form).step == OPERATOR
