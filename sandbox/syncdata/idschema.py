"""The ID schema that the sandbox publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from packet.encoding import iso_millis
from packet.models import Json
from resources.country import reading
from sandbox.errors import IdSchemaUnusableError
from sandbox.web.body import parse_json

SCHEMA_MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """An ID schema with its version.

    Attributes:
        text: the schema as JSON text, exactly as published.
        schema: the same, decoded.
        published_at: ``effectiveFrom`` of the answer.
        forms: UI specifications and ``settings`` that are published with it; none with a schema of one's own.
    """

    version: float
    text: str = field(repr=False)
    schema: Mapping[str, Json] = field(repr=False)
    published_at: datetime
    forms: Mapping[str, Json] = field(default_factory=dict, repr=False)

    def as_json(self, *, has_version_parameter: bool) -> dict[str, Json]:
        """The ``response`` of ``latestidschema``; without any of its parameters the short one of 1.1.5."""
        effective_from = iso_millis(self.published_at)
        if not has_version_parameter:
            return {
                "schema": [],
                "schemaJson": self.text,
                "id": "1",
                "idVersion": self.version,
                "effectiveFrom": effective_from,
            }
        return {
            "id": "1",
            "idVersion": self.version,
            "title": "Sandbox ID schema",
            "description": "ID schema of the sandbox",
            "status": "PUBLISHED",
            "effectiveFrom": effective_from,
            "createdBy": "sandbox",
            "createdOn": effective_from,
            "updatedBy": None,
            "updatedOn": None,
            "schemaJson": self.text,
            **self.forms,
        }


def load_schema(file: Path | None, version: float, now: datetime) -> PublishedSchema:
    """Reads the schema to publish; None takes the shipped one.

    Raises:
        IdSchemaUnusableError: if it cannot be read, is too large or is no ID schema.
    """
    name = "(shipped)" if file is None else file.name
    try:
        text = _shipped() if file is None else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise IdSchemaUnusableError(name=name, why="it cannot be read") from error
    if len(text) > SCHEMA_MAX_BYTES:
        raise IdSchemaUnusableError(name=name, why="it is too large")
    try:
        schema = parse_json(text)
    except ValueError as error:
        raise IdSchemaUnusableError(name=name, why="it is not JSON") from error
    if not isinstance(schema, Mapping) or not _has_identity(schema):
        raise IdSchemaUnusableError(name=name, why="it has no properties.identity.properties")
    return PublishedSchema(version, text, schema, now, _shipped_forms() if file is None else {})


def _shipped() -> str:
    return reading.id_schema_text()


def _shipped_forms() -> dict[str, Json]:
    published = reading.publication()
    return {key: value for key, value in published.items() if key.lower().endswith("process") or key == "settings"}


def _has_identity(schema: Mapping[str, Json]) -> bool:
    inner: Json = schema
    for name in ("properties", "identity", "properties"):
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return isinstance(inner, Mapping) and bool(inner)
