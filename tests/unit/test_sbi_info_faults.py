"""A device is what its signed information says, and only if everything else that it says agrees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devices.client.scan import scan, scan_unsigned
from devices.client.session import CaptureSession
from devices.sbi import errors, refusals
from devices.sbi.info import DeviceStatus, VerifiedDevice, check_callback
from packet.crypto.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    ChainUntrustedError,
    JwsMalformedError,
    SignatureInvalidError,
)
from packet.encoding import b64url, b64url_decode
from packet.errors import CodedError
from packet.models import BioAttribute
from tests.support.hostile_device import Dict, Fault, HostileDevice, certificates, sign, utc_now

C = certificates()
THUMBS = (BioAttribute.LEFT_THUMB, BioAttribute.RIGHT_THUMB)


@pytest.fixture
def device() -> Iterator[HostileDevice]:
    with HostileDevice() as service:
        yield service


def known(service: HostileDevice) -> VerifiedDevice:
    (found,) = scan(C.trust, utc_now, [service.port]).devices
    return found


def put(**values: Any) -> Callable[[Dict], None]:
    return lambda target: target.update(values)


def digital_id(**values: Any) -> Callable[[Dict], None]:
    def change(payload: Dict) -> None:
        inner = json.loads(b64url_decode(payload["digitalId"].split(".")[1]))
        payload["digitalId"] = sign(json.dumps({**inner, **values}).encode(), C.device)

    return change


def unsigned(entry: Dict) -> None:
    entry["deviceInfo"] = entry["deviceInfo"].split(".")[1]


def tampered(entry: Dict) -> None:
    head, payload, signature = entry["deviceInfo"].split(".")
    changed = b64url_decode(payload).replace(b"code-7", b"code-8")
    entry["deviceInfo"] = f"{head}.{b64url(changed)}.{signature}"


FAULTS: dict[str, tuple[Fault, type[CodedError]]] = {
    "rogue": (Fault(info_signer=lambda _: C.rogue), ChainUntrustedError),
    "chip as device": (Fault(info_signer=lambda _: C.chip), ChainUntrustedError),
    "expired": (Fault(info_signer=lambda _: C.expired), CertificateExpiredError),
    "not yet valid": (Fault(info_signer=lambda _: C.future), CertificateNotYetValidError),
    "weak": (Fault(info_signer=lambda _: C.weak), SignatureInvalidError),
    "tampered": (Fault(info_entry=tampered), SignatureInvalidError),
    "unsigned but successful": (Fault(info_entry=unsigned), errors.DeviceFieldError),
    "no token": (Fault(info_entry=put(deviceInfo="")), errors.DeviceFieldError),
    "token in two parts": (Fault(info_entry=put(deviceInfo="a.b")), JwsMalformedError),
    "other versions only": (Fault(info_payload=put(specVersion=["0.9.2", "1.0"])), errors.SpecVersionUnsupportedError),
    "versions as text": (Fault(info_payload=put(specVersion="0.9.5")), errors.DeviceFieldError),
    "unknown level": (Fault(info_payload=put(certification="L2")), errors.DeviceFieldError),
    "unknown status": (Fault(info_payload=put(deviceStatus="Sleepy")), errors.DeviceFieldError),
    "empty device code": (Fault(info_payload=put(deviceCode="")), errors.DeviceFieldError),
    "sub ids as numbers": (Fault(info_payload=put(deviceSubId=[1, 2])), errors.DeviceFieldError),
    "digital id unsigned": (Fault(info_payload=put(digitalId=b64url(b"{}"))), JwsMalformedError),
    "digital id by a rogue": (Fault(info_payload=put(digitalId=sign(b"{}", C.rogue))), ChainUntrustedError),
    "digital id with unknown key": (Fault(info_payload=digital_id(colour="red")), errors.DeviceFieldError),
    "digital id without type": (Fault(info_payload=digital_id(type="")), errors.DeviceFieldError),
    "callback elsewhere": (Fault(info_payload=put(callbackId="http://10.0.0.1:4501/")), errors.CallbackRefusedError),
    "not an array": (Fault(info_body=lambda _: b"{}"), errors.DeviceFieldError),
    "array of texts": (Fault(info_body=lambda _: b'["x"]'), errors.DeviceFieldError),
    "too many entries": (Fault(info_body=lambda b: json.dumps(json.loads(b) * 17).encode()), errors.DeviceFieldError),
    "duplicate key": (Fault(info_body=lambda b: b.replace(b'"error"', b'"error": 0, "error"', 1)), errors.DeviceJsonError),
    "deep": (Fault(info_body=lambda _: b"[" * 5000 + b"]" * 5000), errors.DeviceJsonError),
    "not UTF-8": (Fault(info_body=lambda b: b[:-1] + b"\xff]"), errors.DeviceJsonError),
    "NaN": (Fault(info_body=lambda _: b"[NaN]"), errors.DeviceJsonError),
    "too large": (Fault(info_body=lambda b: b + b" " * 2_000_000), errors.DeviceBodyTooLargeError),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_of_information_has_its_name(device: HostileDevice, name: str) -> None:
    fault, expected = FAULTS[name]
    device.fault = fault
    result = scan(C.trust, utc_now, [device.port])
    assert result.devices == ()
    assert [type(problem.error) for problem in result.problems] == [expected]


@pytest.mark.parametrize("name", FAULTS)
def test_the_same_faults_stop_a_capture_before_it_begins(device: HostileDevice, name: str) -> None:
    fault, expected = FAULTS[name]
    found = known(device)
    device.fault = fault
    with pytest.raises(expected):
        CaptureSession(C.trust, "Staging", utc_now, restart_s=0).capture(found, THUMBS)
    assert "RCAPTURE" not in [verb for verb, _ in device.requests]


@pytest.mark.parametrize(
    "text",
    [
        "https://127.0.0.1:4501/",
        "http://127.0.0.1:4502/",
        "http://localhost:4501/",
        "http://127.0.0.2:4501/",
        "http://127.0.0.1/",
        "http://user@127.0.0.1:4501/",
        "http://127.0.0.1:4501@evil.example/",
        "http://127.0.0.1:4501/sub/",
        "http://127.0.0.1:4501/?q",
        "http://127.0.0.1:4501/#f",
        "http://127.0.0.1:04501/",
        "http://127.0.0.1:4501/\n",
        "http://0x7f000001:4501/",
        "//127.0.0.1:4501/",
        "",
    ],
)
def test_a_callback_anywhere_else_is_refused(text: str) -> None:
    with pytest.raises(errors.CallbackRefusedError):
        check_callback(text, 4501)


def test_a_callback_at_home_is_accepted_with_or_without_slash() -> None:
    assert check_callback("http://127.0.0.1:4501/", 4501) == check_callback("http://127.0.0.1:4501", 4501)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put(deviceCode="code-8"), refusals.DigitalIdMismatchError),
        (put(certification="L1"), refusals.DigitalIdMismatchError),
        (put(digitalId=""), refusals.DigitalIdMismatchError),
        (put(digitalId="!"), errors.DeviceFieldError),
        (put(deviceId="8"), errors.DeviceGoneError),
        (put(error={"errorCode": "111", "errorInfo": "Busy"}), errors.DeviceReportedError),
        (put(deviceStatus="busy"), errors.DeviceReportedError),
        (put(deviceStatus="Not Ready"), errors.DeviceReportedError),
        (put(deviceStatus="Not Registered"), errors.DeviceReportedError),
    ],
)
def test_discovery_must_agree_with_the_signed_information(
    device: HostileDevice, change: Callable[[Dict], None], expected: type[CodedError]
) -> None:
    found = known(device)
    device.fault = Fault(discovery_entry=change)
    with pytest.raises(expected):
        CaptureSession(C.trust, "Staging", utc_now, restart_s=0).capture(found, THUMBS)


def test_a_device_of_another_serial_behind_the_same_port_is_refused(device: HostileDevice) -> None:
    found = known(device)
    device.serial = "SN-2"
    with pytest.raises(refusals.DigitalIdMismatchError):
        CaptureSession(C.trust, "Staging", utc_now, restart_s=0).capture(found, THUMBS)


def test_a_discovery_of_another_device_is_refused(device: HostileDevice) -> None:
    found = known(device)
    other = {**device.digital_id(), "serialNo": "SN-3"}
    device.fault = Fault(discovery_entry=put(digitalId=b64url(json.dumps(other).encode())))
    with pytest.raises(refusals.DigitalIdMismatchError):
        CaptureSession(C.trust, "Staging", utc_now, restart_s=0).capture(found, THUMBS)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", errors.DeviceGoneError),
        (b'[{"error":{"errorCode":"106","errorInfo":"Device not found"}}]', errors.DeviceGoneError),
        (b'[{"error":{"errorCode":"503","errorInfo":"none"}}]', errors.DeviceReportedError),
        (b'[{"error":"106"}]', errors.DeviceFieldError),
    ],
)
def test_a_device_that_is_unplugged_is_gone(device: HostileDevice, body: bytes, expected: type[CodedError]) -> None:
    found = known(device)
    device.fault = Fault(discovery_body=lambda _: body)
    with pytest.raises(expected):
        CaptureSession(C.trust, "Staging", utc_now, restart_s=0).capture(found, THUMBS)


def test_a_service_that_stopped_is_unreachable() -> None:
    with HostileDevice() as service:
        found = known(service)
    with pytest.raises(errors.DeviceUnreachableError):
        CaptureSession(C.trust, "Staging", utc_now, restart_s=0).capture(found, THUMBS)


def test_a_device_for_authentication_is_not_captured_with(device: HostileDevice) -> None:
    device.fault = Fault(info_payload=put(purpose="Auth"))
    result = scan(C.trust, utc_now, [device.port])
    assert result.of_type("Finger") == ()
    with pytest.raises(refusals.PurposeMismatchError):
        CaptureSession(C.trust, "Staging", utc_now).capture(result.devices[0], THUMBS)


def test_an_unregistered_device_is_shown_but_never_trusted(device: HostileDevice) -> None:
    def unregister(entry: Dict) -> None:
        payload = {"digitalId": b64url(json.dumps(device.digital_id()).encode()), "env": "None"}
        entry["deviceInfo"] = b64url(json.dumps(payload).encode())
        entry["error"] = {"errorCode": "100", "errorInfo": "Device not registered"}

    device.fault = Fault(info_entry=unregister)
    result = scan(C.trust, utc_now, [device.port])
    assert result.devices == ()
    (shown,) = result.unregistered
    assert shown.digital_id is not None
    assert shown.digital_id.serial_no == device.serial


def test_two_devices_with_one_serial_number_are_both_refused() -> None:
    with HostileDevice() as one, HostileDevice() as two:
        two.identity = C.other
        result = scan(C.trust, utc_now, [one.port, two.port])
    assert result.devices == ()
    assert [type(problem.error) for problem in result.problems] == [errors.SerialTwiceError] * 2


def test_devices_on_several_ports_are_found_and_strangers_are_told_apart() -> None:
    with HostileDevice() as one, HostileDevice("Iris", "SN-5") as two, HostileDevice() as stranger:
        stranger.fault = Fault(respond=lambda connection, _verb, _body: connection.sendall(b"SSH-2.0-OpenSSH\r\n"))
        result = scan(C.trust, utc_now, [one.port, two.port, stranger.port])
        claimed, problems = scan_unsigned([one.port, two.port, stranger.port])
    assert {device.port for device in result.devices} == {one.port, two.port}
    assert [(problem.port, problem.is_foreign) for problem in result.problems] == [(stranger.port, True)]
    assert result.of_type("Iris", "Double")[0].status is DeviceStatus.READY
    assert result.of_type("Iris", "Single") == ()
    assert {port for port, _ in claimed} == {one.port, two.port}
    assert len(problems) == 1
