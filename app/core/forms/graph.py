"""The dependencies between the fields of one specification: made once, shared by all registrations with it.

Rules read keys of the ``identity`` map; a change of a key makes exactly its readers worth another look. A rule is a node of its
own: field number times two for visibility, plus one for requirement, so that numbers follow the order of the form.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.core.expressions.errors import ExpressionUnreadableError
from app.core.expressions.expression import Expression
from app.core.expressions.rule import BioRule, parse_rule
from app.core.patterns import JavaPattern, PatternUnusableError, compile_java
from app.core.uispec.model import ConditionalBioAttributes, FieldSpec, FieldValidator, ProcessSpec

_CACHE_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class CompiledValidator:
    """A validator with its pattern; None if the pattern is unusable, which is a fault of the specification."""

    validator: FieldValidator
    pattern: JavaPattern | None


@dataclass(frozen=True, slots=True)
class Demanded:
    """One entry of conditional attributes with its rule; `is_readable` is False if it has one that cannot be read."""

    condition: ConditionalBioAttributes
    rule: BioRule | None
    is_readable: bool


@dataclass(frozen=True, slots=True)
class FieldNode:
    """A field in the graph.

    Attributes:
        index: place in the order of the form.
    """

    index: int
    spec: FieldSpec
    screen: str
    visible: Expression | None
    required: Expression | None
    validators: tuple[CompiledValidator, ...]
    demanded: tuple[Demanded, ...]

    @property
    def id(self) -> str:
        """The field's id."""
        return self.spec.id


class FormGraph:
    """All fields of a process in order, and which rules read which key."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self.nodes: dict[str, FieldNode] = {}
        for screen in sorted(spec.screens, key=lambda item: item.order):
            for field in screen.fields:
                if field.id not in self.nodes:
                    self.nodes[field.id] = _node(len(self.nodes), field, screen.name)
        self.ordered: tuple[FieldNode, ...] = tuple(self.nodes.values())
        self.readers: Mapping[str, tuple[int, ...]] = _readers(self.ordered)
        self.rule_numbers: tuple[int, ...] = tuple(
            number for node in self.ordered for number in _rule_numbers(node, node.visible, node.required)
        )
        self.age_group_dependents: tuple[str, ...] = tuple(
            node.id for node in self.ordered if node.spec.conditional_bio_attributes
        )

    def reading(self, keys: Iterable[str]) -> set[int]:
        """Numbers of the rules that read one of the keys."""
        found: set[int] = set()
        for key in keys:
            found.update(self.readers.get(key, ()))
        return found


def graph_of(spec: ProcessSpec) -> FormGraph:
    """The graph of a specification, made once as long as it is among the last ones used."""
    key = id(spec)
    known = _cache.get(key)
    if known is not None and known.spec is spec:
        _cache.move_to_end(key)
        return known
    graph = _cache[key] = FormGraph(spec)
    while len(_cache) > _CACHE_MAX:
        _cache.popitem(last=False)
    return graph


_cache: OrderedDict[int, FormGraph] = OrderedDict()
"""By identity of the specification, which the graph keeps alive, so that the identity cannot become another's."""


def _node(index: int, field: FieldSpec, screen: str) -> FieldNode:
    return FieldNode(
        index=index,
        spec=field,
        screen=screen,
        visible=field.visible.expression if field.visible is not None else None,
        required=field.required_on.expression if field.required_on is not None else None,
        validators=tuple(CompiledValidator(validator, _compiled(validator.pattern)) for validator in field.validators),
        demanded=tuple(map(_demanded, field.conditional_bio_attributes)),
    )


def _compiled(pattern: str) -> JavaPattern | None:
    try:
        return compile_java(pattern)
    except PatternUnusableError:
        return None


def _demanded(condition: ConditionalBioAttributes) -> Demanded:
    if condition.rule is None or not condition.rule.text.strip():
        return Demanded(condition, None, is_readable=True)
    try:
        return Demanded(condition, parse_rule(condition.rule.text), is_readable=True)
    except ExpressionUnreadableError:
        return Demanded(condition, None, is_readable=False)


def _rule_numbers(node: FieldNode, visible: Expression | None, required: Expression | None) -> list[int]:
    numbers = [node.index * 2] if visible is not None else []
    return [*numbers, node.index * 2 + 1] if required is not None else numbers


def _readers(nodes: tuple[FieldNode, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for node in nodes:
        for number, expression in ((node.index * 2, node.visible), (node.index * 2 + 1, node.required)):
            for key in sorted(expression.reads) if expression is not None else ():
                found.setdefault(key, []).append(number)
    return {key: tuple(numbers) for key, numbers in found.items()}
