"""Rules on the ``identity`` objects of ID.json.

The server reads the fields that the ID schema assigns to the id sub-packet, turns their texts back into JSON (``{`` and ``[``
begin JSON, everything else stays text, ``IDSchemaVersion`` becomes a double) and validates them against the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packet.models import Json, SubPacket
from packet.rules.judging import as_list, as_map, is_list, is_number, judge, shown, skip
from packet.rules.model import Finding, PlainContent, PlainSubPacket, RuleSettings
from packet.rules.schemaview import FIELDS_MAX, VERSION_FIELD, FieldKind, SchemaField, SchemaView

INVALID = "RPR-PKV-FAILED-012"
CONSENT_REFUSED = "RPR-PKV-FAILED-017"
UIN_MISSING = "RPR-PVM-012"

DEPTH_MAX = 8
ITEMS_MAX = 100
TEXT_MAX = 16 * 1024
PATTERN_TEXT_MAX = 4096
"""Longest text that is given to a regular expression, to bound its backtracking."""

_LANGUAGE = re.compile(r"[a-z]{3}", re.ASCII)
_OPERATIONS = {"NEW": "new-registration", "LOST": "lost", "UPDATE": "other", "RES_UPDATE": "other"}
_DOCUMENT_KEYS = {"value", "type", "format", "refNumber"}
_BIOMETRICS_KEYS = {"format", "version", "value"}


def check_identity(content: PlainContent, settings: RuleSettings, schema: SchemaView | None) -> list[Finding]:
    """All rules on ID.json; those that need the schema are skipped without one."""
    findings: list[Finding] = []
    bounded = True
    for part, sub in content.sub_packets.items():
        where = f"{part}/ID.json"
        problems = list(_beyond_bounds(sub.identity))
        bounded = bounded and not problems
        findings += judge("id.bounds", where, problems)
        findings += judge("id.version", where, _version(sub, content.schema_version), INVALID)
        findings += judge("id.no-empty", where, _empties(sub.identity), INVALID)
    merged = _merged(content)
    findings += judge("id.shared-fields", "ID.json", _disagreements(content))
    findings += judge("id.consent", "ID.json", _consent(merged, settings), CONSENT_REFUSED)
    findings += judge("id.uin", "ID.json", _uin(content.process, merged, settings), UIN_MISSING)
    if schema is None or not bounded:
        reason = "No ID schema was given." if schema is None else "The object is beyond the bounds."
        for check in ("id.schema-usable", "id.category", "id.types", "id.patterns", "id.required", "id.schema"):
            findings += skip(check, "ID.json", reason)
        return findings
    return findings + _by_schema(content, merged, settings, schema)


def _by_schema(content: PlainContent, merged: Mapping[str, Json], settings: RuleSettings, schema: SchemaView) -> list[Finding]:
    findings = judge("id.schema-usable", "ID schema", schema.faults)
    for part, sub in content.sub_packets.items():
        findings += judge("id.category", f"{part}/ID.json", _misplaced(part, sub, schema), INVALID)
    findings += judge("id.types", "ID.json", _ill_typed(merged, schema, settings), INVALID)
    findings += _patterns(merged, schema)
    findings += judge("id.required", "ID.json", _missing(content.process, merged, settings, schema), INVALID)
    if schema.validator is None:
        return findings + skip("id.schema", "ID.json", "The ID schema is not usable.")
    return findings + judge("id.schema", "ID.json", _violations(merged, schema), INVALID)


def _merged(content: PlainContent) -> dict[str, Json]:
    """Fields of all sub-packets; a field that is in several is the same in each (its own rule)."""
    merged: dict[str, Json] = {}
    for part in (SubPacket.OPTIONAL, SubPacket.EVIDENCE, SubPacket.ID):
        if part in content.sub_packets:
            merged.update(content.sub_packets[part].identity)
    return merged


def _beyond_bounds(identity: Mapping[str, Json]) -> Iterator[str]:
    """What would make JSON Schema validation slow (it compares the items of an array with each other)."""
    for name, value in identity.items():
        stack: list[tuple[Json, int]] = [(value, 1)]
        while stack:
            node, depth = stack.pop()
            children = list(node.values()) if isinstance(node, Mapping) else list(as_list(node))
            too_long = isinstance(node, str) and len(node) > TEXT_MAX
            if too_long or len(children) > ITEMS_MAX or depth > DEPTH_MAX:
                yield f"Field {shown(name)} is too long or too deep."
                break
            stack += [(child, depth + 1) for child in children]
    if len(identity) > FIELDS_MAX:
        yield "There are too many fields."


def _version(sub: PlainSubPacket, announced: str) -> Iterator[str]:
    value = sub.identity.get(VERSION_FIELD)
    if not is_number(value):
        yield f"{VERSION_FIELD} is missing or no JSON number."
        return
    try:
        agrees = float(announced) == value
    except ValueError:
        agrees = False
    if not agrees:
        yield f"{VERSION_FIELD} differs from the schema version in the metadata."


def _empties(identity: Mapping[str, Json]) -> Iterator[str]:
    for name, value in identity.items():
        if value is None or value == "":
            yield f"Field {shown(name)} is null or empty; empty fields are left out."
            continue
        for item in as_list(value):
            if item is None or item == "" or as_map(item).get("value", "x") in (None, ""):
                yield f"Field {shown(name)} has a null or empty item."
                break


def _disagreements(content: PlainContent) -> Iterator[str]:
    first: dict[str, Json] = {}
    for part, sub in content.sub_packets.items():
        for name, value in sub.identity.items():
            if name in first and first[name] != value:
                yield f"Field {shown(name)} differs between {part} and another sub-packet."
            first.setdefault(name, value)


def _consent(merged: Mapping[str, Json], settings: RuleSettings) -> Iterator[str]:
    value = merged.get(settings.consent_field)
    if isinstance(value, str) and value.strip().upper() == "N":
        yield "The applicant's consent is refused."


def _uin(process: str, merged: Mapping[str, Json], settings: RuleSettings) -> Iterator[str]:
    if process == "UPDATE" and merged.get(settings.uin_field) in (None, ""):
        yield f"An update has no {settings.uin_field}."


def _misplaced(part: SubPacket, sub: PlainSubPacket, schema: SchemaView) -> Iterator[str]:
    for name in sub.identity:
        field = schema.fields.get(name)
        if field is None:
            yield f"Field {shown(name)} is not in the ID schema."
        elif part not in field.sub_packets:
            yield f"Field {shown(name)} belongs to another sub-packet."


def _ill_typed(merged: Mapping[str, Json], schema: SchemaView, settings: RuleSettings) -> Iterator[str]:
    for name, value in merged.items():
        field = schema.fields.get(name)
        if field is not None and name != VERSION_FIELD:
            fault = _type_fault(name, value, field, settings)
            if fault is not None:
                yield f"Field {shown(name)} {fault}"


def _type_fault(name: str, value: Json, field: SchemaField, settings: RuleSettings) -> str | None:
    entry = as_map(value)
    match field.kind:
        case FieldKind.BIOMETRICS:
            good = entry.keys() == _BIOMETRICS_KEYS and entry["format"] == "cbeff" and is_number(entry["version"])
            good = good and entry["value"] == f"{name}_bio_CBEFF"
            return None if good else "is no reference to its CBEFF file."
        case FieldKind.DOCUMENT:
            good = entry.keys() == _DOCUMENT_KEYS and entry["value"] == name
            good = good and all(isinstance(entry[key], str) and entry[key] for key in ("type", "format"))
            good = good and (entry["refNumber"] is None or isinstance(entry["refNumber"], str))
            return None if good else "is no reference to its document."
        case FieldKind.LANGUAGES:
            return _languages_fault(value)
        case FieldKind.ARRAY:
            return _array_fault(value, settings)
        case FieldKind.TEXT:
            return None if isinstance(value, str) else "is not JSON text, as everything but objects and arrays must be."
        case FieldKind.OTHER:
            return None


def _languages_fault(value: Json) -> str | None:
    if not is_list(value) or not as_list(value):
        return "is not an array of language and value."
    seen: set[str] = set()
    for item in as_list(value):
        entry = as_map(item)
        language = entry.get("language")
        if entry.keys() != {"language", "value"} or not isinstance(entry["value"], str):
            return "has an item that is not an object of language and value."
        if not isinstance(language, str) or _LANGUAGE.fullmatch(language) is None:
            return "has a language that is not a three-letter code."
        if language in seen:
            return "has a language twice."
        seen.add(language)
    return None


def _array_fault(value: Json, settings: RuleSettings) -> str | None:
    if not is_list(value):
        return "is not an array."
    if not settings.string_arrays and not all(isinstance(item, Mapping) for item in as_list(value)):
        return "is an array of plain values, which this server's release does not read."
    return None


def _patterns(merged: Mapping[str, Json], schema: SchemaView) -> list[Finding]:
    problems: list[str] = []
    unread: list[Finding] = []
    for name, value in merged.items():
        for rule in schema.fields[name].patterns if name in schema.fields else ():
            if rule.pattern is None:
                unread += skip("id.patterns", f"ID.json/{shown(name)}", "Its Java expression cannot be read here.")
                continue
            for text in _texts(value, rule.language):
                if len(text) > PATTERN_TEXT_MAX or rule.pattern.fullmatch(text) is None:
                    problems.append(f"Field {shown(name)} does not fit its pattern.")
    return unread + (judge("id.patterns", "ID.json", problems, INVALID) if problems or not unread else [])


def _texts(value: Json, language: str | None) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in as_list(value):
        if isinstance(item, str):
            yield item
        entry = as_map(item)
        text = entry.get("value")
        if isinstance(text, str) and language in (None, entry.get("language")):
            yield text


def _missing(process: str, merged: Mapping[str, Json], settings: RuleSettings, schema: SchemaView) -> Iterator[str]:
    """Required by the schema and by the operation's list. The server looks at the id sub-packet's fields only."""
    listed = settings.mandatory_attributes
    if listed is None:
        wanted = tuple(sorted(schema.required)) if process == "NEW" else ()
    else:
        operation = _OPERATIONS.get(process, process.lower())
        if operation not in listed:
            yield f"The server has no list of mandatory attributes for {shown(operation)}."
        wanted = listed.get(operation, ())
    for alternatives in wanted:
        names = [name for name in alternatives.split("|") if _server_requires(name, schema)]
        if names and not any(name in merged for name in names):
            yield f"Mandatory field {shown(alternatives)} is missing."


def _server_requires(name: str, schema: SchemaView) -> bool:
    return name in schema.required and name in schema.fields and SubPacket.ID in schema.fields[name].sub_packets


def _violations(merged: Mapping[str, Json], schema: SchemaView) -> Iterator[str]:
    """Problems by JSON Schema. Its own messages hold values, so only the path and the keyword are told."""
    if schema.validator is None:
        return
    for error in schema.validator.iter_errors({"identity": _coerced(merged)}):
        path = "/".join(shown(step) if isinstance(step, str) else str(step) for step in error.absolute_path)
        yield f"{path or 'identity'} breaks the schema's rule {shown(error.validator)}."


def _coerced(merged: Mapping[str, Json]) -> dict[str, Json]:
    """Values as the server's packet manager gives them to the validator."""
    coerced: dict[str, Json] = {}
    for name, value in merged.items():
        if name == VERSION_FIELD and is_number(value):
            coerced[name] = value
        elif isinstance(value, bool):
            coerced[name] = str(value).lower()
        elif is_number(value):
            coerced[name] = str(value)
        else:
            coerced[name] = list(as_list(value)) if is_list(value) else value
    return coerced
