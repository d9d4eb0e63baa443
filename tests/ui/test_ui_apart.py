"""Windows and what drives devices are loaded by who uses them: the command line does without."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys, app.cli, app.demo.run, app.desk.enrol, app.ui.camera
import devices.camera.testcard, devices.camera.model, devices.usb.watch
print(sorted({"PySide6", "sane", "nbis", "usb", "icu"} & sys.modules.keys()))
"""


def test_no_command_loads_qt_or_the_drivers() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"
