"""Raw DEFLATE (RFC 1951) and CRC-32, by igzip where it is installed, by zlib everywhere.

Biometrics are JPEG 2000 in base64: no compressor finds more in them than the quarter that base64 adds, so speed decides. igzip
at level 1 finds it about ten times faster than zlib. What is encrypted already goes into stored blocks, which are DEFLATE too.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

isal_zlib: Any
try:
    from isal import isal_zlib
except ImportError:  # no wheel for this processor: zlib does the same, slower
    isal_zlib = None

_RAW: Final = -15
_IGZIP_LEVEL: Final = 1
_ZLIB_LEVEL: Final = 1
_STORED_BLOCK_MAX: Final = 0xFFFF

_FRESH_AFTER_BYTES: Final = 128 * 1024
_STREAM_END: Final = b"\x03\x00"
"""An empty last block."""


class DeflateEngine(StrEnum):
    """Which implementation compresses."""

    ISAL = "isal"
    ZLIB = "zlib"


def default_engine() -> DeflateEngine:
    """igzip if it is installed, else zlib."""
    return DeflateEngine.ZLIB if isal_zlib is None else DeflateEngine.ISAL


def deflate(pieces: Iterable[bytes | memoryview], engine: DeflateEngine) -> Iterator[bytes]:
    """One DEFLATE stream of all pieces, in the pieces in which it comes; igzip falls back to zlib where it is not installed.

    Every 128 KiB or so a fresh compressor goes on at a byte boundary: that is faster than one for a long stream, since all it
    works on stays in the processor's cache. For the same reason pieces of about that size are best.
    """
    compressor, taken_bytes = _compressor(engine), 0
    for piece in pieces:
        yield compressor.compress(piece)
        taken_bytes += len(piece)
        if taken_bytes >= _FRESH_AFTER_BYTES:
            yield compressor.flush(zlib.Z_SYNC_FLUSH)
            compressor, taken_bytes = _compressor(engine), 0
    yield compressor.flush(zlib.Z_SYNC_FLUSH)
    yield _STREAM_END


def _compressor(engine: DeflateEngine) -> Any:
    if engine is DeflateEngine.ISAL and isal_zlib is not None:
        return isal_zlib.compressobj(_IGZIP_LEVEL, isal_zlib.DEFLATED, _RAW)
    return zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, _RAW)


def crc32(data: bytes | memoryview, value: int = 0) -> int:
    """CRC-32 as zip files carry it, continuing from value."""
    return int(isal_zlib.crc32(data, value)) if isal_zlib is not None else zlib.crc32(data, value)


def stored_blocks(data: bytes) -> Iterator[bytes | memoryview]:
    """A DEFLATE stream that only stores, for data that no compressor can shorten (RFC 1951, 3.2.4).

    Five bytes of overhead for each 65,535; the pieces refer to data without copying it.
    """
    view = memoryview(data)
    if not view:
        yield b"\x01\x00\x00\xff\xff"
    for start in range(0, len(view), _STORED_BLOCK_MAX):
        piece = view[start : start + _STORED_BLOCK_MAX]
        size = len(piece)
        is_last = start + size == len(view)
        yield bytes((is_last,)) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        yield piece
