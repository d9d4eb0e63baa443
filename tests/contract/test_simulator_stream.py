"""The live view: the form of MOSIP's mock, enough frames, and its life beside captures."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image

from devices.simulator import Purpose, Simulator, SimulatorConfig
from tests.support.device_caller import call, capture_request, raw, wait_until
from tests.support.small_presenter import SmallPresenter

IRIS = {"deviceId": "1", "deviceSubId": "3"}


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), quality=50)) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    yield running
    running.faults.clear()
    running.plug(running.devices[1].serial_no)


def stream(simulator: Simulator, timeout_ms: int = 700, limit: int = 50_000_000) -> bytes:
    request = {**IRIS, "timeout": str(timeout_ms)}
    return raw(simulator.port, "STREAM", "/stream", request, limit=limit, wait_s=timeout_ms / 1000 + 2)


def frames(received: bytes) -> list[bytes]:
    """Reads the parts as the Java client does: by Content-Length."""
    found = []
    for match in re.finditer(rb"Content-Length:(\d+)\r\n\r\n", received):
        found.append(received[match.end() : match.end() + int(match[1])])
    return found


def test_the_stream_has_the_form_of_the_mock(simulator: Simulator) -> None:
    received = stream(simulator)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"Content-Type: multipart/x-mixed-replace; boundary=--BoundaryString" in head
    assert b"Access-Control" not in head
    assert body.startswith(b"--BoundaryString\r\nContent-Type:image/jpeg\r\nContent-Length:")
    assert json.loads(body.rpartition(b"\r\n{")[2].join([b"{", b""]).strip())["error"]["errorCode"] == "609"
    for block in re.findall(rb"--BoundaryString.*?\r\n\r\n", body, re.DOTALL):
        assert b"\xff" not in block


def test_frames_are_pictures_that_move(simulator: Simulator) -> None:
    pictures = frames(stream(simulator, 400))
    assert len(pictures) == len(set(pictures)) > 2
    for picture in pictures:
        assert picture[:2] == b"\xff\xd8"
        assert picture[-2:] == b"\xff\xd9"
        assert Image.open(BytesIO(picture)).width <= 480


def test_there_are_at_least_25_frames_a_second_to_a_quick_reader(simulator: Simulator) -> None:
    begin = time.process_time(), time.monotonic()
    count = len(frames(stream(simulator, 1000)))
    load = (time.monotonic() - begin[1]) / max(time.process_time() - begin[0], 0.001)
    assert count >= 25 or load < 2, f"{count} frames"  # less only on a machine that gave us no time


def test_a_device_that_streams_is_busy_and_free_afterwards(simulator: Simulator) -> None:
    seen = []
    reader = threading.Thread(target=stream, args=(simulator, 600))
    reader.start()
    wait_until(simulator.service.frames)
    seen.append(call(simulator.port, "MOSIPDISC", "/device", {"type": "Iris"})[2][0])
    second = call(simulator.port, "STREAM", "/stream", IRIS)[2]
    other_part = call(simulator.port, "RCAPTURE", "/capture", capture_request({"deviceSubId": "1", "count": "1"}))[2]
    reader.join()
    seen.append(call(simulator.port, "MOSIPDISC", "/device", {"type": "Iris"})[2][0])
    assert [(d["deviceStatus"], d["error"]["errorCode"]) for d in seen] == [("Busy", "111"), ("Ready", "0")]
    assert second["error"]["errorCode"] == "607"
    assert other_part["biometrics"][0]["error"]["errorCode"] == "702"


def test_a_capture_of_the_same_part_ends_the_stream_with_success(simulator: Simulator) -> None:
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(stream(simulator, 20_000)))
    reader.start()
    wait_until(simulator.service.frames)
    answer = call(simulator.port, "RCAPTURE", "/capture", capture_request({}))[2]
    reader.join(timeout=5)
    assert not reader.is_alive()
    assert len(answer["biometrics"]) == 2
    assert received[0].endswith(b'{"error":{"errorCode":"0","errorInfo":"Success"}}\r\n')


def test_a_reader_that_goes_away_frees_the_device(simulator: Simulator) -> None:
    stream(simulator, 20_000, limit=20_000)
    wait_until(lambda: not simulator.service.frames())


def test_unplugging_ends_a_stream(simulator: Simulator) -> None:
    reader = threading.Thread(target=stream, args=(simulator, 20_000))
    reader.start()
    wait_until(simulator.service.frames)
    simulator.unplug(simulator.devices[1].serial_no)
    reader.join(timeout=5)
    assert not reader.is_alive()


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({}, "604"),
        ({"deviceId": "", "deviceSubId": "1"}, "604"),
        ({"deviceId": "99", "deviceSubId": "1"}, "605"),
        ({"deviceId": "1", "deviceSubId": "7"}, "608"),
        ({"deviceId": "1", "deviceSubId": "3", "timeout": "soon"}, "610"),
        ([], "610"),
    ],
)
def test_streams_are_refused_with_the_codes_of_the_mock(simulator: Simulator, request_body: object, code: str) -> None:
    status, _, answer = call(simulator.port, "STREAM", "/stream", request_body)
    assert (status, answer["error"]["errorCode"]) == (200, code)


def test_no_stream_without_device_nor_for_authentication() -> None:
    config = SimulatorConfig(port=0, presenter=SmallPresenter(), purpose=Purpose.AUTH, modalities=("face",))
    with Simulator(config) as simulator:
        asked = {"deviceId": "3", "deviceSubId": "0"}
        assert call(simulator.port, "STREAM", "/stream", asked)[2]["error"]["errorCode"] == "606"
        simulator.faults.activate("unplugged")
        assert call(simulator.port, "STREAM", "/stream", asked)[2]["error"]["errorCode"] == "202"


FAULTY: dict[str, Callable[[bytes], bool]] = {
    "stream-slow": lambda r: len(frames(r)) <= 2,
    "stream-flood": lambda r: len(frames(r)) >= 2,
    "stream-frozen": lambda r: len(set(frames(r))) == 1 and len(frames(r)) > 1,
    "stream-silent": lambda r: not frames(r) and b"multipart" in r,
    "stream-stall": lambda r: len(frames(r)) == 10,
    "stream-stop": lambda r: len(frames(r)) == 10 and r.endswith(b"\xff\xd9\r\n"),
    "stream-bad-jpeg": lambda r: any(bytes(100) in frame for frame in frames(r)),
    "stream-cut-jpeg": lambda r: any(not frame.endswith(b"\xff\xd9") for frame in frames(r)),
    "stream-no-marker": lambda r: all(b"\xff" not in frame for frame in frames(r)),
    "stream-big-frame": lambda r: len(frames(r)[0]) > 3 * 1024 * 1024,
    "stream-jpeg-bomb": lambda r: Image.open(BytesIO(frames(r)[0])).size == (60_000, 60_000),
    "stream-no-length": lambda r: b"Content-Length:" not in r and b"\xff\xd8" in r,
    "stream-lower-case": lambda r: b"\r\ncontent-length: " in r,
    "stream-endless-header": lambda r: b"x" * 100_000 in r,
    "stream-length-huge": lambda r: b"Content-Length:1000000000000\r\n" in r,
    "stream-length-negative": lambda r: b"Content-Length:-1\r\n" in r,
    "stream-length-wrong": lambda r: frames(r)[0].endswith(b"--Bounda"),
    "stream-length-nonsense": lambda r: b"Content-Length:many\r\n" in r,
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", FAULTY)
def test_faults_of_streams_show_on_the_wire(simulator: Simulator, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    simulator.faults.activate(name)
    received = stream(simulator, 900 if name == "stream-slow" else 500, limit=8_000_000)
    assert FAULTY[name](received)
