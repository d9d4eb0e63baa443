"""JSON that two readers could understand in two ways, or that costs too much, is refused with a reason."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packet.verify.strictjson import read_json


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": 1, "a": 1}', "an object has a key twice"),
        (b'[{"b": {"a": 1, "a": 2}}]', "an object has a key twice"),
        (b"NaN", "it has a number that JSON does not know"),
        (b"[-Infinity]", "it has a number that JSON does not know"),
        (b"1e999", "a number is out of range"),
        (b"0." + b"1" * 40, "a number is out of range"),
        (b"1" * 33, "a number has too many digits"),
        (b"\xff", "it is not UTF-8"),
        (b"\xef\xbb\xbf{}", "it is not well-formed JSON"),
        (b"", "it is not well-formed JSON"),
        (b"{} {}", "it is not well-formed JSON"),
        (b"{'a': 1}", "it is not well-formed JSON"),
        (b"[1,]", "it is not well-formed JSON"),
        (b'"\n"', "it is not well-formed JSON"),
        (b'"\\ud800"', "it is not well-formed JSON"),
        (b"[" * 5000, "it is not well-formed JSON"),
        (b"[" * 33 + b"]" * 33, "it is nested too deeply"),
        (b'"' + b"x" * 2000 + b'"', "it is too large"),
    ],
)
def test_refusals(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_json(text, 2000 if len(text) < 5000 else 10_000)


def test_paired_surrogates_and_deep_but_bounded_values_are_read() -> None:
    assert read_json(b'"\\ud83d\\ude00"', 100) == "😀"
    assert read_json(b"[" * 31 + b"]" * 31, 100) is not None


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=10,
    )
)
def test_what_is_written_is_read(value: Any) -> None:
    assert read_json(json.dumps(value), 100_000) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode(), 100_000) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        json.dumps(read_json(data, 100))
