"""A PDF read strictly: in order, not protected, and nothing in it but pages.

Runs in the worker. The file itself is passed on unchanged (a signature in it stays good), so all that is found here is a reason
to refuse it, never to mend it. In this order: its end (1), the cross-reference and the trailer (2), encryption (3), words that
no harmless part needs, anywhere in the bytes, also in revisions that were replaced (4), every object that the cross-reference
names, with all that is in it (5), every packed stream unpacked within bounds (6), the tree of pages (7).

Facts about PDF from ISO 32000-1: 7.5 file structure, 7.6 encryption, 7.7.3 page tree, 7.11 file specifications, 12.6 actions,
12.7.8 XFA forms, 13 multimedia.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import dataclass
from functools import partial
from typing import Final

from pypdf import PdfReader
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject

from devices.documents.intake_errors import (
    PdfActionError,
    PdfBrokenError,
    PdfEmbeddedFileError,
    PdfEncryptedError,
    PdfRefusedError,
    PdfScriptError,
    PdfTooComplexError,
)
from devices.documents.intake_limits import IntakeLimits
from devices.documents.intake_pdfobjects import ObjectWalk
from devices.documents.intake_pdfpages import page_sizes

UNREADABLE: Final = (
    PyPdfError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What pypdf raises on damaged files, its own errors and those that it lets through."""

_END: Final = b"%%EOF"
_MOST_BYTES_BEHIND_END: Final = 64
_OBJECT: Final = re.compile(rb"[\s\0]{0,8}(\d{1,10})[\s\0]+(\d{1,5})[\s\0]+obj")
_NAME_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_WORDS: Final = (
    (b"/JavaScript", PdfScriptError),
    (b"/EmbeddedFile", PdfEmbeddedFileError),
    (b"/Launch", partial(PdfActionError, action="Launch")),
)


@dataclass(frozen=True, slots=True)
class ExaminedPdf:
    """What is known of a PDF that is accepted.

    Attributes:
        page_sizes_pt: width and height of each page as it is shown, in points of 1/72 inch.
        is_signed: it has a signature, which holds for these very bytes.
    """

    page_sizes_pt: tuple[tuple[float, float], ...]
    is_signed: bool


def examine_pdf(data: bytes, limits: IntakeLimits) -> tuple[ExaminedPdf, PdfReader]:
    """All checks; also the reader, for a preview.

    Raises:
        PdfRefusedError: its subclasses say what is wrong.
        TooManyPagesError: more pages than allowed.
        PictureTooLargeError: a picture in it is.
        MemoryError: the bound of the process was met.
    """
    _check_end(data)
    reader = _opened(data)
    _check_words(data)
    walk = ObjectWalk(limits)
    _walk_all(reader, data, walk, limits)
    try:
        sizes = page_sizes(reader, limits)
    except UNREADABLE as error:
        raise _refusal(error, "pages") from error
    return ExaminedPdf(sizes, walk.is_signed), reader


def _check_end(data: bytes) -> None:
    """(1) Nothing hides behind the end."""
    at = data.rfind(_END)
    if at < 0:
        raise PdfBrokenError(part="its end is missing")
    rest = data[at + len(_END) :]
    if len(rest) > _MOST_BYTES_BEHIND_END and rest.strip(b"\r\n\t \0"):
        raise PdfBrokenError(part="something follows its end")


def _opened(data: bytes) -> PdfReader:
    """(2), (3)."""
    try:
        reader = PdfReader(io.BytesIO(data), strict=True)
        if reader.is_encrypted or "/Encrypt" in reader.trailer:
            raise PdfEncryptedError
        root = reader.trailer["/Root"].get_object()
    except UNREADABLE as error:
        if b"/Encrypt" in data:
            raise PdfEncryptedError from error
        raise _refusal(error, "cross-reference") from error
    if not isinstance(root, DictionaryObject) or root.get("/Type") != "/Catalog":
        raise PdfBrokenError(part="catalog")
    return reader


def _check_words(data: bytes) -> None:
    """(4) Names may be written with escapes: ``/J#61vaScript``."""
    plain = _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data)
    for word, refusal in _WORDS:
        if word in plain:
            raise refusal()


def _walk_all(reader: PdfReader, data: bytes, walk: ObjectWalk, limits: IntakeLimits) -> None:
    """(5), (6)."""
    placed = [(number, generation, at) for generation, table in reader.xref.items() for number, at in table.items()]
    packed = [number for number in reader.xref_objStm if number not in reader.xref.get(0, {})]
    if len(placed) + len(packed) > limits.most_pdf_objects:
        raise PdfTooComplexError(part="number of objects", limit=limits.most_pdf_objects)
    try:
        walk.visit(reader.trailer)
        for number, generation, at in placed:
            if not reader.xref_free_entry.get(generation, {}).get(number, False):
                _check_place(data, number, generation, at)
                walk.visit(reader.get_object(IndirectObject(number, generation, reader)))
        for number in packed:
            walk.visit(reader.get_object(IndirectObject(number, 0, reader)))
    except UNREADABLE as error:
        raise _refusal(error, "objects") from error


def _refusal(error: Exception, part: str) -> PdfRefusedError:
    """What pypdf met; it wraps the bounds that were met into its own errors.

    Raises:
        MemoryError: that was the bound.
    """
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, MemoryError):
            raise chain
        if isinstance(chain, RecursionError):
            return PdfTooComplexError(part="nesting", limit="what can be followed")
        if isinstance(chain, LimitReachedError):
            return PdfTooComplexError(part="unpacked size", limit="what can be unpacked")
        chain = chain.__cause__
    return PdfBrokenError(part=part)


def _check_place(data: bytes, number: int, generation: int, at: int) -> None:
    """The cross-reference points at the object itself.

    pypdf searches the file where it does not, and other programs may find another one: then they show another page.
    """
    found = _OBJECT.match(data, at) if 0 < at < len(data) else None
    if found is None or (int(found[1]), int(found[2])) != (number, generation):
        raise PdfBrokenError(part="cross-reference")
