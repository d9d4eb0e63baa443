"""Files that the operator picked or dropped, as a source of pages. They are somebody's originals and stay where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from devices.documents.errors import FileNotTakenError, ScanCancelledError
from devices.documents.filereading import FileGoneError, FileReader, ReadingCancelledError, opened_reader, read_bounded
from devices.documents.model import PdfDocument, Scanned, SourceInfo, SourceKind, SourceState
from devices.documents.source import Cancel, ScanSettings

NAME: Final = "file"


class FileSource:
    """One or more files, in the order in which they were given.

    Args:
        paths: of plain files; links are followed, since the operator chose them.
        reader: finds out what a file is.
    """

    def __init__(self, paths: Sequence[Path], reader: FileReader | None = None) -> None:
        self._paths = tuple(paths)
        self._reader = reader

    def describe(self) -> SourceInfo:
        """Ready while all files are there."""
        missing = sum(not path.is_file() for path in self._paths)
        if missing:
            reason = f"{missing} of {len(self._paths)} files are not there any more, or are no plain files."
            return SourceInfo(NAME, SourceKind.FILE, SourceState.NOT_FOUND, reason, "Files")
        return SourceInfo(NAME, SourceKind.FILE, SourceState.READY, None, "Files")

    def scan(self, settings: ScanSettings, cancel: Cancel) -> Iterator[Scanned]:
        """The pages of the files, or PDFs as they are; settings change nothing.

        Raises:
            FileNotTakenError: a file is not there, or cannot be read.
            DocumentError: a file is not what it should be; the pages of those before it were given.
        """
        del settings
        count = 0
        with opened_reader(self._reader, cancel) as reader:
            for path in self._paths:
                for item in _items(reader, path, cancel, count):
                    count += item.page_count if isinstance(item, PdfDocument) else 1
                    yield item


def _items(reader: FileReader, path: Path, cancel: Cancel, count: int) -> tuple[Scanned, ...]:
    if cancel.is_set():
        raise ScanCancelledError(source=NAME, pages=count)
    try:
        found = reader(read_bounded(_resolved(path)), path.name, NAME)
    except FileGoneError as error:
        raise FileNotTakenError(source=NAME, pages=count, why=error.why) from None
    except ReadingCancelledError:
        raise ScanCancelledError(source=NAME, pages=count) from None
    return (found,) if isinstance(found, PdfDocument) else found


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = (error.strerror or "") if isinstance(error, OSError) else "its links go in a circle"
        raise FileGoneError(reason.lower()) from None
