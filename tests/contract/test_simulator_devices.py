"""Which devices a service has, how they differ, and that a seed decides everything but the time."""

from __future__ import annotations

from typing import Any

import pytest

from devices.sbi.trust import DeviceTrust
from devices.simulator import Purpose, Simulator, SimulatorConfig, SimulatorOptionError
from devices.simulator.asked import RefusedRequestError
from devices.simulator.catalogue import DEVICES_MAX, make_devices
from devices.simulator.streaming import read_stream_request
from packet.crypto import jws
from packet.models import BioAttribute
from tests.support.device_caller import call, capture_request, payload_of
from tests.support.small_presenter import SmallPresenter

A = BioAttribute
Json = Any


def captured(service: Simulator, bio: dict[str, Json], /, **changes: Json) -> list[dict[str, Json]]:
    answer = call(service.port, "RCAPTURE", "/capture", capture_request(bio, **changes))[2]
    elements: list[dict[str, Json]] = answer["biometrics"]
    return elements


def test_ids_are_those_of_the_mock_on_the_first_port() -> None:
    registration = make_devices(("finger", "iris", "face"), Purpose.REGISTRATION, 4501)
    auth = make_devices(("finger", "iris", "face"), Purpose.AUTH, 4501)
    assert [(d.device_id, d.serial_no, d.sub_type) for d in registration] == [
        ("2", "1234567890", "Slap"), ("1", "3456789012", "Double"), ("3", "2345678901", "Full face"),
    ]  # fmt: skip
    assert [(d.device_id, d.sub_ids) for d in auth] == [("4", ("0",)), ("5", ("0",)), ("3", ("0",))]
    assert {d.purpose for d in auth} == {"Auth"}


def test_devices_of_all_services_differ() -> None:
    words = ("finger", "finger", "iris", "face", "finger-single", "iris-single")
    devices = [d for port in range(4501, 4601) for d in make_devices(words, Purpose.REGISTRATION, port)]
    assert len({d.serial_no for d in devices}) == len(devices)
    assert len({d.device_code for d in devices}) == len(devices)
    assert len({d.device_id for d in make_devices(words, Purpose.BOTH, 4501)}) == 2 * len(words)


@pytest.mark.parametrize("words", [("ear",), ("",), (), ("face",) * (DEVICES_MAX + 1)])
def test_other_devices_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(SimulatorOptionError, match="modalities"):
        Simulator(SimulatorConfig(modalities=words))


def test_two_scanners_in_one_process_capture_at_the_same_time() -> None:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), modalities=("iris", "iris"))) as service:
        devices = call(service.port, "MOSIPDISC", "/device", {"type": "Iris"})[2]
        assert [d["deviceId"] for d in devices] == ["1", "1-2"]
        for device_id in ("1", "1-2"):
            assert payload_of(captured(service, {"deviceId": device_id})[0])["deviceCode"] == next(
                d["deviceCode"] for d in devices if d["deviceId"] == device_id
            )


@pytest.mark.parametrize(
    ("bio", "names"),
    [
        ({"type": "Finger", "deviceId": "4"}, ["Right IndexFinger"]),
        ({"type": "Finger", "deviceId": "4", "bioSubType": ["Left Thumb"]}, ["Left Thumb"]),
        ({"type": "Finger", "deviceId": "4", "exception": ["Right IndexFinger"]}, ["Left IndexFinger"]),
        ({"type": "Iris", "deviceId": "5"}, ["Left"]),
        ({"type": "Iris", "deviceId": "5", "bioSubType": ["Right"]}, ["Right"]),
    ],
)
def test_single_devices_register_one_at_a_time(bio: Json, names: list[str]) -> None:
    config = SimulatorConfig(port=0, presenter=SmallPresenter(), modalities=("finger-single", "iris-single"))
    with Simulator(config) as service:
        elements = captured(service, {"count": "1", "deviceSubId": "0", **bio})
    assert [payload_of(element)["bioSubType"] for element in elements] == names


def test_what_the_person_does_not_have_is_an_element_with_an_error() -> None:
    slap = {"type": "Finger", "deviceId": "2", "deviceSubId": "1", "count": "4"}
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(A.LEFT_RING, A.LEFT_EYE, A.RIGHT_EYE))) as service:
        elements = captured(service, slap)
        assert [element["error"]["errorCode"] for element in elements] == ["0", "0", "701", "0"]
        assert elements[2]["data"] == elements[2]["hash"] == ""
        assert captured(service, {}, timeout="50")[0]["error"]["errorCode"] == "101"


def test_the_exception_photo_knows_the_exceptions() -> None:
    presenter = SmallPresenter()
    face = {"type": "Face", "deviceId": "3", "deviceSubId": "0", "count": "1", "exception": ["Left RingFinger", "Right"]}
    with Simulator(SimulatorConfig(port=0, presenter=presenter)) as service:
        assert len(captured(service, face)) == 1
    assert presenter.exceptions == [(A.LEFT_RING, A.RIGHT_EYE)]


def test_every_capture_is_another_impression() -> None:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), quality=70)) as service:
        first, second = (payload_of(captured(service, {})[0]) for _ in range(2))
    assert first["bioValue"] != second["bioValue"]
    assert first["qualityScore"] == second["qualityScore"] == "70.0"


def test_a_seed_decides_everything_but_the_time() -> None:
    def play() -> list[object]:
        with Simulator(SimulatorConfig(port=0, seed=11, subject=11, presenter=SmallPresenter())) as service:
            scores = [payload_of(element)["qualityScore"] for element in captured(service, {})]
            entries = call(service.port, "MOSIPDINFO", "/info")[2]
            leaves = [jws.parse(entry["deviceInfo"]).leaf for entry in entries]
            return [scores, leaves, [d.serial_no for d in service.devices], service.pki.device_chain]

    assert play() == play()


def test_the_announced_level_decides_who_signs_the_digital_id() -> None:
    for level, has_chip in (("L0", False), ("L1", True)):
        with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), level=level)) as service:
            trust = DeviceTrust(service.device_trust_store(), service.ftm_trust_store())
            element = captured(service, {})[0]
            token = jws.parse(element["data"])
            assert len(token.certificates) == (2 if has_chip else 1)
            trust.verify_digital_id(payload_of(element)["digitalId"], level, service.config.clock(), "the digital id")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_stream_requests_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(RefusedRequestError):
        read_stream_request(body)
    assert read_stream_request(b'{"deviceId":2,"deviceSubId":1}').timeout_ms == 300_000
