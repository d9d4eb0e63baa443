"""Reading an ID schema: which fields there are, of what kind, and into which sub-packets they go.

An ID schema is a JSON Schema with MOSIP's own keys on the fields under ``properties.identity.properties``. ``fieldCategory``
(absent: ``none``) selects the sub-packets; ``$ref`` tells biometrics and documents from demographic fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from packet.errors import UnusableInputError
from packet.models import Json, SubPacket

SCHEMA_VERSION_FIELD: Final = "IDSchemaVersion"
_BIOMETRICS_REF: Final = "#/definitions/biometricsType"
_DOCUMENT_REF: Final = "#/definitions/documentType"

_SUB_PACKETS: Final[Mapping[str, tuple[SubPacket, ...]]] = {
    "pvt": (SubPacket.ID,),
    "kyc": (SubPacket.ID,),
    "none": (SubPacket.EVIDENCE, SubPacket.OPTIONAL, SubPacket.ID),
    "evidence": (SubPacket.EVIDENCE,),
    "optional": (SubPacket.OPTIONAL,),
}

_RESERVED: Final = frozenset(
    (
        "id",
        "audit",
        "packet_meta_info",
        "packet_data_hash",
        "packet_operations_hash",
        "officer_bio_cbeff",
        "supervisor_bio_cbeff",
    )
)
"""Base names of the packet's own entries. Servers look entries up without extension and without regard to case."""

_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


class FieldKind(Enum):
    """What a field holds."""

    DEMOGRAPHIC = auto()
    BIOMETRICS = auto()
    DOCUMENT = auto()


class IdSchemaInvalidError(UnusableInputError):
    """An ID schema is such that no packet can be built or read by it."""

    code = "PACKET-ID-SCHEMA"
    sentence = "The ID schema cannot be used: {why}."
    next_step = "Synchronise the ID schema again; if it stays, its author must correct and publish it."


class IdSchemaFieldInvalidError(UnusableInputError):
    """A field of an ID schema is such that no packet can be built or read by it."""

    code = "PACKET-ID-SCHEMA-FIELD"
    sentence = "The ID schema's field {field} cannot be used: {why}."
    next_step = "The author of the ID schema must correct and publish it."


class FieldUnknownError(UnusableInputError):
    """A registration holds a field that the ID schema does not have."""

    code = "PACKET-FIELD-UNKNOWN"
    sentence = "The ID schema has no field {field}."
    next_step = "Correct the field's name, or use the ID schema for which the registration was made."


class FieldKindError(UnusableInputError):
    """A value stands in a field of another kind (a document in a demographic field, for example)."""

    code = "PACKET-FIELD-KIND"
    sentence = "The field {field} is not a {expected} field in the ID schema."
    next_step = "Give the value in a field of the right kind."


@dataclass(frozen=True, slots=True)
class SchemaField:
    """One field of the ID schema.

    Attributes:
        category: lower-case ``fieldCategory``.
        sub_packets: where the field goes, in the order in which sub-packets are built.
    """

    name: str
    kind: FieldKind
    category: str
    sub_packets: tuple[SubPacket, ...]

    @property
    def base_name(self) -> str | None:
        """Name, without extension, of the field's file in a sub-packet; None for demographic fields."""
        match self.kind:
            case FieldKind.BIOMETRICS:
                return f"{self.name}_bio_CBEFF"
            case FieldKind.DOCUMENT:
                return self.name
            case FieldKind.DEMOGRAPHIC:
                return None
            case _:
                assert_never(self.kind)


@dataclass(frozen=True, slots=True)
class IdSchema:
    """The fields of an ID schema, in the schema's order."""

    fields: Mapping[str, SchemaField]

    def of(self, sub_packet: SubPacket) -> tuple[SchemaField, ...]:
        """The fields that go into a sub-packet."""
        return tuple(f for f in self.fields.values() if sub_packet in f.sub_packets)

    def require(self, name: str, kind: FieldKind) -> SchemaField:
        """The field of that name.

        Raises:
            FieldUnknownError: if there is none.
            FieldKindError: if it is of another kind.
        """
        found = self.fields.get(name)
        if found is None:
            raise FieldUnknownError(field=printable(name))
        if found.kind is not kind:
            raise FieldKindError(field=name, expected=kind.name.lower())
        return found


def read_id_schema(schema: Mapping[str, Json]) -> IdSchema:
    """Reads the fields of a decoded ID schema.

    Raises:
        IdSchemaInvalidError: if it has no fields or cannot hold a packet (no ``IDSchemaVersion`` of category none).
        IdSchemaFieldInvalidError: if a field's category is unknown, or its name cannot name a file in a packet.
    """
    properties = _properties(_properties(schema, "it").get("identity"), "identity")
    fields: dict[str, SchemaField] = {}
    taken = set(_RESERVED)
    for name, definition in properties.items():
        found = _read_field(name, definition)
        base_name = found.base_name
        if base_name is not None and base_name.lower() in taken:
            raise IdSchemaFieldInvalidError(field=name, why="its file would have the same name as another file of the packet")
        if base_name is not None:
            taken.add(base_name.lower())
        fields[name] = found
    version = fields.get(SCHEMA_VERSION_FIELD)
    if version is None or len(version.sub_packets) != len(SubPacket):
        raise IdSchemaInvalidError(why=f"it lacks the field {SCHEMA_VERSION_FIELD} with fieldCategory none")
    return IdSchema(fields)


def _properties(node: Json, what: str) -> Mapping[str, Json]:
    properties = node.get("properties") if isinstance(node, Mapping) else None
    if not isinstance(properties, Mapping):
        raise IdSchemaInvalidError(why=f"{what} has no properties")
    return properties


def _read_field(name: str, definition: Json) -> SchemaField:
    if not _FIELD_NAME.fullmatch(name):
        raise IdSchemaFieldInvalidError(field=printable(name), why="its name may hold letters, digits, - and _ only")
    if not isinstance(definition, Mapping):
        raise IdSchemaFieldInvalidError(field=name, why="its definition is not an object")
    if name.lower() in _RESERVED:
        raise IdSchemaFieldInvalidError(field=name, why="its name belongs to a file of the packet itself")
    category = definition.get("fieldCategory", "none")
    if not isinstance(category, str) or category.lower() not in _SUB_PACKETS:
        raise IdSchemaFieldInvalidError(field=name, why="its fieldCategory is unknown")
    ref = definition.get("$ref")
    kind = {_BIOMETRICS_REF: FieldKind.BIOMETRICS, _DOCUMENT_REF: FieldKind.DOCUMENT}.get(
        ref if isinstance(ref, str) else "", FieldKind.DEMOGRAPHIC
    )
    return SchemaField(name, kind, category.lower(), _SUB_PACKETS[category.lower()])


def printable(name: str) -> str:
    """A field name for an error: short, and nothing in it that could pass for something else."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in name[:64])
