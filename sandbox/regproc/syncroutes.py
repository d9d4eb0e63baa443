"""RID sync: ``POST /registrationprocessor/v1/registrationstatus/syncV2``."""

from __future__ import annotations

from dataclasses import dataclass

from packet.models import Clock, Json
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.instants import parse_iso_millis
from sandbox.keys.service import KeyService
from sandbox.regproc.synclist import SyncedPacket, SyncList
from sandbox.regproc.syncrequest import SERVICE_ID, SyncItem, check_item, check_request, read_request, synced_packet
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import SYNC_ROLES, Endpoint
from sandbox.web.wrapper import regproc_answer


@dataclass(frozen=True, slots=True)
class SyncRoutes:
    """The endpoint of RID sync."""

    keys: KeyService
    synced: SyncList
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """The one."""
        path = "/registrationprocessor/v1/registrationstatus/syncV2"
        return [Endpoint("POST", path, self._sync, roles=SYNC_ROLES, is_signed=True)]

    def _sync(self, call: Call) -> Answer:
        now = self.clock()
        try:
            ref_id = _header(call, "center-machine-refid", "Center-Machine-RefId")
            _check_timestamp(_header(call, "timestamp", "timestamp"))
            request = read_request(call.body, ref_id, self.keys)
            check_request(request, now)
        except RequestRefusedError as error:
            return regproc_answer(SERVICE_ID, None, [_failure(error)], now)
        packets: list[SyncedPacket] = []
        failures: list[Json] = []
        for item in request.request:
            try:
                check_item(item, self.synced)
                packets.append(synced_packet(item, ref_id, self.keys))
            except RequestRefusedError as error:
                failures.append(_failure(error, item))
        self.synced.put(packets, now)
        successes: list[Json] = [
            {"registrationId": p.registration_id, "status": "SUCCESS", "packetId": p.packet_id} for p in packets
        ]
        return regproc_answer(SERVICE_ID, successes or None, failures or None, now)


def _header(call: Call, name: str, spelling: str) -> str:
    value = call.headers.get(name, "")
    if not value:
        raise RequestRefusedError(ServerCode.SYNC_MISSING, what=spelling)
    return value


def _check_timestamp(text: str) -> None:
    try:
        parse_iso_millis(text)
    except ValueError as error:
        raise RequestRefusedError(ServerCode.SYNC_INVALID, what="timestamp") from error


def _failure(error: RequestRefusedError, item: SyncItem | None = None) -> Json:
    failure: dict[str, Json] = {}
    if item is not None:
        failure |= {"registrationId": item.registrationId, "packetId": item.packetId}
    return {**failure, "status": "FAILURE", "errorCode": error.server_code.code, "message": error.text}
