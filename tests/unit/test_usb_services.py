"""Plugged in, but its service does not answer: said where it is so, and only there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from devices.usb.model import Certainty, UsbDevice, UsbKind
from devices.usb.services import PERHAPS_SILENT, SILENT, UNSURE, ServiceState, with_services


@dataclass(frozen=True)
class Told:
    make: str
    serial_no: str


def _device(serial: str = "", kind: UsbKind = UsbKind.BIOMETRIC, certainty: Certainty = Certainty.PRODUCT) -> UsbDevice:
    return UsbDevice(1, 2, 0x1162, 0x0330, serial, "SecuGen FDU04", kind, certainty, frozenset({"secugen"}))


def _states(*devices: UsbDevice, told: list[Told]) -> list[ServiceState]:
    return [plugged.service for plugged in with_services(devices, told)]


def test_nothing_answers() -> None:
    (plugged,) = with_services([_device("A")], [])
    assert (plugged.service, plugged.hint) == (ServiceState.SILENT, SILENT)


def test_a_guess_by_the_vendor_is_worded_as_one() -> None:
    (plugged,) = with_services([_device("A", certainty=Certainty.VENDOR)], [])
    assert plugged.hint == PERHAPS_SILENT


@pytest.mark.parametrize(("usb", "told"), [("H54170", "h54170"), ("0012", "12"), ("AB-12", "ab12"), (" 7", "7")])
def test_the_serial_number_decides_however_it_is_written(usb: str, told: str) -> None:
    assert _states(_device(usb), told=[Told("Someone else", told)]) == [ServiceState.ANSWERS]


def test_the_make_counts_where_serial_numbers_do_not_meet() -> None:
    assert _states(_device(""), told=[Told("SecuGen Corporation", "X")]) == [ServiceState.ANSWERS]
    assert _states(_device("A"), told=[Told("SECUGEN", "X")]) == [ServiceState.ANSWERS]
    assert _states(_device("A"), told=[Told("Suprema", "X")]) == [ServiceState.SILENT]


def test_of_two_readers_of_one_make_only_the_one_that_is_described_has_a_service() -> None:
    states = _states(_device("A"), _device("B"), told=[Told("SecuGen", "A")])
    assert states == [ServiceState.ANSWERS, ServiceState.SILENT]


def test_empty_serial_numbers_are_nobodys() -> None:
    assert _states(_device(""), told=[Told("Suprema", "")]) == [ServiceState.SILENT]
    assert _states(_device("0"), told=[Told("", "000")]) == [ServiceState.SILENT]


def test_nobody_has_to_answer_for_a_scanner_and_hubs_are_not_shown() -> None:
    devices = [_device(kind=UsbKind.SCANNER), _device(kind=UsbKind.HUB), _device(kind=UsbKind.CAMERA)]
    assert _states(*devices, told=[]) == [ServiceState.NOT_EXPECTED] * 2


def test_where_a_service_was_refused_it_may_have_been_the_devices_own() -> None:
    silent, answering = with_services([_device("A"), _device("B")], [Told("SecuGen", "B")], are_others_refused=True)
    assert (silent.service, silent.hint) == (ServiceState.UNSURE, UNSURE)
    assert answering.service is ServiceState.ANSWERS
