"""What operators of a rule mean, as in MVEL 2.4 interpreting MOSIP's rules.

========================  =============================================================================================
Operands                  Meaning
========================  =============================================================================================
text, text                ``==`` to the letter; order by UTF-16 code units, as Java
text, number              as numbers, if the text is ``-12.5``-like (ASCII, no blanks, sign ``+``, exponent); otherwise not
                          equal, and an order between them is an error
boolean, text             text as boolean: ``''``, ``false``, ``no``, ``off``, ``0`` in any case are false, all other text true
boolean, number           number as boolean: true above 0
null, anything            equal to null only; any order is false
list or mapping           equal to an equal one only; its order to a scalar is false; all else an error
x ``== empty``            null, blank text, 0, false, empty list
list ``contains`` x       an equal item of the same kind: ``1`` is not ``'1'``
text ``contains`` x       x's text is part of it
mapping ``contains`` x    x is one of its keys
anything else contains    false
========================  =============================================================================================

So ``contains`` on a value in several languages, a list of ``{language, value}``, is never true for a plain text: the items
are mappings. Where this goes beyond MVEL: an empty mapping is empty as well; ``empty == x`` means ``x == empty`` (MVEL's
interpreter says false); ``identity.x`` of a missing key is null (MVEL fails, and MOSIP then takes the whole rule as false).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

from app.core.expressions.errors import EvaluationError

_NUMERIC = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
_LONGEST_NUMBER = 100
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}
_FALSE_TEXTS = frozenset(("", "false", "no", "off", "0"))


def is_equal(left: object, right: object) -> bool:
    """``left == right``.

    Raises:
        EvaluationError: between a boolean and a list or mapping.
    """
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        first, second = _booleans("==", left, right)
        return first == second
    numbers = _as_numbers(left, right)
    if numbers is not None:
        return numbers[0] == numbers[1]
    return _is_same(left, right)


def is_ordered(operator: str, left: object, right: object) -> bool:
    """``left < right`` and its like.

    Raises:
        EvaluationError: between a number and a text that is none, towards a list or mapping, or from one to a boolean.
    """
    if type(left) is int and type(right) is int:
        return _ORDERS[operator](left, right)
    if isinstance(left, str) and isinstance(right, str):
        return _ORDERS[operator](*_as_java_orders(left, right))
    if left is None or right is None:
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return _ORDERS[operator](*_booleans(operator, left, right))
    if not isinstance(left, str | int | float) and isinstance(right, str | int | float):
        return False
    numbers = _as_numbers(left, right)
    if numbers is None:
        raise EvaluationError(operator=operator, why="only two numbers or two texts can be put in order")
    return _ORDERS[operator](*numbers)


def is_empty(value: object) -> bool:
    """``value == empty``."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, int | float):
        return value == 0
    if isinstance(value, Mapping | Sequence | frozenset | set):
        return not value
    return value is None


def contains(holder: object, item: object) -> bool:
    """``holder contains item``."""
    if isinstance(item, str) and isinstance(holder, (list, tuple)):
        return item in holder
    if isinstance(holder, str):
        return isinstance(item, str | int | float) and text_of(item) in holder
    if isinstance(holder, Mapping):
        return isinstance(item, str) and item in holder
    if isinstance(holder, Sequence | frozenset | set):
        return any(_is_same(member, item) for member in holder)
    return False


def size_of(method: str, value: object) -> int:
    """``value.size()`` of a list or mapping, ``value.length()`` of a text.

    Raises:
        EvaluationError: for anything else.
    """
    if isinstance(value, str):
        if method != "size":
            return len(value)
    elif isinstance(value, Mapping | Sequence | frozenset | set) and method != "length":
        return len(value)
    raise EvaluationError(operator=f"{method}()", why="the value before it does not have that method")


def member_of(value: object, key: str | int) -> object:
    """An item of a list by its number, or of a mapping by its name.

    Raises:
        EvaluationError: if there is nothing of that name or number to take.
    """
    if isinstance(key, str) and isinstance(value, Mapping):
        return value.get(key)
    if isinstance(key, int) and isinstance(value, Sequence) and not isinstance(value, str) and key < len(value):
        item: object = value[key]
        return item
    raise EvaluationError(
        operator=f"[{key}]" if isinstance(key, int) else f".{key}", why="the value before it has no such part"
    )


def truth_of(value: object) -> bool | None:
    """What a whole rule's result counts as; None for what is neither true nor false (null, lists, mappings)."""
    return _as_boolean(value)


def text_of(value: str | float) -> str:
    """The text of a scalar, as Java writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _as_boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.lower() not in _FALSE_TEXTS
    if isinstance(value, int | float):
        return value > 0
    return None


def _booleans(operator: str, left: object, right: object) -> tuple[bool, bool]:
    first, second = _as_boolean(left), _as_boolean(right)
    if first is None or second is None:
        raise EvaluationError(operator=operator, why="a list or mapping cannot be compared with true or false")
    return first, second


def _as_numbers(left: object, right: object) -> tuple[int | float, int | float] | None:
    first, second = _as_number(left), _as_number(right)
    return None if first is None or second is None else (first, second)


def _as_number(value: object) -> int | float | None:
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _NUMERIC.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None


def _is_same(left: object, right: object) -> bool:
    """Equality of Java's objects: a number is never a text or a boolean, nor an integer a fraction."""
    if isinstance(left, str | int | float) or isinstance(right, str | int | float):
        return type(left) is type(right) and left == right
    return bool(left == right)


def _as_java_orders(left: str, right: str) -> tuple[str, str] | tuple[bytes, bytes]:
    if left.isascii() and right.isascii():
        return left, right
    return left.encode("utf-16-be", "surrogatepass"), right.encode("utf-16-be", "surrogatepass")
