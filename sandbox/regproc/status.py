"""Statuses: what the processor keeps, and what it tells a client.

The client's codes are derived, never stored. For a packet id they say whether the packet is safely in the object store
(ACCEPTED), not whether it is valid; for a registration id they follow the processing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RESEND_AFTER_S = 900
RETRIES_MAX = 10


class Stage(StrEnum):
    """Latest transaction of a packet, in order."""

    PACKET_RECEIVER = "PACKET_RECEIVER"
    UPLOAD_PACKET = "UPLOAD_PACKET"
    VALIDATE_PACKET = "VALIDATE_PACKET"


class StatusCode(StrEnum):
    """State of a packet inside the processor.

    FAILED: a stage before the object store could not go on; sending the packet again may help.
    REPROCESS: our fault; tried again at the next start.
    """

    PROCESSING = "PROCESSING"
    PROCESSED = "PROCESSED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    REPROCESS = "REPROCESS"


class PacketCode(StrEnum):
    """External status of a packet id."""

    UPLOAD_PENDING = "UPLOAD_PENDING"
    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    RESEND = "RESEND"
    REJECTED = "REJECTED"


class RegistrationCode(StrEnum):
    """External status of a registration id, after the mapping that reports final states as PROCESSED."""

    UPLOAD_PENDING = "UPLOAD_PENDING"
    PROCESSING = "PROCESSING"
    PROCESSED = "PROCESSED"
    RESEND = "RESEND"


@dataclass(frozen=True, slots=True)
class Registration:
    """One received packet's row.

    Attributes:
        sub_status: the processor's sub-status code, for example ``RPR-PKV-FAILED-012``.
        retry_count: how often it was received again.
        changed_at: time of the latest transaction.
    """

    packet_id: str
    registration_id: str
    stage: Stage
    status: StatusCode
    sub_status: str
    retry_count: int
    changed_at: datetime


def packet_code(registration: Registration | None, now: datetime) -> PacketCode:
    """External status of a synced packet; None stands for one that has not been received."""
    if registration is None:
        return PacketCode.UPLOAD_PENDING
    if registration.stage is Stage.VALIDATE_PACKET:
        return PacketCode.ACCEPTED
    if registration.status is StatusCode.FAILED or _is_overdue(registration, now):
        return PacketCode.RESEND if registration.retry_count < RETRIES_MAX else PacketCode.REJECTED
    return PacketCode.RECEIVED


def registration_code(registration: Registration | None, now: datetime) -> RegistrationCode:
    """External status of a synced registration id."""
    if registration is None:
        return RegistrationCode.UPLOAD_PENDING
    match registration.status:
        case StatusCode.PROCESSED | StatusCode.REJECTED:
            return RegistrationCode.PROCESSED
        case StatusCode.FAILED:
            is_early = registration.stage is not Stage.VALIDATE_PACKET
        case StatusCode.PROCESSING | StatusCode.REPROCESS:
            is_early = _is_overdue(registration, now)
            if not is_early:
                return RegistrationCode.PROCESSING
    can_resend = is_early and registration.retry_count < RETRIES_MAX
    return RegistrationCode.RESEND if can_resend else RegistrationCode.PROCESSED


def _is_overdue(registration: Registration, now: datetime) -> bool:
    waited_s = (now - registration.changed_at).total_seconds()
    return registration.stage is Stage.PACKET_RECEIVER and waited_s > RESEND_AFTER_S
