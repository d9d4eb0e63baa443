"""A real device, descriptors and all, made in user space and reached over USB/IP: plugged it is seen, unplugged it is gone.

And a machine without libusb: the application starts there as anywhere.
"""

from __future__ import annotations

import os
import queue
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from usbip import Interface, Out, USBDevice  # type: ignore[import-untyped, unused-ignore]
from usbip.transport import USBIP  # type: ignore[import-untyped, unused-ignore]
from usbip_backend import USBIPBackend  # type: ignore[import-untyped, unused-ignore]

from devices.usb.look import UsbLook
from devices.usb.model import UsbChange, UsbKind, UsbState
from devices.usb.watch import UsbWatch

_GET_DESCRIPTOR = bytes([0x80, 0x06, 0x00, 0x01, 0x00, 0x00, 18, 0x00])


class _Reader(Interface):  # type: ignore[misc, unused-ignore]
    bInterfaceClass = 0xFF  # noqa: N815 - the USB specification's name
    pipe = Out(0x01, "bulk", mps=64)


class _Backend(USBIPBackend):  # type: ignore[misc, unused-ignore]
    """Asks the device itself for its descriptor; the list of exported devices leaves out where its texts are."""

    def get_device_descriptor(self, dev: Any) -> Any:
        descriptor = super().get_device_descriptor(dev)
        status, data = self.open_device(dev).submit(direction=1, ep=0, setup=_GET_DESCRIPTOR, transfer_buffer_length=18)
        assert status == 0
        descriptor.iManufacturer, descriptor.iProduct, descriptor.iSerialNumber = struct.unpack_from("<BBB", data, 14)
        return descriptor


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def backends(port: int) -> Iterator[list[_Backend]]:
    opened: list[_Backend] = []
    yield opened
    for backend in opened:
        for connection in backend._conns.values():
            connection.close()


def _device(product: int, serial: str) -> Any:
    device = USBDevice(0x1162, product, manufacturer="SecuGen Corp.", product="USB fingerprint reader", serial=serial)
    device.add(_Reader())
    return device


def test_a_virtual_device_is_plugged_seen_unplugged_and_gone(port: int, backends: list[_Backend]) -> None:
    def backend() -> _Backend:
        backends.append(_Backend("127.0.0.1", port))
        return backends[-1]

    told: queue.Queue[UsbChange] = queue.Queue()
    transport = USBIP("127.0.0.1", port)
    resting, second = _device(0x0320, "REST"), _device(0x0330, "H54170")
    with resting.plug(via=transport), UsbWatch(UsbLook(open_backend=backend), told.put, period_s=0.01) as watch:
        first = told.get(timeout=20)
        assert (first.is_first, first.snapshot.state) == (True, UsbState.READY)
        assert [device.serial for device in first.plugged] == ["REST"]
        with second.plug(via=transport):
            (plugged,) = told.get(timeout=20).plugged
            assert (plugged.name, plugged.kind) == ("SecuGen FDU04 fingerprint reader", UsbKind.BIOMETRIC)
            assert (plugged.vendor, plugged.product, plugged.serial) == (0x1162, 0x0330, "H54170")
            assert plugged.interface_classes == (0xFF,)
        gone = told.get(timeout=20)
        assert [device.serial for device in gone.unplugged] == ["H54170"]
        assert [device.serial for device in gone.snapshot.devices] == ["REST"]
        assert watch.stop(20)
    assert told.empty()


def test_the_last_virtual_device_goes_with_its_bus(port: int, backends: list[_Backend]) -> None:
    def backend() -> _Backend:
        backends.append(_Backend("127.0.0.1", port))
        return backends[-1]

    watch = UsbWatch(UsbLook(open_backend=backend), print)
    with _device(0x0330, "A").plug(via=USBIP("127.0.0.1", port)):
        assert watch.look_once() is not None
    change = watch.look_once()
    assert change is not None
    assert [device.serial for device in change.unplugged] == ["A"]


_WITHOUT_LIBUSB = """
import ctypes, ctypes.util
ctypes.util.find_library = lambda name: None
really = ctypes.CDLL
class NoUsb(really):
    def __init__(self, name, *args, **kwargs):
        if name and "usb" in str(name).lower():
            raise OSError(f"{name}: cannot open shared object file")
        super().__init__(name, *args, **kwargs)
ctypes.CDLL = NoUsb
import queue
import app.cli
from devices.usb.look import UsbLook
from devices.usb.watch import UsbWatch
told = queue.Queue()
watch = UsbWatch(UsbLook(), told.put)
watch.start()
print(told.get(timeout=20).snapshot.state)
assert watch.stop(20)
import sys
sys.argv = ["sealdesk", "--version"]
app.cli.main()
"""


def test_on_a_machine_without_libusb_the_application_starts_the_same() -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", _WITHOUT_LIBUSB]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    state, version = done.stdout.splitlines()
    assert state == UsbState.NO_LIBUSB
    assert version.startswith("sealdesk ")
