"""Files that a person picked, dropped or left in a folder, as pages that may be used, or refused by name.

What a file is is decided by its content, in a worker process with a bound on memory and time that is ended when it meets one. A
picture comes back as new pixels without anything that was around them; a PDF is passed on byte by byte, or not at all.

    with Intake() as intake:
        taken = intake.take(Path(...).read_bytes(), "scan.pdf", source_name="file")
"""

from __future__ import annotations

import math
import os
import stat
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from devices.documents.intake_errors import (
    FileEmptyError,
    FileNeedsTooMuchMemoryError,
    FileRefusedError,
    FileTooLargeError,
    FileUnreadableError,
    IntakeCancelledError,
    NotAFileError,
    ReaderFailedError,
    ReaderSpokeNonsenseError,
)
from devices.documents.intake_frames import Frame
from devices.documents.intake_kinds import FileKind, kind_of_content, kind_of_name
from devices.documents.intake_limits import DEFAULT_LIMITS, IntakeLimits
from devices.documents.intake_process import WORKER_COMMAND, WorkerProcess
from devices.documents.model import PageImage, PdfDocument

_LONGEST_TEXT: Final = 60
_MAGIC: Final = {"jpeg": FileKind.JPEG, "png": FileKind.PNG}


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file that was taken.

    Attributes:
        content: its pages as new pictures, or the PDF as it is.
        page_sizes_pt: of a PDF, width and height of each page as shown, in points of 1/72 inch; else empty.
        preview: of a PDF whose first page is nothing but a scanned picture, that page as a small JPEG. None: who shows it draws
            it (there is no drawing of PDF pages in this room).
    """

    kind: FileKind
    content: tuple[PageImage, ...] | PdfDocument
    page_sizes_pt: tuple[tuple[float, float], ...] = ()
    preview: bytes | None = field(default=None, repr=False)


class Intake:
    """Takes files, one at a time; the worker starts with the first one. May be used from several threads."""

    def __init__(self, limits: IntakeLimits = DEFAULT_LIMITS, command: Sequence[str] = WORKER_COMMAND) -> None:
        """``command`` starts the worker; a frozen application, which has no ``-m``, gives its own."""
        self.limits = limits
        self._command = tuple(command)
        self._turn = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._taken_by_worker = 0
        self._is_cancelled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the worker. A file taken afterwards starts a new one."""
        self.cancel()
        with self._turn:
            self._drop()

    def cancel(self) -> None:
        """Gives up the file that is being read, if there is one: its reader gets `IntakeCancelledError` at once."""
        self._is_cancelled = True
        worker = self._worker
        if worker is not None:
            worker.kill()

    @property
    def confined(self) -> tuple[str, ...]:
        """What the running worker has given up; empty if none runs, or if the system knows no such bounds."""
        worker = self._worker
        return () if worker is None else worker.confined

    @property
    def worker_pid(self) -> int | None:
        """Process id of the running worker."""
        worker = self._worker
        return None if worker is None else worker.pid

    def take(self, data: bytes, name: str = "", source_name: str = "") -> TakenFile:
        """Decides what a file is and takes it.

        Args:
            data: all of its bytes.
            name: its name, of which only the ending counts; empty if it has none.
            source_name: goes into the pages.

        Raises:
            FileRefusedError: its subclasses say why; the same file will be refused again.
            ReaderFailedError: its subclasses say how the reading ended; the next file gets a new worker.
            IntakeCancelledError: `cancel` was called.
        """
        self._check_size(data)
        with self._turn:
            self._is_cancelled = False
            answer = self._ask(data, name)
        if "refused" in answer.header:
            raise _refusal(answer.header)
        return _taken(answer, data, source_name, self.limits)

    def take_path(self, path: Path, source_name: str = "") -> TakenFile:
        """Reads a file and takes it.

        Raises:
            FileUnreadableError: the system does not give its content.
            NotAFileError: a folder, a pipe or a device.
            IntakeError: as `take`.
        """
        return self.take(read_bytes(path, self.limits), path.name, source_name)

    def _check_size(self, data: bytes) -> None:
        if not data:
            raise FileEmptyError
        is_pdf = kind_of_content(data) is FileKind.PDF
        limit = self.limits.most_pdf_bytes if is_pdf else self.limits.most_file_bytes
        if len(data) > limit:
            raise FileTooLargeError(size_bytes=len(data), limit_bytes=limit)

    def _ask(self, data: bytes, name: str) -> Frame:
        header: dict[str, object] = {"limits": asdict(self.limits), "name_kind": kind_of_name(name)}
        try:
            worker = self._ready_worker()
            if self._is_cancelled:
                raise IntakeCancelledError
            answer = worker.ask(header, [data])
        except ReaderFailedError as error:
            self._drop()
            if self._is_cancelled:
                raise IntakeCancelledError from error
            raise
        self._taken_by_worker += 1
        if answer.header.get("memory") is True:
            self._drop()
            raise FileNeedsTooMuchMemoryError(limit_bytes=self.limits.memory_bytes)
        return answer

    def _ready_worker(self) -> WorkerProcess:
        if self._worker is not None and self._taken_by_worker >= self.limits.files_per_worker:
            self._drop()
        if self._worker is None:
            self._worker = WorkerProcess(self.limits, self._command)
            self._taken_by_worker = 0
        return self._worker

    def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()


def read_file(
    file: bytes | Path, name: str = "", limits: IntakeLimits = DEFAULT_LIMITS, source_name: str = ""
) -> tuple[PageImage, ...] | PdfDocument:
    """Takes one file with a worker of its own; `Intake` keeps the worker for the next.

    Raises:
        IntakeError: as `Intake.take` and `Intake.take_path`.
    """
    with Intake(limits) as intake:
        if isinstance(file, Path):
            return intake.take(read_bytes(file, limits), name or file.name, source_name).content
        return intake.take(file, name, source_name).content


def read_bytes(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> bytes:
    """A file's bytes, never more than are allowed, and never out of something that has no end.

    Raises:
        FileUnreadableError, NotAFileError, FileTooLargeError: see there.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as opened:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise NotAFileError
            if about.st_size > limits.most_file_bytes:
                raise FileTooLargeError(size_bytes=about.st_size, limit_bytes=limits.most_file_bytes)
            data = opened.read(limits.most_file_bytes + 1)
    except IsADirectoryError as error:
        raise NotAFileError from error
    except OSError as error:
        raise FileUnreadableError(why=os.strerror(error.errno) if error.errno else type(error).__name__) from error
    except ValueError as error:
        raise FileUnreadableError(why="its name holds a zero byte") from error
    if len(data) > limits.most_file_bytes:
        raise FileTooLargeError(size_bytes=len(data), limit_bytes=limits.most_file_bytes)
    return data


def _refusals(root: type[FileRefusedError]) -> dict[str, type[FileRefusedError]]:
    """All refusals by their code."""
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _refusals(child)
    return found


def _refusal(header: dict[str, Any]) -> FileRefusedError | ReaderSpokeNonsenseError:
    """The worker's refusal as our error; its parameters only if they look like ours."""
    kind, params = _refusals(FileRefusedError).get(str(header["refused"])), header.get("params")
    if kind is None or not isinstance(params, dict):
        return ReaderSpokeNonsenseError()
    for value in params.values():
        is_text = isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()
        if not (is_text or isinstance(value, int | float)):
            return ReaderSpokeNonsenseError()
    return kind(**params)


def _taken(answer: Frame, data: bytes, source_name: str, limits: IntakeLimits) -> TakenFile:
    """The worker's answer as ours.

    Raises:
        ReaderSpokeNonsenseError: it says what cannot be.
    """
    try:
        kind = FileKind(answer.header["kind"])
        if kind is FileKind.PDF:
            return _taken_pdf(answer, data, source_name, limits)
        about = answer.header["pages"]
        if not 0 < len(about) <= limits.most_pages:
            raise ReaderSpokeNonsenseError
        pages = [_page(page, block, source_name, limits) for page, block in zip(about, answer.blocks, strict=True)]
        return TakenFile(kind, tuple(pages))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ReaderSpokeNonsenseError from error


def _taken_pdf(answer: Frame, data: bytes, source_name: str, limits: IntakeLimits) -> TakenFile:
    sizes = tuple((float(width), float(height)) for width, height in answer.header["sizes"])
    if not 0 < len(sizes) <= limits.most_pages or len(answer.blocks) > 1:
        raise ReaderSpokeNonsenseError
    preview = answer.blocks[0] if answer.blocks else None
    if preview is not None and kind_of_content(preview) is not FileKind.JPEG:
        raise ReaderSpokeNonsenseError
    document = PdfDocument(data, len(sizes), answer.header["signed"] is False, source_name)
    return TakenFile(FileKind.PDF, document, sizes, preview)


def _page(about: dict[str, Any], block: bytes, source_name: str, limits: IntakeLimits) -> PageImage:
    encoding, width, height, dpi = about["format"], about["width"], about["height"], about["dpi"]
    is_size = all(type(side) is int and 0 < side <= limits.most_side_px for side in (width, height))
    is_dpi = dpi is None or (isinstance(dpi, int | float) and math.isfinite(dpi) and dpi > 0)
    if not (is_size and is_dpi and width * height <= limits.most_pixels):
        raise ReaderSpokeNonsenseError
    if encoding not in _MAGIC or kind_of_content(block) is not _MAGIC[encoding]:
        raise ReaderSpokeNonsenseError
    return PageImage(block, encoding, width, height, dpi, source_name)
