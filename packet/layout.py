"""The zip container of packets and sub-packets, written directly, and the names inside it.

MOSIP reads zips as a stream, so sizes stand in the local header and there is no data descriptor. Everything else is the
smallest common form: method DEFLATE, version 2.0, names in UTF-8 with the flag for it, no Zip64, no directories, no extra
fields, no comments.

======  ======  ======================================================================
Offset  Length  Local file header (all numbers little-endian)
======  ======  ======================================================================
0       4       ``50 4B 03 04``
4       2       version needed: 20
6       2       flags: 0x0800 (name in UTF-8)
8       2       method: 8
10      2       DOS time: hour, minute, second / 2 as 5, 6, 5 bits
12      2       DOS date: year - 1980, month, day as 7, 4, 5 bits
14      4       CRC-32 of the content
18      4       compressed size
22      4       size
26      2       length of the name
28      2       length of the extra field: 0
30      n       name, then the compressed content
======  ======  ======================================================================
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from packet.deflate import STREAM_END, DeflateEngine, crc32, deflate_part, stored_blocks
from packet.models import PacketSpec, SubPacket

_LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<IHHHHIIH")
_LOCAL_MAGIC: Final = 0x04034B50
_CENTRAL_MAGIC: Final = 0x02014B50
_END_MAGIC: Final = 0x06054B50
_VERSION: Final = 20
_FLAGS: Final = 0x0800
_DEFLATED: Final = 8
_SIZE_MAX: Final = 0xFFFF_FFFE
_ENTRIES_MAX: Final = 0xFFFE


@dataclass(frozen=True, slots=True)
class _Written:
    name: bytes
    crc: int
    stored_bytes: int
    size_bytes: int
    offset: int


class ZipWriter:
    """Builds one zip in memory, entry by entry.

    Args:
        at: time of all entries; written as UTC.
        engine: what compresses.
    """

    def __init__(self, at: datetime, engine: DeflateEngine) -> None:
        self._engine = engine
        self._time, self._date = dos_time(at)
        self._pieces: list[bytes | memoryview] = []
        self._size_bytes = 0
        self._written: list[_Written] = []

    def add(self, name: str, content: bytes) -> None:
        """Compresses and adds an entry."""
        self.add_compressed(name, (deflate_part(content, self._engine),), crc32(content), len(content))

    def add_compressed(self, name: str, parts: Iterable[bytes], crc: int, size_bytes: int) -> None:
        """Adds an entry that was compressed by `packet.deflate.deflate_part`, part by part.

        Args:
            crc: CRC-32 of the content.
            size_bytes: length of the content.
        """
        self._append(name, crc, size_bytes, [*parts, STREAM_END])

    def add_incompressible(self, name: str, content: bytes) -> None:
        """Adds an entry of ciphertext, in stored DEFLATE blocks that refer to it."""
        self._append(name, crc32(content), len(content), list(stored_blocks(content)))

    def finish(self) -> bytes:
        """Writes the directory and gives the zip. The writer cannot be used afterwards."""
        directory_at, count = self._size_bytes, len(self._written)
        for entry in self._written:
            header = _CENTRAL.pack(
                *(_CENTRAL_MAGIC, _VERSION, _VERSION, _FLAGS, _DEFLATED, self._time, self._date),
                *(entry.crc, entry.stored_bytes, entry.size_bytes, len(entry.name), 0, 0, 0, 0, 0, entry.offset),
            )
            self._put((header, entry.name))
        self._put((_END.pack(_END_MAGIC, 0, 0, count, count, self._size_bytes - directory_at, directory_at, 0),))
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    def _append(self, name: str, crc: int, size_bytes: int, compressed: list[bytes | memoryview]) -> None:
        encoded, offset = name.encode("utf-8"), self._size_bytes
        if any(entry.name == encoded for entry in self._written) or len(self._written) >= _ENTRIES_MAX:
            raise RuntimeError("entry twice in one zip, or too many entries")
        stored_bytes = sum(map(len, compressed))
        if max(offset + stored_bytes, size_bytes) > _SIZE_MAX:
            raise RuntimeError("entry too large for a zip without Zip64")
        header = _LOCAL.pack(
            *(_LOCAL_MAGIC, _VERSION, _FLAGS, _DEFLATED, self._time, self._date),
            *(crc, stored_bytes, size_bytes, len(encoded), 0),
        )
        self._put((header, encoded, *compressed))
        self._written.append(_Written(encoded, crc, stored_bytes, size_bytes, offset))

    def _put(self, pieces: Iterable[bytes | memoryview]) -> None:
        for piece in pieces:
            self._pieces.append(piece)
            self._size_bytes += len(piece)


def dos_time(at: datetime) -> tuple[int, int]:
    """Time and date words of a zip header, in UTC, seconds rounded down to even; 1980-01-01 for anything earlier."""
    utc = max(at.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC))
    time = utc.hour << 11 | utc.minute << 5 | utc.second >> 1
    date = min(utc.year - 1980, 127) << 9 | utc.month << 5 | utc.day
    return time, date


def entry_stem(spec: PacketSpec, sub_packet: SubPacket) -> str:
    """``<SOURCE>/<PROCESS>/<RID>_<sub>``: path of a sub-packet in the outer zip, without ``.zip`` or ``.json``."""
    return f"{spec.source}/{spec.process}/{packet_name(spec, sub_packet)}"


def packet_name(spec: PacketSpec, sub_packet: SubPacket) -> str:
    """``<RID>_<sub>``."""
    return f"{spec.registration_id}_{sub_packet.value}"
