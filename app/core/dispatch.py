"""What client and server say to each other about sealed packets, apart from how it travels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.core.registration import Contact, Decision
from packet.models import PacketId, RegistrationId

UNANSWERED = "UNANSWERED"
"""Stands for a code where the server named a packet neither among the accepted nor among the refused ones."""


@dataclass(frozen=True, slots=True)
class SyncItem:
    """The announcement of one packet; an item of the RID sync.

    Attributes:
        packet_sha256: upper-case hex; ``packetHashValue``.
        comment: the supervisor's words, if any.
    """

    registration_id: RegistrationId
    packet_id: PacketId
    process: str
    packet_sha256: str
    packet_size: int
    decision: Decision
    lang_code: str
    contact: Contact = field(default_factory=Contact, repr=False)
    comment: str | None = field(default=None, repr=False)
    additional_info_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class SyncVerdict:
    """What the server said about one announced packet.

    Attributes:
        refusal: MOSIP's code, or `UNANSWERED`; None if it was accepted.
    """

    packet_id: PacketId
    refusal: str | None = None


class UploadVerdict(StrEnum):
    """How an upload ended well."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
