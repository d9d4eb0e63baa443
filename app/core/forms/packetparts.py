"""A form as the packet wants it: demographics, documents, biometrics, chosen fields; and the contact for the announcement."""

from __future__ import annotations

from typing import Final

from app.core.forms.demand import packet_biometrics
from app.core.forms.entries import BiometricsEntry, ChoiceEntry, DocumentSlot, TickEntry
from app.core.forms.flags import UIN
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup, is_kind
from app.core.forms.state import FormState
from app.core.forms.validation import is_consent, texts_of
from app.core.forms.values import stored_value
from app.core.registration import Contact
from packet.models import Document, FieldBiometrics, Flow, Json

SELECTED_HANDLES: Final = "selectedHandles"


def demographics(setup: FormSetup, state: FormState) -> dict[str, Json]:
    """Field id to value, in the order of the form; for UPDATE with the UIN, for NEW and UPDATE with the handles."""
    found: dict[str, Json] = {}
    for node in setup.graph.ordered:
        value = stored_value(setup, node, state.entries.get(node.id))
        if value is not None:
            found[node.id] = value
    if setup.spec.flow is Flow.UPDATE and setup.context.uin:
        found[UIN] = setup.context.uin
    handles = _handles(setup, found)
    if handles:
        found[SELECTED_HANDLES] = handles
    return found


def _handles(setup: FormSetup, found: dict[str, Json]) -> list[Json]:
    """The country's handles. A new registration names those it has a value for; an update must not drop the others."""
    known = setup.context.schema_fields
    if setup.spec.flow not in (Flow.NEW, Flow.UPDATE) or (known is not None and SELECTED_HANDLES not in known):
        return []
    is_update = setup.spec.flow is Flow.UPDATE
    return [handle for handle in setup.context.settings.selected_handles if is_update or handle in found]


def update_fields(setup: FormSetup, state: FormState) -> frozenset[str] | None:
    """UPDATE: the fields of the chosen and automatic groups, and what is added by itself; None for other flows."""
    if setup.spec.flow is not Flow.UPDATE:
        return None
    more = {SELECTED_HANDLES} if SELECTED_HANDLES in demographics(setup, state) else set[str]()
    return setup.updatable | more


def documents(setup: FormSetup, state: FormState) -> dict[str, Document]:
    """Field id to document, in the order of the form."""
    found: dict[str, Document] = {}
    for node in setup.graph.ordered:
        slot = state.entries.get(node.id)
        if isinstance(slot, DocumentSlot) and slot.document is not None:
            document = slot.document
            found[node.id] = Document(
                category=node.spec.sub_type or node.id,
                type_code=document.type_code,
                format=document.format,
                content=document.content,
                ref_number=slot.ref_number.strip() or None,
            )
    return found


def biometrics(setup: FormSetup, state: FormState) -> dict[str, FieldBiometrics]:
    """Field id to captures and exceptions, in the order of the form."""
    found: dict[str, FieldBiometrics] = {}
    for node in setup.graph.ordered:
        entry = state.entries.get(node.id)
        if isinstance(entry, BiometricsEntry):
            found[node.id] = packet_biometrics(state.demands[node.id], entry)
    return found


def codes(setup: FormSetup, state: FormState) -> dict[str, str]:
    """Field id to the code behind what was chosen."""
    entries = ((node.id, state.entries.get(node.id)) for node in setup.graph.ordered)
    return {name: entry.code for name, entry in entries if isinstance(entry, ChoiceEntry)}


def consent(setup: FormSetup, state: FormState) -> bool | None:
    """What was ticked in the consent field; None if there is none or nobody touched it."""
    for node in setup.graph.ordered:
        entry = state.entries.get(node.id)
        if is_consent(node) and isinstance(entry, TickEntry):
            return entry.is_ticked
    return None


def contact(setup: FormSetup, state: FormState) -> Contact:
    """Name (the parts of it, in the order of the form), telephone and e-mail, in the first language."""
    first = setup.context.lang_codes[0]

    def texts(kind: str, name: str) -> list[str]:
        nodes = [n for n in setup.graph.ordered if is_kind(n, kind)] or [
            n for n in setup.graph.ordered if n.id.casefold() == name
        ]
        found = (_first_text(setup, state, node, first) for node in nodes)
        return [text for text in found if text]

    phones, emails = texts("phone", "phone"), texts("email", "email")
    return Contact(
        name=" ".join(texts("name", "fullname")) or None,
        phone=phones[0] if phones else None,
        email=emails[0] if emails else None,
    )


def _first_text(setup: FormSetup, state: FormState, node: FieldNode, first: str) -> str | None:
    pairs = dict(texts_of(stored_value(setup, node, state.entries.get(node.id))))
    return pairs.get(first) or next(iter(pairs.values()), None)
