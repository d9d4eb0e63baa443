"""JPEG and PNG without what cameras and programs write beside the picture: places, times, names, serial numbers.

Nothing is decoded: segments (JPEG, ITU-T T.81 annex B) and chunks (PNG, ISO/IEC 15948) that do not change how the picture
looks are left out. Kept are, of JPEG, JFIF (density), ICC profiles and Adobe's segment (which says how colours are coded); of
PNG, all critical chunks, transparency, density and colour space.
"""

from __future__ import annotations

import struct
from typing import Final

from devices.documents.errors import PageBrokenError
from devices.documents.model import ImageFormat

_SOI: Final = b"\xff\xd8"
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_APP0, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"iCCP"})


def without_metadata(data: bytes, image_format: ImageFormat) -> bytes:
    """The same picture; the same object if there was nothing to leave out.

    Raises:
        PageBrokenError: if it is not built as its format says.
    """
    try:
        bare = _jpeg(data) if image_format == "jpeg" else _png(data)
    except (struct.error, IndexError):
        raise PageBrokenError from None
    return data if len(bare) == len(data) else bare


def _jpeg(data: bytes) -> bytes:
    if not data.startswith(_SOI):
        raise PageBrokenError
    kept = [_SOI]
    at = 2
    while True:
        marker = data[at + 1]
        if data[at] != 0xFF or marker in {0x00, _EOI}:
            raise PageBrokenError
        if marker == 0xFF:
            at += 1
            continue
        if marker == _SOS:
            return b"".join([*kept, _up_to_its_end(data, at)])
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at : at + 2 + length]
        if length < 2 or len(segment) != 2 + length:
            raise PageBrokenError
        if _is_kept(marker, segment):
            kept.append(segment)
        at += 2 + length


def _up_to_its_end(data: bytes, at: int) -> bytes:
    """The scans. What phones hang behind the end (a small video, a second picture) is left out."""
    end = at
    while True:
        end = data.find(b"\xff", end + 1)
        if end < 0 or end + 1 >= len(data):
            raise PageBrokenError
        if data[end + 1] == _EOI:
            return data[at : end + 2]


def _is_kept(marker: int, segment: bytes) -> bool:
    if marker == _APP0:
        return segment[4:9] == b"JFIF\0"
    if marker == _APP2:
        return segment[4:16] == b"ICC_PROFILE\0"
    if marker == _APP14:
        return segment[4:9] == b"Adobe"
    return marker != _COM and not _APP0 < marker <= _APP15


def _png(data: bytes) -> bytes:
    if not data.startswith(_PNG):
        raise PageBrokenError
    kept = [_PNG]
    at = len(_PNG)
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if len(chunk) != 12 + length:
            raise PageBrokenError
        if kind in _PNG_KEPT:
            kept.append(chunk)
        at += 12 + length
    return b"".join(kept)
