"""Scanners through SANE: what is asked for comes, and whatever a driver does, the desk goes on with the pages so far."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devices.documents import errors as e
from devices.documents import sane as sane_module
from devices.documents.discovery import list_sources
from devices.documents.model import PageImage, SourceKind, SourceState
from devices.documents.sane import NO_PYTHON_SANE, NO_SANE, NO_SCANNER, SILENT, SaneSource, list_scanners
from devices.documents.source import ColourMode, PaperFeed, ScanSettings
from tests.support.saneconfig import DEVICE, NEEDS_SANE, scan_workers, steer, use_virtual_scanners

pytestmark = NEEDS_SANE
FEEDER = ScanSettings(feed=PaperFeed.FEEDER, dpi=50)
GLASS = ScanSettings(dpi=50)


@pytest.fixture(autouse=True)
def _virtual_scanners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    use_virtual_scanners(tmp_path, monkeypatch)
    yield
    assert scan_workers() == [], "a worker outlived its scan"


def _scan(
    settings: ScanSettings, source: SaneSource | None = None, cancel: threading.Event | None = None
) -> tuple[list[PageImage], e.DocumentError | None]:
    """The pages that came, and what ended the scan."""
    pages: list[PageImage] = []
    try:
        for page in (source or SaneSource(DEVICE)).scan(settings, cancel or threading.Event()):
            pages.append(page)
    except e.DocumentError as error:
        return pages, error
    return pages, None


def test_the_glass_gives_one_page_and_the_feeder_all_ten() -> None:
    for settings, count in ((GLASS, 1), (FEEDER, 10)):
        pages, error = _scan(settings)
        assert (len(pages), error) == (count, None)


@pytest.mark.parametrize(("colour", "mode"), [(ColourMode.COLOUR, "RGB"), (ColourMode.GREY, "L")])
@pytest.mark.parametrize("image_format", ["jpeg", "png"])
def test_pages_come_in_the_colours_and_format_that_were_asked_for(colour: ColourMode, mode: str, image_format: Any) -> None:
    pages, _ = _scan(ScanSettings(dpi=50, colour=colour, page_format=image_format))
    with Image.open(io.BytesIO(pages[0].data)) as picture:
        assert (picture.mode, picture.format, picture.size) == (
            mode,
            image_format.upper(),
            (pages[0].width_px, pages[0].height_px),
        )


@pytest.mark.parametrize("dpi", [50, 100, 200])
def test_density_and_area_are_what_was_asked_for(dpi: int) -> None:
    pages, _ = _scan(ScanSettings(dpi=dpi, width_mm=100, height_mm=150))
    page = pages[0]
    assert page.dpi == dpi
    assert page.width_px == pytest.approx(100 / 25.4 * dpi, abs=2)
    assert page.height_px == pytest.approx(150 / 25.4 * dpi, abs=2)


def test_what_the_scanner_cannot_do_becomes_the_nearest_that_it_can() -> None:
    pages, error = _scan(ScanSettings(dpi=50, width_mm=5000, height_mm=20))
    assert error is None
    assert pages[0].width_px == pytest.approx(300 / 25.4 * 50, abs=2)


def test_no_more_pages_than_were_asked_for_come_out_of_a_feeder() -> None:
    pages, error = _scan(ScanSettings(feed=PaperFeed.FEEDER, dpi=50, most_pages=4))
    assert (len(pages), error) == (4, None)


def test_a_feeder_for_both_sides_is_not_made_up() -> None:
    pages, error = _scan(ScanSettings(feed=PaperFeed.FEEDER_BOTH_SIDES, dpi=50))
    assert pages == []
    assert isinstance(error, e.ScannerSettingError)


_STATUSES = [
    ("SANE_STATUS_JAMMED", e.ScannerJammedError),
    ("SANE_STATUS_COVER_OPEN", e.CoverOpenError),
    ("SANE_STATUS_IO_ERROR", e.ScannerConnectionError),
    ("SANE_STATUS_DEVICE_BUSY", e.ScannerBusyError),
    ("SANE_STATUS_NO_MEM", e.ScannerMemoryError),
    ("SANE_STATUS_ACCESS_DENIED", e.ScannerAccessError),
    ("SANE_STATUS_CANCELLED", e.ScannerStoppedError),
    ("SANE_STATUS_INVAL", e.ScannerSettingError),
    ("SANE_STATUS_UNSUPPORTED", e.ScannerSettingError),
    ("SANE_STATUS_EOF", e.ScannerConnectionError),
    ("SANE_STATUS_NO_DOCS", e.FeederEmptyError),
]


@pytest.mark.parametrize(("status", "error"), _STATUSES)
def test_each_status_of_the_scanner_is_an_error_of_its_own_with_a_next_step(status: str, error: type[e.ScanError]) -> None:
    pages, found = _scan(FEEDER, SaneSource(DEVICE, options={"read-return-value": status}))
    assert pages == []
    assert type(found) is error
    assert found is not None
    assert found.advice
    assert found.params["pages"] == 0


@pytest.mark.parametrize(("status", "error"), _STATUSES[:-1])
def test_the_pages_before_a_fault_are_kept(status: str, error: type[e.ScanError], monkeypatch: pytest.MonkeyPatch) -> None:
    steer(monkeypatch, fail_at=4, status=status)
    pages, found = _scan(FEEDER)
    assert len(pages) == 3
    assert type(found) is error
    assert found is not None
    assert "3 pages" in found.message
    with Image.open(io.BytesIO(pages[2].data)) as picture:
        picture.load()


def test_a_feeder_that_is_empty_after_some_pages_has_simply_come_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    steer(monkeypatch, fail_at=4, status="SANE_STATUS_NO_DOCS")
    pages, error = _scan(FEEDER)
    assert (len(pages), error) == (3, None)


def test_a_driver_that_hangs_is_let_go_and_its_pages_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    steer(monkeypatch, hang_at=3)
    pages, error = _scan(FEEDER, SaneSource(DEVICE, silent_s=0.4))
    assert len(pages) == 2
    assert isinstance(error, e.ScannerSilentError)
    assert error.params["waited_s"] == 0.4


def test_a_driver_that_crashes_is_named_and_its_pages_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    steer(monkeypatch, die_at=3)
    pages, error = _scan(FEEDER)
    assert len(pages) == 2
    assert isinstance(error, e.ScannerDriverError)
    assert error.params["status"] == "signal 6"


def test_a_worker_that_is_killed_from_outside_is_named() -> None:
    source = SaneSource(DEVICE, options={"read-delay": 1, "read-delay-duration": 200_000})
    scan = source.scan(FEEDER, threading.Event())
    next(scan)
    for pid in scan_workers():
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(e.ScannerDriverError, match="signal 9"):
        list(scan)


def test_what_a_driver_prints_is_not_taken_for_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reaches the desk only if the driver writes to a pipe that is not its own; then the scan ends, the pages stay."""
    steer(monkeypatch, nonsense_at=3)
    pages, error = _scan(FEEDER)
    assert len(pages) == 2
    assert isinstance(error, e.ScannerDriverError)
    assert error.params["status"] == "nonsense"


def test_giving_up_in_the_middle_of_a_page_ends_the_scan_soon() -> None:
    """A page takes minutes here; the driver is asked to stop and does."""
    slow = SaneSource(DEVICE, options={"read-delay": 1, "read-delay-duration": 200_000, "read-limit": 1, "read-limit-size": 64})
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    started_s = time.monotonic()
    pages, error = _scan(GLASS, slow, cancel)
    assert pages == []
    assert isinstance(error, e.ScanCancelledError)
    assert time.monotonic() - started_s < 3.0


def test_a_scanner_in_use_is_refused_a_second_time_and_free_afterwards() -> None:
    scan: Any = SaneSource(DEVICE).scan(FEEDER, threading.Event())
    next(scan)
    pages, error = _scan(GLASS)
    assert (pages, type(error)) == ([], e.ScannerBusyError)
    assert len(_scan(GLASS, SaneSource("test:1"))[0]) == 1
    scan.close()
    assert len(_scan(GLASS)[0]) == 1


def test_an_option_that_the_scanner_does_not_have_is_refused() -> None:
    _, error = _scan(GLASS, SaneSource(DEVICE, options={"no-such-option": 1}))
    assert isinstance(error, e.ScannerSettingError)


def test_a_scanner_that_is_gone_is_named() -> None:
    _, error = _scan(GLASS, SaneSource("test:99"))
    assert isinstance(error, e.ScannerGoneError)
    assert SaneSource("test:99").describe().state is SourceState.NOT_FOUND


def test_scanners_are_listed_with_make_and_model() -> None:
    found = list_scanners()
    assert [(info.name, info.kind, info.state) for info in found] == [
        ("test:0", SourceKind.SANE, SourceState.READY),
        ("test:1", SourceKind.SANE, SourceState.READY),
    ]
    assert found[0].title == "Noname frontend-tester"


def test_no_scanner_no_driver_and_no_library_are_states_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> list[tuple[str, SourceState, str | None]]:
        return [(info.name, info.state, info.reason) for info in list_sources(deadline_s=1.0, platform="linux")]

    use_virtual_scanners(tmp_path, monkeypatch, backends="")
    assert found() == [("sane", SourceState.NOT_FOUND, NO_SCANNER)]
    steer(monkeypatch, list="missing")
    assert found() == [("sane", SourceState.NOT_INSTALLED, NO_SANE)]
    monkeypatch.setattr(sane_module, "find_spec", lambda _name: None)
    assert found() == [("sane", SourceState.NOT_INSTALLED, NO_PYTHON_SANE)]
    with pytest.raises(e.SourceNotUsableError, match="python-sane"):
        list(SaneSource(DEVICE).scan(GLASS, threading.Event()))


def test_a_driver_that_hangs_while_it_looks_for_scanners_is_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    steer(monkeypatch, list="hang")
    started_s = time.monotonic()
    assert [(info.state, info.reason) for info in list_scanners(0.4)] == [(SourceState.NOT_ANSWERING, SILENT)]
    assert time.monotonic() - started_s < 8.0


@pytest.mark.parametrize(("platform", "names"), [("win32", ["wia", "twain"]), ("darwin", ["twain"])])
def test_other_systems_name_their_gaps(platform: str, names: list[str]) -> None:
    found = list_sources(platform=platform)
    assert [info.name for info in found] == names
    assert all(info.state is SourceState.NOT_SUPPORTED and info.reason for info in found)
