"""What a person and a pipeline see of the check: lines with the toolkit's ids, JSON, exit codes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import typer
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from app.commands.simulatorcheck import TRUST_UNCHECKED, check
from devices.conformance import model
from tests.support import conformance_service as honest
from tests.support.conformance_service import DeviceService, Twist


@pytest.fixture(scope="module")
def service() -> Iterator[DeviceService]:
    with DeviceService("Face", "Full face") as running:
        yield running


@pytest.fixture(autouse=True)
def _quick_and_without_simulators_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model, "LONG_TIMEOUT_MS", 60)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    root = honest.parties()["root"].certificate.public_bytes(Encoding.PEM)
    (tmp_path / "device-root.pem").write_bytes(root)
    return tmp_path


def run(*arguments: str | Path | int) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(check)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_good_service_gives_0_and_a_line_for_each_case(service: DeviceService, trust: Path) -> None:
    service.twist = Twist()
    result = run("--port", service.port, "--trust", trust)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == f"Device service on port {service.port}: {service.port} Face Full face SN-1"
    assert any(line.startswith("PASS   SBI1012  RCAPTURE face ") for line in lines)
    assert "  SBI1075-1082: not automatable: needs a biometric SDK to score the images" in lines
    assert lines[-1].endswith("not applicable.")
    assert " 0 failed, 0 broken off, " in lines[-1]
    assert TRUST_UNCHECKED not in result.stdout


def test_a_bad_service_gives_1_and_the_reason(service: DeviceService, trust: Path) -> None:
    service.twist = Twist(signer="foreign")
    result = run("--port", service.port, "--trust", trust)
    assert result.exit_code == 1
    assert "FAIL   SBI1012" in result.stdout
    assert "does not lead to a DEVICE anchor" in result.stdout


def test_json_names_every_case_once_for_each_device(service: DeviceService, trust: Path) -> None:
    service.twist = Twist(payload=lambda payload: payload.update(qualityScore="NaN"))
    result = run("--port", service.port, "--trust", trust, "--json")
    assert result.exit_code == 1
    report = orjson.loads(result.stdout)
    assert report["passed"] is False
    assert report["trustChecked"] is True
    assert len({case["id"] for case in report["cases"]}) == len(report["cases"]) == sum(report["counts"].values())
    failed = {case["id"] for case in report["cases"] if case["outcome"] == "fail"}
    assert {"SBI1012", "SBI1013", "SBI1065", "SBI1086"} <= failed
    assert failed.isdisjoint({"SBI1000", "SBI1001", "SBI1098", "SBI1111"})


def test_an_auth_key_opens_the_records(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(honest.auth_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with DeviceService("Face", "Full face", "Auth") as auth:
        without = orjson.loads(run("--port", auth.port, "--json").stdout)
        opened = orjson.loads(run("--port", auth.port, "--json", "--auth-key", key).stdout)
    outcomes = [{case["id"]: case["outcome"] for case in report["cases"]} for report in (without, opened)]
    assert [each["SBI1066"] for each in outcomes] == ["not-applicable", "pass"]
    assert [each["SBI1014"] for each in outcomes] == ["pass", "pass"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--ports", "many"], "CHECK-PORTS"),
        (["--ports", "4600-4501"], "CHECK-PORTS"),
        (["--ports", "1-2000"], "CHECK-PORTS"),
        (["--port", "70000"], "CHECK-PORTS"),
        (["--modality", "voice"], "CHECK-CHOICE"),
        (["--purpose", "fun"], "CHECK-CHOICE"),
        (["--trust", "/nowhere"], "PACKET-FILE-NOT-READABLE"),
        (["--auth-key", __file__], "CHECK-AUTH-KEY"),
    ],
)
def test_unusable_options_give_2_and_a_named_error(arguments: list[str], code: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.strip().endswith(f"[{code}]"), result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_no_service_gives_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = run("--port", port, "--json")
    assert result.exit_code == 2
    assert orjson.loads(result.stdout)["error"]["code"] == "CONFORMANCE-NO-SERVICE"


def test_a_device_of_another_modality_gives_2(service: DeviceService) -> None:
    service.twist = Twist()
    result = run("--port", service.port, "--modality", "iris,finger")
    assert result.exit_code == 2
    assert "[CONFORMANCE-NO-DEVICE]" in result.stderr
