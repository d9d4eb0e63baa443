"""Reading an RID sync request: decrypt, decode, check the envelope, check each item."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packet.crypto.hybrid import encrypt
from packet.encoding import b64url_decode
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.envelope import open_envelope
from sandbox.instants import parse_iso_millis
from sandbox.keys.errors import KeyNotAllowedError
from sandbox.keys.service import KeyService
from sandbox.regproc.synclist import MAIN_PROCESSES, SUB_PROCESSES, SyncedPacket, SyncList
from sandbox.web.body import parse_json

SERVICE_ID: Final = "mosip.registration.sync"
VERSION: Final = "1.0"
GRACE: Final = timedelta(seconds=10_800)
ITEMS_MAX: Final = 100
APPLICATION: Final = "REGISTRATION"
_NAME = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)


class SyncItem(BaseModel):
    """One announced packet, as decoded. None stands for an absent key or null; what must be there is checked by code."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    registrationId: str | None = Field(default=None, max_length=128)  # noqa: N815  # the wire's name
    packetId: str | None = Field(default=None, max_length=256)  # noqa: N815
    additionalInfoReqId: str | None = Field(default=None, max_length=256)  # noqa: N815
    name: str | None = Field(default=None, max_length=4096, repr=False)
    email: str | None = Field(default=None, max_length=512, repr=False)
    phone: str | None = Field(default=None, max_length=128, repr=False)
    registrationType: str | None = Field(default=None, max_length=64)  # noqa: N815
    packetHashValue: str | None = Field(default=None, max_length=128)  # noqa: N815
    packetSize: int = Field(default=0, ge=0, lt=2**53)  # noqa: N815
    supervisorStatus: str | None = Field(default=None, max_length=64)  # noqa: N815
    supervisorComment: str | None = Field(default=None, max_length=4096, repr=False)  # noqa: N815
    langCode: str | None = Field(default=None, max_length=16)  # noqa: N815


class SyncRequest(BaseModel):
    """The decrypted body."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    id: str | None = None
    version: str | None = None
    requesttime: str | None = None
    request: list[SyncItem] = Field(max_length=ITEMS_MAX)


def read_request(body: bytes, ref_id: str, keys: KeyService) -> SyncRequest:
    """Decrypts the body, a JSON string literal, with the packet key of ref_id.

    Raises:
        RequestRefusedError: RPR-RGS-028 if it cannot be decrypted, -017 if it is no JSON, -016 if it is other JSON.
    """
    try:
        literal = parse_json(body)
    except ValueError as error:
        raise RequestRefusedError(ServerCode.SYNC_JSON_PARSING) from error
    if not isinstance(literal, str):
        raise RequestRefusedError(ServerCode.SYNC_DECRYPTION_FAILED)
    try:
        plain = open_envelope(b64url_decode(literal), keys.opener(APPLICATION, ref_id))
    except (ValueError, KeyNotAllowedError) as error:
        raise RequestRefusedError(ServerCode.SYNC_DECRYPTION_FAILED) from error
    try:
        decoded = parse_json(plain)
    except ValueError as error:
        raise RequestRefusedError(ServerCode.SYNC_JSON_PARSING) from error
    try:
        return SyncRequest.model_validate(decoded)
    except ValidationError as error:
        raise RequestRefusedError(ServerCode.SYNC_JSON_MAPPING) from error


def check_request(request: SyncRequest, now: datetime) -> None:
    """Checks time, id and version of the envelope.

    Raises:
        RequestRefusedError: RPR-RGS-013 for what is missing, -014 for what is wrong.
    """
    if request.requesttime is None:
        raise RequestRefusedError(ServerCode.SYNC_MISSING, what="requesttime")
    try:
        is_near = abs(parse_iso_millis(request.requesttime) - now) < GRACE
    except ValueError:
        is_near = False
    if not is_near:
        raise RequestRefusedError(ServerCode.SYNC_INVALID, what="requesttime")
    for name, value, expected in (("id", request.id, SERVICE_ID), ("version", request.version, VERSION)):
        if value is None:
            raise RequestRefusedError(ServerCode.SYNC_MISSING, what=name)
        if value != expected:
            raise RequestRefusedError(ServerCode.SYNC_INVALID, what=name)


def check_item(item: SyncItem, known: SyncList) -> None:
    """Checks one item, in the processor's order. Names must besides be usable as names of files.

    Raises:
        RequestRefusedError: with the code of the first failure.
    """
    if not item.packetId or not item.packetId.strip():
        raise RequestRefusedError(ServerCode.SYNC_MISSING, what="packetId")
    if item.langCode is None or len(item.langCode) != 3:
        raise RequestRefusedError(ServerCode.SYNC_LANGUAGE_INVALID)
    if item.registrationType not in MAIN_PROCESSES | SUB_PROCESSES:
        raise RequestRefusedError(ServerCode.SYNC_TYPE_INVALID)
    if item.packetHashValue is None:
        raise RequestRefusedError(ServerCode.SYNC_HASH_MISSING)
    if item.supervisorStatus not in {"APPROVED", "REJECTED"}:
        raise RequestRefusedError(ServerCode.SYNC_SUPERVISOR_INVALID)
    if item.registrationId is None:
        raise RequestRefusedError(ServerCode.SYNC_RID_EMPTY)
    for what, name in (("packetId", item.packetId), ("registrationId", item.registrationId)):
        if _NAME.fullmatch(name) is None:
            raise RequestRefusedError(ServerCode.SYNC_INVALID, what=what)
    if item.additionalInfoReqId is not None and not _is_known_correction(item, known):
        raise RequestRefusedError(ServerCode.SYNC_ADDITIONAL_INFO_INVALID)


def _is_known_correction(item: SyncItem, known: SyncList) -> bool:
    """Whether the id is ``<RID>-<PROCESS>-<iteration>`` of this item and of a registration that was announced here."""
    original, process, iteration = (*(item.additionalInfoReqId or "").split("-"), "", "")[:3]
    fits = item.additionalInfoReqId == f"{original}-{process}-{iteration}" and iteration.isdecimal()
    belongs = original == item.registrationId and process == item.registrationType
    return fits and belongs and known.has_registration(original)


def synced_packet(item: SyncItem, ref_id: str, keys: KeyService) -> SyncedPacket:
    """The row for a checked item. Contact data and comment are encrypted for the packet key before they touch the disk."""
    contact = {"name": item.name, "phone": item.phone, "email": item.email, "supervisorComment": item.supervisorComment}
    sealed = encrypt(orjson.dumps(contact), keys.certificate(APPLICATION, ref_id), os.urandom)
    return SyncedPacket(
        packet_id=item.packetId or "",
        registration_id=item.registrationId or "",
        ref_id=ref_id,
        registration_type=item.registrationType or "",
        packet_hash_value=item.packetHashValue or "",
        packet_size=item.packetSize,
        supervisor_status=item.supervisorStatus or "",
        lang_code=item.langCode or "",
        additional_info_req_id=item.additionalInfoReqId,
        additional_info=sealed,
    )
