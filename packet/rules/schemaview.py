"""An ID schema as the rules need it: fields with their kinds, sub-packets and patterns, and a compiled JSON Schema.

The schema is the one published by a MOSIP server: fields lie at ``properties.identity.properties`` and carry, beside JSON
Schema keywords, ``fieldCategory`` (which sub-packets) and ``validators`` (Java regular expressions for the whole value).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

import orjson
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from packet.models import Json, SubPacket
from packet.rules.judging import as_list, as_map, shown

VERSION_FIELD = "IDSchemaVersion"
FIELDS_MAX = 500
"""Fields of one ID.json that are looked at: a bound for hostile content, far above any schema."""

_ALL = (SubPacket.ID, SubPacket.EVIDENCE, SubPacket.OPTIONAL)
_BY_CATEGORY: Mapping[str, tuple[SubPacket, ...]] = {
    "pvt": (SubPacket.ID,),
    "kyc": (SubPacket.ID,),
    "none": _ALL,
    "evidence": (SubPacket.EVIDENCE,),
    "optional": (SubPacket.OPTIONAL,),
}


class FieldKind(Enum):
    """How a field's value is written in ID.json."""

    BIOMETRICS = auto()
    DOCUMENT = auto()
    LANGUAGES = auto()
    ARRAY = auto()
    TEXT = auto()
    OTHER = auto()


_BY_TYPE: Mapping[str, FieldKind] = {
    "#/definitions/biometricsType": FieldKind.BIOMETRICS,
    "#/definitions/documentType": FieldKind.DOCUMENT,
    "#/definitions/simpleType": FieldKind.LANGUAGES,
    "string": FieldKind.TEXT,
    "number": FieldKind.TEXT,
    "integer": FieldKind.TEXT,
    "boolean": FieldKind.TEXT,
    "array": FieldKind.ARRAY,
}


@dataclass(frozen=True, slots=True)
class FieldPattern:
    """One regular expression of a field.

    Attributes:
        language: the language whose values it judges; None for all.
        pattern: None if Python cannot read the Java expression.
    """

    language: str | None
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class SchemaField:
    """One field of the schema.

    Attributes:
        sub_packets: empty if the category is unknown, which the server's writer does not survive.
    """

    kind: FieldKind
    sub_packets: tuple[SubPacket, ...]
    patterns: tuple[FieldPattern, ...]


@dataclass(frozen=True, slots=True)
class SchemaView:
    """The whole schema.

    Attributes:
        required: field ids that the schema requires.
        validator: compiled schema without the list of required fields, which a server judges by process; None if unusable.
        faults: what is wrong with the schema itself.
    """

    fields: Mapping[str, SchemaField]
    required: frozenset[str]
    validator: Validator | None
    faults: tuple[str, ...]


def view_schema(schema: Mapping[str, Json]) -> SchemaView:
    """Reads a schema; the work is done once for each content (compiling costs milliseconds, looking up microseconds)."""
    return _view(orjson.dumps(schema, default=_plain))


def _plain(value: object) -> object:
    """Frozen mappings and tuples as the plain containers that JSON Schema wants."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


@lru_cache(maxsize=8)
def _view(text: bytes) -> SchemaView:
    schema: dict[str, Json] = orjson.loads(text)
    identity = as_map(as_map(schema.get("properties")).get("identity"))
    fields = {name: _field(as_map(raw)) for name, raw in as_map(identity.get("properties")).items()}
    faults = [f"Field {shown(name)} has an unknown category." for name, field in fields.items() if not field.sub_packets]
    if not fields:
        faults.append("It has no fields at properties.identity.properties.")
    faults += [f"Reference {shown(ref)} leads nowhere inside the schema." for ref in _dangling(schema)]
    validator = None if faults else _compile(schema, identity)
    if validator is None and not faults:
        faults.append("It is not valid JSON Schema.")
    required = frozenset(name for name in as_list(identity.get("required")) if isinstance(name, str))
    return SchemaView(fields, required, validator, tuple(faults))


def _field(raw: Mapping[str, Json]) -> SchemaField:
    category = raw.get("fieldCategory", "none")
    declared = raw.get("$ref", raw.get("type"))
    return SchemaField(
        kind=_BY_TYPE.get(declared, FieldKind.OTHER) if isinstance(declared, str) else FieldKind.OTHER,
        sub_packets=_BY_CATEGORY.get(category.lower(), ()) if isinstance(category, str) else (),
        patterns=tuple(_patterns(as_list(raw.get("validators")))),
    )


def _patterns(validators: object) -> Iterator[FieldPattern]:
    for item in validators if isinstance(validators, list) else ():
        entry = as_map(item)
        expression, language = entry.get("validator"), entry.get("langCode")
        if entry.get("type") != "regex" or not isinstance(expression, str):
            continue
        try:
            pattern = re.compile(expression)
        except (re.error, RecursionError, OverflowError):
            pattern = None
        yield FieldPattern(language if isinstance(language, str) and language else None, pattern)


def _dangling(schema: Mapping[str, Json]) -> Iterator[str]:
    """References that do not stay inside the schema: a validator would look for them on the network."""
    stack: list[Json] = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            ref = node.get("$ref")
            if isinstance(ref, str) and not _resolves(schema, ref):
                yield ref
            stack.extend(node.values())
        else:
            stack.extend(as_list(node))


def _resolves(schema: Mapping[str, Json], ref: str) -> bool:
    if ref == "#":
        return True
    if not ref.startswith("#/"):
        return False
    node: Json = schema
    for step in ref[2:].split("/"):
        node = as_map(node).get(step.replace("~1", "/").replace("~0", "~"))
        if node is None:
            return False
    return True


def _compile(schema: Mapping[str, Json], identity: Mapping[str, Json]) -> Validator | None:
    relaxed = {
        **schema,
        "properties": {
            **as_map(schema.get("properties")),
            "identity": {key: value for key, value in identity.items() if key != "required"},
        },
    }
    kind = validator_for(relaxed, default=Draft7Validator)
    try:
        kind.check_schema(relaxed)
        validator = kind(relaxed)
        # An unreadable expression under "pattern" shows itself only in use.
        list(_expressions(relaxed))
    except (SchemaError, re.error, RecursionError):
        return None
    return validator


def _expressions(schema: Mapping[str, Json]) -> Iterator[re.Pattern[str]]:
    stack: list[Json] = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            expression = node.get("pattern")
            if isinstance(expression, str):
                yield re.compile(expression)
            yield from (re.compile(key) for key in as_map(node.get("patternProperties")))
            stack.extend(node.values())
        else:
            stack.extend(as_list(node))
