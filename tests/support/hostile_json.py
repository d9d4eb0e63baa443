"""Random damage to bytes, texts and JSON: what a broken or hostile sender could do to a message."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

EXTREMES: list[Any] = [
    None, True, False, 0, -1, 1, 2**63, 10**40, 0.5, 1e308, "", " ", "0", "1", "-1", "NaN", "Infinity", "100.1", "null", "\0",
    "\ud800",
    "é" * 50, "<bioValue>", "bioValue", "a" * 5000, "../../etc", "http://127.0.0.1:1/", "Left Thumb", "Right", "UNKNOWN",
    "Face",
    "Finger", "Iris", "Ready", "Not Registered", "L1", "0.9.5", "2026-02-30T00:00:00Z", "2020-01-01T00:00:00Z", "Auth",
    [], {}, [[]], [None], {"": ""}, {"errorCode": "0"}, ["x"] * 100, [0] * 20,
]  # fmt: skip
RAW_INSERTS = [
    b"NaN", b"Infinity", b"-Infinity", b"1e309", b"9" * 400, b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"[" * 3000,
    b'{"a":' * 200,
    b"\0", b"/* */", b"'", b"\\u0000", b"\\ud800", b"{}", b"[]", b",", b'"', b"null", b"}", b"]", b"\r\n\r\n", b" " * 100,
]  # fmt: skip


def damage_bytes(data: bytes, chance: random.Random) -> bytes:
    """One to three small changes anywhere."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(7):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(changed):
                changed[at] = chance.randrange(256)
            case 2:
                del changed[at : at + chance.choice((1, 2, 7, 100))]
            case 3:
                changed[at:at] = chance.choice(RAW_INSERTS)
            case 4:
                del changed[at:]
            case 5:
                other = chance.randrange(len(changed) + 1)
                changed[at:at] = changed[other : other + chance.choice((1, 4, 30, 400))]
            case _:
                changed[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 4, 16))))
    return bytes(changed)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a tree."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)


def damage_tree(value: Any, chance: random.Random) -> Any:
    """The tree with one to three nodes changed. Long texts are damaged inside now and then."""
    value = deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 3))):
        places = list(_places(value))
        if not places:
            return deepcopy(chance.choice(EXTREMES))
        container, key = chance.choice(places)
        old = container[key]
        match chance.randrange(8):
            case 0:
                del container[key]
            case 1 | 2:
                container[key] = deepcopy(chance.choice(EXTREMES))
            case 3:
                container[key] = [deepcopy(old)]
            case 4 if isinstance(old, str) and old:
                at = chance.randrange(len(old))
                container[key] = old[:at] + chance.choice((*"aZ0-_=.+/ ", "é", "")) + old[at + chance.randrange(2) :]
            case 5:
                other, other_key = chance.choice(places)
                is_there = other_key in other if isinstance(other, dict) else other_key < len(other)
                if is_there:
                    container[key] = deepcopy(other[other_key])
            case 6 if isinstance(container, dict):
                container[chance.choice((f"{key}XXX", key.upper(), "extra", ""))] = container.pop(key)
            case _:
                if isinstance(container, list):
                    container.insert(key, deepcopy(chance.choice((old, chance.choice(EXTREMES)))))
                else:
                    container[key] = str(old) if not isinstance(old, str) else old.swapcase()
    return value


def encode_tree(value: Any, chance: random.Random) -> bytes:
    """JSON in one of several spellings; now and then with a key twice."""
    separators = chance.choice(((",", ":"), (", ", ": "), (" ,\n", "\t:")))
    data = json.dumps(value, separators=separators, ensure_ascii=chance.random() < 0.8).encode("utf-8", "surrogatepass")
    if chance.random() < 0.05 and data.startswith(b"{") and len(data) > 2:
        key = chance.choice(list(value)) if value else "x"
        data = data[:-1] + b"," + json.dumps(key).encode() + b":" + json.dumps(chance.choice(EXTREMES)).encode() + b"}"
    return data
