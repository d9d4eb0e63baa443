"""`sealdesk simulator` and `sealdesk devices` as processes and commands."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.commands import devices, simulator
from devices.simulator import Simulator, SimulatorConfig

START = "from app.commands.simulator import app; app()"
run = CliRunner()


@pytest.fixture(autouse=True)
def _own_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Path]]:
    directory = tmp_path_factory.mktemp("trust")
    with Simulator(SimulatorConfig(port=0)) as service:
        service.pki.export(directory)
        yield service, directory


def test_the_process_tells_its_port_and_ends_with_its_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, "--port", "0", "--json", "--exit-with-parent", "--trust", str(tmp_path / "t")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        listed = run.invoke(devices.app, ["list", "--ports", str(ready["port"]), "--trust", ready["trust"], "--json"])
        process.stdin.close()
        assert process.wait(timeout=20) == 0
    assert [row["verified"] for row in json.loads(listed.stdout)["devices"]] == [True] * 3
    assert listed.exit_code == 0


def test_a_taken_port_ends_with_one_line(trusted: tuple[Simulator, Path]) -> None:
    command = [sys.executable, "-c", START, "--port", str(trusted[0].port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"sealdesk: .* \[SIMULATOR-PORT\]\n", done.stderr)


@pytest.mark.parametrize("options", [["--level", "L9"], ["--port", "70000"], ["--port", "0", "--trust", "/proc/none"]])
def test_options_that_cannot_be_are_named_in_one_line(options: list[str]) -> None:
    done = run.invoke(simulator.app, options)
    assert done.exit_code == 2
    assert re.fullmatch(r"sealdesk: .* \[SIMULATOR-[A-Z]+\]\n", done.stderr)


def test_devices_are_listed_without_trust_as_unverified(trusted: tuple[Simulator, Path]) -> None:
    listed = run.invoke(devices.app, ["--ports", str(trusted[0].port)])
    assert listed.exit_code == 0
    assert listed.stdout.count("not verified") == 3


def test_an_empty_list_is_a_finding(trusted: tuple[Simulator, Path]) -> None:
    listed = run.invoke(devices.app, ["list", "--ports", "1"])
    assert listed.exit_code == 1
    assert "No device service" in listed.stdout


def test_foreign_roots_refuse_the_devices(trusted: tuple[Simulator, Path], tmp_path: Path) -> None:
    Simulator(SimulatorConfig(port=0)).pki.export(tmp_path)
    port = str(trusted[0].port)
    listed = run.invoke(devices.app, ["list", "--ports", port, "--trust", str(tmp_path), "--json"])
    assert listed.exit_code == 1
    assert {row["code"] for row in json.loads(listed.stdout)["refused"]} == {"PACKET-CHAIN"}
    captured = run.invoke(devices.app, ["capture", "--modality", "face", "--port", port, "--trust", str(tmp_path)])
    assert captured.exit_code == 1
    assert "PACKET-CHAIN" in captured.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--ports", "nonsense"],
        ["list", "--ports", "4600-4501"],
        ["capture", "--modality", "ear", "--trust", "TRUST"],
        ["capture", "--modality", "finger", "--attributes", "leftEye", "--trust", "TRUST"],
        ["capture", "--modality", "finger", "--trust", "/nonexistent"],
        ["capture", "--modality", "finger", "--trust", "TRUST", "--port", "1"],
    ],
)
def test_unusable_input_is_told_in_one_line(trusted: tuple[Simulator, Path], arguments: list[str]) -> None:
    done = run.invoke(devices.app, [str(trusted[1]) if word == "TRUST" else word for word in arguments])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert re.fullmatch(r"sealdesk: .* \[[A-Z-]+\]\n", done.stderr)


def test_a_capture_is_written_for_this_user_only_and_as_a_registration_takes_it(
    trusted: tuple[Simulator, Path], tmp_path: Path
) -> None:
    from packet.capturefile import CaptureDetails, read_capture
    from packet.models import BioAttribute

    service, trust = trusted
    out = tmp_path / "captures.json"
    common = ["capture", "--modality", "finger", "--port", str(service.port), "--trust", str(trust)]
    chosen = ["--attributes", "leftIndex,leftthumb,rightThumb", "--exceptions", "rightThumb"]
    done = run.invoke(devices.app, [*common, *chosen, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stderr
    assert [row["attribute"] for row in json.loads(done.stdout)["captures"]] == ["leftIndex", "leftThumb"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    for entry in json.loads(out.read_bytes())["captured"]:
        read = read_capture(entry["data"], BioAttribute(entry["attribute"]), CaptureDetails())
        assert read.device.device_code
    again = run.invoke(devices.app, [*common, "--out", str(out)])
    assert again.exit_code == 2
    assert "PACKET-FILE-EXISTS" in again.stderr


def test_a_refused_capture_is_a_finding(trusted: tuple[Simulator, Path]) -> None:
    service, trust = trusted
    done = run.invoke(
        devices.app,
        ["capture", "--modality", "face", "--port", str(service.port), "--trust", str(trust), "--env", "Moon", "--json"],
    )
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == "DEVICE-REPORTED"
    assert "115" in done.stderr
