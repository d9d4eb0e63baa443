"""A film of a few JPEG pictures (AVI with motion JPEG), written by hand: the least that a player takes.

RIFF: ``AVI `` holds list ``hdrl`` (``avih``; list ``strl`` with ``strh`` and ``strf``), list ``movi`` with one chunk ``00dc``
per picture, and the index ``idx1``. Source: Microsoft's AVI RIFF file reference.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence


def motion_jpeg(pictures: Sequence[bytes], width: int, height: int, per_second: int = 10) -> bytes:
    """The film of these JPEG pictures, all of one size."""
    largest, count = max(map(len, pictures)), len(pictures)
    main = struct.pack(
        "<14I", 1_000_000 // per_second, largest * per_second, 0, 0x10, count, 0, 1, largest, width, height, 0, 0, 0, 0
    )
    stream = struct.pack(
        "<4s4sIHHIIIIIIII4h", b"vids", b"MJPG", 0, 0, 0, 0, 1, per_second, 0, count, largest, 0xFFFFFFFF, 0, 0, 0, width, height
    )
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    header = _list(b"hdrl", _chunk(b"avih", main) + _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", form)))
    index, at, body = b"", 4, b""
    for picture in pictures:
        index += struct.pack("<4sIII", b"00dc", 0x10, at, len(picture))
        chunk = _chunk(b"00dc", picture)
        body += chunk
        at += len(chunk)
    return _chunk(b"RIFF", b"AVI " + header + _list(b"movi", body) + _chunk(b"idx1", index))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(name: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", name + data)
