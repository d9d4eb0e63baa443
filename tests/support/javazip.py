"""Zip containers as Java's ``ZipOutputStream`` writes them: deflate, UTF-8 flag, sizes in a data descriptor behind the data."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

FLAGS = 0x0808
DOS_TIME, DOS_DATE = 0x4BC7, 0x5AC2


def java_zip(entries: Mapping[str, bytes]) -> bytes:
    """One container; every local header has zeros where sizes and checksum would be."""
    body, directory = b"", b""
    for name, content in entries.items():
        raw = name.encode("utf-8")
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflater.compress(content) + deflater.flush()
        sizes = struct.pack("<III", zlib.crc32(content), len(packed), len(content))
        head = struct.pack("<HHHHH", 20, FLAGS, 8, DOS_TIME, DOS_DATE)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + head + sizes
        directory += struct.pack("<HHHHHII", len(raw), 0, 0, 0, 0, 0, len(body)) + raw
        body += b"PK\x03\x04" + head + bytes(12) + struct.pack("<HH", len(raw), 0) + raw + packed
        body += b"PK\x07\x08" + sizes
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
