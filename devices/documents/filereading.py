"""How folders and picked files get from bytes to pages: bounded reading, then the check of what a file really is."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices.documents.model import PageImage, PdfDocument
from devices.documents.source import Cancel

FileReader = Callable[[bytes, str, str], tuple[PageImage, ...] | PdfDocument]
"""Takes the content of a file, its name (for the ending) and the name of the source; gives pages, or a PDF accepted as it is.

Raises:
    DocumentError: for a file that is refused, by name.
"""

MOST_FILE_BYTES: Final = 100 * 1024 * 1024
_LOOK_EVERY_S: Final = 0.05


class ReadingCancelledError(Exception):
    """The operator gave up while a file was looked at."""


class FileGoneError(Exception):
    """It is not there any more, changed while it was read, is no plain file, or is too large.

    Attributes:
        why: for a person to read; never the file's name.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What tells one state of one file from another."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> FileIdentity:
        """The identity in a look at a file."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def read_bounded(path: Path, expected: FileIdentity | None = None, limit_bytes: int = MOST_FILE_BYTES) -> bytes:
    """The content of a plain file, which is opened without following a link.

    Args:
        expected: the state in which it must be, before and after it was read.

    Raises:
        FileGoneError: if it is not, or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except OSError as error:
        raise FileGoneError(_why(error)) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise FileGoneError("it is not a plain file")
        if found.st_size > limit_bytes:
            raise FileGoneError(f"it has {found.st_size} bytes, more than {limit_bytes}")
        identity = FileIdentity.of(found)
        if expected is not None and identity != expected:
            raise FileGoneError("it changed while it was looked at")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(limit_bytes + 1)
        if FileIdentity.of(os.fstat(handle)) != identity or len(data) != found.st_size:
            raise FileGoneError("it changed while it was read")
        return data
    except OSError as error:
        raise FileGoneError(_why(error)) from None
    finally:
        os.close(handle)


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


@contextmanager
def opened_reader(reader: FileReader | None, cancel: Cancel) -> Generator[FileReader]:
    """The reader that was given; else the one that looks what a file really is, in a worker of its own.

    That one gives up when ``cancel`` is set, also in the middle of a file, with `ReadingCancelledError`.
    """
    if reader is not None:
        yield reader
        return
    from devices.documents.intake import Intake
    from devices.documents.intake_errors import IntakeCancelledError

    with Intake() as intake, _cancelling(intake.cancel, cancel):

        def read(data: bytes, name: str, source_name: str) -> tuple[PageImage, ...] | PdfDocument:
            try:
                return intake.take(data, name, source_name).content
            except IntakeCancelledError:
                raise ReadingCancelledError from None

        yield read


@contextmanager
def _cancelling(stop: Callable[[], None], cancel: Cancel) -> Generator[None]:
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(_LOOK_EVERY_S):
            if cancel.is_set():
                stop()
                return

    thread = threading.Thread(target=watch, name="file reading", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
