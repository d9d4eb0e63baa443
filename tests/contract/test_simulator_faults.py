"""Every fault takes hold: a client that checks what the protocol says refuses it, or it shows on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from devices.client.scan import ScanResult, scan
from devices.client.session import CaptureSession
from devices.sbi.attributes import LEFT_SLAP
from devices.sbi.trust import DeviceTrust
from devices.simulator import Simulator, SimulatorConfig
from devices.simulator.faults.active import ActiveFaults, FaultUnknownError, FaultVerbError
from devices.simulator.faults.table import FAULTS
from packet.encoding import b64url_decode
from packet.errors import CodedError
from packet.iso import parse_record
from packet.models import BioAttribute
from tests.support.device_caller import call, capture_request, payload_of, raw, wait_until
from tests.support.small_presenter import SmallPresenter

A = BioAttribute
NOT_THE_CLIENTS_MATTER = {"cors-wildcard", "host-unchecked"}
TO_BE_ACCEPTED = {"header-lure", "unknown-keys", "content-length-missing", "chunked", "wrong-service-version"}
ENDLESS = {"drip", "drip-body", "stall", "stall-in-body", "content-length-too-long", "endless-body", "endless-headers"}
SERVICE_ENDS = {"crash-during-capture", "move-during-capture"}
BROKEN_PICTURE = {"iso-broken-image"}  # shows only when the picture is decoded
IN_CAPTURES = [
    name
    for name, fault in FAULTS.items()
    if "RCAPTURE" in fault.verbs and name not in NOT_THE_CLIENTS_MATTER | ENDLESS | SERVICE_ENDS | BROKEN_PICTURE
]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Simulator, DeviceTrust]]:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter())) as simulator:
        yield simulator, DeviceTrust(simulator.device_trust_store(), simulator.ftm_trust_store())


@pytest.fixture
def simulator(running: tuple[Simulator, DeviceTrust]) -> Iterator[Simulator]:
    yield running[0]
    running[0].faults.clear()
    for device in running[0].devices:
        running[0].plug(device.serial_no)


@pytest.fixture
def trust(running: tuple[Simulator, DeviceTrust]) -> DeviceTrust:
    return running[1]


@pytest.mark.parametrize("name", IN_CAPTURES)
def test_a_faulty_capture_is_refused_and_the_next_good_one_is_not(simulator: Simulator, trust: DeviceTrust, name: str) -> None:
    (slaps,) = scan(trust, now, [simulator.port]).of_type("Finger")
    session = CaptureSession(trust, "Staging", now)
    session.capture(slaps, LEFT_SLAP.attributes, [A.LEFT_RING], timeout_ms=50)
    simulator.faults.activate(name)
    if name in TO_BE_ACCEPTED:
        session.capture(slaps, LEFT_SLAP.attributes, [A.LEFT_RING], timeout_ms=50)
        return
    with pytest.raises(CodedError):
        session.capture(slaps, LEFT_SLAP.attributes, [A.LEFT_RING], timeout_ms=50)


def _described(simulator: Simulator, trust: DeviceTrust) -> ScanResult:
    return scan(trust, now, [simulator.port])


@pytest.mark.parametrize(
    "name",
    ["callback-lan", "callback-name", "callback-port", "callback-https", "callback-path", "callback-user",
     "other-spec-version", "information-incomplete", "impostor-information", "not-registered"],
)  # fmt: skip
def test_a_faulty_description_leaves_no_usable_device(simulator: Simulator, trust: DeviceTrust, name: str) -> None:
    assert len(_described(simulator, trust).devices) == 3
    simulator.faults.activate(name)
    assert not _described(simulator, trust).devices


def test_descriptions_that_only_differ(simulator: Simulator) -> None:
    simulator.faults.activate("discovery-differs")
    _, _, devices = call(simulator.port, "MOSIPDISC", "/device", {"type": "Finger"})
    assert devices[0]["deviceId"] == "77"
    simulator.faults.activate("touchless")
    simulator.faults.activate("sub-ids-unknown")
    _, _, entries = call(simulator.port, "MOSIPDINFO", "/info")
    information = payload_of({"data": entries[0]["deviceInfo"]})
    assert information["deviceSubId"] == ["7"]
    assert payload_of({"data": information["digitalId"]})["deviceSubType"] == "Touchless"
    simulator.faults.activate("serial-twice")
    assert payload_of({"data": information["digitalId"]})["serialNo"] == "1234567890"
    _, _, entries = call(simulator.port, "MOSIPDINFO", "/info")
    ids = [payload_of({"data": payload_of({"data": entry["deviceInfo"]})["digitalId"]}) for entry in entries]
    assert {values["serialNo"] for values in ids} == {"0000000000"}


def test_a_broken_picture_is_in_a_sound_record(simulator: Simulator) -> None:
    simulator.faults.activate("iso-broken-image")
    element = call(simulator.port, "RCAPTURE", "/capture", capture_request({}))[2]["biometrics"][0]
    record = parse_record(b64url_decode(payload_of(element)["bioValue"]))
    assert bytes(64) in record.image


@pytest.mark.parametrize("name", sorted(ENDLESS))
def test_endless_answers_do_not_end(simulator: Simulator, name: str) -> None:
    simulator.faults.activate(name)
    received = raw(simulator.port, "RCAPTURE", "/capture", capture_request({}), limit=2_000_000, wait_s=0.3)
    match name:
        case "stall":
            assert received == b""
        case "drip":
            assert received == b"H"
        case "drip-body":
            assert received.endswith(b"\r\n\r\n{")
        case "stall-in-body":
            assert b"biometrics" in received
            assert not received.endswith(b"}")
        case "content-length-too-long":
            assert received.endswith(b"]}")
        case _:
            assert len(received) >= 2_000_000 or len(received) > 100_000


def test_a_device_that_drips_stays_free_for_others(simulator: Simulator) -> None:
    simulator.faults.activate("drip", times=1)
    raw(simulator.port, "RCAPTURE", "/capture", capture_request({}), wait_s=0.2)
    _, _, answer = call(simulator.port, "RCAPTURE", "/capture", capture_request({}))
    assert [element["error"]["errorCode"] for element in answer["biometrics"]] == ["0", "0"]


def test_wildcard_origin_and_any_host_are_faults_of_their_own(simulator: Simulator) -> None:
    asked = {"type": "Finger"}
    evil = {"Host": "evil.example:4501"}
    assert call(simulator.port, "MOSIPDISC", "/device", asked, evil)[0] == 403
    simulator.faults.activate("host-unchecked")
    simulator.faults.activate("cors-wildcard")
    status, headers, _ = call(simulator.port, "MOSIPDISC", "/device", asked, evil)
    assert status == 200
    assert headers["access-control-allow-origin"] == "*"


def test_a_crash_closes_the_port_in_the_middle_of_a_capture() -> None:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), faults=("crash-during-capture",))) as simulator:
        assert raw(simulator.port, "RCAPTURE", "/capture", capture_request({}), wait_s=5) == b""
        with pytest.raises(ConnectionRefusedError):
            raw(simulator.port, "MOSIPDINFO", "/info", {}, wait_s=5)


def test_a_service_comes_back_on_another_port() -> None:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter())) as simulator:
        before = simulator.port
        serials = [device.serial_no for device in simulator.devices]
        simulator.faults.activate("move-during-capture", times=1)
        assert raw(before, "RCAPTURE", "/capture", capture_request({}), wait_s=5) == b""
        wait_until(lambda: simulator.port != before)
        _, _, devices = call(simulator.port, "MOSIPDISC", "/device", {"type": "Biometric Device"})
        assert devices[0]["callbackId"] == f"http://127.0.0.1:{simulator.port}/"
        assert [device.serial_no for device in simulator.devices] == serials


def test_a_fault_can_be_limited_to_verbs_and_times(simulator: Simulator, trust: DeviceTrust) -> None:
    simulator.faults.activate("rogue-root", verbs=["MOSIPDINFO"], times=1)
    assert not _described(simulator, trust).devices
    assert len(_described(simulator, trust).devices) == 3


def test_a_fault_can_be_limited_to_one_device(simulator: Simulator, trust: DeviceTrust) -> None:
    serial_no = simulator.devices[1].serial_no
    simulator.faults.activate("rogue-root", verbs=["MOSIPDINFO"], serial_no=serial_no)
    assert [d.digital_id.type for d in _described(simulator, trust).devices] == ["Finger", "Face"]


def test_unknown_names_are_refused_with_a_hint() -> None:
    with pytest.raises(FaultUnknownError, match="did you mean 'drip'"):
        ActiveFaults(["dripp"])
    with pytest.raises(FaultVerbError):
        ActiveFaults().activate("drip", verbs=["GET"])
    with pytest.raises(FaultUnknownError):
        ActiveFaults().clear("nonsense")
