"""Every source of camera pictures keeps the same rules: test cards, files, folders; Qt on a film and on sent pictures."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.camera.pictures import PictureFiles
from devices.camera.testcard import CardCameras, card
from tests.support.cameracontract import RULES, Bench

PERIOD_S = 0.01


def _cards(folder: Path) -> Bench:
    del folder
    return Bench(CardCameras("One", "Two", period_s=PERIOD_S), (640, 480))


def _folder(folder: Path) -> Bench:
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(card(number, 64, 48).jpeg(90))
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 broken")
    return Bench(PictureFiles(folder, PERIOD_S), (64, 48))


def _file(folder: Path) -> Bench:
    path = folder / "one.jpg"
    path.write_bytes(card(1, 64, 48).jpeg(90))
    return Bench(PictureFiles(path, PERIOD_S), (64, 48))


@pytest.mark.parametrize("make", [_cards, _folder, _file])
@pytest.mark.parametrize("rule", RULES)
def test_a_source_without_hardware_keeps_the_rule(
    rule: Callable[[Bench], None], make: Callable[[Path], Bench], tmp_path: Path
) -> None:
    rule(make(tmp_path))


@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="needs the extra gui")
def test_qt_keeps_all_rules_without_a_camera_and_has_a_state_for_that(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_LOGGING_RULES": "*=false",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "tests.support.qtfilm", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env=environment)
    if "libpulse" in done.stderr or "libEGL" in done.stderr:
        pytest.skip("the system's libraries for QtMultimedia are not there")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["held"] == {name: [rule.__name__ for rule in RULES] for name in ("film", "session")}
    assert answer["unknown"] == "absent"
    if not answer["cameras"]:
        assert answer["reason"]
        assert answer["default"] == "absent"
