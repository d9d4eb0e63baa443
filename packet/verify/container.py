"""A bounded reader of zip containers, on zlib alone.

A server reads a packet's zips as a stream, from local header to local header; other tools read the central directory. A
container in which the two views differ means one thing to one reader and another to the next, so it is refused here. Accepted
is what Java's ``ZipOutputStream`` writes (deflate with data descriptor, flags 0x0808) and what Python's ``zipfile`` writes.

==================  =======================================================================================
Record              Fields used (little-endian; offsets from its start)
==================  =======================================================================================
local header        0 ``PK\\3\\4``, 4 version, 6 flags, 8 method, 14 crc, 18 packed, 22 size, 26 name, 28 extra, 30
data descriptor     0 ``PK\\7\\8`` (optional), 4 crc, 8 packed, 12 size
central header      0 ``PK\\1\\2``, 6 version, 8 flags, 10 method, 16 crc, 20 packed, 24 size, 28 name, 30 extra,
                    32 comment, 34 disk, 42 offset, 46
end of directory    0 ``PK\\5\\6``, 4 disks, 8 entries, 10 entries, 12 size, 16 offset, 20 comment
==================  =======================================================================================
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from packet.errors import PacketError

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_DESCRIPTOR = struct.Struct("<III")
_STORED, _DEFLATED = 0, 8
_FLAG_DESCRIPTOR, _FLAG_UTF8, _FLAGS_LEVEL = 0x0008, 0x0800, 0x0006
_FLAGS_KNOWN = _FLAG_DESCRIPTOR | _FLAG_UTF8 | _FLAGS_LEVEL
_EXTRA_REFUSED = {0x0001, 0x7075, 0x6375, 0x9901}
"""Extra fields that change what a reader sees: Zip64 sizes, other names, encryption."""
_SATURATED = {0xFFFF, 0xFFFFFFFF}
_RATIO_FREE_BYTES = 8 * 1024 * 1024
"""Below this size no ratio is asked: a blank page compresses a thousandfold and harms nobody."""


class ContainerFault(StrEnum):
    """What about a container is refused; in the order in which it is looked at."""

    STRUCTURE = "zip-structure"
    NAMES = "zip-names"
    LIMITS = "zip-limits"
    CONTENT = "zip-content"


class ContainerRefusedError(PacketError):
    """Bytes are not a container that every reader understands in the same way."""

    code = "PACKET-CONTAINER"
    sentence = "The zip container is refused: {why}."
    next_step = "The packet is damaged or was made by something that breaks the format. Build it again."

    def __init__(self, fault: ContainerFault, why: str) -> None:
        self.fault = fault
        self.why = why
        super().__init__(why=why)


@dataclass(frozen=True, slots=True)
class ContainerLimits:
    """Bounds on what is unpacked.

    Attributes:
        ratio: uncompressed to compressed size of an entry of more than 8 MiB.
    """

    entries: int = 64
    total_bytes: int = 64 * 1024 * 1024
    ratio: int = 200
    name_bytes: int = 200


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def read_container(data: bytes, limits: ContainerLimits | None = None) -> dict[str, bytes]:
    """Unpacks a container: (1) structure and agreement of both views, (2) names, (3) limits, (4) content.

    Returns:
        Entry name to content, in the order of the directory.

    Raises:
        ContainerRefusedError: with the step at which it was refused.
    """
    bounds = limits or ContainerLimits()
    # (1) structure
    entries, directory = _read_directory(data, bounds)
    starts = _walk(data, entries, directory)
    # (2) names
    _check_names(entries, bounds)
    # (3) limits, by the announced sizes
    _check_limits(entries, bounds)
    # (4) content, never more than was announced
    return {entry.name: _unpack(data, entry, starts[entry.name]) for entry in entries}


def _refuse(fault: ContainerFault, why: str) -> NoReturn:
    raise ContainerRefusedError(fault, why)


def _read_directory(data: bytes, limits: ContainerLimits) -> tuple[list[_Entry], int]:
    """The central directory, which must end where the end record begins, and the end record where the data ends."""
    at = len(data) - _END.size
    if at < 0 or data[at : at + 4] != b"PK\x05\x06":
        _refuse(ContainerFault.STRUCTURE, "it does not end with an end record without comment")
    _, disk, first_disk, here, total, size, offset, comment = _END.unpack_from(data, at)
    if (disk, first_disk, comment) != (0, 0, 0) or here != total:
        _refuse(ContainerFault.STRUCTURE, "it spans several disks or has a comment")
    if _SATURATED & {total, size, offset}:
        _refuse(ContainerFault.STRUCTURE, "it is a Zip64 container")
    if offset + size != at:
        _refuse(ContainerFault.STRUCTURE, "its directory does not reach the end record")
    if total > limits.entries:
        _refuse(ContainerFault.LIMITS, f"it has {total} entries, {limits.entries} are accepted")
    entries, position = [], offset
    for _ in range(total):
        entry, position = _central_entry(data, position, at)
        entries.append(entry)
    if position != at:
        _refuse(ContainerFault.STRUCTURE, "its directory has something behind the last entry")
    return entries, offset


def _central_entry(data: bytes, at: int, end: int) -> tuple[_Entry, int]:
    if at + _CENTRAL.size > end:
        _refuse(ContainerFault.STRUCTURE, "its directory is cut off")
    fields = _CENTRAL.unpack_from(data, at)
    magic, _, version, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, _, offset = fields
    stop = at + _CENTRAL.size + name + extra + comment
    if magic != b"PK\x01\x02" or stop > end:
        _refuse(ContainerFault.STRUCTURE, "its directory is broken")
    if comment or disk:
        _refuse(ContainerFault.STRUCTURE, "an entry has a comment or lies on another disk")
    start = at + _CENTRAL.size
    raw = data[start : start + name]
    _check_form(version, flags, method)
    if _SATURATED & {packed, size, offset}:
        _refuse(ContainerFault.STRUCTURE, "an entry uses Zip64")
    _check_extra(data[start + name : start + name + extra])
    return _Entry(_decode(raw, flags), raw, flags, method, crc, packed, size, offset), stop


def _check_form(version: int, flags: int, method: int) -> None:
    if version & 0xFF > 20:
        _refuse(ContainerFault.STRUCTURE, "an entry needs a newer zip version than 2.0")
    if flags & 0x0001:
        _refuse(ContainerFault.STRUCTURE, "an entry is encrypted")
    if flags & ~_FLAGS_KNOWN:
        _refuse(ContainerFault.STRUCTURE, "an entry has unknown flags")
    if method not in (_STORED, _DEFLATED):
        _refuse(ContainerFault.STRUCTURE, "an entry is neither deflated nor stored")
    if method == _STORED and flags & _FLAG_DESCRIPTOR:
        _refuse(ContainerFault.STRUCTURE, "a stored entry has its sizes behind it, where a streaming reader cannot find them")


def _check_extra(extra: bytes) -> None:
    at = 0
    while at < len(extra):
        if at + 4 > len(extra):
            _refuse(ContainerFault.STRUCTURE, "an extra field is broken")
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind in _EXTRA_REFUSED:
            _refuse(ContainerFault.STRUCTURE, "an extra field changes sizes, name or encryption")
        at += 4 + length
    if at != len(extra):
        _refuse(ContainerFault.STRUCTURE, "an extra field is broken")


def _decode(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8" if flags & _FLAG_UTF8 else "ascii")
    except UnicodeDecodeError:
        _refuse(ContainerFault.NAMES, "a name is not readable text")


def _walk(data: bytes, entries: Sequence[_Entry], directory: int) -> dict[str, int]:
    """The streaming view: local headers from the first byte to the directory, without gaps, each as the directory says.

    Returns:
        Entry name to offset of its packed content.
    """
    starts: dict[str, int] = {}
    position = 0
    for entry in sorted(entries, key=lambda item: item.offset):
        if entry.offset != position:
            _refuse(ContainerFault.STRUCTURE, "entries overlap, or something lies before or between them")
        start = _local_start(data, entry, directory)
        position = start + entry.packed
        if entry.flags & _FLAG_DESCRIPTOR:
            position = _descriptor_end(data, entry, position, directory)
        if position > directory:
            _refuse(ContainerFault.STRUCTURE, "an entry reaches into the directory")
        if entry.name in starts:
            _refuse(ContainerFault.NAMES, "a name occurs twice")
        starts[entry.name] = start
    if position != directory:
        _refuse(ContainerFault.STRUCTURE, "something lies between the last entry and the directory")
    return starts


def _local_start(data: bytes, entry: _Entry, directory: int) -> int:
    name: int
    extra: int
    if entry.offset + _LOCAL.size > directory:
        _refuse(ContainerFault.STRUCTURE, "a local header is cut off")
    magic, version, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack_from(data, entry.offset)
    name_start = entry.offset + _LOCAL.size
    start = name_start + name + extra
    if magic != b"PK\x03\x04" or start > directory:
        _refuse(ContainerFault.STRUCTURE, "a local header is broken")
    _check_form(version, flags, method)
    _check_extra(data[name_start + name : start])
    sizes = (crc, packed, size)
    announced = (entry.crc, entry.packed, entry.size)
    same_sizes = sizes == announced or (flags & _FLAG_DESCRIPTOR and sizes == (0, 0, 0))
    same_form = (flags, method) == (entry.flags, entry.method)
    if not (same_sizes and same_form and data[name_start : name_start + name] == entry.raw_name):
        _refuse(ContainerFault.STRUCTURE, "a local header and the directory disagree")
    return start


def _descriptor_end(data: bytes, entry: _Entry, at: int, directory: int) -> int:
    if data[at : at + 4] == b"PK\x07\x08":
        at += 4
    if at + _DESCRIPTOR.size > directory:
        _refuse(ContainerFault.STRUCTURE, "a data descriptor is cut off")
    if _DESCRIPTOR.unpack_from(data, at) != (entry.crc, entry.packed, entry.size):
        _refuse(ContainerFault.STRUCTURE, "a data descriptor and the directory disagree")
    return at + _DESCRIPTOR.size


def _check_names(entries: Sequence[_Entry], limits: ContainerLimits) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.name
        if len(entry.raw_name) > limits.name_bytes or not name.isprintable() or "\\" in name or ":" in name:
            _refuse(ContainerFault.NAMES, "a name is too long or has unfit characters")
        if name.endswith("/"):
            _refuse(ContainerFault.NAMES, "it has a directory entry")
        if any(part in ("", ".", "..") for part in name.split("/")):
            _refuse(ContainerFault.NAMES, "a name is absolute, empty or leads out of the container")
        if name.casefold() in seen:
            _refuse(ContainerFault.NAMES, "two names differ by case only")
        seen.add(name.casefold())


def _check_limits(entries: Sequence[_Entry], limits: ContainerLimits) -> None:
    if sum(entry.size for entry in entries) > limits.total_bytes:
        _refuse(ContainerFault.LIMITS, f"it unpacks to more than {limits.total_bytes} bytes")
    for entry in entries:
        if entry.size > _RATIO_FREE_BYTES and entry.size > entry.packed * limits.ratio:
            _refuse(ContainerFault.LIMITS, f"an entry unpacks to more than {limits.ratio} times its size")


def _unpack(data: bytes, entry: _Entry, start: int) -> bytes:
    packed = memoryview(data)[start : start + entry.packed]
    if entry.method == _STORED:
        content = bytes(packed)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            _refuse(ContainerFault.CONTENT, "an entry is not a deflate stream")
        if not inflater.eof or inflater.unused_data:
            _refuse(ContainerFault.CONTENT, "a deflate stream does not end where the directory says")
    if len(content) != entry.size:
        _refuse(ContainerFault.CONTENT, "an entry has another size than the directory says")
    if zlib.crc32(content) != entry.crc:
        _refuse(ContainerFault.CONTENT, "an entry's checksum is wrong")
    return content
