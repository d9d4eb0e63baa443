"""Rows of reference data in a form that a store can keep: kind, key, language, and the row as it came.

A delta of the server is laid on top of what is there: a row replaces the one with the same kind, key and language; a deleted
one takes it away; inactive ones are kept, and not shown. A row keeps the place at which it first came, since that is the order
in which lists are shown: a store must keep that order too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Final

from app.core.errors import AppError
from app.core.masterdata.entities import DYNAMIC_FIELD, LANGUAGE_OPTIONAL, SHAPES, EntityShape

KEY_SEPARATOR: Final = "\x1f"
"""Between the columns of a key of more than one."""

_LONGEST_KEY: Final = 256
_FLAGS: Final = ("isActive", "isDeleted")
_FLAG_TYPES: Final = (bool, NoneType)
_OPTIONAL_TEXT_TYPES: Final = (str, NoneType)


class MasterDataShapeError(AppError):
    """Reference data is not in the form in which servers publish it."""

    code = "APP-MASTERDATA-SHAPE"
    sentence = "The reference data {entity} cannot be read at {key}: {why}."
    next_step = "Let the administrator correct it on the server, then synchronise again; until then the data from before stay."


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One row.

    Attributes:
        entity: its kind, as the server calls it; ``DynamicFieldDto`` for the rows of all dynamic fields.
        key: value of the primary key; several columns stand side by side with `KEY_SEPARATOR` between.
        lang: language code; empty for kinds whose rows have no language.
        payload: the row as published, unchanged.
    """

    entity: str
    key: str
    lang: str
    payload: Mapping[str, object] = field(repr=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """What a later row must have in common with this one to replace it."""
        return self.entity, self.key, self.lang

    @property
    def is_active(self) -> bool:
        """Whether it is to be used at all."""
        return self.payload.get("isActive") is not False and not self.is_deleted

    @property
    def is_deleted(self) -> bool:
        """Whether the server took it back."""
        return self.payload.get("isDeleted") is True


@dataclass(frozen=True, slots=True)
class EntityRows:
    """What an answer holds.

    Attributes:
        unknown: names of the kinds that were passed over, each once.
    """

    rows: tuple[EntityRow, ...] = field(repr=False)
    unknown: tuple[str, ...] = ()


def read_rows(entities: Iterable[Mapping[str, object]]) -> EntityRows:
    """Reads ``dataToSync`` with its ``data`` decrypted and decoded: lists of objects.

    Kinds that nobody here knows are passed over. So is what is no table (scripts, and what is downloaded separately: hand it in
    as ``structured`` or ``dynamic`` after the download).

    Raises:
        MasterDataShapeError: a row lacks its key or a column that is needed, or a column is of another kind.
    """
    rows: list[EntityRow] = []
    unknown: dict[str, None] = {}
    for position, entity in enumerate(entities, 1):
        name, kind = _heading(entity, position)
        if kind == "dynamic":
            rows.extend(_dynamic_row(name, row, number) for number, row in _data(entity, name))
        elif kind == "structured" and name in SHAPES:
            shape = SHAPES[name]
            rows.extend(_row(name, shape, row, number) for number, row in _data(entity, name))
        else:
            unknown[name] = None
    return EntityRows(tuple(rows), tuple(unknown))


def merge(current: Iterable[EntityRow], delta: Iterable[EntityRow]) -> tuple[EntityRow, ...]:
    """Lays a delta on top of what is there; deleted rows are gone afterwards."""
    merged = {row.identity: row for row in current}
    merged.update((row.identity, row) for row in delta)
    return tuple(row for row in merged.values() if not row.is_deleted)


def _heading(entity: object, position: int) -> tuple[str, object]:
    name = entity.get("entityName") if isinstance(entity, Mapping) else None
    if not isinstance(entity, Mapping) or not isinstance(name, str) or not name:
        raise MasterDataShapeError(entity=f"number {position}", key="entityName", why="it has no name")
    return name, entity.get("entityType")


def _data(entity: Mapping[str, object], name: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    data = entity.get("data")
    if not isinstance(data, list):
        raise MasterDataShapeError(entity=printable(name), key="data", why="it is no list")
    for number, row in enumerate(data, 1):
        if not isinstance(row, dict):
            raise MasterDataShapeError(entity=printable(name), key=f"row {number}", why="it is no object")
        yield number, row


def _row(entity: str, shape: EntityShape, row: Mapping[str, object], number: int, place: str = "") -> EntityRow:
    for column in shape.key:
        flaw = _key_flaw(row.get(column))
        if flaw is not None:
            raise MasterDataShapeError(entity=entity, key=f"{place}row {number}", why=f"{column} {flaw}")
    key = KEY_SEPARATOR.join([str(row[column]) for column in shape.key])
    flaw = _flaw(entity, shape, row)
    if flaw is not None:
        raise MasterDataShapeError(entity=entity, key=printable(key), why=flaw)
    return EntityRow(entity, key, str(row.get("langCode") or "") if shape.is_by_language else "", row)


def _key_flaw(value: object) -> str | None:
    if type(value) is int:
        return None
    if not isinstance(value, str) or not value:
        return "is missing"
    if len(value) > _LONGEST_KEY or KEY_SEPARATOR in value:
        return "is too long or has signs that do not belong there"
    return None


def _flaw(entity: str, shape: EntityShape, row: Mapping[str, object]) -> str | None:
    for column in _FLAGS:
        if type(row.get(column)) not in _FLAG_TYPES:
            return f"{column} is neither true nor false"
    for column in shape.texts:
        if type(row.get(column)) is not str:
            return f"{column} is no text"
    for column in shape.optional_texts:
        if type(row.get(column)) not in _OPTIONAL_TEXT_TYPES:
            return f"{column} is no text"
    for column in shape.numbers:
        if type(row.get(column)) is not int:
            return f"{column} is no whole number"
    if shape.is_by_language:
        language = row.get("langCode")
        if not (language or entity in LANGUAGE_OPTIONAL) or type(language) not in _OPTIONAL_TEXT_TYPES:
            return "langCode is no text"
    return None


def _dynamic_row(name: str, row: Mapping[str, object], number: int) -> EntityRow:
    """A row of a dynamic field. Its own ``name`` decides; rows of old servers without one take that of their entity."""
    named = row if isinstance(row.get("name"), str) else {**row, "name": name}
    result = _row(DYNAMIC_FIELD, SHAPES[DYNAMIC_FIELD], named, number, f"{printable(name)} ")
    flaw = _values_flaw(named.get("fieldVal"))
    if flaw is not None:
        raise MasterDataShapeError(entity=DYNAMIC_FIELD, key=printable(result.key), why=flaw)
    return result


def _values_flaw(values: object) -> str | None:
    if not isinstance(values, list):
        return "fieldVal is no list"
    for value in values:
        if not isinstance(value, Mapping) or not isinstance(value.get("code"), str) or not isinstance(value.get("value"), str):
            return "an entry of fieldVal has no code or value"
        if type(value.get("active")) not in _FLAG_TYPES:
            return "active in fieldVal is neither true nor false"
    return None


def printable(text: str) -> str:
    """A name or key for an error: short, and nothing in it that could pass for something else."""
    return "".join(c if c.isprintable() else "?" for c in text.replace(KEY_SEPARATOR, " / ")[:80])
