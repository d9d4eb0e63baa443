"""MOSIP's response wrapper: ``response`` and ``errors``, either of which may be null, and in lists both may be there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from app.core.errors import RequestRefusedError
from app.core.servercodes import explain
from app.server.errors import AnswerMalformedError

_CODE = re.compile(r"[A-Z][A-Z0-9]{0,11}(?:[-_][A-Z]{1,12}){0,3}[-_][0-9]{1,5}|[1-5][0-9]{2}")
"""MOSIP's codes (``KER-SNC-155``), or an HTTP status. Not narrower than needed to keep a name, a number or an address out: the
code is shown, logged and kept in the outbox, and a server may repeat in it what it was told."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One item of ``errors``.

    Attributes:
        server_code: MOSIP's code, made safe for logs.
        message: the server's text; not for logs, since nobody knows what it repeats.
        registration_id, packet_id: what it is about, where the server says so.
    """

    server_code: str
    message: str = field(repr=False)
    registration_id: str | None = None
    packet_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A parsed wrapper.

    Attributes:
        call: what was asked, for errors.
    """

    call: str
    response: JsonValue = field(repr=False)
    errors: tuple[Refusal, ...]

    def require(self) -> JsonValue:
        """The response, if there are no errors.

        Raises:
            RequestRefusedError: with the first error's code.
            AnswerMalformedError: if there is neither.
        """
        if self.errors:
            raise refused(self.call, self.errors[0].server_code)
        if self.response is None:
            raise AnswerMalformedError(call=self.call, why="it has neither a response nor errors")
        return self.response


def refused(call: str, server_code: str) -> RequestRefusedError:
    """The named error for a code, with the table's words."""
    known = explain(server_code)
    return RequestRefusedError(call=call, server_code=server_code, meaning=known.meaning, remedy=known.remedy)


class _ErrorModel(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    code: str = Field(alias="errorCode")
    message: str | None = None
    error_message: str | None = Field(default=None, alias="errorMessage")
    registration_id: str | None = Field(default=None, alias="registrationId")
    packet_id: str | None = Field(default=None, alias="packetId")


class _WrapperModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    response: JsonValue = None
    errors: list[_ErrorModel] | None = None


def parse_wrapper(body: bytes, call: str) -> Wrapped:
    """Reads a wrapper.

    Raises:
        AnswerMalformedError: if the body is not one.
    """
    try:
        model = _WrapperModel.model_validate_json(body)
    except ValidationError:
        # The validation error would repeat the body, which may hold personal data: it is not kept as the cause.
        raise AnswerMalformedError(call=call, why="it is not a MOSIP response wrapper") from None
    if not model.model_fields_set & {"response", "errors"}:
        raise AnswerMalformedError(call=call, why="it is not a MOSIP response wrapper")
    return Wrapped(call, model.response, tuple(_refusal(item) for item in model.errors or ()))


def _refusal(item: _ErrorModel) -> Refusal:
    return Refusal(
        server_code=item.code if _CODE.fullmatch(item.code) else "UNREADABLE",
        message=item.message or item.error_message or "",
        registration_id=item.registration_id,
        packet_id=item.packet_id,
    )
