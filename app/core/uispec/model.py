"""A form as the country published it: process, screens, fields, rules; frozen, read once, shared by all registrations.

Names are those of MOSIP's UI specification. What cannot be understood is kept as a `SpecFault` at its place: an unknown control
or an unreadable rule does not hide the form, but nothing can be submitted with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.core.expressions.expression import Expression
from packet.models import BioAttribute, Flow

Texts = Mapping[str, str]
"""Three-letter language code to text."""


def _no_texts() -> Texts:
    return MappingProxyType({})


class Control(StrEnum):
    """How a field is entered (``controlType``)."""

    TEXTBOX = "textbox"
    DROPDOWN = "dropdown"
    BUTTON = "button"
    CHECKBOX = "checkbox"
    DATE = "date"
    AGE_DATE = "ageDate"
    FILE_UPLOAD = "fileupload"
    BIOMETRICS = "biometrics"
    HTML = "html"


class ValueType(StrEnum):
    """What a field holds (``type``)."""

    STRING = "string"
    NUMBER = "number"
    SIMPLE = "simpleType"
    DOCUMENT = "documentType"
    BIOMETRICS = "biometricsType"


@dataclass(frozen=True, slots=True)
class SpecFault:
    """A mistake in a UI specification, found when it was read.

    Attributes:
        code: for example ``UISPEC-CONTROL-UNKNOWN``.
        path: where, for a person: ``NEW / Demographics / fullName / requiredOn``.
        why: what is wrong, in words, with the offending text.
        is_blocking: nothing can be submitted with this form while it is there; otherwise only a remark for the author.
    """

    code: str
    path: str
    why: str
    is_blocking: bool
    process: str
    screen: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule ``{engine, expr}``.

    Attributes:
        expression: None if the text cannot be read; the field then carries a blocking fault.
    """

    text: str
    expression: Expression | None


@dataclass(frozen=True, slots=True)
class FieldValidator:
    """A regular expression that a whole value must match.

    Attributes:
        pattern: Java syntax, as published; usable (checked when the specification was read).
        lang_code: only for the text in this language; None for all.
        error_code: message key of the country; None for the generic message.
    """

    pattern: str
    lang_code: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionalBioAttributes:
    """Which attributes are asked of an age group in a process.

    Attributes:
        age_group: name, or ``ALL``.
        process: id, or ``ALL``.
        rule: says from what is satisfied whether the field is complete; None: everything must be.
    """

    age_group: str
    process: str
    attributes: tuple[BioAttribute, ...]
    rule: Condition | None = None


@dataclass(frozen=True, slots=True)
class ChangeAction:
    """What a change of a field does to others (``handler:arguments``)."""

    handler: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a screen.

    Attributes:
        control: None if the country uses one that does not exist here; a blocking fault says which.
        is_input_required: False: never shown, never asked.
        minimum, maximum: dates only: days from today, both bounds exclusive; equal or None: no limit.
        visible: None: always.
        is_required: by default; `required_on` overrides it.
        sub_type: location level, dynamic field, document category, ``dateOfBirth``, ``UIN``, ``applicant``, ...
        group: update group; also keeps location hierarchies apart.
        layout: biometrics only, ``compact``.
    """

    id: str
    control: Control | None
    value_type: ValueType
    is_input_required: bool = True
    minimum: int | None = None
    maximum: int | None = None
    label: Texts = field(default_factory=_no_texts)
    validators: tuple[FieldValidator, ...] = ()
    alignment_group: str | None = None
    visible: Condition | None = None
    is_required: bool = False
    required_on: Condition | None = None
    bio_attributes: tuple[BioAttribute, ...] = ()
    conditional_bio_attributes: tuple[ConditionalBioAttributes, ...] = ()
    is_exception_photo_required: bool = False
    sub_type: str | None = None
    group: str | None = None
    group_label: Texts = field(default_factory=_no_texts)
    change_action: ChangeAction | None = None
    is_transliterated: bool = False
    template_name: str | None = None
    layout: str | None = None
    faults: tuple[SpecFault, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreenSpec:
    """One step of the form, in ascending ``order``. ``active`` is not looked at: MOSIP's default data sets it to false."""

    name: str
    order: int
    label: Texts
    caption: Texts
    fields: tuple[FieldSpec, ...]
    is_pre_registration_fetched: bool = False
    is_additional_info_required: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process, for example ``NEW``: a form on one of the four flows.

    Attributes:
        id: as published; its upper-case form is the packet's process.
        type: key under which it was published, for example ``newProcess``.
        auto_selected_groups: UPDATE: groups that are always part of it.
        faults: all of the process, those of its screens and fields included.
    """

    id: str
    type: str
    order: int
    flow: Flow
    label: Texts
    caption: Texts
    screens: tuple[ScreenSpec, ...]
    icon: str | None = None
    is_active: bool = True
    is_sub_process: bool = False
    auto_selected_groups: tuple[str, ...] = ()
    faults: tuple[SpecFault, ...] = field(default=())

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """All fields, in the order of the screens."""
        return tuple(item for screen in self.screens for item in screen.fields)

    @property
    def is_submittable(self) -> bool:
        """Whether no fault blocks it."""
        return not any(fault.is_blocking for fault in self.faults)
