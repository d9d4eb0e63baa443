"""Reading one field of a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from app.core.uispec.biometrics import read_conditional, read_field_attributes
from app.core.uispec.controls import DATES, ENTERS, NEEDS_SUB_TYPE
from app.core.uispec.faults import (
    BOUND_FAR,
    BOUNDS_EMPTY,
    CONTROL_TYPE,
    CONTROL_UNKNOWN,
    FIELD_ID,
    FIELD_ID_DUPLICATE,
    FIELD_ID_MISSING,
    LABEL_MISSING,
    SCHEMA_FIELD_UNKNOWN,
    SCHEMA_KIND,
    SUB_TYPE_MISSING,
    TEMPLATE_MISSING,
    TYPE_UNKNOWN,
    VALUE_ABSENT,
)
from app.core.uispec.model import Control, FieldSpec, Texts, ValueType
from app.core.uispec.report import Place, Report, quoted
from app.core.uispec.rules import PatternReader, read_change_action, read_required_on, read_validators, read_visible
from app.core.uispec.schemaview import SchemaView
from app.core.uispec.values import Node

MOST_DAYS: Final = 100_000
"""Farthest bound of a date, in days from today: some 270 years."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CONTROLS: Final = {control.value: control for control in Control}
_TYPES: Final = {value_type.value: value_type for value_type in ValueType}
_PROCESS_WIDE_SUB_TYPE: Final = "applicant"


@dataclass(frozen=True, slots=True)
class FieldReading:
    """What the fields of a process have in common while they are read.

    Attributes:
        places: where each field that was read stands, by id; grows.
    """

    schema: SchemaView
    report: Report
    patterns: PatternReader
    places: dict[str, Place]


def read_field(node: Node, number: int, screen: Place, reading: FieldReading) -> FieldSpec | None:
    """Reads the field of that number (from 1) of a screen; None if it has no id of its own to be known by."""
    report = reading.report
    field_id = _read_id(node, number, screen)
    if field_id is None:
        return None
    place = replace(screen, field=field_id)
    if field_id in reading.places:
        report.add(FIELD_ID_DUPLICATE, place)
        return None
    node = node.moved(place)
    is_input_required = _read_input_required(node)
    node = node.moved(replace(place, is_never_shown=not is_input_required))
    reading.places[field_id] = node.place
    control = _read_control(node)
    found = _read_keys(node, field_id, control, reading.patterns)
    _check_schema(found, node, reading.schema)
    return replace(found, is_input_required=is_input_required)


def _read_id(node: Node, number: int, screen: Place) -> str | None:
    field_id = node.text("id")
    if field_id is None:
        node.report.add(FIELD_ID_MISSING, screen, number=number)
        return None
    if not _ID.fullmatch(field_id):
        node.report.add(FIELD_ID, node.place, found=quoted(field_id))
        return None
    return field_id


def _read_input_required(node: Node) -> bool:
    if not node.has("inputRequired"):
        effect = "the field is never shown"
        node.report.add(VALUE_ABSENT, node.place.at("inputRequired"), name="inputRequired", effect=effect)
    return node.flag("inputRequired")


def _read_control(node: Node) -> Control | None:
    name = node.text("controlType")
    control = _CONTROLS.get(name or "")
    if control is None:
        node.report.add(CONTROL_UNKNOWN, node.place.at("controlType"), found=quoted(name))
    return control


def _read_type(node: Node, control: Control | None) -> ValueType:
    name = node.text("type")
    allowed = ENTERS[control] if control else (ValueType.STRING,)
    value_type = _TYPES.get(name or "")
    if value_type is None:
        node.report.add(TYPE_UNKNOWN, node.place.at("type"), found=quoted(name))
        return allowed[0]
    if control and value_type not in allowed:
        node.report.add(CONTROL_TYPE, node.place.at("type"), control=control, type=value_type, known=", ".join(allowed))
    return value_type


def _read_keys(node: Node, field_id: str, control: Control | None, patterns: PatternReader) -> FieldSpec:
    is_biometric = control is Control.BIOMETRICS
    minimum, maximum = _read_bounds(node) if control in DATES else (None, None)
    sub_type = _read_sub_type(node, control)
    is_applicant = (sub_type or "").lower() == _PROCESS_WIDE_SUB_TYPE
    return FieldSpec(
        field_id,
        control,
        _read_type(node, control),
        minimum=minimum,
        maximum=maximum,
        label=_read_label(node),
        validators=read_validators(node, patterns),
        alignment_group=node.text("alignmentGroup"),
        visible=read_visible(node),
        is_required=node.flag("required"),
        required_on=read_required_on(node),
        bio_attributes=read_field_attributes(node) if is_biometric else (),
        conditional_bio_attributes=read_conditional(node) if is_biometric else (),
        is_exception_photo_required=node.flag("exceptionPhotoRequired") or (is_biometric and is_applicant),
        sub_type=sub_type,
        group=node.text("group"),
        group_label=node.texts("groupLabel"),
        change_action=read_change_action(node),
        is_transliterated=node.flag("transliterate"),
        template_name=_read_template(node, control),
        layout=node.text("fieldLayout"),
    )


def _read_label(node: Node) -> Texts:
    faults_before = len(node.report.faults)
    label = node.texts("label")
    if not label and not node.place.is_never_shown and len(node.report.faults) == faults_before:
        node.report.add(LABEL_MISSING, node.place.at("label"))
    return label


def _read_sub_type(node: Node, control: Control | None) -> str | None:
    sub_type = node.text("subType")
    if sub_type is None and control is not None and control in NEEDS_SUB_TYPE:
        meaning = NEEDS_SUB_TYPE[control]
        node.report.add(SUB_TYPE_MISSING, node.place.at("subType"), control=control, meaning=meaning)
    return sub_type


def _read_template(node: Node, control: Control | None) -> str | None:
    template = node.text("templateName")
    if template is None and control is Control.HTML:
        node.report.add(TEMPLATE_MISSING, node.place.at("templateName"))
    return template


def _read_bounds(node: Node) -> tuple[int | None, int | None]:
    """Both bounds in days from today. One that is absent counts as 0; equal ones are no limit."""
    if not node.has("minimum") and not node.has("maximum"):
        return None, None
    faults_before = len(node.report.faults)
    minimum, maximum = (node.integer(key) or 0 for key in ("minimum", "maximum"))
    if any(fault.is_blocking for fault in node.report.faults[faults_before:]):
        return None, None
    if minimum == maximum:
        return minimum, maximum
    for key, bound in (("minimum", minimum), ("maximum", maximum)):
        if abs(bound) > MOST_DAYS:
            node.report.add(BOUND_FAR, node.place.at(key), bound=bound, most=MOST_DAYS)
            return None, None
    if maximum - minimum < 2:
        node.report.add(BOUNDS_EMPTY, node.place.at("maximum"), minimum=minimum, maximum=maximum)
        return None, None
    return minimum, maximum


def _check_schema(field: FieldSpec, node: Node, schema: SchemaView) -> None:
    if schema.why_unusable is not None:
        return
    if field.id not in schema.types:
        node.report.add(SCHEMA_FIELD_UNKNOWN, node.place)
        return
    there = schema.types[field.id]
    is_known = node.raw("type") in _TYPES.values()
    if is_known and there is not None and there is not field.value_type and not _is_stored_alike(there, field.value_type):
        node.report.add(SCHEMA_KIND, node.place.at("type"), here=field.value_type, there=there)


def _is_stored_alike(there: ValueType, here: ValueType) -> bool:
    """A number is stored as text."""
    plain = (ValueType.STRING, ValueType.NUMBER)
    return there in plain and here in plain
