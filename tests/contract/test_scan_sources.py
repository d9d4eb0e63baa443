"""What every source of pages keeps to, whatever it is: a scanner, a folder, picked files, a way that is not supported."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.documents.errors import DocumentError, ScanCancelledError, SourceNotUsableError
from devices.documents.file import FileSource
from devices.documents.folder import FolderSource
from devices.documents.model import PageImage, SourceState
from devices.documents.sane import SaneSource
from devices.documents.source import PaperFeed, ScanSettings, ScanSource
from devices.documents.unsupported import TWAIN, WIA, UnsupportedSource
from tests.support.pagesamples import jpeg_page, read_as_one_page
from tests.support.saneconfig import DEVICE, NEEDS_SANE, use_virtual_scanners

_FEEDER = ScanSettings(feed=PaperFeed.FEEDER, dpi=50)
Making = Callable[[Path, pytest.MonkeyPatch], ScanSource]


def _sane(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ScanSource:
    use_virtual_scanners(folder, monkeypatch)
    return SaneSource(DEVICE)


def _folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ScanSource:
    for number in range(3):
        (folder / f"page{number}.jpg").write_bytes(jpeg_page().data)
    return FolderSource(folder, settle_s=0.0, reader=read_as_one_page)


def _files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ScanSource:
    paths = [folder / "one.jpg", folder / "two.jpg"]
    for path in paths:
        path.write_bytes(jpeg_page().data)
    return FileSource(paths, read_as_one_page)


def _missing_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ScanSource:
    return FolderSource(folder / "gone")


def _missing_scanner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ScanSource:
    use_virtual_scanners(folder, monkeypatch)
    return SaneSource("test:99")


READY = [pytest.param(_sane, marks=NEEDS_SANE, id="sane"), pytest.param(_folder, id="folder"), pytest.param(_files, id="files")]
NOT_READY = [
    pytest.param(_missing_folder, id="folder that is gone"),
    pytest.param(_missing_scanner, marks=NEEDS_SANE, id="scanner that is gone"),
    pytest.param(lambda _folder, _patch: UnsupportedSource(WIA), id="wia"),
    pytest.param(lambda _folder, _patch: UnsupportedSource(TWAIN), id="twain"),
]


@pytest.fixture
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScanSource:
    making: Making = request.param
    return making(tmp_path, monkeypatch)


@pytest.mark.parametrize("source", READY, indirect=True)
def test_a_source_that_says_ready_gives_pages_one_by_one(source: ScanSource) -> None:
    info = source.describe()
    assert (info.state, info.reason) == (SourceState.READY, None)
    pages = source.scan(_FEEDER, threading.Event())
    assert isinstance(pages, Iterator)
    for page in pages:
        assert isinstance(page, PageImage)
        assert page.source_name == info.name
        assert page.width_px > 0
        assert page.size_bytes > 0


@pytest.mark.parametrize("source", READY, indirect=True)
def test_what_was_given_before_the_operator_gives_up_stays_good(source: ScanSource) -> None:
    cancel = threading.Event()
    pages = source.scan(_FEEDER, cancel)
    first = next(pages)
    cancel.set()
    with pytest.raises(ScanCancelledError) as caught:
        list(pages)
    count = caught.value.params["pages"]
    assert isinstance(count, int)
    assert count >= 1
    assert first.size_bytes > 0


@pytest.mark.parametrize("source", READY, indirect=True)
def test_a_source_given_up_before_it_begins_gives_nothing(source: ScanSource) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(ScanCancelledError):
        list(source.scan(_FEEDER, cancel))


@pytest.mark.parametrize("source", READY, indirect=True)
def test_a_scan_that_was_left_in_the_middle_leaves_the_source_free(source: ScanSource) -> None:
    pages: Any = source.scan(_FEEDER, threading.Event())
    next(pages)
    pages.close()
    assert list(source.scan(_FEEDER, threading.Event()))


@pytest.mark.parametrize("source", NOT_READY, indirect=True)
def test_a_source_that_is_not_ready_says_why_and_never_crashes(source: ScanSource) -> None:
    info = source.describe()
    assert not info.is_ready
    assert info.reason is not None
    assert info.reason.endswith(".")
    with pytest.raises(DocumentError) as caught:
        list(source.scan(_FEEDER, threading.Event()))
    assert caught.value.advice


@pytest.mark.parametrize("info", [WIA, TWAIN])
def test_a_gap_is_named_and_points_to_what_works(info: Any) -> None:
    assert info.state is SourceState.NOT_SUPPORTED
    with pytest.raises(SourceNotUsableError, match="folder"):
        list(UnsupportedSource(info).scan(_FEEDER, threading.Event()))
