"""Reads the forms of a country as the server publishes them, and names everything that is wrong with them, at once.

Nothing in a specification makes the reader fail: a mistake becomes a `SpecFault` at its place, and what carries it can be
looked at but not submitted. An error is raised only for what is no publication, or no process, at all. Keys that are not known
are passed over; ``active`` of a screen is too, since MOSIP's default data sets it to false everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import orjson

from app.core.changeactions import ChangeActions, mosip_actions
from app.core.uispec.faults import (
    EFFECTIVE_FROM,
    ID_SCHEMA,
    ORDER_DUPLICATE,
    PLATFORM_FIELD,
    PROCESS_ID_DUPLICATE,
    SETTINGS_ROW,
    VALUE_COERCED,
)
from app.core.uispec.model import ProcessSpec
from app.core.uispec.processreader import read_process_document
from app.core.uispec.publication import (
    ProcessUnstartableError,
    PublicationOldStyleError,
    PublicationUnreadableError,
    PublishedForms,
    SettingsPage,
    UnstartableProcess,
    all_faults,
)
from app.core.uispec.report import Place, Report, quoted
from app.core.uispec.rules import PatternReader
from app.core.uispec.schemaview import SchemaView, view_schema
from app.core.uispec.values import Node
from packet.models import Json

MOST_PROCESSES: Final = 30
MOST_SETTINGS: Final = 100
MOST_SCHEMA_CHARACTERS: Final = 2_000_000

PLATFORM_FIELDS: Final = (
    "fullName",
    "dateOfBirth",
    "gender",
    "postalCode",
    "phone",
    "email",
    "proofOfIdentity",
    "individualBiometrics",
)
"""Fields that MOSIP's platform expects of every country, by their usual names."""

_PROCESS_SUFFIX: Final = "process"
_OLD_STYLE_KEY: Final = "schema"


def read_publication(answer: Mapping[str, Json], actions: ChangeActions | None = None) -> PublishedForms:
    """Reads the ``response`` of the call for the latest ID schema.

    Args:
        answer: decoded.
        actions: the change actions that forms can use; None: MOSIP's.

    Raises:
        PublicationOldStyleError: there is an ID schema but no process.
        PublicationUnreadableError: there is no ID schema, no version, or it is too large to be one.
    """
    if not isinstance(answer, Mapping):
        raise PublicationUnreadableError(why="it is not an object")
    version = _read_version(answer.get("idVersion"))
    id_schema = _read_id_schema(answer.get("schemaJson"))
    documents = _process_documents(answer)
    schema = view_schema(id_schema)
    report = Report()
    effective_from = _read_effective_from(answer.get("effectiveFrom"), report)
    _check_schema(schema, report)
    settings = _read_settings(answer, report)
    registry, patterns = actions or mosip_actions(), PatternReader()
    read = [read_process_document(key, document, schema, registry, patterns) for key, document in documents.items()]
    started = [process for process in read if isinstance(process, ProcessSpec)]
    processes = _compared(sorted(started, key=lambda process: process.order))
    unstartable = tuple(process for process in read if isinstance(process, UnstartableProcess))
    faults = all_faults(report.faults, processes, unstartable)
    return PublishedForms(version, id_schema, effective_from, processes, unstartable, settings, faults)


def read_process(
    type_key: str, document: Json, id_schema: Mapping[str, Json], actions: ChangeActions | None = None
) -> ProcessSpec:
    """Reads one process, published under `type_key`, against a decoded ID schema.

    Raises:
        ProcessUnstartableError: it is no object, or has no usable id or flow.
    """
    found = read_process_document(type_key, document, view_schema(id_schema), actions or mosip_actions(), PatternReader())
    if isinstance(found, UnstartableProcess):
        raise ProcessUnstartableError(found)
    return found


def _read_version(value: Json) -> float:
    """A positive number; MOSIP's mapper takes it as text too."""
    if isinstance(value, str) and len(value) < 20:
        try:
            value = float(value)
        except ValueError:
            value = None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1_000_000 or not math.isfinite(value):
        raise PublicationUnreadableError(why="its idVersion is not a number")
    return float(value)


def _read_id_schema(text: Json) -> Mapping[str, Json]:
    if not isinstance(text, str):
        raise PublicationUnreadableError(why="its schemaJson is not a text")
    if len(text) > MOST_SCHEMA_CHARACTERS:
        raise PublicationUnreadableError(why=f"its schemaJson has more than {MOST_SCHEMA_CHARACTERS} characters")
    try:
        decoded = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PublicationUnreadableError(why="its schemaJson is not JSON") from error
    if not isinstance(decoded, dict):
        raise PublicationUnreadableError(why="its schemaJson is not an object")
    return decoded


def _process_documents(answer: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {
        key: value for key, value in answer.items() if key.lower().endswith(_PROCESS_SUFFIX) and value is not None
    }
    if not found and _OLD_STYLE_KEY in answer:
        raise PublicationOldStyleError
    if not found:
        raise PublicationUnreadableError(why="it has no process")
    if len(found) > MOST_PROCESSES:
        raise PublicationUnreadableError(why=f"it has more than {MOST_PROCESSES} processes")
    return found


def _read_effective_from(value: Json, report: Report) -> datetime | None:
    """A date and time of ISO 8601; without zone it is UTC, as everything that the server writes."""
    if isinstance(value, str) and len(value) < 40:
        try:
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    report.add(EFFECTIVE_FROM, Place(key="effectiveFrom"), found=quoted(value))
    return None


def _check_schema(schema: SchemaView, report: Report) -> None:
    if schema.why_unusable is not None:
        report.add(ID_SCHEMA, Place(key="schemaJson"), why=schema.why_unusable)
        return
    for name in PLATFORM_FIELDS:
        if name not in schema.types:
            report.add(PLATFORM_FIELD, Place(key="schemaJson"), name=name)


def _compared(processes: list[ProcessSpec]) -> tuple[ProcessSpec, ...]:
    """The processes with the faults that show when each is held against the others.

    Ids become the packet's process in capitals: two that differ in capitals only cannot be told apart.
    """
    ids = [process.id.upper() for process in processes]
    first_of_order: dict[int, str] = {}
    compared: list[ProcessSpec] = []
    for process in processes:
        report, place, order = Report(), Place(process.id), process.order
        if ids.count(process.id.upper()) > 1:
            report.add(PROCESS_ID_DUPLICATE, place.at("id"), name=process.id.upper())
        if order in first_of_order:
            report.add(ORDER_DUPLICATE, place.at("order"), name=f"The process {first_of_order[order]}", order=order)
        first_of_order.setdefault(order, process.id)
        compared.append(replace(process, faults=(*report.faults, *process.faults)))
    return tuple(compared)


def _read_settings(answer: Mapping[str, Json], report: Report) -> tuple[SettingsPage, ...]:
    """The rows that can be used. A mistake here never blocks a registration; it takes a page from the settings."""
    own = Report()
    pages: list[SettingsPage] = []
    for number, row in Node(answer, Place(is_never_shown=True), own).nodes("settings", MOST_SETTINGS):
        page = _read_settings_page(row)
        if page is None:
            report.add(SETTINGS_ROW, Place(key="settings"), number=number, why="it has no name")
        else:
            pages.append(page)
    # Orders are published as text here, so that is no mistake.
    report.faults.extend(fault for fault in own.faults if fault.code != VALUE_COERCED.code)
    return tuple(sorted(pages, key=lambda page: page.order))


def _read_settings_page(row: Node) -> SettingsPage | None:
    name = row.text("name")
    if name is None:
        return None
    return SettingsPage(
        name,
        row.integer("order") or 0,
        row.texts("label"),
        row.texts("description"),
        row.text("icon"),
        row.text("shortcut-icon"),
        row.names("access-control", MOST_SETTINGS),
    )
