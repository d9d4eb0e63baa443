"""The server: every client's way of writing HTTP, and nothing that hangs or breaks it."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from devices.simulator import Simulator, SimulatorConfig, httpserver
from devices.simulator import service as service_module
from tests.support.device_caller import call, wait_until
from tests.support.small_presenter import SmallPresenter

BODY = b'{"type":"Face"}'


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter())) as running:
        yield running


def exchange(simulator: Simulator, *parts: bytes, closes: bool = False) -> bytes:
    received = b""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        if closes:
            connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            received += part
    return received


def is_good(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 200 ") and json.loads(body)[0]["deviceId"] == "3"


def length(size: int) -> bytes:
    return b"Content-Length: %d\r\n" % size


def test_headers_come_in_any_order_and_case(simulator: Simulator) -> None:
    host = b"host: 127.0.0.1:1\r\n"
    for block in (host + length(15), length(15) + host, b"CONTENT-LENGTH:15\r\n" + host, b"eXt: x\r\n" + host + length(15)):
        assert is_good(exchange(simulator, b"MOSIPDISC /device HTTP/1.1\r\n" + block + b"\r\n" + BODY))


def test_the_reference_clients_request_is_understood(simulator: Simulator) -> None:
    head = (
        b"MOSIPDISC /device HTTP/1.1\r\nContent-Type: Content-Type; charset=UTF-8\r\nContent-Length: 15\r\n"
        b"Host: 127.0.0.1:4501\r\nConnection: Keep-Alive\r\nUser-Agent: Apache-HttpClient/4.5\r\n"
        b"Accept-Encoding: gzip,deflate\r\n\r\n"
    )
    assert is_good(exchange(simulator, head + BODY))


def test_bodies_come_in_pieces_in_chunks_and_on_demand(simulator: Simulator) -> None:
    head = b"MOSIPDISC /device HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
    assert is_good(exchange(simulator, head, length(15) + b"\r\n", *(bytes((byte,)) for byte in BODY)))
    assert is_good(exchange(simulator, head + b"Transfer-Encoding: chunked\r\n\r\n", b"f\r\n" + BODY + b"\r\n0\r\n\r\n"))
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as connection:
        connection.sendall(head + length(15) + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        received = b""
        while part := connection.recv(65536):
            received += part
    assert is_good(received)


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"MOSIPDISC /device HTTP/1.1\r\n\r\n", b"A" * 20_000 + b"\r\n\r\n",
     b"MOSIPDISC /device HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
     b"MOSIPDISC /device HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
)  # fmt: skip
def test_what_is_not_http_is_refused(simulator: Simulator, garbage: bytes) -> None:
    answer = exchange(simulator, garbage + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert b'"errorCode":"500"' in answer


def test_connections_without_a_request_are_closed(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert exchange(simulator, closes=True) == b""
    monkeypatch.setattr(httpserver, "READ_DEADLINE_S", 0.1)
    assert exchange(simulator) == b""
    assert exchange(simulator, b"MOSIPDISC /device HTTP/1.1\r\nHost: ") == b""


def test_too_many_connections_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "CONNECTIONS_MAX", 3)
    with Simulator(SimulatorConfig(port=0)) as running:
        held = [socket.create_connection(("127.0.0.1", running.port), timeout=5) for _ in range(3)]
        extra = socket.create_connection(("127.0.0.1", running.port), timeout=5)
        with extra, contextlib.suppress(ConnectionResetError):
            assert extra.recv(1) == b""
        for connection in held:
            connection.close()

        def is_served() -> bool:
            try:
                return call(running.port, "MOSIPDISC", "/device", {"type": "Face"})[0] == 200
            except OSError:
                return False

        wait_until(is_served)


def test_the_length_is_in_bytes(simulator: Simulator) -> None:
    head, _, body = exchange(
        simulator, b"MOSIPDISC /device HTTP/1.1\r\nHost: localhost:1\r\n" + length(15) + b"\r\n" + BODY
    ).partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head


def test_unknown_types_and_missing_ones_have_codes(simulator: Simulator) -> None:
    for body, code in (({"type": "Ear"}, "502"), ({}, "501"), (b"", "501")):
        assert call(simulator.port, "MOSIPDISC", "/device", body)[2][0]["error"]["errorCode"] == code


def test_the_port_stays_though_all_devices_are_gone(simulator: Simulator) -> None:
    for device in simulator.devices:
        simulator.unplug(device.serial_no)
    wait_until(lambda: not any(simulator.script.is_plugged(d.serial_no) for d in simulator.devices))
    assert call(simulator.port, "MOSIPDISC", "/device", {"type": "Face"})[2][0]["error"]["errorCode"] == "106"
    for device in simulator.devices:
        simulator.plug(device.serial_no)
    assert call(simulator.port, "MOSIPDISC", "/device", {"type": "Face"})[2][0]["deviceId"] == "3"


def test_refusals_have_a_text_for_every_status() -> None:
    assert b"cannot be read" in service_module.refusal(418).body
