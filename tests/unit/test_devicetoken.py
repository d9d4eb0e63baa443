"""What a packet carries of a capture is enough to rebuild the device's token to the byte; what is not, is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet import devicetoken
from packet.crypto import jws
from packet.devicetoken import TokenNotRebuildableError
from packet.encoding import b64url
from tests.support.certificates import Issued, issue

ISO = b"FIR\x00020\x00 a record"


@pytest.fixture(scope="module")
def device() -> Issued:
    return issue("token device")


def signed(device: Issued, payload: str) -> str:
    return jws.sign(payload.encode(), device.key, (device.certificate,))


@pytest.mark.parametrize(
    "payload",
    [
        '{"bioValue":"%s","qualityScore":"87"}',
        '{ "a":"x<y>&z" , "bioValue"  :\n "%s", "ünïcode":"é" }',
        '{"digitalId":"a.b.c","bioValue":"%s"}',
    ],
)
def test_a_token_is_rebuilt_whatever_its_spacing_and_order(device: Issued, payload: str) -> None:
    token = signed(device, payload % b64url(ISO))
    parts = devicetoken.split(token, jws.parse(token))
    assert parts.iso == ISO
    assert '"<bioValue>"' in parts.payload
    assert parts.signature.count(".") == 2
    assert ".." in parts.signature
    assert devicetoken.rebuild(parts) == token


@pytest.mark.parametrize(
    "payload",
    [
        '{"bioValue":"%s","copy":"%s"}',
        '{"bioValue":"%s","x":{"bioValue":1}}',
        '{"bioValue":"%s","x":"<bioValue>"}',
        '{"bioValue":"%s="}',
        '{"bioValue":""}',
        '{"bioValue":7}',
        '{"other":"%s"}',
        '["%s"]',
        "%s",
        '{"bio\\u0056alue":"%s"}',
        '{"bioValue":"\\u0052%s"}',
    ],
)
def test_a_payload_that_a_server_would_misread_is_refused(device: Issued, payload: str) -> None:
    token = signed(device, payload.replace("%s", b64url(ISO)))
    with pytest.raises(TokenNotRebuildableError):
        devicetoken.split(token, jws.parse(token))


def test_a_payload_that_is_not_utf8_is_refused(device: Issued) -> None:
    token = jws.sign(b'{"bioValue":"QUJD","x":"\xff"}', device.key, (device.certificate,))
    with pytest.raises(TokenNotRebuildableError):
        devicetoken.split(token, jws.parse(token))


@given(iso=st.binary(min_size=1, max_size=60), extra=st.text(max_size=20))
def test_any_record_and_any_neighbour_text_round_trips_or_is_refused(device: Issued, iso: bytes, extra: str) -> None:
    import orjson

    payload = orjson.dumps({"note": extra, "bioValue": b64url(iso)})
    token = jws.sign(payload, device.key, (device.certificate,))
    try:
        parts = devicetoken.split(token, jws.parse(token))
    except TokenNotRebuildableError:
        return
    assert parts.iso == iso
    assert devicetoken.rebuild(parts) == token
