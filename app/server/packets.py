"""Packets on their way: announcement (RID sync), upload, status.

The RID sync's body is a JSON text encrypted like a packet, in URL-safe base64, and that as a JSON string in quotes. HTTP status
200 says nothing: every answer is judged by its ``response`` and ``errors``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import orjson
from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from app.core.dispatch import UNANSWERED, SyncItem, SyncVerdict, UploadVerdict
from app.server.errors import AnswerMalformedError
from app.server.transport import Call, MosipServer, Payload
from app.server.wrapper import Refusal, Wrapped, refused
from packet.crypto.hybrid import encrypt
from packet.encoding import b64url, iso_millis
from packet.models import Clock, Entropy, Json, PacketId, RegistrationId

STATUS_BATCH_MAX = 100
"""The server refuses to answer for more at once (RPR-RGS-032)."""

_STATUS_PATH = "/registrationprocessor/v1/registrationstatus"
_SYNC = Call("the announcement of packets", "POST", f"{_STATUS_PATH}/syncV2", attempts=2)
_EXTERNAL = Call("the packets' status", "POST", f"{_STATUS_PATH}/packetexternalstatus", attempts=2)
_SEARCH = Call("the registrations' status", "POST", f"{_STATUS_PATH}/search", attempts=2)
_UPLOAD = Call(
    "the packet", "POST", "/registrationprocessor/v1/packetreceiver/registrationpackets", limit_bytes=64 * 1024, attempts=2
)
_DUPLICATE = "RPR-PKR-005"


class _SyncedModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    registration_id: str = Field(alias="registrationId")
    packet_id: str | None = Field(default=None, alias="packetId")
    status: str


class _PacketStatusModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    packet_id: str = Field(alias="packetId")
    status_code: str = Field(alias="statusCode", max_length=200)


class _RegistrationStatusModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    registration_id: str = Field(alias="registrationId")
    status_code: str = Field(alias="statusCode", max_length=200)


class _UploadedModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    status: str


Model = TypeVar("Model", bound=BaseModel)

_SYNCED = TypeAdapter(list[_SyncedModel])
_PACKET_STATUSES = TypeAdapter(list[_PacketStatusModel])
_REGISTRATION_STATUSES = TypeAdapter(list[_RegistrationStatusModel])


class PacketLine:
    """What the client asks of the registration processor."""

    def __init__(self, server: MosipServer, clock: Clock, entropy: Entropy) -> None:
        self._server = server
        self._clock = clock
        self._entropy = entropy

    def sync(
        self, items: Sequence[SyncItem], ref_id: str, certificate: x509.Certificate, token: str
    ) -> tuple[SyncVerdict, ...]:
        """Announces packets.

        Args:
            ref_id: ``<centre>_<machine>``; selects the server's decryption key.
            certificate: the packet certificate of that reference.

        Returns:
            One verdict for each item, in their order.

        Raises:
            RequestRefusedError: if the announcement was refused as a whole.
            AppError: a subclass for everything that can go wrong in a call.
        """
        now = iso_millis(self._clock())
        plain = orjson.dumps(
            {
                "id": "mosip.registration.sync",
                "version": "1.0",
                "requesttime": now,
                "request": [_announcement(item) for item in items],
            }
        )
        payload = Payload(
            headers={"Content-Type": "application/json", "timestamp": now, "Center-Machine-RefId": ref_id},
            content=orjson.dumps(b64url(encrypt(plain, certificate, self._entropy))),
        )
        return _verdicts(items, self._server.ask(_SYNC, token, payload))

    def upload(self, packet_id: PacketId, data: bytes, token: str) -> UploadVerdict:
        """Uploads a packet. That the server has it already counts as uploaded.

        Raises:
            RequestRefusedError: with the server's code.
            AppError: a subclass for everything that can go wrong in a call.
        """
        wrapped = self._server.ask(_UPLOAD, token, Payload(file=(f"{packet_id}.zip", data)))
        if wrapped.errors:
            first = wrapped.errors[0]
            if first.server_code == _DUPLICATE or "duplicate" in first.message.lower():
                return UploadVerdict.DUPLICATE
            raise refused(_UPLOAD.name, first.server_code)
        try:
            _UploadedModel.model_validate(wrapped.require())
        except ValidationError:
            raise AnswerMalformedError(call=_UPLOAD.name, why="it has no status") from None
        return UploadVerdict.ACCEPTED

    def packet_statuses(self, packet_ids: Sequence[PacketId], token: str) -> Mapping[PacketId, str]:
        """External status codes by packet; packets that the server does not know are left out.

        Raises:
            RequestRefusedError: if the question was refused as a whole.
            AppError: a subclass for everything that can go wrong in a call.
        """
        body = self._question(
            "mosip.registration.packet.external.status", [{"packetId": packet_id} for packet_id in packet_ids]
        )
        wrapped = self._server.ask(_EXTERNAL, token, body)
        asked = set(packet_ids)
        found = _parse(_PACKET_STATUSES, _items(wrapped, "RPR-RGS-037"), _EXTERNAL)
        return {PacketId(item.packet_id): item.status_code for item in found if item.packet_id in asked}

    def registration_statuses(self, registration_ids: Sequence[RegistrationId], token: str) -> Mapping[RegistrationId, str]:
        """Status codes by registration; registrations that the server does not know are left out.

        Raises:
            RequestRefusedError: if the question was refused as a whole.
            AppError: a subclass for everything that can go wrong in a call.
        """
        body = self._question("mosip.registration.status", [{"registrationId": rid} for rid in registration_ids])
        wrapped = self._server.ask(_SEARCH, token, body)
        asked = set(registration_ids)
        found = _parse(_REGISTRATION_STATUSES, _items(wrapped, "RPR-RGS-031"), _SEARCH)
        return {RegistrationId(item.registration_id): item.status_code for item in found if item.registration_id in asked}

    def _question(self, service_id: str, request: list[dict[str, str]]) -> Payload:
        body = {"id": service_id, "version": "1.0", "requesttime": iso_millis(self._clock()), "request": request}
        return Payload(headers={"Content-Type": "application/json"}, content=orjson.dumps(body))


def _announcement(item: SyncItem) -> dict[str, Json]:
    return {
        "registrationId": item.registration_id,
        "packetId": item.packet_id,
        "additionalInfoReqId": item.additional_info_request_id,
        "name": item.contact.name,
        "email": item.contact.email,
        "phone": item.contact.phone,
        "registrationType": item.process,
        "packetHashValue": item.packet_sha256,
        "packetSize": item.packet_size,
        "supervisorStatus": item.decision.value,
        "supervisorComment": item.comment,
        "langCode": item.lang_code,
    }


def _verdicts(items: Sequence[SyncItem], wrapped: Wrapped) -> tuple[SyncVerdict, ...]:
    accepted: set[str] = set()
    if wrapped.response is not None:
        for synced in _parse(_SYNCED, wrapped.response, _SYNC):
            if synced.status == "SUCCESS":
                accepted.add(synced.packet_id or synced.registration_id)
    named = [error for error in wrapped.errors if error.registration_id or error.packet_id]
    if wrapped.errors and not accepted and not named:
        raise refused(_SYNC.name, wrapped.errors[0].server_code)
    return tuple(_verdict(item, accepted, named) for item in items)


def _verdict(item: SyncItem, accepted: set[str], named: Sequence[Refusal]) -> SyncVerdict:
    if item.packet_id in accepted or item.registration_id in accepted:
        return SyncVerdict(item.packet_id)
    for error in named:
        if error.packet_id == item.packet_id or (error.packet_id is None and error.registration_id == item.registration_id):
            return SyncVerdict(item.packet_id, error.server_code)
    return SyncVerdict(item.packet_id, UNANSWERED)


def _items(wrapped: Wrapped, unknown_code: str) -> JsonValue:
    """The list of answers; "not found" errors are answers too, any other error refuses the question."""
    others = [error for error in wrapped.errors if error.server_code != unknown_code]
    if others and wrapped.response is None:
        raise refused(wrapped.call, others[0].server_code)
    return wrapped.response or []


def _parse(adapter: TypeAdapter[list[Model]], response: JsonValue, call: Call) -> list[Model]:
    try:
        return adapter.validate_python(response)
    except ValidationError:
        raise AnswerMalformedError(call=call.name, why="its items are not those of the call") from None
