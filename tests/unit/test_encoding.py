"""Text forms are MOSIP's to the character, and their decoders refuse everything else."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet import encoding


def test_digests_are_upper_hex() -> None:
    assert encoding.hex_upper(encoding.sha256(b"abc")) == "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
    assert encoding.hex_upper(encoding.sha256(b"")).startswith("E3B0C44298FC1C14")


@given(st.binary(max_size=100))
def test_base64_round_trips_and_fits_the_standard_library(data: bytes) -> None:
    assert encoding.b64url(data) == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert encoding.b64url_decode(encoding.b64url(data)) == data
    assert encoding.b64std_decode(encoding.b64std(data)) == data
    assert encoding.b64any_decode(base64.b64encode(data)) == data
    assert encoding.b64any_decode(encoding.b64url(data)) == data


@pytest.mark.parametrize("text", ["QQ==", "Q", "Q+", "Q/", "Q Q", "QQ\n", "QR", "é", "QUJD=", "*"])
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        encoding.b64url_decode(text)


@given(st.text(alphabet="AZaz09-_+/= \n", max_size=12))
def test_what_base64url_accepts_is_the_only_text_of_its_bytes(text: str) -> None:
    try:
        data = encoding.b64url_decode(text)
    except ValueError:
        return
    assert encoding.b64url(data) == text


def test_times_are_utc_whatever_the_zone() -> None:
    local = datetime(2026, 1, 15, 15, 30, 0, 123999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert encoding.iso_millis(local) == "2026-01-15T10:00:00.123Z"
    assert encoding.iso_seconds(local) == "2026-01-15T10:00:00Z"
    assert encoding.compact_seconds(local) == "20260115100000"
    assert encoding.iso_millis(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1.0, "1.0"), (1, "1.0"), (87.5, "87.5"), (0, "0.0")])
def test_doubles_read_as_java_prints_them(value: float, text: str) -> None:
    assert encoding.java_double(value) == text
