"""Packet files: whole or not at all, never over another one, read inside one folder only."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from packet.files import (
    DiskFullError,
    FileExistsAlreadyError,
    FileNotReadableError,
    FileNotWritableError,
    FileOverLimitError,
    PathOutsideError,
    read_file,
    read_inside,
    write_new,
)


@pytest.fixture(params=["unnamed", "named"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every rule holds on file systems with files that have no name yet, and on those without."""
    way = str(request.param)
    if way == "named":
        real = os.open

        def old_file_system(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, "Operation not supported")
            return real(path, flags, *rest, **options)

        monkeypatch.setattr("packet.files.os.open", old_file_system)
    return way


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_file_has_the_content_and_is_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "packet.zip"
    write_new(target, b"content")
    assert target.read_bytes() == b"content"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["packet.zip"]


def test_mode_is_0600_before_any_data_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    real = os.fdopen

    def spy(descriptor: int, mode: str) -> object:
        figures = os.fstat(descriptor)
        seen.append((stat.S_IMODE(figures.st_mode), figures.st_size))
        return real(descriptor, mode)

    monkeypatch.setattr("packet.files.os.fdopen", spy)
    write_new(tmp_path / "packet.zip", b"content")
    assert seen == [(0o600, 0)]


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "packet.zip"
    target.write_bytes(b"old")
    with pytest.raises(FileExistsAlreadyError):
        write_new(target, b"new")
    assert target.read_bytes() == b"old"
    assert names_in(tmp_path) == ["packet.zip"]


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "packet.zip"
    real = os.link

    def slow_link(*places: Any, **options: Any) -> None:
        target.write_bytes(b"other")
        real(*places, **options)

    monkeypatch.setattr("packet.files.os.link", slow_link)
    with pytest.raises(FileExistsAlreadyError):
        write_new(target, b"new")
    assert target.read_bytes() == b"other"
    assert names_in(tmp_path) == ["packet.zip"]


def test_file_and_folder_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[bool] = []
    real = os.fsync

    def spy(descriptor: int) -> None:
        kinds.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr("packet.files.os.fsync", spy)
    write_new(tmp_path / "packet.zip", b"content")
    assert kinds == [False, True]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_its_figures_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("packet.files.os.fsync", full)
    with pytest.raises(DiskFullError) as caught:
        write_new(tmp_path / "packet.zip", b"content")
    assert caught.value.params["needed_bytes"] == 7
    assert isinstance(caught.value.params["free_bytes"], int)
    assert names_in(tmp_path) == []


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("packet.files.os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_new(tmp_path / "packet.zip", b"content")
    assert names_in(tmp_path) == []


def test_a_file_system_without_links_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_places: Any, **_options: Any) -> None:
        raise OSError(errno.EPERM, "not permitted")

    monkeypatch.setattr("packet.files.os.link", no_links)
    write_new(tmp_path / "packet.zip", b"content")
    assert (tmp_path / "packet.zip").read_bytes() == b"content"
    assert names_in(tmp_path) == ["packet.zip"]


def test_without_proc_the_file_gets_its_name_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.link

    def no_proc(source: Any, destination: Any, **options: Any) -> None:
        if str(source).startswith("/proc/"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        real(source, destination, **options)

    monkeypatch.setattr("packet.files.os.link", no_proc)
    write_new(tmp_path / "packet.zip", b"content")
    assert (tmp_path / "packet.zip").read_bytes() == b"content"
    assert names_in(tmp_path) == ["packet.zip"]


_WRITER = """
import os, sys
from pathlib import Path
from packet import files

def tell_and_wait(descriptor):
    os.write(1, b"!")
    os.read(0, 1)

if sys.argv[2] == "before the sync":
    files.os.fsync = tell_and_wait
else:
    os.write(1, b"!")
files.write_new(Path(sys.argv[1]), bytes(64 * 1024 * 1024))
"""


def kill_writer(folder: Path, when: str) -> None:
    arguments = [sys.executable, "-c", _WRITER, str(folder / "packet.zip"), when]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"!"
        process.kill()


def test_a_kill_at_any_time_leaves_the_whole_file_or_nothing(tmp_path: Path) -> None:
    """A fast disk may have ended the write before the kill arrives; it must then be whole."""
    kill_writer(tmp_path, "at once")
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] in ([], [("packet.zip", 64 * 1024 * 1024)])


def test_a_kill_before_the_data_is_on_the_disk_leaves_nothing(tmp_path: Path) -> None:
    kill_writer(tmp_path, "before the sync")
    assert names_in(tmp_path) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotWritableError, match="No such file"):
        write_new(tmp_path / "nowhere" / "packet.zip", b"content")


def test_reading_stops_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(FileOverLimitError):
        read_file(tmp_path / "file", 4)


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret", "a/../../secret", "a\\b", "", ".", "a\0b"])
def test_paths_that_could_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PathOutsideError):
        read_inside(tmp_path, name, "documents/proofOfIdentity", 100)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "file-link").symlink_to(tmp_path / "outside")
    (folder / "folder-link").symlink_to(tmp_path)
    for name in ("file-link", "folder-link/outside"):
        with pytest.raises(FileNotReadableError):
            read_inside(folder, name, "x", 100)
    (folder / "deep" / "file").write_bytes(b"content")
    assert read_inside(folder, "deep/file", "x", 100) == b"content"
    assert read_inside(folder, "./deep//file", "x", 100) == b"content"


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "missing"):
        with pytest.raises(FileNotReadableError):
            read_inside(tmp_path, name, "x", 100)
    with pytest.raises(FileNotReadableError, match="regular"):
        read_file(tmp_path, 100)
