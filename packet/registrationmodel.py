"""The input format REGISTRATION.json: what one registration consists of, for building a packet without a window.

The JSON Schema in ``resources/schema/registration.schema.json`` is generated from these models. Nothing is converted silently:
a number where text belongs, an unknown key or a missing one is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from packet.models import BioAttribute, ExceptionType, Flow

_Path = Annotated[
    str, Field(min_length=1, max_length=512, description="Path below the folder of this file, with / between parts.")
]
_Text = Annotated[str, Field(min_length=1, max_length=16_384)]
_FieldId = Annotated[str, Field(min_length=1, max_length=128)]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


class LanguageValue(_Model):
    """A text in one language."""

    language: str = Field(pattern="^[a-z]{3}$", description="ISO 639-2 code.")
    value: _Text


class DocumentInput(_Model):
    """A document of a document field; either file or content."""

    category: _Text = Field(description="Category of the field, for example POI.")
    type_code: _Text = Field(description="Document type code of the master data, for example DOC001.")
    format: str = Field(pattern="^[A-Za-z0-9]{1,10}$", description="File extension, for example pdf.")
    ref_number: _Text | None = None
    owner: _Text = "Applicant"
    file: _Path | None = None
    content: str | None = Field(default=None, max_length=16 * 1024 * 1024, description="Standard base64 of the document.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.content is None):
            raise ValueError("exactly one of file and content must be given")
        return self


class CaptureInput(_Model):
    """A device's signed capture of one attribute; either file or data."""

    attribute: BioAttribute = Field(description="Bio attribute; unknown is the exception photo.")
    file: _Path | None = Field(default=None, description="File that holds the compact JWS.")
    data: str | None = Field(default=None, max_length=32 * 1024 * 1024, description="The compact JWS itself.")
    attempts: int = Field(default=1, ge=1, le=100)
    forced: bool = False
    sdk_score: float = Field(default=0.0, ge=0, le=100)
    spec_version: str = Field(default="0.9.5", pattern=r"^[0-9.]{1,16}$")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.data is None):
            raise ValueError("exactly one of file and data must be given")
        return self


class ExceptionInput(_Model):
    """An attribute that cannot be captured."""

    attribute: BioAttribute
    exception_type: ExceptionType
    reason: str = Field(default="", max_length=1024)


class BiometricsInput(_Model):
    """All of one biometrics field."""

    configured: tuple[BioAttribute, ...] = Field(max_length=14, description="The attributes that the form asks for.")
    captured: tuple[CaptureInput, ...] = Field(default=(), max_length=14)
    exceptions: tuple[ExceptionInput, ...] = Field(default=(), max_length=14)
    individual_type: _Text = "applicant"


class OperatorInput(_Model):
    """An officer or supervisor, and how they proved who they are."""

    user_id: _Text
    by_password: bool = False
    by_otp: bool = False
    biometrics: tuple[CaptureInput, ...] = Field(default=(), max_length=14)


class AuditInput(_Model):
    """One audit row. What is left out follows from the registration."""

    event_id: _Text
    event_name: _Text
    event_type: _Text
    module_id: _Text
    module_name: _Text
    description: _Text
    action_time_stamp: AwareDatetime
    created_at: AwareDatetime | None = Field(default=None)
    uuid: str | None = Field(default=None, pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    host_name: _Text = "localhost"
    host_ip: _Text = "localhost"
    session_user_id: _Text | None = None
    session_user_name: _Text | None = None
    created_by: _Text | None = None
    id: _Text | None = None
    id_type: Literal["USER_ID", "REGISTRATION_ID", "APPLICATION_ID"] = "REGISTRATION_ID"


class BlockListedWordsInput(_Model):
    """Blocklisted words that the operator let pass in a field."""

    screen_name: _Text
    words: tuple[_Text, ...] = Field(max_length=100)
    operator_consent: bool
    operator_id: _Text


class GeoInput(_Model):
    """Coordinates as decimal text."""

    latitude: str = Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,10})?$")
    longitude: str = Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,10})?$")


class ClientInput(_Model):
    """The client in whose name the packet is built."""

    version: _Text = "1.2.0.2"
    machine_serial_no: _Text | None = None
    checksums: dict[str, str] = Field(default_factory=dict, max_length=1000)


class RegistrationInput(_Model):
    """A whole registration."""

    json_schema: str | None = Field(default=None, alias="$schema", max_length=1024, description="Where this form is described.")
    registration_id: str = Field(min_length=20, max_length=64, description="RID: centre, machine, sequence, UTC time.")
    process: str = Field(pattern="^[A-Z0-9_]{1,64}$", description="Process id in capitals.")
    flow: Flow
    centre_id: _Text
    machine_id: _Text
    creation_date: AwareDatetime | None = Field(
        default=None, description="Fixes the packet's clock. Without it, the packet is created now."
    )
    id_schema: _Path | None = Field(default=None, description="File of the ID schema. Without it, that of the demo country.")
    id_schema_version: float = Field(gt=0)
    demographics: dict[_FieldId, _Text | int | float | tuple[LanguageValue, ...] | tuple[_Text, ...]] = Field(
        strict=False, max_length=1000
    )
    documents: dict[_FieldId, DocumentInput] = Field(default_factory=dict, max_length=100)
    biometrics: dict[_FieldId, BiometricsInput] = Field(default_factory=dict, max_length=20)
    officer: OperatorInput
    supervisor: OperatorInput | None = None
    client: ClientInput = ClientInput()
    audits: tuple[AuditInput, ...] = Field(max_length=10_000)
    lang_codes: tuple[Annotated[str, Field(pattern="^[a-z]{3}$")], ...] = Field(default=("eng",), min_length=1, max_length=20)
    consent: bool | None = None
    pre_registration_id: _Text | None = None
    additional_info_request_id: _Text | None = Field(default=None, description="CORRECTION only: <RID>-<PROCESS>-<iteration>.")
    update_fields: tuple[_FieldId, ...] | None = Field(
        default=None, max_length=1000, description="UPDATE only: the fields of the chosen groups."
    )
    block_listed_words: dict[_FieldId, BlockListedWordsInput] = Field(default_factory=dict, max_length=1000)
    geo: GeoInput | None = None
