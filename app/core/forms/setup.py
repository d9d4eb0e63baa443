"""What stays the same while one form is filled: its fields, its surroundings, and what follows from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from app.core.forms.context import FormContext
from app.core.forms.graph import FieldNode, FormGraph, graph_of
from app.core.forms.locations import LocationPlace, location_places
from app.core.uispec.model import Control, ProcessSpec, ValueType
from packet.models import Flow

FLOW_TEXTS: Final[Mapping[Flow, str]] = MappingProxyType(
    {Flow.NEW: "New", Flow.UPDATE: "Update", Flow.LOST: "Lost", Flow.CORRECTION: "Correction"}
)
"""What rules see as ``_flow``."""

_TYPED: Final = frozenset((Control.DATE, Control.AGE_DATE))


@dataclass(frozen=True, slots=True)
class FormSetup:
    """Specification, context, graph.

    Attributes:
        updatable: ids of the fields that this form renders and writes: all; for UPDATE those of the chosen and automatic
            groups.
        places: location fields by id.
    """

    spec: ProcessSpec
    context: FormContext = field(repr=False)
    graph: FormGraph = field(repr=False)
    updatable: frozenset[str]
    places: Mapping[str, LocationPlace] = field(repr=False)

    @property
    def nodes(self) -> Mapping[str, FieldNode]:
        """Fields by id, in order."""
        return self.graph.nodes

    def can_be_shown(self, node: FieldNode) -> bool:
        """Whether a field is rendered as far as no rule says otherwise."""
        return node.spec.is_input_required and node.id in self.updatable


def make_setup(spec: ProcessSpec, context: FormContext) -> FormSetup:
    """Brings a specification and its surroundings together."""
    graph = graph_of(spec)
    return FormSetup(spec, context, graph, _updatable(spec, context), location_places(graph, context.master_data))


def _updatable(spec: ProcessSpec, context: FormContext) -> frozenset[str]:
    if spec.flow is not Flow.UPDATE:
        return frozenset(node.id for node in spec.fields)
    groups = {*context.update_groups, *spec.auto_selected_groups}
    return frozenset(node.id for node in spec.fields if node.group in groups)


def is_kind(node: FieldNode, sub_type: str) -> bool:
    """Whether a field has a sub-type, whatever its capitals."""
    return (node.spec.sub_type or "").casefold() == sub_type.casefold()


def is_birth(node: FieldNode) -> bool:
    """Whether a field holds the date of birth of the person."""
    return node.spec.control in _TYPED and is_kind(node, "dateOfBirth")


def is_date(node: FieldNode) -> bool:
    """Whether a field is entered as a date."""
    return node.spec.control in _TYPED


def is_by_language(node: FieldNode) -> bool:
    """Whether a field has a value in each language."""
    return node.spec.value_type is ValueType.SIMPLE
