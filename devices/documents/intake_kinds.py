"""What a file is by its first bytes, and what its name says.

The first bytes only choose the parser; whether the content is really that is decided by parsing all of it.

| kind        | first bytes                                  | source                               |
|-------------|----------------------------------------------|--------------------------------------|
| JPEG        | FF D8 FF                                     | ITU-T T.81, B.1.1.3                  |
| PNG         | 89 50 4E 47 0D 0A 1A 0A                      | PNG, 5.2                             |
| TIFF        | 49 49 2A 00 or 4D 4D 00 2A (BigTIFF: 2B)     | TIFF 6.0, section 2                  |
| BMP         | 42 4D, then a file size and four zero bytes  | BITMAPFILEHEADER                     |
| WebP        | 52 49 46 46 .. .. .. .. 57 45 42 50          | WebP container                       |
| PDF         | 25 50 44 46 2D                               | ISO 32000-1, 7.5.2; at byte 0 only   |
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import Final


class FileKind(StrEnum):
    """Kinds that are told apart. The value is what a person reads."""

    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    BMP = "BMP"
    WEBP = "WebP"
    PDF = "PDF"
    JPEG2000 = "JPEG 2000"
    GIF = "GIF"
    HEIF = "HEIF or AVIF"
    SVG = "SVG drawing"
    POSTSCRIPT = "PostScript"
    OFFICE = "office document or archive"
    PROGRAM = "program"
    TEXT = "text"


ACCEPTED: Final = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.TIFF, FileKind.BMP, FileKind.WEBP, FileKind.PDF})
"""Taken as documents. JPEG 2000, HEIF and GIF are not: neither scanners nor programs that save a page give them without being
asked to, and each decoder more is one more that a hostile file can reach."""

_ENDINGS: Final = {
    FileKind.JPEG: "jpg jpeg jpe jfif",
    FileKind.PNG: "png apng",
    FileKind.TIFF: "tif tiff",
    FileKind.BMP: "bmp dib",
    FileKind.WEBP: "webp",
    FileKind.PDF: "pdf",
    FileKind.JPEG2000: "jp2 j2k jpf jpx jpc",
    FileKind.GIF: "gif",
    FileKind.HEIF: "heic heif avif hif",
    FileKind.SVG: "svg svgz",
    FileKind.POSTSCRIPT: "ps eps ai",
    FileKind.OFFICE: "doc docx docm dot xls xlsx xlsm ppt pptx odt ods odp rtf zip 7z rar gz tar jar",
    FileKind.PROGRAM: "exe dll com scr bat cmd msi ps1 vbs js sh py elf so app apk lnk",
    FileKind.TEXT: "txt csv html htm xml json md",
}
_KIND_OF_ENDING: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}

_STARTS: Final = (
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"II*\0", FileKind.TIFF),
    (b"MM\0*", FileKind.TIFF),
    (b"II+\0", FileKind.TIFF),
    (b"MM\0+", FileKind.TIFF),
    (b"%PDF-", FileKind.PDF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", FileKind.JPEG2000),
    (b"\xff\x4f\xff\x51", FileKind.JPEG2000),
    (b"GIF87a", FileKind.GIF),
    (b"GIF89a", FileKind.GIF),
    (b"%!PS", FileKind.POSTSCRIPT),
    (b"PK\x03\x04", FileKind.OFFICE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.OFFICE),
    (b"{\\rtf", FileKind.OFFICE),
    (b"7z\xbc\xaf\x27\x1c", FileKind.OFFICE),
    (b"Rar!\x1a\x07", FileKind.OFFICE),
    (b"\x1f\x8b", FileKind.OFFICE),
    (b"MZ", FileKind.PROGRAM),
    (b"\x7fELF", FileKind.PROGRAM),
    (b"#!", FileKind.PROGRAM),
)
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"hevc"})


def kind_of_content(data: bytes) -> FileKind | None:
    """The kind that the first bytes announce; None if they announce none that is told apart."""
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return FileKind.WEBP
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return FileKind.BMP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return FileKind.HEIF
    if b"<svg" in data[:1024].lower():
        return FileKind.SVG
    return None


def kind_of_name(name: str) -> FileKind | None:
    """The kind that the ending of a name stands for; None without an ending or for one that stands for nothing.

    An unknown ending says nothing: scanners write names like ``scan.0001``, and people put full stops into names.
    """
    return _KIND_OF_ENDING.get(PurePath(name).suffix[1:].lower())
