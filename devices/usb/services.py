"""What is plugged in, held against the device services that answer: "plugged in, but its service does not answer".

A hint for the operator and nothing else. USB numbers do not say which service belongs to a device, so a device is joined to a
device that some service describes by serial number, else by its maker's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from devices.usb.model import Certainty, UsbDevice, UsbKind

SILENT: Final = "Plugged in, but its service does not answer. Start or install the device's service, then look again."
PERHAPS_SILENT: Final = (
    "Plugged in. If it is a biometric device, its service does not answer: start or install the service, then look again."
)
UNSURE: Final = (
    "Plugged in. Whether its service answers cannot be told, since a service answers that is not trusted or not understood."
)


class Answering(Protocol):
    """A device that a service describes; `packet.models.DigitalId` is one."""

    @property
    def make(self) -> str:
        """Its maker's name."""

    @property
    def serial_no(self) -> str:
        """Its serial number."""


class ServiceState(StrEnum):
    """Whether a plugged device has its service."""

    NOT_EXPECTED = "not expected"
    """No biometric device: nobody has to answer for it."""
    ANSWERS = "answers"
    SILENT = "silent"
    UNSURE = "unsure"
    """Nobody answers for it by name, but some service answers without being understood or trusted."""


@dataclass(frozen=True, slots=True)
class PluggedDevice:
    """A plugged device and its service.

    Attributes:
        hint: for the operator; empty unless the service is silent, or may be.
    """

    device: UsbDevice
    service: ServiceState
    hint: str = ""


def with_services(
    devices: Iterable[UsbDevice], answering: Iterable[Answering], *, are_others_refused: bool = False
) -> tuple[PluggedDevice, ...]:
    """Joins devices with those that services describe and that can be reached now.

    Serial numbers decide first. Without a match, a device of the same maker that is not already somebody else's counts: some
    devices show USB another serial number than their service tells, or none.

    Args:
        are_others_refused: some service answers, but it was refused, so that its devices are not among those described.
    """
    plugged = [device for device in devices if device.kind is not UsbKind.HUB]
    described = list(answering)
    serials = {_plain(device.serial) for device in plugged if device.kind is UsbKind.BIOMETRIC} - {""}
    told = {_plain(one.serial_no) for one in described} - {""}
    free_makes = [one.make for one in described if _plain(one.serial_no) not in serials]
    return tuple(_joined(device, told, free_makes, are_others_refused) for device in plugged)


def _joined(device: UsbDevice, told: set[str], free_makes: list[str], are_others_refused: bool) -> PluggedDevice:
    if device.kind is not UsbKind.BIOMETRIC:
        return PluggedDevice(device, ServiceState.NOT_EXPECTED)
    if _plain(device.serial) in told or any(_is_make(make, device.makes) for make in free_makes):
        return PluggedDevice(device, ServiceState.ANSWERS)
    if are_others_refused:
        return PluggedDevice(device, ServiceState.UNSURE, UNSURE)
    hint = SILENT if device.certainty is Certainty.PRODUCT else PERHAPS_SILENT
    return PluggedDevice(device, ServiceState.SILENT, hint)


def _plain(text: str) -> str:
    """Letters and digits only, small, without leading zeros: services write serial numbers in their own way."""
    return "".join(sign for sign in text.lower() if sign.isalnum()).lstrip("0")


def _is_make(make: str, names: frozenset[str]) -> bool:
    said = _plain(make)
    return bool(said) and any(said.startswith(_plain(name)) for name in names)
