"""Looking at the bus: what is seen, what it is called, and that nothing a device says or does disturbs."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usb.core import USBError  # type: ignore[import-untyped, unused-ignore]

from devices.usb.known import SHIPPED, KnownId
from devices.usb.look import NO_BUS, NO_LIBUSB, UsbLook
from devices.usb.model import Certainty, UsbDevice, UsbKind, UsbState
from devices.usb.text import TEXT_MAX_CHARS, clean
from tests.support.fakeusb import FakeBus, FakeDevice, utf16


def _look(*devices: FakeDevice) -> tuple[UsbDevice, ...]:
    return UsbLook(open_backend=lambda: FakeBus(*devices))().devices


def test_without_libusb_there_is_a_state_that_says_what_to_install() -> None:
    snapshot = UsbLook(open_backend=lambda: None)()
    assert (snapshot.state, snapshot.reason, snapshot.devices) == (UsbState.NO_LIBUSB, NO_LIBUSB, ())
    assert "install" in snapshot.reason


def test_an_empty_bus_is_no_bus_since_even_a_hub_would_be_seen() -> None:
    snapshot = UsbLook(open_backend=FakeBus)()
    assert (snapshot.state, snapshot.reason) == (UsbState.NO_BUS, NO_BUS)


def test_a_bus_that_may_not_be_looked_at_is_a_state_with_the_systems_reason() -> None:
    bus = FakeBus(FakeDevice())
    bus.failure = USBError("Access denied (insufficient permissions)", -3, errno.EACCES)
    snapshot = UsbLook(open_backend=lambda: bus)()
    assert snapshot.state is UsbState.NO_BUS
    assert "insufficient permissions" in snapshot.reason


def test_a_backend_that_cannot_list_is_a_state_too() -> None:
    class Unable(FakeBus):
        def enumerate_devices(self) -> Iterator[FakeDevice]:
            raise NotImplementedError

    assert UsbLook(open_backend=Unable)().state is UsbState.NO_BUS


def test_a_known_product_has_its_name_from_the_table_and_its_serial_number_from_the_device() -> None:
    (device,) = _look(FakeDevice(0x1162, 0x0330, name=utf16("whatever"), serial=utf16("H54170")))
    assert (device.name, device.kind, device.certainty) == (
        "SecuGen FDU04 fingerprint reader", UsbKind.BIOMETRIC, Certainty.PRODUCT,
    )  # fmt: skip
    assert device.serial == "H54170"
    assert device.ids == "1162:0330"
    assert device.key == (1, 2, 0x1162, 0x0330, "H54170")


def test_of_a_known_vendors_unknown_product_the_kind_is_a_guess_and_says_so() -> None:
    own, silent = _look(
        FakeDevice(0x16D1, 0x0999, address=3, manufacturer=utf16("Suprema"), name=utf16("BioMini X")),
        FakeDevice(0x16D1, 0x0998, address=4),
    )
    assert (own.name, own.kind, own.certainty) == ("Suprema BioMini X", UsbKind.BIOMETRIC, Certainty.VENDOR)
    assert silent.name == "Suprema biometric device"


def test_scanners_cameras_hubs_and_the_rest_are_told_apart() -> None:
    kinds = [
        device.kind
        for device in _look(
            FakeDevice(0x04C5, 0x132E, address=2),
            FakeDevice(address=3, interface_classes=(0x0E, 0x0E, 0x01)),
            FakeDevice(0x1D6B, 2, address=4, device_class=9, interface_classes=(9,)),
            FakeDevice(address=5, interface_classes=(3,)),
        )
    ]
    assert kinds == [UsbKind.SCANNER, UsbKind.CAMERA, UsbKind.HUB, UsbKind.OTHER]


def test_a_device_without_texts_still_has_a_name() -> None:
    assert _look(FakeDevice())[0].name == "USB device 1209:0001"


def test_that_texts_may_not_be_read_is_silent() -> None:
    bus = FakeBus(FakeDevice(name=utf16("Thing"), serial=utf16("1"), refuses_opening=True))
    snapshot = UsbLook(open_backend=lambda: bus)()
    assert snapshot.state is UsbState.READY
    assert snapshot.devices[0].serial == ""


def test_texts_are_read_once_per_plugging_and_the_device_is_let_go() -> None:
    bus = FakeBus(FakeDevice(name=utf16("Thing"), serial=utf16("1")))
    look = UsbLook(open_backend=lambda: bus)
    first = look()
    asked = bus.asked
    assert look() == first
    assert bus.asked == asked
    assert bus.opened == bus.closed == 1
    bus.devices = []
    look()
    bus.devices = [FakeDevice(name=utf16("Thing"), serial=utf16("2"))]
    assert look().devices[0].serial == "2"


def test_hubs_are_not_asked_for_texts() -> None:
    bus = FakeBus(FakeDevice(device_class=9, name=utf16("Hub"), serial=utf16("1")))
    assert UsbLook(open_backend=lambda: bus)().devices[0].name == "USB hub"
    assert bus.opened == 0


def test_after_the_first_refused_text_no_other_is_asked_for() -> None:
    bus = FakeBus(FakeDevice(manufacturer=utf16("M"), name=utf16("N"), serial=utf16("S"), dies_at_text=1))
    UsbLook(open_backend=lambda: bus)()
    assert bus.asked == 2  # the languages, then the maker's name


@pytest.mark.parametrize("dies_at_text", [0, 1, 2, 3])
def test_a_device_that_goes_while_it_is_read_does_not_hide_the_others(dies_at_text: int) -> None:
    going = FakeDevice(address=3, manufacturer=utf16("M"), name=utf16("N"), serial=utf16("S"), dies_at_text=dies_at_text)
    snapshot = UsbLook(open_backend=lambda: FakeBus(FakeDevice(address=2), going, FakeDevice(address=4)))()
    assert {2, 4} <= {device.address for device in snapshot.devices}


def test_a_device_that_is_gone_before_it_is_read_is_left_out() -> None:
    devices = _look(FakeDevice(address=2), FakeDevice(address=3, is_gone=True), FakeDevice(address=4))
    assert [device.address for device in devices] == [2, 4]


def test_hostile_texts_become_one_short_visible_line() -> None:
    (device,) = _look(
        FakeDevice(name=utf16("Evil\x00\x1b[2J\n\u202eexe\u200b" + "A" * 255), serial=b"\x00\xd8" + utf16("S\tN"))
    )
    assert device.name.isprintable()
    assert device.name.startswith("Evil [2J exe A")
    assert len(device.name) <= TEXT_MAX_CHARS
    assert device.serial == "S N"


@pytest.mark.parametrize("length", [0, 1, 2, 3, 255])
def test_a_descriptor_that_lies_about_its_length_is_survived(length: int) -> None:
    (device,) = _look(FakeDevice(name=utf16("Thing"), descriptor_length=lambda _: length))
    assert device.name


def test_hundreds_of_configurations_and_devices_are_bounded() -> None:
    endless = [FakeDevice(address=number % 128, bus=number // 128, configurations=255) for number in range(600)]
    assert len(_look(*endless)) == 512


@given(st.binary(max_size=252))
def test_any_bytes_give_a_clean_text(data: bytes) -> None:
    text = clean(data)
    assert len(text) <= TEXT_MAX_CHARS
    assert text.isprintable() or not text
    assert text == text.strip()


def test_later_entries_of_the_table_replace_earlier_ones() -> None:
    table = SHIPPED.with_more([KnownId(0x1162, 0x0330, "Ours", UsbKind.OTHER)])
    assert table.find(0x1162, 0x0330)[0] == KnownId(0x1162, 0x0330, "Ours", UsbKind.OTHER)
    assert len(table) == len(SHIPPED)
    assert table.find(0xFFFF, 1) == (None, Certainty.NONE)
