"""From pages to the bytes of a document, and how many there would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from devices.documents.errors import DocumentFormatError
from devices.documents.model import ImageFormat, PageImage, PdfDocument
from devices.documents.pagepicture import as_format, turned
from devices.documents.pdf import PdfPage, PicturePart, measured_bytes, merged_pdf, read_part, write_pdf

DocumentFormat: TypeAlias = Literal["pdf", "jpg", "png"]
"""Extension of the document's name in the packet, small letters."""

IMAGE_FORMATS: Final[dict[DocumentFormat, ImageFormat]] = {"jpg": "jpeg", "png": "png"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it goes into a document.

    Attributes:
        part: what a PDF needs to know of it.
    """

    image: PageImage
    quarter_turns: int
    part: PicturePart

    @classmethod
    def of(cls, image: PageImage, quarter_turns: int = 0) -> Picture:
        """Reads what a PDF needs to know.

        Raises:
            PageBrokenError: the picture cannot be put into one.
        """
        return cls(image, quarter_turns % 4, read_part(image))


Piece: TypeAlias = Picture | PdfDocument


def document_format(setting: str) -> DocumentFormat:
    """What ``mosip.registration.document_scanner_doctype`` asks for, in whatever letters.

    Raises:
        DocumentFormatError: if it is none of PDF, jpg and png.
    """
    names: dict[str, DocumentFormat] = {"pdf": "pdf", "jpg": "jpg", "jpeg": "jpg", "png": "png"}
    found = names.get(setting.strip().lower())
    if found is None:
        raise DocumentFormatError(format=setting[:20])
    return found


def document_bytes(output: DocumentFormat, pieces: Sequence[Piece]) -> bytes:
    """The document. Of several pieces, a picture shows the first only: its caller refuses them.

    Raises:
        PageBrokenError: a page cannot be read.
    """
    first = pieces[0]
    if output != "pdf":
        if isinstance(first, PdfDocument):
            raise DocumentFormatError(format=output)
        return turned(as_format(first.image, IMAGE_FORMATS[output]), first.quarter_turns).data
    if isinstance(first, PdfDocument) and len(pieces) == 1:
        return first.data
    parts = [piece if isinstance(piece, PdfDocument) else PdfPage(piece.image, piece.quarter_turns) for piece in pieces]
    pages = [part for part in parts if isinstance(part, PdfPage)]
    return write_pdf(pages) if len(pages) == len(parts) else merged_pdf(parts)


def document_size_bytes(output: DocumentFormat, pieces: Sequence[Piece]) -> int:
    """Exactly the length of `document_bytes`; 0 without pieces.

    Cheap for pictures that become a PDF, and for a document of one piece that goes out as it is; else it has to be made.
    """
    if not pieces:
        return 0
    pictures = [piece for piece in pieces if isinstance(piece, Picture)]
    if output == "pdf" and len(pictures) == len(pieces):
        return measured_bytes([(PdfPage(piece.image, piece.quarter_turns), piece.part) for piece in pictures])
    return len(document_bytes(output, pieces))
