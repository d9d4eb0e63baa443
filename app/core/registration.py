"""A sealed registration as the client keeps it: what is saved, what is read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.core.lifecycle import State
from app.core.outbox import RowState, needs_attention
from packet.models import Flow, PacketId, RegistrationId, SealedPacket


class Decision(StrEnum):
    """What the supervisor decided; ``supervisorStatus`` of the RID sync."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where the server may notify the person; goes into the RID sync."""

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The slip.

    Attributes:
        blob: the HTML, encrypted for this machine's own key.
        signature: URL-safe base64 of the machine key's signature over the plain HTML.
    """

    blob: bytes = field(repr=False)
    signature: str


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """All that is saved when a registration is sealed.

    Attributes:
        lang_code: first registration language, three letters.
        needs_approval: whether a supervisor has to decide before the sync.
    """

    packet: SealedPacket
    flow: Flow
    lang_code: str
    contact: Contact
    acknowledgement: Acknowledgement
    needs_approval: bool
    additional_info_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RegistrationRecord:
    """A saved registration, without its packet and without personal data.

    Attributes:
        packet_sha256: upper-case hex of the packet file's hash.
        decision: None while no supervisor has decided.
        changed_at: when its state became what it is.
        work: its outbox rows as one state (`app.core.outbox.overall`).
        exported_at: when a copy was last saved elsewhere; None if never.
        has_comment: whether the supervisor wrote something to the decision.
    """

    packet_id: PacketId
    registration_id: RegistrationId
    ref_id: str
    process: str
    flow: Flow
    lang_code: str
    created_at: datetime
    state: State
    decision: Decision | None
    packet_sha256: str
    packet_size: int
    additional_info_request_id: str | None
    changed_at: datetime
    work: RowState
    exported_at: datetime | None
    has_comment: bool

    @property
    def needs_attention(self) -> bool:
        """Whether a person has to look at it (`app.core.outbox.needs_attention`)."""
        return needs_attention(self.state, self.work)
