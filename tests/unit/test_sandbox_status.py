"""What a client is told of a packet and of a registration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.regproc.status import (
    PacketCode,
    Registration,
    RegistrationCode,
    Stage,
    StatusCode,
    packet_code,
    registration_code,
)

NOW = datetime(2030, 1, 2, tzinfo=UTC)
RECEIVER, UPLOADER, VALIDATOR = Stage.PACKET_RECEIVER, Stage.UPLOAD_PACKET, Stage.VALIDATE_PACKET


def row(stage: Stage, status: StatusCode, *, age_s: float = 0, retries: int = 0) -> Registration:
    return Registration("p", "r", stage, status, "", retries, NOW - timedelta(seconds=age_s))


def test_what_was_announced_but_not_received_is_pending() -> None:
    assert packet_code(None, NOW) is PacketCode.UPLOAD_PENDING
    assert registration_code(None, NOW) is RegistrationCode.UPLOAD_PENDING


@pytest.mark.parametrize(
    ("registration", "packet", "rid"),
    [
        (row(RECEIVER, StatusCode.PROCESSING, age_s=900), PacketCode.RECEIVED, RegistrationCode.PROCESSING),
        (row(RECEIVER, StatusCode.REPROCESS), PacketCode.RECEIVED, RegistrationCode.PROCESSING),
        (row(RECEIVER, StatusCode.PROCESSING, age_s=901), PacketCode.RESEND, RegistrationCode.RESEND),
        (row(RECEIVER, StatusCode.PROCESSING, age_s=901, retries=9), PacketCode.RESEND, RegistrationCode.RESEND),
        (row(RECEIVER, StatusCode.PROCESSING, age_s=901, retries=10), PacketCode.REJECTED, RegistrationCode.PROCESSED),
        (row(RECEIVER, StatusCode.FAILED), PacketCode.RESEND, RegistrationCode.RESEND),
        (row(UPLOADER, StatusCode.PROCESSING, age_s=9_999), PacketCode.RECEIVED, RegistrationCode.PROCESSING),
        (row(UPLOADER, StatusCode.FAILED), PacketCode.RESEND, RegistrationCode.RESEND),
        (row(UPLOADER, StatusCode.FAILED, retries=10), PacketCode.REJECTED, RegistrationCode.PROCESSED),
        (row(VALIDATOR, StatusCode.PROCESSING), PacketCode.ACCEPTED, RegistrationCode.PROCESSING),
        (row(VALIDATOR, StatusCode.REPROCESS), PacketCode.ACCEPTED, RegistrationCode.PROCESSING),
        (row(VALIDATOR, StatusCode.PROCESSED), PacketCode.ACCEPTED, RegistrationCode.PROCESSED),
        (row(VALIDATOR, StatusCode.REJECTED), PacketCode.ACCEPTED, RegistrationCode.PROCESSED),
    ],
)
def test_derived_codes(registration: Registration, packet: PacketCode, rid: RegistrationCode) -> None:
    assert packet_code(registration, NOW) is packet
    assert registration_code(registration, NOW) is rid
