"""Talking to a simulated device without our own client: plain requests and bare sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from packet.crypto import jws

Json = Any


def call(
    port: int, verb: str, path: str, body: Json = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Json]:
    """Status, headers (lower case) and JSON of an answer; None without a body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        connection.request(verb, path, data, headers or {})
        response = connection.getresponse()
        answer = response.read()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, json.loads(answer) if answer else None
    finally:
        connection.close()


def capture_request(bio: dict[str, Json], /, **changes: Json) -> dict[str, Json]:
    """A request for the left eye and the right eye, unless changed."""
    full_bio = {
        "type": "Iris", "count": "2", "bioSubType": None, "exception": None, "requestedScore": "40", "deviceId": "1",
        "deviceSubId": "3", "previousHash": "", **bio,
    }  # fmt: skip
    return {
        "env": "Staging", "purpose": "Registration", "specVersion": "0.9.5", "timeout": "300",
        "captureTime": "2026-01-01T00:00:00Z", "transactionId": "1234567890", "bio": [full_bio], "customOpts": None,
        **changes,
    }  # fmt: skip


def payload_of(element: dict[str, Json]) -> dict[str, Json]:
    """The signed values of an element whose signature fits."""
    token = jws.parse(element["data"])
    jws.verify_with_leaf(token)
    values: dict[str, Json] = json.loads(token.payload)
    return values


def wait_until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Looks again and again until something is so, and fails if it is not in time."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.005)


def raw(port: int, verb: str, path: str, body: Json, limit: int = 65536, wait_s: float = 0.4) -> bytes:
    """What comes over a bare socket within a time, at most so many bytes."""
    data = json.dumps(body).encode()
    head = f"{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(data)}\r\n\r\n"
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as connection:
        connection.sendall(head.encode() + data)
        try:
            while len(received) < limit:
                part = connection.recv(65536)
                if not part:
                    break
                received += part
        except (TimeoutError, ConnectionResetError):
            return received
    return received
