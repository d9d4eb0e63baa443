"""The country's reference data, as the server's client settings publish it: frozen, with the look-ups that a form needs.

Only active rows that are not deleted are in here. Texts are by three-letter language code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list.

    Attributes:
        code: goes into the side map of codes (``<fieldId>Code`` in rules).
        names: what is shown, and stored as the value.
    """

    code: str
    names: Texts

    def name(self, lang_code: str) -> str:
        """The name in a language; the code where it has none."""
        return self.names.get(lang_code, self.code)


@dataclass(frozen=True, slots=True)
class Location:
    """A place. `parent` is None for the root of the hierarchy."""

    code: str
    level: int
    parent: str | None
    names: Texts

    def name(self, lang_code: str) -> str:
        """The name in a language; the code where it has none."""
        return self.names.get(lang_code, self.code)


@dataclass(frozen=True, slots=True)
class LocationLevel:
    """A level of the hierarchy, 0 being the country; fields name it as their sub-type."""

    level: int
    names: Texts


@dataclass(frozen=True, slots=True)
class Template:
    """A text of the country, for example the consent."""

    type_code: str
    texts: Texts = field(repr=False)


@dataclass(frozen=True, slots=True)
class MasterData:
    """All of it. Use `app.core.masterdata.lookups` for questions that go beyond one table.

    Attributes:
        dynamic_fields: field name (lower case) to its entries in published order.
        locations: by code.
        location_children: code of the parent to codes of its children, in published order; key None for the roots.
        document_types: by code.
        valid_documents: (applicant type, document category) to document type codes in published order.
        blocklisted_words: language code to words, as published; key "" for words without a language.
        reasons: reason category to reasons.
        templates: by type code.
        languages: code to native name.
    """

    dynamic_fields: Mapping[str, tuple[Choice, ...]] = field(default_factory=lambda: MappingProxyType({}))
    locations: Mapping[str, Location] = field(default_factory=lambda: MappingProxyType({}))
    location_children: Mapping[str | None, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    location_levels: tuple[LocationLevel, ...] = ()
    document_types: Mapping[str, Choice] = field(default_factory=lambda: MappingProxyType({}))
    valid_documents: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    blocklisted_words: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    reasons: Mapping[str, tuple[Choice, ...]] = field(default_factory=lambda: MappingProxyType({}))
    templates: Mapping[str, Template] = field(default_factory=lambda: MappingProxyType({}))
    languages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
