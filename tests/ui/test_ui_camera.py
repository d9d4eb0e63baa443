"""What Qt's camera errors are taken for, and an installation without QtMultimedia."""

from __future__ import annotations

import sys

import pytest

from app.ui.camera import judge_failure, open_cameras
from devices.camera.model import CameraState


@pytest.mark.parametrize(
    ("was_streaming", "is_plugged", "is_forbidden", "state"),
    [
        (False, False, False, CameraState.ABSENT),
        (True, False, False, CameraState.UNPLUGGED),
        (True, True, False, CameraState.FAILED),
        (False, True, True, CameraState.NO_PERMISSION),
        (False, True, False, CameraState.BUSY),
    ],
)
def test_an_error_is_judged_by_what_the_camera_did_before_and_whether_it_is_there(
    was_streaming: bool, is_plugged: bool, is_forbidden: bool, state: CameraState
) -> None:
    judged, reason = judge_failure(
        "No\n\x1b way", was_streaming=was_streaming, is_plugged=is_plugged, is_forbidden=is_forbidden
    )
    assert judged is state
    assert "(No way)" in reason


def test_without_qt_there_is_a_source_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    source = open_cameras()
    listed = source.list()
    assert not listed.can_drive
    assert "QtMultimedia" in listed.reason
    assert source.open().status.state is CameraState.NOT_INSTALLED
