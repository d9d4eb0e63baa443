"""ID schemas: categories select sub-packets, and a field can never take the place of another file."""

from __future__ import annotations

from typing import Any

import pytest

from packet.idschema import (
    FieldKind,
    FieldKindError,
    FieldUnknownError,
    IdSchemaFieldInvalidError,
    IdSchemaInvalidError,
    read_id_schema,
)
from packet.models import SubPacket
from tests.support.specs import demo_schema

DOCUMENT = {"$ref": "#/definitions/documentType"}
BIOMETRICS = {"$ref": "#/definitions/biometricsType"}
VERSION = {"type": "number", "fieldCategory": "none"}


def schema_of(**fields: Any) -> dict[str, Any]:
    return {"properties": {"identity": {"properties": {"IDSchemaVersion": VERSION, **fields}}}}


@pytest.mark.parametrize(
    ("category", "parts"),
    [
        ("pvt", (SubPacket.ID,)),
        ("kyc", (SubPacket.ID,)),
        ("KYC", (SubPacket.ID,)),
        ("evidence", (SubPacket.EVIDENCE,)),
        ("optional", (SubPacket.OPTIONAL,)),
        ("none", (SubPacket.EVIDENCE, SubPacket.OPTIONAL, SubPacket.ID)),
    ],
)
def test_category_selects_sub_packets(category: str, parts: tuple[SubPacket, ...]) -> None:
    schema = read_id_schema(schema_of(phone={"type": "string", "fieldCategory": category}))
    assert schema.fields["phone"].sub_packets == parts
    for part in SubPacket:
        assert ("phone" in [field.name for field in schema.of(part)]) == (part in parts)


def test_without_a_category_a_field_goes_everywhere() -> None:
    assert len(read_id_schema(schema_of(phone={"type": "string"})).fields["phone"].sub_packets) == 3


def test_only_two_references_are_special() -> None:
    schema = read_id_schema(schema_of(a=DOCUMENT, b=BIOMETRICS, c={"$ref": "#/definitions/simpleType"}, d={"type": "string"}))
    kinds = [schema.fields[name].kind for name in "abcd"]
    assert kinds == [FieldKind.DOCUMENT, FieldKind.BIOMETRICS, FieldKind.DEMOGRAPHIC, FieldKind.DEMOGRAPHIC]
    assert [schema.fields[name].base_name for name in "abcd"] == ["a", "b_bio_CBEFF", None, None]


@pytest.mark.parametrize(
    "fields",
    [
        {"phone": {"fieldCategory": "secret"}},
        {"phone": {"fieldCategory": 1}},
        {"phone": "string"},
        {"ID": DOCUMENT},
        {"audit": DOCUMENT},
        {"Packet_Meta_Info": DOCUMENT},
        {"packet_data_hash": {"type": "string"}},
        {"officer_bio_cbeff": DOCUMENT},
        {"a": DOCUMENT, "A": DOCUMENT},
        {"a": BIOMETRICS, "a_bio_cbeff": DOCUMENT},
        {"a/b": DOCUMENT},
        {"a.b": DOCUMENT},
        {"..": DOCUMENT},
        {"": {"type": "string"}},
        {"x" * 129: {"type": "string"}},
    ],
)
def test_fields_that_no_packet_can_hold_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(IdSchemaFieldInvalidError):
        read_id_schema(schema_of(**fields))


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {}},
        {"properties": {"identity": {}}},
        {"properties": {"identity": {"properties": []}}},
        {"properties": {"identity": {"properties": {}}}},
        {"properties": {"identity": {"properties": {"IDSchemaVersion": {"fieldCategory": "pvt"}}}}},
    ],
)
def test_what_is_no_id_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(IdSchemaInvalidError):
        read_id_schema(schema)


def test_asking_for_a_field() -> None:
    schema = read_id_schema(demo_schema())
    assert schema.require("proofOfIdentity", FieldKind.DOCUMENT).name == "proofOfIdentity"
    with pytest.raises(FieldKindError):
        schema.require("proofOfIdentity", FieldKind.BIOMETRICS)
    with pytest.raises(FieldUnknownError) as caught:
        schema.require("x\n\u202e" * 100, FieldKind.DOCUMENT)
    assert caught.value.message == f"The ID schema has no field {'x??' * 21}x."


def test_demo_schema_covers_every_category_and_kind() -> None:
    fields = read_id_schema(demo_schema()).fields.values()
    assert {field.category for field in fields} == {"pvt", "kyc", "none", "evidence", "optional"}
    assert {field.kind for field in fields} == set(FieldKind)
