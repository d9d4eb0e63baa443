"""Status of packets and registrations: ``packetexternalstatus`` and ``search``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packet.models import Clock, Json
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.instants import parse_iso_millis
from sandbox.regproc.registrations import Registrations
from sandbox.regproc.status import packet_code, registration_code
from sandbox.regproc.synclist import SyncList
from sandbox.regproc.syncrequest import GRACE, VERSION
from sandbox.web.body import parse_json
from sandbox.web.call import Answer, Call
from sandbox.web.endpoint import SYNC_ROLES, Endpoint
from sandbox.web.wrapper import regproc_answer, regproc_refusal

PACKET_SERVICE_ID: Final = "mosip.registration.packet.external.status"
RID_SERVICE_ID: Final = "mosip.registration.status"
IDS_MAX: Final = 100


class PacketStatusItem(BaseModel):
    """One asked packet id."""

    model_config = ConfigDict(strict=True)

    packetId: str = Field(max_length=256)  # noqa: N815  # the wire's name


class RidStatusItem(BaseModel):
    """One asked registration id."""

    model_config = ConfigDict(strict=True)

    registrationId: str = Field(max_length=256)  # noqa: N815


class _StatusRequest(BaseModel):
    model_config = ConfigDict(strict=True)

    id: str | None = None
    version: str | None = None
    requesttime: str | None = None


_Request = TypeVar("_Request", bound=_StatusRequest)


class PacketStatusRequest(_StatusRequest):
    """Body of ``packetexternalstatus``."""

    request: list[PacketStatusItem]


class RidStatusRequest(_StatusRequest):
    """Body of ``search``."""

    request: list[RidStatusItem]


@dataclass(frozen=True, slots=True)
class StatusRoutes:
    """Endpoints of status."""

    synced: SyncList
    registrations: Registrations
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        """Both of them."""
        base = "/registrationprocessor/v1/registrationstatus"
        return [
            _endpoint(f"{base}/packetexternalstatus", self._packets, PACKET_SERVICE_ID),
            _endpoint(f"{base}/search", self._registrations, RID_SERVICE_ID),
        ]

    def _packets(self, call: Call) -> Answer:
        now = self.clock()
        request = _read(call, PacketStatusRequest)
        _check(request, PACKET_SERVICE_ID, now)
        _check_count(len(request.request))
        found: list[Json] = []
        missing: list[Json] = []
        for item in request.request:
            if self.synced.find(item.packetId) is None:
                missing.append({"packetId": item.packetId, **_error(ServerCode.STATUS_PACKET_NOT_FOUND)})
            else:
                code = packet_code(self.registrations.find(item.packetId), now)
                found.append({"packetId": item.packetId, "statusCode": code.value})
        return regproc_answer(PACKET_SERVICE_ID, found or None, missing or None, now)

    def _registrations(self, call: Call) -> Answer:
        now = self.clock()
        request = _read(call, RidStatusRequest)
        _check(request, RID_SERVICE_ID, now)
        _check_count(len(request.request))
        found: list[Json] = []
        missing: list[Json] = []
        for item in request.request:
            if not self.synced.has_registration(item.registrationId):
                missing.append({"registrationId": item.registrationId, **_error(ServerCode.STATUS_RID_NOT_FOUND)})
            else:
                code = registration_code(self.registrations.latest_of(item.registrationId), now)
                found.append({"registrationId": item.registrationId, "statusCode": code.value})
        return regproc_answer(RID_SERVICE_ID, found or None, missing or None, now)


def _endpoint(path: str, handler: Callable[[Call], Answer], service_id: str) -> Endpoint:
    return Endpoint("POST", path, handler, roles=SYNC_ROLES, is_signed=True, refuse=partial(regproc_refusal, service_id))


def _read(call: Call, model: type[_Request]) -> _Request:
    try:
        return model.model_validate(parse_json(call.body))
    except ValidationError as error:
        raise RequestRefusedError(ServerCode.SYNC_DATA_INVALID) from error
    except ValueError as error:
        raise RequestRefusedError(ServerCode.SYNC_JSON_PARSING) from error


def _check(request: _StatusRequest, service_id: str, now: datetime) -> None:
    """Checks the envelope: each field has a code of its own here."""
    if request.requesttime is None:
        raise RequestRefusedError(ServerCode.STATUS_TIME_MISSING)
    try:
        is_near = abs(parse_iso_millis(request.requesttime) - now) < GRACE
    except ValueError:
        is_near = False
    if not is_near:
        raise RequestRefusedError(ServerCode.STATUS_TIME_INVALID)
    if request.id is None:
        raise RequestRefusedError(ServerCode.STATUS_ID_MISSING)
    if request.id != service_id:
        raise RequestRefusedError(ServerCode.STATUS_ID_INVALID)
    if request.version is None:
        raise RequestRefusedError(ServerCode.STATUS_VERSION_MISSING)
    if request.version != VERSION:
        raise RequestRefusedError(ServerCode.STATUS_VERSION_INVALID)


def _check_count(count: int) -> None:
    if count > IDS_MAX:
        raise RequestRefusedError(ServerCode.STATUS_TOO_MANY)


def _error(code: ServerCode) -> dict[str, Json]:
    return {"errorCode": code.code, "message": code.text}
