"""Whatever a server sends: the reader ends, soon, with a publication or a named error, and needs no memory of its size."""

from __future__ import annotations

import copy
import time
import tracemalloc
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.changeactions import mosip_actions
from app.core.expressions.rule import parse_rule
from app.core.patterns import compile_java
from app.core.uispec.controls import ENTERS
from app.core.uispec.faults import FAULTS
from app.core.uispec.model import Control, FieldSpec, ProcessSpec
from app.core.uispec.publication import ProcessUnstartableError, PublicationUnreadableError, PublishedForms
from app.core.uispec.reader import read_process, read_publication
from packet.models import Json
from tests.support.uispec_mistakes import screens_of
from tests.support.uispecs import (
    Document,
    every_control,
    every_control_id_schema,
    field,
    field_of,
    fields_of,
    mvel,
    publication,
    regex,
    screen,
)

SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["NEW", "true", "-5", "\ud800"])
)
JSON: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12
)


def paths(node: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Ways to every value in a document."""
    found = [path]
    if isinstance(node, dict):
        for key, value in node.items():
            found += paths(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            found += paths(value, (*path, number))
    return found


GOOD: Final = publication()
PATHS: Final = [path for path in paths(GOOD) if path]


def child(node: Any, part: str | int) -> Any:
    """What stands at a key or number; None if the way ends here, for another change has gone before."""
    if isinstance(node, dict):
        return node.get(part)
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None


def mutated(changes: list[tuple[tuple[str | int, ...], Json]]) -> Document:
    answer = copy.deepcopy(GOOD)
    for (*way, last), value in changes:
        node: Any = answer
        for part in way:
            node = child(node, part)
        if child(node, last) is not None:
            node[last] = value
    return answer


def assert_sound(forms: PublishedForms) -> None:
    for fault in forms.faults:
        assert fault.code in FAULTS
        assert (fault.path + fault.why).isprintable()
    for process in forms.processes:
        assert_usable(process)


def assert_usable(process: ProcessSpec) -> None:
    ids = [item.id for item in process.fields]
    assert len(ids) == len(set(ids))
    names = [screen.name for screen in process.screens]
    assert len(names) == len(set(names))
    if process.is_submittable:
        for item in process.fields:
            if item.is_input_required:
                assert_field_usable(item, ids)


def assert_field_usable(item: FieldSpec, ids: list[str]) -> None:
    """Whatever the form engine does with a field that no blocking fault names must work."""
    assert item.control is not None
    assert item.value_type in ENTERS[item.control]
    for condition in (item.visible, item.required_on):
        assert condition is None or condition.expression is not None
    for validator in item.validators:
        compile_java(validator.pattern)
    assert item.change_action is None or mosip_actions().validate(item.change_action, ids) == ()
    assert bool(item.bio_attributes) is (item.control is Control.BIOMETRICS)
    for entry in item.conditional_bio_attributes:
        assert entry.attributes
        assert entry.rule is None or parse_rule(entry.rule.text).names <= {str(name) for name in entry.attributes}
    if item.minimum is not None and item.maximum is not None and item.minimum != item.maximum:
        assert item.maximum - item.minimum >= 2


@given(JSON)
def test_any_json_is_read_or_refused_by_name(document: Json) -> None:
    try:
        forms = read_publication(document)  # type: ignore[arg-type]  # anything
    except PublicationUnreadableError:
        return
    assert_sound(forms)


@given(JSON)
def test_any_process_is_read_or_refused_by_name(document: Json) -> None:
    assert_sound(read_publication(publication(every_control(), {}) | {"xProcess": document}))
    try:
        assert_usable(read_process("x", document, every_control_id_schema()))
    except ProcessUnstartableError:
        return


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JSON), min_size=1, max_size=4))
def test_a_good_form_with_anything_put_into_it_is_read_or_refused_by_name(
    changes: list[tuple[tuple[str | int, ...], Json]],
) -> None:
    try:
        forms = read_publication(mutated(changes))
    except PublicationUnreadableError:
        return
    assert_sound(forms)


@settings(max_examples=60)
@given(JSON)
def test_any_id_schema_is_read_or_named(schema: Json) -> None:
    document = every_control()
    if isinstance(schema, dict):
        assert_usable(read_process("newProcess", document, schema))
        assert_usable(read_process("newProcess", document, {"properties": {"identity": schema}}))


def _many_labels() -> Document:
    document = every_control()
    field_of(document, "phone")["label"] = {str(number): "x" * 100 for number in range(100_000)}
    return document


def _long_texts() -> Document:
    document = every_control()
    long = "x" * 20_000_000
    field_of(document, "phone").update(
        label={"eng": long}, subType=long, visible=mvel(long), validators=[regex(long)], changeAction=long, controlType=long
    )
    return document | {"icon": long}


def _many_fields() -> Document:
    document = every_control()
    screens_of(document)[1]["fields"] = [field("x", "textbox")] * 200_000
    return document


def _many_screens() -> Document:
    return every_control() | {"screens": [{}] * 200_000}


def _nothing_but_faults() -> Document:
    document = every_control()
    screens_of(document)[1]["fields"] = [{"id": f"f{number}", "bioAttributes": 5} for number in range(250)]
    return document


@pytest.mark.parametrize("make", [_many_labels, _long_texts, _many_fields, _many_screens, _nothing_but_faults])
def test_hostile_sizes_are_refused_by_name_without_memory(make: object) -> None:
    assert callable(make)
    document = make()
    began = time.perf_counter()
    tracemalloc.start()
    try:
        process = read_process("newProcess", document, every_control_id_schema())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 5
    assert peak < 4_000_000
    assert not process.is_submittable
    assert {fault.code for fault in process.faults} & {"UISPEC-TOO-MANY", "UISPEC-TEXT-LONG", "UISPEC-FAULTS-MANY"}
    assert len(process.faults) <= 501
    assert sum(len(fault.why) + len(fault.path) for fault in process.faults) < 200_000


def test_a_name_of_a_process_as_long_as_a_book_is_cut() -> None:
    forms = read_publication({**publication(), "x" * 1_000_000 + "process": 5})
    assert all(len(fault.path) < 200 for fault in forms.faults)


def test_what_just_fits_is_read() -> None:
    document = every_control()
    screens = screens_of(document)
    screens[0]["name"] = "D" * 128
    field_of(document, "phone").update(
        label={f"l{number}": "x" * 4_000 for number in range(50)},
        validators=[regex("a" * 1_000)] * 10,
        changeAction="disable:" + "phone" + " " * (500 - len("disable:phone")),
        minimum=0,
    )
    field_of(document, "dateOfBirth").update(minimum=-100_000, maximum=100_000)
    document["autoSelectedGroups"] = ["FullName"] * 100
    count = len(fields_of(document))
    screens.extend(screen(9 + number, f"s{number}", []) for number in range(46))
    screens[10]["fields"] = [field(f"f{number}", "textbox") for number in range(300 - count)]
    process = read_process("newProcess", document, every_control_id_schema())
    assert {fault.code for fault in process.faults} == {"UISPEC-SCHEMA-FIELD-UNKNOWN"}
    assert len(process.fields) == 300
    assert len(process.screens) == 50
