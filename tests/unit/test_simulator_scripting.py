"""Scripts: when, what, and what is refused by name; and that they are played as written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sbi.attributes import BioType
from devices.simulator import Simulator, SimulatorConfig
from devices.simulator.faults.active import FaultUnknownError, find_fault
from devices.simulator.scripting.phrases import AtRequest, AtTime, read_when
from devices.simulator.scripting.scriptfile import ScriptRefusedError, parse_script, read_script
from packet.models import BioAttribute
from tests.support.device_caller import call, capture_request, payload_of, wait_until
from tests.support.small_presenter import SmallPresenter

CAPTURES = ("RCAPTURE", "CAPTURE")


@pytest.mark.parametrize(
    ("phrase", "when"),
    [
        ("start", AtTime(0)),
        ("after 20 s", AtTime(20)),
        ("After  1.5s", AtTime(1.5)),
        ("after 2 min", AtTime(120)),
        ("third capture", AtRequest(CAPTURES, 3)),
        ("the 3rd capture", AtRequest(CAPTURES, 3)),
        ("capture 3", AtRequest(CAPTURES, 3)),
        ("from the third capture on", AtRequest(CAPTURES, 3, is_lasting=True)),
        ("from capture 12", AtRequest(CAPTURES, 12, is_lasting=True)),
        ("every stream", AtRequest(("STREAM",), 1, is_lasting=True)),
        ("first information", AtRequest(("MOSIPDINFO",), 1)),
        ("second auth capture", AtRequest(("CAPTURE",), 2)),
        ("second capture of iris", AtRequest(CAPTURES, 2, bio_type=BioType.IRIS)),
    ],
)
def test_phrases_mean_what_they_say(phrase: str, when: AtTime | AtRequest) -> None:
    assert read_when(phrase) == when


@pytest.mark.parametrize(
    "phrase", ["", "soon", "after s", "zeroth capture", "capture 0", "third ear", "capture of nose", "after -1 s"]
)
def test_other_phrases_are_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        read_when(phrase)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(phrase: str) -> None:
    try:
        read_when(phrase)
    except ValueError:
        return


def test_a_file_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(
        """
        steps:
          - third capture: wrong-transaction-id
          - after 20 s: unplug
          - start: {fault: drip, verbs: [MOSIPDINFO], times: 2}
          - start: {scores: {leftEye: [20, 90.5], rightEye: 30}}
          - start: {status: Not Ready, type: face}
        """,
        encoding="utf-8",
    )
    steps = read_script(path).steps
    assert [step.action.fault for step in steps] == ["wrong-transaction-id", None, "drip", None, None]
    assert steps[1].action.device == "unplug"
    assert steps[3].action.scores == {"leftEye": [20, 90.5], "rightEye": 30}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "list named steps"),
        ("steps: 3", "list named steps"),
        ("steps: []\nmore: 1", "list named steps"),
        ("steps: [third capture]", "step 1"),
        ("steps: [{third capture: dripp}]", "did you mean 'drip'"),
        ("steps: [{start: drip}, {sometimes: drip}]", "step 2"),
        ("steps: [{start: {fault: drip, status: Busy}}]", "exactly one thing"),
        ("steps: [{start: {}}]", "exactly one thing"),
        ("steps: [{start: {fault: drip, times: 0}}]", "step 1"),
        ("steps: [{start: {fault: drip, times: yes}}]", "step 1"),
        ("steps: [{start: {fault: drip, verbs: [GET]}}]", "verbs are"),
        ("steps: [{start: {quality: 101}}]", "step 1"),
        ("steps: [{start: {scores: {leftToe: 5}}}]", "attributes are"),
        ("steps: [{start: {status: Happy}}]", "step 1"),
        ("steps: [{start: {subject: 1, type: iris}}]", "has no type"),
        ("steps: [{start: {status: Busy, times: 2}}]", "only a fault"),
        ("steps: [{start: 7}]", "step 1"),
        ("steps: [", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
        ("\x00", "no YAML"),
        ("steps:\n" + "  - start: drip\n" * 501, "more than 500"),
        ("# " + "x" * 70_000, "more than 65536 bytes"),
    ],
)
def test_a_wrong_script_is_refused_with_step_and_reason(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptRefusedError) as refused:
        read_script(path)
    assert why in refused.value.message


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptRefusedError, match="no such file"):
        read_script(tmp_path / "none.yaml")


def test_steps_happen_at_the_request_they_name() -> None:
    script = parse_script(
        {"steps": [
            {"second capture": "wrong-env"},
            {"from the third capture on": "wrong-purpose"},
            {"second capture of face": {"scores": {"face": 12}}},
        ]},
        "test",
    )  # fmt: skip
    face = {"type": "Face", "deviceId": "3", "deviceSubId": "0", "count": "1", "requestedScore": "0"}
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), script=script)) as simulator:

        def captured(bio: dict[str, str]) -> dict[str, str]:
            answer = call(simulator.port, "RCAPTURE", "/capture", capture_request(bio))[2]
            return payload_of(answer["biometrics"][0])

        seen = [captured(bio) for bio in ({}, face, {}, face)]
    assert [values["env"] for values in seen] == ["Staging", "Developer", "Staging", "Staging"]
    assert [values["purpose"] for values in seen] == ["Registration"] * 2 + ["Unknown"] * 2
    assert seen[3]["qualityScore"] == "12.0"


def test_steps_happen_at_their_time() -> None:
    script = parse_script(
        {"steps": [{"start": {"quality": 30}}, {"after 0.05 s": {"device": "unplug", "type": "iris"}}]}, "test"
    )
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), script=script)) as simulator:
        assert simulator.script.next_score(BioAttribute.FACE) == 30
        serial_no = simulator.devices[1].serial_no
        wait_until(lambda: not simulator.script.is_plugged(serial_no))
        assert simulator.script.is_plugged(simulator.devices[0].serial_no)


def test_a_fault_of_streams_at_a_capture_waits_for_a_stream() -> None:
    script = parse_script({"steps": [{"first capture": "stream-slow"}]}, "test")
    with Simulator(SimulatorConfig(port=0, presenter=SmallPresenter(), script=script)) as simulator:
        call(simulator.port, "RCAPTURE", "/capture", capture_request({}))
        assert [(a.verbs, a.remaining) for a in simulator.faults.active] == [(("STREAM",), 1)]


def test_names_of_faults_are_found_or_refused() -> None:
    assert find_fault("drip").name == "drip"
    with pytest.raises(FaultUnknownError):
        find_fault("")
