"""The preview shows the newest picture, ends when it is told, and no device can hold or flood it."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devices.client.latestframe import Frame, FrameCounts, LatestFrame
from devices.client.loop import Cancellation
from devices.client.preview import PreviewLimits, watch_preview
from devices.sbi import errors, streamerrors
from packet.errors import CodedError
from tests.support.hostile_device import HostileDevice
from tests.support.hostile_stream import END, HEAD, known, number_of, numbered_jpeg, part, sending, sending_on, streaming

LIMITS = PreviewLimits(first_s=0.4, idle_s=0.3)


@pytest.fixture
def device() -> Iterator[HostileDevice]:
    with HostileDevice() as service:
        yield service


def watch(device: HostileDevice, place: LatestFrame | None = None, **options: Any) -> FrameCounts:
    place = place or LatestFrame()
    options.setdefault("limits", LIMITS)
    watch_preview(known(device), "1", place, **options)
    return place.counts


def test_a_preview_that_the_device_ends_is_good(device: HostileDevice) -> None:
    device.fault = sending(HEAD, part(numbered_jpeg(1)), part(numbered_jpeg(2)), END)
    counts = watch(device, timeout_ms=7000)
    assert (counts.received, counts.refused) == (2, 0)
    verb, request = device.requests[-1]
    head, _, body = request.partition(b"\r\n\r\n")
    assert verb == "STREAM"
    assert head.startswith(b"STREAM /stream HTTP/1.1\r\n")
    assert json.loads(body) == {"deviceId": "7", "deviceSubId": "1", "timeout": "7000"}


FAILING: dict[str, tuple[tuple[bytes, ...], type[CodedError]]] = {
    "an error at the end": (
        (HEAD, part(numbered_jpeg(1)), b'{"error":{"errorCode":"202","errorInfo":"x"}}'), errors.DeviceReportedError
    ),
    "an error at once": (
        (b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"errorCode":"607","errorInfo":"abc"}',),
        errors.DeviceReportedError,
    ),
    "an error in HTTP": ((b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n",), errors.DeviceStatusError),
    "a redirect": ((b"HTTP/1.1 302 No\r\nLocation: http://127.0.0.1:1/\r\n\r\n",), errors.DeviceStatusError),
    "early close": ((HEAD, part(numbered_jpeg(1))), streamerrors.StreamBrokenOffError),
    "close inside a picture": ((HEAD, part(numbered_jpeg(1))[:-40]), streamerrors.StreamBrokenOffError),
    "closed at once": ((), errors.DeviceHttpError),
    "no multipart": ((b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n",), streamerrors.StreamNotMultipartError),
    "no content type": ((b"HTTP/1.1 200 OK\r\n\r\n",), streamerrors.StreamNotMultipartError),
    "two content types": (
        (b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: multipart/x; boundary=x\r\n\r\n",),
        streamerrors.StreamNotMultipartError,
    ),
    "HTML": ((b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n<html>",), errors.DeviceJsonError),
    "huge length": ((HEAD, part(b"", length=1 << 40)), streamerrors.StreamTooLargeError),
    "large length": ((HEAD, part(b"", length=3_000_000)), streamerrors.StreamTooLargeError),
    "negative length": ((HEAD, part(b"", length=-1)), streamerrors.StreamMalformedError),
    "endless header": ((HEAD, b"--BoundaryString\r\n", b"X: y\r\n" * 5000), streamerrors.StreamTooLargeError),
    "endless HTTP header": ((HEAD[:-2], b"X-Y: z\r\n" * 5000), errors.DeviceHttpError),
    "no boundary": ((HEAD, b"z" * 3_000_000), streamerrors.StreamMalformedError),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_every_way_to_fail_has_its_name(device: HostileDevice, name: str) -> None:
    pieces, expected = FAILING[name]
    device.fault = sending(*pieces)
    with pytest.raises(expected) as failed:
        watch(device)
    assert type(failed.value) is expected


def drip(device: HostileDevice, data: bytes, pause_s: float = 0.02) -> Iterator[bytes]:
    return (bytes([byte]) for byte in data)


HOLDING: dict[str, Callable[[HostileDevice], tuple[Iterator[bytes], float]]] = {
    "silence before the answer": lambda _d: (iter(()), 0),
    "silence behind the header": lambda _d: (iter([HEAD]), 0),
    "silence behind a picture": lambda _d: (iter([HEAD, part(numbered_jpeg(1))]), 0),
    "dripping": lambda d: (drip(d, HEAD + part(numbered_jpeg(1)) * 9), 0.01),
    "rubbish in time": lambda _d: (itertools.chain([HEAD], itertools.repeat(part(b"no picture"))), 0.02),
    "pictures cut off": lambda _d: (itertools.chain([HEAD], itertools.repeat(part(numbered_jpeg(1)[:-9]))), 0.02),
}


@pytest.mark.parametrize("name", HOLDING)
def test_only_pictures_keep_a_preview_alive(device: HostileDevice, name: str) -> None:
    pieces, pause_s = HOLDING[name](device)
    device.fault = sending_on(device, pieces, pause_s)
    begin = time.monotonic()
    with pytest.raises(streamerrors.StreamStalledError):
        watch(device)
    assert time.monotonic() - begin < 2


def test_a_preview_stops_within_a_fifth_of_a_second_when_told(device: HostileDevice) -> None:
    device.fault = sending_on(device, itertools.chain([HEAD], itertools.repeat(part(numbered_jpeg(1)))), 0.01)
    place, cancellation, stopped_at = LatestFrame(), Cancellation(), []

    def run() -> None:
        with pytest.raises(errors.DeviceCancelledError):
            watch(device, place, cancellation=cancellation)
        stopped_at.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    assert place.wait(5) is not None
    told_at = time.monotonic()
    cancellation.cancel()
    thread.join(5)
    assert stopped_at[0] - told_at < 0.2
    place.take()
    assert place.wait(5) is None  # closed, so nobody waits


def test_a_slow_consumer_sees_new_pictures_and_no_queue(device: HostileDevice) -> None:
    sent = [0]

    def send(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        for number in range(1, 61):
            sent[0] = number
            connection.sendall(part(numbered_jpeg(number)))
            device.is_stopping.wait(0.01)
        connection.sendall(END)

    device.fault = streaming(send)
    fills: list[int] = []
    place = LatestFrame(lambda: fills.append(sent[0]))
    thread = threading.Thread(target=watch, args=(device, place))
    thread.start()
    first = place.wait(5)
    assert first is not None
    thread.join(10)  # the consumer sleeps through the rest
    last = place.take()
    assert last is not None
    counts = place.counts
    assert number_of(last.jpeg) > 50
    assert counts.received == 60
    assert counts.taken == 2
    assert counts.dropped + counts.capped == 58
    assert len(fills) <= 2  # it was told of the first and the second, not of every one


def test_a_flood_of_pictures_is_capped(device: HostileDevice) -> None:
    flood = part(numbered_jpeg(1)) * 400
    device.fault = sending(HEAD, flood, END)
    place = LatestFrame()
    counts = watch(device, place)
    assert counts.received == 400
    assert counts.capped > 350


def test_fifteen_pictures_a_second_come_through(device: HostileDevice) -> None:
    """25 a second for a second: a busy machine may lose some, not half."""
    device.fault = sending_on(device, itertools.chain([HEAD], (part(numbered_jpeg(n)) for n in range(25))), 0.04)
    place = LatestFrame()
    seen: list[Frame] = []

    def run() -> None:
        with pytest.raises(streamerrors.StreamStalledError):
            watch(device, place)

    thread = threading.Thread(target=run)
    thread.start()
    while frame := place.wait(1):
        seen.append(frame)
    thread.join(5)
    assert len(seen) >= 15
    assert [f.number for f in seen] == sorted({f.number for f in seen})


def test_a_preview_beyond_the_asked_time_is_left() -> None:
    with HostileDevice() as device:
        device.fault = sending_on(device, itertools.chain([HEAD], itertools.repeat(part(numbered_jpeg(1)))), 0.01)
        begin = time.monotonic()
        watch(device, timeout_ms=100, limits=PreviewLimits(first_s=1, idle_s=0.2))
        assert time.monotonic() - begin < 2


def test_nothing_listens() -> None:
    with HostileDevice() as device:
        found = known(device)
    with pytest.raises(errors.DeviceUnreachableError):
        watch_preview(found, "1", LatestFrame(), limits=LIMITS)
