"""What stands in a field while a person sits at the desk: one frozen value for each kind of control, replaced by each event.

What goes into rules and packets is made from these by `app.core.forms.values`; here is what was typed, also where it makes no
sense yet. A field without an entry is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from packet.models import BioAttribute, BiometricException, CapturedBiometric

NO_LANGUAGE: Final = ""
"""Key of a text that is the same in all languages."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TextEntry:
    """A text, or one in each language.

    Attributes:
        texts: language code (`NO_LANGUAGE` for a field without languages) to text as typed; blank ones are left out.
        follows: language to the language whose suggestion stands in it, untouched.
        source: language in which something was typed last.
    """

    texts: Mapping[str, str] = field(repr=False)
    follows: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    source: str = NO_LANGUAGE


@dataclass(frozen=True, slots=True)
class ChoiceEntry:
    """One entry of a list, by its code."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TickEntry:
    """A check box that was touched."""

    is_ticked: bool


@dataclass(frozen=True, slots=True)
class DateEntry:
    """The boxes of a date as typed. `age` stands there instead of a date if only an age was given."""

    day: str = field(default="", repr=False)
    month: str = field(default="", repr=False)
    year: str = field(default="", repr=False)
    age: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A scanned document.

    Attributes:
        type_code: document type of the master data, for example ``DOC001``.
        format: file extension, for example ``pdf``.
    """

    type_code: str
    ref_number: str | None = field(repr=False)
    format: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DocumentSlot:
    """A document field: the chosen type, the reference number, and the document once it is scanned."""

    type_code: str | None = None
    ref_number: str = field(default="", repr=False)
    document: DocumentEntry | None = None


@dataclass(frozen=True, slots=True)
class BiometricsEntry:
    """What was captured for a biometrics field.

    Attributes:
        captured: captures, the exception photo among them.
        exceptions: what a person marked as missing.
        automatic: what counts as missing because it is not asked of this person in a group of which other parts are; calls for
            no photo and no reviewer.
        satisfied: attributes of which the captures are good enough or the last ones allowed; None: all that are captured.
            Exceptions are satisfied in any case.
    """

    captured: tuple[CapturedBiometric, ...] = ()
    exceptions: tuple[BiometricException, ...] = ()
    automatic: tuple[BiometricException, ...] = ()
    satisfied: frozenset[BioAttribute] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was captured and nothing marked."""
        return not self.captured and not self.exceptions


@dataclass(frozen=True, slots=True)
class HtmlEntry:
    """Fingerprints of the texts that were shown, by language."""

    hashes: Mapping[str, str] = field(repr=False)


Entry: TypeAlias = TextEntry | ChoiceEntry | TickEntry | DateEntry | DocumentSlot | BiometricsEntry | HtmlEntry
