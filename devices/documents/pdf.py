"""Pages as a PDF, in memory, the same bytes for the same pages.

img2pdf puts the encoded pictures into the file as they are; nothing is decoded. Its own writer is used, without dates, names
or identifiers: the document information dictionary is empty, there is no ``/ID`` (ISO 32000-1 14.4 asks for one in encrypted
files only), and nothing tells the machine or the program that made it. Pages are turned by ``/Rotate``, which costs no quality.

The size of the result is known without writing it: the writer is run on pages whose pictures are left out, and what they would
add is counted (`measured_bytes`): some ten microseconds a page, however large the pictures are.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from devices.documents.errors import PageBrokenError
from devices.documents.model import PageImage, PdfDocument

_POINTS_PER_INCH: Final = 72.0
_A4_LONG_SIDE_INCHES: Final = 297 / 25.4
_SMALLEST_PT, _LARGEST_PT = 3.0, 14_400.0
"""ISO 32000-1 annex C.2, table C.1."""


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A picture as img2pdf reads it.

    Attributes:
        values: arguments of its page, without the data and the place on the page.
        size_bytes: length of what goes into the file.
    """

    values: dict[str, Any]
    size_bytes: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class PdfPage:
    """One page to be written: a picture, turned clockwise by quarter turns."""

    image: PageImage
    quarter_turns: int = 0


def read_part(image: PageImage, *, with_data: bool = False) -> PicturePart:
    """What the file will need to know of a picture. Reads its headers only.

    Raises:
        PageBrokenError: img2pdf cannot take it.
    """
    import img2pdf  # type: ignore[import-untyped]

    names = (
        "color", "ndpi", "imgformat", "imgdata", "smaskdata", "imgwidthpx", "imgheightpx",
        "palette", "inverted", "depth", "rotate", "iccp",
    )  # fmt: skip
    try:
        (found,) = img2pdf.read_images(image.data, None, first_frame_only=True, rot=img2pdf.Rotation["0"])
    except (
        img2pdf.ImageOpenError,
        img2pdf.JpegColorspaceError,
        img2pdf.AlphaChannelError,
        img2pdf.UnsupportedColorspaceError,
        OSError,
        ValueError,
    ):
        raise PageBrokenError from None
    values = dict(zip(names, found, strict=True))
    data = values.pop("imgdata")
    if values.pop("ndpi") is None or values["smaskdata"] is not None:
        raise PageBrokenError
    return PicturePart(values, len(data), data if with_data else None)


def write_pdf(pages: Sequence[PdfPage]) -> bytes:
    """The PDF of at least one page.

    Raises:
        PageBrokenError: img2pdf cannot take one of them.
    """
    document = _document([(page, read_part(page.image, with_data=True)) for page in pages])
    target = io.BytesIO()
    document.tostream(target)
    return target.getvalue()


def measured_bytes(pages: Sequence[tuple[PdfPage, PicturePart]]) -> int:
    """Exactly ``len(write_pdf(pages))``.

    With empty pictures the file lacks their bytes; the numbers that tell their lengths lack digits, as does the offset of the
    cross-reference table, whose own entries are of fixed width.
    """
    document = _document([(page, replace(part, data=b"")) for page, part in pages])
    target = io.BytesIO()
    document.tostream(target)
    skeleton = target.getvalue()
    added = sum(part.size_bytes + _digits(part.size_bytes) - 1 for _, part in pages)
    start = int(skeleton.rsplit(b"\n", 3)[1])
    return len(skeleton) + added + _digits(start + added) - _digits(start)


def merged_pdf(parts: Sequence[PdfPage | PdfDocument]) -> bytes:
    """Pages and PDFs one after the other. The PDFs must be ones that `PdfDocument.can_be_merged` is said of.

    Only their pages are taken over: no outlines, names, forms or information about the document.

    Raises:
        PageBrokenError: a PDF cannot be read after all.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import PyPdfError

    writer = PdfWriter()
    try:
        for data in _as_pdfs(parts):
            for page in PdfReader(io.BytesIO(data), strict=False).pages:
                added = writer.add_page(page)
                for key in ("/AA", "/Metadata", "/PieceInfo", "/B", "/StructParents"):
                    added.pop(key, None)
        writer.metadata = None
        target = io.BytesIO()
        writer.write(target)
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError):
        raise PageBrokenError from None
    return target.getvalue()


def _as_pdfs(parts: Sequence[PdfPage | PdfDocument]) -> list[bytes]:
    """Runs of pictures become one PDF each."""
    result: list[bytes] = []
    run: list[PdfPage] = []
    for part in parts:
        if isinstance(part, PdfPage):
            run.append(part)
            continue
        if run:
            result.append(write_pdf(run))
            run = []
        result.append(part.data)
    if run:
        result.append(write_pdf(run))
    return result


def _document(pages: Sequence[tuple[PdfPage, PicturePart]]) -> Any:
    import img2pdf

    document = img2pdf.pdfdoc(engine=img2pdf.Engine.internal, nodate=True)
    for page, part in pages:
        width_pt, height_pt = _page_size_pt(page.image)
        document.add_imagepage(
            **{**part.values, "rotate": page.quarter_turns % 4 * 90},
            imgdata=part.data,
            imgwidthpdf=width_pt,
            imgheightpdf=height_pt,
            imgxpdf=0.0,
            imgypdf=0.0,
            pagewidth=width_pt,
            pageheight=height_pt,
        )
    document.finalize()
    return document


def _page_size_pt(image: PageImage) -> tuple[float, float]:
    """Of unknown density, the page is taken to be as long as A4: readers then show it at a sensible size."""
    longest, shortest = max(image.width_px, image.height_px), min(image.width_px, image.height_px)
    dpi = image.dpi or longest / _A4_LONG_SIDE_INCHES
    dpi = min(dpi, shortest * _POINTS_PER_INCH / _SMALLEST_PT)
    dpi = max(dpi, longest * _POINTS_PER_INCH / _LARGEST_PT)
    return image.width_px * _POINTS_PER_INCH / dpi, image.height_px * _POINTS_PER_INCH / dpi


def _digits(number: int) -> int:
    return len(str(number))
