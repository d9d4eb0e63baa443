"""Watching: every change told once and in order, no busy loop, an end that comes at once."""

from __future__ import annotations

import errno
import queue
import threading
import time
from collections.abc import Callable

import pytest
from usb.core import USBError  # type: ignore[import-untyped, unused-ignore]

from devices.usb.look import UsbLook
from devices.usb.model import UsbChange, UsbSnapshot, UsbState
from devices.usb.watch import UsbWatch
from tests.support.fakeusb import FakeBus, FakeDevice, utf16


class Ticks:
    """A wait that ends when the test says so."""

    def __init__(self) -> None:
        self._ticks: queue.Queue[bool] = queue.Queue()
        self.waiting: queue.Queue[float] = queue.Queue()

    def __call__(self, seconds: float) -> bool:
        self.waiting.put(seconds)
        return self._ticks.get(timeout=20)

    def tick(self, *, is_last: bool = False) -> None:
        self.waiting.get(timeout=20)
        self._ticks.put(is_last)


def _nothing(change: UsbChange) -> None:
    del change


def _watch(bus: FakeBus, changed: Callable[[UsbChange], None] = _nothing) -> UsbWatch:
    return UsbWatch(UsbLook(open_backend=lambda: bus), changed)


def test_the_first_look_tells_what_is_there_already() -> None:
    change = _watch(FakeBus(FakeDevice())).look_once()
    assert change is not None
    assert change.is_first
    assert len(change.plugged) == 1


def test_a_plug_and_an_unplug_are_told_once() -> None:
    bus = FakeBus(FakeDevice(address=2))
    watch = _watch(bus)
    watch.look_once()
    bus.devices.append(FakeDevice(address=3))
    change = watch.look_once()
    assert change is not None
    assert [device.address for device in change.plugged] == [3]
    assert change.unplugged == ()
    assert watch.look_once() is None
    del bus.devices[0]
    change = watch.look_once()
    assert change is not None
    assert [device.address for device in change.unplugged] == [2]
    assert watch.look_once() is None


def test_another_device_at_the_same_place_is_an_unplug_and_a_plug() -> None:
    bus = FakeBus(FakeDevice(0x1162, 0x0330, serial=utf16("A")))
    watch = _watch(bus)
    watch.look_once()
    bus.devices = [FakeDevice(0x1162, 0x0320, serial=utf16("B"))]
    change = watch.look_once()
    assert change is not None
    assert [d.serial for d in change.unplugged] == ["A"]
    assert [d.serial for d in change.plugged] == ["B"]


def test_the_last_device_unplugged_leaves_a_bus_that_is_ready() -> None:
    bus = FakeBus(FakeDevice())
    watch = _watch(bus)
    watch.look_once()
    bus.devices = []
    change = watch.look_once()
    assert change is not None
    assert change.snapshot == UsbSnapshot(UsbState.READY)
    assert len(change.unplugged) == 1
    assert watch.look_once() is None


def test_a_bus_that_appears_later_is_told_with_its_devices() -> None:
    bus = FakeBus()
    watch = _watch(bus)
    first = watch.look_once()
    assert first is not None
    assert first.snapshot.state is UsbState.NO_BUS
    assert watch.look_once() is None
    bus.devices = [FakeDevice()]
    change = watch.look_once()
    assert change is not None
    assert change.snapshot.state is UsbState.READY
    assert len(change.plugged) == 1


def test_a_bus_that_fails_for_a_while_is_survived() -> None:
    bus = FakeBus(FakeDevice())
    watch = _watch(bus)
    watch.look_once()
    bus.failure = USBError("Input/Output Error", -1, errno.EIO)
    assert watch.look_once() is not None
    bus.failure = None
    change = watch.look_once()
    assert change is not None
    assert len(change.plugged) == 1


def test_the_thread_looks_waits_and_tells_in_order() -> None:
    bus, ticks, told = FakeBus(FakeDevice(address=2)), Ticks(), list[UsbChange]()
    watch = UsbWatch(UsbLook(open_backend=lambda: bus), told.append, period_s=7.0, wait=ticks)
    watch.start()
    ticks.tick()
    assert ticks.waiting.get(timeout=20) == 7.0
    ticks.waiting.put(7.0)
    assert [change.is_first for change in told] == [True]
    bus.devices.append(FakeDevice(address=3))
    ticks.tick()
    ticks.tick(is_last=True)
    assert watch.stop(20)
    assert [[device.address for device in change.plugged] for change in told] == [[2], [3]]
    assert watch.snapshot is not None
    assert len(watch.snapshot.devices) == 2


def test_it_ends_at_once_although_it_would_wait_for_an_hour() -> None:
    first = threading.Event()
    watch = UsbWatch(UsbLook(open_backend=lambda: FakeBus(FakeDevice())), lambda _: first.set(), period_s=3600)
    watch.start()
    assert first.wait(20)
    begin = time.monotonic()
    assert watch.stop(20)
    assert time.monotonic() - begin < 2


def test_without_libusb_it_says_so_and_ends_by_itself() -> None:
    told: queue.Queue[UsbChange] = queue.Queue()
    watch = UsbWatch(UsbLook(open_backend=lambda: None), told.put, period_s=3600)
    watch.start()
    assert told.get(timeout=20).snapshot.state is UsbState.NO_LIBUSB
    assert watch.stop(20)
    assert told.empty()


def test_a_listener_may_stop_the_watch() -> None:
    done = threading.Event()

    def stop(_: UsbChange) -> None:
        assert watch.stop()
        done.set()

    watch = UsbWatch(UsbLook(open_backend=lambda: FakeBus(FakeDevice())), stop, period_s=3600)
    watch.start()
    assert done.wait(20)
    assert watch.stop(20)


def test_a_look_that_hangs_is_told_to_who_stops_and_nothing_is_told_later() -> None:
    entered, free, told = threading.Event(), threading.Event(), list[UsbChange]()

    def hanging() -> UsbSnapshot:
        entered.set()
        free.wait(20)
        return UsbSnapshot(UsbState.READY)

    watch = UsbWatch(hanging, told.append)
    watch.start()
    assert entered.wait(20)
    assert not watch.stop(0.05)
    free.set()
    assert watch.stop(20)
    assert told == []


def test_a_watch_is_started_once() -> None:
    with UsbWatch(UsbLook(open_backend=FakeBus), _nothing) as watch, pytest.raises(RuntimeError):
        watch.start()
