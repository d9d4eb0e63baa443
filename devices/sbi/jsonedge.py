"""The only way in which JSON of a device becomes values: strict, bounded, without duplicate keys.

A duplicate key means two readers may see two different messages; a deep nest or a long number is an attack on the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

import orjson

from devices.sbi.errors import DeviceJsonError

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"

DEPTH_MAX = 16
BODY_MAX_BYTES = 64 * 1024 * 1024
NUMBER_MAX_DIGITS = 32


def decode(data: bytes, what: str, limit_bytes: int = BODY_MAX_BYTES) -> Value:
    """Reads UTF-8 JSON.

    Args:
        what: names the message in the error.

    Raises:
        DeviceJsonError: if it is too large, not valid JSON in UTF-8, deeper than 16 levels, has a key twice in one object,
            or a number of more than 32 characters or without a finite value.
    """
    if len(data) > limit_bytes:
        raise DeviceJsonError(what=what, why=f"it has more than {limit_bytes} bytes")
    try:
        shape = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise DeviceJsonError(what=what, why="it is not valid JSON in UTF-8") from error
    _check_depth(shape, what)
    try:
        value: Value = json.loads(
            data, object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
        )
    except _RefusedError as error:
        raise DeviceJsonError(what=what, why=str(error)) from error
    except ValueError as error:
        raise DeviceJsonError(what=what, why="it is not valid JSON in UTF-8") from error
    return value


class _RefusedError(Exception):
    pass


def _check_depth(value: object, what: str) -> None:
    level = _containers([value])
    for _ in range(DEPTH_MAX):
        level = [inner for item in level for inner in _containers(item.values() if isinstance(item, dict) else item)]
    if level:
        raise DeviceJsonError(what=what, why=f"it is nested more than {DEPTH_MAX} levels deep")


def _containers(items: Iterable[object]) -> list[dict[object, object] | list[object]]:
    return [item for item in items if isinstance(item, dict | list)]


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _RefusedError("a key occurs twice in one object")
    return result


def _integer(text: str) -> int:
    if len(text) > NUMBER_MAX_DIGITS:
        raise _RefusedError("a number is too long")
    return int(text)


def _decimal(text: str) -> float:
    value = float(text) if len(text) <= NUMBER_MAX_DIGITS else float("inf")
    if value in {float("inf"), float("-inf")}:
        raise _RefusedError("a number is too long or too large")
    return value


def _constant(_text: str) -> NoReturn:
    raise _RefusedError("a number is not finite")
