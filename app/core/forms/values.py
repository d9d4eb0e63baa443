"""From what stands in a field to what goes into rules (``identity``) and into the packet.

======================  ===========================================================================
control                 value
======================  ===========================================================================
textbox                 text without space around it, or a list of language and value
dropdown, button        names of the choice, in the first language or in each; the code beside it
checkbox                ``Y`` or ``N``
date, ageDate           the date in the configured form; nothing as long as it is none
html                    fingerprints of what was shown
fileupload              in rules an object without the content
biometrics              in rules one key for each captured attribute
======================  ===========================================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Final

from app.core.ages import full_years
from app.core.dates import DateError, compose
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
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup, is_by_language
from app.core.forms.textedge import with_plain_digits
from app.core.masterdata.lookups import choices_of
from app.core.masterdata.model import Choice
from app.core.uispec.model import ValueType
from packet.models import Json

_NUMBERS: Final = frozenset(("uin", "vid", "rid", "phone"))


def read_date(entry: Entry | None) -> date | None:
    """The date that stands in the boxes; None if there is none."""
    if not isinstance(entry, DateEntry):
        return None
    try:
        return compose(entry.day, entry.month, entry.year)
    except DateError:
        return None


def fingerprint(html: str) -> str:
    """SHA-256 of a shown text as MOSIP writes it: lower-case hex pairs with colons between them."""
    return hashlib.sha256(html.encode("utf-8", "replace")).digest().hex(":")


def stored_value(setup: FormSetup, node: FieldNode, entry: Entry | None) -> Json:
    """The demographic value of a field; None if it has none. Documents and biometrics have none."""
    languages = setup.context.lang_codes
    match entry:
        case TextEntry():
            return _stored_text(node, entry, languages)
        case ChoiceEntry():
            return _stored_choice(setup, node, entry)
        case TickEntry():
            return _in_each(node, "Y" if entry.is_ticked else "N", languages)
        case DateEntry():
            day = read_date(entry)
            return None if day is None else _in_each(node, setup.context.settings.date_format.format(day), languages)
        case HtmlEntry():
            if is_by_language(node):
                return [_item(code, entry.hashes[code]) for code in languages if code in entry.hashes] or None
            return entry.hashes.get(languages[0])
        case DocumentSlot() | BiometricsEntry() | None:
            return None


def identity_values(setup: FormSetup, node: FieldNode, entry: Entry | None, today: date) -> dict[str, object]:
    """All keys that a field adds to ``identity``. A key that is another field's id is left to that field."""
    found: dict[str, object] = {}
    value = stored_value(setup, node, entry)
    if value is not None:
        found[node.id] = value
    match entry:
        case ChoiceEntry() if value is not None:
            found[f"{node.id}Code"] = entry.code
        case DateEntry():
            day = read_date(entry)
            if day is not None:
                age = full_years(day, today)
                found[f"{node.id}_age"] = age
                found[f"{node.id}_ageGroup"] = setup.context.settings.age_groups.of(age)
        case DocumentSlot() if entry.document is not None:
            found[node.id] = document_value(node, entry)
        case BiometricsEntry():
            for capture in entry.captured:
                found[f"{node.id}_{capture.attribute.value}"] = {
                    "bioAttribute": capture.attribute.value,
                    "qualityScore": capture.quality_score,
                    "forceCaptured": capture.forced,
                }
        case _:
            pass
    return {key: item for key, item in found.items() if key == node.id or key not in setup.nodes}


def document_value(node: FieldNode, slot: DocumentSlot) -> dict[str, object]:
    """A document as rules see it."""
    document = slot.document
    if document is None:
        return {}
    category = node.spec.sub_type or node.id
    return {
        "category": category,
        "type": document.type_code,
        "value": f"{category}_{document.type_code}",
        "format": document.format,
        "refNumber": slot.ref_number.strip() or None,
        "owner": "Applicant",
    }


def list_choice(setup: FormSetup, node: FieldNode, code: str) -> Choice | None:
    """The entry of the country's data that a code of this field stands for, offered now or not."""
    if node.id in setup.places:
        location = setup.context.master_data.locations.get(code)
        return None if location is None or location.level != setup.places[node.id].level else Choice(code, location.names)
    return next((choice for choice in dynamic_choices(setup, node) if choice.code == code), None)


def dynamic_choices(setup: FormSetup, node: FieldNode) -> tuple[Choice, ...]:
    """The entries of a dynamic field: by sub-type, else by the field's own name."""
    data = setup.context.master_data
    return choices_of(data, node.spec.sub_type or "") or choices_of(data, node.id)


def text_in(node: FieldNode, entry: TextEntry, lang: str) -> str:
    """What a box holds without the space around it; numbers in the digits 0 to 9, which is what servers read."""
    text = entry.texts.get(lang, "").strip()
    is_number = node.spec.value_type is ValueType.NUMBER or (node.spec.sub_type or "").casefold() in _NUMBERS
    return with_plain_digits(text) if is_number else text


def languages_of(setup: FormSetup, node: FieldNode) -> tuple[str, ...]:
    """The boxes of a text field: one for each language, or one."""
    return setup.context.lang_codes if is_by_language(node) else (NO_LANGUAGE,)


def _stored_text(node: FieldNode, entry: TextEntry, languages: tuple[str, ...]) -> Json:
    if is_by_language(node):
        texts = ((code, text_in(node, entry, code)) for code in languages)
        return [_item(code, text) for code, text in texts if text] or None
    return text_in(node, entry, NO_LANGUAGE) or None


def _stored_choice(setup: FormSetup, node: FieldNode, entry: ChoiceEntry) -> Json:
    choice = list_choice(setup, node, entry.code)
    if choice is None:
        return None
    languages = setup.context.lang_codes
    if is_by_language(node):
        named = [_item(code, choice.names[code]) for code in languages if choice.names.get(code)]
        return named or [_item(languages[0], choice.code)]
    return choice.names.get(languages[0]) or choice.code


def _in_each(node: FieldNode, text: str, languages: tuple[str, ...]) -> Json:
    return [_item(code, text) for code in languages] if is_by_language(node) else text


def _item(language: str, value: str) -> Mapping[str, Json]:
    return {"language": language, "value": value}
