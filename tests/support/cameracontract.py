"""What every source of camera pictures must do; used for each of them, in whatever process it lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from devices.camera.errors import CameraAbsentError, CameraBusyError, CameraClosedError
from devices.camera.model import CameraSource, CameraState, OpenCamera
from devices.client import jpeg

LIMIT_S = 30.0


@dataclass
class Bench:
    """A source with one camera that can be opened.

    Attributes:
        work: lets a source work that needs somebody else's thread for it.
    """

    source: CameraSource
    size: tuple[int, int]
    work: Callable[[], None] = lambda: None
    changed: threading.Event = field(default_factory=threading.Event)

    def open(self) -> OpenCamera:
        return self.source.open(None, self.changed.set)

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT_S
        while not is_so():
            assert time.monotonic() < end, "the camera does not do it"
            self.work()
            self.changed.wait(0.01)
            self.changed.clear()


def lists_a_default_camera(bench: Bench) -> None:
    listed = bench.source.list()
    assert listed.can_drive
    assert listed.reason == ""
    assert [camera.is_default for camera in listed.cameras].count(True) == 1
    assert all(camera.identity and camera.name for camera in listed.cameras)


def shows_each_picture_once(bench: Bench) -> None:
    camera = bench.open()
    assert camera.status.state in {CameraState.STARTING, CameraState.STREAMING}
    frames = []
    for _ in range(3):
        bench.until(lambda: camera.counts.received > camera.counts.taken + camera.counts.dropped)
        frame = camera.latest()
        assert frame is not None
        frames.append(frame)
    assert camera.status.state is CameraState.STREAMING
    assert all((frame.width, frame.height) == bench.size == jpeg.size(frame.jpeg) for frame in frames)
    assert len({frame.number for frame in frames}) == 3
    assert "jpeg" not in repr(frames[0])
    camera.close()


def keeps_one_picture_for_a_slow_window(bench: Bench) -> None:
    camera = bench.open()
    bench.until(lambda: camera.counts.received >= 4)
    counts = camera.counts
    assert counts.received - counts.dropped == 1
    frame = camera.latest()
    assert frame is not None
    assert frame.number >= 4
    camera.close()


def takes_a_still_of_what_was_seen(bench: Bench) -> None:
    camera = bench.open()
    bench.until(lambda: camera.counts.received > 0)
    bench.until(lambda: camera.latest() is not None)
    still = camera.still()
    assert (still.width, still.height) == bench.size == jpeg.size(still.jpeg)
    camera.close()


def is_busy_while_open_and_free_after_closing(bench: Bench) -> None:
    first = bench.open()
    second = bench.open()
    assert second.status.state is CameraState.BUSY
    assert second.status.reason
    with pytest.raises(CameraBusyError):
        second.still()
    second.close()
    first.close()
    third = bench.open()
    bench.until(lambda: third.status.state is CameraState.STREAMING)
    third.close()


def knows_no_other_camera(bench: Bench) -> None:
    camera = bench.source.open("no such camera")
    assert camera.status.state is CameraState.ABSENT
    assert camera.latest() is None
    with pytest.raises(CameraAbsentError):
        camera.still()
    camera.close()


def ends_with_closing(bench: Bench) -> None:
    camera = bench.open()
    bench.until(lambda: camera.status.state is CameraState.STREAMING)
    camera.close()
    bench.changed.clear()
    received = camera.counts.received
    camera.close()
    assert camera.status.state is CameraState.CLOSED
    assert camera.latest() is None
    with pytest.raises(CameraClosedError):
        camera.still()
    for _ in range(5):
        bench.work()
    assert camera.counts.received == received
    assert not bench.changed.is_set()


RULES: tuple[Callable[[Bench], None], ...] = (
    lists_a_default_camera,
    shows_each_picture_once,
    keeps_one_picture_for_a_slow_window,
    takes_a_still_of_what_was_seen,
    is_busy_while_open_and_free_after_closing,
    knows_no_other_camera,
    ends_with_closing,
)
