"""The scan folder: complete files only, oldest first, never twice, never somebody else's, deleted only if it is asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devices.documents import errors as e
from devices.documents.folder import FolderSource, Originals
from devices.documents.folderfiles import FolderFile, Settling
from devices.documents.model import PageImage, PdfDocument, Scanned, SourceState
from devices.documents.source import ScanSettings

_JPEG = b"\xff\xd8\xff\xe0 a page \xff\xd9"


@dataclass
class World:
    """Time that goes on only while somebody waits, and things that happen then."""

    now_s: float = 1000.0
    events: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        due = [event for event in self.events if event[0] <= self.now_s]
        self.events = [event for event in self.events if event[0] > self.now_s]
        for _, happen in due:
            happen()

    def after(self, seconds: float, happen: Callable[[], object]) -> None:
        self.events.append((self.now_s + seconds, happen))


@dataclass
class Desk:
    folder: Path
    world: World = field(default_factory=World)

    def source(self, **about: Any) -> FolderSource:
        about.setdefault("reader", _content)
        return FolderSource(self.folder, clock=self.world.clock, sleep=self.world.sleep, now=lambda: 5_000.0, **about)

    def put(self, name: str, content: bytes = _JPEG, modified_s: float = 5_000.0) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        os.utime(path, (modified_s, modified_s))
        return path


def _content(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...]:
    return (PageImage(data + name.encode(), "jpeg", 1, 1, None, source_name),)


def _names(found: list[Scanned]) -> list[str]:
    return [item.data.removeprefix(_JPEG).decode() for item in found]


def _all(source: FolderSource) -> list[Scanned]:
    return list(source.scan(ScanSettings(), threading.Event()))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_oldest_first_and_among_equals_page_two_before_page_ten(desk: Desk) -> None:
    for name, modified_s in (("page10.jpg", 4_900.0), ("page2.jpg", 4_900.0), ("z.jpg", 4_800.0), ("a.jpg", 4_950.0)):
        desk.put(name, modified_s=modified_s)
    assert _names(_all(desk.source())) == ["z.jpg", "page2.jpg", "page10.jpg", "a.jpg"]


def test_a_file_that_is_being_written_is_waited_for_and_none_is_taken_before_it(desk: Desk) -> None:
    growing = desk.put("1.jpg", _JPEG[:8], 4_900.0)
    desk.put("2.jpg", modified_s=4_950.0)

    def finish() -> None:
        growing.write_bytes(_JPEG)
        os.utime(growing, (4_900.0, 4_901.0))

    desk.world.after(3.0, finish)
    assert _names(_all(desk.source())) == ["1.jpg", "2.jpg"]
    assert desk.world.now_s >= 1004.0


@pytest.mark.parametrize(
    ("begun", "whole"),
    [
        (b"\xff\xd8\xff half a jpeg", b"\xff\xd8\xff half a jpeg\xff\xd9"),
        (b"\x89PNG\r\n\x1a\n half", b"\x89PNG\r\n\x1a\n half\0\0\0\0IEND\xaeB`\x82"),
        (b"%PDF-1.4 half", b"%PDF-1.4 half\nstartxref\n0\n%%EOF\n"),
        (b"", b"II*\0 a tiff"),
    ],
)
def test_a_stalled_file_without_its_end_is_not_complete(desk: Desk, begun: bytes, whole: bytes) -> None:
    path = desk.put("slow", begun)
    desk.world.after(20.0, lambda: path.write_bytes(whole))
    (found,) = _all(desk.source(most_age_s=None))
    assert found.data == whole + b"slow"


def test_a_file_that_never_ends_is_handed_over_to_be_refused_and_does_not_block_the_next_scan(desk: Desk) -> None:
    desk.put("1.jpg", _JPEG[:-2], 4_900.0)
    desk.put("2.jpg", modified_s=4_950.0)

    def refuse(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...]:
        if not data.endswith(b"\xff\xd9"):
            raise e.PageBrokenError
        return _content(data, name, source_name)

    source = desk.source(reader=refuse)
    with pytest.raises(e.PageBrokenError):
        _all(source)
    assert _names(_all(source)) == ["2.jpg"]


@pytest.mark.parametrize(
    "name", [".hidden.jpg", "~scan.jpg", "scan.jpg~", "scan.tmp", "scan.JPG.part", "scan.lock", "Thumbs.db"]
)
def test_names_of_unfinished_files_are_passed_over(desk: Desk, name: str) -> None:
    desk.put(name)
    assert _all(desk.source()) == []


def test_only_plain_files_of_the_folder_itself_are_taken(desk: Desk, tmp_path: Path) -> None:
    (desk.folder / "sub").mkdir()
    (desk.folder / "sub" / "deep.jpg").write_bytes(_JPEG)
    (desk.folder / "link.jpg").symlink_to(desk.folder / "sub" / "deep.jpg")
    os.mkfifo(desk.folder / "pipe.jpg")
    assert _all(desk.source(most_age_s=None)) == []


def test_no_file_is_taken_twice_but_a_new_one_of_the_same_name_is(desk: Desk) -> None:
    source = desk.source()
    desk.put("scan.jpg")
    assert len(_all(source)) == 1
    assert _all(source) == []
    desk.put("scan.jpg", modified_s=5_001.0)
    assert len(_all(source)) == 1


def test_papers_that_lay_there_for_long_are_somebody_elses(desk: Desk) -> None:
    desk.put("old.jpg", modified_s=5_000.0 - 901.0)
    desk.put("new.jpg", modified_s=5_000.0 - 899.0)
    assert _names(_all(desk.source())) == ["new.jpg"]


def test_originals_stay_unless_the_setting_says_so(desk: Desk) -> None:
    path = desk.put("scan.jpg")
    _all(desk.source())
    assert path.exists()
    _all(desk.source(originals=Originals.DELETE))
    assert not path.exists()


def test_an_original_is_deleted_only_after_its_page_was_taken_over(desk: Desk) -> None:
    path = desk.put("scan.jpg")
    scan = desk.source(originals=Originals.DELETE).scan(ScanSettings(), threading.Event())
    next(scan)
    assert path.exists()
    assert next(scan, None) is None
    assert not path.exists()


def test_a_refused_file_is_never_deleted(desk: Desk) -> None:
    path = desk.put("scan.jpg")

    def refuse(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...]:
        raise e.PageBrokenError

    with pytest.raises(e.PageBrokenError):
        _all(desk.source(originals=Originals.DELETE, reader=refuse))
    assert path.exists()


def test_a_file_that_changed_after_it_was_read_is_not_deleted(desk: Desk) -> None:
    path = desk.put("scan.jpg")
    scan = desk.source(originals=Originals.DELETE).scan(ScanSettings(), threading.Event())
    next(scan)
    path.write_bytes(_JPEG + b"another person's")
    with pytest.raises(e.OriginalNotDeletedError, match="changed"):
        next(scan)
    assert path.exists()


def test_a_file_that_goes_away_is_named_without_its_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.put("Maria Okafor.jpg")

    def vanish(_settling: Settling, _file: FolderFile) -> bool:
        path.unlink()
        return True

    monkeypatch.setattr(Settling, "is_complete", vanish)
    with pytest.raises(e.FileNotTakenError) as caught:
        _all(desk.source())
    assert "Okafor" not in str(caught.value) + str(caught.value.params)


def test_the_scan_waits_for_further_files_as_long_as_it_was_told(desk: Desk) -> None:
    desk.put("1.jpg")
    desk.world.after(8.0, lambda: desk.put("2.jpg", modified_s=5_008.0))
    assert _names(_all(desk.source(wait_s=10.0))) == ["1.jpg", "2.jpg"]
    assert desk.world.now_s == pytest.approx(1000.0 + 8.0 + 1.0 + 10.0, abs=1.0)


def test_several_pages_of_a_file_and_a_pdf_come_through(desk: Desk) -> None:
    desk.put("many.tif", b"II*\0")
    desk.put("whole.pdf", b"%PDF- %%EOF", 5_001.0)

    def read(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...] | PdfDocument:
        if data.startswith(b"%PDF"):
            return PdfDocument(data, 4, True, source_name)
        return _content(data, name, source_name) * 3

    assert [type(item) for item in _all(desk.source(reader=read))] == [PageImage] * 3 + [PdfDocument]


def test_a_folder_that_goes_away_in_the_middle_keeps_the_pages(desk: Desk) -> None:
    desk.put("1.jpg")
    scan = desk.source(wait_s=60.0).scan(ScanSettings(), threading.Event())
    assert next(scan).size_bytes
    moved = desk.folder.rename(desk.folder.with_name("gone"))
    with pytest.raises(e.SourceNotUsableError) as caught:
        next(scan)
    assert caught.value.params["pages"] == 1
    moved.rename(desk.folder)


def test_a_folder_that_may_not_be_read_is_a_state(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.source().describe().state is SourceState.READY
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    assert desk.source().describe().state is SourceState.READY
    info = desk.source(originals=Originals.DELETE).describe()
    assert (info.state, info.is_ready) == (SourceState.NO_ACCESS, False)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert desk.source().describe().state is SourceState.NO_ACCESS
