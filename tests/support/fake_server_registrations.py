"""Invented registrations for tests of the store and of the conversations with a server."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta

from app.core.registration import Acknowledgement, Contact, NewRegistration
from packet.encoding import compact_seconds, hex_upper, sha256
from packet.models import AuditEntry, Flow, PacketId, RegistrationId, SealedPacket

NOW = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
REF_ID = "10001_10021"
CONTACT = Contact(name="Vex Testperson", phone="0000000000", email="nobody@example.invalid")


def sealed_packet(number: int = 1, data: bytes | None = None) -> SealedPacket:
    """A packet whose content is random, since it is ciphertext to everyone here."""
    content = os.urandom(5000) if data is None else data
    rid = RegistrationId(f"1000110021{number:05d}{compact_seconds(NOW)}")
    return SealedPacket(
        packet_id=PacketId(f"{rid}-{REF_ID}-{compact_seconds(NOW)}"),
        registration_id=rid,
        ref_id=REF_ID,
        process="NEW",
        data=content,
        sha256=hex_upper(sha256(content)),
        created_at=NOW,
    )


def new_registration(number: int = 1, *, needs_approval: bool = False, data: bytes | None = None) -> NewRegistration:
    """A registration as the desk hands it to the store."""
    return NewRegistration(
        packet=sealed_packet(number, data),
        flow=Flow.NEW,
        lang_code="eng",
        contact=CONTACT,
        acknowledgement=Acknowledgement(blob=b"ciphertext of the slip", signature="c2ln"),
        needs_approval=needs_approval,
    )


def audit_entry(event_id: str = "REG-EVT-002", offset_s: float = 0) -> AuditEntry:
    """One audit row."""
    at = NOW + timedelta(seconds=offset_s)
    return AuditEntry(
        uuid=str(uuid.uuid4()),
        created_at=at,
        event_id=event_id,
        event_name="NAV_NEW_REG",
        event_type="USER",
        host_name="desk-01",
        host_ip="localhost",
        session_user_id="op1",
        session_user_name="Op One",
        id="op1",
        id_type="USER_ID",
        created_by="op1",
        module_name="Navigation",
        module_id="REG-MOD-102",
        description="opened a new registration",
        action_time_stamp=at,
    )
