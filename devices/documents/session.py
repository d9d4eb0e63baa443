"""A document while it is put together: pages come in, are looked at, turned, moved, dropped, and become one value at the end.

All of it is in memory. Sizes are those of the result, in bytes, known at every moment. Nothing is made smaller unless the
operator asks for it (`DocumentSession.shrink_to_fit`); a document over the limit is refused with both sizes.

Pages may be added by the thread that scans while the window reads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NewType

from devices.documents import errors as e
from devices.documents.model import PageImage, PdfDocument, Scanned
from devices.documents.output import (
    IMAGE_FORMATS,
    DocumentFormat,
    Picture,
    Piece,
    document_bytes,
    document_size_bytes,
)
from devices.documents.pagepicture import normalise
from devices.documents.shrinking import shrunk_sets

PageKey = NewType("PageKey", int)
"""Stays with a page while it is moved."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of one document.

    Attributes:
        size_bytes: of the result; ``mosip.registration.document_size``.
        most_pages: of the result.
        held_bytes: of all encoded pages in memory.
    """

    size_bytes: int = 2_000_000
    most_pages: int = 200
    held_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ScannedDocument:
    """What pages became."""

    format: DocumentFormat
    content: bytes = field(repr=False)
    page_count: int


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One entry, as the window shows it.

    Attributes:
        item: a page with its picture as it would go out, not turned yet; or a PDF with all its pages.
        quarter_turns: clockwise, 0 to 3.
        is_shrunk: the picture is not the one that came in.
    """

    key: PageKey
    item: Scanned
    quarter_turns: int
    is_shrunk: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A piece, and the picture or PDF that it came from."""

    piece: Piece
    original: Scanned

    @property
    def item(self) -> Scanned:
        return self.piece.image if isinstance(self.piece, Picture) else self.piece

    @property
    def held_bytes(self) -> int:
        return self.original.size_bytes + (0 if self.item is self.original else self.item.size_bytes)

    def with_picture(self, image: PageImage) -> _Entry:
        turns = self.piece.quarter_turns if isinstance(self.piece, Picture) else 0
        return _Entry(Picture.of(image, turns), self.original)


class DocumentSession:
    """Pages on their way to one document. Every method may be called from any thread."""

    def __init__(self, output: DocumentFormat = "pdf", limits: SessionLimits | None = None) -> None:
        self.output: DocumentFormat = output
        self.limits = limits or SessionLimits()
        self._lock = threading.RLock()
        self._entries: dict[PageKey, _Entry] = {}
        self._next_key = 1
        self._size_bytes: int | None = 0

    @property
    def pages(self) -> tuple[SessionPage, ...]:
        """The entries in order."""
        with self._lock:
            return tuple(_shown(key, entry) for key, entry in self._entries.items())

    @property
    def page_count(self) -> int:
        """Pages of the result."""
        with self._lock:
            return sum(_page_count(entry.item) for entry in self._entries.values())

    @property
    def size_bytes(self) -> int:
        """Bytes of the result, exactly; 0 without pages. For a picture with several pages, of the first.

        Cheap while all pages are pictures; a PDF among them makes every change cost the writing of the whole.

        Raises:
            PageBrokenError: a page cannot be read.
        """
        with self._lock:
            if self._size_bytes is None:
                self._size_bytes = document_size_bytes(self.output, _pieces(self._entries.values()))
            return self._size_bytes

    @property
    def is_within_limit(self) -> bool:
        """Whether the result may be as large as it would be."""
        return self.size_bytes <= self.limits.size_bytes

    def add(self, item: Scanned) -> PageKey:
        """Puts a page, or a PDF, at the end.

        Raises:
            PageBrokenError: it is no picture.
            PdfNotMergeableError: it is a PDF that may stand alone only, and does not; or one does already.
            DocumentPagesForImageError: it is a PDF where documents are pictures.
            DocumentTooManyPagesError: there would be too many.
            SessionFullError: there is no more room in memory.
        """
        entry = _entry(item)
        with self._lock:
            self._check_room(entry)
            key = PageKey(self._next_key)
            self._next_key += 1
            self._entries[key] = entry
            self._size_bytes = None
            return key

    def delete(self, key: PageKey) -> None:
        """Drops a page; without effect if it is gone already."""
        with self._lock:
            self._entries.pop(key, None)
            self._size_bytes = None

    def clear(self) -> None:
        """Drops all pages."""
        with self._lock:
            self._entries.clear()
            self._size_bytes = None

    def move(self, key: PageKey, position: int) -> None:
        """Puts a page at a place counted from 0, beyond the ends at the end; without effect if it is gone."""
        with self._lock:
            if key not in self._entries:
                return
            keys = [other for other in self._entries if other != key]
            keys.insert(max(0, min(position, len(keys))), key)
            self._entries = {other: self._entries[other] for other in keys}
            self._size_bytes = None

    def rotate(self, key: PageKey, quarter_turns: int = 1) -> None:
        """Turns a page clockwise; without effect if it is gone.

        Raises:
            PageNotChangeableError: it is a PDF.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            if not isinstance(entry.piece, Picture):
                raise e.PageNotChangeableError
            turns = (entry.piece.quarter_turns + quarter_turns) % 4
            self._entries[key] = _Entry(Picture(entry.piece.image, turns, entry.piece.part), entry.original)
            self._size_bytes = None

    def replace(self, key: PageKey, page: PageImage) -> None:
        """Puts another picture in the place of a page, as it is to be seen: not turned. For example the cropped one.

        Raises:
            PageNotChangeableError: there is a PDF in that place.
            PageBrokenError: it is no picture.
        """
        new = _entry(page)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            if isinstance(entry.piece, PdfDocument):
                raise e.PageNotChangeableError
            self._entries[key] = new
            self._size_bytes = None

    def shrink_to_fit(self, is_cancelled: Callable[[], bool] = lambda: False) -> int:
        """Gives up quality, step by step, until the document is within the limit; tells its size. The operator's own act.

        Always starts from the pictures that came in, so that asking twice does not make them worse. Nothing changes if it
        fails, or if the document is within the limit as it came in. Takes some tenths of a second for each page and step.

        Args:
            is_cancelled: asked before each page.

        Raises:
            DocumentEmptyError: there is no page.
            CannotShrinkError: not even the last step fits.
            ScanCancelledError: it was given up.
            PageBrokenError: a page cannot be read.
        """
        with self._lock:
            before = {key: one.original for key, one in self._entries.items() if isinstance(one.original, PageImage)}
            if not self._entries:
                raise e.DocumentEmptyError
            size_bytes = self._size_with(before)
            if size_bytes <= self.limits.size_bytes:
                self._put(before, before)
                return self.size_bytes
        for pictures in shrunk_sets(before, IMAGE_FORMATS.get(self.output, "jpeg"), is_cancelled):
            with self._lock:
                size_bytes = self._size_with(pictures)
                if size_bytes <= self.limits.size_bytes:
                    self._put(pictures, before)
                    return self.size_bytes
        raise e.CannotShrinkError(size_bytes=size_bytes, limit_bytes=self.limits.size_bytes)

    def restore_quality(self) -> None:
        """Takes back what `shrink_to_fit` did."""
        with self._lock:
            originals = {key: one.original for key, one in self._entries.items() if isinstance(one.original, PageImage)}
            self._put(originals, originals)

    def build(self) -> ScannedDocument:
        """The document. The session stays as it is.

        Raises:
            DocumentEmptyError: there is no page.
            DocumentPagesForImageError: there are several where documents are pictures.
            DocumentTooLargeError: with its size and the limit.
            PageBrokenError: a page cannot be read.
        """
        with self._lock:
            pages = self.page_count
            if not pages:
                raise e.DocumentEmptyError
            if self.output != "pdf" and pages > 1:
                raise e.DocumentPagesForImageError(pages=pages, format=self.output)
            # Before it is written: a hundred pages at full quality must not be copied only to be refused.
            if not self.is_within_limit:
                raise e.DocumentTooLargeError(size_bytes=self.size_bytes, limit_bytes=self.limits.size_bytes, pages=pages)
            return ScannedDocument(self.output, document_bytes(self.output, _pieces(self._entries.values())), pages)

    def _check_room(self, new: _Entry) -> None:
        if isinstance(new.piece, PdfDocument) and self.output != "pdf":
            raise e.DocumentPagesForImageError(pages=new.piece.page_count, format=self.output)
        entries = [*self._entries.values(), new]
        pdfs = [entry.piece for entry in entries if isinstance(entry.piece, PdfDocument)]
        if len(entries) > 1 and not all(pdf.can_be_merged for pdf in pdfs):
            raise e.PdfNotMergeableError
        pages = sum(_page_count(entry.item) for entry in entries)
        if pages > self.limits.most_pages:
            raise e.DocumentTooManyPagesError(pages=pages, limit=self.limits.most_pages)
        held_bytes = sum(entry.held_bytes for entry in entries)
        if held_bytes > self.limits.held_bytes:
            raise e.SessionFullError(held_bytes=held_bytes, limit_bytes=self.limits.held_bytes)

    def _with(self, pictures: dict[PageKey, PageImage]) -> dict[PageKey, _Entry]:
        return {key: entry.with_picture(pictures[key]) if key in pictures else entry for key, entry in self._entries.items()}

    def _size_with(self, pictures: dict[PageKey, PageImage]) -> int:
        return document_size_bytes(self.output, _pieces(self._with(pictures).values()))

    def _put(self, pictures: dict[PageKey, PageImage], originals: dict[PageKey, PageImage]) -> None:
        """Takes over pictures made from originals; a page that was replaced meanwhile keeps its own."""
        still = {
            key: p for key, p in pictures.items() if key in self._entries and self._entries[key].original is originals[key]
        }
        self._entries = self._with(still)
        self._size_bytes = None


def _entry(item: Scanned) -> _Entry:
    if isinstance(item, PdfDocument):
        return _Entry(item, item)
    plain, turns = normalise(item)
    return _Entry(Picture.of(plain, turns), plain)


def _pieces(entries: Iterable[_Entry]) -> list[Piece]:
    return [entry.piece for entry in entries]


def _shown(key: PageKey, entry: _Entry) -> SessionPage:
    turns = entry.piece.quarter_turns if isinstance(entry.piece, Picture) else 0
    return SessionPage(key, entry.item, turns, entry.item is not entry.original)


def _page_count(item: Scanned) -> int:
    return item.page_count if isinstance(item, PdfDocument) else 1
