"""A rule as a tree of frozen nodes, and how the tree is written as text again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """``'x'``, ``5``, ``true``, ``null`` (``nil``)."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Empty:
    """``empty``: only ever beside ``==`` or ``!=``."""


@dataclass(frozen=True, slots=True)
class Read:
    """``identity.x``, ``identity.get('x')``, ``identity['x']``: a missing key is null."""

    key: str


@dataclass(frozen=True, slots=True)
class HasKey:
    """``identity.containsKey('x')``."""

    key: str


@dataclass(frozen=True, slots=True)
class Member:
    """A value out of a mapping (by text) or a list (by number)."""

    of: Node
    key: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """A method of a value: ``size()``, ``length()``, ``isEmpty()``."""

    of: Node
    method: str


@dataclass(frozen=True, slots=True)
class Not:
    """``!x``."""

    item: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and one of ``== != < > <= >= contains in``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """``a && b && c`` or ``a || b || c``: two or more items side by side, so that a long rule is no deep tree."""

    operator: str
    items: tuple[Node, ...]


Node = Literal | Empty | Read | HasKey | Member | Call | Not | Compare | Logic

_SPECIAL = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def written(node: Node) -> str:
    """The tree as a rule; reading it again gives an equal tree."""
    match node:
        case Literal(value):
            return _literal(value)
        case Empty():
            return "empty"
        case Read(key):
            return f"identity.get({_literal(key)})"
        case HasKey(key):
            return f"identity.containsKey({_literal(key)})"
        case Member(of, key):
            return f"{_inner(of)}[{_literal(key)}]"
        case Call(of, method):
            return f"{_inner(of)}.{method}()"
        case Not(item):
            return f"!{_inner(item)}"
        case Compare(operator, left, right):
            return f"{_inner(left)} {operator} {_inner(right)}"
        case Logic(operator, items):
            return f" {operator} ".join(_inner(item) for item in items)


def keys_read(node: Node) -> frozenset[str]:
    """The keys of ``identity`` that the tree looks at."""
    match node:
        case Read(key) | HasKey(key):
            return frozenset((key,))
        case Member(of, _) | Call(of, _):
            return keys_read(of)
        case Not(item):
            return keys_read(item)
        case Compare(_, left, right):
            return keys_read(left) | keys_read(right)
        case Logic(_, items):
            return frozenset[str]().union(*(keys_read(item) for item in items))
        case Literal() | Empty():
            return frozenset()


def _inner(node: Node) -> str:
    text = written(node)
    return f"({text})" if isinstance(node, Compare | Logic | Not) else text


def _literal(value: str | float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + "".join(_SPECIAL.get(character, character) for character in value) + "'"
    return format(value, "f") if isinstance(value, float) and "e" in repr(value) else repr(value)
