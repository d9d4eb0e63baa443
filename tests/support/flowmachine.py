"""Random desks: events in any order over any form, judged by an oracle that knows nothing of the code under test.

The machine plays operator, reviewer, matcher, sealing and trouble. It keeps its own account of who presented what since the
last change of content, login or lock, and at the moment when a sealing begins it asks the form's driver what is wrong with the
content. Each event is given twice: the second time must change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Final

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.core.factors import OFFICER, SUPERVISOR, Factor
from app.core.flow.authenticating import challenge, forget_authentications, identify, prove
from app.core.flow.errors import EventOutOfOrderError
from app.core.flow.guards import SCREEN_SKIPPED, steps
from app.core.flow.moves import back, begin, forward, go_to, previewed, reconcile
from app.core.flow.saving import restore, save
from app.core.flow.sealing import authentications, seal_failed, sealed
from app.core.flow.state import (
    ACKNOWLEDGEMENT,
    OPERATOR,
    PREVIEW,
    REVIEWER,
    UPDATE,
    Answer,
    Challenge,
    FlowState,
    Party,
    SealedRegistration,
    SealTicket,
    Step,
    StepKind,
    screen_step,
)
from app.core.flow.view import FlowRules, FormView
from app.core.forms.findings import Finding
from app.core.reviewing import BiometricProof, OtpProof, PasswordProof, Proof, ProofMisplacedError, WrongFactor
from packet.models import BioAttribute, PacketId, RegistrationId
from tests.support.flowdesk import Users, capture_of, methods_of, usual_users

USER_IDS: Final = ("officer", "OFFICER", "colleague", "Supervisor", "SUPERVISOR", "left", "nobody", "")
RIGHT_PROOFS: Final[dict[str, Proof]] = {
    "PWD": PasswordProof(),
    "OTP": OtpProof(is_confirmed_by_server=True),
    "FINGERPRINT": BiometricProof((capture_of(BioAttribute.RIGHT_INDEX),)),
    "IRIS": BiometricProof((capture_of(BioAttribute.LEFT_EYE),)),
    "FACE": BiometricProof((capture_of(BioAttribute.FACE),)),
}
BAD_PROOFS: Final[tuple[Proof, ...]] = (WrongFactor(), OtpProof(is_confirmed_by_server=False), BiometricProof(()))
SEQUENCES: Final = st.sampled_from([("PWD",), ("PWD", "OTP"), ("FINGERPRINT", "PWD"), ("PWD", "IRIS", "FACE"), ("OTP",), ()])


class FlowMachine(RuleBasedStateMachine):
    """Subclasses say what the form is. `reached` counts acknowledgements, `reviewed` those that a reviewer confirmed."""

    reached: ClassVar[int] = 0
    reviewed: ClassVar[int] = 0
    sealings: ClassVar[int] = 0

    form: FormView
    state: FlowState
    rules_now: FlowRules
    users: Users
    previewed_content: object

    def new_form(self, choice: int) -> FormView:
        """An empty form; `choice` picks among kinds of forms and persons."""
        raise NotImplementedError

    def edit(self, choice: int) -> None:
        """Changes something at random, for better or worse."""
        raise NotImplementedError

    def mend(self, finding: Finding) -> None:
        """Does what a finding asks for."""
        raise NotImplementedError

    def content(self) -> object:
        """What was entered, to be compared."""
        raise NotImplementedError

    def complaints(self) -> list[str]:
        """What must not be sealed about the present content, by an own reading of the specification."""
        raise NotImplementedError

    def reopen(self) -> None:
        """Makes the form anew from what a draft keeps of it."""

    def has_exceptions(self) -> bool:
        """Whether an exception is recorded in the content, by an own reading."""
        raise NotImplementedError

    # What the test knows by itself

    def _forget_account(self) -> None:
        self.proved: dict[Party, tuple[str, list[str]]] = {}

    def _content_changed(self, before: object) -> None:
        if self.content() != before:
            self._forget_account()
            self.previewed_content = None
        self.state = reconcile(self.state, self.form, self.rules_now)

    def _judge_sealing(self) -> None:
        type(self).sealings += 1
        wrong = self.complaints()
        if self.previewed_content != self.content():
            wrong.append("the preview never showed this content")
        user, presented = self.proved.get(Party.OPERATOR, ("", []))
        if user.casefold() != self.rules_now.session_user_id.casefold() or not self._is_active(user):
            wrong.append("the operator is not the active user of the session")
        if not self.packet_codes or presented != list(self.packet_codes):
            wrong.append(f"the operator presented {presented}")
        if self.has_exceptions() and self.rules_now.is_reviewer_needed:
            wrong += self._judge_reviewer()
        assert wrong == []
        told = authentications(self.state)
        assert told.officer.user_id.casefold() == user.casefold()
        assert told.officer.by_password == ("PWD" in presented)
        assert told.officer.by_otp == ("OTP" in presented)
        assert bool(told.officer.biometrics) == bool({"FINGERPRINT", "IRIS", "FACE"} & set(presented))
        assert (told.supervisor is not None) == (self.has_exceptions() and self.rules_now.is_reviewer_needed)

    def _judge_reviewer(self) -> list[str]:
        user, presented = self.proved.get(Party.REVIEWER, ("", []))
        record = self.users.known.get(user.casefold())
        if record is None or not record.is_active or SUPERVISOR not in record.roles:
            return ["the reviewer is not an active supervisor"]
        if user.casefold() == self.rules_now.session_user_id.casefold():
            return ["the reviewer is the operator"]
        return [] if self.exception_codes and presented == list(self.exception_codes) else [f"reviewer presented {presented}"]

    def _is_active(self, user: str) -> bool:
        record = self.users.known.get(user.casefold())
        return record is not None and record.is_active

    # Events

    def _give(self, event: Callable[[FlowState], Answer]) -> Answer:
        """Gives an event twice, and sees whether a sealing begins or ends."""
        before = self.state
        answer = event(before)
        again = event(answer.state)
        assert again.state == answer.state
        assert again.findings in (answer.findings, ())
        assert not (answer.is_refused and answer.state.step == ACKNOWLEDGEMENT != before.step)
        self.state = answer.state
        if self.state.sealing is not None and before.sealing != self.state.sealing:
            self.tickets.append(self.state.sealing)
            self._judge_sealing()
        if self.state.sealed is not None and before.sealed is None:
            assert before.sealing is not None
            type(self).reached += 1
            type(self).reviewed += before.reviewer is not None
        return answer

    def _give_nonsense(self, event: Callable[[FlowState], Answer]) -> None:
        """An event that may be out of order; then nothing has happened."""
        try:
            self._give(event)
        except (EventOutOfOrderError, ProofMisplacedError):
            note("out of order")

    @initialize(kind=st.integers(0, 99), packet=SEQUENCES, exception=SEQUENCES, is_needed=st.sampled_from([True, True, False]))
    def sit_down(self, kind: int, packet: tuple[str, ...], exception: tuple[str, ...], is_needed: bool) -> None:
        self.users = usual_users()
        self.users.change("second", roles=[SUPERVISOR])
        self.packet_codes, self.exception_codes = packet, exception
        self.logins = 1
        self.rules_now = FlowRules(
            session_user_id="officer",
            session_key="login 1",
            users=self.users,
            methods=methods_of(packet, exception),
            is_reviewer_needed=is_needed,
        )
        self._start(kind)

    def _start(self, kind: int) -> None:
        self.kind = kind
        self.form = self.new_form(kind)
        self.state = begin(self.form, self.rules_now)
        self.tickets: list[SealTicket] = []
        self.challenges: list[Challenge] = []
        self.previewed_content = None
        self._forget_account()

    @precondition(lambda self: self.state.sealed is not None)
    @rule(kind=st.integers(0, 99))
    def next_person(self, kind: int) -> None:
        self._start(kind)

    @rule()
    def work_to_the_end(self) -> None:
        """What a willing operator does on a good day."""
        self.work_for_a_while(150, False)

    @rule(goal=st.sampled_from([StepKind.PREVIEW, StepKind.OPERATOR, StepKind.REVIEWER]))
    def work_to_a_place(self, goal: StepKind) -> None:
        """What a willing operator does until something comes between."""
        self._work_until(lambda: self.state.step.kind is goal, 150, False)

    @rule(effort=st.sampled_from([1, 2, 5, 20, 60]), is_disk_full=st.sampled_from([False, False, False, True]))
    def work(self, effort: int, is_disk_full: bool) -> None:
        """What a willing operator does on any day."""
        self.work_for_a_while(effort, is_disk_full)

    def work_for_a_while(self, effort: int, is_disk_full: bool) -> None:
        if self.state.sealed is not None:
            self._start(self.kind + 1)
        self._work_until(lambda: False, effort, is_disk_full)

    def _work_until(self, is_there: Callable[[], bool], effort: int, is_disk_full: bool) -> None:
        idle = 0
        for _ in range(effort):
            if self.state.sealed is not None or is_there() or idle == 2:
                return
            before = (self.state, self.form.revision)
            self._work_once(is_disk_full)
            idle = idle + 1 if before == (self.state, self.form.revision) else 0

    def _work_once(self, is_disk_full: bool) -> None:
        state = self.state
        if state.sealing is not None:
            ticket = state.sealing
            if is_disk_full:
                self._give(lambda now: seal_failed(now, ticket))
            else:
                self._seal(ticket, str(state.serial))
        elif state.step in (OPERATOR, REVIEWER):
            self._confirm(Party(state.step.kind))
        else:
            if state.step == PREVIEW:
                self._preview(self.form.revision)
            answer = self._give(lambda now: forward(now, self.form, self.rules_now, at=state.step))
            if answer.is_refused:
                self._mend(answer.findings[0])

    def _mend(self, finding: Finding) -> None:
        if finding.message == SCREEN_SKIPPED and finding.screen:
            target = screen_step(finding.screen)
            if self._give(lambda now: go_to(now, self.form, self.rules_now, target)).is_refused:
                self._give(lambda now: back(now, self.form, self.rules_now, at=self.state.step))
            return
        before = self.content()
        self.mend(finding)
        self._content_changed(before)

    def _confirm(self, party: Party) -> None:
        asked = challenge(self.state)
        if asked is not None:
            self._prove(asked, RIGHT_PROOFS[asked.factor])
            return
        held = self.state.round_of(party)
        if held is None:
            session_user = self.rules_now.session_user_id
            reviewer = "supervisor" if session_user == "officer" else "second"
            user = session_user if party is Party.OPERATOR else reviewer
            answer = self._identify(party, user)
        else:
            at = self.state.step
            answer = self._give(lambda now: forward(now, self.form, self.rules_now, at=at))
        if answer.is_refused:
            self._administer()

    def _administer(self) -> None:
        self.users.change("officer", roles=[OFFICER])
        self.users.change("Supervisor", roles=[SUPERVISOR, OFFICER])

    def _identify(self, party: Party, user_id: str) -> Answer:
        answer = self._give(lambda now: identify(now, self.form, self.rules_now, party, user_id))
        if not answer.is_refused and self.proved.get(party, ("", []))[0].casefold() != user_id.casefold():
            self.proved[party] = (user_id, [])
        return answer

    def _prove(self, asked: Challenge, proof: Proof) -> None:
        is_current = asked == challenge(self.state)
        answer = self._give(lambda now: prove(now, self.form, self.rules_now, asked, proof))
        if is_current and proof == RIGHT_PROOFS[asked.factor] and not answer.is_refused:
            self.proved[asked.party][1].append(asked.factor.value)

    def _preview(self, revision: int) -> None:
        is_shown = self.state.step == PREVIEW and revision == self.form.revision
        self._give(lambda now: previewed(now, self.form, self.rules_now, revision=revision))
        if is_shown:
            self.previewed_content = self.content()

    def _seal(self, ticket: SealTicket, packet_id: str) -> None:
        registration = SealedRegistration(RegistrationId("1" * 29), PacketId(packet_id))
        self._give(lambda now: sealed(now, ticket, registration))

    @rule(choice=st.integers(0, 2**32))
    def change_something(self, choice: int) -> None:
        before = self.content()
        self.edit(choice)
        self._content_changed(before)

    @rule(
        goal=st.sampled_from([StepKind.OPERATOR, StepKind.REVIEWER]),
        confirmed=st.integers(0, 4),
        trouble=st.sampled_from(["none", "login", "deactivation", "edit"]),
    )
    def hurry_past_trouble(self, goal: StepKind, confirmed: int, trouble: str) -> None:
        """Goes on while an authentication is incomplete, or after something that spoils it."""
        self.work_to_a_place(goal)
        for _ in range(confirmed):
            if self.state.step.kind is goal and self.state.sealing is None:
                self._confirm(Party(goal))
        if trouble == "login":
            self.log_in_again("officer")
        elif trouble == "deactivation":
            self.a_user_changes("officer" if goal is StepKind.OPERATOR else "Supervisor", False, True)
        elif trouble == "edit":
            self.change_something(confirmed)
        self.hurry(2)

    @rule(times=st.integers(1, 3))
    def hurry(self, times: int) -> None:
        """What an unwilling operator does."""
        for _ in range(times):
            at = self.state.step
            self._give_nonsense(lambda now, at=at: forward(now, self.form, self.rules_now, at=at))  # type: ignore[misc]

    @rule(place=st.integers(0, 20), is_back=st.booleans())
    def leave_any_step(self, place: int, is_back: bool) -> None:
        at = self._any_step(place)
        move = back if is_back else forward
        self._give_nonsense(lambda now: move(now, self.form, self.rules_now, at=at))

    @rule(place=st.integers(0, 20))
    def go_to_any_step(self, place: int) -> None:
        target = self._any_step(place)
        self._give_nonsense(lambda now: go_to(now, self.form, self.rules_now, target))

    def _any_step(self, place: int) -> Step:
        screens = map(screen_step, self.form.screen_names)
        every = [self.state.step, UPDATE, *screens, PREVIEW, OPERATOR, REVIEWER, ACKNOWLEDGEMENT]
        return every[place % len(every)]

    @rule(offset=st.integers(-2, 1))
    def show_a_preview(self, offset: int) -> None:
        try:
            self._preview(max(self.form.revision + offset, 0))
        except EventOutOfOrderError:
            assert offset > 0

    @rule(party=st.sampled_from(list(Party)), user_id=st.sampled_from(USER_IDS))
    def somebody_comes(self, party: Party, user_id: str) -> None:
        try:
            self._identify(party, user_id)
        except EventOutOfOrderError:
            assert self.state.step != party.step

    @precondition(lambda self: challenge(self.state) is not None)
    @rule(bad=st.sampled_from(BAD_PROOFS))
    def present_something_wrong(self, bad: Proof) -> None:
        asked = challenge(self.state)
        assert asked is not None
        self.challenges.append(asked)
        before = self.state.failures_of(asked.user_id)
        self._give_nonsense(lambda now: prove(now, self.form, self.rules_now, asked, bad))
        assert self.state.failures_of(asked.user_id) == before + (bad == WrongFactor())

    @rule(place=st.integers(0, 50), is_right=st.booleans())
    def a_matcher_answers_late(self, place: int, is_right: bool) -> None:
        if self.challenges:
            asked = self.challenges[place % len(self.challenges)]
            self._give_nonsense_proof(asked, RIGHT_PROOFS[asked.factor] if is_right else WrongFactor())

    @rule(factor=st.sampled_from(list(Factor)), party=st.sampled_from(list(Party)), ahead=st.integers(0, 3))
    def a_matcher_answers_what_nobody_asked(self, factor: Factor, party: Party, ahead: int) -> None:
        invented = Challenge(party, "officer", factor, 0, 1, self.state.serial + ahead)
        self._give_nonsense_proof(invented, RIGHT_PROOFS[factor])

    def _give_nonsense_proof(self, asked: Challenge, proof: Proof) -> None:
        try:
            self._prove(asked, proof)
        except (EventOutOfOrderError, ProofMisplacedError):
            note("out of order")

    @rule(place=st.integers(0, 9), is_failure=st.booleans())
    def a_sealing_answers(self, place: int, is_failure: bool) -> None:
        ticket = self.tickets[place % len(self.tickets)] if self.tickets else SealTicket(self.state.serial, self.form.revision)
        registration = SealedRegistration(RegistrationId("1" * 29), PacketId(str(place)))
        self._give_nonsense(
            (lambda now: seal_failed(now, ticket)) if is_failure else (lambda now: sealed(now, ticket, registration))
        )

    @rule(who=st.sampled_from(["officer", "Supervisor", "colleague"]), is_active=st.booleans(), is_supervisor=st.booleans())
    def a_user_changes(self, who: str, is_active: bool, is_supervisor: bool) -> None:
        roles = [SUPERVISOR, OFFICER] if is_supervisor else [OFFICER]
        self.users.change(who, is_active=is_active, roles=roles)

    @rule()
    def lock(self) -> None:
        before = self.state
        self.state = forget_authentications(before)
        assert forget_authentications(self.state) == self.state
        if before.sealing is None:
            self._forget_account()

    @rule(who=st.sampled_from(["officer", "officer", "Supervisor"]))
    def log_in_again(self, who: str) -> None:
        self.logins += 1
        self.rules_now = replace(self.rules_now, session_user_id=who, session_key=f"login {self.logins}")
        self.users.change("officer", roles=[OFFICER])
        self._forget_account()
        self.state = reconcile(self.state, self.form, self.rules_now)

    @rule()
    def restart(self) -> None:
        before = self.state
        self.reopen()
        self.state = self._resumed()
        self._forget_account()
        asked = challenge(before)
        self.challenges += [asked] if asked else []

    def _resumed(self) -> FlowState:
        return restore(json.loads(json.dumps(save(self.state))), self.form, self.rules_now)

    # Always

    @invariant()
    def one_stands_somewhere(self) -> None:
        if self.state.sealing is None and self.state.sealed is None:
            assert self.state.step in steps(self.form, self.rules_now)
            assert reconcile(self.state, self.form, self.rules_now) == self.state
        assert (self.state.step == ACKNOWLEDGEMENT) == (self.state.sealed is not None)

    @invariant()
    def a_restart_changes_nothing_but_authentications(self) -> None:
        resumed = self._resumed()
        expected = forget_authentications(replace(self.state, sealing=None))
        if self.state.sealing is not None:  # the form may have been edited while the packet was built
            expected = reconcile(expected, self.form, self.rules_now)
        assert replace(resumed, serial=0) == replace(expected, serial=0)
        assert resumed.serial > self.state.serial
