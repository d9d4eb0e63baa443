"""Keeping what is at the desk: which parts of the draft an act changed, and who may write them.

A draft has one holder, the last that began it or took it up. A second window, or a second program, that still has the same
registration open cannot write over what the holder enters: its saves, and with them its sealing, are refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.core.drafts import DraftId
from app.core.flow import saving
from app.core.flow.state import FlowState
from app.core.forms.changes import Changes
from app.core.forms.entries import DocumentEntry
from app.core.forms.form import Form
from app.desk.autosave import Autosave
from app.desk.registering.biometrics import BiometricFields
from app.desk.registering.desk import Drafts
from app.desk.registering.parts import (
    FLOW,
    FORM,
    META,
    DraftMeta,
    biometrics_part,
    document_bytes,
    document_part,
    json_part,
    meta_part,
)
from packet.models import RegistrationId


@dataclass(slots=True)
class Work:
    """What is at the desk: values that change together.

    Attributes:
        holder: random; says which window or program writes the draft.
        lost: parts of a draft that could not be taken up; told once, after resuming.
    """

    draft_id: DraftId
    registration_id: RegistrationId
    meta: DraftMeta
    form: Form = field(repr=False)
    biometrics: BiometricFields = field(repr=False)
    flow: FlowState
    holder: str
    lost: tuple[str, ...] = ()

    def parts(self) -> dict[str, bytes]:
        """Everything that a draft needs to be this registration."""
        found = {META: meta_part(self.meta), **self.moving_parts()}
        found.update({document_part(name): document_bytes(entry) for name, entry in self.form.document_entries().items()})
        for spec in self.form.spec.fields:
            found.update(self.capture_parts(spec.id))
        return found

    def moving_parts(self) -> dict[str, bytes]:
        """The parts that change with every act."""
        return {FORM: json_part(self.form.snapshot()), FLOW: json_part(saving.save(self.flow))}

    def capture_parts(self, field_id: str) -> dict[str, bytes]:
        """The parts of a biometrics field; none of another field."""
        return {biometrics_part(field_id, name): body for name, body in self.biometrics.records(field_id).items()}


@dataclass(frozen=True, slots=True)
class HeldDrafts:
    """The drafts, for one holder."""

    drafts: Drafts
    holder: str

    def save(self, draft_id: DraftId, changed: Mapping[str, bytes], removed: Collection[str], step: str, at: datetime) -> None:
        """Saves, if the draft is (still) held by this holder."""
        self.drafts.save(draft_id, changed, removed, step, at, self.holder)


class Keeping:
    """Puts what changed into the draft, part by part: a keystroke rewrites neither documents nor captures.

    Args:
        stored: the parts as they are in the draft now. What differs from the registration at the desk is put right at once:
            what could not be taken up does not stay behind.
    """

    def __init__(self, autosave: Autosave, work: Work, stored: Mapping[str, bytes]) -> None:
        self._autosave = autosave
        self._work = work
        self._captures = {spec.id: frozenset(work.capture_parts(spec.id)) for spec in work.form.spec.fields}
        self._documents: dict[str, DocumentEntry] = work.form.document_entries()
        needed = work.parts()
        changed = {name: body for name, body in needed.items() if stored.get(name) != body}
        removed = stored.keys() - needed.keys()
        if changed or removed:
            autosave.put(changed, removed, step=work.flow.step.name)

    def keep(self, changes: Changes, moved: Collection[str], *, is_meta_changed: bool = False) -> None:
        """Keeps the registration after an act.

        Args:
            moved: biometrics fields of which the captures changed.
        """
        work = self._work
        changed, removed = work.moving_parts(), set[str]()
        if is_meta_changed:
            changed[META] = meta_part(work.meta)
        for field_id in moved:
            parts = work.capture_parts(field_id)
            changed.update(parts)
            removed |= self._captures[field_id] - parts.keys()
            self._captures[field_id] = frozenset(parts)
        if changes.values:
            self._keep_documents(changed, removed)
        self._autosave.put(changed, removed, step=work.flow.step.name)

    def _keep_documents(self, changed: dict[str, bytes], removed: set[str]) -> None:
        before, now = self._documents, self._work.form.document_entries()
        changed.update({document_part(name): document_bytes(doc) for name, doc in now.items() if before.get(name) is not doc})
        removed |= {document_part(name) for name in before.keys() - now.keys()}
        self._documents = now

    def keep_step(self) -> None:
        """Keeps where the registration stands."""
        flow = self._work.flow
        self._autosave.put({FLOW: json_part(saving.save(flow))}, step=flow.step.name)
