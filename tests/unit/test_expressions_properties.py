"""What holds for every condition: it is read or refused by name, it survives printing, it means what a plain reading of its
tree means, and it looks at nothing but what it says it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.expressions.errors import EvaluationError, ExpressionUnreadableError
from app.core.expressions.nodes import (
    Call,
    Compare,
    Empty,
    HasKey,
    Literal,
    Logic,
    Member,
    Node,
    Not,
    Read,
    written,
)
from app.core.expressions.parser import MAX_DEPTH, parse
from app.core.expressions.tokens import MAX_LENGTH

KEYS = ("age", "ageGroup", "groups", "fullName", "poa", "_flow", "introducerUIN")
_keys = st.sampled_from(KEYS)
_texts = st.sampled_from(["", " ", "INFANT", "5", "05", "-2.5", "no", "true", "Address", "it's", "back\\slash", "é\n"])
_numbers = st.sampled_from([0, 1, 5, 18, -3, 2.5, 100.0])
_scalars = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_values = st.one_of(
    _scalars,
    st.lists(_scalars, max_size=3),
    st.lists(st.fixed_dictionaries({"language": _texts, "value": _texts}), max_size=2),
    st.dictionaries(_texts, _scalars, max_size=2),
)
_identities = st.dictionaries(_keys, _values)

_leaves: st.SearchStrategy[Node] = st.one_of(_keys.map(Read), _keys.map(Read), _keys.map(HasKey), _scalars.map(Literal))


def _branches(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    reads = _keys.map(Read)
    return st.one_of(
        st.builds(Compare, st.sampled_from(["<", ">", "<=", ">=", "contains", "in"]), inner, inner),
        st.builds(Compare, st.sampled_from(["==", "!="]), inner, inner),
        st.builds(Compare, st.sampled_from(["==", "!="]), inner, st.just(Empty())),
        st.builds(Compare, st.sampled_from(["==", "!="]), st.just(Empty()), inner),
        st.builds(Member, reads, st.one_of(_texts, st.integers(0, 3))),
        st.builds(Call, reads, st.sampled_from(["size", "length", "isEmpty"])),
        st.builds(Not, inner.filter(lambda node: not isinstance(node, Literal) or isinstance(node.value, bool))),
        st.builds(Logic, st.sampled_from(["&&", "||"]), st.lists(inner, min_size=2, max_size=4).map(tuple)),
    )


_trees = st.recursive(_leaves, _branches, max_leaves=12)
_TOKENS = (
    *("identity", ".", "get", "(", ")", "'a'", "[", "]", "==", "!=", "<", "&&", "||", "!", "contains", "in", "empty", "nil"),
    *("5", "-", "true", "size", "and", "0", "'", " ", "\n", "\\", "é", "containsKey", "="),
)


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(_TOKENS), max_size=30).map("".join)
    | st.lists(st.sampled_from(_TOKENS)).map(" ".join)
)
def test_any_text_is_a_condition_or_is_refused_by_name(text: str) -> None:
    try:
        condition = parse(text)
    except ExpressionUnreadableError as error:
        position = error.params["position"]
        assert isinstance(position, int)
        assert 0 <= position <= len(text)
        return
    assert condition.is_true({}) in (True, False)


@given(_trees)
def test_a_printed_tree_is_read_as_the_same_tree(tree: Node) -> None:
    assert parse(written(tree)).tree == tree


@given(_trees, _identities)
def test_a_condition_means_what_its_tree_says(tree: Node, identity: dict[str, object]) -> None:
    assert _outcome(written(tree), identity) == _Plain(identity).outcome(tree)


@given(_trees, _identities)
def test_a_condition_looks_at_no_key_that_it_does_not_name(tree: Node, identity: dict[str, object]) -> None:
    watched = _Watched(identity)
    condition = parse(written(tree))
    condition.is_true(watched)
    assert watched.seen <= condition.reads


@given(_trees, _identities, _identities)
def test_a_key_that_is_not_read_never_changes_the_result(
    tree: Node, identity: dict[str, object], other: dict[str, object]
) -> None:
    reads = parse(written(tree)).reads
    changed = {key: value for key, value in identity.items() if key in reads}
    changed |= {key: value for key, value in other.items() if key not in reads}
    assert _outcome(written(tree), identity) == _outcome(written(tree), changed)


@given(_trees)
def test_the_keys_read_are_exactly_those_in_the_text(tree: Node) -> None:
    text = written(tree)
    named = {key for key in KEYS if f"identity.get('{key}')" in text or f"identity.containsKey('{key}')" in text}
    assert parse(text).reads == named


@pytest.mark.parametrize(
    "text",
    [
        "(" * 9_000,
        "!" * 9_000,
        "(" * 9_000 + "true" + ")" * 9_000,
        "!(" * 6_000 + "true" + ")" * 6_000,
        "identity.a" + ".b" * 9_000,
        "identity.a" + "[0]" * 6_000,
        "identity.a" + ".contains(" * 1_900,
        "1 == " * 3_000 + "1",
        "true && " * 2_400 + "true",
        "true" + " " * MAX_LENGTH,
        "'" + "a" * (MAX_LENGTH - 1),
        "identity." * 2_000,
        "-" * 9_000 + "1",
    ],
)
def test_a_hostile_text_is_refused_and_does_not_exhaust_the_stack(text: str) -> None:
    with pytest.raises(ExpressionUnreadableError):
        parse(text)


def test_long_flat_conditions_are_read_and_evaluated() -> None:
    text = " || ".join(f"identity.get('field{number}') == 'x'" for number in range(450))
    condition = parse(text)
    assert len(condition.reads) == 450
    assert condition.is_true({"field449": "x"})


def test_nesting_up_to_the_bound_is_read() -> None:
    text = "identity.a" + ".b" * (MAX_DEPTH - 2)
    assert parse(text).reads == {"a"}


def _outcome(text: str, identity: Mapping[str, object]) -> object:
    try:
        return _told_apart(parse(text).evaluate(identity))
    except EvaluationError:
        return "error"


def _told_apart(value: object) -> object:
    """True is not 1, nor 1 1.0."""
    return type(value).__name__, value


class _Watched(Mapping[str, object]):
    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> object:
        self.seen.add(key)
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        self.seen.add(str(key))
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a condition must not look at all keys")

    def __len__(self) -> int:
        raise AssertionError("a condition must not look at all keys")


class _WrongError(Exception):
    pass


class _Plain:
    """A second, plain interpreter: kinds first, then a table of what each pair of kinds does."""

    def __init__(self, identity: Mapping[str, object]) -> None:
        self._identity = identity

    def outcome(self, tree: Node) -> object:
        try:
            return _told_apart(self.value(tree))
        except _WrongError:
            return "error"

    def value(self, node: Node) -> object:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Read):
            return self._identity.get(node.key)
        if isinstance(node, HasKey):
            return node.key in self._identity
        if isinstance(node, Not):
            return not self._boolean(node.item)
        if isinstance(node, Logic):
            for item in node.items[:-1]:
                if self._boolean(item) == (node.operator == "||"):
                    return node.operator == "||"
            return self.value(node.items[-1])
        if isinstance(node, Compare):
            return self._compare(node)
        assert isinstance(node, Member | Call)
        return self._part(node)

    def _boolean(self, node: Node) -> bool:
        value = self.value(node)
        if _kind(value) != "boolean":
            raise _WrongError
        return bool(value)

    def _part(self, node: Member | Call) -> object:
        value = self.value(node.of)
        kind = _kind(value)
        if isinstance(node, Call):
            methods = {"text": ("length", "isEmpty"), "list": ("size", "isEmpty"), "mapping": ("size", "isEmpty")}
            if node.method not in methods.get(kind, ()):
                raise _WrongError
            assert isinstance(value, str | list | dict)
            return len(value) == 0 if node.method == "isEmpty" else len(value)
        if isinstance(value, dict) and isinstance(node.key, str):
            return value.get(node.key)
        if isinstance(value, list) and isinstance(node.key, int) and node.key < len(value):
            return value[node.key]
        raise _WrongError

    def _compare(self, node: Compare) -> bool:
        if isinstance(node.left, Empty) or isinstance(node.right, Empty):
            value = self.value(node.right if isinstance(node.left, Empty) else node.left)
            is_empty = value in (None, [], {}) or (isinstance(value, str) and value.strip() == "") or (value == 0)
            return is_empty == (node.operator == "==")
        left, right = self.value(node.left), self.value(node.right)
        match node.operator:
            case "==":
                return _equal(left, right)
            case "!=":
                return not _equal(left, right)
            case "contains":
                return _holds(left, right)
            case "in":
                return _holds(right, left)
        return _ordered(node.operator, left, right)


def _kind(value: object) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "mapping", type(None): "null"}
    return kinds[type(value)]


def _as_truth(value: object) -> bool:
    if isinstance(value, str):
        return value.casefold() not in ("", "false", "no", "off", "0")
    if isinstance(value, bool | int | float):
        return value > 0
    raise _WrongError


def _as_number(value: object) -> float | None:
    if isinstance(value, str):
        return {"5": 5.0, "05": 5.0, "-2.5": -2.5}.get(value)
    assert isinstance(value, int | float)
    return float(value)


def _equal(left: object, right: object) -> bool:
    kinds = {_kind(left), _kind(right)}
    if "null" in kinds:
        return kinds == {"null"}
    if "boolean" in kinds:
        return _as_truth(left) == _as_truth(right)
    if kinds == {"number"} or kinds == {"number", "text"}:
        return _as_number(left) is not None and _as_number(left) == _as_number(right)
    return len(kinds) == 1 and left == right


def _ordered(operator: str, left: object, right: object) -> bool:
    kinds = (_kind(left), _kind(right))
    if "null" in kinds:
        return False
    if "boolean" in kinds:
        return _in_order(operator, float(_as_truth(left)), float(_as_truth(right)))
    if kinds == ("text", "text"):
        return _in_order(operator, _units(left), _units(right))
    if kinds[0] in ("list", "mapping") and kinds[1] in ("number", "text"):
        return False
    if not {"list", "mapping"}.isdisjoint(kinds):
        raise _WrongError
    first, second = _as_number(left), _as_number(right)
    if first is None or second is None:
        raise _WrongError
    return _in_order(operator, first, second)


def _units(value: object) -> list[int]:
    return list(str(value).encode("utf-16-be"))


def _in_order(operator: str, left: float | list[int], right: float | list[int]) -> bool:
    is_less, is_same = left < right, left == right  # type: ignore[operator]
    return {"<": is_less, "<=": is_less or is_same, ">": not (is_less or is_same), ">=": not is_less}[operator]


def _holds(holder: object, item: object) -> bool:
    if isinstance(holder, str):
        plain = {"boolean": str(item).lower(), "number": str(item), "text": item}.get(_kind(item))
        return isinstance(plain, str) and plain in holder
    if isinstance(holder, list):
        return any(type(member) is type(item) and member == item for member in holder)
    return isinstance(holder, dict) and isinstance(item, str) and item in holder
