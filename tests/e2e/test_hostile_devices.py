"""Every attack and fault that a device service can make: its name, in time, and nothing of it is kept.

One table for all of them, each with what the operator is told. The variants of each attack are in the unit tests; here every
one goes over the wire, through search, second look and capture, as a registration would meet it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from devices.client.latestframe import LatestFrame
from devices.client.preview import PreviewLimits, watch_preview
from devices.client.scan import scan, search
from devices.client.session import CaptureSession
from devices.sbi import errors, refusals, streamerrors
from devices.sbi.info import VerifiedDevice
from packet.crypto import errors as crypto
from packet.crypto import jws
from packet.devicetoken import TokenNotRebuildableError, rebuild
from packet.encoding import b64url, b64url_decode, iso_seconds
from packet.errors import CodedError
from packet.iso import ImageUnsuitableError, IsoRecordMalformedError, IsoRecordMismatchError, encode_record
from packet.models import BioAttribute
from tests.support.hostile_device import Dict, Fault, HostileDevice, certificates, http, record, sign, tiny_image, utc_now, x5c
from tests.support.hostile_stream import HEAD, jpeg, numbered_jpeg, part, sending

A = BioAttribute
THUMBS = (A.LEFT_THUMB, A.RIGHT_THUMB)
C = certificates()


@pytest.fixture
def device() -> Iterator[HostileDevice]:
    with HostileDevice() as service:
        yield service


def known(service: HostileDevice) -> VerifiedDevice:
    (found,) = scan(C.trust, utc_now, [service.port]).devices
    return found


def put(**values: object) -> Callable[[Dict], None]:
    return lambda target: target.update(values)


def payload_text(old: bytes, new: bytes) -> Fault:
    return Fault(payload_bytes=lambda data: data.replace(old, new))


def tampered(token: str, _index: int) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{b64url(b64url_decode(payload).replace(b'87.5', b'97.5'))}.{signature}"


def with_header(**values: object) -> Callable[[str, int], str]:
    def change(token: str, _index: int) -> str:
        head, payload, signature = token.split(".")
        return f"{b64url(json.dumps({**json.loads(b64url_decode(head)), **values}).encode())}.{payload}.{signature}"

    return change


def outcome(code: str, *, has_data: bool) -> Fault:
    def change(element: Dict, _index: int) -> None:
        element["error"] = {"errorCode": code, "errorInfo": "x"}
        if not has_data:
            element["data"] = ""

    return Fault(element=change)


def raw(data: bytes) -> Fault:
    """Answers a capture with these bytes, everything else rightly."""

    def respond(connection: socket.socket, verb: str, body: bytes) -> None:
        connection.sendall(data if verb == "RCAPTURE" else http(body))

    return Fault(respond=respond)


def lying_length(iso: bytes, _attribute: BioAttribute) -> bytes:
    return iso[:8] + (len(iso) + 5).to_bytes(4, "big") + iso[12:]


def of_position(position: int) -> Callable[[bytes, BioAttribute], bytes]:
    return lambda _iso, attribute: encode_record(record(attribute, position=position))


def bomb(_iso: bytes, attribute: BioAttribute) -> bytes:
    """A picture that announces 65535 x 65535 pixels in its own header, and the record's real size in the record."""
    image = bytearray(tiny_image("L"))
    at = image.index(b"\xff\x51")
    image[at + 6 : at + 14] = (65535).to_bytes(4, "big") * 2
    return encode_record(record(attribute, image=bytes(image)))


@dataclass(frozen=True)
class Attack:
    fault: Fault
    error: type[CodedError]
    is_suspect: bool = False


CAPTURES: dict[str, Attack] = {
    "tampered payload": Attack(Fault(token=tampered), crypto.SignatureInvalidError, is_suspect=True),
    "algorithm none": Attack(Fault(token=with_header(alg="none")), crypto.JwsMalformedError),
    "HMAC with the public key as secret": Attack(Fault(token=with_header(alg="HS256")), crypto.JwsMalformedError),
    "elliptic curve": Attack(Fault(token=with_header(alg="ES256")), crypto.JwsMalformedError),
    "RS384": Attack(Fault(token=with_header(alg="RS384")), crypto.JwsMalformedError),
    "RS512": Attack(Fault(token=with_header(alg="RS512")), crypto.JwsMalformedError),
    "PS256": Attack(Fault(token=with_header(alg="PS256")), crypto.JwsMalformedError),
    "no certificate": Attack(Fault(header={"x5c": None}), crypto.JwsMalformedError),
    "an empty list of certificates": Attack(Fault(header={"x5c": []}), crypto.JwsMalformedError),
    "six certificates": Attack(Fault(header={"x5c": x5c(C.device) * 6}), crypto.JwsMalformedError),
    "a header of 20 KiB": Attack(Fault(header={"x": "y" * 20_000}), crypto.JwsMalformedError),
    "a certificate that is none": Attack(Fault(header={"x5c": ["AAAA"]}), crypto.JwsMalformedError),
    "keys to be fetched": Attack(Fault(header={"x5c": None, "jku": "http://127.0.0.1/k"}), crypto.JwsMalformedError),
    "a critical extension": Attack(Fault(header={"crit": ["exp"]}), crypto.JwsMalformedError),
    "self-signed": Attack(Fault(signer=lambda _: C.self_signed), crypto.ChainUntrustedError),
    "rogue root": Attack(Fault(signer=lambda _: C.rogue), crypto.ChainUntrustedError),
    "certificate of another domain": Attack(Fault(signer=lambda _: C.chip), crypto.ChainUntrustedError),
    "expired": Attack(Fault(signer=lambda _: C.expired), crypto.CertificateExpiredError),
    "not yet valid": Attack(Fault(signer=lambda _: C.future), crypto.CertificateNotYetValidError),
    "thumbprint of another certificate in the header": Attack(
        Fault(signer=lambda _: C.rogue, header={"x5t#S256": b64url(b"\0" * 32)}), crypto.ChainUntrustedError
    ),
    "RSA of 1024 bits": Attack(Fault(signer=lambda _: C.weak), crypto.SignatureInvalidError, is_suspect=True),
    "RSA with exponent 3": Attack(Fault(signer=lambda _: C.low_exponent), crypto.SignatureInvalidError, is_suspect=True),
    "another transaction": Attack(
        Fault(payload=put(transactionId="earlier-one")), refusals.TransactionMismatchError, is_suspect=True
    ),
    "digital id of another device": Attack(
        Fault(digital_id=put(serialNo="SN-2")), refusals.DigitalIdMismatchError, is_suspect=True
    ),
    "signed by another trusted device": Attack(Fault(signer=lambda _: C.other), refusals.DeviceCertificateChangedError),
    "broken hash chain": Attack(
        Fault(element=lambda e, i: e.update(hash="0" * 64) if i else None), refusals.HashChainError, is_suspect=True
    ),
    "an error and a capture": Attack(outcome("101", has_data=True), refusals.ErrorWithDataError),
    "success without a capture": Attack(outcome("0", has_data=False), refusals.SuccessWithoutDataError),
    "an error of the device": Attack(outcome("105", has_data=False), errors.DeviceReportedError),
    "a finger too many": Attack(Fault(attributes=lambda a: [*a, A.LEFT_INDEX]), refusals.ForeignAttributeError),
    "a finger twice": Attack(Fault(attributes=lambda a: [*a, a[0]]), refusals.DuplicateAttributeError),
    "a finger too few": Attack(Fault(attributes=lambda a: a[1:]), refusals.MissingAttributeError),
    "another modality": Attack(Fault(payload=put(bioType="Iris", bioSubType="Left")), refusals.BioTypeMismatchError),
    "unknown finger": Attack(Fault(payload=put(bioSubType="UNKNOWN")), refusals.UnknownAttributeError),
    "score NaN": Attack(Fault(payload=put(qualityScore="NaN")), refusals.QualityScoreError),
    "score inf": Attack(Fault(payload=put(qualityScore="inf")), refusals.QualityScoreError),
    "score 1e309": Attack(Fault(payload=put(qualityScore="1e309")), refusals.QualityScoreError),
    "score -0.9": Attack(Fault(payload=put(qualityScore="-0.9")), refusals.QualityScoreError),
    "score 100.9": Attack(Fault(payload=put(qualityScore="100.9")), refusals.QualityScoreError),
    "score in full-width digits": Attack(Fault(payload=put(qualityScore="８８")), refusals.QualityScoreError),
    "key twice": Attack(Fault(payload_bytes=lambda d: d[:-1] + b',"env":"Staging"}'), errors.DeviceJsonError),
    "nested 40 deep": Attack(Fault(capture_body=lambda _: b"[" * 40 + b"]" * 40), errors.DeviceJsonError),
    "nested 100,000 deep": Attack(Fault(capture_body=lambda _: b"[" * 100_000), errors.DeviceJsonError),
    "a number of 5000 digits": Attack(payload_text(b'"87.5"', b"9" * 5000), TokenNotRebuildableError),
    "a number of 40 digits": Attack(payload_text(b'"87.5"', b"9" * 40), errors.DeviceJsonError),
    "not JSON": Attack(Fault(capture_body=lambda b: b[:-3]), errors.DeviceJsonError),
    "a body without end": Attack(raw(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (65 * 2**20)), errors.DeviceBodyTooLargeError),
    "a length too great": Attack(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"), errors.DeviceHttpError),
    "a redirect": Attack(raw(http(b"", "307 X", Location="http://192.0.2.1/capture")), errors.DeviceStatusError),
    "an upgrade": Attack(raw(b"HTTP/1.1 101 X\r\nUpgrade: TLS/1.3\r\nConnection: Upgrade\r\n\r\n"), errors.DeviceHttpError),
    "another version": Attack(Fault(element=lambda e, _: e.update(specVersion="0.9.2")), refusals.SpecVersionMismatchError),
    "another environment": Attack(Fault(payload=put(env="Production")), refusals.EnvironmentMismatchError),
    "for authentication": Attack(Fault(payload=put(purpose="Auth")), refusals.PurposeMismatchError),
    "another device code": Attack(Fault(payload=put(deviceCode="x")), refusals.DeviceCodeMismatchError, is_suspect=True),
    "an old capture": Attack(Fault(payload=put(timestamp="2021-01-01T00:00:00Z")), refusals.CaptureTimeError),
    "local time": Attack(Fault(payload=put(timestamp="2026-01-01T00:00:00")), refusals.TimestampFormatError),
    "a stale digital id": Attack(Fault(digital_id=put(dateTime="2021-01-01T00:00:00Z")), refusals.DigitalIdTimeError),
    "bioValue twice": Attack(Fault(payload_bytes=lambda d: d[:-1] + b',"bioValue":"QUJD"}'), TokenNotRebuildableError),
    "the placeholder in the payload": Attack(Fault(payload=put(extra="<bioValue>")), TokenNotRebuildableError),
    "padded bioValue": Attack(Fault(payload=lambda p: p.update(bioValue=p["bioValue"] + "=")), TokenNotRebuildableError),
    "record whose length lies": Attack(Fault(iso=lying_length), IsoRecordMalformedError),
    "record with something behind it": Attack(Fault(iso=lambda iso, _: iso + b"PK"), IsoRecordMalformedError),
    "record of another finger": Attack(Fault(iso=of_position(3)), IsoRecordMismatchError),
    "record of no finger": Attack(Fault(iso=of_position(0)), IsoRecordMismatchError),
    "a picture of 65535 x 65535": Attack(Fault(iso=bomb), ImageUnsuitableError),
}  # fmt: skip


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_is_refused_by_name_and_nothing_of_it_is_kept(
    device: HostileDevice, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    attack = CAPTURES[name]
    caplog.set_level(logging.DEBUG, "devices")
    found, captures = known(device), CaptureSession(C.trust, "Staging", utc_now, ports=[device.port])
    device.fault = attack.fault
    begin = time.monotonic()
    with pytest.raises(attack.error) as refused:
        captures.capture(found, THUMBS, timeout_ms=500)
    assert time.monotonic() - begin < 5
    assert type(refused.value) is attack.error
    assert (captures.last_hash, captures.devices) == ("", ())
    device.fault = Fault()
    if attack.is_suspect:
        with pytest.raises(errors.DeviceBlockedError):
            captures.capture(found, THUMBS)
    else:
        assert len(captures.capture(found, THUMBS).captures) == 2
    said = [str(refused.value.diagnostics()), repr(refused.value), caplog.text]
    assert not any(secret in text for text in said for secret in ("RklSADAyMAA", "eyJ4NWMi", "FIR\\x00"))  # no record, no token


FOUND: dict[str, tuple[Fault, type[CodedError]]] = {
    "callback to another machine": (Fault(info_payload=put(callbackId="http://192.0.2.1:4501/")), errors.CallbackRefusedError),
    "callback to a name": (Fault(info_payload=put(callbackId="http://localhost:4501/")), errors.CallbackRefusedError),
    "callback to another port": (Fault(info_payload=put(callbackId="http://127.0.0.1:22/")), errors.CallbackRefusedError),
    "callback with user": (Fault(info_payload=put(callbackId="http://127.0.0.1:4501@192.0.2.1/")), errors.CallbackRefusedError),
    "information signed by a rogue": (Fault(info_signer=lambda _: C.rogue), crypto.ChainUntrustedError),
    "information signed by a chip": (Fault(info_signer=lambda _: C.chip), crypto.ChainUntrustedError),
    "information expired": (Fault(info_signer=lambda _: C.expired), crypto.CertificateExpiredError),
    "information unsigned": (Fault(info_entry=lambda e: e.update(deviceInfo=b64url(b"{}"))), errors.DeviceFieldError),
    "another version only": (Fault(info_payload=put(specVersion=["1.0"])), errors.SpecVersionUnsupportedError),
    "no level": (Fault(info_payload=put(certification="L9")), errors.DeviceFieldError),
    "not JSON": (Fault(info_body=lambda _: b"<html>"), errors.DeviceJsonError),
    "digital id by another": (
        Fault(info_payload=lambda p: p.update(digitalId=sign(b64url_decode(p["digitalId"].split(".")[1]), C.rogue))),
        crypto.ChainUntrustedError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_device_that_cannot_be_trusted_is_listed_as_refused_and_not_offered(device: HostileDevice, name: str) -> None:
    device.fault, expected = FOUND[name]
    result = scan(C.trust, utc_now, [device.port])
    assert result.devices == ()
    (problem,) = result.problems
    assert type(problem.error) is expected
    assert problem.is_foreign is (name == "not JSON")  # a device that is refused is shown, another program is not


def test_a_device_exchanged_between_search_and_capture_is_noticed(device: HostileDevice) -> None:
    found, captures = known(device), CaptureSession(C.trust, "Staging", utc_now, ports=[], restart_s=0)
    device.identity, device.serial = C.other, "SN-2"
    with pytest.raises(refusals.DigitalIdMismatchError):
        captures.capture(found, THUMBS)
    assert "RCAPTURE" not in [verb for verb, _ in device.requests]
    device.identity, device.serial = C.device, found.digital_id.serial_no
    assert len(captures.capture(found, THUMBS).captures) == 2  # the first device did nothing wrong and is back


def test_unsigned_discovery_alone_changes_nothing_about_who_a_device_is(device: HostileDevice) -> None:
    found, captures = known(device), CaptureSession(C.trust, "Staging", utc_now, ports=[], restart_s=0)
    device.fault = Fault(discovery_entry=put(deviceCode="another"))
    with pytest.raises(refusals.DigitalIdMismatchError):
        captures.capture(found, THUMBS)


def test_two_services_that_claim_one_serial_with_different_certificates_are_both_refused() -> None:
    with HostileDevice() as one, HostileDevice() as other:
        other.identity = C.other
        result = scan(C.trust, utc_now, [one.port, other.port])
    assert result.devices == ()
    assert {type(problem.error) for problem in result.problems} == {errors.SerialTwiceError}
    assert {problem.port for problem in result.problems} == {one.port, other.port}


@pytest.mark.parametrize(("code", "status"), [("111", "Busy"), ("110", "Not Ready"), ("107", "Ready")])
def test_a_device_that_is_not_ready_is_not_asked_for_a_capture(device: HostileDevice, code: str, status: str) -> None:
    found, captures = known(device), CaptureSession(C.trust, "Staging", utc_now)
    change = put(deviceStatus=status, error={"errorCode": code, "errorInfo": "x"})
    device.fault = Fault(discovery_entry=change)
    with pytest.raises(errors.DeviceReportedError) as refused:
        captures.capture(found, THUMBS)
    assert refused.value.params["device_code"] == code
    assert "RCAPTURE" not in [verb for verb, _ in device.requests]


def test_unknown_keys_are_tolerated(device: HostileDevice) -> None:
    found = known(device)
    device.fault = Fault(payload=put(additionalInfo={"dpi": "500"}), element=lambda e, _: e.update(vendor="x"))
    assert len(CaptureSession(C.trust, "Staging", utc_now).capture(found, THUMBS).captures) == 2


def test_a_clock_that_is_wrong_is_named_as_such(device: HostileDevice) -> None:
    def slow() -> datetime:
        return utc_now() - timedelta(minutes=20)

    found, captures = known(device), CaptureSession(C.trust, "Staging", slow, server_offset=lambda: timedelta(minutes=20))
    with pytest.raises(refusals.DigitalIdTimeError) as refused:
        captures.capture(found, THUMBS)
    assert "1200 seconds slow" in refused.value.advice


def test_every_address_is_the_loopback_number_and_no_proxy_is_asked(
    device: HostileDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    CaptureSession(C.trust, "Staging", utc_now).capture(known(device), THUMBS)
    hosts = {line for _, data in device.requests for line in data.split(b"\r\n") if line.lower().startswith(b"host:")}
    assert hosts == {f"Host: 127.0.0.1:{device.port}".encode()}


STREAMS: dict[str, tuple[tuple[bytes, ...], type[CodedError]]] = {
    "endless header": ((HEAD, b"--BoundaryString\r\n" + b"X: y\r\n" * 4000), streamerrors.StreamTooLargeError),
    "huge length": ((HEAD, part(b"", length=999_999_999)), streamerrors.StreamTooLargeError),
    "negative length": ((HEAD, part(b"", length=-5)), streamerrors.StreamMalformedError),
    "no picture in it": ((HEAD, part(b"no picture at all") * 5), streamerrors.StreamBrokenOffError),
    "an error at the end": ((HEAD, part(jpeg()), b'{"error":{"errorCode":"202","errorInfo":""}}'), errors.DeviceReportedError),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_a_bad_preview_ends_by_name_and_a_capture_is_still_possible(device: HostileDevice, name: str) -> None:
    found, (pieces, expected) = known(device), STREAMS[name]
    device.fault = sending(*pieces)
    with pytest.raises(expected):
        watch_preview(found, "3", LatestFrame(), limits=PreviewLimits(2, 2))
    assert len(CaptureSession(C.trust, "Staging", utc_now).capture(found, THUMBS).captures) == 2


def test_a_preview_with_a_picture_bomb_shows_the_others(device: HostileDevice) -> None:
    bombed = bytearray(jpeg())
    at = bombed.index(b"\xff\xc0")
    bombed[at + 5 : at + 9] = b"\xff" * 4
    found, place = known(device), LatestFrame()
    device.fault = sending(HEAD, part(bytes(bombed)), part(numbered_jpeg(1)), part(bytes(bombed)), b'{"errorCode":"0"}')
    watch_preview(found, "3", place)
    assert (place.counts.received, place.counts.refused) == (1, 2)


def test_a_search_among_strangers_finds_the_device_and_is_not_held_by_them() -> None:
    """Other programs on the ports: one that says nothing, one that hangs up, one that speaks HTML, one that is no HTTP."""
    with ExitStack() as stack:
        genuine, silent, closing, web, mail = (stack.enter_context(HostileDevice()) for _ in range(5))
        silent.fault = Fault(respond=lambda _c, _v, _b: (silent.is_stopping.wait(30), None)[1])
        closing.fault = Fault(respond=lambda _c, _v, _b: None)
        web.fault = Fault(info_body=lambda _: b"<html>It works!</html>")
        mail.fault = Fault(respond=lambda c, _v, _b: c.sendall(b"220 mail ESMTP\r\n"))
        begin = time.monotonic()
        ports = [d.port for d in (genuine, silent, closing, web, mail)]
        result = asyncio.run(search(C.trust, utc_now, ports, deadline_s=0.5))
        assert time.monotonic() - begin < 3
    assert [d.port for d in result.devices] == [genuine.port]
    assert len(result.problems) == 4
    assert all(problem.is_foreign for problem in result.problems)


def test_what_is_kept_is_what_the_device_signed_to_the_byte(device: HostileDevice) -> None:
    """Odd spelling included: the payload goes into the packet as it came, and the token can be put together again."""
    tokens: list[str] = []
    device.fault = Fault(
        payload_bytes=lambda data: data.replace(b": ", b" :\t", 3).replace(b"0.9.5", b"0\\u002e9.5"),
        element=lambda e, _: tokens.append(e["data"]),
    )
    found = known(device)
    captures = CaptureSession(C.trust, "Staging", utc_now).capture(found, THUMBS).captures
    assert [rebuild(c.token) for c in captures] == tokens
    for capture in captures:
        jws.verify_with_leaf(jws.parse(rebuild(capture.token)))
        assert "0\\u002e9.5" in capture.token.payload


def test_a_capture_at_the_edge_of_time_is_accepted(device: HostileDevice) -> None:
    found = known(device)
    device.fault = Fault(payload=put(timestamp=iso_seconds(utc_now() - timedelta(minutes=4, seconds=50))))
    result = CaptureSession(C.trust, "Staging", utc_now).capture(found, THUMBS)
    assert result.is_clock_doubtful
