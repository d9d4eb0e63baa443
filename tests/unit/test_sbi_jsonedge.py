"""JSON of a device is read strictly, and nothing of it can hurt the reader."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sbi import capture, digitalid, discovery, info
from devices.sbi.errors import DeviceError, DeviceJsonError
from devices.sbi.jsonedge import DEPTH_MAX, decode
from packet.models import DigitalId


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1,]",
        b"{'a':1}",
        b'{"a":1}{"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'[{"a":1,"\\u0061":2}]',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 33,
        b"0." + b"1" * 40,
        b'"\xff"',
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
        b"[" * 100_000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_not_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(DeviceJsonError):
        decode(data, "a message")


def test_a_large_message_is_refused() -> None:
    with pytest.raises(DeviceJsonError):
        decode(b" " * 101, "a message", 100)


def test_the_deepest_allowed_nest_is_read() -> None:
    decode(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, "a message")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9, width=32) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_ordinary_json_is_read_as_it_is(value: object) -> None:
    assert decode(json.dumps(value, ensure_ascii=False).encode(), "a message") == value


KEYS = st.sampled_from([*discovery.KEYS, *info.KEYS, *capture.PAYLOAD_KEYS, *capture.ELEMENT_KEYS, "biometrics", "deviceInfo"])
MESSAGES = st.dictionaries(KEYS, JSON, max_size=12)


@given(st.binary(max_size=200) | (MESSAGES | st.lists(MESSAGES, max_size=2)).map(lambda m: json.dumps(m).encode()))
def test_no_message_raises_anything_but_the_named_errors(data: bytes) -> None:
    for read in (
        discovery.parse,
        info.parse,
        capture.parse_response,
        capture.parse_payload,
        lambda message: digitalid.parse(message, "a digital id"),
    ):
        with contextlib.suppress(DeviceError):
            read(data)


@given(st.text(max_size=40))
def test_times_and_scores_are_read_or_refused_by_name(text: str) -> None:
    with contextlib.suppress(DeviceError):
        capture.parse_time(text, "timestamp")
    with contextlib.suppress(DeviceError):
        assert 0 <= capture.parse_score(text, "qualityScore") <= 100


def test_a_digital_id_is_written_in_the_order_of_mosips_mock() -> None:
    digital_id = DigitalId("1", "make", "model", "Finger", "Slap", "id", "provider", "2026-01-01T00:00:00Z")
    data = digitalid.encode(digital_id)
    assert list(json.loads(data)) == [
        "serialNo", "make", "model", "type", "deviceSubType", "deviceProviderId", "deviceProvider", "dateTime",
    ]  # fmt: skip
    assert digitalid.parse(data, "a digital id") == digital_id
