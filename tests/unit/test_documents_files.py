"""Files that were picked: read with a bound, in their order, and left alone."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from devices.documents import errors as e
from devices.documents.file import FileSource
from devices.documents.filereading import FileGoneError, FileIdentity, ReadingCancelledError, read_bounded
from devices.documents.model import PageImage, PdfDocument, SourceState
from devices.documents.source import ScanSettings


def _read(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...] | PdfDocument:
    if data.startswith(b"%PDF"):
        return PdfDocument(data, 2, True, source_name)
    return (PageImage(data, "jpeg", 1, 1, None, source_name),)


def test_files_come_in_the_order_in_which_they_were_picked_and_stay(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("b.jpg", "a.pdf", "c.jpg")]
    for path, content in zip(paths, (b"b", b"%PDF-", b"c"), strict=True):
        path.write_bytes(content)
    found = list(FileSource(paths, _read).scan(ScanSettings(), threading.Event()))
    assert [item.data for item in found] == [b"b", b"%PDF-", b"c"]
    assert all(path.exists() for path in paths)


def test_a_link_that_the_operator_picked_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(b"r")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "real.jpg")
    (found,) = FileSource([tmp_path / "link.jpg"], _read).scan(ScanSettings(), threading.Event())
    assert found.data == b"r"


def test_a_file_that_is_gone_is_named_without_its_name_and_the_others_are_kept(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(b"1")
    source = FileSource([tmp_path / "one.jpg", tmp_path / "Okafor.jpg"], _read)
    assert source.describe().state is SourceState.NOT_FOUND
    scan = source.scan(ScanSettings(), threading.Event())
    assert next(scan).data == b"1"
    with pytest.raises(e.FileNotTakenError) as caught:
        next(scan)
    assert caught.value.params["pages"] == 1
    assert "Okafor" not in str(caught.value)


def test_links_in_a_circle_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(e.FileNotTakenError):
        list(FileSource([tmp_path / "a"], _read).scan(ScanSettings(), threading.Event()))


def test_giving_up_while_a_file_is_looked_at_is_giving_up(tmp_path: Path) -> None:
    def give_up(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...]:
        raise ReadingCancelledError

    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(e.ScanCancelledError):
        list(FileSource([tmp_path / "a"], give_up).scan(ScanSettings(), threading.Event()))


def test_reading_is_bounded_and_never_waits_for_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 101)
    with pytest.raises(FileGoneError, match="101 bytes, more than 100"):
        read_bounded(tmp_path / "large", limit_bytes=100)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileGoneError, match="plain"):
        read_bounded(tmp_path / "pipe")
    with pytest.raises(FileGoneError, match=r"directory|plain"):
        read_bounded(tmp_path)


def test_a_file_in_another_state_than_expected_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a")
    seen = FileIdentity.of(path.stat())
    assert read_bounded(path, seen) == b"a"
    path.write_bytes(b"ab")
    with pytest.raises(FileGoneError, match="changed"):
        read_bounded(path, seen)
