"""A USB bus that exists in a list: a backend for pyusb, and devices to plug into it."""

from __future__ import annotations

import errno
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from usb.backend import IBackend  # type: ignore[import-untyped, unused-ignore]
from usb.core import USBError  # type: ignore[import-untyped, unused-ignore]


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


@dataclass
class FakeDevice:
    """A device; its texts are raw UTF-16 bytes, so that they can be wrong."""

    vendor: int = 0x1209
    product: int = 1
    address: int = 2
    bus: int = 1
    device_class: int = 0
    interface_classes: tuple[int, ...] = (0xFF,)
    manufacturer: bytes = b""
    name: bytes = b""
    serial: bytes = b""
    is_gone: bool = False
    refuses_opening: bool = False
    dies_at_text: int = 99
    descriptor_length: Callable[[bytes], int] = field(default=lambda body: len(body) + 2)
    configurations: int = 1

    @property
    def texts(self) -> list[bytes]:
        return [b"\x09\x04", self.manufacturer, self.name, self.serial]


class FakeBus(IBackend):  # type: ignore[misc, unused-ignore]
    """What is plugged is in ``devices``; ``asked`` counts the texts that were asked for."""

    def __init__(self, *devices: FakeDevice) -> None:
        super().__init__()
        self.devices = list(devices)
        self.asked = 0
        self.opened = 0
        self.closed = 0
        self.failure: OSError | None = None

    def enumerate_devices(self) -> Iterator[FakeDevice]:
        if self.failure is not None:
            raise self.failure
        yield from list(self.devices)

    def get_parent(self, dev: FakeDevice) -> None:
        return None

    def get_device_descriptor(self, dev: FakeDevice) -> Any:
        _present(dev)
        texts = dev.texts
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=dev.device_class, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=dev.vendor, idProduct=dev.product, bcdDevice=0x100,
            iManufacturer=1 if texts[1] else 0, iProduct=2 if texts[2] else 0, iSerialNumber=3 if texts[3] else 0,
            bNumConfigurations=dev.configurations, bus=dev.bus, address=dev.address, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: FakeDevice, config: int) -> Any:
        _present(dev)
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=len(dev.interface_classes), bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0x80, bMaxPower=50, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: FakeDevice, intf: int, alt: int, config: int) -> Any:
        _present(dev)
        if alt or intf >= len(dev.interface_classes):
            raise IndexError("no such interface")
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=intf, bAlternateSetting=0, bNumEndpoints=0,
            bInterfaceClass=dev.interface_classes[intf], bInterfaceSubClass=0, bInterfaceProtocol=0, iInterface=0,
            extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: FakeDevice) -> FakeDevice:
        if dev.refuses_opening:
            raise USBError("Access denied (insufficient permissions)", -3, errno.EACCES)
        self.opened += 1
        return dev

    def close_device(self, dev_handle: FakeDevice) -> None:
        self.closed += 1

    def ctrl_transfer(
        self, dev_handle: FakeDevice, request_type: int, request: int, value: int, index: int, data: array[int], timeout: int
    ) -> int:
        number = value & 0xFF
        self.asked += 1
        if number >= dev_handle.dies_at_text:
            dev_handle.is_gone = True
            raise USBError("No such device (it may have been disconnected)", -4, errno.ENODEV)
        body = dev_handle.texts[number][: len(data) - 2]
        answer = bytes([dev_handle.descriptor_length(body) & 0xFF, 3]) + body
        data[: len(answer)] = array("B", answer)
        return len(answer)


def _present(device: FakeDevice) -> None:
    if device.is_gone:
        raise USBError("No such device (it may have been disconnected)", -4, errno.ENODEV)
