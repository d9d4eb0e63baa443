"""Rows of reference data: what names them, what is refused, and how a delta is laid on top."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.masterdata.entities import DYNAMIC_FIELD, SHAPES
from app.core.masterdata.reader import build_master_data
from app.core.masterdata.rows import EntityRow, MasterDataShapeError, merge, read_rows
from resources.country import reading

Entity = dict[str, Any]
TOO_LONG = "code is too long or has signs that do not belong there"


def flags(language: str | None = "eng", **more: Any) -> Entity:
    return {"langCode": language, "isActive": True, "isDeleted": False, **more}


def structured(name: str, *rows: Any) -> Entity:
    return {"entityName": name, "entityType": "structured", "data": list(rows)}


def place(code: str = "R1", language: str | None = "eng", **more: Any) -> Entity:
    return {"code": code, "name": f"Place {code}", "hierarchyLevel": 1, "parentLocCode": None} | flags(language) | more


def dynamic(name: str, *entries: Entity, language: str = "eng", **more: Any) -> Entity:
    row = {"id": "1", "name": name, "dataType": "string", "fieldVal": list(entries)} | flags(language) | more
    return {"entityName": name, "entityType": "dynamic", "data": [row]}


def test_a_row_is_named_by_its_kind_key_and_language() -> None:
    document = {"appTypeCode": "001", "docTypeCode": "DOC1", "docCatCode": "POI"} | flags()
    level = {"hierarchyLevel": 3, "hierarchyLevelName": "City"} | flags("fra")
    read = read_rows(
        [
            structured("Location", place(), place(language="fra")),
            structured("ApplicantValidDocument", document),
            structured("LocationHierarchy", level),
            dynamic("gender", {"code": "MLE", "value": "Male", "active": True}),
        ]
    )
    assert [row.identity for row in read.rows] == [
        ("Location", "R1", "eng"),
        ("Location", "R1", "fra"),
        ("ApplicantValidDocument", "001\x1fPOI\x1fDOC1", ""),
        ("LocationHierarchy", "3", "fra"),
        (DYNAMIC_FIELD, "gender", "eng"),
    ]
    assert read.rows[2].payload is document


def test_what_nobody_knows_is_passed_over_and_named_once() -> None:
    script = {"entityName": "applicanttype.mvel", "entityType": "script", "data": {"url": "https://server/x"}}
    read = read_rows(
        [structured("Holiday", {"anything": 1}), structured("Holiday"), script, structured("Location", place(more=1))]
    )
    assert read.unknown == ("Holiday", "applicanttype.mvel")
    assert [row.key for row in read.rows] == ["R1"]


def test_a_dynamic_field_may_have_the_name_of_a_kind() -> None:
    read = read_rows([dynamic("Location", {"code": "A", "value": "B"})])
    assert read.rows[0].entity == DYNAMIC_FIELD


@pytest.mark.parametrize(
    ("entity", "where", "why"),
    [
        ({"entityType": "structured", "data": []}, ("number 1", "entityName"), "it has no name"),
        ({"entityName": "Location", "entityType": "structured", "data": {}}, ("Location", "data"), "it is no list"),
        (structured("Location", "R1"), ("Location", "row 1"), "it is no object"),
        (structured("Location", place(), place(code="")), ("Location", "row 2"), "code is missing"),
        (structured("Location", place(code="x" * 300)), ("Location", "row 1"), TOO_LONG),
        (structured("Location", place(code="a\x1fb")), ("Location", "row 1"), TOO_LONG),
        (structured("Location", place(name=None)), ("Location", "R1"), "name is no text"),
        (structured("Location", place(hierarchyLevel="1")), ("Location", "R1"), "hierarchyLevel is no whole number"),
        (structured("Location", place(hierarchyLevel=True)), ("Location", "R1"), "hierarchyLevel is no whole number"),
        (structured("Location", place(parentLocCode=7)), ("Location", "R1"), "parentLocCode is no text"),
        (structured("Location", place(isActive="true")), ("Location", "R1"), "isActive is neither true nor false"),
        (structured("Location", place(isDeleted=0)), ("Location", "R1"), "isDeleted is neither true nor false"),
        (structured("Location", place(language=None)), ("Location", "R1"), "langCode is no text"),
        (structured("Location", place(language="")), ("Location", "R1"), "langCode is no text"),
        (structured("BlocklistedWords", {"word": "x", "langCode": 4}), ("BlocklistedWords", "x"), "langCode is no text"),
        (dynamic("gender", fieldVal="x"), (DYNAMIC_FIELD, "gender"), "fieldVal is no list"),
        (dynamic("gender", {"code": "MLE"}), (DYNAMIC_FIELD, "gender"), "an entry of fieldVal has no code or value"),
        (
            dynamic("gender", {"code": "MLE", "value": "Male", "active": "Y"}),
            (DYNAMIC_FIELD, "gender"),
            "active in fieldVal is neither true nor false",
        ),
    ],
)  # fmt: skip
def test_a_row_of_another_shape_is_refused_by_kind_and_key(entity: Entity, where: tuple[str, str], why: str) -> None:
    with pytest.raises(MasterDataShapeError) as refused:
        read_rows([entity])
    assert refused.value.params == {"entity": where[0], "key": where[1], "why": why}


@pytest.mark.parametrize("name", sorted(set(SHAPES) - {DYNAMIC_FIELD}))
def test_every_column_of_every_shape_is_really_needed(name: str) -> None:
    """The shipped row is taken; the same without one of its columns is not, unless that column is an optional one."""
    row = next(entity for entity in reading.client_settings() if entity["entityName"] == name)["data"][0]
    shape = SHAPES[name]
    assert len(read_rows([structured(name, row)]).rows) == 1
    for column in (*shape.key, *shape.texts, *shape.numbers):
        with pytest.raises(MasterDataShapeError):
            read_rows([structured(name, {key: value for key, value in row.items() if key != column})])
    for column in shape.optional_texts:
        assert read_rows([structured(name, row | {column: None})]).rows
        with pytest.raises(MasterDataShapeError):
            read_rows([structured(name, row | {column: 1})])


def test_a_key_of_256_signs_is_the_longest() -> None:
    assert read_rows([structured("Location", place(code="x" * 256))]).rows[0].key == "x" * 256
    with pytest.raises(MasterDataShapeError):
        read_rows([structured("Location", place(code="x" * 257))])


def row(key: str, language: str = "eng", **payload: Any) -> EntityRow:
    return EntityRow("Location", key, language, payload)


def test_a_delta_replaces_adds_and_takes_away() -> None:
    before = (row("A", name="old"), row("A", "fra", name="vieux"), row("B", name="b"))
    delta = (row("B", name="b", isDeleted=True), row("A", name="new"), row("C", name="c"))
    assert merge(before, delta) == (row("A", name="new"), row("A", "fra", name="vieux"), row("C", name="c"))


def test_a_row_that_is_switched_off_stays_and_comes_back_in_its_place() -> None:
    off = merge((row("A"), row("B")), (row("A", isActive=False),))
    assert [(each.key, each.is_active) for each in off] == [("A", False), ("B", True)]
    assert merge(off, (row("A", isActive=True),))[0].is_active


def test_what_is_deleted_never_counts_as_active() -> None:
    assert not row("A", isActive=True, isDeleted=True).is_active


_ROWS = st.lists(
    st.builds(
        lambda key, language, version, deleted: row(key, language, version=version, isDeleted=deleted),
        st.sampled_from("ABCD"),
        st.sampled_from(["eng", "fra"]),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=12,
)


@given(_ROWS, _ROWS)
def test_the_last_word_on_a_row_counts_whatever_came_before(current: list[EntityRow], delta: list[EntityRow]) -> None:
    last = {each.identity: each for each in (*current, *delta)}
    merged = merge(merge((), current), delta)
    assert {each.identity: each for each in merged} == {key: each for key, each in last.items() if not each.is_deleted}
    assert len({each.identity for each in merged}) == len(merged)


@given(_ROWS, _ROWS)
def test_laying_a_delta_on_twice_changes_nothing_more(current: list[EntityRow], delta: list[EntityRow]) -> None:
    once = merge(merge((), current), delta)
    assert merge(once, delta) == once


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "name", "langCode", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "entityName": st.sampled_from([*SHAPES, "Holiday"]) | _JSON,
                "entityType": st.sampled_from(["structured", "dynamic", "script"]) | _JSON,
                "data": st.lists(_JSON, max_size=3) | _JSON,
            },
        ),
        max_size=3,
    )
)
def test_whatever_a_server_sends_is_taken_or_refused_by_name(entities: list[Entity]) -> None:
    try:
        read = read_rows(entities)
    except MasterDataShapeError:
        return
    build_master_data(merge((), read.rows))


def test_reading_leaves_the_answer_as_it_was() -> None:
    entities = [structured("Location", place()), dynamic("gender", {"code": "MLE", "value": "Male"})]
    del entities[1]["data"][0]["name"]
    untouched = copy.deepcopy(entities)
    assert [row.key for row in read_rows(entities).rows] == ["R1", "gender"]
    assert entities == untouched
