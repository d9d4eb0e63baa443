"""Reading one process: its screens, and then what only the whole shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from app.core.changeactions import ChangeActions
from app.core.uispec.crosschecks import check_process
from app.core.uispec.faults import (
    FLOW_UNKNOWN,
    ID_SCHEMA,
    PROCESS_ID,
    PROCESS_NOT_OBJECT,
    SCREEN_NAME,
    SCREEN_NAME_DUPLICATE,
    TOO_MANY,
    VALUE_ABSENT,
)
from app.core.uispec.fieldreader import FieldReading, read_field
from app.core.uispec.model import FieldSpec, ProcessSpec, ScreenSpec, SpecFault
from app.core.uispec.publication import UnstartableProcess
from app.core.uispec.report import Place, Report, quoted
from app.core.uispec.rules import PatternReader
from app.core.uispec.schemaview import SchemaView
from app.core.uispec.values import Node
from packet.models import Flow, Json

MOST_SCREENS: Final = 50
MOST_FIELDS: Final = 300
"""Of a process."""

MOST_GROUPS: Final = 100

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
_FLOWS: Final = {flow.value: flow for flow in Flow}


def read_process_document(
    type_key: str, document: Json, schema: SchemaView, actions: ChangeActions, patterns: PatternReader
) -> ProcessSpec | UnstartableProcess:
    """Reads one process; every mistake is in its faults. `patterns` is shared by the processes of a publication."""
    report = Report()
    by_key = Place(quoted(type_key).strip("'"))
    if not isinstance(document, Mapping):
        report.add(PROCESS_NOT_OBJECT, by_key, found=quoted(document))
        return UnstartableProcess(type_key, by_key.process, {}, tuple(report.faults))
    node = Node(document, by_key, report)
    process_id = node.text("id")
    if process_id is None or not _ID.fullmatch(process_id):
        report.add(PROCESS_ID, by_key.at("id"), found=quoted(document.get("id")))
        process_id = None
    node = Node(document, Place(process_id or by_key.process), report)
    flow_name = node.text("flow")
    flow = _FLOWS.get(flow_name or "")
    if flow is None:
        report.add(FLOW_UNKNOWN, node.place.at("flow"), found=quoted(document.get("flow")))
    label = node.texts("label")
    if process_id is None or flow is None:
        blocking = tuple(fault for fault in report.faults if fault.is_blocking)
        return UnstartableProcess(type_key, node.place.process, label, blocking)
    return _read_form(
        node, ProcessSpec(process_id, type_key, 0, flow, label, {}, ()), actions, FieldReading(schema, report, patterns, {})
    )


def _read_form(node: Node, head: ProcessSpec, actions: ChangeActions, reading: FieldReading) -> ProcessSpec:
    report, schema = reading.report, reading.schema
    if schema.why_unusable is not None:
        report.add(ID_SCHEMA, node.place, why=schema.why_unusable)
    if not node.has("isActive"):
        report.add(VALUE_ABSENT, node.place.at("isActive"), name="isActive", effect="the process is not offered")
    process = replace(
        head,
        order=node.integer("order") or 0,
        caption=node.texts("caption"),
        icon=node.text("icon"),
        is_active=node.flag("isActive"),
        is_sub_process=node.flag("isSubProcess"),
        auto_selected_groups=node.names("autoSelectedGroups", MOST_GROUPS),
        screens=_read_screens(node, reading),
    )
    check_process(process, reading.places, schema, actions, report)
    return with_faults(process, report.faults)


def _read_screens(process: Node, reading: FieldReading) -> tuple[ScreenSpec, ...]:
    """Read in the order in which they are shown: ascending; where it is the same, as listed."""
    names: set[str] = set()
    ordered: list[tuple[int, Node]] = []
    for number, node in process.nodes("screens", MOST_SCREENS):
        name = _unique_name(node, number, names)
        moved = node.moved(replace(process.place, screen=name))
        ordered.append((moved.integer("order") or 0, moved))
    ordered.sort(key=lambda item: item[0])
    return tuple(_read_screen(node, order, reading) for order, node in ordered)


def _unique_name(node: Node, number: int, names: set[str]) -> str:
    name = node.text("name", most=128)
    if name is None:
        node.report.add(SCREEN_NAME, node.place)
        name = f"screen {number}"
    elif name in names:
        node.report.add(SCREEN_NAME_DUPLICATE, node.place, name=quoted(name))
    while name in names:
        name = f"{name} ({number})"
    names.add(name)
    return name


def _read_screen(node: Node, order: int, reading: FieldReading) -> ScreenSpec:
    return ScreenSpec(
        node.place.screen or "",
        order,
        node.texts("label"),
        node.texts("caption"),
        _read_fields(node, reading),
        is_pre_registration_fetched=node.flag("preRegFetchRequired"),
        is_additional_info_required=node.flag("additionalInfoRequestIdRequired"),
    )


def _read_fields(screen: Node, reading: FieldReading) -> tuple[FieldSpec, ...]:
    entries = screen.nodes("fields", MOST_FIELDS)
    count = len(entries) + len(reading.places)
    if count > MOST_FIELDS:
        screen.report.add(TOO_MANY, screen.place.at("fields"), count=count, most=MOST_FIELDS)
        return ()
    read = (read_field(entry, number, screen.place, reading) for number, entry in entries)
    return tuple(field for field in read if field is not None)


def with_faults(process: ProcessSpec, faults: Iterable[SpecFault]) -> ProcessSpec:
    """The process with these faults in place of its own, in the order of the form; and each field with its share."""
    rank: dict[tuple[str | None, str | None], int] = {(None, None): -1}
    for screen in process.screens:
        rank[screen.name, None] = len(rank)
        for field in screen.fields:
            rank[screen.name, field.id] = len(rank)
    ordered = sorted(faults, key=lambda fault: rank.get((fault.screen, fault.field), len(rank)))
    of_field: dict[str | None, list[SpecFault]] = {}
    for fault in ordered:
        of_field.setdefault(fault.field, []).append(fault)
    screens = tuple(
        replace(screen, fields=tuple(replace(field, faults=tuple(of_field.get(field.id, ()))) for field in screen.fields))
        for screen in process.screens
    )
    return replace(process, screens=screens, faults=tuple(ordered))
