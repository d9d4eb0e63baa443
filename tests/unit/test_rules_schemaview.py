"""What the rules take from an ID schema, and which schemas they cannot use."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from packet.models import SubPacket
from packet.rules.schemaview import FieldKind, view_schema
from tests.support.specs import demo_schema


def schema(**fields: Any) -> dict[str, Any]:
    return {"properties": {"identity": {"type": "object", "additionalProperties": False, "properties": fields}}}


def test_the_demo_schema_is_usable() -> None:
    view = view_schema(demo_schema())
    assert view.faults == ()
    assert view.validator is not None
    assert view.fields["fullName"].kind is FieldKind.LANGUAGES
    assert view.fields["proofOfException"].sub_packets == (SubPacket.EVIDENCE,)
    assert "fullName" in view.required


def test_a_schema_is_compiled_once_for_its_content() -> None:
    assert view_schema(demo_schema()) is view_schema(MappingProxyType(dict(demo_schema())))


@pytest.mark.parametrize(
    ("field", "sub_packets"),
    [
        ({"type": "string"}, set(SubPacket)),
        ({"type": "string", "fieldCategory": "NONE"}, set(SubPacket)),
        ({"type": "string", "fieldCategory": "Pvt"}, {SubPacket.ID}),
        ({"type": "string", "fieldCategory": "kyc"}, {SubPacket.ID}),
        ({"type": "string", "fieldCategory": "optional"}, {SubPacket.OPTIONAL}),
    ],
)
def test_categories(field: dict[str, Any], sub_packets: set[SubPacket]) -> None:
    assert set(view_schema(schema(x=field)).fields["x"].sub_packets) == sub_packets


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"properties": []},
        schema(x={"type": "string", "fieldCategory": "secret"}),
        schema(x={"$ref": "#/definitions/missing"}),
        schema(x={"$ref": "https://example.org/type.json"}),
        schema(x={"$ref": "other.json#/definitions/y"}),
        schema(x={"type": "strung"}),
        schema(x={"type": "string", "pattern": "("}),
    ],
)
def test_unusable_schemas_have_faults_and_no_validator(broken: dict[str, Any]) -> None:
    view = view_schema(broken)
    assert view.faults
    assert view.validator is None


def test_a_java_expression_that_python_cannot_read_is_kept_as_unread() -> None:
    validators = [{"type": "regex", "validator": r"^\p{L}+$", "langCode": "ara"}, {"type": "other", "validator": "x"}]
    (pattern,) = view_schema(schema(x={"type": "string", "validators": validators})).fields["x"].patterns
    assert (pattern.language, pattern.pattern) == ("ara", None)
