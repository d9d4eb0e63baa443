"""Registrations in work, as they are kept while a person sits at the desk.

A draft is a header and named parts. Parts are replaced one by one, so that a keystroke rewrites the small form and not three
megabytes of captures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from packet.models import Flow, RegistrationId

DraftId = NewType("DraftId", str)
"""Random, 32 hex digits; says nothing about the person."""


@dataclass(frozen=True, slots=True)
class DraftHeader:
    """What is known of a draft without opening its parts.

    Attributes:
        operator_id: who began it; others see it, only they or a supervisor go on with it.
        step: name of the step it stands at, for the list.
    """

    draft_id: DraftId
    registration_id: RegistrationId
    process: str
    flow: Flow
    operator_id: str
    started_at: datetime
    changed_at: datetime
    step: str


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft as read back; all parts of one moment.

    Attributes:
        revision: grows with every save.
    """

    header: DraftHeader
    parts: Mapping[str, bytes] = field(repr=False)
    revision: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class UnreadableDraft:
    """A draft whose header does not open any more; it can only be discarded, and expires like the others.

    Attributes:
        changed_at: as the file says; not protected.
        code: of the error, for example ``STORE-DRAFT-UNREADABLE``.
    """

    draft_id: DraftId
    changed_at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class DraftList:
    """The drafts of this machine, the one changed last first in both."""

    readable: tuple[DraftHeader, ...]
    unreadable: tuple[UnreadableDraft, ...] = ()
