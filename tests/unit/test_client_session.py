"""A capture goes on when the device's service starts again, tells what it does, and can be given up at every stage."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from devices.client.lane import DeviceLane
from devices.client.latestframe import LatestFrame
from devices.client.loop import Cancellation
from devices.client.preview import preview
from devices.client.scan import scan, search
from devices.client.session import CaptureSession, Stage
from devices.sbi import errors, refusals
from devices.sbi.info import VerifiedDevice
from devices.sbi.replay import ReplayMemory
from packet.encoding import iso_seconds
from packet.models import BioAttribute
from tests.support.hostile_device import Dict, Fault, HostileDevice, certificates, http, utc_now
from tests.support.hostile_stream import HEAD, numbered_jpeg, part

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


def session(*ports: int, **options: object) -> CaptureSession:
    return CaptureSession(C.trust, "Staging", utc_now, ports=ports, restart_s=0, **options)  # type: ignore[arg-type]


def hang_up(connection: socket.socket, verb: str, body: bytes) -> None:
    if verb == "RCAPTURE":
        connection.shutdown(socket.SHUT_RDWR)
    else:
        connection.sendall(http(body))


def test_a_service_that_starts_again_on_another_port_is_found_and_asked_once_more() -> None:
    with HostileDevice() as new:
        with HostileDevice() as old:
            captures = session(old.port, new.port)
            first = captures.capture(known(old), THUMBS)
        chained = captures.last_hash
        stages: list[Stage] = []
        again = asyncio.run(captures.take(first.found, THUMBS, stage=stages.append))
    assert again.found.port == new.port
    assert stages == [Stage.ASKING, Stage.SEARCHING, Stage.ASKING, Stage.CAPTURING, Stage.CHECKING]
    assert f'"previousHash":"{chained}"'.encode() in new.requests[-1][1]


def test_a_service_that_ends_in_the_middle_of_a_capture_is_asked_once_more_and_not_for_ever(device: HostileDevice) -> None:
    found, captures = known(device), session(device.port)
    device.fault = Fault(respond=hang_up)
    with pytest.raises(errors.DeviceHttpError):
        captures.capture(found, THUMBS)
    assert [verb for verb, _ in device.requests].count("RCAPTURE") == 2
    assert captures.last_hash == ""
    device.fault = Fault()
    assert len(captures.capture(found, THUMBS).captures) == 2


def test_another_device_in_its_place_is_not_taken_for_it() -> None:
    with HostileDevice() as gone:
        found = known(gone)
    with HostileDevice(serial="SN-OTHER") as other, HostileDevice("Iris") as third:
        captures = session(gone.port, other.port, third.port)
        with pytest.raises(errors.DeviceUnreachableError):
            captures.capture(found, THUMBS)
        assert all(verb == "MOSIPDINFO" for verb, _ in other.requests + third.requests)


def test_a_wrong_answer_is_not_asked_for_twice(device: HostileDevice) -> None:
    found, captures = known(device), session(device.port)
    device.fault = Fault(capture_body=lambda _: b"{}")
    with pytest.raises(errors.DeviceFieldError):
        captures.capture(found, THUMBS)
    assert [verb for verb, _ in device.requests].count("RCAPTURE") == 1


@pytest.mark.parametrize("stage", [Stage.ASKING, Stage.CAPTURING, Stage.SEARCHING])
def test_a_capture_can_be_given_up_at_every_stage_that_waits(device: HostileDevice, stage: Stage) -> None:
    reached = threading.Event()
    waiting_for = {Stage.ASKING: "MOSIPDISC", Stage.CAPTURING: "RCAPTURE", Stage.SEARCHING: "RCAPTURE"}[stage]
    is_hung_up = threading.Event()

    def respond(connection: socket.socket, verb: str, body: bytes) -> None:
        if stage is Stage.SEARCHING and verb == "RCAPTURE":
            is_hung_up.set()
            hang_up(connection, verb, body)
        elif verb == waiting_for or is_hung_up.is_set():
            reached.set()
            device.is_stopping.wait(30)
        else:
            connection.sendall(http(body))

    found, captures, cancellation = known(device), session(device.port), Cancellation()
    device.fault = Fault(respond=respond)

    def give_up() -> None:
        reached.wait(10)
        cancellation.cancel()

    canceller = threading.Thread(target=give_up)
    canceller.start()
    with pytest.raises(errors.DeviceCancelledError):
        captures.capture(found, THUMBS, cancellation=cancellation)
    canceller.join()
    assert captures.last_hash == ""


def test_a_preview_runs_on_while_the_lane_captures(device: HostileDevice) -> None:
    def respond(connection: socket.socket, verb: str, body: bytes) -> None:
        if verb != "STREAM":
            connection.sendall(http(body))
            return
        connection.sendall(HEAD)
        while not device.is_stopping.wait(0.01):
            connection.sendall(part(numbered_jpeg(1)))

    found, captures, place = known(device), session(device.port), LatestFrame()
    device.fault = Fault(respond=respond)
    with DeviceLane() as lane:
        watching = lane.submit("the preview", lambda _: preview(found, "3", place), is_beside=True)
        assert place.wait(5) is not None
        result = lane.submit("the capture", lambda _: captures.take(found, THUMBS)).result(10)
        assert len(result.captures) == 2
        assert place.wait(5) is not None
        watching.cancel()
        with pytest.raises(errors.DeviceCancelledError):
            watching.result(5)


def test_a_capture_of_an_earlier_person_is_recognised_by_a_shared_memory(device: HostileDevice) -> None:
    found, memory = known(device), ReplayMemory()
    elements: list[Dict] = []

    def replay(element: Dict, index: int) -> None:
        if len(elements) < 2:
            elements.append(dict(element))
        else:
            element.update(elements[index])

    device.fault = Fault(element=replay)
    ids = lambda: "the-same-transaction"  # noqa: E731  a device may learn how ids are made
    session(replay=memory, transaction_ids=ids).capture(found, THUMBS)
    with pytest.raises(refusals.ReplayedCaptureError):
        session(replay=memory, transaction_ids=ids).capture(found, THUMBS)


def test_the_memory_of_captures_is_bounded() -> None:
    memory = ReplayMemory(capacity=3)
    for token in "abcd":
        memory.remember(token)
    memory.remember("a")  # forgotten
    with pytest.raises(refusals.ReplayedCaptureError):
        memory.remember("d")


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (None, "not known"),
        (timedelta(seconds=20), "it is the device's that is wrong"),
        (timedelta(seconds=700), "700 seconds slow"),
        (timedelta(seconds=-700), "700 seconds fast"),
    ],
)
@pytest.mark.parametrize("is_digital_id", [False, True])
def test_whose_clock_is_wrong_is_said_if_the_server_tells(
    device: HostileDevice, offset: timedelta | None, words: str, is_digital_id: bool
) -> None:
    found = known(device)
    late = iso_seconds(utc_now() + timedelta(seconds=700))
    if is_digital_id:
        device.fault = Fault(digital_id=lambda d: d.update(dateTime=late))
    else:
        device.fault = Fault(payload=lambda p: p.update(timestamp=late))
    expected = refusals.DigitalIdTimeError if is_digital_id else refusals.CaptureTimeError
    with pytest.raises(expected) as refused:
        session(server_offset=lambda: offset).capture(found, THUMBS)
    assert words in refused.value.advice


def test_a_local_sdk_may_add_its_score(device: HostileDevice) -> None:
    class Sdk:
        def score(self, attribute: BioAttribute, iso: bytes) -> float:
            return 55.0 if attribute is A.LEFT_THUMB and iso.startswith(b"FIR") else 66.0

    result = session(sdk_quality=Sdk()).capture(known(device), THUMBS)
    assert [c.sdk_score for c in result.captures] == [55.0, 66.0]


def test_a_search_ends_in_time_and_names_who_did_not_answer(device: HostileDevice) -> None:
    with HostileDevice("Iris") as silent:
        silent.fault = Fault(respond=lambda *_: (silent.is_stopping.wait(30), None)[1])
        result = asyncio.run(search(C.trust, utc_now, [device.port, silent.port], 0.3))
    assert [d.port for d in result.devices] == [device.port]
    (problem,) = result.problems
    assert problem.port == silent.port
    assert isinstance(problem.error, errors.DeviceDeadlineError)
