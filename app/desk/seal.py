"""Sealing a registration: from the values on the screen to rows that survive a power cut.

(1) The audit rows since the last packet are collected; (2) the packet is built, signed and encrypted in memory; (3) the slip
is made, signed and encrypted; (4) registration, packet, slip, outbox row and audit mark are saved, and the draft is removed,
in one transaction. Nothing is written before (4): after a failure or a kill the draft is there as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cryptography import x509

from app.core.audits import PACKET_CREATED, AuditWriter, PendingAudits
from app.core.drafts import DraftId
from app.core.registration import Acknowledgement, Contact, NewRegistration
from app.desk.errors import AuditsMissingError
from packet import acknowledgement
from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.keys.base import MachineKey
from packet.models import AuditEntry, Clock, Entropy, PacketSpec, SealedPacket


class Archive(Protocol):
    """Where sealed registrations are kept."""

    def save(
        self,
        new: NewRegistration,
        carried: PendingAudits,
        audit: AuditEntry,
        at: datetime,
        *,
        draft_id: DraftId | None = None,
    ) -> None:
        """Saves everything of a registration and removes its draft, or does nothing."""
        ...


class Audits(Protocol):
    """Where audit rows are kept."""

    def pending(self) -> PendingAudits:
        """The rows that no packet has carried yet."""
        ...


@dataclass(frozen=True, slots=True)
class ConfirmedRegistration:
    """A registration that the operator has confirmed.

    Attributes:
        spec: without audit rows; they are filled in here.
        slip: makes the slip's HTML for the finished packet.
        draft_id: the draft that it was; it goes when the packet is saved, in the same transaction.
    """

    spec: PacketSpec
    contact: Contact
    slip: Callable[[SealedPacket], str] = field(repr=False)
    draft_id: DraftId | None = None


@dataclass(frozen=True, slots=True)
class Sealer:
    """What sealing needs.

    Attributes:
        needs_approval: whether a supervisor has to decide before the sync (``supervisor_approval_config_flag``).
    """

    machine_key: MachineKey
    archive: Archive
    audits: Audits
    clock: Clock
    entropy: Entropy
    needs_approval: bool
    options: BuildOptions = field(default_factory=BuildOptions)

    def seal(self, confirmed: ConfirmedRegistration, certificate: x509.Certificate, writer: AuditWriter) -> SealedPacket:
        """Seals and saves.

        Args:
            certificate: K11.
            writer: of the logged-in operator.

        Raises:
            AuditsMissingError: if there is no audit row to carry.
            packet.errors.CodedError: a subclass that says why the packet cannot be built, signed or saved; nothing is left
                then.
        """
        carried = self.audits.pending()
        if not carried.entries:
            raise AuditsMissingError
        packet = build(
            replace(confirmed.spec, audits=carried.entries),
            machine_key=self.machine_key,
            certificate=certificate,
            clock=self.clock,
            entropy=self.entropy,
            options=self.options,
        )
        slip = acknowledgement.seal(packet.packet_id, confirmed.slip(packet), self.machine_key, self.entropy)
        new = NewRegistration(
            packet=packet,
            flow=confirmed.spec.flow,
            lang_code=confirmed.spec.lang_codes[0],
            contact=confirmed.contact,
            acknowledgement=Acknowledgement(slip.data, slip.signature),
            needs_approval=self.needs_approval,
            additional_info_request_id=confirmed.spec.additional_info_request_id,
        )
        audit = writer.about_registration(PACKET_CREATED, packet.registration_id)
        self.archive.save(new, carried, audit, self.clock(), draft_id=confirmed.draft_id)
        return packet
