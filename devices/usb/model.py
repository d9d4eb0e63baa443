"""What USB tells of a machine: whether there is a bus to look at, and what is plugged into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class UsbState(StrEnum):
    """Whether USB can be looked at. None of them hinders work: biometric devices are found by their services."""

    READY = "ready"
    NO_LIBUSB = "no libusb"
    NO_BUS = "no bus"


class UsbKind(StrEnum):
    """What a plugged device is for, as far as USB tells."""

    BIOMETRIC = "biometric"
    SCANNER = "scanner"
    CAMERA = "camera"
    HUB = "hub"
    OTHER = "other"


class Certainty(StrEnum):
    """Why a device has its name and kind."""

    PRODUCT = "product"
    """Vendor and product are in the table."""
    VENDOR = "vendor"
    """Only the vendor is in the table; the vendor makes such devices, and may make others."""
    CLASS = "class"
    """By what the device's interfaces say of themselves."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """One plugged device. Texts out of the device are cleaned; they are whatever its maker, or an impostor, put there.

    Attributes:
        bus, address: where it is plugged; a new address is given at each plugging.
        vendor, product: ``idVendor``, ``idProduct``.
        serial: serial number; empty if there is none or this user may not read it. Of the device, not of a person.
        name: for a person to read; never empty.
        makes: under which names its maker may stand in device information, in small letters; empty if unknown.
        interface_classes: ``bInterfaceClass`` of all interfaces, sorted, each once.
    """

    bus: int
    address: int
    vendor: int
    product: int
    serial: str
    name: str
    kind: UsbKind
    certainty: Certainty
    makes: frozenset[str] = frozenset()
    interface_classes: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[int, int, int, int, str]:
        """What makes it the same device in two looks."""
        return (self.bus, self.address, self.vendor, self.product, self.serial)

    @property
    def ids(self) -> str:
        """``vendor:product`` in hexadecimal, as other tools print it."""
        return f"{self.vendor:04x}:{self.product:04x}"


@dataclass(frozen=True, slots=True)
class UsbSnapshot:
    """One look.

    Attributes:
        reason: why USB cannot be looked at, for a person to read; empty if it can.
        devices: ordered by bus and address.
    """

    state: UsbState
    reason: str = ""
    devices: tuple[UsbDevice, ...] = ()


@dataclass(frozen=True, slots=True)
class UsbChange:
    """What is different since the look before.

    Attributes:
        is_first: there was no look before; what was there already counts as plugged.
    """

    snapshot: UsbSnapshot
    plugged: tuple[UsbDevice, ...] = field(default=())
    unplugged: tuple[UsbDevice, ...] = field(default=())
    is_first: bool = False
