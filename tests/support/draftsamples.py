"""Invented drafts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.core.drafts import DraftHeader, DraftId
from app.store.localstore import LocalStore
from packet.models import Flow, RegistrationId
from tests.support.fake_server_registrations import NOW

CAPTURES = {f"capture/{finger}": 250_000 for finger in range(12)}
"""Names and sizes of 3 MB of captures."""


def draft_header(number: int = 1, at: datetime = NOW) -> DraftHeader:
    """A draft that was just begun."""
    return DraftHeader(
        draft_id=DraftId(f"{number:032x}"),
        registration_id=RegistrationId(f"1000110021{number:05d}20300102030405"),
        process="NEW",
        flow=Flow.NEW,
        operator_id="operator-vex",
        started_at=at,
        changed_at=at,
        step="consent",
    )


def begin_draft(
    store: LocalStore, number: int = 1, whole: Mapping[str, bytes] | None = None, *, at: datetime = NOW, **parts: bytes
) -> DraftId:
    """A draft in the store with these parts."""
    parts.update(whole or {})
    header = draft_header(number, at)
    store.drafts.begin(header)
    if parts:
        store.drafts.save(header.draft_id, parts, (), "demographics", at)
    return header.draft_id


def moved(header: DraftHeader, step: str, at: datetime) -> DraftHeader:
    """The header after a save."""
    return replace(header, step=step, changed_at=at)


def captures() -> dict[str, bytes]:
    """3 MB of captures."""
    return {name: os.urandom(size) for name, size in CAPTURES.items()}
