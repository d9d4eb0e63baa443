"""A registration in work: everything that an operator does to it, kept after every step.

Each act changes the form, takes the flow along (an edit takes authentications back), writes the audit row that belongs to it
and puts what changed into the draft. The draft is written from a thread of its own; a registration that is taken up after a
kill has everything up to the last change but, at most, the one that was just being typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from app.core import audits
from app.core.drafts import DraftId
from app.core.flow import authenticating, moves, sealing
from app.core.flow.errors import EventOutOfOrderError
from app.core.flow.guards import steps
from app.core.flow.state import Answer, Challenge, FlowState, Party, SealedRegistration, Step
from app.core.forms.changes import Changes
from app.core.forms.entries import DocumentEntry
from app.core.forms.form import Form
from app.core.forms.textedge import REFUSED_SIGN, clean, with_plain_digits
from app.core.reviewing import Proof, WrongFactor
from app.desk.autosave import Autosave, SaveState
from app.desk.registering.biometrics import BiometricFields
from app.desk.registering.desk import Attendant, RegistrationDesk
from app.desk.registering.keeping import HeldDrafts, Keeping, Work
from app.desk.registering.packetspec import confirmed_registration
from app.desk.registering.parts import described_devices
from devices.client.biometricform import BiometricForm
from devices.client.session import CaptureResult
from devices.sbi.attributes import Group
from packet.errors import CodedError
from packet.models import BioAttribute, ExceptionType, RegisteredDevice, RegistrationId, SealedPacket


class RegistrationOverError(CodedError):
    """Something was to be done to a registration that is sealed, parked or discarded."""

    code = "DESK-REGISTRATION-OVER"
    sentence = "This registration is not at the desk any more."
    next_step = "Start a new registration, or take one up from the list of registrations in work."


class SealingRunsError(CodedError):
    """Something was to be entered while the packet is made."""

    code = "DESK-SEALING-RUNS"
    sentence = "The registration is just being sealed; nothing can be entered now."
    next_step = "Wait until it is sealed. If that fails, the registration is back at the preview and can be changed."


class RegistrationInWork:
    """One registration at the desk. Use `app.desk.registering.start`. One thread at a time.

    Everything that may refuse raises a `packet.errors.CodedError`; what keeps a step from being taken is in the answer.
    """

    def __init__(self, desk: RegistrationDesk, attendant: Attendant, work: Work, stored: Mapping[str, bytes]) -> None:
        self._desk = desk
        self._attendant = attendant
        self._rules = desk.rules(attendant)
        self._work = work
        self._is_over = False
        held = HeldDrafts(desk.drafts, work.holder)
        self._autosave = Autosave(held, work.draft_id, work.flow.step.name, desk.clock, desk.on_save)
        self._keeping = Keeping(self._autosave, work, stored)

    # (a) looking

    @property
    def registration_id(self) -> RegistrationId:
        """The registration id, which is the application id on the slip."""
        return self._work.registration_id

    @property
    def draft_id(self) -> DraftId:
        """Under which it is kept."""
        return self._work.draft_id

    @property
    def form(self) -> Form:
        """For reading; every change goes through `edit`."""
        return self._work.form

    @property
    def flow(self) -> FlowState:
        """Where it stands."""
        return self._work.flow

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps as the form has them now."""
        return steps(self.form, self._rules)

    @property
    def lost(self) -> tuple[str, ...]:
        """What of a resumed draft could not be taken up: ids of fields."""
        return self._work.lost

    @property
    def save_state(self) -> SaveState:
        """How the keeping goes."""
        return self._autosave.state

    def captures(self, field_id: str) -> BiometricForm:
        """The captures of a biometrics field."""
        return self._work.biometrics[field_id]

    # (b) filling

    def edit(self, act: Callable[[Form], Changes]) -> Changes:
        """Does something to the form: types, chooses, ticks.

        Args:
            act: calls one of the form's methods and answers its changes.

        Raises:
            SealingRunsError: what is being sealed is what was confirmed.
        """
        self._expect_editable()
        return self._after(act(self.form))

    def add_document(self, field_id: str, document: DocumentEntry) -> Changes:
        """Puts a scanned document into its field."""
        return self._told(audits.DOCUMENT_ADDED, self.edit(lambda form: form.set_document(field_id, document)))

    def remove_document(self, field_id: str) -> Changes:
        """Takes a document away."""
        return self._told(audits.DOCUMENT_REMOVED, self.edit(lambda form: form.remove_document(field_id)))

    def add_capture(self, field_id: str, group: Group, result: CaptureResult) -> Changes:
        """Takes one accepted answer of a device."""
        return self._capture(
            field_id, lambda state: state.after_capture(group, result.captures), audits.CAPTURED[group.name], result.device
        )

    def mark_exception(self, field_id: str, attribute: BioAttribute, kind: ExceptionType, reason: str = "") -> Changes:
        """Marks a finger or eye as missing. Raises as `BiometricForm.with_exception`."""
        words = _plain(reason)
        return self._capture(field_id, lambda state: state.with_exception(attribute, kind, words), audits.EXCEPTION_MARKED)

    def unmark_exception(self, field_id: str, attribute: BioAttribute) -> Changes:
        """Takes such a mark away. Raises as `BiometricForm.without_exception`."""
        return self._capture(field_id, lambda state: state.without_exception(attribute), audits.EXCEPTION_REMOVED)

    def give_reason(self, field_id: str, group: Group, reason: str) -> Changes:
        """Says why captures below the threshold are kept. Raises as `BiometricForm.with_reason`."""
        words = _plain(reason)
        return self._capture(field_id, lambda state: state.with_reason(group, words))

    def accept_words(self, field_id: str, lang_code: str | None = None) -> Changes:
        """Lets the blocklisted words of a field pass, in the operator's name."""
        return self._told(audits.WORDS_ACCEPTED, self.edit(lambda form: form.accept_words(field_id, lang_code)))

    def reject_words(self, field_id: str, lang_code: str | None = None) -> Changes:
        """Does not let them pass."""
        return self._told(audits.WORDS_REJECTED, self.edit(lambda form: form.reject_words(field_id, lang_code)))

    def _capture(
        self,
        field_id: str,
        act: Callable[[BiometricForm], BiometricForm],
        kind: audits.AuditKind | None = None,
        device: RegisteredDevice | None = None,
    ) -> Changes:
        """Changes captures; nothing happens if the field is hidden or locked by now."""
        self._expect_editable()
        if not self._work.biometrics.may_change(field_id):
            return Changes()
        changes = self._work.biometrics.change(field_id, act)
        is_new_device = device is not None and self._note_device(device)
        told = self._after(changes, frozenset({field_id}), is_meta_changed=is_new_device)
        if kind is not None:
            self._audit(kind)
        return told

    def _note_device(self, device: RegisteredDevice) -> bool:
        known = self._work.meta.registered_devices()
        if device in known:
            return False
        others = tuple(d for d in known if d.device_code != device.device_code)
        self._work.meta = self._work.meta.model_copy(update={"devices": described_devices((*others, device))})
        return True

    def choose_update(self, uin: str, groups: Sequence[str]) -> Changes:
        """UPDATE: whose data are updated, and which groups of them. What was entered in other groups is gone."""
        self._expect_editable()
        work, before = self._work, self.form
        number = with_plain_digits(_plain(uin))
        meta = work.meta.model_copy(update={"uin": number or None, "update_groups": tuple(map(_plain, groups))})
        if meta == work.meta:
            return Changes()
        form = Form.restore(
            before.spec,
            replace(before.context, uin=meta.uin, update_groups=meta.update_groups),
            {**before.snapshot(), "revision": before.revision + 1},
            before.document_entries(),
            before.biometrics_entries(),
        )
        captured = work.biometrics.states
        work.meta, work.form, work.biometrics = meta, form, BiometricFields(form, self._desk.country.captures, captured)
        everything = frozenset(field.id for field in form.spec.fields)
        changes = Changes(values=everything, visibility=everything, is_form_changed=True)
        return self._after(changes, frozenset(captured), is_meta_changed=True)

    # (c) moving

    def forward(self, *, at: Step | None = None) -> Answer:
        """Goes on; from the last authentication this begins the sealing, which `seal` carries out."""
        return self._move(lambda state: moves.forward(state, self.form, self._rules, at=at or state.step))

    def back(self, *, at: Step | None = None) -> Answer:
        """Goes back one step."""
        return self._move(lambda state: moves.back(state, self.form, self._rules, at=at or state.step))

    def go_to(self, target: Step) -> Answer:
        """Goes to a step that the operator picks."""
        return self._move(lambda state: moves.go_to(state, self.form, self._rules, target))

    def previewed(self, revision: int) -> Answer:
        """The preview of this revision of the form was shown."""
        answer = self._move(lambda state: moves.previewed(state, self.form, self._rules, revision=revision))
        if answer.state.previewed_revision == self.form.revision:
            self._audit(audits.PREVIEW_SUBMITTED)
        return answer

    def _move(self, act: Callable[[FlowState], Answer]) -> Answer:
        self._expect_open()
        self._after(self.form.refresh())
        answer = act(self.flow)
        if answer.state != self.flow:
            self._work.flow = answer.state
            self._keeping.keep_step()
        return answer

    # (d) confirming

    def identify(self, party: Party, user_id: str) -> Answer:
        """Begins the authentication of the operator or the reviewer."""
        return self._move(lambda state: authenticating.identify(state, self.form, self._rules, party, user_id))

    @property
    def challenge(self) -> Challenge | None:
        """The factor that is asked for now."""
        return authenticating.challenge(self.flow)

    def prove(self, asked: Challenge, proof: Proof) -> Answer:
        """Takes what came of a challenge."""
        is_late = asked != self.challenge
        answer = self._move(lambda state: authenticating.prove(state, self.form, self._rules, asked, proof))
        if not (is_late or answer.is_refused or isinstance(proof, WrongFactor)):
            kinds = audits.OPERATOR_CONFIRMED if asked.party is Party.OPERATOR else audits.REVIEWER_CONFIRMED
            self._audit(kinds[asked.factor])
        return answer

    def lock(self) -> None:
        """Takes authentications back, for example when the desk is left alone; what was entered stays."""
        if not self._is_over:
            self._move(lambda state: Answer(authenticating.forget_authentications(state)))

    # (e) the end

    def seal(self) -> SealedPacket:
        """Builds, signs, encrypts and saves the packet; the draft goes with it, in one transaction.

        Raises:
            packet.errors.CodedError: a subclass that says why not; everything entered is kept, and the flow is back at the
                preview. `FormChangedError` if something was entered after it was confirmed.
        """
        self._expect_open()
        ticket = self.flow.sealing
        if ticket is None:
            raise EventOutOfOrderError(event="seal", step=self.flow.step.kind.value)
        try:
            self._after(self.form.refresh())
            confirmed_by = sealing.authentications(self.flow, self.form)
            self._keeping.keep_step()  # refused if the draft was taken up elsewhere
            self._autosave.flush()
            packet = self._desk.country_sealer().seal(
                confirmed_registration(self._desk, self._work.draft_id, self._work, confirmed_by),
                self._desk.certificate(),
                self._attendant.writer,
            )
        except BaseException:
            self._move(lambda state: sealing.seal_failed(state, ticket))
            raise
        self._end()
        self._work.flow = sealing.sealed(self.flow, ticket, SealedRegistration(packet.registration_id, packet.packet_id)).state
        return packet

    def save_now(self) -> None:
        """Waits until everything entered is durable.

        Raises:
            packet.errors.CodedError: why it cannot be saved; it stays at the desk and is tried again.
        """
        self._expect_open()
        self._autosave.flush()

    def park(self) -> None:
        """Leaves the desk; the draft stays and can be taken up again.

        Raises:
            packet.errors.CodedError: if the last changes cannot be saved; it stays at the desk and is tried again. Only
                `abandon` leaves it then.
        """
        if not self._is_over:
            self._autosave.flush()
            self._is_over = True
            self._autosave.close()

    def abandon(self) -> None:
        """Leaves the desk without what could not be saved; the draft stays as it was saved last, if it is still there.

        For a registration that somebody else took up, sealed or discarded, and for a disk that stays full.
        """
        self._end()

    def discard(self) -> None:
        """Gives the registration up for good. Nothing of the person is left.

        Raises:
            packet.errors.CodedError: if it cannot be discarded now; it stays at the desk.
        """
        self._expect_open()
        audit = self._attendant.writer.about_registration(audits.DRAFT_DISCARDED, self.registration_id)
        self._desk.drafts.discard(self._work.draft_id, audit)
        self._end()

    def _end(self) -> None:
        self._is_over = True
        self._autosave.close(is_kept=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.park()
        finally:
            self._end()

    def _expect_open(self) -> None:
        if self._is_over:
            raise RegistrationOverError

    def _expect_editable(self) -> None:
        self._expect_open()
        if self.flow.sealing is not None:
            raise SealingRunsError

    # (f) keeping

    def _told(self, kind: audits.AuditKind, changes: Changes) -> Changes:
        """Writes the audit row of an act, if it did anything."""
        if changes:
            self._audit(kind)
        return changes

    def _audit(self, kind: audits.AuditKind) -> None:
        self._desk.audits.add(self._attendant.writer.about_registration(kind, self.registration_id))

    def _after(self, changes: Changes, captured: frozenset[str] = frozenset(), *, is_meta_changed: bool = False) -> Changes:
        """Takes flow and draft along. Returns the act's changes with what followed from them."""
        if not (changes or captured or is_meta_changed):
            return changes
        told, moved = self._work.biometrics.follow(changes)
        self._work.flow = moves.reconcile(self.flow, self.form, self._rules)
        self._keeping.keep(told, moved | captured, is_meta_changed=is_meta_changed)
        return told


def _plain(text: str) -> str:
    """Typed words as they are kept: without what is no sign of a line of text, and without space around it."""
    return clean(text).replace(REFUSED_SIGN, "").strip()
