"""Which files of a scan folder are meant for us, in which order, and whether they are complete.

Nothing tells a program that another one has finished writing a file. So a file counts as complete when two things are so:
its size and time of change have stayed the same for a while, and it ends as its kind ends (JPEG: end-of-image marker, ITU-T
T.81 B.1.1.3; PNG: IEND chunk; PDF: ``%%EOF`` within the last kilobyte). A network share that stalls fulfils the first, a file
that is written from both ends the second; hardly any fulfils both. A TIFF has no end that could be looked for.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices.documents.filereading import FileIdentity

_UNFINISHED: Final = re.compile(r"^[.~]|~$|\.(tmp|temp|part|partial|filepart|crdownload|lock|lck|swp)$", re.IGNORECASE)
_IGNORED: Final = frozenset({"thumbs.db", "desktop.ini"})
_DIGITS: Final = re.compile(r"(\d+)")
_TAIL_BYTES: Final = 1024
_MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in a certain state."""

    path: Path
    identity: FileIdentity


def list_files(folder: Path) -> list[FolderFile]:
    """Plain files whose names are not those of unfinished ones, oldest first; among equals by name, numbers as numbers.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if _UNFINISHED.search(entry.name) or entry.name.lower() in _IGNORED:
                continue
            try:
                about = os.lstat(entry.path)
            except OSError:
                continue
            if stat.S_ISREG(about.st_mode):
                found.append(FolderFile(Path(entry.path), FileIdentity.of(about)))
            if len(found) >= _MOST_FILES:
                break
    return sorted(found, key=lambda file: (file.identity.modified_ns, _natural(file.path.name)))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name)]


class Settling:
    """Remembers since when files have not changed."""

    def __init__(self, settle_s: float, incomplete_s: float, clock: Callable[[], float]) -> None:
        self._settle_s = settle_s
        self._incomplete_s = incomplete_s
        self._clock = clock
        self._since: dict[Path, tuple[FileIdentity, float]] = {}

    def look(self, files: Iterable[FolderFile]) -> None:
        """Takes note of the files that are waiting, and forgets all others."""
        now_s = self._clock()
        before = self._since
        self._since = {}
        for file in files:
            identity, since_s = before.get(file.path, (None, now_s))
            self._since[file.path] = (file.identity, since_s if identity == file.identity else now_s)

    def is_complete(self, file: FolderFile) -> bool:
        """Whether it may be taken. What was looked at for the first time just now has not settled."""
        _, since_s = self._since[file.path]
        age_s = self._clock() - since_s
        if age_s >= self._incomplete_s:
            return True
        return age_s >= self._settle_s and file.identity.size_bytes > 0 and _has_its_end(file.path)


def _has_its_end(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(8)
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(0, size_bytes - _TAIL_BYTES))
            tail = file.read(_TAIL_BYTES)
    except OSError:
        return False
    if head.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd9" in tail
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND" in tail[-64:]
    if head.startswith(b"%PDF-"):
        return b"%%EOF" in tail
    return True
