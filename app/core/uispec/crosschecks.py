"""Mistakes that show only when a whole process is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from app.core.changeactions import ChangeActions
from app.core.expressions.nodes import Compare, Empty, HasKey, Literal, Logic, Node, Not, Read, keys_read
from app.core.uispec.contextkeys import ALWAYS, field_keys, provided_keys
from app.core.uispec.faults import (
    ACTION_ARGUMENTS,
    ACTION_FIELD_UNKNOWN,
    ACTION_UNKNOWN,
    AUTO_GROUP_UNKNOWN,
    EXPRESSION_KEY,
    EXPRESSION_KEY_TWICE,
    FIELDS_MISSING,
    GROUP_LABEL_MISSING,
    GROUP_MISSING,
    ORDER_DUPLICATE,
    REQUIRED_NOT_ENTERED,
    VISIBLE_CIRCLE,
)
from app.core.uispec.model import FieldSpec, ProcessSpec
from app.core.uispec.report import Place, Report, quoted
from app.core.uispec.schemaview import SchemaView
from packet.idschema import SCHEMA_VERSION_FIELD
from packet.models import Flow

_ENTERED_ELSEWHERE: Final = frozenset({SCHEMA_VERSION_FIELD, "UIN"})


class _AnyField(Collection[str]):
    """Takes every name for that of a field: what is wrong then is not the name."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def check_process(
    process: ProcessSpec, places: Mapping[str, Place], schema: SchemaView, actions: ChangeActions, report: Report
) -> None:
    """Adds to the report what is wrong between the fields of a process; `places` by field id."""
    if not any(field.is_input_required for field in process.fields):
        report.add(FIELDS_MISSING, Place(process.id))
    _check_orders(process, report)
    _check_keys(process, places, report)
    provided = provided_keys(process)
    for field in process.fields:
        _check_reads(field, places[field.id], provided, report)
        _check_action(field, places, actions, report)
    _check_circles(process, places, report)
    if process.flow is Flow.UPDATE:
        _check_groups(process, places, report)
    if process.flow is Flow.NEW:
        _check_required(process, schema, report)


def _check_orders(process: ProcessSpec, report: Report) -> None:
    taken: dict[int, str] = {}
    for screen in process.screens:
        if screen.order in taken:
            place = Place(process.id, screen.name).at("order")
            report.add(ORDER_DUPLICATE, place, name=f"The screen {quoted(taken[screen.order])}", order=screen.order)
        taken.setdefault(screen.order, screen.name)


def _check_keys(process: ProcessSpec, places: Mapping[str, Place], report: Report) -> None:
    owners = dict.fromkeys(ALWAYS, "the client itself")
    for field in process.fields:
        for key in field_keys(field) if field.is_input_required else ():
            if key in owners:
                report.add(EXPRESSION_KEY_TWICE, places[field.id], name=quoted(key), other=owners[key])
            owners.setdefault(key, f"the field {field.id}")


def _check_reads(field: FieldSpec, place: Place, provided: frozenset[str], report: Report) -> None:
    for key, condition in (("visible", field.visible), ("requiredOn", field.required_on)):
        if condition is not None and condition.expression is not None:
            for name in sorted(condition.expression.reads - provided):
                report.add(EXPRESSION_KEY, place.at(key), name=quoted(name))


def _check_action(field: FieldSpec, places: Mapping[str, Place], actions: ChangeActions, report: Report) -> None:
    action = field.change_action
    if action is None:
        return
    place = places[field.id].at("changeAction")
    if actions.resolve(action.handler) is None:
        report.add(ACTION_UNKNOWN, place, found=quoted(action.handler), known=", ".join(actions.names))
        return
    malformed = actions.validate(action, _AnyField())
    for why in actions.validate(action, places):
        report.add(ACTION_ARGUMENTS if why in malformed else ACTION_FIELD_UNKNOWN, place, why=why)


def _check_circles(process: ProcessSpec, places: Mapping[str, Place], report: Report) -> None:
    """Names each circle once, at its first field; mutual exclusion (shown while the other is empty) is none."""
    owners = {key: field.id for field in process.fields for key in field_keys(field)}
    needs = {field.id: _needed(field, owners) for field in process.fields}
    for circle in _circles(needs):
        path = " - ".join((*circle, circle[0]))
        report.add(VISIBLE_CIRCLE, places[circle[0]].at("visible"), circle=path)


def _needed(field: FieldSpec, owners: Mapping[str, str]) -> tuple[str, ...]:
    """Fields that must have a value, or a certain one, for this to be shown. Its own emptiness is no excuse."""
    if field.visible is None or field.visible.expression is None:
        return ()
    wanted = set(_wanted(field.visible.expression.tree, is_true=True))
    reads = field.visible.expression.reads
    keys = sorted(key for key in reads if key in owners and (key in wanted or owners[key] == field.id))
    return tuple(dict.fromkeys(owners[key] for key in keys))


def _wanted(node: Node, *, is_true: bool) -> Iterator[str]:
    """Keys whose having a value, rather than being empty, can make a condition what it should be."""
    match node:
        case Logic():
            for item in node.items:
                yield from _wanted(item, is_true=is_true)
        case Not():
            yield from _wanted(node.item, is_true=not is_true)
        case Compare("==" | "!=", Read(key), right) if _is_nothing(right):
            if (node.operator == "==") is not is_true:
                yield key
        case HasKey():
            if is_true:
                yield node.key
        case _:
            yield from keys_read(node)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Empty) or (isinstance(node, Literal) and node.value in (None, ""))


def _circles(needs: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """One circle for each set of fields that all depend on each other, in steps that grow with the number of rules only."""
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        path = {start: iter(needs[start])}
        is_found = False
        while path:
            last = next(reversed(path))
            following = next((name for name in path[last] if name not in done), None)
            if following is None:
                path.popitem()
                done.add(last)
            elif following not in path:
                path[following] = iter(needs[following])
            elif not is_found:
                names = list(path)
                is_found = True
                yield tuple(names[names.index(following) :])


def _check_groups(process: ProcessSpec, places: Mapping[str, Place], report: Report) -> None:
    shown = [field for field in process.fields if field.is_input_required]
    labelled = {field.group for field in shown if field.group_label}
    groups = dict.fromkeys(field.group for field in shown)
    for field in shown:
        if field.group is None and field.id not in _ENTERED_ELSEWHERE:
            report.add(GROUP_MISSING, places[field.id].at("group"))
    for group in groups:
        if group is not None and group not in labelled:
            report.add(GROUP_LABEL_MISSING, Place(process.id, key="groupLabel"), name=quoted(group))
    for group in process.auto_selected_groups:
        if group not in groups:
            report.add(AUTO_GROUP_UNKNOWN, Place(process.id, key="autoSelectedGroups"), name=quoted(group))


def _check_required(process: ProcessSpec, schema: SchemaView, report: Report) -> None:
    entered = {field.id for field in process.fields if field.is_input_required} | _ENTERED_ELSEWHERE
    for name in schema.required:
        if name not in entered:
            report.add(REQUIRED_NOT_ENTERED, Place(process.id), name=quoted(name))
