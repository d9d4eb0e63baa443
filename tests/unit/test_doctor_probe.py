"""What each look says: what is there, or what is missing and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from app.commands import doctor_probe
from app.commands.doctor_model import Finding, Part
from devices.usb.look import UsbLook
from devices.usb.services import SILENT, Answering
from tests.support.fakeusb import FakeBus, FakeDevice, utf16


@dataclass(frozen=True)
class Told:
    make: str
    serial_no: str


def _usb(*devices: FakeDevice, answering: tuple[Answering, ...] = ()) -> doctor_probe.Seen:
    return doctor_probe.usb(UsbLook(open_backend=lambda: FakeBus(*devices)), lambda: (answering, False))


def test_a_reader_without_its_service_is_said_to_be_plugged_in_for_nothing() -> None:
    seen = _usb(FakeDevice(0x1162, 0x0330, serial=utf16("A")))
    assert (seen.state, seen.found) == (Finding.GOOD, "1 plugged in")
    assert seen.parts == (Part("SecuGen FDU04 fingerprint reader (1162:0330)", "biometric", SILENT),)


def test_a_reader_with_its_service_has_no_hint() -> None:
    assert _usb(FakeDevice(0x1162, 0x0330, serial=utf16("A")), answering=(Told("x", "A"),)).parts[0].detail == ""


def test_services_are_asked_only_for_biometric_devices() -> None:
    def ask() -> tuple[tuple[Answering, ...], bool]:
        pytest.fail("nobody has to answer for a scanner")

    seen = doctor_probe.usb(UsbLook(open_backend=lambda: FakeBus(FakeDevice(0x04C5, 0x132E))), ask)
    assert [part.state for part in seen.parts] == ["scanner"]


def test_no_bus_is_none_and_no_libusb_is_missing() -> None:
    assert _usb().state is Finding.NONE
    assert doctor_probe.usb(UsbLook(open_backend=lambda: None)).state is Finding.MISSING


def test_scanners_that_sane_sees_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def get_devices(local_only: bool) -> list[tuple[str, str, str, str]]:
        asked.append(local_only)
        return [("test:0", "Noname", "frontend-tester", "virtual device"), ("x:1", "", "", "")]

    _with_sane(monkeypatch, SimpleNamespace(init=lambda: None, get_devices=get_devices))
    seen = doctor_probe.scanners()
    assert (seen.state, seen.found) == (Finding.GOOD, "2 found")
    assert [(part.name, part.detail) for part in seen.parts] == [("Noname frontend-tester", "test:0"), ("x:1", "x:1")]
    assert asked == [True]


def test_the_virtual_scanners_of_sane_are_seen(tmp_path: Path) -> None:
    if find_spec("sane") is None or not any(Path("/usr/lib").glob("*/sane/libsane-test.so*")):
        pytest.skip("needs python-sane and SANE's test backend")
    (tmp_path / "dll.conf").write_text("test\n")
    done = subprocess.run(
        [sys.executable, "-m", "app.commands.doctor_probe", "scanners"],
        check=True,
        capture_output=True,
        timeout=60,
        env={**os.environ, "SANE_CONFIG_DIR": str(tmp_path)},
    )
    seen = orjson.loads(done.stdout)
    assert seen["state"] == "good"
    assert {"name": "Noname frontend-tester", "state": "plugged in", "detail": "test:0"} in seen["parts"]


def test_no_scanner_a_failing_sane_and_no_sane_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_sane(monkeypatch, SimpleNamespace(init=lambda: None, get_devices=lambda _: []))
    assert doctor_probe.scanners().state is Finding.NONE

    def fail(_: bool) -> None:
        raise import_module("_sane").error("Error during device I/O")

    _with_sane(monkeypatch, SimpleNamespace(init=lambda: None, get_devices=fail))
    assert "Error during device I/O" in doctor_probe.scanners().found
    _with_sane(monkeypatch, None)
    assert doctor_probe.scanners().state is Finding.MISSING
    monkeypatch.setattr(doctor_probe, "find_spec", lambda _: None)
    assert "python-sane" in doctor_probe.scanners().found


def _with_sane(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    monkeypatch.setitem(sys.modules, "sane", module)
    monkeypatch.setattr(doctor_probe, "find_spec", lambda _: object())
    monkeypatch.setattr(sys, "platform", "linux")


def test_on_other_systems_the_ways_that_are_not_gone_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    seen = doctor_probe.scanners()
    assert seen.state is Finding.MISSING
    assert seen.advice


def test_without_qt_there_is_a_state_for_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtCore", None)
    assert doctor_probe.cameras().state is Finding.MISSING


def test_a_library_that_prints_does_not_disturb_the_answer() -> None:
    code = (
        "import os, sys\n"
        "from app.commands import doctor_probe as p\n"
        "def look():\n"
        "    os.write(1, b'noise'); print('more noise', flush=True)\n"
        "    return p.Seen(p.Finding.NONE, 'quiet')\n"
        "p.PROBES = {'usb': look}\n"
        "sys.argv = ['probe', 'usb']\n"
        "p.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
    assert orjson.loads(done.stdout)["found"] == "quiet"
    assert b"noise" in done.stderr


def test_without_icu_there_is_a_state_for_suggestions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icu", None)
    seen = doctor_probe.suggestions()
    assert seen.state is Finding.MISSING
    assert "libicu-dev" in seen.advice


def test_sdks_are_described_part_by_part() -> None:
    seen = doctor_probe.sdks()
    assert seen.parts
    assert all(part.name and part.state for part in seen.parts)
