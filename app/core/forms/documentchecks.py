"""What is wrong with a document, as far as that can be told at the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from app.core.forms import messages as m
from app.core.forms.entries import DocumentEntry, DocumentSlot
from app.core.forms.findings import Finding
from app.core.forms.graph import FieldNode
from app.core.forms.setup import FormSetup
from app.core.forms.state import FormState
from app.core.forms.textedge import REFUSED_SIGN

REF_MAX_CHARS: Final = 256
_JPEG: Final = (b"\xff\xd8\xff",)
_BEGINNINGS: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {"pdf": (b"%PDF-",), "jpg": _JPEG, "jpeg": _JPEG, "png": (b"\x89PNG\r\n\x1a\n",)}
)
"""Formats that scanners and files can have here, and how they begin."""


def document_findings(setup: FormSetup, state: FormState, node: FieldNode, slot: DocumentSlot | None) -> Iterator[Finding]:
    """All findings of a document field."""

    def finding(message: str, **params: str) -> Finding:
        return Finding(message, node.screen, node.id, params=params)

    is_required = node.id in state.required
    if is_required and state.applicant_fault is not None:
        fault = state.applicant_fault
        key = m.APPLICANT_TYPE_UNDECIDED if fault.missing else m.APPLICANT_TYPE_UNKNOWN
        yield finding(key, **({"missing": fault.missing} if fault.missing else {"code": fault.code}))
    if slot is None or slot.document is None:
        if is_required:
            yield finding(m.DOCUMENT_REQUIRED)
        if slot is None:
            return
    if slot.type_code is not None and all(choice.code != slot.type_code for choice in state.choices.get(node.id, ())):
        yield finding(m.DOCUMENT_TYPE_NOT_ALLOWED)
    if len(slot.ref_number) > REF_MAX_CHARS or REFUSED_SIGN in slot.ref_number:
        yield finding(m.DOCUMENT_REFERENCE, limit=str(REF_MAX_CHARS))
    if slot.document is not None:
        yield from (finding(message, **params) for message, params in _content(slot.document, _limit(setup)))


def _limit(setup: FormSetup) -> int:
    return setup.context.settings.document_size_bytes


def _content(document: DocumentEntry, limit_bytes: int) -> Iterator[tuple[str, Mapping[str, str]]]:
    if not document.content:
        yield m.DOCUMENT_EMPTY, {}
        return
    if len(document.content) > limit_bytes:
        yield m.DOCUMENT_TOO_LARGE, {"size": str(len(document.content)), "limit": str(limit_bytes)}
    beginnings = _BEGINNINGS.get(document.format.lower())
    if beginnings is None:
        yield m.DOCUMENT_FORMAT, {"formats": ", ".join(_BEGINNINGS)}
    elif not document.content.startswith(beginnings):
        yield m.DOCUMENT_CONTENT, {}
