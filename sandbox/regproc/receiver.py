"""The packet receiver: ``POST /registrationprocessor/v1/packetreceiver/registrationpackets``."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from packet.encoding import hex_upper, sha256
from packet.models import Clock
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.regproc.landingzone import LandingZone
from sandbox.regproc.registrations import Registrations
from sandbox.regproc.status import PacketCode, Registration, packet_code
from sandbox.regproc.synclist import SyncedPacket, SyncList
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import SYNC_ROLES, Endpoint
from sandbox.web.multipart import uploaded_file
from sandbox.web.wrapper import regproc_answer, regproc_refusal

SERVICE_ID: Final = "mosip.registration.packet"
EXTENSION: Final = ".zip"
_FORM_OVERHEAD_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes packets in.

    Attributes:
        packet_max_bytes: limit of one packet file.
        received: called after a packet was taken; wakes the worker.
    """

    synced: SyncList
    registrations: Registrations
    landing_zone: LandingZone
    packet_max_bytes: int
    received: Callable[[], None]
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """The one. A body may be twice the limit, so that a somewhat too large packet gets its proper code."""
        path = "/registrationprocessor/v1/packetreceiver/registrationpackets"
        limit = 2 * self.packet_max_bytes + _FORM_OVERHEAD_BYTES
        return [Endpoint("POST", path, self._receive, roles=SYNC_ROLES, is_signed=True, body_max_bytes=limit, refuse=_refuse)]

    def _receive(self, call: Call) -> Answer:
        file = uploaded_file(call.body, call.headers.get("content-type", ""), "file")
        if file is None:
            raise RequestRefusedError(ServerCode.PACKET_MISSING)
        self.take(file.file_name, file.content)
        response = {"status": "Packet has reached Packet Receiver"}
        return regproc_answer(SERVICE_ID, response, None, self.clock())

    def take(self, file_name: str, data: bytes) -> None:
        """Checks a packet file in the processor's order and keeps it.

        Raises:
            RequestRefusedError: RPR-PKR-001 not announced, -009 other hash, -003 other extension, -002 too large, -013 other
                size, -005 received before.
        """
        synced = self.synced.find(file_name.partition(".")[0])
        if synced is None:
            raise RequestRefusedError(ServerCode.PACKET_NOT_SYNCED)
        if not hmac.compare_digest(hex_upper(sha256(data)).encode(), synced.packet_hash_value.encode()):
            raise RequestRefusedError(ServerCode.PACKET_HASH_DIFFERS)
        if not file_name.endswith(EXTENSION):
            raise RequestRefusedError(ServerCode.PACKET_FORMAT_INVALID)
        if len(data) > self.packet_max_bytes:
            raise RequestRefusedError(ServerCode.PACKET_TOO_LARGE)
        if len(data) != synced.packet_size:
            raise RequestRefusedError(ServerCode.PACKET_SIZE_DIFFERS)
        self._keep(synced, data)
        self.received()

    def _keep(self, synced: SyncedPacket, data: bytes) -> None:
        def check(before: Registration | None, now: datetime) -> None:
            is_again = before is not None and packet_code(before, now) is not PacketCode.RESEND
            if is_again and synced.is_main_process:
                raise RequestRefusedError(ServerCode.PACKET_DUPLICATE)

        def keep() -> None:
            self.landing_zone.put(synced.registration_id, synced.packet_id, data)

        self.registrations.receive(synced.packet_id, synced.registration_id, check=check, keep=keep)


def _refuse(error: RequestRefusedError, now: datetime) -> Answer:
    if error.server_code is ServerCode.BODY_TOO_LARGE:
        error = RequestRefusedError(ServerCode.PACKET_TOO_LARGE)
    return regproc_refusal(SERVICE_ID, error, now)
