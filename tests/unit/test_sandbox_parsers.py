"""The sandbox's readers of foreign bytes: right for right input, one kind of refusal for all other."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from packet.crypto.hybrid import encrypt
from packet.encoding import iso_millis
from packet.verify import PrivateKeyOpener
from sandbox.envelope import open_envelope
from sandbox.instants import parse_iso_millis
from sandbox.regproc.container import UNPACKED_MAX_BYTES, read_container
from sandbox.web.body import JSON_DEPTH_MAX, parse_json
from sandbox.web.multipart import uploaded_file
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.editing import flip

CERTIFICATE: x509.Certificate = lab_certificate("packet")
OPENER = PrivateKeyOpener(lab_key("packet"), [CERTIFICATE])
SIDE = json.dumps({"id": "x", "signature": "y"}).encode()
GOOD = {"A/NEW/1_id.zip": b"one", "A/NEW/1_id.json": SIDE, "A/NEW/1_evidence.zip": b"two", "A/NEW/1_evidence.json": SIDE}


@given(st.binary(max_size=3000))
def test_envelopes_of_the_client_open(plain: bytes) -> None:
    assert open_envelope(encrypt(plain, CERTIFICATE, os.urandom), OPENER) == plain


@given(st.integers(0, 362 + 99), st.integers(0, 7))
def test_any_changed_bit_keeps_an_envelope_shut(at: int, bit: int) -> None:
    spoilt = bytearray(SEALED)
    spoilt[at] ^= 1 << bit
    with pytest.raises(ValueError, match=r"."):
        open_envelope(bytes(spoilt), OPENER)


SEALED = encrypt(bytes(100), CERTIFICATE, os.urandom)


@given(st.binary(max_size=500))
def test_other_bytes_are_no_envelope(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        open_envelope(data, OPENER)


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_container_gives_its_objects_with_their_metadata() -> None:
    first, second = read_container(packed(GOOD))
    assert (first.key, first.data, first.metadata) == ("A/NEW/1_id", b"one", {"id": "x", "signature": "y"})
    assert second.key == "A/NEW/1_evidence"


def without(name: str) -> dict[str, bytes]:
    return {key: data for key, data in GOOD.items() if key != name}


@pytest.mark.parametrize(
    "entries",
    [
        {},
        without("A/NEW/1_id.json"),
        without("A/NEW/1_id.zip"),
        {**GOOD, "A/NEW/../x.zip": b""},
        {**GOOD, "/A/NEW/x.zip": b""},
        {**GOOD, "A/NEW/x/": b""},
        {**GOOD, "A/NEW/x.txt": b""},
        {**GOOD, **{f"A/NEW/{n}.zip": b"" for n in range(20)}},
        {**GOOD, "A/NEW/1_id.json": b"[]"},
        {**GOOD, "A/NEW/1_id.json": b"{"},
        {**GOOD, "A/NEW/1_id.json": b'{"id":1}'},
        {**GOOD, "A/NEW/1_id.json": b'{"Id":"x"}'},
        {**GOOD, "A/NEW/1_id.json": b'{"id":"a\\nb"}'},
        {**GOOD, "A/NEW/1_id.zip": bytes(UNPACKED_MAX_BYTES + 1)},
    ],
)
def test_containers_that_are_refused(entries: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_container(packed(entries))


def _spoil_crc(data: bytes) -> bytes:
    return flip(data, data.index(b"one"))


@pytest.mark.parametrize("spoil", [lambda data: data[:-30], lambda data: b"x" + data[1:], lambda _data: b"", _spoil_crc])
def test_damaged_containers_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_container(spoil(packed(GOOD, zipfile.ZIP_STORED)))


@given(st.binary(max_size=400))
def test_other_bytes_are_no_container(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_container(data)


@given(st.integers(0, 8_000 * 365 * 86_400_000))
def test_instants_survive_their_text(milliseconds: int) -> None:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert parse_iso_millis(iso_millis(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2030-01-02T03:04:05Z",
        "2030-01-02T03:04:05.6Z",
        "2030-01-02T03:04:05.006",
        "2030-01-02T03:04:05.006+00:00",
        "2030-02-30T03:04:05.006Z",
        "2030-01-02T25:04:05.006Z",
        "２030-01-02T03:04:05.006Z",
        "2030-01-02T03:04:05.006Z\n",
    ],
)
def test_other_texts_are_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_iso_millis(text)


def test_json_is_read_to_its_depth_and_no_deeper() -> None:
    assert parse_json("[" * JSON_DEPTH_MAX + "]" * JSON_DEPTH_MAX) is not None
    for depth in (JSON_DEPTH_MAX + 1, 100_000):
        with pytest.raises(ValueError, match=r"."):
            parse_json("[" * depth + "]" * depth)
    with pytest.raises(ValueError, match=r"."):
        parse_json('{"a":' * (JSON_DEPTH_MAX + 1) + "1" + "}" * (JSON_DEPTH_MAX + 1))
    assert parse_json('"' + "[" * 1000 + '"') == "[" * 1000


def form(boundary: str, name: str, file_name: str, content: bytes) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
    return head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + f"\r\n--{boundary}--\r\n".encode()


@given(st.binary(max_size=2000))
def test_a_file_comes_out_as_it_went_in(content: bytes) -> None:
    boundary = "a-boundary-that-is-not-in-the-content"
    file = uploaded_file(form(boundary, "file", "p.zip", content), f"multipart/form-data; boundary={boundary}", "file")
    assert file is not None
    assert (file.field_name, file.file_name, file.content) == ("file", "p.zip", content)


@given(st.binary(max_size=300), st.text(max_size=60))
def test_other_bytes_are_no_file(body: bytes, content_type: str) -> None:
    latin = content_type.encode("latin-1", "replace").decode("latin-1")
    assert uploaded_file(body, latin, "file") is None
    assert uploaded_file(b"--b\r\n" + body, "multipart/form-data; boundary=b", "file") is None


def test_the_lab_key_is_the_certificates() -> None:
    public = CERTIFICATE.public_key()
    formats = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public.public_bytes(*formats) == lab_key("packet").public_key().public_bytes(*formats)
