"""A tree of a rule to a function over ``identity``.

Closures rather than a walk over the nodes: what does not depend on the values is decided once, and the commonest form, a key
compared with a text, costs one lookup and one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.expressions.errors import EvaluationError
from app.core.expressions.meaning import contains, is_empty, is_equal, is_ordered, member_of, size_of
from app.core.expressions.nodes import Call, Compare, Empty, HasKey, Literal, Logic, Member, Node, Not, Read

Run = Callable[[Mapping[str, Any]], Any]


def compiled(node: Node) -> Run:
    """The function of a tree; it raises `EvaluationError` and nothing else."""
    match node:
        case Literal(value):
            return lambda _: value
        case Read(key):
            return lambda identity: identity.get(key)
        case HasKey(key):
            return lambda identity: key in identity
        case Member(of, part):
            return _member(compiled(of), part)
        case Call(of, method):
            return _call(compiled(of), method)
        case Not(item):
            return _not(compiled(item))
        case Compare(operator, left, right):
            return _comparison(operator, left, right)
        case Logic(operator, items):
            return _logic(operator, tuple(compiled(item) for item in items))
        case Empty():
            return lambda _: None


def _member(of: Run, part: str | int) -> Run:
    return lambda identity: member_of(of(identity), part)


def _call(of: Run, method: str) -> Run:
    if method == "isEmpty":
        return lambda identity: size_of(method, of(identity)) == 0
    return lambda identity: size_of(method, of(identity))


def _not(item: Run) -> Run:
    def run(identity: Mapping[str, Any]) -> bool:
        value = item(identity)
        if value is True or value is False:
            return not value
        raise _no_boolean("!")

    return run


def _comparison(operator: str, left: Node, right: Node) -> Run:
    if operator in ("==", "!="):
        return _equality(left, right, is_negated=operator == "!=")
    first, second = compiled(left), compiled(right)
    if operator == "contains":
        return lambda identity: contains(first(identity), second(identity))
    if operator == "in":
        return lambda identity: contains(second(identity), first(identity))
    return lambda identity: is_ordered(operator, first(identity), second(identity))


def _equality(left: Node, right: Node, *, is_negated: bool) -> Run:
    if isinstance(left, Empty):
        left, right = right, left
    first = compiled(left)
    if isinstance(right, Empty):
        return lambda identity: is_empty(first(identity)) is not is_negated
    if isinstance(right, Literal) and right.value is None:
        return lambda identity: (first(identity) is None) is not is_negated
    if isinstance(right, Literal) and isinstance(right.value, str):
        return _text_equality(left, first, right.value, is_negated=is_negated)
    second = compiled(right)
    return lambda identity: is_equal(first(identity), second(identity)) is not is_negated


def _text_equality(left: Node, first: Run, wanted: str, *, is_negated: bool) -> Run:
    if isinstance(left, Read):
        key = left.key

        def run_on_key(identity: Mapping[str, Any]) -> bool:
            value = identity.get(key)
            if type(value) is str:
                return (value == wanted) is not is_negated
            return is_equal(value, wanted) is not is_negated

        return run_on_key
    return lambda identity: is_equal(first(identity), wanted) is not is_negated


def _logic(operator: str, items: tuple[Run, ...]) -> Run:
    deciding = operator == "||"
    *leading, last = items
    before_last = tuple(leading)

    def run(identity: Mapping[str, Any]) -> Any:
        for item in before_last:
            value = item(identity)
            if value is deciding:
                return deciding
            if value is not True and value is not False:
                raise _no_boolean(operator)
        return last(identity)

    return run


def _no_boolean(operator: str) -> EvaluationError:
    return EvaluationError(operator=operator, why="the value beside it is neither true nor false")
