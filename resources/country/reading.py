"""Reads the demo country as a server publishes it: forms with their ID schema, and reference data.

Plain file reading with nothing but the standard library, so that the client and the sandbox, which must not know each other,
can both use it. The country is invented, and so is everything in it.

Files next to this one:

    publication.json            the bookkeeping keys of the answer to ``latestidschema``
    settings.json               its ``settings``
    processes/<key>.json        its ``<key>``: newProcess, updateProcess, lostProcess, bioCorrectionProcess
    masterdata/<part>.json      lists of entities of the answer to ``clientsettings``, their ``data`` not encrypted
    templates/<name>            texts that the rows of ``Template`` name as ``file``
    scripts/applicanttype.mvel  the script that is published as the rule for applicant types

The ID schema is the one under ``resources/schema``, which the example registrations use too.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

Document = dict[str, Any]

_PROCESSES: Final = ("newProcess", "updateProcess", "lostProcess", "bioCorrectionProcess")
_PARTS: Final = ("desk", "texts", "places", "dynamic-fields", "documents", "valid-documents")
_COUNTRY: Final = files("resources") / "country"


def id_schema_text() -> str:
    """The ID schema as JSON text."""
    return (files("resources") / "schema" / "id-schema.json").read_text(encoding="utf-8")


def publication() -> Document:
    """The ``response`` of ``GET /v1/syncdata/latestidschema``; made anew at each call."""
    answer: Document = _json("publication.json")
    answer["schemaJson"] = id_schema_text()
    for key in _PROCESSES:
        answer[key] = _json("processes", f"{key}.json")
    answer["settings"] = _json("settings.json")
    return answer


def client_settings() -> list[Document]:
    """``dataToSync`` of ``GET /v1/syncdata/v2/clientsettings`` with decrypted ``data``; made anew at each call."""
    entities: list[Document] = [entity for part in _PARTS for entity in _json("masterdata", f"{part}.json")]
    for entity in entities:
        if entity["entityName"] == "Template":
            entity["data"] = [_with_text(row) for row in entity["data"]]
    return entities


def _with_text(row: Document) -> Document:
    return {key: value for key, value in row.items() if key != "file"} | {"fileText": _text("templates", row["file"])}


def applicant_type_script() -> bytes:
    """The script that the entity ``applicanttype.mvel`` names."""
    return _text("scripts", "applicanttype.mvel").encode()


def _json(*path: str) -> Any:
    return json.loads(_text(*path))


def _text(*path: str) -> str:
    return _COUNTRY.joinpath(*path).read_text(encoding="utf-8")
