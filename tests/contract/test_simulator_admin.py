"""Changing a running simulator: the four verbs of MOSIP's mock to the byte, and our own."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from devices.simulator import Simulator, SimulatorConfig
from tests.support.device_caller import call, capture_request, payload_of
from tests.support.small_presenter import SmallPresenter

Json = Any
TOKEN = "a-token-of-the-test"
ALL = "Biometric Device"
GOOD = {"errorCode": "0", "errorInfo": "Success"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), admin_token=TOKEN)) as service:
        yield service


def admin(service: Simulator, path: str, body: Json = None, verb: str = "POST") -> Json:
    status, _, answer = call(service.port, verb, path, body, {"X-Admin-Token": TOKEN})
    assert status == 200, answer
    return answer


def code(service: Simulator, path: str, body: Json) -> str:
    answer = admin(service, path, body)
    assert list(answer) == ["errorCode", "errorInfo"]
    found: str = answer["errorCode"]
    return found


def statuses(service: Simulator) -> list[str]:
    devices = call(service.port, "MOSIPDISC", "/device", {"type": ALL})[2]
    return [device["deviceStatus"] for device in devices]


def quality(service: Simulator, bio: Json) -> float:
    return float(
        payload_of(call(service.port, "RCAPTURE", "/capture", capture_request(bio))[2]["biometrics"][0])["qualityScore"]
    )


def test_without_the_switch_there_is_no_admin() -> None:
    with Simulator(SimulatorConfig(port=0)) as service:
        status, _, answer = call(service.port, "POST", "/admin/status", {"type": ALL, "deviceStatus": "Busy"})
    assert (status, answer["errorCode"]) == (405, "500")


@pytest.mark.parametrize("headers", [{}, {"X-Admin-Token": "wrong"}, {"X-Admin-Token": ""}])
@pytest.mark.parametrize("path", ["/admin/status", "/admin/v2/faults", "/admin/v2/state"])
def test_without_the_token_nothing_is_changed(simulator: Simulator, path: str, headers: dict[str, str]) -> None:
    assert call(simulator.port, "POST", path, {"type": ALL, "deviceStatus": "Busy"}, headers)[0] == 403
    assert statuses(simulator) == ["Ready"] * 3


def test_the_open_switch_serves_the_mocks_verbs_but_no_web_page() -> None:
    with Simulator(SimulatorConfig(port=0, is_admin_open=True)) as service:
        body = {"type": ALL, "deviceStatus": "Busy"}
        assert call(service.port, "POST", "/admin/status", body, {"Origin": "http://evil.example"})[0] == 403
        assert call(service.port, "POST", "/admin/v2/unplug", {})[0] == 403
        assert call(service.port, "POST", "/admin/status", body)[2] == GOOD
        assert statuses(service) == ["Busy"] * 3


def test_answers_are_the_bytes_of_the_mock(simulator: Simulator) -> None:
    connection = HTTPConnection("127.0.0.1", simulator.port, timeout=10)
    connection.request("POST", "/admin/score", b'{"type":"Face","qualityScore":"44.00"}', {"X-Admin-Token": TOKEN})
    assert connection.getresponse().read() == b'{"errorCode":"0","errorInfo":"Success"}'
    connection.close()


def test_naming_one_type_puts_the_others_back(simulator: Simulator) -> None:
    assert admin(simulator, "/admin/status", {"type": "Iris", "deviceStatus": "Not Ready"}) == GOOD
    assert statuses(simulator) == ["Ready", "Not Ready", "Ready"]
    admin(simulator, "/admin/status", {"type": "Finger", "deviceStatus": "Busy"})
    assert statuses(simulator) == ["Busy", "Ready", "Ready"]
    admin(simulator, "/admin/status", {"type": ALL, "deviceStatus": "Not Registered"})
    assert statuses(simulator) == ["Not Registered"] * 3


def test_scores_are_set_and_given_back_to_the_records(simulator: Simulator) -> None:
    admin(simulator, "/admin/score", {"type": "Iris", "qualityScore": "44.00", "fromIso": False})
    assert quality(simulator, {}) == 44.0
    admin(simulator, "/admin/score", {"type": "Iris", "qualityScore": "44.00", "fromIso": True})
    assert quality(simulator, {}) >= 80


def test_a_delay_above_the_timeout_is_a_capture_timeout(simulator: Simulator) -> None:
    admin(simulator, "/admin/delay", {"type": ALL, "delay": "200", "method": ["RCAPTURE"]})
    answer = call(simulator.port, "RCAPTURE", "/capture", capture_request({}, timeout="100"))[2]
    assert answer["biometrics"][0]["error"]["errorCode"] == "701"
    answer = call(simulator.port, "RCAPTURE", "/capture", capture_request({}, timeout="1000"))[2]
    assert len(answer["biometrics"]) == 2


def test_a_profile_is_another_person() -> None:
    with Simulator(SimulatorConfig(port=0, admin_token=TOKEN)) as service:
        subjects = [service.script.subject]
        for profile in ("7", "Some Name", "Default"):
            assert admin(service, "/admin/profile", {"type": ALL, "profileId": profile}) == GOOD
            subjects.append(service.script.subject)
    assert subjects[1] == 7
    assert len(set(subjects)) == 3
    assert subjects[3] == subjects[0]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/admin/status", {}, "501"),
        ("/admin/status", {"type": "Ear"}, "502"),
        ("/admin/status", {"type": ALL, "deviceStatus": "Happy"}, "504"),
        ("/admin/score", {"type": ALL, "qualityScore": "101"}, "505"),
        ("/admin/score", {"type": ALL, "qualityScore": "NaN"}, "505"),
        ("/admin/delay", {"type": ALL, "delay": "soon"}, "506"),
        ("/admin/delay", {"type": ALL, "delay": "1", "method": ["GET"]}, "507"),
        ("/admin/profile", {"type": ALL}, "551"),
        ("/admin/status", b"nonsense", "999"),
        ("/admin/status", [], "999"),
    ],
)
def test_wrong_requests_get_the_mocks_codes(simulator: Simulator, path: str, body: Json, expected: str) -> None:
    assert code(simulator, path, body) == expected


def test_a_type_without_device_is_not_connected() -> None:
    with Simulator(SimulatorConfig(port=0, modalities=("face",), admin_token=TOKEN)) as service:
        assert code(service, "/admin/status", {"type": "Iris", "deviceStatus": "Ready"}) == "503"


def test_faults_are_switched_on_and_off(simulator: Simulator) -> None:
    assert admin(simulator, "/admin/v2/faults", {"name": "wrong-transaction-id", "times": 1}) == GOOD
    listed = admin(simulator, "/admin/v2/faults", verb="GET")
    assert [fault["name"] for fault in listed["active"]] == ["wrong-transaction-id"]
    assert len(listed["known"]) > 100
    answers = [call(simulator.port, "RCAPTURE", "/capture", capture_request({}))[2]["biometrics"] for _ in range(2)]
    assert [payload_of(elements[0])["transactionId"] for elements in answers] == ["0000-another", "1234567890"]
    admin(simulator, "/admin/v2/faults", {"name": "drip"})
    admin(simulator, "/admin/v2/faults/clear", {})
    assert admin(simulator, "/admin/v2/faults", verb="GET")["active"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"name": "nonsense"}),
        ("faults", {"name": "drip", "times": 0}),
        ("faults", {"name": "drip", "verbs": ["GET"]}),
        ("faults", {"nam": "drip"}),
        ("faults", b"nonsense"),
        ("rotate", {"type": "Ear"}),
        ("unplug", {"serialNo": "nobody"}),
        ("script", {"steps": [{"now and then": "drip"}]}),
        ("scores", {"attribute": "leftToe", "scores": [1]}),
        ("subject", {"seed": "x"}),
    ],
)
def test_what_cannot_be_done_is_told(simulator: Simulator, path: str, body: Json) -> None:
    status, _, answer = call(simulator.port, "POST", f"/admin/v2/{path}", body, {"X-Admin-Token": TOKEN})
    assert status == 400
    assert answer["errorCode"] == "999"
    assert answer["errorInfo"]


def test_keys_are_rotated_run_out_and_are_revoked(simulator: Simulator) -> None:
    def state() -> Json:
        return admin(simulator, "/admin/v2/state", verb="GET")["devices"][1]

    first = state()
    admin(simulator, "/admin/v2/rotate", {"type": "Iris"})
    rotated = state()
    assert rotated["certificateNotBefore"] > first["certificateNotBefore"]
    assert rotated["serialNo"] == first["serialNo"]
    admin(simulator, "/admin/v2/expire", {"serialNo": first["serialNo"]})
    assert state()["certificateNotAfter"] < first["certificateNotAfter"]
    admin(simulator, "/admin/v2/rotate", {})
    assert state()["certificateNotAfter"] == first["certificateNotAfter"]
    admin(simulator, "/admin/v2/revoke", {})
    assert state()["isRevoked"]


def test_devices_are_taken_away_and_come_back(simulator: Simulator) -> None:
    admin(simulator, "/admin/v2/unplug", {"type": "Finger"})
    assert statuses(simulator) == ["Ready", "Ready"]
    admin(simulator, "/admin/v2/unplug", {})
    answer = call(simulator.port, "MOSIPDISC", "/device", {"type": ALL})[2]
    assert answer == [{"error": {"errorCode": "106", "errorInfo": "Device not found"}}]
    assert call(simulator.port, "MOSIPDINFO", "/info")[2] == []
    admin(simulator, "/admin/v2/plug", {})
    assert statuses(simulator) == ["Ready"] * 3


def test_nobody_is_there_and_then_somebody(simulator: Simulator) -> None:
    admin(simulator, "/admin/v2/presented", {"type": "Iris", "presented": False})
    answer = call(simulator.port, "RCAPTURE", "/capture", capture_request({}, timeout="50"))[2]
    assert answer["biometrics"][0]["error"]["errorCode"] == "101"
    admin(simulator, "/admin/v2/presented", {"presented": True})
    admin(simulator, "/admin/v2/scores", {"attribute": "leftEye", "scores": [61.5]})
    assert quality(simulator, {}) == 61.5


def test_requests_are_counted_and_the_last_one_is_shown_without_token(simulator: Simulator) -> None:
    call(simulator.port, "RCAPTURE", "/capture", capture_request({}))
    call(simulator.port, "MOSIPDISC", "/device", {"type": "Face"}, {"Authorization": "secret", "X-Own": "1"})
    last = admin(simulator, "/admin/v2/requests/last", verb="GET")
    assert (last["verb"], last["path"], last["body"]) == ("MOSIPDISC", "/device", {"type": "Face"})
    assert last["headers"]["x-own"] == "1"
    assert "authorization" not in last["headers"]
    counters = admin(simulator, "/admin/v2/counters", verb="GET")
    assert counters["requests"]["RCAPTURE /capture"] == counters["requests"]["MOSIPDISC /device"] == 1


def test_a_script_is_played_on_request(simulator: Simulator) -> None:
    admin(simulator, "/admin/v2/script", {"steps": [{"second capture": "wrong-env"}]})
    answers = [call(simulator.port, "RCAPTURE", "/capture", capture_request({}))[2]["biometrics"][0] for _ in range(3)]
    assert [payload_of(element)["env"] for element in answers] == ["Staging", "Developer", "Staging"]


@pytest.mark.parametrize("path", ["/admin/v2/nothing", "/admin/nothing"])
def test_unknown_admin_paths_get_405(simulator: Simulator, path: str) -> None:
    assert call(simulator.port, "POST", path, {}, {"X-Admin-Token": TOKEN})[0] == 405


def test_cross_origin_requests_only_behind_the_switch() -> None:
    with Simulator(SimulatorConfig(port=0, has_cors=True)) as service:
        status, headers, answer = call(service.port, "OPTIONS", "/capture")
        assert (status, answer) == (200, None)
        assert "RCAPTURE" in headers["access-control-allow-methods"]
        assert headers["access-control-allow-origin"] == "*"
        assert call(service.port, "MOSIPDINFO", "/info")[1]["access-control-allow-origin"] == "*"
