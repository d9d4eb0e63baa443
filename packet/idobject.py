"""ID.json: the values of a sub-packet's fields, in the forms in which MOSIP's packet manager writes and reads them.

Text is ``{ "identity" : <object> } ``. MOSIP turns every demographic value into text first and then tokenises the text: what
begins with a brace or bracket becomes an object or array, everything else stays the string that it was (``12345`` stays
``"12345"``). Servers tokenise again, with org.json's ``JSONTokener``; a text on which that stumbles (an empty one, or one that
begins with ``#`` or with a quotation mark without its partner) would make the packet fail weeks later, so it is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import orjson

from packet.errors import UnusableInputError
from packet.idschema import SCHEMA_VERSION_FIELD, FieldKind, IdSchema, SchemaField
from packet.models import Document, Flow, Json, PacketSpec

UIN_FIELD: Final = "UIN"
CBEFF_FORMAT: Final = "cbeff"
CBEFF_VERSION: Final = 1.0

_TOKEN_END: Final = frozenset(',:]}/\\"[{;=#')
_INTEGER_MIN: Final = -(2**63)
_INTEGER_MAX: Final = 2**63 - 1
_QUOTES: Final = frozenset("\"'")
_ESCAPES: Final = frozenset("btnfr\"'\\/")


class StringArrays(StrEnum):
    """What becomes of a field that is a list of plain texts, such as ``selectedHandles``.

    Only packet-manager 1.2.0.2 accepts them; 1.2.0.1 and 1.3 throw on the server, and their writers leave the field out.
    """

    OMIT = "omit"
    EMIT = "emit"


class FieldEmptyError(UnusableInputError):
    """A demographic value is empty; an empty value cannot be stored."""

    code = "PACKET-FIELD-EMPTY"
    sentence = "The field {field} is empty."
    next_step = "Fill the field, or leave it out altogether."


class FieldTextRefusedError(UnusableInputError):
    """A demographic text would make the server's reader fail."""

    code = "PACKET-FIELD-TEXT"
    sentence = "The text of the field {field} cannot be stored: {why}."
    next_step = "Enter the text in another way, without the sign at its beginning."


class FieldValueInvalidError(UnusableInputError):
    """A demographic value is neither text, number, list of language and value, nor a valid JSON object."""

    code = "PACKET-FIELD-VALUE"
    sentence = "The value of the field {field} cannot be stored: {why}."
    next_step = "Give text, a number, or a list of objects with language and value."


class UpdateWithoutUinError(UnusableInputError):
    """An update does not say whose data it updates, or which."""

    code = "PACKET-UPDATE"
    sentence = "An update needs the {what}."
    next_step = "Enter the UIN and choose at least one group of fields."


def demographics(spec: PacketSpec, schema: IdSchema, string_arrays: StringArrays) -> dict[str, Json]:
    """The demographic values that are written, in the schema's order, each in its stored form.

    For UPDATE these are the fields of the chosen groups and the UIN, for all other flows everything that has a value. The
    schema version is not among them.

    Raises:
        FieldUnknownError, FieldKindError: for a field that the schema does not have as demographic.
        FieldEmptyError, FieldTextRefusedError, FieldValueInvalidError: for a value that cannot be stored; names the field.
        UpdateWithoutUinError: for UPDATE without UIN or without chosen fields.
    """
    for name in spec.demographics:
        schema.require(name, FieldKind.DEMOGRAPHIC)
    chosen = _chosen_fields(spec)
    values: dict[str, Json] = {}
    for name in schema.fields:
        value = spec.demographics.get(name)
        if value is None or name == SCHEMA_VERSION_FIELD or (chosen is not None and name not in chosen):
            continue
        stored = stored_form(name, value, string_arrays)
        if stored is not None:
            values[name] = stored
    return values


def omitted_fields(spec: PacketSpec, schema: IdSchema) -> tuple[str, ...]:
    """The fields that `StringArrays.OMIT` leaves out of a packet of this registration, in the schema's order.

    Raises:
        UnusableInputError: as `demographics`.
    """
    kept = demographics(spec, schema, StringArrays.OMIT)
    return tuple(name for name in demographics(spec, schema, StringArrays.EMIT) if name not in kept)


def _chosen_fields(spec: PacketSpec) -> frozenset[str] | None:
    if spec.flow is not Flow.UPDATE:
        return None
    if spec.update_fields is None:
        raise UpdateWithoutUinError(what="fields of the chosen groups")
    if not spec.demographics.get(UIN_FIELD):
        raise UpdateWithoutUinError(what="UIN of the person")
    return spec.update_fields | {UIN_FIELD}


def stored_form(name: str, value: Json, string_arrays: StringArrays) -> Json:
    """One demographic value as it stands in ID.json; None if it is to be left out.

    Raises:
        FieldEmptyError, FieldTextRefusedError, FieldValueInvalidError: naming the field, never the value.
    """
    if isinstance(value, str):
        return _stored_text(name, value, string_arrays)
    if isinstance(value, bool | int | float):
        if isinstance(value, float) and not math.isfinite(value):
            raise FieldValueInvalidError(field=name, why="it is not a finite number")
        return _number_text(value)
    if isinstance(value, Mapping):
        return _checked(name, value)
    return _stored_list(name, value, string_arrays)


def _number_text(value: float) -> str:
    return orjson.dumps(value).decode() if isinstance(value, float) else str(value).lower()


def _stored_text(name: str, text: str, string_arrays: StringArrays) -> Json:
    bare = text.strip("".join(map(chr, range(0x21))))
    if not bare:
        raise FieldEmptyError(field=name)
    if "\x00" in text or not _is_encodable(text):
        raise FieldTextRefusedError(field=name, why="it holds characters that are none")
    if bare[0] in "{[":
        try:
            decoded = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise FieldTextRefusedError(field=name, why="it begins like JSON but is none") from error
        return _checked(name, decoded) if isinstance(decoded, dict) else _stored_list(name, decoded, string_arrays)
    if not _is_tokenisable(bare):
        raise FieldTextRefusedError(field=name, why="a server would take its first sign for broken JSON")
    return text


def _is_tokenisable(bare: str) -> bool:
    """Whether org.json's tokeniser finds a value in a text without blanks around it, which is no object or array."""
    quote = bare[0]
    if quote not in _QUOTES:
        return quote not in _TOKEN_END
    characters = iter(bare[1:])
    for character in characters:
        if character == quote:
            return True
        if character in "\r\n":
            return False
        if character == "\\":
            escaped = next(characters, "")
            if escaped == "u":
                digits = "".join(next(characters, "") for _ in range(4))
                if len(digits) < 4 or any(c not in "0123456789abcdefABCDEF" for c in digits):
                    return False
            elif escaped not in _ESCAPES:
                return False
    return False


def _stored_list(name: str, items: Sequence[Json] | None, string_arrays: StringArrays) -> Json:
    if not items:
        raise FieldEmptyError(field=name)
    if all(isinstance(item, Mapping) for item in items):
        return [_checked(name, item) for item in items]
    if not all(isinstance(item, str) for item in items):
        raise FieldValueInvalidError(field=name, why="a list must hold objects only, or texts only")
    texts = [_checked(name, item) for item in items]
    return None if string_arrays is StringArrays.OMIT else texts


def _checked(name: str, value: Json) -> Json:
    """A nested value, refused if anything in it is null, empty, or no text of this world."""
    if value is None:
        raise FieldValueInvalidError(field=name, why="there is a null inside")
    if isinstance(value, str):
        if not value:
            raise FieldEmptyError(field=name)
        if not _is_encodable(value):
            raise FieldTextRefusedError(field=name, why="it holds characters that are none")
        return value
    if isinstance(value, bool | int | float):
        if not (isinstance(value, int) or math.isfinite(value)) or not _INTEGER_MIN <= value <= _INTEGER_MAX:
            raise FieldValueInvalidError(field=name, why="a number inside is not one that JSON can carry")
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and _is_encodable(key) for key in value):
            raise FieldValueInvalidError(field=name, why="a key inside is no text")
        return {key: _checked(name, item) for key, item in value.items()}
    return [_checked(name, item) for item in value]


def _is_encodable(text: str) -> bool:
    """Whether a text has no lone surrogates, which no UTF-8 can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def identity(
    fields: Sequence[SchemaField],
    version: float,
    values: Mapping[str, Json],
    documents: Mapping[str, Document],
    biometrics: frozenset[str],
) -> dict[str, Json]:
    """The ``identity`` object of one sub-packet's ID.json.

    Args:
        fields: the sub-packet's fields.
        version: the ID schema's version; a number, in every sub-packet.
        values: demographic values in stored form.
        biometrics: the biometrics fields that have a file.
    """
    found: dict[str, Json] = {SCHEMA_VERSION_FIELD: float(version)}
    for field in fields:
        match field.kind:
            case FieldKind.BIOMETRICS if field.name in biometrics:
                found[field.name] = {"format": CBEFF_FORMAT, "version": CBEFF_VERSION, "value": field.base_name}
            case FieldKind.DOCUMENT if field.name in documents:
                document = documents[field.name]
                found[field.name] = {
                    "value": field.name,
                    "type": document.type_code,
                    "format": document.format,
                    "refNumber": document.ref_number or None,
                }
            case FieldKind.DEMOGRAPHIC if field.name in values:
                found[field.name] = values[field.name]
            case _:
                pass
    return found


def wrap(content: Mapping[str, Json]) -> bytes:
    """Bytes of ID.json and of packet_meta_info.json: the object under ``identity``, in the packet manager's wrapper."""
    return b'{ "identity" : ' + orjson.dumps(content, option=orjson.OPT_INDENT_2) + b" } "
