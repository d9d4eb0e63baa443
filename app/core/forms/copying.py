"""What a field gets when another field's value is copied into it."""

from __future__ import annotations

from app.core.forms.entries import NO_LANGUAGE, ChoiceEntry, DateEntry, Entry, TextEntry, TickEntry
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup, is_date
from app.core.forms.values import languages_of, list_choice
from app.core.uispec.model import Control

_LISTS = (Control.DROPDOWN, Control.BUTTON)


def copied(setup: FormSetup, source: FieldNode, target: FieldNode, entry: Entry | None) -> Entry | None:
    """The entry for the target; None if there is nothing to copy or the fields hold different things."""
    match entry:
        case TextEntry() if target.spec.control is Control.TEXTBOX:
            return _text(setup, target, entry)
        case ChoiceEntry() if target.spec.control in _LISTS:
            return entry if list_choice(setup, target, entry.code) is not None else None
        case ChoiceEntry() if target.spec.control is Control.TEXTBOX:
            return _names(setup, source, target, entry)
        case DateEntry() if is_date(target):
            return entry
        case TickEntry() if target.spec.control is Control.CHECKBOX:
            return entry
        case _:
            return None


def _text(setup: FormSetup, target: FieldNode, entry: TextEntry) -> TextEntry | None:
    boxes = languages_of(setup, target)
    first = setup.context.lang_codes[0]
    if boxes == (NO_LANGUAGE,):
        text = entry.texts.get(NO_LANGUAGE) or entry.texts.get(first)
        return TextEntry({NO_LANGUAGE: text}) if text else None
    if NO_LANGUAGE in entry.texts:
        return TextEntry({first: entry.texts[NO_LANGUAGE]}, source=first)
    return entry


def _names(setup: FormSetup, source: FieldNode, target: FieldNode, entry: ChoiceEntry) -> TextEntry | None:
    choice = list_choice(setup, source, entry.code)
    if choice is None:
        return None
    first = setup.context.lang_codes[0]
    return TextEntry({box: choice.name(box or first) for box in languages_of(setup, target)})
