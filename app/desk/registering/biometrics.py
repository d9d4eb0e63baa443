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

    def change(self, field_id: str, act: Callable[[BiometricForm], BiometricForm]) -> Changes:
        """Does something to a field's captures and tells the form.

        Raises as the act does; nothing has changed then.
        """
        self._fields[field_id] = act(self[field_id])
        return self._tell(field_id)

    def _tell(self, field_id: str) -> Changes:
        return self._form.set_biometrics(field_id, entry_of(self._fields[field_id]))

    def follow(self, changes: Changes) -> frozenset[str]:
        """Takes over what the form asks after an event: other attributes of another age group, nothing of a hidden field.

        Returns:
            The fields whose captures changed.
        """
        moved: set[str] = set()
        for field_id in (changes.demand | changes.visibility) & self._fields.keys():
            before = self._fields[field_id]
            if not self._form.field(field_id).is_visible:
                del self._fields[field_id]
                moved.add(field_id)
                continue
            after = _fitted(before, self._form.demand(field_id))
            if after != before:
                self._fields[field_id] = after
                self._tell(field_id)
                moved.add(field_id)
        return frozenset(moved)

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
            fields[field_id] = restored(_begun(form.demand(field_id), settings), parts)
        except (FieldNotInFormError, ControlMismatchError, FormRecordUnreadableError):
            lost.append(field_id)
    return fields, tuple(lost)


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
