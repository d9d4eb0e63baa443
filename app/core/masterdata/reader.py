"""Makes `MasterData` out of rows: what is active, in the order in which it was published, its languages brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from app.core.masterdata.entities import DYNAMIC_FIELD
from app.core.masterdata.model import Choice, Location, LocationLevel, MasterData, Template
from app.core.masterdata.rows import EntityRow, MasterDataShapeError, merge, printable, read_rows

_K = TypeVar("_K")
_A = TypeVar("_A")
_B = TypeVar("_B")


def read_master_data(entities: Iterable[Mapping[str, object]]) -> MasterData:
    """Reads a whole answer: see `app.core.masterdata.rows.read_rows`.

    Raises:
        MasterDataShapeError: something is not in the form in which servers publish it.
    """
    return build_master_data(merge((), read_rows(entities).rows))


def build_master_data(rows: Iterable[EntityRow]) -> MasterData:
    """Brings rows together, as `merge` leaves them or as a store kept them.

    Where rows of one thing in several languages disagree on what has no language (the parent of a place, for example), the
    first published one decides.

    Raises:
        MasterDataShapeError: a column is not of its kind.
    """
    collected = _Collected()
    for row in rows:
        take = _TAKE.get(row.entity)
        if take is not None and row.is_active:
            take(collected, row)
    return collected.finish()


class _Texts(dict[_K, dict[str, str]]):
    """Texts by key and language, in the order of the keys' first appearance; the first text of a language stays."""

    def add(self, key: _K, row: EntityRow, text: str) -> None:
        self.setdefault(key, {}).setdefault(row.lang, text)


class _Collected:
    """What was seen so far."""

    def __init__(self) -> None:
        self.dynamic: dict[str, _Texts[str]] = {}
        self.places: _Texts[str] = _Texts()
        self.place_facts: dict[str, tuple[int, str | None]] = {}
        self.levels: _Texts[int] = _Texts()
        self.document_types: _Texts[str] = _Texts()
        self.valid_documents: dict[tuple[str, str], dict[str, None]] = {}
        self.words: dict[str, set[str]] = {}
        self.reason_categories: set[str] = set()
        self.reasons: dict[str, _Texts[str]] = {}
        self.templates: _Texts[str] = _Texts()
        self.languages: dict[str, str] = {}

    def finish(self) -> MasterData:
        places = {code: Location(code, *self.place_facts[code], MappingProxyType(names)) for code, names in self.places.items()}
        children: dict[str | None, list[str]] = {}
        for place in places.values():
            children.setdefault(place.parent, []).append(place.code)
        if self.reason_categories:
            self.reasons = {code: reasons for code, reasons in self.reasons.items() if code in self.reason_categories}
        levels = tuple(LocationLevel(level, MappingProxyType(names)) for level, names in sorted(self.levels.items()))
        return MasterData(
            dynamic_fields=_frozen(self.dynamic, _choices),
            locations=MappingProxyType(places),
            location_children=_frozen(children, tuple),
            location_levels=levels,
            document_types=MappingProxyType({choice.code: choice for choice in _choices(self.document_types)}),
            valid_documents=_frozen(self.valid_documents, tuple),
            blocklisted_words=_frozen(self.words, frozenset),
            reasons=_frozen(self.reasons, _choices),
            templates=MappingProxyType(
                {code: Template(code, MappingProxyType(texts)) for code, texts in self.templates.items()}
            ),
            languages=MappingProxyType(self.languages),
        )


def _frozen(table: Mapping[_K, _A], freeze: Callable[[_A], _B]) -> Mapping[_K, _B]:
    return MappingProxyType({key: freeze(value) for key, value in table.items()})


def _choices(names: Mapping[str, dict[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(code, MappingProxyType(texts)) for code, texts in names.items())


def _text(row: EntityRow, column: str) -> str:
    value = row.payload.get(column)
    if not isinstance(value, str):
        raise MasterDataShapeError(entity=row.entity, key=printable(row.key), why=f"{column} is no text")
    return value


def _number(row: EntityRow, column: str) -> int:
    value = row.payload.get(column)
    if type(value) is not int:
        raise MasterDataShapeError(entity=row.entity, key=printable(row.key), why=f"{column} is no whole number")
    return value


def _take_dynamic(into: _Collected, row: EntityRow) -> None:
    entries = into.dynamic.setdefault(row.key.lower(), _Texts())
    values = row.payload.get("fieldVal")
    for value in values if isinstance(values, list) else ():
        if value.get("active") is not False:
            entries.add(value["code"], row, value["value"])


def _take_place(into: _Collected, row: EntityRow) -> None:
    into.places.add(row.key, row, _text(row, "name"))
    if row.key not in into.place_facts:
        parent = row.payload.get("parentLocCode")
        into.place_facts[row.key] = (_number(row, "hierarchyLevel"), parent if isinstance(parent, str) and parent else None)


def _take_level(into: _Collected, row: EntityRow) -> None:
    into.levels.add(_number(row, "hierarchyLevel"), row, _text(row, "hierarchyLevelName"))


def _take_document_type(into: _Collected, row: EntityRow) -> None:
    into.document_types.add(row.key, row, _text(row, "name"))


def _take_valid_document(into: _Collected, row: EntityRow) -> None:
    key = (_text(row, "appTypeCode"), _text(row, "docCatCode"))
    into.valid_documents.setdefault(key, {})[_text(row, "docTypeCode")] = None


def _take_word(into: _Collected, row: EntityRow) -> None:
    into.words.setdefault(row.lang, set()).add(row.key)


def _take_reason_category(into: _Collected, row: EntityRow) -> None:
    into.reason_categories.add(row.key)


def _take_reason(into: _Collected, row: EntityRow) -> None:
    into.reasons.setdefault(_text(row, "rsnCatCode"), _Texts()).add(_text(row, "code"), row, _text(row, "name"))


def _take_template(into: _Collected, row: EntityRow) -> None:
    text = row.payload.get("fileText")
    if isinstance(text, str):
        into.templates.add(_text(row, "templateTypeCode"), row, text)


def _take_language(into: _Collected, row: EntityRow) -> None:
    native = row.payload.get("nativeName")
    into.languages[row.key] = native if isinstance(native, str) and native else _text(row, "name")


_TAKE: Final[Mapping[str, Callable[[_Collected, EntityRow], None]]] = {
    DYNAMIC_FIELD: _take_dynamic,
    "Location": _take_place,
    "LocationHierarchy": _take_level,
    "DocumentType": _take_document_type,
    "ApplicantValidDocument": _take_valid_document,
    "BlocklistedWords": _take_word,
    "ReasonCategory": _take_reason_category,
    "ReasonList": _take_reason,
    "Template": _take_template,
    "Language": _take_language,
}
