"""The biometrics fields of one registration: what devices captured for each, and what the form is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.core.forms.changes import Changes
from app.core.forms.demand import BioDemand
from app.core.forms.entries import BiometricsEntry
from app.core.forms.errors import ControlMismatchError, FieldNotInFormError
from app.core.forms.form import Form
from devices.client.biometricform import BiometricForm
from devices.client.formrecord import FormRecordUnreadableError, records, restored
from devices.client.settings import CaptureSettings
from devices.sbi.attributes import GROUPS
from packet.models import BioAttribute


class BiometricFields:
    """Keeps the captures of every biometrics field in step with what the form asks of the person.

    The form says which fingers, eyes and faces are asked, by age group and process; `BiometricForm` knows attempts, thresholds
    and exceptions. After every change of either, the other is told.
    """

    def __init__(self, form: Form, settings: CaptureSettings, fields: Mapping[str, BiometricForm] | None = None) -> None:
        self._form = form
        self._settings = settings
        self._fields: dict[str, BiometricForm] = dict(fields or {})

    def __getitem__(self, field_id: str) -> BiometricForm:
        """The captures of a field; empty ones if nothing was captured yet."""
        known = self._fields.get(field_id)
        return _begun(self._form.demand(field_id), self._settings) if known is None else known

    @property
    def states(self) -> Mapping[str, BiometricForm]:
        """The fields at which something was captured, tried or marked."""
        return dict(self._fields)

    def change(self, field_id: str, act: Callable[[BiometricForm], BiometricForm]) -> Changes:
        """Does something to a field's captures and tells the form. Ask `may_change` first.

        Raises as the act does; nothing has changed then.
        """
        after = act(self[field_id])
        self._put(field_id, after)
        return self._form.set_biometrics(field_id, entry_of(after))

    def may_change(self, field_id: str) -> bool:
        """Whether the form takes captures of this field now. A capture lasts seconds, in which a field can go."""
        state = self._form.field(field_id)
        return state.is_visible and state.is_enabled

    def _put(self, field_id: str, state: BiometricForm) -> None:
        if _is_untouched(state):
            self._fields.pop(field_id, None)
        else:
            self._fields[field_id] = state

    def follow(self, changes: Changes) -> tuple[Changes, frozenset[str]]:
        """Takes over what the form asks after an event: other attributes of another age group, nothing of a hidden field or of
        one that was emptied. What that changes in the form is followed as well: without marks there is no exception any more.

        Returns:
            The event with what followed from it, and the fields whose captures changed.
        """
        told, moved = changes, set[str]()
        while touched := (changes.demand | changes.visibility | changes.values) & self._fields.keys():
            changes = Changes()
            for field_id in sorted(touched):
                before = self._fields[field_id]
                changes = changes.joined(self._follow_field(field_id, before))
                if self._fields.get(field_id) != before:
                    moved.add(field_id)
            told = told.joined(changes)
        return told, frozenset(moved)

    def _follow_field(self, field_id: str, before: BiometricForm) -> Changes:
        held = self._form.field(field_id)
        if not held.is_visible:
            del self._fields[field_id]
            return Changes()
        after = _fitted(before, self._form.demand(field_id))
        entry = entry_of(after)
        if _agrees(held.biometrics, entry):
            self._put(field_id, after)
            return Changes()
        if held.biometrics is None:
            del self._fields[field_id]
            return Changes()
        self._put(field_id, after)
        return self._form.set_biometrics(field_id, entry)

    def records(self, field_id: str) -> dict[str, bytes]:
        """What is to be kept of a field; nothing if nothing was captured or marked."""
        known = self._fields.get(field_id)
        return {} if known is None else records(known)


def restored_fields(
    form: Form, settings: CaptureSettings, kept: Mapping[str, Mapping[str, bytes]]
) -> tuple[dict[str, BiometricForm], tuple[str, ...]]:
    """Every field as its records say.

    Args:
        form: says what is asked of the person.

    Returns:
        The fields, and the ids of those that are not in the form any more or whose records cannot be read: they begin anew.
    """
    fields: dict[str, BiometricForm] = {}
    lost: list[str] = []
    for field_id, parts in kept.items():
        try:
            fields[field_id] = _still_asked(restored(_begun(form.demand(field_id), settings), parts))
        except (FieldNotInFormError, ControlMismatchError, FormRecordUnreadableError):
            lost.append(field_id)
    return fields, tuple(lost)


def agreeing(form: Form, fields: Mapping[str, BiometricForm]) -> dict[str, BiometricForm]:
    """Those of the fields that the form shows and of which it holds exactly what they hold."""
    shown = {field_id: form.field(field_id) for field_id in fields}
    return {
        field_id: state
        for field_id, state in fields.items()
        if shown[field_id].is_visible and _agrees(shown[field_id].biometrics, entry_of(state))
    }


def _agrees(held: BiometricsEntry | None, entry: BiometricsEntry) -> bool:
    return entry.is_empty if held is None else held == entry


def _is_untouched(state: BiometricForm) -> bool:
    return not state.marks and not any(state.attempts(group).count for group in GROUPS)


def _still_asked(state: BiometricForm) -> BiometricForm:
    """Without marks and captures that are not asked of this person any more, since the form or the person's age is another."""
    before: set[BioAttribute] = set()
    for group in GROUPS:
        kept, attributes = state.attempts(group).kept, set(group.attributes)
        before |= set(kept) if kept else set(state.asked) & attributes
        before |= state.marks.keys() & attributes
    return replace(state, candidates=frozenset(before)).with_candidates(state.candidates)


def _begun(demand: BioDemand, settings: CaptureSettings) -> BiometricForm:
    return BiometricForm(
        configured=demand.configured,
        settings=settings,
        candidates=frozenset(demand.candidates),
        wants_photo=demand.wants_photo,
        individual_type=demand.individual_type,
    )


def _fitted(form: BiometricForm, demand: BioDemand) -> BiometricForm:
    wanted = replace(form, configured=demand.configured, wants_photo=demand.wants_photo)
    return wanted.with_candidates(frozenset(demand.candidates))


def entry_of(form: BiometricForm) -> BiometricsEntry:
    """What the form is told of a field's captures."""
    content = form.biometrics()
    marked = tuple(mark for mark in content.exceptions if mark.attribute in form.marks)
    automatic = tuple(mark for mark in content.exceptions if mark.attribute not in form.marks)
    satisfied = frozenset(attribute for attribute, is_there in form.satisfied().items() if is_there)
    return BiometricsEntry(captured=content.captured, exceptions=marked, automatic=automatic, satisfied=satisfied)
