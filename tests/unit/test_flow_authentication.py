"""Operator and reviewer prove who they are: sequence, progress, what takes an authentication back, what the packet gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.factors import OFFICER, SUPERVISOR, Factor
from app.core.flow import guards
from app.core.flow.authenticating import challenge, forget_authentications, identify, prove
from app.core.flow.errors import EventOutOfOrderError, FormChangedError
from app.core.flow.moves import back, begin, forward, previewed, reconcile
from app.core.flow.sealing import authentications, seal_failed, sealed
from app.core.flow.state import (
    ACKNOWLEDGEMENT,
    OPERATOR,
    PREVIEW,
    REVIEWER,
    Answer,
    Challenge,
    FlowState,
    Party,
    SealedRegistration,
    SealTicket,
    Step,
)
from app.core.flow.view import FlowRules
from app.core.reviewing import BiometricProof, OtpProof, PasswordProof, Proof, Refusal, WrongFactor
from packet.models import BioAttribute, Operator, PacketId, RegistrationId
from tests.support.flowdesk import PaperForm, Users, capture_of, fill, methods_of, rules_of, usual_users

FINGERS = BiometricProof((capture_of(BioAttribute.LEFT_INDEX), capture_of(BioAttribute.LEFT_MIDDLE)))
EYES = BiometricProof((capture_of(BioAttribute.RIGHT_EYE),))
FACE = BiometricProof((capture_of(BioAttribute.FACE),))
RIGHT: dict[Factor, Proof] = {
    Factor.PASSWORD: PasswordProof(),
    Factor.OTP: OtpProof(is_confirmed_by_server=True),
    Factor.FINGERPRINT: FINGERS,
    Factor.IRIS: EYES,
    Factor.FACE: FACE,
}
REGISTRATION = SealedRegistration(RegistrationId("1" * 29), PacketId("one"))


def filled(biometrics: str = "captured") -> PaperForm:
    form = PaperForm()
    fill(form)
    form.put("individualBiometrics", biometrics)
    return form


def at_operator(form: PaperForm, rules: FlowRules) -> FlowState:
    state = begin(form, rules)
    while state.step != OPERATOR:
        state = previewed(state, form, rules, revision=form.revision).state
        answer = forward(state, form, rules, at=state.step)
        assert not answer.is_refused
        state = answer.state
    return state


def asked(state: FlowState) -> Challenge:
    found = challenge(state)
    assert found is not None
    return found


def confirm(state: FlowState, form: PaperForm, rules: FlowRules, party: Party, user_id: str) -> FlowState:
    answer = identify(state, form, rules, party, user_id)
    while (next_one := challenge(answer.state)) is not None:
        answer = prove(answer.state, form, rules, next_one, RIGHT[next_one.factor])
    assert not answer.is_refused, answer.findings
    return answer.state


def at_reviewer(form: PaperForm, rules: FlowRules) -> FlowState:
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    answer = forward(state, form, rules, at=OPERATOR)
    assert answer.state.step == REVIEWER
    return answer.state


def refusal_of(answer: Answer) -> str:
    (finding,) = answer.findings
    return finding.message


@pytest.fixture
def users() -> Users:
    return usual_users()


@pytest.fixture
def rules(users: Users) -> FlowRules:
    return rules_of(users)


def test_only_the_user_of_the_session_confirms_as_operator(rules: FlowRules) -> None:
    form = filled()
    state = at_operator(form, rules)
    assert refusal_of(identify(state, form, rules, Party.OPERATOR, "colleague")) == Refusal.OPERATOR_IS_ANOTHER
    assert asked(identify(state, form, rules, Party.OPERATOR, "OFFICER").state).user_id == "officer"


def test_nothing_is_sealed_before_the_operator_has_confirmed(rules: FlowRules) -> None:
    form = filled()
    state = at_operator(form, rules)
    assert refusal_of(forward(state, form, rules, at=OPERATOR)) == guards.OPERATOR_NOT_CONFIRMED
    state = identify(state, form, rules, Party.OPERATOR, "officer").state
    assert refusal_of(forward(state, form, rules, at=OPERATOR)) == guards.OPERATOR_NOT_CONFIRMED


def test_every_factor_is_asked_in_sequence_and_a_wrong_one_keeps_what_was_presented(users: Users) -> None:
    rules = rules_of(users, methods_of(packet=["PWD", "OTP", "FINGERPRINT", "IRIS", "FACE"]))
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    seen = []
    while (now := challenge(state)) is not None:
        seen.append((now.factor, now.position, now.total))
        wrong = prove(state, form, rules, now, WrongFactor())
        assert refusal_of(wrong) == Refusal.FACTOR_WRONG
        again = asked(wrong.state)
        assert (again.factor, again.position) == (now.factor, now.position)
        assert refusal_of(forward(wrong.state, form, rules, at=OPERATOR)) == guards.OPERATOR_NOT_CONFIRMED
        state = prove(wrong.state, form, rules, again, RIGHT[now.factor]).state
    assert seen == [(factor, place, 5) for place, factor in enumerate(Factor)]
    assert state.failures_of("Officer") == 5
    state = forward(state, form, rules, at=OPERATOR).state
    assert authentications(state).officer == Operator(
        "officer", by_password=True, by_otp=True, biometrics=FINGERS.captures + EYES.captures + FACE.captures
    )
    assert authentications(state).supervisor is None


def test_a_one_time_password_without_the_server_is_refused_and_not_counted(users: Users) -> None:
    rules = rules_of(users, methods_of(packet=["OTP"]))
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    answer = prove(state, form, rules, asked(state), OtpProof(is_confirmed_by_server=False))
    assert refusal_of(answer) == Refusal.OTP_NEEDS_SERVER
    assert answer.state == state
    assert state.failures_of("officer") == 0


def test_a_proof_told_twice_counts_once(users: Users) -> None:
    rules = rules_of(users, methods_of(packet=["PWD", "OTP"]))
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    password = asked(state)
    for proof in (WrongFactor(), PasswordProof()):
        once = prove(state, form, rules, asked(state), proof).state
        assert prove(once, form, rules, asked(state), proof) == Answer(once)
        state = once
    assert state.failures_of("officer") == 1
    assert asked(state).factor is Factor.OTP
    assert prove(state, form, rules, password, PasswordProof()) == Answer(state)


def test_a_proof_that_arrives_after_an_edit_does_not_count(rules: FlowRules) -> None:
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    late = asked(state)
    form.put("nickname", "x")
    answer = prove(state, form, rules, late, PasswordProof())
    assert answer.state.step == PREVIEW
    assert answer.state.operator is None
    state = previewed(answer.state, form, rules, revision=form.revision).state
    state = forward(state, form, rules, at=PREVIEW).state
    state = identify(state, form, rules, Party.OPERATOR, "officer").state
    assert prove(state, form, rules, late, PasswordProof()) == Answer(state)


def test_a_challenge_that_was_never_given_is_a_mistake_of_the_program(rules: FlowRules) -> None:
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    now = asked(state)
    for invented in (replace(now, serial=now.serial + 1), replace(now, factor=Factor.FACE), replace(now, user_id="colleague")):
        with pytest.raises(EventOutOfOrderError):
            prove(state, form, rules, invented, PasswordProof())


@pytest.mark.parametrize(("party", "step"), [(Party.REVIEWER, OPERATOR), (Party.OPERATOR, REVIEWER)])
def test_whose_turn_it_is_not_does_not_begin(rules: FlowRules, party: Party, step: Step) -> None:
    form = filled("excepted")
    state = at_operator(form, rules) if step == OPERATOR else at_reviewer(form, rules)
    with pytest.raises(EventOutOfOrderError):
        identify(state, form, rules, party, "supervisor")


def test_identifying_the_same_user_again_keeps_the_progress(users: Users) -> None:
    rules = rules_of(users, methods_of(packet=["PWD", "FACE"]))
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    state = prove(state, form, rules, asked(state), PasswordProof()).state
    assert identify(state, form, rules, Party.OPERATOR, "Officer") == Answer(state)


def test_an_operator_for_whom_nothing_or_something_unknown_is_configured_does_not_get_through(users: Users) -> None:
    form = filled()
    for packet, refusal in (((), Refusal.NO_FACTOR), (("PWD", "VOICE"), Refusal.FACTOR_UNKNOWN)):
        rules = rules_of(users, methods_of(packet=packet))
        state = at_operator(form, rules)
        answer = identify(state, form, rules, Party.OPERATOR, "officer")
        assert refusal_of(answer) == refusal
        assert challenge(answer.state) is None


def test_going_back_to_look_keeps_the_authentication(rules: FlowRules) -> None:
    form = filled()
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    state = back(state, form, rules, at=OPERATOR).state
    state = forward(state, form, rules, at=PREVIEW).state
    assert not forward(state, form, rules, at=OPERATOR).is_refused


def test_an_edit_a_new_login_or_a_lock_takes_the_authentication_back(rules: FlowRules) -> None:
    form = filled()
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    assert reconcile(state, form, replace(rules, session_key="login 2")).operator is None
    assert reconcile(state, form, replace(rules, session_user_id="colleague")).operator is None
    assert forget_authentications(state).operator is None
    assert forget_authentications(forget_authentications(state)) == forget_authentications(state)
    form.put("nickname", "x")
    assert reconcile(state, form, rules).operator is None


def test_an_operator_who_is_deactivated_meanwhile_does_not_seal(rules: FlowRules, users: Users) -> None:
    form = filled()
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    users.change("officer", is_active=False, roles=[OFFICER])
    assert refusal_of(forward(state, form, rules, at=OPERATOR)) == Refusal.USER_INACTIVE


def test_a_user_who_is_deactivated_while_proving_does_not_get_further(rules: FlowRules, users: Users) -> None:
    form = filled()
    state = identify(at_operator(form, rules), form, rules, Party.OPERATOR, "officer").state
    users.change("officer", is_active=False, roles=[OFFICER])
    answer = prove(state, form, rules, asked(state), PasswordProof())
    assert refusal_of(answer) == Refusal.USER_INACTIVE
    assert answer.state == state


@pytest.mark.parametrize(
    ("user_id", "refusal"),
    [
        ("officer", Refusal.REVIEWER_IS_OPERATOR),
        ("OFFICER", Refusal.REVIEWER_IS_OPERATOR),
        ("colleague", Refusal.REVIEWER_ROLE_MISSING),
        ("left", Refusal.USER_INACTIVE),
        ("nobody", Refusal.USER_UNKNOWN),
    ],
)
def test_exceptions_need_a_second_active_person_in_a_role_that_reviews(
    rules: FlowRules, user_id: str, refusal: Refusal
) -> None:
    form = filled("excepted")
    state = at_reviewer(form, rules)
    answer = identify(state, form, rules, Party.REVIEWER, user_id)
    assert refusal_of(answer) == refusal
    assert refusal_of(forward(answer.state, form, rules, at=REVIEWER)) == guards.REVIEWER_NOT_CONFIRMED


def test_a_supervisor_at_the_desk_does_not_review_what_they_recorded(users: Users) -> None:
    rules = replace(rules_of(users), session_user_id="Supervisor")
    form = filled("excepted")
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "supervisor")
    state = forward(state, form, rules, at=OPERATOR).state
    assert refusal_of(identify(state, form, rules, Party.REVIEWER, "sUPERVISOR")) == Refusal.REVIEWER_IS_OPERATOR


def test_the_reviewer_presents_every_factor_of_their_own_role_and_goes_into_the_packet(users: Users) -> None:
    rules = rules_of(users, methods_of(packet=["PWD"], exception=["FINGERPRINT", "OTP"]))
    form = filled("excepted")
    state = identify(at_reviewer(form, rules), form, rules, Party.REVIEWER, "SUPERVISOR").state
    state = prove(state, form, rules, asked(state), FINGERS).state
    assert refusal_of(forward(state, form, rules, at=REVIEWER)) == guards.REVIEWER_NOT_CONFIRMED
    state = prove(state, form, rules, asked(state), OtpProof(is_confirmed_by_server=True)).state
    state = forward(state, form, rules, at=REVIEWER).state
    assert authentications(state).officer == Operator("officer", by_password=True)
    assert authentications(state).supervisor == Operator("Supervisor", by_otp=True, biometrics=FINGERS.captures)


def test_a_reviewer_who_loses_the_role_meanwhile_does_not_count(rules: FlowRules, users: Users) -> None:
    form = filled("excepted")
    state = confirm(at_reviewer(form, rules), form, rules, Party.REVIEWER, "Supervisor")
    users.change("Supervisor", roles=[OFFICER])
    assert refusal_of(forward(state, form, rules, at=REVIEWER)) == Refusal.REVIEWER_ROLE_MISSING


def test_another_reviewer_begins_anew(users: Users) -> None:
    users.change("second", roles=[SUPERVISOR])
    rules = rules_of(users, methods_of(exception=["PWD", "FACE"]))
    form = filled("excepted")
    state = identify(at_reviewer(form, rules), form, rules, Party.REVIEWER, "Supervisor").state
    first = asked(state)
    state = prove(state, form, rules, first, PasswordProof()).state
    state = identify(state, form, rules, Party.REVIEWER, "second").state
    assert asked(state) == Challenge(Party.REVIEWER, "second", Factor.PASSWORD, 0, 2, state.serial)
    assert prove(state, form, rules, first, PasswordProof()) == Answer(state)


def test_a_reviewer_does_not_survive_what_takes_the_operator_back(rules: FlowRules) -> None:
    form = filled("excepted")
    state = confirm(at_reviewer(form, rules), form, rules, Party.REVIEWER, "Supervisor")
    assert reconcile(state, form, replace(rules, session_key="login 2")).reviewer is None
    assert reconcile(state, form, replace(rules, session_key="login 2")).step == OPERATOR
    without = reconcile(state, form, replace(rules, is_reviewer_needed=False))
    assert (without.reviewer, without.step) == (None, OPERATOR)


def sealing(form: PaperForm, rules: FlowRules) -> tuple[FlowState, SealTicket]:
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    state = forward(state, form, rules, at=OPERATOR).state
    assert state.sealing is not None
    return state, state.sealing


def test_sealing_leads_to_the_acknowledgement_and_twice_is_once(rules: FlowRules) -> None:
    form = filled()
    state, ticket = sealing(form, rules)
    assert forward(state, form, rules, at=OPERATOR) == Answer(state)
    done = sealed(state, ticket, REGISTRATION).state
    assert done.step == ACKNOWLEDGEMENT
    assert done.sealed == REGISTRATION
    assert sealed(done, ticket, REGISTRATION) == Answer(done)
    assert forward(done, form, rules, at=OPERATOR) == Answer(done)
    assert reconcile(done, PaperForm(), rules) == done


def test_a_second_packet_of_one_registration_is_a_mistake_of_the_program(rules: FlowRules) -> None:
    state, ticket = sealing(filled(), rules)
    done = sealed(state, ticket, REGISTRATION).state
    with pytest.raises(EventOutOfOrderError):
        sealed(done, ticket, replace(REGISTRATION, packet_id=PacketId("two")))
    with pytest.raises(EventOutOfOrderError):
        seal_failed(done, ticket)


def test_a_sealing_that_fails_leads_to_the_preview_with_everything_kept_and_can_be_tried_again(rules: FlowRules) -> None:
    form = filled()
    state, ticket = sealing(form, rules)
    failed = seal_failed(state, ticket).state
    assert failed.step == PREVIEW
    assert seal_failed(failed, ticket) == Answer(failed)
    assert failed.operator == state.operator
    with pytest.raises(EventOutOfOrderError):
        sealed(failed, ticket, REGISTRATION)
    again = forward(forward(failed, form, rules, at=PREVIEW).state, form, rules, at=OPERATOR).state
    assert again.sealing is not None
    assert again.sealing != ticket
    assert sealed(again, again.sealing, REGISTRATION).state.step == ACKNOWLEDGEMENT


def test_while_a_sealing_runs_nothing_else_happens(rules: FlowRules) -> None:
    form = filled()
    state, _ = sealing(form, rules)
    assert refusal_of(back(state, form, rules, at=OPERATOR)) == guards.SEALING_RUNS
    assert refusal_of(identify(state, form, rules, Party.OPERATOR, "officer")) == guards.SEALING_RUNS
    assert challenge(state) is None
    assert forget_authentications(state) == state
    form.put("fullName", None)
    assert reconcile(state, form, rules) == state


def test_a_form_that_was_changed_after_it_had_been_confirmed_is_not_sealed(rules: FlowRules) -> None:
    form = filled()
    state, ticket = sealing(form, rules)
    assert authentications(state, form).officer.user_id == "officer"
    form.put("nickname", "slipped in")
    with pytest.raises(FormChangedError):
        authentications(state, form)
    failed = reconcile(seal_failed(state, ticket).state, form, rules)
    assert (failed.step, failed.operator) == (PREVIEW, None)


def test_nothing_is_sealed_without_a_ticket(rules: FlowRules) -> None:
    form = filled()
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    with pytest.raises(EventOutOfOrderError):
        sealed(state, SealTicket(state.serial, form.revision), REGISTRATION)
    with pytest.raises(EventOutOfOrderError):
        authentications(state)
    with pytest.raises(EventOutOfOrderError):
        seal_failed(state, SealTicket(state.serial + 1, form.revision))


def test_from_the_acknowledgement_nothing_leads_anywhere(rules: FlowRules) -> None:
    form = filled()
    state, ticket = sealing(form, rules)
    done = sealed(state, ticket, REGISTRATION).state
    with pytest.raises(EventOutOfOrderError):
        back(done, form, rules, at=ACKNOWLEDGEMENT)
    with pytest.raises(EventOutOfOrderError):
        forward(done, form, rules, at=ACKNOWLEDGEMENT)


def test_states_do_not_show_captures_or_logins(users: Users) -> None:
    rules = rules_of(users, methods_of(packet=["FINGERPRINT"]), login="secret login")
    form = filled()
    state = confirm(at_operator(form, rules), form, rules, Party.OPERATOR, "officer")
    assert "secret login" not in repr(state) + repr(rules)
    assert "captures" not in repr(state)
