"""Messages between the desk and a scan worker: what one writes the other reads, and nothing else is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.documents.sanewire import (
    HEAD,
    MOST_PAGE_BYTES,
    MOST_PIXELS,
    MOST_TEXT_BYTES,
    Failure,
    FrameKind,
    Request,
    SaneDevice,
    WireError,
    devices_body,
    failure_body,
    frame,
    page_head,
    read_devices,
    read_failure,
    read_head,
    read_page,
    read_request,
    request_body,
)
from devices.documents.source import ColourMode, PaperFeed, ScanSettings

_TEXT = st.text(max_size=20)


def test_a_request_arrives_as_it_was_sent() -> None:
    settings = ScanSettings(300, ColourMode.GREY, PaperFeed.FEEDER, 210.0, None, "png", 80, 7)
    request = Request("test:0", settings, {"depth": 8, "source": "ADF", "threshold": 1.5})
    assert read_request(request_body(request)) == request
    assert read_request(request_body(Request())) == Request()


@given(st.lists(st.builds(SaneDevice, _TEXT, _TEXT, _TEXT, _TEXT), max_size=5))
def test_devices_arrive_as_they_were_listed(devices: list[SaneDevice]) -> None:
    assert list(read_devices(devices_body(devices))) == devices


@given(_TEXT, _TEXT)
def test_a_failure_arrives_as_it_was_told(status: str, phase: str) -> None:
    assert read_failure(failure_body(Failure(status, phase))) == Failure(status, phase)


@given(
    st.binary(min_size=1, max_size=50), st.integers(1, 10_000), st.integers(1, 10_000), st.sampled_from([None, 72.0, 299.99])
)
def test_a_page_arrives_as_it_was_scanned(data: bytes, width_px: int, height_px: int, dpi: float | None) -> None:
    page = read_page(memoryview(page_head("png", width_px, height_px, dpi) + data), "scanner")
    assert (page.data, page.format, page.width_px, page.height_px, page.dpi) == (data, "png", width_px, height_px, dpi)


@given(st.binary(max_size=80))
def test_whatever_a_broken_driver_says_is_taken_or_refused_but_nothing_else(body: bytes) -> None:
    for read in (read_devices, read_failure, lambda data: read_page(memoryview(data), "scanner")):
        try:
            read(body)
        except WireError:
            continue


@given(st.binary(min_size=HEAD.size, max_size=HEAD.size))
def test_the_head_of_a_message_never_asks_for_more_than_its_bound(head: bytes) -> None:
    try:
        kind, size = read_head(head)
    except WireError:
        return
    assert size <= (MOST_PAGE_BYTES if kind is FrameKind.PAGE else MOST_TEXT_BYTES)


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (MOST_PIXELS, 2)])
def test_a_page_of_a_size_that_no_page_has_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(WireError):
        read_page(memoryview(page_head("jpeg", *size, None) + b"x"), "scanner")


def test_a_frame_has_its_length_in_front() -> None:
    assert frame(FrameKind.PAGE, b"abc") == b"\x04\x00\x00\x00\x03abc"
