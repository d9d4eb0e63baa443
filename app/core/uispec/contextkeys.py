"""What rules can look at: the keys of ``identity`` that a process provides."""

from __future__ import annotations

from typing import Final

from app.core.uispec.controls import CODED, DATES
from app.core.uispec.model import Control, FieldSpec, ProcessSpec
from packet.models import BioAttribute, Flow

ALWAYS: Final = frozenset(
    {
        "IDSchemaVersion",
        "_flow",
        "_process",
        "langCodes",
        "updatableFields",
        "updatableFieldGroups",
        "ageGroup",
        "age",
        "isBioException",
        "isChild",
        "isNew",
        "isUpdate",
        "isLost",
    }
)
"""Provided in every process."""

_ENTERED_BEFORE: Final = {Flow.UPDATE: frozenset({"UIN"})}
"""Asked for before the form opens."""


def provided_keys(process: ProcessSpec) -> frozenset[str]:
    """All keys that a rule of this process can find a value under."""
    found = set(ALWAYS | _ENTERED_BEFORE.get(process.flow, frozenset()))
    for field in process.fields:
        found.update(field_keys(field))
    return frozenset(found)


def field_keys(field: FieldSpec) -> tuple[str, ...]:
    """The keys that come from one field: its id, the code behind it, its age, its captured attributes."""
    match field.control:
        case control if control in CODED:
            return (field.id, f"{field.id}Code")
        case control if control in DATES:
            return (field.id, f"{field.id}_age", f"{field.id}_ageGroup")
        case Control.BIOMETRICS:
            return (field.id, *(f"{field.id}_{attribute}" for attribute in BioAttribute))
        case _:
            return (field.id,)
