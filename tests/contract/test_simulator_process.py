"""`sealdesk simulator` and `sealdesk devices` as processes and commands."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.commands import devices, simulator
from devices.simulator import Simulator, SimulatorConfig
from devices.simulator.running import list_running
from packet.crypto import jws
from tests.support.device_caller import call, capture_request, raw, wait_until

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


def _started(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
    command = [sys.executable, "-c", START, "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def _ended(process: subprocess.Popen[str], number: int) -> float:
    """Seconds that it takes to end after a signal."""
    begin = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
    return time.monotonic() - begin


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_within_a_second_during_a_stream_and_a_waiting_capture(tmp_path: Path, number: int) -> None:
    process, ready = _started(tmp_path)
    stream = {"deviceId": "2", "deviceSubId": "1", "timeout": "60000"}
    waiting = capture_request({"requestedScore": "100"}, timeout="60000")
    with ThreadPoolExecutor(2) as pool:
        streamed = pool.submit(raw, ready["port"], "STREAM", "/stream", stream, limit=10**9, wait_s=20)
        captured = pool.submit(raw, ready["port"], "RCAPTURE", "/capture", waiting, wait_s=20)
        devices = {"type": "Biometric Device"}
        wait_until(lambda: "Busy" in str(call(ready["port"], "MOSIPDISC", "/device", {"type": "Finger"})[2]), within_s=15)
        wait_until(lambda: "Busy" in str(call(ready["port"], "MOSIPDISC", "/device", devices)[2][1]), within_s=15)
        assert _ended(process, number) < 1.5  # a second, and some for a loaded machine
        assert b"multipart" in streamed.result()
        assert captured.result() == b""


def test_keys_outlive_the_process_and_are_changed_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = str(tmp_path / "state")
    process, ready = _started(tmp_path, "--state", state, "--admin", "--trust-out", str(tmp_path / "one"))
    try:
        assert ready["adminToken"]
        before = call(ready["port"], "MOSIPDINFO", "/info")[2]
        done = run.invoke(simulator.app, ["rotate", "--state", state, "--json"])
        assert done.exit_code == 0, done.stderr
        after = call(ready["port"], "MOSIPDINFO", "/info")[2]
        leaves = [jws.parse(entries[0]["deviceInfo"]).leaf for entries in (before, after)]
        assert leaves[1].not_valid_before_utc > leaves[0].not_valid_before_utc
        refused = run.invoke(simulator.app, ["expire", "--port", str(ready["port"]), "--admin-token", "wrong"])
        assert refused.exit_code == 2
        assert "SIMULATOR-CHANGE" in refused.stderr
        (running,) = list_running(Path(state))
        assert running.port == ready["port"]
        assert sorted(p.name for p in running.trust.iterdir()) == sorted(p.name for p in (tmp_path / "one").iterdir())
    finally:
        _ended(process, signal.SIGTERM)
    assert not list_running(Path(state))
    exported = run.invoke(simulator.app, ["trust", "--out", str(tmp_path / "two"), "--state", state])
    assert exported.exit_code == 0
    for name in ("device-root.pem", "device-provider.pem", "ftm-root.pem", "ftm-provider.pem"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    none = run.invoke(simulator.app, ["rotate", "--state", state])
    assert none.exit_code == 2
    assert "SIMULATOR-NOT-RUNNING" in none.stderr


def test_the_start_can_expire_and_revoke_keys(tmp_path: Path) -> None:
    process, ready = _started(tmp_path, "--expire", "--revoke", "--trust", str(tmp_path / "t"), "--modalities", "face")
    try:
        (entry,) = call(ready["port"], "MOSIPDINFO", "/info")[2]
        assert jws.parse(entry["deviceInfo"]).leaf.not_valid_after_utc < datetime.now(UTC)
        assert (tmp_path / "t" / "device-provider.crl").exists()
    finally:
        _ended(process, signal.SIGTERM)


def test_faults_are_listed() -> None:
    listed = run.invoke(simulator.app, ["faults", "--json"])
    rows = json.loads(listed.stdout)["faults"]
    assert {"name", "group", "verbs", "does", "client"} == set(rows[0])
    text = run.invoke(simulator.app, ["faults"]).stdout
    assert all(f"  {row['name']}: " in text for row in rows)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--modalities", "ear"], "SIMULATOR-OPTION"),
        (["--modalities", ""], "SIMULATOR-OPTION"),
        (["--purpose", "fun"], "SIMULATOR-OPTION"),
        (["--purpose", "auth", "--level", "L0"], "SIMULATOR-OPTION"),
        (["--quality", "101"], "SIMULATOR-OPTION"),
        (["--fault", "nonsense"], "SIMULATOR-FAULT"),
        (["--script", "/nonexistent"], "SIMULATOR-SCRIPT"),
        (["--subject", "/nonexistent"], "SIMULATOR-SUBJECT-FOLDER"),
        (["--state", "/proc/none"], "SIMULATOR-STATE"),
        (["--purpose", "auth", "--ida-certificate", "/nonexistent"], "SIMULATOR-IDA-CERTIFICATE"),
    ],
)
def test_every_option_that_cannot_be_has_its_code(options: list[str], code: str) -> None:
    done = run.invoke(simulator.app, ["--port", "0", *options])
    assert done.exit_code == 2
    assert f"[{code}]" in done.stderr


def test_a_data_directory_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").write_bytes(b"a file in the way")
    process, ready = _started(tmp_path)
    assert call(ready["port"], "MOSIPDISC", "/device", {"type": "Face"})[0] == 200
    _ended(process, signal.SIGTERM)
