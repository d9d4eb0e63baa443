"""One registration while it is filled: events in, changes out.

Nothing here knows a window, a file or a device. An event that changes nothing gives empty `Changes`; an event on a field that
is hidden or locked is one of those, since a window may be a moment behind. All rules of the specification, the country's data
and the packet's needs are applied with every event, each looked at only if something that it reads has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar

from app.core.ages import AgeTooHighError, AgeUnreadableError, birth_of_age, read_age
from app.core.forms import messages as m
from app.core.forms import suggestions
from app.core.forms.changes import Changes, DiscardReason, Filled, Misfit
from app.core.forms.context import FormContext
from app.core.forms.demand import fitted
from app.core.forms.engine import FormEngine
from app.core.forms.entries import (
    NO_LANGUAGE,
    BiometricsEntry,
    ChoiceEntry,
    DateEntry,
    DocumentEntry,
    DocumentSlot,
    Entry,
    HtmlEntry,
    TextEntry,
    TickEntry,
)
from app.core.forms.errors import FormOfOtherProcessError, LanguageNotInFormError
from app.core.forms.graph import FieldNode
from app.core.forms.prefill import fill
from app.core.forms.reading import FormReading
from app.core.forms.setup import make_setup
from app.core.forms.snapshot import entries_of, restore_marks, revision_of
from app.core.forms.textedge import clean, is_blank
from app.core.forms.values import fingerprint, languages_of
from app.core.forms.words import pending_words
from app.core.uispec.model import Control, ProcessSpec
from packet.models import Json

_NOTHING: Final = Changes()
_BOX_MAX_CHARS: Final = 16
_LISTS: Final = (Control.DROPDOWN, Control.BUTTON)
_DATES: Final = (Control.DATE, Control.AGE_DATE)
_DOCUMENTS: Final = (Control.FILE_UPLOAD,)

_E = TypeVar("_E", bound=Entry)
_NOT_FIELDS: Final = frozenset(("IDSchemaVersion",))
"""What an ID.json holds beside fields."""


class Form(FormReading):
    """A form in work.

    Attributes:
        misfits: what of a draft did not fit when the form was restored.
    """

    def __init__(self, spec: ProcessSpec, context: FormContext) -> None:
        super().__init__(FormEngine(make_setup(spec, context)))
        self._engine.start({})
        self.misfits: tuple[Misfit, ...] = ()

    @classmethod
    def restore(
        cls,
        spec: ProcessSpec,
        context: FormContext,
        plain: Mapping[str, Json],
        documents: Mapping[str, DocumentEntry],
        biometrics: Mapping[str, BiometricsEntry],
    ) -> Form:
        """The form as it was when `snapshot` was called, as far as specification, data and day allow; see `misfits`.

        Its revision is that of the snapshot, or the next one if not everything is as it was.

        Args:
            plain: what `snapshot` gave.
            documents, biometrics: what `document_entries` and `biometrics_entries` gave.

        Raises:
            FormOfOtherProcessError: if the snapshot is of another process.
        """
        found = plain.get("process")
        if found != spec.id:
            raise FormOfOtherProcessError(process=spec.id, found=found if isinstance(found, str) else None)
        form = cls.__new__(cls)
        engine = FormEngine(make_setup(spec, context))
        FormReading.__init__(form, engine)
        entries, misfits = entries_of(engine.setup, plain, documents, biometrics)
        engine.start(entries, lambda: restore_marks(engine.setup, engine.state, plain))
        engine.state.revision = revision_of(plain)
        form.misfits = (*misfits, *form._lost(entries))
        if form.snapshot() != plain:  # what was looked at before is not what stands there now
            engine.state.revision += 1
        return form

    def _lost(self, entries: Mapping[str, Entry]) -> list[Misfit]:
        found: list[Misfit] = []
        for name, entry in entries.items():
            now = self._engine.state.entries.get(name)
            if now is None:
                found.append(Misfit(name, m.MISFIT_HIDDEN))
            elif now != entry:
                found.append(Misfit(name, m.MISFIT_CAPTURES))
        return found

    # editing texts, numbers, lists, ticks

    def set_text(self, field: str, text: str, lang: str | None = None) -> Changes:
        """What stands in a text box now. `lang` is needed where there is a box for each language (default: the first)."""
        node = self._node(field, (Control.TEXTBOX,))
        box = self._box(node, lang)
        if not self._can_edit(node):
            return _NOTHING
        entry = self._entry(field, TextEntry)
        cleaned = clean(text)
        if entry is not None and entry.texts.get(box) == cleaned:
            return _NOTHING
        if entry is None and is_blank(cleaned):
            return _NOTHING
        if node.spec.is_transliterated and box != NO_LANGUAGE:
            languages = self.context.lang_codes
            return self._put(field, suggestions.followed(entry, box, cleaned, languages, self._engine.suggester))
        return self._put(field, suggestions.typed(entry, box, cleaned))

    def set_number(self, field: str, number: float | str) -> Changes:
        """A number, as a number or as typed; kept in the form in which it is given."""
        return self.set_text(field, str(number))

    def choose(self, field: str, code: str) -> Changes:
        """Chooses an entry of a list by its code; an empty code empties the field."""
        node = self._node(field, _LISTS)
        return self._put(field, ChoiceEntry(clean(code)) if code else None) if self._can_edit(node) else _NOTHING

    def tick(self, field: str, is_ticked: bool) -> Changes:
        """Ticks a check box or takes the tick away; both are answers."""
        node = self._node(field, (Control.CHECKBOX,))
        return self._put(field, TickEntry(is_ticked)) if self._can_edit(node) else _NOTHING

    def take_suggestion(self, field: str, lang: str) -> Changes:
        """Takes over the suggestion that is offered for a box."""
        node = self._node(field, (Control.TEXTBOX,))
        suggestion = self._state.suggestions.get(field, {}).get(self._box(node, lang))
        entry = self._entry(field, TextEntry)
        source = None if entry is None else suggestions.source_of(entry, self.context.lang_codes)
        if suggestion is None or entry is None or source is None or not self._can_edit(node):
            return _NOTHING
        return self._put(field, suggestions.taken(entry, lang, suggestion, source))

    def accept_words(self, field: str, lang: str | None = None) -> Changes:
        """The operator lets the blocklisted words of a text pass, by name."""
        key = (field, self._box(self._node(field, (Control.TEXTBOX,)), lang))
        if not pending_words(self._state, *key):
            return _NOTHING
        self._engine.begin()
        self._state.accepted[key] = self._state.words[key]
        self._state.accepted_by[key] = self.context.operator_id
        self._state.rejected.discard(key)
        return self._judged(field)

    def reject_words(self, field: str, lang: str | None = None) -> Changes:
        """The operator does not let them pass; the text has to be changed."""
        key = (field, self._box(self._node(field, (Control.TEXTBOX,)), lang))
        if key not in self._state.words or (key in self._state.rejected and key not in self._state.accepted):
            return _NOTHING
        self._engine.begin()
        self._state.rejected.add(key)
        self._state.accepted.pop(key, None)
        return self._judged(field)

    def _judged(self, field: str) -> Changes:
        self._engine.touch(field)
        self._engine.change_form()
        return self._engine.end()

    # editing dates and shown texts

    def set_date(self, field: str, day: str, month: str, year: str) -> Changes:
        """What stands in the three boxes of a date now."""
        node = self._node(field, _DATES)
        if not self._can_edit(node):
            return _NOTHING
        boxes = [clean(text)[:_BOX_MAX_CHARS] for text in (day, month, year)]
        return self._put(field, None if all(map(is_blank, boxes)) else DateEntry(*boxes))

    def set_age(self, field: str, years: str | int) -> Changes:
        """An age in full years instead of a date: stands for 1 January of that year."""
        node = self._node(field, (Control.AGE_DATE,))
        text = clean(str(years))[:_BOX_MAX_CHARS]
        if not self._can_edit(node):
            return _NOTHING
        if is_blank(text):
            return self._put(field, None)
        try:
            birth = birth_of_age(read_age(text, self.context.settings.max_age), self.context.today())
        except (AgeUnreadableError, AgeTooHighError):
            return self._put(field, DateEntry(age=text))
        return self._put(field, DateEntry(f"{birth.day:02d}", f"{birth.month:02d}", f"{birth.year:04d}", text))

    def show_html(self, field: str, lang: str, html: str) -> Changes:
        """A text was shown to the person; its fingerprint goes into the packet."""
        node = self._node(field, (Control.HTML,))
        if lang not in self.context.lang_codes:
            raise LanguageNotInFormError(field=field, language=lang)
        if not self._can_edit(node):
            return _NOTHING
        entry = self._entry(field, HtmlEntry)
        return self._put(field, HtmlEntry({**(entry.hashes if entry else {}), lang: fingerprint(html)}))

    # editing documents and biometrics

    def choose_document_type(self, field: str, code: str) -> Changes:
        """Chooses what kind of document it is; a document of another type that is there already is discarded."""
        node = self._node(field, _DOCUMENTS)
        slot = self._entry(field, DocumentSlot)
        if not self._can_edit(node) or (slot.type_code if slot else None) == (code or None):
            return _NOTHING
        self._engine.begin()
        if slot is not None and slot.document is not None:
            self._engine.discard(field, DiscardReason.DOCUMENT_TYPE)
        self._engine.put(field, DocumentSlot(clean(code)) if code else None)
        return self._engine.end()

    def set_document_reference(self, field: str, text: str) -> Changes:
        """The document's reference number as typed."""
        node = self._node(field, _DOCUMENTS)
        slot = self._entry(field, DocumentSlot) or DocumentSlot()
        if not self._can_edit(node):
            return _NOTHING
        changed = replace(slot, ref_number=clean(text))
        return self._put(field, None if changed == DocumentSlot() else changed)

    def set_document(self, field: str, document: DocumentEntry) -> Changes:
        """A scanned document, with its type; its reference number counts if it has one."""
        node = self._node(field, _DOCUMENTS)
        slot = self._entry(field, DocumentSlot) or DocumentSlot()
        if not self._can_edit(node):
            return _NOTHING
        reference = clean(document.ref_number) if document.ref_number else slot.ref_number
        cleaned = replace(document, type_code=clean(document.type_code), ref_number=reference or None)
        return self._put(field, DocumentSlot(cleaned.type_code, reference, cleaned))

    def remove_document(self, field: str) -> Changes:
        """Takes the scanned document away; type and reference number stay."""
        node = self._node(field, _DOCUMENTS)
        slot = self._entry(field, DocumentSlot)
        if slot is None or slot.document is None or not self._can_edit(node):
            return _NOTHING
        return self._put(field, replace(slot, document=None))

    def set_biometrics(self, field: str, biometrics: BiometricsEntry) -> Changes:
        """What was captured and marked; what is not asked of this person is left out and told."""
        node = self._node(field, (Control.BIOMETRICS,))
        if not self._can_edit(node):
            return _NOTHING
        fitting, dropped = fitted(self._state.demands[field], biometrics)
        self._engine.begin()
        for reason, attributes in dropped.items():
            self._engine.discard(field, reason, (attribute.value for attribute in attributes))
        self._engine.put(field, None if fitting.is_empty else fitting)
        return self._engine.end()

    # editing anything

    def clear(self, field: str) -> Changes:
        """Empties a field."""
        node = self._node(field, ())
        if not self._can_edit(node):
            return _NOTHING
        self._engine.begin()
        if field in self._state.cycling:
            self._state.cycling.discard(field)
            self._engine.touch(field)
        self._engine.put(field, None)
        return self._engine.end()

    def fill_pre_registration(self, values: Mapping[str, Json], documents: Mapping[str, DocumentEntry]) -> Filled:
        """Empties the form but for the fields that the country keeps, and fills it with a pre-registration.

        Args:
            values: content of its ID.json by field id; codes or names where a field is a list.
            documents: by field id, or by category.
        """
        kept = self.context.settings.retained_after_pre_registration
        self._engine.begin()
        for name in [*self._state.entries]:
            if name not in kept:
                self._engine.put(name, None)
        self._engine.carry()
        wanted = {name: value for name, value in values.items() if value is not None and name not in _NOT_FIELDS}
        misfits = fill(self._engine, wanted, documents)
        return Filled(self._engine.end(), misfits)

    def set_additional_info_request_id(self, text: str) -> Changes:
        """The request id of a correction, as typed."""
        cleaned = clean(text)
        if cleaned == self._state.additional_info_request_id:
            return _NOTHING
        self._engine.begin()
        self._state.additional_info_request_id = cleaned
        self._engine.change_form()
        return self._engine.end()

    def refresh(self) -> Changes:
        """Notices a new day: ages, age groups and limits of dates can be others."""
        self._engine.begin()
        return self._engine.end()

    # inside

    def _put(self, field: str, entry: Entry | None) -> Changes:
        self._engine.begin()
        self._engine.put(field, entry)
        return self._engine.end()

    def _can_edit(self, node: FieldNode) -> bool:
        return node.id in self._state.visible and node.id not in self._state.disabled

    def _box(self, node: FieldNode, lang: str | None) -> str:
        """The key of a text box."""
        boxes = languages_of(self._engine.setup, node)
        if boxes == (NO_LANGUAGE,) or lang is None:
            return boxes[0]
        if lang not in boxes:
            raise LanguageNotInFormError(field=node.id, language=lang if lang.isascii() else None)
        return lang

    def _entry(self, field: str, kind: type[_E]) -> _E | None:
        entry = self._state.entries.get(field)
        return entry if isinstance(entry, kind) else None
