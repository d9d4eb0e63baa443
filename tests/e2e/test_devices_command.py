"""`sealdesk devices` as a tester uses it: exit codes, names of refusals, figures of a preview."""

from __future__ import annotations

import itertools
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from app.commands import devices
from devices.client.portowner import port_owner
from tests.support.hostile_device import Dict, Fault, HostileDevice, certificates
from tests.support.hostile_stream import HEAD, numbered_jpeg, part, sending, sending_on

C = certificates()


@pytest.fixture
def device() -> Iterator[HostileDevice]:
    with HostileDevice() as service:
        yield service


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    for index, certificate in enumerate(C.pki.store):
        (folder / f"device{index}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(devices.app, [str(argument) for argument in arguments])


def capture(device: HostileDevice, trust: Path, *more: object) -> Result:
    return run(
        "capture",
        "--modality",
        "finger",
        "--attributes",
        "leftThumb,rightThumb",
        "--port",
        device.port,
        "--trust",
        trust,
        *more,
    )


def test_a_good_capture_says_what_was_captured_and_checked(device: HostileDevice, trust: Path) -> None:
    done = capture(device, trust, "--json")
    assert done.exit_code == 0
    value = json.loads(done.stdout)
    assert [row["attribute"] for row in value["captures"]] == ["leftThumb", "rightThumb"]
    assert "RS256 signature" in value["checked"]
    assert value["out"] is None
    text = capture(device, trust)
    assert "Checked of each: RS256 signature" in text.stdout
    assert list(trust.parent.iterdir()) == [trust]  # nothing is written that was not asked for


def test_captures_are_written_on_request_only_and_for_this_user_only(
    device: HostileDevice, trust: Path, tmp_path: Path
) -> None:
    out = tmp_path / "captures.json"
    done = capture(device, trust, "--out", out)
    assert done.exit_code == 0
    assert f"written to {out}; they hold biometrics" in done.stdout
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert len(json.loads(out.read_bytes())["captured"]) == 2
    again = capture(device, trust, "--out", out)
    assert (again.exit_code, again.stderr.rstrip()[-20:]) == (2, "[PACKET-FILE-EXISTS]")


def test_a_refused_capture_ends_with_1_and_its_name_and_writes_nothing(
    device: HostileDevice, trust: Path, tmp_path: Path
) -> None:
    device.fault = Fault(payload=lambda p: p.update(transactionId="other"))
    done = capture(device, trust, "--json", "--out", tmp_path / "x")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == "CAPTURE-TRANSACTION"
    assert re.fullmatch(r"sealdesk: .* \[CAPTURE-TRANSACTION\]\n", done.stderr)
    assert not (tmp_path / "x").exists()


def test_a_device_that_is_refused_or_busy_ends_with_1_and_its_name(device: HostileDevice, trust: Path) -> None:
    device.fault = Fault(info_signer=lambda _: C.rogue)
    assert "[PACKET-CHAIN]" in (done := capture(device, trust)).stderr
    assert done.exit_code == 1

    def busy(entry: Dict) -> None:
        entry.update(deviceStatus="Busy")

    device.fault = Fault(info_payload=busy, discovery_entry=busy)
    assert "The device is busy" in (done := capture(device, trust)).stderr
    assert done.exit_code == 1
    device.fault = Fault(
        info_entry=lambda e: e.update(deviceInfo="", error={"errorCode": "100", "errorInfo": "Device not registered"})
    )
    assert "not registered" in (done := capture(device, trust)).stderr
    assert done.exit_code == 1
    device.fault = Fault(info_body=lambda _: b"<html>")
    assert "[DEVICE-JSON]" in (done := capture(device, trust)).stderr
    assert done.exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--exceptions", "leftThumb,rightThumb"],
        ["--attributes", "leftEye"],
        ["--modality", "iris"],
    ],
)
def test_nothing_to_capture_with_ends_with_2(device: HostileDevice, trust: Path, arguments: list[str]) -> None:
    done = capture(device, trust, *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert re.fullmatch(r"sealdesk: .* \[[A-Z-]+\]\n", done.stderr)


def test_the_list_shows_provider_serial_and_process(device: HostileDevice, trust: Path) -> None:
    done = run("list", "--ports", device.port, "--trust", trust)
    assert done.exit_code == 0
    owner = port_owner(device.port)
    assert owner is not None
    assert f"SN-1  PROVIDER  {owner.name} ({owner.pid})" in done.stdout
    rows = json.loads(run("list", "--ports", device.port, "--json").stdout)["devices"]
    assert [(row["verified"], row["device_provider"]) for row in rows] == [(False, "PROVIDER")]


def test_the_owner_of_a_port_is_not_made_up(tmp_path: Path) -> None:
    assert port_owner(1, tmp_path) is None
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("head\n 0: 0100007F:1195 00000000:0000 0A 0:0 0:0 0 0 0 77 1\n shorter\n")
    assert port_owner(0x1195, tmp_path) is None
    (tmp_path / "42" / "fd").mkdir(parents=True)
    (tmp_path / "42" / "comm").write_text("device\x1b[2J\n")
    (tmp_path / "42" / "fd" / "5").symlink_to("socket:[77]")
    owner = port_owner(0x1195, tmp_path)
    assert owner is not None
    assert (owner.pid, owner.name) == (42, "device [2J")


def test_a_preview_tells_its_rate(device: HostileDevice) -> None:
    device.fault = sending_on(device, itertools.chain([HEAD], itertools.repeat(part(numbered_jpeg(1)))), 0.04)
    done = run("stream", "--port", device.port, "--seconds", "0.8", "--json")
    assert done.exit_code == 0
    value = json.loads(done.stdout)
    assert 10 < value["framesPerSecond"] < 30
    assert value["received"] == value["taken"] + value["dropped"] + value["capped"] + value["refused"]
    device.fault = sending_on(device, itertools.chain([HEAD], itertools.repeat(part(numbered_jpeg(1)))), 0.04)
    done = run("stream", "--port", device.port, "--seconds", "0.3", "--modality", "finger", "--sub-id", "3")
    assert re.match(r"\d+\.\d frames a second over 0\.\d s: \d+ received, \d+ taken, \d+ dropped", done.stdout)
    assert b'"deviceSubId":"3"' in device.requests[-1][1]


def test_a_preview_that_fails_or_shows_nothing_ends_with_1(device: HostileDevice) -> None:
    device.fault = sending(HEAD, b'{"error":{"errorCode":"202","errorInfo":"gone"}}')
    done = run("stream", "--port", device.port, "--seconds", "5")
    assert done.exit_code == 1
    assert "[DEVICE-REPORTED]" in done.stderr
    device.fault = sending_on(device, [HEAD])
    done = run("stream", "--port", device.port, "--seconds", "0.2")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.startswith("0.0 frames a second")
    done = run("stream", "--port", device.port, "--seconds", "0.2", "--modality", "iris")
    assert (done.exit_code, "[DEVICES-NONE]" in done.stderr) == (2, True)
