"""Every object of a PDF, looked at for what a page does not need, and unpacked within bounds.

Objects are not followed from one to the next but taken from the cross-reference, each once: nothing loops, and what no page
leads to is seen as well.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from functools import partial
from typing import Final

from PIL import Image
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject, StreamObject

from devices.documents.intake_errors import (
    PdfActionError,
    PdfBrokenError,
    PdfEmbeddedFileError,
    PdfEncryptedError,
    PdfExternalReferenceError,
    PdfMediaError,
    PdfRefusedError,
    PdfScriptError,
    PdfTooComplexError,
    PdfXfaError,
)
from devices.documents.intake_limits import IntakeLimits
from devices.documents.intake_pictures import BROKEN, check_size

_PARTS_PER_OBJECT: Final = 100
_Refusal = Callable[[], PdfRefusedError]
_REFUSED_KEYS: Final[dict[str, _Refusal]] = {
    "/JS": PdfScriptError,
    "/JavaScript": PdfScriptError,
    "/AA": partial(PdfActionError, action="additional actions"),
    "/EmbeddedFiles": PdfEmbeddedFileError,
    "/EF": PdfEmbeddedFileError,
    "/AF": PdfEmbeddedFileError,
    "/Collection": PdfEmbeddedFileError,
    "/XFA": PdfXfaError,
    "/NeedsRendering": PdfXfaError,
    "/OPI": PdfExternalReferenceError,
    "/FFilter": PdfExternalReferenceError,
    "/Encrypt": PdfEncryptedError,
}
_REFUSED_ACTIONS: Final[dict[str, _Refusal]] = {
    "/JavaScript": PdfScriptError,
    "/GoToR": PdfExternalReferenceError,
    "/GoToE": PdfEmbeddedFileError,
    **{
        f"/{name}": partial(PdfActionError, action=name)
        for name in ("Launch", "SubmitForm", "ImportData", "ResetForm", "Hide", "SetOCGState", "Trans")
    },
    **{
        f"/{name}": partial(PdfMediaError, kind=name)
        for name in ("Rendition", "Movie", "Sound", "GoTo3DView", "RichMediaExecute")
    },
}
_REFUSED_SUBTYPES: Final[dict[str, _Refusal]] = {
    "/FileAttachment": PdfEmbeddedFileError,
    **{f"/{name}": partial(PdfMediaError, kind=name) for name in ("RichMedia", "Movie", "Sound", "Screen", "3D", "U3D", "PRC")},
}
_REFUSED_TYPES: Final[dict[str, _Refusal]] = {
    "/EmbeddedFile": PdfEmbeddedFileError,
    "/Sound": partial(PdfMediaError, kind="Sound"),
}
_JPEG: Final = frozenset({"/DCTDecode", "/DCT"})
_PICTURE_FILTERS: Final = _JPEG | {"/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/CCF"}
_FLATE: Final = (["/FlateDecode"], ["/Fl"])
_CHUNK: Final = 1 << 20


class ObjectWalk:
    """Looks at objects one by one; counts over all of them."""

    def __init__(self, limits: IntakeLimits) -> None:
        self.is_signed = False
        self._limits = limits
        self._parts_left = limits.most_pdf_objects * _PARTS_PER_OBJECT
        self._bytes_left = limits.most_unpacked_bytes

    def visit(self, top: PdfObject | None) -> None:
        """One object with all direct objects in it.

        Raises:
            PdfRefusedError: its subclasses say what is wrong.
            PictureTooLargeError: a picture over the limits.
        """
        waiting: list[object] = [top]
        while waiting:
            item = waiting.pop()
            self._parts_left -= 1
            if self._parts_left < 0:
                raise PdfTooComplexError(part="parts of objects", limit=self._limits.most_pdf_objects * _PARTS_PER_OBJECT)
            if isinstance(item, DictionaryObject):
                self._check(item)
                if isinstance(item, StreamObject):
                    self._check_stream(item)
                waiting.extend(item.values())
            elif isinstance(item, ArrayObject):
                waiting.extend(item)

    def _check(self, item: DictionaryObject) -> None:
        for key, refusal in _REFUSED_KEYS.items():
            if key in item:
                raise refusal()
        for key, table in (("/S", _REFUSED_ACTIONS), ("/Subtype", _REFUSED_SUBTYPES), ("/Type", _REFUSED_TYPES)):
            value = item.get(key)
            if isinstance(value, NameObject) and str(value) in table:
                raise table[str(value)]()
        if item.get("/S") == "/URI" and not self._limits.links_accepted:
            raise PdfActionError(action="URI")
        if item.get("/FS") == "/URL" or ("/Ref" in item and item.get("/Subtype") == "/Form"):
            raise PdfExternalReferenceError
        if "/OpenAction" in item:
            _check_open_action(item["/OpenAction"])
        if item.get("/Type") == "/Sig" or item.get("/FT") == "/Sig":
            self.is_signed = True

    def _check_stream(self, stream: StreamObject) -> None:
        if "/F" in stream:
            raise PdfExternalReferenceError
        filters = _filters(stream)
        if "/Crypt" in filters:
            raise PdfEncryptedError
        if stream.get("/Subtype") == "/Image":
            self._check_picture(stream, filters)
        self._take(_unpacked_bytes(stream, filters, self._bytes_left))

    def _check_picture(self, stream: StreamObject, filters: list[str]) -> None:
        """Declared size, and for JPEG the size in its own header, which is what a decoder believes."""
        width, height = stream.get("/Width"), stream.get("/Height")
        if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
            raise PdfBrokenError(part="picture without a size")
        check_size((width, height), self._limits)
        if len(filters) == 1 and filters[0] in _JPEG | {"/JPXDecode"}:
            try:
                with Image.open(io.BytesIO(stream._data), formats=("JPEG", "JPEG2000")) as picture:
                    size = picture.size
            except BROKEN as error:
                raise PdfBrokenError(part="picture") from error
            check_size(size, self._limits)

    def _take(self, size_bytes: int) -> None:
        self._bytes_left -= size_bytes
        if self._bytes_left < 0:
            raise PdfTooComplexError(part="unpacked size", limit=self._limits.most_unpacked_bytes)


def _check_open_action(value: object) -> None:
    """What happens when the file is opened may be going to a page."""
    if isinstance(value, DictionaryObject) and value.get("/S") != "/GoTo":
        raise PdfActionError(action="when it is opened")


def _filters(stream: StreamObject) -> list[str]:
    value = stream.get("/Filter")
    value = value.get_object() if isinstance(value, PdfObject) else value
    if value is None:
        return []
    names = value if isinstance(value, ArrayObject) else [value]
    return [str(name) for name in names]


def _unpacked_bytes(stream: StreamObject, filters: list[str], most: int) -> int:
    """How large a stream is without its packing; may stop counting above ``most``. Compressed pictures count as they are."""
    packing = filters[:-1] if filters and filters[-1] in _PICTURE_FILTERS else filters
    if not packing:
        return len(stream._data)
    if packing in _FLATE:
        return _inflated_bytes(stream._data, most)
    if packing != filters:
        raise PdfTooComplexError(part="packings of a picture", limit=1)
    return len(stream.get_data())


def _inflated_bytes(packed: bytes, most: int) -> int:
    """Counts without keeping. Bytes behind the end (a line end) are common and harmless."""
    inflating, total, rest = zlib.decompressobj(), 0, packed
    while not inflating.eof and total <= most:
        piece = inflating.decompress(rest, _CHUNK)
        rest = inflating.unconsumed_tail
        if not piece and not rest:
            raise PdfBrokenError(part="packed stream")
        total += len(piece)
    return total
