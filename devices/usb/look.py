"""Looking at the bus through pyusb: what is plugged in now.

Looking never disturbs a device or the service that uses it: descriptors are read, nothing is configured, claimed or detached
(USB 2.0, 9.4.3 and 9.6). Texts are asked for once per plugging, of everything but hubs, and not again after the first refusal;
that this user may not read them is usual and no error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from devices.usb.known import SHIPPED, KnownIds
from devices.usb.model import Certainty, UsbDevice, UsbKind, UsbSnapshot, UsbState
from devices.usb.text import clean

DEVICES_MAX: Final = 512
_CONFIGURATIONS_MAX: Final = 8
_INTERFACES_MAX: Final = 64
_TEXT_TIMEOUT_MS: Final = 200
_TEXT_REQUEST_BYTES: Final = 254
_STRING_DESCRIPTOR: Final = 3
_CLASS_VIDEO: Final = 0x0E
_CLASS_HUB: Final = 0x09

NO_LIBUSB: Final = (
    "USB cannot be looked at, because the library libusb is not installed or does not start. Biometric devices are found all "
    "the same, by their services. To see what is plugged in, install libusb-1.0-0."
)
NO_BUS: Final = (
    "No USB device can be seen, not even a hub: this machine shows this user no USB bus. Biometric devices are found all the "
    "same, by their services."
)

# What a device that goes away while it is read, refuses, or answers nonsense makes pyusb raise. USBError is an OSError.
_GONE: Final = (OSError, ValueError, IndexError, NotImplementedError)

OpenBackend = Callable[[], Any]
"""Gives a `usb.backend.IBackend`, or None if there is none. pyusb has no types."""


@dataclass(frozen=True, slots=True)
class _Texts:
    manufacturer: str = ""
    product: str = ""
    serial: str = ""


def open_libusb() -> Any:
    """pyusb's backend for the first of libusb 1.0, OpenUSB and libusb 0.1 that this machine has; None without any."""
    from usb.backend import libusb0, libusb1, openusb  # type: ignore[import-untyped, unused-ignore]

    return next((backend for module in (libusb1, openusb, libusb0) if (backend := module.get_backend()) is not None), None)


class UsbLook:
    """Looks at the bus. Remembers the texts of what stays plugged in; so it is to be used by one thread at a time.

    Args:
        known: names and kinds by number.
        open_backend: called at every look; pyusb keeps the library open behind it.
    """

    def __init__(self, known: KnownIds = SHIPPED, open_backend: OpenBackend = open_libusb) -> None:
        self._known = known
        self._open_backend = open_backend
        self._seen: dict[tuple[int, ...], UsbDevice] = {}

    def __call__(self) -> UsbSnapshot:
        """What is plugged in. Never raises; a device that disappears meanwhile is left out."""
        try:
            backend = self._open_backend()
            if backend is None:
                return UsbSnapshot(UsbState.NO_LIBUSB, NO_LIBUSB)
            seen = dict(self._devices(backend))
        except _GONE as error:
            self._seen = {}
            why = getattr(error, "strerror", None) or "no reason given"
            return UsbSnapshot(UsbState.NO_BUS, f"USB cannot be looked at: {why}. Biometric devices are found all the same.")
        self._seen = seen
        if not seen:
            return UsbSnapshot(UsbState.NO_BUS, NO_BUS)
        return UsbSnapshot(UsbState.READY, "", tuple(sorted(seen.values(), key=lambda device: device.key)))

    def _devices(self, backend: Any) -> Iterator[tuple[tuple[int, ...], UsbDevice]]:
        from usb.core import Device  # type: ignore[import-untyped, unused-ignore]

        for handle in islice(backend.enumerate_devices(), DEVICES_MAX):
            try:
                device = Device(handle, backend)
            except _GONE:
                continue
            plugging = (device.bus or 0, device.address or 0, device.idVendor, device.idProduct, device.bcdDevice)
            yield plugging, self._seen.get(plugging) or self._read(device)

    def _read(self, device: Any) -> UsbDevice:
        with _released(device):
            classes = tuple(sorted(set(_interface_classes(device))))
            is_hub = device.bDeviceClass == _CLASS_HUB
            texts = _Texts() if is_hub else _texts(device)
        entry, certainty = self._known.find(device.idVendor, device.idProduct)
        own_name = _own_name(texts)
        if is_hub:
            name, kind, certainty = "USB hub", UsbKind.HUB, Certainty.CLASS
        elif entry is not None and certainty is Certainty.PRODUCT:
            name, kind = entry.name, entry.kind
        elif entry is not None:
            name, kind = own_name or entry.name, entry.kind
        elif _CLASS_VIDEO in classes:
            name, kind, certainty = own_name or "Camera", UsbKind.CAMERA, Certainty.CLASS
        else:
            name, kind = own_name or f"USB device {device.idVendor:04x}:{device.idProduct:04x}", UsbKind.OTHER
        makes = entry.makes if entry is not None else frozenset()
        return UsbDevice(
            bus=device.bus or 0,
            address=device.address or 0,
            vendor=device.idVendor,
            product=device.idProduct,
            serial=texts.serial,
            name=name,
            kind=kind,
            certainty=certainty,
            makes=makes,
            interface_classes=classes,
        )


@contextmanager
def _released(device: Any) -> Iterator[None]:
    """Whatever was opened to read is closed at once: the device belongs to its service."""
    from usb.util import dispose_resources  # type: ignore[import-untyped, unused-ignore]

    try:
        yield
    finally:
        with suppress(*_GONE):
            dispose_resources(device)


def _interface_classes(device: Any) -> Iterable[int]:
    classes: list[int] = []
    try:
        for configuration in islice(device, min(device.bNumConfigurations, _CONFIGURATIONS_MAX)):
            classes += [interface.bInterfaceClass for interface in islice(configuration, _INTERFACES_MAX)]
    except _GONE:
        return classes
    return classes


def _texts(device: Any) -> _Texts:
    found = []
    try:
        device.default_timeout = _TEXT_TIMEOUT_MS
        numbers = (device.iManufacturer, device.iProduct, device.iSerialNumber)
        languages = device.langids if any(numbers) else ()
        for number in numbers:
            found.append(_text(device, number, languages[0]) if number and languages else "")
    except _GONE:
        found += [""] * (3 - len(found))
    return _Texts(*found)


def _text(device: Any, number: int, language: int) -> str:
    from usb.control import get_descriptor  # type: ignore[import-untyped, unused-ignore]

    descriptor = bytes(get_descriptor(device, _TEXT_REQUEST_BYTES, _STRING_DESCRIPTOR, number, language))
    return clean(descriptor[2 : descriptor[0]])


def _own_name(texts: _Texts) -> str:
    """What the device calls itself; the maker's name is left away where the product's begins with it."""
    if texts.product.lower().startswith(texts.manufacturer.lower()):
        return texts.product
    return f"{texts.manufacturer} {texts.product}".strip()
