"""The test card moves, and what can happen to a camera can be made to happen to it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from devices.camera.errors import CameraNotAllowedError, CameraUnpluggedError
from devices.camera.model import CameraState, OpenCamera
from devices.camera.testcard import CardCameras, card


def _streaming(source: CardCameras) -> tuple[OpenCamera, threading.Event]:
    changed = threading.Event()
    camera = source.open(None, changed.set)
    assert changed.wait(20)
    changed.clear()
    return camera, changed


def test_the_card_moves_and_is_the_same_at_each_time() -> None:
    assert np.array_equal(card(3).pixels, card(3).pixels)
    assert not np.array_equal(card(3).pixels, card(4).pixels)
    assert card(0).pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (64, 64), (65, 1)])
def test_a_card_of_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    picture = card(11, *size)
    assert (picture.width, picture.height) == size


def test_unplugged_while_streaming_is_told_and_ends_the_pictures() -> None:
    source = CardCameras("One", period_s=3600)
    camera, changed = _streaming(source)
    source.unplug("One")
    assert changed.is_set()
    assert camera.status.state is CameraState.UNPLUGGED
    assert camera.latest() is None
    with pytest.raises(CameraUnpluggedError):
        camera.still()
    camera.close()
    assert source.list().cameras == ()
    assert source.list().reason
    assert source.open().status.state is CameraState.ABSENT
    source.plug("One")
    again, _ = _streaming(source)
    assert again.status.state is CameraState.STREAMING
    again.close()


def test_another_program_may_have_it_for_a_while() -> None:
    source = CardCameras("One", period_s=3600)
    source.take_away("One")
    assert source.open().status.state is CameraState.BUSY
    source.give_back("One")
    camera, _ = _streaming(source)
    camera.close()


def test_it_may_be_forbidden() -> None:
    source = CardCameras("One")
    source.is_allowed = False
    camera = source.open()
    assert camera.status.state is CameraState.NO_PERMISSION
    with pytest.raises(CameraNotAllowedError):
        camera.still()


def test_closing_ends_the_thread_at_once() -> None:
    before = threading.active_count()
    camera, _ = _streaming(CardCameras("One", period_s=3600))
    assert threading.active_count() == before + 1
    camera.close()
    assert threading.active_count() == before


def test_a_listener_may_close_the_camera() -> None:
    closed = threading.Event()
    opened = threading.Event()
    cameras: list[OpenCamera] = []

    def close() -> None:
        opened.wait(20)
        cameras[0].close()
        closed.set()

    cameras.append(CardCameras("One").open(None, close))
    opened.set()
    assert closed.wait(20)
    assert cameras[0].status.state is CameraState.CLOSED
