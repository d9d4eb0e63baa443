"""The parts of a draft: which there are, and what stands in them.

=================================  =========================================================================
part                               content
=================================  =========================================================================
``meta``                           what the registration began with: process, languages, schema, devices
``form``                           the form's snapshot, without documents' bytes and captures
``flow``                           the step, and what was seen
``document/<field>``               a document: four bytes length, type and format as JSON, then its bytes
``biometrics/<field>/<record>``    marks, or one group's captures (`devices.client.formrecord`)
=================================  =========================================================================

A keystroke changes ``form`` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.forms.entries import DocumentEntry
from packet.errors import CodedError
from packet.models import DigitalId, Json, RegisteredDevice

META: Final = "meta"
FORM: Final = "form"
FLOW: Final = "flow"
_DOCUMENT: Final = "document/"
_BIOMETRICS: Final = "biometrics/"
_VERSION: Final = 1
_LENGTH_BYTES: Final = 4


class DraftContentError(CodedError):
    """A draft was kept by another version, or holds what it cannot hold."""

    code = "DESK-DRAFT-CONTENT"
    sentence = "The registration in work cannot be taken up again: its {part} cannot be read."
    next_step = "Update Sealdesk if a newer version has been here; otherwise discard the draft and register the person again."


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _DigitalId(_Model):
    serial_no: str
    make: str
    model: str
    type: str
    device_sub_type: str
    device_provider_id: str
    device_provider: str
    date_time: str


class _Device(_Model):
    device_code: str
    device_service_version: str
    digital_id: _DigitalId


class _DocumentDescription(_Model):
    type: str
    reference: str | None = Field(repr=False)
    format: str


class DraftMeta(_Model):
    """What a registration began with, and the devices that took part so far.

    Attributes:
        process: id as published.
        uin, update_groups: UPDATE only: whose data are updated, and which groups of them.
    """

    version: int = Field(default=_VERSION, ge=_VERSION, le=_VERSION)
    process: str
    lang_codes: tuple[Annotated[str, Field(pattern="^[a-z]{3}$")], ...] = Field(min_length=1)
    id_schema_version: float
    uin: str | None = Field(default=None, repr=False)
    update_groups: tuple[str, ...] = ()
    pre_registration_id: str | None = Field(default=None, repr=False)
    devices: tuple[_Device, ...] = Field(default=(), repr=False)

    def registered_devices(self) -> tuple[RegisteredDevice, ...]:
        """The devices as the packet names them."""
        return tuple(
            RegisteredDevice(d.device_code, d.device_service_version, DigitalId(**d.digital_id.model_dump()))
            for d in self.devices
        )


def described_devices(devices: tuple[RegisteredDevice, ...]) -> tuple[_Device, ...]:
    """Devices as `DraftMeta` keeps them."""
    return tuple(_Device.model_validate(asdict(device)) for device in devices)


def meta_part(meta: DraftMeta) -> bytes:
    """The part ``meta``."""
    return meta.model_dump_json().encode()


def read_meta(parts: Mapping[str, bytes]) -> DraftMeta:
    """What a draft began with.

    Raises:
        DraftContentError: if the part is missing or no such part.
    """
    try:
        return DraftMeta.model_validate_json(parts[META])
    except (KeyError, ValidationError):
        raise DraftContentError(part=META) from None


def json_part(content: Mapping[str, object]) -> bytes:
    """A part that is a JSON object."""
    return orjson.dumps(content)


def read_json(parts: Mapping[str, bytes], name: str) -> dict[str, Json]:
    """A part that is a JSON object.

    Raises:
        DraftContentError: if it is missing or no JSON object.
    """
    try:
        content = orjson.loads(parts[name])
    except (KeyError, orjson.JSONDecodeError):
        raise DraftContentError(part=name) from None
    if not isinstance(content, dict):
        raise DraftContentError(part=name)
    return content


def document_part(field_id: str) -> str:
    """Name of the part with a document's bytes."""
    return _DOCUMENT + field_id


def document_bytes(document: DocumentEntry) -> bytes:
    """The part of a document."""
    description = orjson.dumps({"type": document.type_code, "reference": document.ref_number, "format": document.format})
    return len(description).to_bytes(_LENGTH_BYTES, "big") + description + document.content


def documents_of(parts: Mapping[str, bytes]) -> dict[str, DocumentEntry]:
    """Documents by field.

    Raises:
        DraftContentError: if one is no document.
    """
    return {name.removeprefix(_DOCUMENT): _document(body) for name, body in parts.items() if name.startswith(_DOCUMENT)}


def _document(body: bytes) -> DocumentEntry:
    end = _LENGTH_BYTES + int.from_bytes(body[:_LENGTH_BYTES], "big")
    try:
        found = _DocumentDescription.model_validate_json(body[_LENGTH_BYTES:end])
    except ValidationError:
        raise DraftContentError(part="document") from None
    return DocumentEntry(found.type, found.reference, found.format, body[end:])


def biometrics_part(field_id: str, record: str) -> str:
    """Name of the part with one record of a biometrics field."""
    return f"{_BIOMETRICS}{field_id}/{record}"


def biometrics_of(parts: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Records by field.

    Raises:
        DraftContentError: if a part's name is none.
    """
    found: dict[str, dict[str, bytes]] = {}
    for name, body in parts.items():
        if not name.startswith(_BIOMETRICS):
            continue
        field_id, slash, record = name.removeprefix(_BIOMETRICS).partition("/")
        if not slash:
            raise DraftContentError(part="captures")
        found.setdefault(field_id, {})[record] = body
    return found
