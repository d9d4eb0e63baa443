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

import io
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from packet.deflate import DeflateEngine, crc32, deflate, stored_blocks
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
    """An entry. Offset counts in the zip; header_at in the writer's own buffer, which lacks what is only referred to."""

    name: bytes
    crc: Callable[[], int]
    stored_bytes: int
    size_bytes: int
    offset: int
    header_at: int


class ZipWriter:
    """Builds one zip in memory, entry by entry, each written where it stays: nothing is collected and joined.

    Args:
        at: time of all entries; written as UTC.
        engine: what compresses.
        reserve_bytes: for how many bytes room is made at once; with more it grows.
    """

    def __init__(self, at: datetime, engine: DeflateEngine, reserve_bytes: int = 0) -> None:
        self._engine = engine
        self._time, self._date = dos_time(at)
        self._out = io.BytesIO(bytes(reserve_bytes))
        self._referred: list[tuple[int, list[bytes | memoryview]]] = []
        self._referred_bytes = 0
        self._written: list[_Written] = []

    def add(self, name: str, content: bytes) -> None:
        """Compresses and adds an entry."""
        crc = crc32(content)
        self.add_compressed(name, deflate((content,), self._engine), lambda: crc, len(content))

    def add_compressed(self, name: str, stream: Iterable[bytes], crc: Callable[[], int], size_bytes: int) -> None:
        """Adds an entry that is compressed already, or while it is added.

        Args:
            stream: one DEFLATE stream in any pieces, such as `packet.deflate.deflate` gives it.
            crc: gives the CRC-32 of the content; asked when the zip is finished, so that it can be made meanwhile.
            size_bytes: length of the content.
        """
        header_at = self._begin(name)
        start = self._out.tell()
        self._out.writelines(stream)
        self._end(name, header_at, crc, self._out.tell() - start, size_bytes)

    def add_incompressible(self, name: str, content: bytes) -> None:
        """Adds an entry of ciphertext, in stored DEFLATE blocks that refer to it."""
        header_at = self._begin(name)
        blocks, crc = list(stored_blocks(content)), crc32(content)
        stored_bytes = sum(map(len, blocks))
        self._referred.append((self._out.tell(), blocks))
        self._end(name, header_at, lambda: crc, stored_bytes, len(content))
        self._referred_bytes += stored_bytes

    def finish(self) -> bytes:
        """Writes headers and directory and gives the zip. The writer cannot be used afterwards.

        Raises:
            RuntimeError: if an entry is only referred to; `finish_pieces` is for that.
        """
        if self._referred:
            raise RuntimeError("the zip is in pieces")
        self._write_headers()
        return self._out.getvalue()  # hands over the buffer without a copy

    def finish_pieces(self) -> list[bytes | memoryview]:
        """As `finish`, but in pieces, of which those of ciphertext refer to what was added."""
        self._write_headers()
        own, position = memoryview(self._out.getvalue()), 0
        pieces: list[bytes | memoryview] = []
        for at, blocks in self._referred:
            pieces += [own[position:at], *blocks]
            position = at
        return [*pieces, own[position:]]

    def _begin(self, name: str) -> int:
        """Leaves room for the local header, writes the name, and gives the header's place."""
        encoded = name.encode("utf-8")
        if any(entry.name == encoded for entry in self._written) or len(self._written) >= _ENTRIES_MAX:
            raise RuntimeError("entry twice in one zip, or too many entries")
        header_at = self._out.tell()
        self._out.write(bytes(_LOCAL.size) + encoded)
        return header_at

    def _end(self, name: str, header_at: int, crc: Callable[[], int], stored_bytes: int, size_bytes: int) -> None:
        offset = header_at + self._referred_bytes
        if max(offset + stored_bytes, size_bytes) > _SIZE_MAX:
            raise RuntimeError("entry too large for a zip without Zip64")
        self._written.append(_Written(name.encode("utf-8"), crc, stored_bytes, size_bytes, offset, header_at))

    def _write_headers(self) -> None:
        own_bytes, directory = self._out.tell(), bytearray()
        for entry in self._written:
            facts = (entry.crc(), entry.stored_bytes, entry.size_bytes, len(entry.name))
            self._out.seek(entry.header_at)
            self._out.write(_LOCAL.pack(_LOCAL_MAGIC, _VERSION, _FLAGS, _DEFLATED, self._time, self._date, *facts, 0))
            directory += _CENTRAL.pack(
                *(_CENTRAL_MAGIC, _VERSION, _VERSION, _FLAGS, _DEFLATED, self._time, self._date),
                *(*facts, 0, 0, 0, 0, 0, entry.offset),
            )
            directory += entry.name
        count, directory_at = len(self._written), own_bytes + self._referred_bytes
        self._out.seek(own_bytes)
        self._out.write(directory)
        self._out.write(_END.pack(_END_MAGIC, 0, 0, count, count, len(directory), directory_at, 0))
        self._out.truncate()


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
