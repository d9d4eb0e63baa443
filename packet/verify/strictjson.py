"""JSON from a packet, read more strictly than most parsers do.

Duplicate keys, NaN and infinities, lone surrogates and a byte order mark are refused, because two readers would see two
things; size, depth and digits are bounded, because the bytes may be hostile.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from packet.models import Json

DEPTH_MAX = 32
DIGITS_MAX = 32

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(data: bytes | str, max_size: int) -> Json:
    """Decodes one JSON document.

    Args:
        max_size: bytes (or characters, for text) that are accepted at most.

    Raises:
        ValueError: with a reason that names no value of the document.
    """
    if len(data) > max_size:
        raise ValueError("it is too large")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    try:
        value: Json = _DECODER.decode(text)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except _RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not well-formed JSON") from error
    _check_depth(value)
    return value


class _RefusedError(ValueError):
    """Well-formed, but not for us."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _RefusedError("an object has a key twice")
    return result


def _integer(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise _RefusedError("a number has too many digits")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if len(text) > DIGITS_MAX or not math.isfinite(value):
        raise _RefusedError("a number is out of range")
    return value


def _constant(_: str) -> float:
    raise _RefusedError("it has a number that JSON does not know")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)


def _check_depth(value: Json) -> None:
    level: list[Json] = [value]
    for _ in range(DEPTH_MAX):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, Mapping) else node)
        ]
        if not level:
            return
    raise ValueError("it is nested too deeply")
