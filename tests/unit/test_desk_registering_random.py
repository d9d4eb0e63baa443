"""A registration at the desk under random hands: whatever is entered, killed, parked and taken up, nothing saved is lost."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.core.flow.state import PREVIEW, Party, Step, StepKind
from app.core.forms.entries import DocumentEntry
from app.core.uispec.model import Control, ValueType
from app.desk.registering.biometrics import entry_of
from app.desk.registering.start import resume, start
from app.desk.registering.work import RegistrationInWork
from devices.client.biometricform import BiometricForm, ExceptionImpossibleError, ForcedReasonError
from devices.sbi.attributes import GROUPS
from packet.models import BioAttribute, ExceptionType
from tests.support.clerk import HTML, accepted, attendant, desk_at, lab_cameras, lab_device, store_at, utc_now
from tests.support.idnumbers import valid_uin
from tests.support.specs import PDF, machine_key

PROCESSES: Final = ("NEW", "NEW", "UPDATE", "LOST")
GROUPS_OF_UPDATE: Final = ("FullName", "DateOfBirth", "Location", "Phone", "IntroducerDetails", "Biometrics", "Nothing")
TYPED: Final = ("", "Amina", "0612345678", valid_uin(), "\ud83d", " \u200fx\u0301", "1990")
TEXTS: Final = st.one_of(st.sampled_from(TYPED), st.text(max_size=5))
YEARS: Final = st.sampled_from(["1990", "2015", "2025", "1700", "", "x"])
NUMBER: Final = st.integers(0, 10_000)


class Seen:
    """Everything that must come back."""

    def __init__(self, work: RegistrationInWork) -> None:
        self.form = work.form.snapshot()
        self.step = _resting(work.flow.step)
        self.papers = work.form.document_entries()
        self.captures = {
            spec.id: _held(work.captures(spec.id)) for spec in work.form.spec.fields if spec.control is Control.BIOMETRICS
        }
        self.update = (work.form.context.uin, work.form.context.update_groups)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def _held(state: BiometricForm) -> object:
    attempts = {group.name: state.attempts(group) for group in GROUPS if state.attempts(group).count}
    return state.asked, dict(state.marks), dict(state.reasons), attempts


def _resting(step: Step) -> Step:
    """Where a registration that is taken up stands: the operator confirms before the reviewer."""
    return Party.OPERATOR.step if step == Party.REVIEWER.step else step


class Desk(RuleBasedStateMachine):
    """An operator of many minds, and a machine that dies."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = store_at(Path(self.folder.name), machine_key())
        self.moment: datetime = utc_now()
        self.desk = desk_at(self.store, machine_key(), clock=lambda: self.moment, entropy=os.urandom)
        self.cameras = lab_cameras(self.moment)
        self.work: RegistrationInWork
        self.history: list[Seen] = []
        self.day = self.moment.date()

    @initialize(process=st.sampled_from(PROCESSES))
    def begin(self, process: str) -> None:
        self.work = start(self.desk, attendant(), process, ["eng", "fra"])
        self.history = [Seen(self.work)]

    def teardown(self) -> None:
        if hasattr(self, "work"):
            self.work.park()
        self.store.close()
        self.folder.cleanup()

    def _field(self, number: int, *controls: Control) -> str | None:
        shown = [f.id for f in self.work.form.spec.fields if f.control in controls]
        return shown[number % len(shown)] if shown else None

    # what an operator does

    @rule(number=NUMBER, text=TEXTS)
    def type_text(self, number: int, text: str) -> None:
        field = self._field(number, Control.TEXTBOX)
        if field is not None:
            is_in_each = self.work.form.field(field).spec.value_type is ValueType.SIMPLE
            self.work.edit(lambda form: form.set_text(field, text, "eng" if is_in_each else None))

    @rule(number=NUMBER, year=YEARS)
    def type_birth(self, number: int, year: str) -> None:
        field = self._field(number, Control.DATE, Control.AGE_DATE)
        if field is not None:
            self.work.edit(lambda form: form.set_date(field, "01", "01", year))

    @rule(number=NUMBER, pick=NUMBER)
    def choose(self, number: int, pick: int) -> None:
        field = self._field(number, Control.DROPDOWN, Control.BUTTON)
        choices = self.work.form.field(field).choices if field else ()
        if field and choices:
            self.work.edit(lambda form: form.choose(field, choices[pick % len(choices)].code))

    @rule(is_ticked=st.booleans(), number=NUMBER)
    def tick_and_show(self, is_ticked: bool, number: int) -> None:
        for control in (Control.CHECKBOX, Control.HTML):
            field = self._field(number, control)
            if field and control is Control.CHECKBOX:
                self.work.edit(lambda form, name=field: form.tick(name, is_ticked))  # type: ignore[misc]
            elif field:
                self.work.edit(lambda form, name=field: form.show_html(name, "eng", HTML))  # type: ignore[misc]

    @rule(number=NUMBER, pick=NUMBER, reference=TEXTS, act=st.sampled_from(["add", "remove", "refer", "type"]))
    def handle_paper(self, number: int, pick: int, reference: str, act: str) -> None:
        field = self._field(number, Control.FILE_UPLOAD)
        if field is None:
            return
        choices = self.work.form.field(field).choices
        code = choices[pick % len(choices)].code if choices else "NONE"
        if act == "add":
            self.work.add_document(field, DocumentEntry(code, reference, "pdf", PDF + bytes([pick % 200])))
        elif act == "remove":
            self.work.remove_document(field)
        elif act == "refer":
            self.work.edit(lambda form: form.set_document_reference(field, reference))
        else:
            self.work.edit(lambda form: form.choose_document_type(field, code))

    @rule(number=NUMBER, group=st.sampled_from(GROUPS), score=st.sampled_from([10.0, 39.0, 80.0]))
    def capture(self, number: int, group: object, score: float) -> None:
        field = self._field(number, Control.BIOMETRICS)
        chosen = next(g for g in GROUPS if g is group)
        if field is None or not self.work.captures(field).panel(chosen).may_scan:
            return
        wanted = self.work.captures(field).panel(chosen).wanted
        made = [replace(self.cameras(attribute), quality_score=score) for attribute in wanted]
        self.work.add_capture(field, chosen, accepted(chosen, made, lab_device(chosen)))

    @rule(
        number=NUMBER,
        attribute=st.sampled_from(list(BioAttribute)),
        reason=TEXTS,
        act=st.sampled_from(["mark", "unmark", "why"]),
    )
    def judge(self, number: int, attribute: BioAttribute, reason: str, act: str) -> None:
        field = self._field(number, Control.BIOMETRICS)
        if field is None:
            return
        group = next(g for g in GROUPS if attribute in g.attributes)
        try:
            if act == "mark":
                self.work.mark_exception(field, attribute, ExceptionType.PERMANENT, reason)
            elif act == "unmark":
                self.work.unmark_exception(field, attribute)
            else:
                self.work.give_reason(field, group, reason)
        except (ExceptionImpossibleError, ForcedReasonError):
            pass

    @rule(number=NUMBER)
    def clear(self, number: int) -> None:
        field = self._field(number, *Control)
        if field is not None:
            self.work.edit(lambda form: form.clear(field))

    @precondition(lambda self: self.work.form.is_update)
    @rule(
        uin=st.sampled_from([valid_uin(), "", "123", "\ud800"]), groups=st.sets(st.sampled_from(GROUPS_OF_UPDATE), max_size=4)
    )
    def choose_update(self, uin: str, groups: set[str]) -> None:
        self.work.choose_update(uin, sorted(groups))

    @rule(act=st.sampled_from(["forward", "back", "preview", "lock", "jump"]), number=NUMBER)
    def move(self, act: str, number: int) -> None:
        if act == "forward" and self.work.flow.step.kind is not StepKind.REVIEWER:
            self.work.forward()
        elif act == "back":
            self.work.back()
        elif act == "preview":
            self.work.go_to(PREVIEW)
            self.work.previewed(self.work.form.revision)
        elif act == "lock":
            self.work.lock()
        else:
            self.work.go_to(self.work.steps[number % (len(self.work.steps) - 1)])

    @rule()
    def days_pass(self) -> None:
        self.moment += timedelta(days=200)

    @rule()
    def look(self) -> None:
        """A step notices the day; a form that nobody touched does not."""
        self.work.back()
        self.day = self.moment.date()

    # what a machine does

    @rule()
    def save(self) -> None:
        self.work.save_now()
        self.history = [Seen(self.work)]
        parts = self.desk.drafts.load(self.work.draft_id).parts
        assert dict(parts) == self.work._work.parts(), "all that is needed, and nothing else"

    @rule(is_clean=st.booleans())
    def leave_and_return(self, is_clean: bool) -> None:
        """Parked, or killed with what was not saved yet."""
        if is_clean:
            self.work.park()
            self.history = self.history[-1:]
        else:
            self.work._autosave.close(is_kept=False)
            self.work._is_over = True
        self.work = resume(self.desk, attendant(), self.work.draft_id)
        if self.day == self.moment.date():  # on another day a person can be of another age, of whom other things are asked
            assert self.work.lost == ()
            assert Seen(self.work) in self.history, "nothing that was saved is lost"
        self.day = self.moment.date()
        self.save()

    @invariant()
    def form_and_captures_agree(self) -> None:
        if not hasattr(self, "work"):
            return
        now = Seen(self.work)
        if not self.history or self.history[-1] != now:
            self.history.append(now)
        for spec in self.work.form.spec.fields:
            if spec.control is Control.BIOMETRICS:
                held, state = self.work.form.field(spec.id).biometrics, self.work.captures(spec.id)
                assert held == entry_of(state) if held else entry_of(state).is_empty
                assert set(state.asked) == set(self.work.form.demand(spec.id).candidates)


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
