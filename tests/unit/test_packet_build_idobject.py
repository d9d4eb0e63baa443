"""ID.json: values become what MOSIP's writer makes of them, and what its reader cannot read is refused by the field's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet.idobject import (
    FieldEmptyError,
    FieldTextRefusedError,
    FieldValueInvalidError,
    StringArrays,
    UpdateWithoutUinError,
    demographics,
    identity,
    omitted_fields,
    stored_form,
    wrap,
)
from packet.idschema import FieldKindError, FieldUnknownError, read_id_schema
from packet.models import Flow, Json, SubPacket
from tests.support.specs import demo_schema, document, multilingual, new_spec

SCHEMA = read_id_schema(demo_schema())


def stored(value: Any, arrays: StringArrays = StringArrays.OMIT) -> Json:
    return stored_form("field", value, arrays)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1990/04/23", "1990/04/23"),
        ("12345", "12345"),
        (" spaces stay ", " spaces stay "),
        (5, "5"),
        (-12345678901234567890123, "-12345678901234567890123"),
        (0.1, "0.1"),
        (True, "true"),
        (multilingual("x", "eng", "fra"), multilingual("x", "eng", "fra")),
        ('[{"language":"eng","value":"x"}]', multilingual("x")),
        ('{"a": 1}', {"a": 1}),
        ("'quoted' text", "'quoted' text"),
        ('"a \\u0041 \\n" and more', '"a \\u0041 \\n" and more'),
        ("O'Neill", "O'Neill"),
        ("-", "-"),
    ],
)
def test_stored_forms(value: Any, expected: Json) -> None:
    assert stored(value) == expected


@pytest.mark.parametrize("value", ["", " ", "\t\r\n", "\x1f", [], "[]", [{"language": "eng", "value": ""}]])
def test_empty_values_are_refused(value: Any) -> None:
    with pytest.raises(FieldEmptyError, match="field"):
        stored(value)


@pytest.mark.parametrize(
    "value",
    [
        "{no json",
        "[1, 2",
        " {",
        "#12 Main Street",
        ",x",
        ":x",
        "]x",
        "}x",
        "/x",
        "\\x",
        ";x",
        "=x",
        "'Abd al-Rahman",
        '"unfinished',
        "'line\nbreak'",
        "'bad \\x escape'",
        "'bad \\u12 escape'",
        "nul \x00",
        "surrogate \ud800",
        multilingual("surrogate \ud800"),
    ],
)
def test_texts_on_which_the_servers_tokeniser_fails_are_refused(value: Any) -> None:
    with pytest.raises(FieldTextRefusedError):
        stored(value)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        [1, 2],
        ["a", {"b": "c"}],
        [None],
        [{"value": None}],
        {"a": None},
        "[null]",
        [["a"]],
        {"a": 2**64},
        {"\ud800": "a"},
    ],
)
def test_values_of_no_known_kind_are_refused(value: Any) -> None:
    with pytest.raises(FieldValueInvalidError):
        stored(value)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.characters(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )
)
def test_every_value_is_stored_as_json_or_refused_by_name(value: Any) -> None:
    if value is None:
        return
    try:
        form = stored(value, StringArrays.EMIT)
    except (FieldEmptyError, FieldTextRefusedError, FieldValueInvalidError):
        return
    assert form not in (None, "", [])
    orjson.loads(orjson.dumps(form))


def test_texts_alone_are_left_out_unless_the_server_reads_them() -> None:
    assert stored(["email", "phone"]) is None
    assert stored(["email", "phone"], StringArrays.EMIT) == ["email", "phone"]
    assert stored('["email"]', StringArrays.EMIT) == ["email"]


def test_the_fields_that_are_left_out_can_be_asked_for() -> None:
    schema = read_id_schema(demo_schema())
    assert omitted_fields(new_spec(), schema) == ()
    handles: Json = ["phone"]
    for value in (handles, '["phone", "email"]'):
        spec = new_spec()
        spec = replace(spec, demographics={**spec.demographics, "selectedHandles": value})
        assert omitted_fields(spec, schema) == ("selectedHandles",)


def test_nulls_are_left_out() -> None:
    values = demographics(new_spec(demographics={"phone": None, "postalCode": "10114"}), SCHEMA, StringArrays.OMIT)
    assert values == {"postalCode": "10114"}


def test_order_is_the_schemas() -> None:
    spec = new_spec(demographics={"postalCode": "10114", "phone": "0612345678", "consent": "Y"})
    assert list(demographics(spec, SCHEMA, StringArrays.OMIT)) == ["consent", "postalCode", "phone"]


def test_the_schema_version_is_the_builders_business() -> None:
    spec = new_spec(demographics={"IDSchemaVersion": "9.9", "phone": "0612345678"})
    assert demographics(spec, SCHEMA, StringArrays.OMIT) == {"phone": "0612345678"}


def test_fields_that_the_schema_does_not_have_are_named() -> None:
    with pytest.raises(FieldUnknownError, match="favouriteColour"):
        demographics(new_spec(demographics={"favouriteColour": "blue"}), SCHEMA, StringArrays.OMIT)
    with pytest.raises(FieldKindError, match="proofOfIdentity"):
        demographics(new_spec(demographics={"proofOfIdentity": "x"}), SCHEMA, StringArrays.OMIT)


def test_update_writes_the_chosen_fields_and_the_uin_only() -> None:
    values: dict[str, Json] = {"UIN": "5312643781", "phone": "0612345678", "postalCode": "10114"}
    spec = new_spec(flow=Flow.UPDATE, process="UPDATE", demographics=values, update_fields=frozenset({"phone"}))
    assert demographics(spec, SCHEMA, StringArrays.OMIT) == {"UIN": "5312643781", "phone": "0612345678"}


@pytest.mark.parametrize(
    ("values", "chosen"),
    [({"phone": "1"}, frozenset({"phone"})), ({"UIN": ""}, frozenset({"phone"})), ({"UIN": "5312643781"}, None)],
)
def test_update_needs_uin_and_groups(values: dict[str, Json], chosen: frozenset[str] | None) -> None:
    spec = new_spec(flow=Flow.UPDATE, process="UPDATE", demographics=values, update_fields=chosen)
    with pytest.raises(UpdateWithoutUinError):
        demographics(spec, SCHEMA, StringArrays.OMIT)


def test_references_to_documents_and_biometrics() -> None:
    content = identity(
        SCHEMA.of(SubPacket.ID), 0.1, {"phone": "1"}, {"proofOfIdentity": document()}, frozenset({"individualBiometrics"})
    )
    assert content == {
        "IDSchemaVersion": 0.1,
        "phone": "1",
        "proofOfIdentity": {"value": "proofOfIdentity", "type": "DOC001", "format": "pdf", "refNumber": "A-1"},
        "individualBiometrics": {"format": "cbeff", "version": 1.0, "value": "individualBiometrics_bio_CBEFF"},
    }


def test_schema_version_is_a_number_with_a_fraction() -> None:
    text = wrap(identity(SCHEMA.of(SubPacket.OPTIONAL), 1, {}, {}, frozenset()))
    assert text == b'{ "identity" : {\n  "IDSchemaVersion": 1.0\n} } '
