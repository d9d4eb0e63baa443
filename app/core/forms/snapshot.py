"""A form in work as plain values, and back. Contents of documents and captures are kept apart and only named here.

Taken back are values of fields that the form (still) has, of the kind that they (still) are; the rest is listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.core.forms import messages as m
from app.core.forms.changes import Misfit
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
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup, is_date
from app.core.forms.state import FormState
from app.core.forms.textedge import clean
from app.core.forms.values import languages_of
from app.core.uispec.model import Control
from packet.models import Json

_VERSION: Final = 1
_LISTS: Final = (Control.DROPDOWN, Control.BUTTON)


def snapshot(setup: FormSetup, state: FormState) -> dict[str, Json]:
    """Everything that was entered, without documents' contents and captures."""
    fields: dict[str, Json] = {
        node.id: _plain(state.entries[node.id]) for node in setup.graph.ordered if node.id in state.entries
    }
    return {
        "version": _VERSION,
        "process": setup.spec.id,
        "fields": fields,
        "disabled": sorted(state.disabled),
        "cycling": sorted(state.cycling),
        "accepted": [[*key, list(words), state.accepted_by.get(key)] for key, words in sorted(state.accepted.items())],
        "rejected": [[name, lang] for name, lang in sorted(state.rejected)],
        "requestId": state.additional_info_request_id,
        "revision": state.revision,
    }


def _plain(entry: Entry) -> dict[str, Json]:
    match entry:
        case TextEntry():
            return {"texts": dict(entry.texts), "follows": dict(entry.follows), "source": entry.source}
        case ChoiceEntry():
            return {"code": entry.code}
        case TickEntry():
            return {"tick": entry.is_ticked}
        case DateEntry():
            return {"day": entry.day, "month": entry.month, "year": entry.year, "age": entry.age}
        case DocumentSlot():
            return {"type": entry.type_code, "reference": entry.ref_number, "isScanned": entry.document is not None}
        case BiometricsEntry():
            return {"isCaptured": True}
        case HtmlEntry():
            return {"hashes": dict(entry.hashes)}


def entries_of(
    setup: FormSetup,
    plain: Mapping[str, Json],
    documents: Mapping[str, DocumentEntry],
    biometrics: Mapping[str, BiometricsEntry],
) -> tuple[dict[str, Entry], list[Misfit]]:
    """The entries of a snapshot, and what of it does not fit the form as it is now."""
    found: dict[str, Entry] = {}
    misfits: list[Misfit] = []
    fields = _mapping(plain.get("fields"))
    for name, value in fields.items():
        node = setup.nodes.get(name)
        if node is None:
            misfits.append(Misfit(name, m.MISFIT_FIELD))
            continue
        entry, reason = _entry(setup, node, _mapping(value), documents.get(name), biometrics.get(name))
        if entry is not None:
            found[name] = entry
        if reason is not None:
            misfits.append(Misfit(name, reason))
    lost = [*(n for n in documents if n not in fields), *(n for n in biometrics if n not in fields)]
    misfits += [Misfit(name, m.MISFIT_FIELD) for name in lost]
    return {name: found[name] for name in setup.nodes if name in found}, misfits


def _entry(
    setup: FormSetup,
    node: FieldNode,
    value: Mapping[str, Json],
    document: DocumentEntry | None,
    captures: BiometricsEntry | None,
) -> tuple[Entry | None, str | None]:
    """The entry, and the message key if not all of it fits."""
    control = node.spec.control
    if "texts" in value and control is Control.TEXTBOX:
        return _text(setup, node, value)
    if "code" in value and control in _LISTS:
        return ChoiceEntry(_text_of(value.get("code"))), None
    if "tick" in value and control is Control.CHECKBOX:
        return TickEntry(value.get("tick") is True), None
    if "year" in value and is_date(node):
        return DateEntry(*(_text_of(value.get(key)) for key in ("day", "month", "year", "age"))), None
    if "isScanned" in value and control is Control.FILE_UPLOAD:
        return _slot(value, document)
    if "isCaptured" in value and control is Control.BIOMETRICS:
        return captures, None if captures is not None else m.MISFIT_CAPTURES
    if "hashes" in value and control is Control.HTML:
        hashes = {lang: _text_of(text) for lang, text in _mapping(value.get("hashes")).items()}
        known = {lang: text for lang, text in hashes.items() if lang in setup.context.lang_codes}
        return (HtmlEntry(known) if known else None), None if known == hashes else m.MISFIT_LANGUAGE
    return None, m.MISFIT_KIND


def _text(setup: FormSetup, node: FieldNode, value: Mapping[str, Json]) -> tuple[Entry | None, str | None]:
    boxes = languages_of(setup, node)
    texts = {lang: clean(_text_of(text)) for lang, text in _mapping(value.get("texts")).items()}
    kept = {lang: text for lang, text in texts.items() if lang in boxes and text}
    follows = {lang: _text_of(source) for lang, source in _mapping(value.get("follows")).items()}
    follows = {lang: source for lang, source in follows.items() if lang in kept and source in kept}
    source = _text_of(value.get("source"))
    entry = TextEntry(kept, follows, source if source in boxes else NO_LANGUAGE) if kept else None
    return entry, None if kept == texts else m.MISFIT_LANGUAGE


def _slot(value: Mapping[str, Json], document: DocumentEntry | None) -> tuple[Entry, str | None]:
    type_code = value.get("type")
    reference = _text_of(value.get("reference"))
    slot = DocumentSlot(type_code if isinstance(type_code, str) else None, reference)
    if value.get("isScanned") is not True:
        return slot, None
    if document is None or document.type_code != slot.type_code:
        return slot, m.MISFIT_DOCUMENT
    return replace(slot, document=document), None


def restore_marks(setup: FormSetup, state: FormState, plain: Mapping[str, Json]) -> None:
    """Takes back what is known beside the values: locked fields, judged words, the request id, the revision."""
    state.disabled.update(name for name in _texts(plain.get("disabled")) if name in setup.nodes)
    state.cycling.update(name for name in _texts(plain.get("cycling")) if name in setup.nodes)
    for item in _items(plain.get("rejected")):
        key = _key(item)
        if key in state.words:
            state.rejected.add(key)
    for item in _items(plain.get("accepted")):
        key = _key(item)
        parts = _items(item)
        words = tuple(word for word in _texts(parts[2] if len(parts) > 2 else None) if word in state.words.get(key, ()))
        if words:
            state.accepted[key] = words
            state.accepted_by[key] = (_text_of(parts[3]) if len(parts) > 3 else "") or setup.context.operator_id
    state.additional_info_request_id = clean(_text_of(plain.get("requestId")))


def revision_of(plain: Mapping[str, Json]) -> int:
    """The revision at which a snapshot was taken."""
    revision = plain.get("revision")
    return revision if isinstance(revision, int) and not isinstance(revision, bool) and revision >= 0 else 0


def _key(item: Json) -> tuple[str, str]:
    parts = _texts(item[:2] if isinstance(item, list) else None)
    return (parts[0], parts[1]) if len(parts) == 2 else ("", "")


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list | tuple) else ()


def _texts(value: Json) -> list[str]:
    return [item for item in _items(value) if isinstance(item, str)]


def _text_of(value: Json) -> str:
    return value if isinstance(value, str) else ""
