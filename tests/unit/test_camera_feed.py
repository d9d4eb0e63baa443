"""One place for one picture, and a state: what a camera's driver puts and what a window takes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from devices.camera.errors import (
    CameraBusyError,
    CameraError,
    CameraFailedError,
    CameraNotAllowedError,
    CameraNotReadyError,
    CamerasNotInstalledError,
    CameraUnpluggedError,
)
from devices.camera.feed import PREVIEW_QUALITY, SIDE_MAX_PX, STILL_QUALITY, CameraFeed, unusable
from devices.camera.model import CameraState, CameraStatus
from devices.camera.nocameras import NoCameras


@dataclass
class Drawn:
    width: int = 4
    height: int = 3
    text: bytes = b"picture"

    def jpeg(self, quality: int) -> bytes:
        return self.text and self.text + b" %d" % quality


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_newest_picture_replaces_the_one_before_and_is_given_once() -> None:
    feed = CameraFeed()
    feed.put(Drawn(text=b"old"))
    feed.put(Drawn(text=b"new"))
    frame = feed.latest()
    assert frame is not None
    assert (frame.jpeg, frame.number) == (b"new %d" % PREVIEW_QUALITY, 2)
    assert feed.latest() is None
    counts = feed.counts
    assert (counts.received, counts.taken, counts.dropped) == (2, 1, 1)


def test_a_still_is_what_was_seen_with_less_loss() -> None:
    feed = CameraFeed()
    feed.put(Drawn())
    feed.latest()
    assert feed.still().jpeg == b"picture %d" % STILL_QUALITY
    assert feed.still().number == 1


def test_a_window_that_does_not_take_is_told_once() -> None:
    told: list[int] = []
    feed = CameraFeed(lambda: told.append(1))
    for _ in range(5):
        feed.put(Drawn())
    assert len(told) == 1
    feed.latest()
    feed.put(Drawn())
    assert len(told) == 2


def test_no_still_before_the_first_picture_and_none_of_a_camera_that_froze() -> None:
    clock = Clock()
    feed = CameraFeed(steady=clock)
    with pytest.raises(CameraNotReadyError):
        feed.still()
    feed.put(Drawn())
    clock.now += 1.9
    feed.still()
    clock.now += 0.2
    with pytest.raises(CameraNotReadyError, match="2 seconds"):
        feed.still()
    feed.put(Drawn())
    feed.still()


def test_a_picture_that_cannot_be_made_is_counted_and_no_still() -> None:
    feed = CameraFeed()
    feed.put(Drawn(text=b""))
    assert feed.latest() is None
    assert feed.counts.refused == 1
    with pytest.raises(CameraNotReadyError, match="damaged"):
        feed.still()


@pytest.mark.parametrize(("width", "height"), [(0, 3), (SIDE_MAX_PX + 1, 3), (3, SIDE_MAX_PX + 1), (-1, 3)])
def test_a_picture_of_a_size_that_nobody_should_decode_is_refused(width: int, height: int) -> None:
    feed = CameraFeed()
    feed.put(Drawn(width, height))
    assert feed.latest() is None
    assert feed.status.state is CameraState.STARTING
    assert feed.counts.refused == 1


def test_the_first_reason_stays_and_pictures_after_the_end_are_ignored() -> None:
    feed = CameraFeed()
    feed.put(Drawn())
    feed.fail(CameraState.UNPLUGGED, "first")
    feed.fail(CameraState.FAILED, "second")
    feed.put(Drawn())
    assert feed.status == CameraStatus(CameraState.UNPLUGGED, "first")
    assert feed.latest() is None


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (CameraState.BUSY, CameraBusyError),
        (CameraState.NO_PERMISSION, CameraNotAllowedError),
        (CameraState.UNPLUGGED, CameraUnpluggedError),
        (CameraState.FAILED, CameraFailedError),
        (CameraState.NOT_INSTALLED, CamerasNotInstalledError),
    ],
)
def test_each_state_has_its_error_with_the_reason_and_what_to_do(state: CameraState, error: type[CameraError]) -> None:
    with pytest.raises(error, match="the reason") as raised:
        unusable(state, "the reason").still()
    assert raised.value.advice


def test_the_driver_is_released_once() -> None:
    released: list[int] = []
    feed = CameraFeed(release=lambda: released.append(1))
    feed.close()
    feed.close()
    assert released == [1]


def test_where_no_camera_can_be_driven_that_is_a_state_with_a_reason() -> None:
    source = NoCameras("No part for it.")
    listed = source.list()
    assert (listed.cameras, listed.reason, listed.can_drive) == ((), "No part for it.", False)
    assert source.open().status == CameraStatus(CameraState.NOT_INSTALLED, "No part for it.")
