"""Keys of ``identity`` that belong to no single field: process, languages, age, exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.core.ages import full_years
from app.core.forms.entries import BiometricsEntry
from app.core.forms.setup import FLOW_TEXTS, FormSetup, is_birth
from app.core.forms.state import FormState
from app.core.forms.values import read_date
from packet.models import Flow

UIN: Final = "UIN"


def base_identity(setup: FormSetup) -> dict[str, object]:
    """What never changes while a form is filled."""
    spec, context = setup.spec, setup.context
    found: dict[str, object] = {
        "IDSchemaVersion": context.id_schema_version,
        "_flow": FLOW_TEXTS[spec.flow],
        "_process": spec.id,
        "langCodes": list(context.lang_codes),
        "isNew": spec.flow is Flow.NEW,
        "isUpdate": spec.flow is Flow.UPDATE,
        "isLost": spec.flow is Flow.LOST,
        "updatableFields": [],
        "updatableFieldGroups": [],
    }
    if spec.flow is Flow.UPDATE:
        found["updatableFields"] = [node.id for node in spec.fields if node.id in setup.updatable]
        found["updatableFieldGroups"] = list(context.update_groups)
        if context.uin:
            found[UIN] = context.uin
    return found


def flags(setup: FormSetup, state: FormState) -> Mapping[str, object]:
    """What follows from the date of birth (of the first such field that has one) and from marked exceptions."""
    found: dict[str, object] = {"age": None, "ageGroup": None, "isChild": False}
    for node in setup.graph.ordered:
        day = read_date(state.entries.get(node.id)) if is_birth(node) else None
        if day is not None:
            age = full_years(day, state.today)
            settings = setup.context.settings
            found = {"age": age, "ageGroup": settings.age_groups.of(age), "isChild": age <= settings.child_age_limit}
            break
    found["isBioException"] = has_exceptions(state)
    return {key: value for key, value in found.items() if key not in setup.nodes}


def has_exceptions(state: FormState) -> bool:
    """Whether somebody marked an exception in any biometrics field."""
    return any(isinstance(entry, BiometricsEntry) and entry.exceptions for entry in state.entries.values())
