"""Values from outside (a pre-registration) into entries of fields, and the order in which they can go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.dates import DateError
from app.core.forms import messages as m
from app.core.forms.changes import Misfit
from app.core.forms.engine import FormEngine
from app.core.forms.entries import NO_LANGUAGE, ChoiceEntry, DateEntry, DocumentEntry, DocumentSlot, Entry, TextEntry, TickEntry
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup, is_by_language
from app.core.forms.textedge import clean, is_blank
from app.core.masterdata.model import Choice
from app.core.uispec.model import Control
from packet.models import Json

_TICKS: Mapping[str, bool] = {"Y": True, "N": False, "YES": True, "NO": False, "TRUE": True, "FALSE": False}


def fill(engine: FormEngine, values: Mapping[str, Json], documents: Mapping[str, DocumentEntry]) -> tuple[Misfit, ...]:
    """Puts values and documents into a form as far as they fit, in an event that the caller began.

    Fields that only appear because of other values are filled after those; places are filled from the top.
    """
    setup = engine.setup
    misfits = [Misfit(name, m.MISFIT_FIELD) for name in values if name not in setup.nodes]
    waiting = _by_level(setup, [setup.nodes[name] for name in values if name in setup.nodes])
    while waiting:
        shown = [node for node in waiting if node.id in engine.state.visible]
        if not shown:
            misfits += [Misfit(node.id, m.MISFIT_HIDDEN) for node in waiting]
            break
        for node in shown:
            misfits += _fill_one(engine, node, values[node.id])
            engine.carry()
        waiting = [node for node in waiting if node not in shown]
    return (*misfits, *_fill_documents(engine, documents))


def _by_level(setup: FormSetup, nodes: Sequence[FieldNode]) -> list[FieldNode]:
    ordered = sorted(nodes, key=lambda node: node.index)
    return sorted(ordered, key=lambda node: setup.places[node.id].level if node.id in setup.places else -1)


def _fill_one(engine: FormEngine, node: FieldNode, value: Json) -> list[Misfit]:
    entry, reasons = entry_of(engine.setup, node, value, engine.state.choices.get(node.id, ()))
    if entry is not None:
        engine.put(node.id, entry)
    return [Misfit(node.id, reason) for reason in reasons]


def entry_of(setup: FormSetup, node: FieldNode, value: Json, choices: Sequence[Choice]) -> tuple[Entry | None, tuple[str, ...]]:
    """The entry that a stored value makes in a field, and message keys of what did not fit."""
    texts = _texts(value)
    if texts is None:
        return None, (m.MISFIT_KIND,)
    match node.spec.control:
        case Control.TEXTBOX:
            return _text_entry(setup, node, texts)
        case Control.DROPDOWN | Control.BUTTON:
            code = _code(choices, texts)
            return (None, (m.MISFIT_CHOICE,)) if code is None else (ChoiceEntry(code), ())
        case Control.CHECKBOX:
            tick = next((_TICKS[text.upper()] for text in texts.values() if text.upper() in _TICKS), None)
            return (None, (m.MISFIT_KIND,)) if tick is None else (TickEntry(tick), ())
        case Control.DATE | Control.AGE_DATE:
            return _date_entry(setup, texts)
        case _:
            return None, (m.MISFIT_KIND,)


def _texts(value: Json) -> dict[str, str] | None:
    if isinstance(value, bool):
        return {NO_LANGUAGE: "Y" if value else "N"}
    if isinstance(value, str | int | float):
        return {NO_LANGUAGE: clean(str(value))}
    if not isinstance(value, Sequence):
        return None
    found: dict[str, str] = {}
    for item in value:
        if not isinstance(item, Mapping):
            return None
        language, text = item.get("language"), item.get("value")
        if not isinstance(language, str) or not isinstance(text, str):
            return None
        found[language] = clean(text)
    return found


def _text_entry(setup: FormSetup, node: FieldNode, texts: Mapping[str, str]) -> tuple[Entry | None, tuple[str, ...]]:
    languages = setup.context.lang_codes
    filled = {lang: text for lang, text in texts.items() if not is_blank(text)}
    if not is_by_language(node):
        text = filled.get(NO_LANGUAGE) or filled.get(languages[0]) or next(iter(filled.values()), None)
        return (None if text is None else TextEntry({NO_LANGUAGE: text})), ()
    if NO_LANGUAGE in filled:
        filled = {languages[0]: filled[NO_LANGUAGE]}
    fitting = {lang: text for lang, text in filled.items() if lang in languages}
    source = next((lang for lang in languages if lang in fitting), NO_LANGUAGE)
    reasons = (m.MISFIT_LANGUAGE,) if len(fitting) < len(filled) else ()
    return (TextEntry(fitting, source=source) if fitting else None), reasons


def _code(choices: Sequence[Choice], texts: Mapping[str, str]) -> str | None:
    """The offered entry that a value means: its code, or its name in the language of the value or in any."""
    wanted = {text.strip().casefold() for text in texts.values()}
    for choice in choices:
        if choice.code.casefold() in wanted:
            return choice.code
    for choice in choices:
        if any(name.casefold() in wanted for name in choice.names.values()):
            return choice.code
    return None


def _date_entry(setup: FormSetup, texts: Mapping[str, str]) -> tuple[Entry | None, tuple[str, ...]]:
    text = next(iter(texts.values()), "")
    try:
        day = setup.context.settings.date_format.parse(text)
    except DateError:
        return None, (m.MISFIT_DATE,)
    return DateEntry(f"{day.day:02d}", f"{day.month:02d}", f"{day.year:04d}"), ()


def _fill_documents(engine: FormEngine, documents: Mapping[str, DocumentEntry]) -> list[Misfit]:
    misfits: list[Misfit] = []
    for key, document in documents.items():
        node = _slot(engine, key)
        if node is None or all(c.code != document.type_code for c in engine.state.choices.get(node.id, ())):
            misfits.append(Misfit(key, m.MISFIT_DOCUMENT))
            continue
        engine.put(node.id, DocumentSlot(document.type_code, document.ref_number or "", document))
        engine.carry()
    return misfits


def _slot(engine: FormEngine, key: str) -> FieldNode | None:
    """The visible document field of that name, else the first of that category."""
    fields = [
        node
        for node in engine.setup.graph.ordered
        if node.spec.control is Control.FILE_UPLOAD and node.id in engine.state.visible
    ]
    named = next((node for node in fields if node.id == key), None)
    return named or next((node for node in fields if node.spec.sub_type == key), None)
