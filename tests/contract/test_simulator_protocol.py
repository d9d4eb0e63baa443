"""The simulator keeps the device protocol: what a compliance test would ask of a device, it is asked here."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest

from devices.client.scan import scan
from devices.client.session import CaptureSession
from devices.sbi import hashchain
from devices.sbi.attributes import BioType
from devices.sbi.info import DeviceStatus
from devices.sbi.trust import DeviceTrust
from devices.simulator import PortTakenError, Simulator, SimulatorConfig
from packet.crypto import jws
from packet.encoding import b64url_decode
from packet.iso import check_registration_image, check_shows, parse_record
from packet.models import BioAttribute

A = BioAttribute
Json = Any
LEFT_SLAP = ["Left IndexFinger", "Left MiddleFinger", "Left RingFinger", "Left LittleFinger"]
SCORE = re.compile(r"(100(\.0+)?|\d{1,2}(\.\d+)?|0(\.[0-9]+)?)")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(port=0)) as service:
        yield service


def call(
    service: Simulator, verb: str, path: str, body: Json = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Json]:
    connection = HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        connection.request(verb, path, data, headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, json.loads(response.read())
    finally:
        connection.close()


def request(bio: dict[str, Json], /, **changes: Json) -> dict[str, Json]:
    full_bio = {
        "type": "Finger", "count": "4", "bioSubType": None, "exception": None, "requestedScore": "40", "deviceId": "2",
        "deviceSubId": "1", "previousHash": "", **bio,
    }  # fmt: skip
    return {
        "env": "Staging", "purpose": "Registration", "specVersion": "0.9.5", "timeout": "300",
        "captureTime": "2026-01-01T00:00:00Z", "transactionId": "1234567890", "bio": [full_bio], "customOpts": None,
        **changes,
    }  # fmt: skip


def capture(service: Simulator, bio: dict[str, Json], /, **changes: Json) -> list[dict[str, Json]]:
    status, _, answer = call(service, "RCAPTURE", "/capture", request(bio, **changes))
    assert status == 200
    assert list(answer) == ["biometrics"]
    elements: list[dict[str, Json]] = answer["biometrics"]
    return elements


def payload_of(element: dict[str, Json]) -> dict[str, Json]:
    token = jws.parse(element["data"])
    jws.verify_with_leaf(token)
    values: dict[str, Json] = json.loads(token.payload)
    return values


def error_code(elements: list[dict[str, Json]]) -> str:
    (element,) = elements
    assert set(element) == {"specVersion", "data", "hash", "error"}
    assert element["data"] == element["hash"] == ""
    assert element["error"]["errorInfo"] != "Success"
    code: str = element["error"]["errorCode"]
    return code


def test_custom_verbs_are_served(simulator: Simulator) -> None:
    """C parsers answer 400 to verbs that are not in their list; the server must not use one."""
    for verb, path in (("MOSIPDISC", "/device"), ("MOSIPDINFO", "/info"), ("RCAPTURE", "/capture")):
        assert call(simulator, verb, path, {"type": "Finger"})[0] == 200


@pytest.mark.parametrize(
    ("verb", "path"), [("GET", "/"), ("GET", "/device"), ("MOSIPDISC", "/info"), ("OPTIONS", "/capture"), ("POST", "/capture")]
)
def test_other_verbs_and_paths_get_405(simulator: Simulator, verb: str, path: str) -> None:
    status, _, answer = call(simulator, verb, path)
    assert status == 405
    assert answer["errorCode"] == "500"


def test_no_web_page_can_drive_the_devices(simulator: Simulator) -> None:
    origin = {"Origin": "http://evil.example", "Access-Control-Request-Method": "RCAPTURE"}
    for verb in ("OPTIONS", "MOSIPDISC"):
        _, headers, _ = call(simulator, verb, "/device", {"type": "Finger"}, origin)
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example:4501", 403), ("127.0.0.1.evil.example", 403), ("", 403), ("localhost:4501", 200), ("127.0.0.1:1", 200)],
)
def test_only_the_loopback_address_is_a_host(simulator: Simulator, host: str, status: int) -> None:
    assert call(simulator, "MOSIPDISC", "/device", {"type": "Finger"}, {"Host": host})[0] == status


def test_headers_of_answers(simulator: Simulator) -> None:
    _, headers, _ = call(simulator, "MOSIPDINFO", "/info")
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) > 0


def test_discovery_has_exactly_the_keys_of_the_protocol(simulator: Simulator) -> None:
    _, _, devices = call(simulator, "MOSIPDISC", "/device", {"type": "Biometric Device"})
    assert [device["deviceId"] for device in devices] == ["2", "1", "3"]
    for device in devices:
        assert list(device) == [
            "deviceId", "deviceStatus", "certification", "serviceVersion", "callbackId", "digitalId", "deviceCode",
            "purpose", "error", "specVersion", "deviceSubId",
        ]  # fmt: skip
        assert device["callbackId"] == f"http://127.0.0.1:{simulator.port}/"
        assert device["error"] == {"errorCode": "0", "errorInfo": "Success"}
        assert device["specVersion"] == ["0.9.5"]
        assert all(isinstance(sub_id, str) for sub_id in device["deviceSubId"])
        assert list(json.loads(b64url_decode(device["digitalId"]))) == [
            "serialNo", "make", "model", "type", "deviceSubType", "deviceProviderId", "deviceProvider", "dateTime",
        ]  # fmt: skip


@pytest.mark.parametrize(("bio_type", "device_id"), [("Finger", "2"), ("Iris", "1"), ("Face", "3")])
def test_discovery_answers_for_the_type_asked(simulator: Simulator, bio_type: str, device_id: str) -> None:
    _, _, devices = call(simulator, "MOSIPDISC", "/device", {"type": bio_type})
    assert [device["deviceId"] for device in devices] == [device_id]


@pytest.mark.parametrize(("body", "code"), [({}, "501"), (None, "501"), (b"nonsense", "501"), ({"type": "Ear"}, "502")])
def test_discovery_errors(simulator: Simulator, body: Json, code: str) -> None:
    _, _, answer = call(simulator, "MOSIPDISC", "/device", body)
    assert answer[0]["error"]["errorCode"] == code


def test_information_is_signed_and_agrees_with_discovery(simulator: Simulator) -> None:
    _, _, discovered = call(simulator, "MOSIPDISC", "/device", {"type": "Biometric Device"})
    _, _, entries = call(simulator, "MOSIPDINFO", "/info")
    for entry, device in zip(entries, discovered, strict=True):
        assert list(entry) == ["deviceInfo", "error"]
        header = json.loads(b64url_decode(entry["deviceInfo"].split(".")[0]))
        assert list(header) == ["x5c", "alg", "typ"]
        assert (header["alg"], header["typ"]) == ("RS256", "JWT")
        payload = payload_of({"data": entry["deviceInfo"]})
        assert set(payload) == {
            "specVersion", "env", "digitalId", "deviceId", "deviceCode", "purpose", "serviceVersion", "deviceStatus",
            "firmware", "certification", "deviceSubId", "callbackId",
        }  # fmt: skip
        for key in ("deviceId", "deviceCode", "purpose", "serviceVersion", "deviceStatus", "certification", "callbackId"):
            assert payload[key] == device[key]
        assert payload_of({"data": payload["digitalId"]})["type"] in {"Finger", "Iris", "Face"}


def test_a_capture_has_exactly_the_keys_of_the_protocol(simulator: Simulator) -> None:
    elements = capture(simulator, {})
    assert [payload_of(element)["bioSubType"] for element in elements] == LEFT_SLAP
    for element in elements:
        assert list(element) == ["specVersion", "data", "hash", "error"]
        payload = payload_of(element)
        assert list(payload) == [
            "digitalId", "deviceCode", "deviceServiceVersion", "bioType", "bioSubType", "purpose", "env", "bioValue",
            "transactionId", "timestamp", "requestedScore", "qualityScore",
        ]  # fmt: skip
        assert payload["requestedScore"] == "40.0"
        assert SCORE.fullmatch(payload["qualityScore"])
        assert payload["transactionId"] == "1234567890"
        assert abs(datetime.now(UTC) - datetime.fromisoformat(payload["timestamp"])).total_seconds() < 60
    assert "bioSubType" not in payload_of(capture(simulator, FACE)[0])


FACE = {"type": "Face", "count": "1", "deviceId": "3", "deviceSubId": "0"}
IRISES = {"type": "Iris", "count": "2", "deviceId": "1", "deviceSubId": "3"}


@pytest.mark.parametrize(
    ("bio", "expected"),
    [
        ({}, [A.LEFT_INDEX, A.LEFT_MIDDLE, A.LEFT_RING, A.LEFT_LITTLE]),
        ({"exception": ["Left RingFinger"], "count": "3"}, [A.LEFT_INDEX, A.LEFT_MIDDLE, A.LEFT_LITTLE]),
        ({"deviceSubId": "2"}, [A.RIGHT_INDEX, A.RIGHT_MIDDLE, A.RIGHT_RING, A.RIGHT_LITTLE]),
        ({"deviceSubId": "2", "exception": ["Right IndexFinger", "Right MiddleFinger"], "count": "2"},
         [A.RIGHT_RING, A.RIGHT_LITTLE]),
        ({"deviceSubId": "3", "count": "2"}, [A.LEFT_THUMB, A.RIGHT_THUMB]),
        ({"deviceSubId": "3", "count": 1, "exception": ["Left Thumb"]}, [A.RIGHT_THUMB]),
        ({"bioSubType": ["Left IndexFinger"], "count": "1"}, [A.LEFT_INDEX]),
        (IRISES, [A.LEFT_EYE, A.RIGHT_EYE]),
        ({**IRISES, "count": "1", "exception": ["Left"]}, [A.RIGHT_EYE]),
        ({**IRISES, "count": "1", "deviceSubId": "1"}, [A.LEFT_EYE]),
        ({**IRISES, "count": "1", "deviceSubId": "2"}, [A.RIGHT_EYE]),
        (FACE, [A.FACE]),
        ({**FACE, "exception": ["Left LittleFinger"], "requestedScore": "10"}, [A.EXCEPTION_PHOTO]),
    ],
)  # fmt: skip
def test_captures_return_what_was_asked_in_records_of_the_standard(
    simulator: Simulator, bio: dict[str, Json], expected: list[A]
) -> None:
    elements = capture(simulator, bio)
    assert len(elements) == len(expected)
    for element, attribute in zip(elements, expected, strict=True):
        record = parse_record(b64url_decode(payload_of(element)["bioValue"]))
        check_shows(record, attribute)
        facts = check_registration_image(record)
        assert facts.is_reversible
        assert record.quality[0].score == int(float(payload_of(element)["qualityScore"]))


@pytest.mark.parametrize(
    ("bio", "changes"),
    [
        ({"count": 4, "requestedScore": 40}, {"timeout": 300}),
        ({"previousHash": None, "bioSubType": None, "exception": None}, {}),
        ({"previousHash": "", "bioSubType": [], "exception": []}, {"captureTime": "2026-01-01T00:00:00.123"}),
        ({}, {"customOpts": {"vendor": "x"}}),
    ],
)
def test_numbers_and_nulls_of_other_clients_are_understood(simulator: Simulator, bio: Json, changes: Json) -> None:
    assert len(capture(simulator, bio, **changes)) == 4


REFUSED: list[tuple[dict[str, Json], dict[str, Json], str]] = [
    ({}, {"env": "Moon"}, "115"),
    ({}, {"purpose": "Auth"}, "121"),
    ({"deviceId": ""}, {}, "704"),
    ({"type": "Ear"}, {}, "114"),
    ({"deviceId": "99"}, {}, "705"),
    ({"deviceId": "1"}, {}, "120"),
    ({}, {"transactionId": "abc"}, "112"),
    ({}, {"transactionId": "x" * 62}, "112"),
    ({}, {"transactionId": "under_score"}, "112"),
    ({"exception": ["Left Toe"]}, {}, "117"),
    ({"exception": ["Right"]}, {}, "122"),
    ({"bioSubType": ["Right Thumb"]}, {}, "122"),
    ({"deviceSubId": "9"}, {}, "122"),
    ({"count": "5"}, {}, "109"),
    ({"deviceSubId": "2", "count": "5"}, {}, "109"),
    ({"deviceSubId": "3", "count": "3"}, {}, "109"),
    ({"deviceSubId": "3", "count": "0", "exception": ["Left Thumb", "Right Thumb"]}, {}, "109"),
    ({**IRISES, "count": "3"}, {}, "109"),
    ({**IRISES, "deviceSubId": "1"}, {}, "109"),
    ({**IRISES, "count": "0", "exception": ["Left", "Right"]}, {}, "109"),
    ({**FACE, "count": "2"}, {}, "109"),
    ({"previousHash": "abc"}, {}, "123"),
    ({"requestedScore": "101"}, {}, "123"),
    ({"requestedScore": "NaN"}, {}, "123"),
    ({}, {"specVersion": "1.0"}, "123"),
    ({}, {"timeout": "-5"}, "123"),
    ({}, {"bio": []}, "123"),
]


@pytest.mark.parametrize(("bio", "changes", "code"), REFUSED)
def test_wrong_requests_get_the_codes_of_mosips_mock(simulator: Simulator, bio: Json, changes: Json, code: str) -> None:
    assert error_code(capture(simulator, bio, **changes)) == code


@pytest.mark.parametrize("key", ["env", "timeout", "specVersion", "purpose", "bio", "transactionId", "captureTime"])
def test_a_renamed_key_is_an_error(simulator: Simulator, key: str) -> None:
    values = request({})
    values[f"{key}XXX"] = values.pop(key)
    _, _, answer = call(simulator, "RCAPTURE", "/capture", values)
    assert re.fullmatch("[1-9][0-9][0-9]", error_code(answer["biometrics"]))


@pytest.mark.parametrize("key", ["count", "deviceSubId", "deviceId", "type", "requestedScore"])
def test_a_renamed_key_of_bio_is_an_error(simulator: Simulator, key: str) -> None:
    values = request({})
    values["bio"][0][f"{key}XXX"] = values["bio"][0].pop(key)
    _, _, answer = call(simulator, "RCAPTURE", "/capture", values)
    assert re.fullmatch("[1-9][0-9][0-9]", error_code(answer["biometrics"]))


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"a":1,"a":2}', b"{" * 1000])
def test_nonsense_is_refused_politely(simulator: Simulator, body: bytes) -> None:
    _, _, answer = call(simulator, "RCAPTURE", "/capture", body)
    assert error_code(answer["biometrics"]) == "123"


def test_a_huge_request_is_not_read(simulator: Simulator) -> None:
    assert call(simulator, "RCAPTURE", "/capture", b" " * 100_000)[0] == 413


def test_authentication_is_refused_by_registration_devices(simulator: Simulator) -> None:
    _, _, answer = call(simulator, "CAPTURE", "/capture", request({}))
    assert error_code(answer["biometrics"]) == "809"


def test_the_hash_chain_runs_on_from_the_last_hash(simulator: Simulator) -> None:
    first = capture(simulator, {})
    second = capture(simulator, {**IRISES, "previousHash": first[-1]["hash"]})
    isos = [b64url_decode(payload_of(element)["bioValue"]) for element in [*first, *second]]
    assert [element["hash"] for element in [*first, *second]] == hashchain.chain("", isos)


def test_a_score_out_of_reach_gives_the_best_picture_at_the_timeout(simulator: Simulator) -> None:
    begin = time.monotonic()
    elements = capture(simulator, {"requestedScore": "100"}, timeout="300")
    assert len(elements) == 4
    assert time.monotonic() - begin >= 0.3


def test_the_mean_of_a_slap_decides(simulator: Simulator) -> None:
    begin = time.monotonic()
    simulator.script.score(A.LEFT_INDEX, 100)
    simulator.script.score(A.LEFT_MIDDLE, 20)
    simulator.script.score(A.LEFT_RING, 60)
    simulator.script.score(A.LEFT_LITTLE, 60)
    elements = capture(simulator, {"requestedScore": "60"}, timeout="20000")
    assert [payload_of(element)["qualityScore"] for element in elements] == ["100.0", "20.0", "60.0", "60.0"]
    assert time.monotonic() - begin < 15


def test_nobody_at_the_device_is_an_error_at_the_timeout(simulator: Simulator) -> None:
    simulator.script.set_presented(BioType.IRIS, is_presented=False)
    begin = time.monotonic()
    try:
        assert error_code(capture(simulator, IRISES, timeout="250")) == "101"
    finally:
        simulator.script.set_presented(BioType.IRIS, is_presented=True)
    assert time.monotonic() - begin >= 0.25


def test_one_capture_at_a_time_on_a_device_and_others_beside_it(simulator: Simulator) -> None:
    codes: list[str] = []

    def slow() -> None:
        elements = capture(simulator, {"requestedScore": "100"}, timeout="600")
        codes.extend(element["error"]["errorCode"] for element in elements)

    threads = [threading.Thread(target=slow) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert len(capture(simulator, FACE)) == 1
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["0", "0", "0", "0", "703"]


@pytest.mark.parametrize(
    ("status", "announced", "capture_code"),
    [(DeviceStatus.BUSY, "111", "703"), (DeviceStatus.NOT_READY, "110", "110"), (DeviceStatus.NOT_REGISTERED, "100", "705")],
)
def test_states_are_announced(simulator: Simulator, status: DeviceStatus, announced: str, capture_code: str) -> None:
    simulator.script.set_status(BioType.FACE, status)
    try:
        _, _, (device,) = call(simulator, "MOSIPDISC", "/device", {"type": "Face"})
        _, _, entries = call(simulator, "MOSIPDINFO", "/info")
        known = "" if status is DeviceStatus.NOT_REGISTERED else "3"
        code = error_code(capture(simulator, {**FACE, "deviceId": known or "33"}))
    finally:
        simulator.script.set_status(BioType.FACE, DeviceStatus.READY)
    assert (device["deviceStatus"], device["error"]["errorCode"]) == (status.value, announced)
    assert entries[2]["error"]["errorCode"] == announced
    assert code == capture_code
    if status is DeviceStatus.NOT_REGISTERED:
        assert (device["deviceId"], device["deviceCode"], device["purpose"]) == ("", "", "")
        payload = json.loads(b64url_decode(entries[2]["deviceInfo"]))
        assert payload["env"] == "None"
        assert json.loads(b64url_decode(payload["digitalId"]))["type"] == "Face"


def test_an_l1_simulator_signs_digital_ids_with_its_chip() -> None:
    def clock() -> datetime:
        return datetime.now(UTC)

    with Simulator(SimulatorConfig(port=0, level="L1")) as service:
        trust = DeviceTrust(service.device_trust_store(), service.ftm_trust_store())
        (device,) = scan(trust, clock, [service.port]).of_type("Finger")
        assert device.certification == "L1"
        captures = CaptureSession(trust, "Staging", clock).capture(device, [A.LEFT_THUMB, A.RIGHT_THUMB])
    assert len(captures.captures) == 2


def test_a_taken_port_is_named(simulator: Simulator) -> None:
    with pytest.raises(PortTakenError) as refused:
        Simulator(SimulatorConfig(port=simulator.port)).start()
    assert str(simulator.port) in refused.value.message
