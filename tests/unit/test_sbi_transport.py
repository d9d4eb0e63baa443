"""No service, however slow, long-winded or broken, holds the client beyond its deadline or its limit."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from devices.client import calls
from devices.client.loop import Cancellation
from devices.client.scan import PORTS, scan
from devices.client.session import CaptureSession
from devices.sbi import errors
from devices.sbi.attributes import BioType
from devices.sbi.capture import CaptureRequest
from packet.errors import CodedError
from packet.models import BioAttribute
from tests.support.hostile_device import Fault, HostileDevice, certificates, http, utc_now

C = certificates()
THUMBS = (BioAttribute.LEFT_THUMB, BioAttribute.RIGHT_THUMB)
REQUEST = CaptureRequest("Staging", 100, utc_now(), "transaction-1", BioType.FINGER, 2, 40, "7", "3")
CALLS: dict[str, Callable[[int], Coroutine[Any, Any, bytes]]] = {
    "MOSIPDISC": lambda port: calls.discover(port, "Finger", deadline_s=0.3),
    "MOSIPDINFO": lambda port: calls.inform(port, deadline_s=0.3),
    "RCAPTURE": lambda port: calls.capture_registration(port, REQUEST, slack_s=0.2),
}


@pytest.fixture
def device() -> Iterator[HostileDevice]:
    with HostileDevice() as service:
        yield service


def stall(device: HostileDevice) -> Fault:
    def respond(_connection: socket.socket, _verb: str, _body: bytes) -> None:
        device.is_stopping.wait(30)

    return Fault(respond=respond)


def drip(device: HostileDevice) -> Fault:
    """One byte at a time: every single read succeeds quickly."""

    def respond(connection: socket.socket, _verb: str, body: bytes) -> None:
        for byte in http(body):
            connection.sendall(bytes([byte]))
            if device.is_stopping.wait(0.02):
                return

    return Fault(respond=respond)


@pytest.mark.parametrize("fault", [stall, drip])
@pytest.mark.parametrize("verb", CALLS)
def test_the_deadline_is_for_the_whole_exchange(
    device: HostileDevice, verb: str, fault: Callable[[HostileDevice], Fault]
) -> None:
    device.fault = fault(device)
    begin = time.monotonic()
    with pytest.raises(errors.DeviceDeadlineError):
        asyncio.run(CALLS[verb](device.port))
    assert time.monotonic() - begin < 2


def send(data: bytes) -> Fault:
    return Fault(respond=lambda connection, _verb, _body: connection.sendall(data))


BROKEN: dict[str, tuple[Fault, type[CodedError]]] = {
    "redirect": (send(http(b"", "302 Found", Location="http://127.0.0.1:1/")), errors.DeviceStatusError),
    "upgrade": (send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0\r\n\r\n"), errors.DeviceHttpError),
    "server error": (send(http(b"[]", "500 Oops")), errors.DeviceStatusError),
    "no content": (send(b"HTTP/1.1 204 No Content\r\n\r\n"), errors.DeviceStatusError),
    "truncated": (send(http(b"[1,2,3]")[:-3]), errors.DeviceHttpError),
    "closed at once": (send(b""), errors.DeviceHttpError),
    "closed in the header": (send(b"HTTP/1.1 200 OK\r\nContent-"), errors.DeviceHttpError),
    "not HTTP": (send(b"\x16\x03\x01\x02\x00\x01"), errors.DeviceHttpError),
    "negative length": (send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), errors.DeviceHttpError),
    "two lengths": (send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]"), errors.DeviceHttpError),
    "endless header": (send(b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 10_000), errors.DeviceHttpError),
    "long body": (send(http(b" " * 2_000_000)), errors.DeviceBodyTooLargeError),
    "long body without length": (send(b"HTTP/1.0 200 OK\r\n\r\n" + b" " * 2_000_000), errors.DeviceBodyTooLargeError),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answers_have_names(device: HostileDevice, name: str) -> None:
    device.fault, expected = BROKEN[name]
    with pytest.raises(expected):
        asyncio.run(calls.inform(device.port, deadline_s=3))


@pytest.mark.parametrize(
    "answer",
    [
        http(b"[]"),
        http(b"[]") + b"\r\n\r\n",  # MOSIP's mock sends two line ends too many
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: Closed\r\n\r\n[]",
    ],
)
def test_the_ways_in_which_services_answer_are_understood(device: HostileDevice, answer: bytes) -> None:
    device.fault = send(answer)
    assert asyncio.run(calls.inform(device.port)) == b"[]"


def test_a_request_is_what_device_services_expect(device: HostileDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (found,) = scan(C.trust, utc_now, [device.port]).devices
    captures = CaptureSession(C.trust, "Staging", utc_now)
    captures.capture(found, THUMBS, exceptions=[BioAttribute.LEFT_THUMB], threshold=40.7, timeout_ms=8000)
    verbs = [verb for verb, _ in device.requests]
    assert verbs == ["MOSIPDINFO", "MOSIPDISC", "MOSIPDINFO", "RCAPTURE"]
    head, _, body = device.requests[-1][1].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "RCAPTURE /capture HTTP/1.1"
    assert f"Content-Length: {len(body)}" in lines
    assert f"Host: 127.0.0.1:{device.port}" in lines
    assert "Content-Type: application/json" in lines
    assert "transfer-encoding" not in head.decode().lower()
    request = json.loads(body)
    (bio,) = request.pop("bio")
    assert bio == {
        "type": "Finger",
        "count": "1",
        "bioSubType": [],
        "exception": ["Left Thumb"],
        "requestedScore": "40",
        "deviceId": "7",
        "deviceSubId": "3",
        "previousHash": "",
    }
    assert (request["env"], request["purpose"], request["specVersion"]) == ("Staging", "Registration", "0.9.5")
    assert request["timeout"] == "8000"
    assert request["captureTime"].endswith("Z")
    assert len(request["transactionId"]) == 36
    assert json.loads(device.requests[1][1].partition(b"\r\n\r\n")[2]) == {"type": "Finger"}


def test_a_capture_can_be_given_up_from_another_thread(device: HostileDevice) -> None:
    (found,) = scan(C.trust, utc_now, [device.port]).devices
    asked, cancellation = threading.Event(), Cancellation()

    def respond(connection: socket.socket, verb: str, body: bytes) -> None:
        if verb != "RCAPTURE":
            connection.sendall(http(body))
            return
        asked.set()
        device.is_stopping.wait(30)

    device.fault = Fault(respond=respond)

    def give_up() -> None:
        asked.wait(10)
        cancellation.cancel()

    canceller = threading.Thread(target=give_up)
    canceller.start()
    with pytest.raises(errors.DeviceCancelledError):
        CaptureSession(C.trust, "Staging", utc_now).capture(found, THUMBS, cancellation=cancellation)
    canceller.join()
    with pytest.raises(errors.DeviceCancelledError):
        scan(C.trust, utc_now, [device.port], cancellation)


def test_a_full_scan_of_closed_ports_is_quick() -> None:
    free = range(*_hundred_closed_ports())
    assert len(PORTS) == len(free) == 100
    assert min(_seconds_of_a_scan(free) for _ in range(5)) < 0.15  # the best of some, since the machine may be busy


def _seconds_of_a_scan(ports: range) -> float:
    begin = time.monotonic()
    assert scan(C.trust, utc_now, ports).devices == ()
    return time.monotonic() - begin


def _hundred_closed_ports() -> tuple[int, int]:
    """A hundred ports next to each other on which nothing listens."""
    for start in range(20_000, 30_000, 100):
        if not any(_is_open(port) for port in range(start, start + 100)):
            return start, start + 100
    raise AssertionError("no free range")


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
