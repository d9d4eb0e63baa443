"""A folder into which a scanner drops files, as a source of pages.

Files are taken oldest first and only when they are complete (`devices.documents.folderfiles`): a file that is still being
written is waited for, and none is taken before it, so that pages stay in order. A file that is refused ends the scan with the
reason; the next scan goes past it.

**The originals.** They are a person's papers, in the clear, on a disk, put there by a program that is not Sealdesk. They
are deleted after they were taken over only if that is asked for (`Originals.DELETE`), each when its pages are in the desk's
memory; deleting does not wipe the disk, so the folder belongs on an encrypted one. Otherwise they stay, and whoever runs the
scanner has to clear the folder.

**Other people's papers.** A file that stayed behind must not come into the next person's registration. So no file is taken
twice by one `FolderSource` (keep one for the life of the desk), and none that was older than ``most_age_s`` when the scan
began.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from devices.documents import errors as e
from devices.documents.filereading import (
    FileGoneError,
    FileIdentity,
    FileReader,
    ReadingCancelledError,
    opened_reader,
    read_bounded,
)
from devices.documents.folderfiles import FolderFile, Settling, list_files
from devices.documents.model import PdfDocument, Scanned, SourceInfo, SourceKind, SourceState
from devices.documents.source import Cancel, ScanSettings

_LOOK_EVERY_S: Final = 0.1
_MOST_REMEMBERED: Final = 10_000


class Originals(StrEnum):
    """What becomes of a file after it was taken over."""

    KEEP = "keep"
    DELETE = "delete"


class FolderSource:
    """One scan folder.

    Args:
        path: of the folder; its sub-folders are not looked into.
        originals: see the module.
        settle_s: how long a file must have stayed the same.
        incomplete_s: after so long without a change, a file without a proper end is taken for broken and handed to the
            reader, which refuses it.
        wait_s: how long to wait for a further file before the scan ends; 0 takes what is there.
        most_age_s: older files are left alone; None takes all.
        reader: finds out what a file is.
        clock, sleep: seconds that only go forward, and waiting.
        now: seconds of the epoch, to compare with the times of files.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "folder",
        originals: Originals = Originals.KEEP,
        settle_s: float = 1.0,
        incomplete_s: float = 30.0,
        wait_s: float = 0.0,
        most_age_s: float | None = 900.0,
        reader: FileReader | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._name = name
        self._originals = originals
        self._settling = Settling(settle_s, incomplete_s, clock)
        self._wait_s = wait_s
        self._most_age_s = most_age_s
        self._reader = reader
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._done: dict[FileIdentity, None] = {}

    def describe(self) -> SourceInfo:
        """Ready while the folder can be read, and be written to if originals are to be deleted."""
        state, reason = SourceState.READY, None
        if not self._path.is_dir():
            state, reason = (
                SourceState.NOT_FOUND,
                "The scan folder is not there. Check its setting, and that its drive is connected.",
            )
        elif not os.access(self._path, os.R_OK | os.X_OK):
            state, reason = SourceState.NO_ACCESS, "The scan folder may not be read by this user."
        elif self._originals is Originals.DELETE and not os.access(self._path, os.W_OK):
            state, reason = SourceState.NO_ACCESS, "Files in the scan folder may not be deleted by this user, but are to be."
        return SourceInfo(self._name, SourceKind.FOLDER, state, reason, "Scan folder")

    def scan(self, settings: ScanSettings, cancel: Cancel) -> Iterator[Scanned]:
        """Pages and PDFs, oldest file first, until no complete file has been there for ``wait_s``; settings change nothing.

        Raises:
            SourceNotUsableError: the folder is not there or may not be read.
            OriginalNotDeletedError: a page was given, but its file could not be deleted.
            DocumentError: a file is not what it should be; the pages of those before it were given.
        """
        del settings
        info = self.describe()
        if not info.is_ready:
            raise e.SourceNotUsableError(source=self._name, pages=0, reason=info.reason)
        count = 0
        oldest_s = None if self._most_age_s is None else self._now() - self._most_age_s
        with opened_reader(self._reader, cancel) as reader:
            while (file := self._next_file(oldest_s, cancel, count)) is not None:
                for item in self._taken(file, reader, count):
                    count += item.page_count if isinstance(item, PdfDocument) else 1
                    yield item
                self._dispose(file, count)

    def _next_file(self, oldest_s: float | None, cancel: Cancel, count: int) -> FolderFile | None:
        end_s = self._clock() + self._wait_s
        while True:
            if cancel.is_set():
                raise e.ScanCancelledError(source=self._name, pages=count)
            waiting = self._waiting(oldest_s, count)
            if waiting:
                if self._settling.is_complete(waiting[0]):
                    return waiting[0]
                end_s = self._clock() + self._wait_s
            elif self._clock() >= end_s:
                return None
            self._sleep(_LOOK_EVERY_S)

    def _waiting(self, oldest_s: float | None, count: int) -> list[FolderFile]:
        try:
            found = list_files(self._path)
        except OSError:
            reason = "The scan folder cannot be read any more."
            raise e.SourceNotUsableError(source=self._name, pages=count, reason=reason) from None
        fresh = (file for file in found if oldest_s is None or file.identity.modified_ns / 1e9 >= oldest_s)
        waiting = [file for file in fresh if file.identity not in self._done]
        self._settling.look(waiting)
        return waiting

    def _taken(self, file: FolderFile, reader: FileReader, count: int) -> tuple[Scanned, ...]:
        # Before it is read: a file that ends the scan must not end the next one too.
        self._remember(file.identity)
        try:
            found = reader(read_bounded(file.path, file.identity), file.path.name, self._name)
        except FileGoneError as error:
            raise e.FileNotTakenError(source=self._name, pages=count, why=error.why) from None
        except ReadingCancelledError:
            self._done.pop(file.identity, None)
            raise e.ScanCancelledError(source=self._name, pages=count) from None
        return (found,) if isinstance(found, PdfDocument) else found

    def _dispose(self, file: FolderFile, count: int) -> None:
        if self._originals is Originals.KEEP:
            return
        try:
            if FileIdentity.of(file.path.lstat()) != file.identity:
                raise e.OriginalNotDeletedError(source=self._name, pages=count, why="it changed after it was read")
            file.path.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            raise e.OriginalNotDeletedError(source=self._name, pages=count, why=why) from None

    def _remember(self, identity: FileIdentity) -> None:
        self._done[identity] = None
        while len(self._done) > _MOST_REMEMBERED:
            del self._done[next(iter(self._done))]
