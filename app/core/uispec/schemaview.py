"""What a form needs to know of the ID schema: the kind of each field, and which are required."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from app.core.uispec.model import ValueType
from packet.errors import UnusableInputError
from packet.idschema import FieldKind, read_id_schema
from packet.models import Json

_SIMPLE_REF: Final = "#/definitions/simpleType"


@dataclass(frozen=True, slots=True)
class SchemaView:
    """The fields of an ID schema as the checks of a form need them.

    Attributes:
        types: type of each field; None for a demographic field of a type that forms do not know.
        required: fields that every new registration has.
        why_unusable: None if the schema can be used; otherwise why not, and the checks against it are left out.
    """

    types: Mapping[str, ValueType | None]
    required: tuple[str, ...] = ()
    why_unusable: str | None = None


def view_schema(id_schema: Mapping[str, Json]) -> SchemaView:
    """Looks at a decoded ID schema; one that cannot be used is no error here."""
    try:
        fields = read_id_schema(id_schema).fields
    except UnusableInputError as error:
        return SchemaView(MappingProxyType({}), why_unusable=error.message)
    identity = _node(_node(id_schema, "properties"), "identity")
    definitions = _node(identity, "properties")
    types = {name: _type(field.kind, _node(definitions, name)) for name, field in fields.items()}
    required = identity.get("required")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return SchemaView(MappingProxyType(types), tuple(dict.fromkeys(names)))


def _node(of: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}


def _type(kind: FieldKind, definition: Mapping[str, Json]) -> ValueType | None:
    if kind is FieldKind.DOCUMENT:
        return ValueType.DOCUMENT
    if kind is FieldKind.BIOMETRICS:
        return ValueType.BIOMETRICS
    if definition.get("$ref") == _SIMPLE_REF:
        return ValueType.SIMPLE
    named = definition.get("type")
    if named == "string":
        return ValueType.STRING
    return ValueType.NUMBER if named in ("number", "integer") else None
