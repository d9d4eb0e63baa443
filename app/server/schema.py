"""The ID schema and the UI specifications that come with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from app.server.errors import AnswerMalformedError
from app.server.transport import Call, MosipServer, Payload
from packet.models import Json

_SCHEMA = Call("the ID schema", "GET", "/v1/syncdata/latestidschema", limit_bytes=8 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """What the server publishes for registrations.

    Attributes:
        version: travels into each packet (``IDSchemaVersion``).
        text: the ID schema as sent.
        schema: the same, decoded.
        answer: the whole answer, for `app.core.uispec.reader`: UI specifications and settings pages among it.
    """

    version: float
    text: str = field(repr=False)
    schema: Mapping[str, Json] = field(repr=False)
    answer: Mapping[str, Json] = field(repr=False)


class _SchemaModel(BaseModel):
    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, JsonValue]

    id_version: float = Field(alias="idVersion", gt=0)
    id_schema: str = Field(alias="schemaJson", min_length=2)


def fetch_id_schema(server: MosipServer, token: str) -> PublishedSchema:
    """Fetches the latest published schema.

    Raises:
        AnswerMalformedError: if it is not an ID schema with ``properties.identity.properties``.
        RequestRefusedError: KER-SNC-166 if the server could not fetch it itself.
        AppError: a subclass for everything that can go wrong in a call.
    """
    response = server.ask(_SCHEMA, token, Payload(params={"schemaVersion": "0"})).require()
    if not isinstance(response, dict):
        raise AnswerMalformedError(call=_SCHEMA.name, why="it is no object")
    try:
        model = _SchemaModel.model_validate(response)
    except ValidationError:
        raise AnswerMalformedError(call=_SCHEMA.name, why="it has no idVersion and schemaJson") from None
    try:
        schema = orjson.loads(model.id_schema)
        fields = schema["properties"]["identity"]["properties"]
    except (ValueError, KeyError, TypeError):
        raise AnswerMalformedError(call=_SCHEMA.name, why="schemaJson has no properties.identity.properties") from None
    if not isinstance(fields, dict) or not fields:
        raise AnswerMalformedError(call=_SCHEMA.name, why="schemaJson names no fields")
    return PublishedSchema(model.id_version, model.id_schema, schema, response)
