"""Every mistake that a form can have: its code, what is said about it, what its author does, and whether it blocks.

What could make a registration wrong, incomplete or impossible to store blocks: nothing can be submitted with the form until it
is corrected. The rest are remarks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from app.core.uispec.model import Control, ValueType
from packet.models import BioAttribute, Flow


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of mistake.

    Attributes:
        code: stable, ``UISPEC-...``.
        sentence: what is wrong; a template over the parameters of a fault.
        next_step: what the author of the form does.
        is_blocking: nothing can be submitted while it is there.
    """

    code: str
    sentence: str
    next_step: str
    is_blocking: bool


_KINDS: dict[str, FaultKind] = {}


def _fault(code: str, sentence: str, next_step: str) -> FaultKind:
    return _add(FaultKind(f"UISPEC-{code}", sentence, next_step, is_blocking=True))


def _remark(code: str, sentence: str, next_step: str) -> FaultKind:
    return _add(FaultKind(f"UISPEC-{code}", sentence, next_step, is_blocking=False))


def _add(kind: FaultKind) -> FaultKind:
    _KINDS[kind.code] = kind
    return kind


def _one_of(names: Iterable[str]) -> str:
    return f"Use one of: {', '.join(names)}."


_ATTRIBUTES: Final = tuple(attribute for attribute in BioAttribute if attribute is not BioAttribute.EXCEPTION_PHOTO)

# The publication.
EFFECTIVE_FROM: Final = _fault(
    "EFFECTIVE-FROM",
    "effectiveFrom is {found}, not a date and time: the forms never come into force.",
    "Publish with a date such as 2022-01-01T00:00:00.000Z.",
)
ID_SCHEMA: Final = _fault(
    "ID-SCHEMA", "The form cannot be checked against the ID schema. {why}", "Correct and publish the ID schema."
)
PLATFORM_FIELD: Final = _remark(
    "PLATFORM-FIELD",
    "The ID schema has no field {name}, which the platform expects.",
    "Add it, or make sure that the server's identity mapping names another field for it.",
)
SETTINGS_ROW: Final = _remark(
    "SETTINGS-ROW", "Row {number} of settings is left out: {why}.", "Give every row a name and an order."
)
PROCESS_NOT_OBJECT: Final = _fault(
    "PROCESS-NOT-OBJECT", "The process is {found}, not an object: it cannot be started.", "Publish the process again."
)
PROCESS_ID: Final = _fault(
    "PROCESS-ID",
    "The process has no usable id ({found}): it cannot be started.",
    "Give an id of letters, digits, - and _, at most 36.",
)
PROCESS_ID_DUPLICATE: Final = _fault(
    "PROCESS-ID-DUPLICATE",
    "Another process has the id {name} too (capitals do not count).",
    "Give every process an id of its own.",
)
FLOW_UNKNOWN: Final = _fault("FLOW-UNKNOWN", "The flow {found} does not exist: the process cannot be started.", _one_of(Flow))

# JSON values and sizes.
VALUE_TYPE: Final = _fault("VALUE-TYPE", "{expected} is expected, {found} is there.", "Give a value of the right type.")
VALUE_COERCED: Final = _remark(
    "VALUE-COERCED", "{expected} is expected; {found} is there and is taken as {taken}.", "Give a value of the right type."
)
VALUE_ABSENT: Final = _remark("VALUE-ABSENT", "{name} is not given and counts as false: {effect}.", "Say true or false.")
TEXT_LONG: Final = _fault("TEXT-LONG", "The text has {length} characters; at most {most} are read.", "Shorten the text.")
TEXT_UNSOUND: Final = _fault("TEXT-UNSOUND", "The text {found} holds characters that are none.", "Type the text again.")
TOO_MANY: Final = _fault("TOO-MANY", "There are {count} entries; at most {most} are read.", "Take entries out.")
FAULTS_MANY: Final = _fault(
    "FAULTS-MANY", "More than {most} mistakes: the others are not listed.", "Correct these, then read the form again."
)

# Screens.
FIELDS_MISSING: Final = _fault("FIELDS-MISSING", "The process has no field that is shown.", "Publish its screens and fields.")
SCREEN_NAME: Final = _fault("SCREEN-NAME", "The screen has no name.", "Give every screen a name.")
SCREEN_NAME_DUPLICATE: Final = _fault(
    "SCREEN-NAME-DUPLICATE", "Another screen is named {name} too.", "Give every screen a name of its own."
)
ORDER_DUPLICATE: Final = _remark(
    "ORDER-DUPLICATE", "{name} has the order {order} too: they are shown as they are listed.", "Give each an order of its own."
)

# Fields.
FIELD_ID_MISSING: Final = _fault(
    "FIELD-ID-MISSING", "Field {number} of the screen has no id and is left out.", "Give it an id."
)
FIELD_ID: Final = _fault(
    "FIELD-ID", "The id {found} may hold letters, digits, - and _ only: the field is left out.", "Correct the id."
)
FIELD_ID_DUPLICATE: Final = _fault(
    "FIELD-ID-DUPLICATE", "The field stands in the process twice; only the first is shown.", "Take one of them out."
)
SCHEMA_FIELD_UNKNOWN: Final = _fault(
    "SCHEMA-FIELD-UNKNOWN",
    "The ID schema has no such field: what is entered could not be stored.",
    "Correct the id, or add the field to the ID schema.",
)
SCHEMA_KIND: Final = _fault(
    "SCHEMA-KIND", "The form has {here}, the ID schema {there}.", "Give the field the same type in the form and the ID schema."
)
CONTROL_UNKNOWN: Final = _fault("CONTROL-UNKNOWN", "The control {found} does not exist.", _one_of(Control))
TYPE_UNKNOWN: Final = _fault("TYPE-UNKNOWN", "The type {found} does not exist.", _one_of(ValueType))
CONTROL_TYPE: Final = _fault(
    "CONTROL-TYPE", "A {control} cannot enter a {type}, only: {known}.", "Correct type or controlType."
)
LABEL_MISSING: Final = _remark("LABEL-MISSING", "There is no label; the id is shown instead.", "Give a label in each language.")
SUB_TYPE_MISSING: Final = _fault("SUB-TYPE-MISSING", "A {control} needs a subType: {meaning}.", "Give the subType.")
TEMPLATE_MISSING: Final = _fault("TEMPLATE-MISSING", "An html field needs a templateName.", "Name the template to show.")
BOUNDS_EMPTY: Final = _fault(
    "BOUNDS-EMPTY",
    "No day lies between minimum {minimum} and maximum {maximum} (both exclusive): no date could be entered.",
    "Correct the bounds; equal bounds mean no limit.",
)
BOUND_FAR: Final = _fault(
    "BOUND-FAR", "{bound} days from today are beyond {most}: the bound makes no sense.", "Give days from today."
)
GROUP_LABEL_MISSING: Final = _remark(
    "GROUP-LABEL-MISSING",
    "No field gives the group {name} a groupLabel; its name is shown instead.",
    "Give a groupLabel at one field of the group.",
)
GROUP_MISSING: Final = _remark(
    "GROUP-MISSING", "The field belongs to no group: an update never asks for it.", "Give the field a group."
)
AUTO_GROUP_UNKNOWN: Final = _remark(
    "AUTO-GROUP-UNKNOWN", "autoSelectedGroups names {name}, which no field belongs to.", "Correct the name or take it out."
)
REQUIRED_NOT_ENTERED: Final = _remark(
    "REQUIRED-NOT-ENTERED",
    "The ID schema requires {name}, which no field of this process enters.",
    "Add the field, or do not require it.",
)

# Rules.
ENGINE_UNKNOWN: Final = _fault("ENGINE-UNKNOWN", "The rule is for the engine {found}; only MVEL exists.", "Write it in MVEL.")
EXPRESSION_UNREADABLE: Final = _fault(
    "EXPRESSION-UNREADABLE", "The rule {text} cannot be read at character {position}: {why}.", "Correct the rule."
)
EXPRESSION_KEY: Final = _remark(
    "EXPRESSION-KEY", "The rule looks at {name}, which nothing here provides: it is always null.", "Correct the name."
)
EXPRESSION_KEY_TWICE: Final = _remark(
    "EXPRESSION-KEY-TWICE",
    "Rules find two things under {name}: what this field gives, and what {other} gives.",
    "Give the field another id.",
)
VISIBLE_CIRCLE: Final = _remark(
    "VISIBLE-CIRCLE",
    "Whether the field is shown depends on itself: {circle}. Once hidden it may never come back.",
    "Let none of these depend on one that depends on it, except by asking whether the other is empty.",
)
REQUIRED_ON_MANY: Final = _remark(
    "REQUIRED-ON-MANY", "requiredOn has {count} rules; only the first counts.", "Join the rules with || or &&."
)
VALIDATOR_TYPE: Final = _fault("VALIDATOR-TYPE", "The validator type {found} does not exist.", "Use regex.")
PATTERN_MISSING: Final = _fault("PATTERN-MISSING", "The validator has no pattern.", "Give a pattern, or take it out.")
PATTERN_UNUSABLE: Final = _fault(
    "PATTERN-UNUSABLE", "The pattern {text} cannot be used, see character {position}: {why}.", "Correct the pattern."
)
PATTERN_LONG: Final = _fault("PATTERN-LONG", "The pattern has {length} characters; at most {most} are read.", "Shorten it.")
PATTERNS_LARGE: Final = _fault(
    "PATTERNS-LARGE",
    "The patterns of the publication have more than {most} characters together: this one is not read.",
    "Use fewer or shorter patterns.",
)
ACTION_UNKNOWN: Final = _fault(
    "ACTION-UNKNOWN", "The change action {found} does not exist; there are {known}.", "Correct its name."
)
ACTION_ARGUMENTS: Final = _fault("ACTION-ARGUMENTS", "The change action cannot be used: {why}.", "Correct its arguments.")
ACTION_FIELD_UNKNOWN: Final = _fault(
    "ACTION-FIELD-UNKNOWN", "The change action names a field that this process does not have: {why}.", "Correct the name."
)

# Biometrics.
BIO_ATTRIBUTES_MISSING: Final = _fault(
    "BIO-ATTRIBUTES-MISSING", "A biometrics field needs bioAttributes.", "List what is captured."
)
BIO_ATTRIBUTE_UNKNOWN: Final = _fault("BIO-ATTRIBUTE-UNKNOWN", "The attribute {found} does not exist.", _one_of(_ATTRIBUTES))
BIO_ATTRIBUTE_PHOTO: Final = _fault(
    "BIO-ATTRIBUTE-PHOTO",
    "The attribute unknown stands for the exception photo, which is asked for by itself.",
    "Take it out; use exceptionPhotoRequired.",
)
BIO_ATTRIBUTE_TWICE: Final = _remark("BIO-ATTRIBUTE-TWICE", "The attribute {name} is listed twice.", "List it once.")
BIO_CONDITION: Final = _fault(
    "BIO-CONDITION",
    "The entry of conditionalBioAttributes is left out: it has no {missing}.",
    "Give ageGroup, process, bioAttributes.",
)
BIO_RULE_UNREADABLE: Final = _fault(
    "BIO-RULE-UNREADABLE", "The rule {text} cannot be read at character {position}: {why}.", "Correct the rule."
)
BIO_RULE_ATTRIBUTE: Final = _fault(
    "BIO-RULE-ATTRIBUTE",
    "The rule asks for {name}, which the entry does not list.",
    "List the attribute, or take it out of the rule.",
)

# What the form takes from the country's reference data.
CHOICES_MISSING: Final = _remark(
    "CHOICES-MISSING",
    "The reference data have no location level or dynamic field {name} with entries: there is nothing to choose.",
    "Correct the subType, or publish the entries.",
)
DOCUMENTS_MISSING: Final = _remark(
    "DOCUMENTS-MISSING",
    "The reference data have no document of the category {name} for any type of applicant.",
    "Correct the subType, or publish valid documents of the category.",
)
TEMPLATE_UNKNOWN: Final = _fault(
    "TEMPLATE-UNKNOWN",
    "The reference data have no template {name}: the person would agree to an empty page.",
    "Correct the templateName, or publish the template.",
)

FAULTS: Final[Mapping[str, FaultKind]] = MappingProxyType(_KINDS)
"""All kinds by code, in the order in which they are documented."""
