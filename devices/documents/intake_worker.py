"""The process that reads files that strangers made: bytes in, pages out, and nothing else.

    python -m devices.documents.intake_worker

It gets a `Frame` with one file on its standard input and answers with one on its standard output, until its input ends. Before
the first file it gives up what it does not need: more memory than its bound, opening files or sockets (it may have no further
descriptor), writing to files, starting processes, leaving a core dump or being looked into by others of the same user. It never
says anything on its standard error. What it lacks, it lacks for good: a file that takes it over finds little to take.

Only the bounds that the system knows are taken; the first frame says which (``confined``).
"""

from __future__ import annotations

import codecs
import ctypes
import io
import logging
import sys
from typing import Any, BinaryIO, Final

from PIL import Image

from devices.documents.intake_errors import FileRefusedError, KindNotAcceptedError, KindUnknownError, NotWhatItsNameSaysError
from devices.documents.intake_frames import PREFIX, BrokenFrameError, Frame, frame_of, lengths_of, start_of
from devices.documents.intake_kinds import ACCEPTED, FileKind, kind_of_content
from devices.documents.intake_limits import IntakeLimits
from devices.documents.intake_pdf import examine_pdf
from devices.documents.intake_pdfpages import scanned_preview
from devices.documents.intake_pictures import read_pictures

_PR_SET_DUMPABLE: Final = 4
_LOUDEST: Final = 100
_SAMPLE_PX: Final = 320
_ENCODINGS: Final = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252", "mac-roman")
"""Python loads these from files when they are first needed; the readers need them for texts inside files."""

Answer = tuple[dict[str, Any], list[bytes]]


def confine(memory_bytes: int) -> list[str]:
    """Gives up what is not needed; names what was given up. All modules must have been loaded before."""
    if sys.platform == "win32":
        return []
    import resource

    for bound, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(bound, (most, most))
    confined = ["core", "written files", "memory", "processes", "descriptors"]
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
        confined.append("looking in")
    return confined


def warm_up() -> None:
    """Loads all that is loaded late, by reading samples: afterwards no module can be opened any more."""
    Image.init()
    for name in _ENCODINGS:
        codecs.lookup(name)
    limits = IntakeLimits()
    for mode in ("RGB", "L", "1", "P"):
        sample = io.BytesIO()
        Image.new(mode, (_SAMPLE_PX, _SAMPLE_PX)).save(sample, "PDF")
        read(sample.getvalue(), None, limits)
    for kind, mode in ((FileKind.JPEG, "CMYK"), (FileKind.PNG, "RGBA"), (FileKind.TIFF, "LAB"), (FileKind.WEBP, "RGB")):
        sample = io.BytesIO()
        Image.new(mode, (_SAMPLE_PX, _SAMPLE_PX)).save(sample, kind.value, exif=Image.Exif(), dpi=(200, 200))
        read(sample.getvalue(), None, limits)


def allow_processor_time(seconds: int) -> None:
    """From now on so many seconds; the system ends the process when they are over."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, most))


def read(data: bytes, name_kind: FileKind | None, limits: IntakeLimits) -> Answer:
    """Header and blocks of the answer for one file.

    Raises:
        FileRefusedError: its subclasses say why.
    """
    kind = kind_of_content(data)
    if kind is None:
        raise KindUnknownError
    if name_kind is not None and name_kind is not kind:
        raise NotWhatItsNameSaysError(name_says=name_kind.value, content_is=kind.value)
    if kind not in ACCEPTED:
        raise KindNotAcceptedError(kind=kind.value)
    if kind is FileKind.PDF:
        return _read_pdf(data, limits)
    pages = list(read_pictures(data, kind, limits))
    about = [{"format": page.format, "width": page.width_px, "height": page.height_px, "dpi": page.dpi} for page in pages]
    return {"kind": kind.value, "pages": about}, [page.data for page in pages]


def _read_pdf(data: bytes, limits: IntakeLimits) -> Answer:
    examined, reader = examine_pdf(data, limits)
    preview = scanned_preview(reader, examined.page_sizes_pt[0], limits)
    header = {"kind": FileKind.PDF.value, "sizes": examined.page_sizes_pt, "signed": examined.is_signed}
    return header, [] if preview is None else [preview]


def answer(frame: Frame) -> Answer:
    """Reads the file in a frame; a refusal is an answer too."""
    limits = IntakeLimits(**frame.header["limits"])
    name_kind = frame.header["name_kind"]
    allow_processor_time(limits.processor_s)
    try:
        return read(frame.blocks[0], None if name_kind is None else FileKind(name_kind), limits)
    except FileRefusedError as refusal:
        return {"refused": refusal.code, "params": refusal.params}, []
    except MemoryError:
        return {"memory": True}, []


def serve(source: BinaryIO, sink: BinaryIO, memory_bytes: int) -> None:
    """Answers until there is nothing more to read."""
    _write(sink, {"confined": confine(memory_bytes)}, [])
    while True:
        prefix = source.read(PREFIX.size)
        if len(prefix) < PREFIX.size:
            return
        header_bytes, blocks_bytes = lengths_of(prefix, memory_bytes)
        frame = frame_of(source.read(header_bytes), source.read(blocks_bytes))
        _write(sink, *answer(frame))


def _write(sink: BinaryIO, header: dict[str, Any], blocks: list[bytes]) -> None:
    sink.write(start_of(header, blocks))
    for block in blocks:
        sink.write(block)
    sink.flush()


def main() -> None:
    """Loads everything, then serves."""
    logging.disable(_LOUDEST)
    warm_up()
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]))
    except (BrokenFrameError, BrokenPipeError, MemoryError):
        sys.exit(1)


if __name__ == "__main__":
    main()
