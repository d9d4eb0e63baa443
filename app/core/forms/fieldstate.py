"""What a window shows of a form: fields and screens at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.ages import full_years
from app.core.forms.entries import (
    NO_LANGUAGE,
    BiometricsEntry,
    ChoiceEntry,
    DateEntry,
    DocumentSlot,
    Entry,
    HtmlEntry,
    TextEntry,
    TickEntry,
)
from app.core.forms.findings import Finding
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup
from app.core.forms.state import FormState
from app.core.forms.values import read_date, stored_value
from app.core.forms.words import pending_words
from app.core.masterdata.model import Choice
from app.core.uispec.model import FieldSpec, ScreenSpec
from packet.models import Json


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field as it is now.

    Attributes:
        is_required: must be filled if it is visible.
        is_enabled: not locked by a change action.
        is_updatable: part of this form; for UPDATE one of the chosen groups.
        texts: what stands in the boxes, by language (`NO_LANGUAGE` where there is one box); as typed.
        date: day, month, year as typed.
        age: as typed, or that of the date.
        code: of what is chosen; of the document's type in a document field.
        is_ticked: None if nobody touched the box.
        document: type, reference number, and the document once it is there.
        shown: languages in which an html text was shown.
        value: as it goes into the packet; None for documents and biometrics.
        suggestions: by language, where the box holds something else.
        follows: languages whose box holds an untouched suggestion.
        words: blocklisted words that wait for a decision, by language.
    """

    spec: FieldSpec
    screen: str
    is_visible: bool
    is_required: bool
    is_enabled: bool
    is_updatable: bool
    texts: Mapping[str, str] = field(repr=False)
    date: tuple[str, str, str] = field(repr=False)
    age: str = field(repr=False)
    code: str | None = field(repr=False)
    is_ticked: bool | None
    document: DocumentSlot | None
    biometrics: BiometricsEntry | None = field(repr=False)
    shown: frozenset[str]
    value: Json = field(repr=False)
    choices: tuple[Choice, ...] = field(repr=False)
    suggestions: Mapping[str, str] = field(repr=False)
    follows: frozenset[str]
    words: Mapping[str, tuple[str, ...]] = field(repr=False)
    findings: tuple[Finding, ...]

    @property
    def id(self) -> str:
        """The field's id."""
        return self.spec.id

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return self.value is None and self.document is None and self.biometrics is None


@dataclass(frozen=True, slots=True)
class ScreenState:
    """A screen as it is now.

    Attributes:
        fields: ids of its visible fields, in order.
        is_enabled: there is something to enter.
    """

    spec: ScreenSpec
    fields: tuple[str, ...]
    is_enabled: bool

    @property
    def name(self) -> str:
        """The screen's name."""
        return self.spec.name


def field_state(setup: FormSetup, state: FormState, node: FieldNode) -> FieldState:
    """A field as it is now."""
    entry = state.entries.get(node.id)
    texts = entry if isinstance(entry, TextEntry) else TextEntry({})
    return FieldState(
        spec=node.spec,
        screen=node.screen,
        is_visible=node.id in state.visible,
        is_required=node.id in state.required,
        is_enabled=node.id not in state.disabled,
        is_updatable=node.id in setup.updatable,
        texts=dict(texts.texts),
        date=(entry.day, entry.month, entry.year) if isinstance(entry, DateEntry) else ("", "", ""),
        age=_age(state, entry),
        code=_code(entry),
        is_ticked=entry.is_ticked if isinstance(entry, TickEntry) else None,
        document=entry if isinstance(entry, DocumentSlot) else None,
        biometrics=entry if isinstance(entry, BiometricsEntry) else None,
        shown=frozenset(entry.hashes) if isinstance(entry, HtmlEntry) else frozenset(),
        value=stored_value(setup, node, entry),
        choices=state.choices.get(node.id, ()),
        suggestions=dict(state.suggestions.get(node.id, {})),
        follows=frozenset(texts.follows),
        words=_words(state, node.id, (*setup.context.lang_codes, NO_LANGUAGE)),
        findings=state.findings.get(node.id, ()),
    )


def screen_states(setup: FormSetup, state: FormState) -> tuple[ScreenState, ...]:
    """All screens in order."""
    found: list[ScreenState] = []
    for screen in sorted(setup.spec.screens, key=lambda item: item.order):
        fields = tuple(f.id for f in screen.fields if f.id in state.visible and setup.nodes[f.id].screen == screen.name)
        found.append(ScreenState(screen, fields, bool(fields) or screen.is_additional_info_required))
    return tuple(found)


def _age(state: FormState, entry: Entry | None) -> str:
    if not isinstance(entry, DateEntry):
        return ""
    day = read_date(entry)
    return entry.age or ("" if day is None or day > state.today else str(full_years(day, state.today)))


def _code(entry: Entry | None) -> str | None:
    if isinstance(entry, ChoiceEntry):
        return entry.code
    return entry.type_code if isinstance(entry, DocumentSlot) else None


def _words(state: FormState, name: str, languages: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    pending = ((lang, pending_words(state, name, lang)) for lang in languages)
    return {lang: words for lang, words in pending if words}
