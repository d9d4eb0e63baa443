"""Finger image record, ISO/IEC 19794-4:2011, with exactly one representation.

| offset   | length | field |
|----------|--------|-------|
| 0        | 4      | ``FIR\\0`` |
| 4        | 4      | ``020\\0`` |
| 8        | 4      | record length |
| 12       | 2      | number of representations, 1 |
| 14       | 1      | certification flag, 0 or 1 |
| 15       | 1      | number of distinct positions, 1 |
| 16       | 4      | representation length (record length - 16) |
| 20       | 9      | capture date |
| 29       | 1+2+2  | capture device technology, vendor, type |
| 34       | 1+5q   | quality blocks |
| 35+5q    | 1+3c   | certification blocks (authority u16, scheme u8), only if the flag is 1 |
| P        | 1      | finger position: right thumb 1 .. right little 5, left thumb 6 .. left little 10, 0 unknown |
| P+1      | 1      | representation number |
| P+2      | 1      | scale units: 1 pixels per inch, 2 pixels per centimetre |
| P+3      | 2+2    | scan sampling rate, horizontal and vertical |
| P+7      | 2+2    | image sampling rate, horizontal and vertical |
| P+11     | 1      | bit depth |
| P+12     | 1      | compression algorithm |
| P+13     | 1      | impression type |
| P+14     | 2+2    | width, height |
| P+18     | 4+n    | image |
| P+22+n   | rest   | extended data blocks, without an overall length: type u16, length u16 counting these four bytes, content |
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from packet.iso.errors import IsoRecordMalformedError
from packet.iso.fields import CERTIFICATION_BLOCKS_MAX, Cursor, QualityBlock, pack, pack_date, pack_quality, to_millis

FORMAT_ID = b"FIR\0"
VERSION = b"020\0"
EXTENDED_MAX_BYTES = 64 * 1024
KIND = "finger"


class FingerCompression(IntEnum):
    """Image compression algorithm codes."""

    NONE = 0
    PACKED = 1
    WSQ = 2
    JPEG = 3
    JPEG2000_LOSSY = 4
    JPEG2000_LOSSLESS = 5
    PNG = 6


@dataclass(frozen=True, slots=True)
class CertificationBlock:
    """Under which scheme of which authority the capture device is certified."""

    authority: int
    scheme: int


@dataclass(frozen=True, slots=True)
class ExtendedBlock:
    """One extended data block: 1 segmentation, 2 annotation, 3 comment; the content is not interpreted."""

    type: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FingerRecord:
    """A finger image with its header.

    Attributes:
        position: finger position 0..10.
        captured_at: UTC, to the millisecond.
        certification: None if the certification flag is 0; else the blocks, possibly none.
        scan_rate: sampling rate of the scan, horizontal and vertical, in scale units.
        image_rate: sampling rate of the image, likewise.
        impression: impression type; 0 live plain, 0x1D unknown.
        extended: the extended data blocks as they are; `extended_blocks` takes them apart.
    """

    position: int
    captured_at: datetime
    width: int
    height: int
    image: bytes = field(repr=False)
    quality: tuple[QualityBlock, ...] = ()
    compression: int = FingerCompression.JPEG2000_LOSSLESS
    certification: tuple[CertificationBlock, ...] | None = None
    technology: int = 0
    device_vendor: int = 0
    device_type: int = 0
    representation_number: int = 0
    scale_units: int = 1
    scan_rate: tuple[int, int] = (500, 500)
    image_rate: tuple[int, int] = (500, 500)
    bit_depth: int = 8
    impression: int = 0
    extended: bytes = field(default=b"", repr=False)


def parse(data: bytes) -> FingerRecord:
    """Reads a record strictly.

    Raises:
        IsoRecordMalformedError: for anything but one finger record whose lengths all fit.
    """
    cursor = Cursor(data, KIND)
    cursor.magic(FORMAT_ID, VERSION)
    cursor.record_length()
    cursor.equal("the number of representations", cursor.u16(), 1)
    certified = cursor.within("the certification flag", cursor.u8(), 0, 1)
    cursor.equal("the number of positions", cursor.u8(), 1)
    cursor.representation_length()
    captured_at = cursor.date()
    technology, vendor, device_type = cursor.u8(), cursor.u16(), cursor.u16()
    quality = cursor.quality()
    certification = _certification(cursor) if certified else None
    position = cursor.within("the finger position", cursor.u8(), 0, 10)
    number = cursor.within("the representation number", cursor.u8(), 0, 15)
    scale = cursor.within("the scale unit", cursor.u8(), 1, 2)
    scan_rate = (cursor.u16(), cursor.u16())
    image_rate = (cursor.u16(), cursor.u16())
    depth = cursor.within("the bit depth", cursor.u8(), 1, 16)
    compression = cursor.within("the compression", cursor.u8(), 0, FingerCompression.PNG)
    impression = cursor.u8()
    width, height = cursor.size()
    image = cursor.image()
    cursor.within("the length of the extended data", cursor.remaining, 0, EXTENDED_MAX_BYTES)
    return FingerRecord(
        position=position,
        captured_at=captured_at,
        width=width,
        height=height,
        image=image,
        quality=quality,
        compression=compression,
        certification=certification,
        technology=technology,
        device_vendor=vendor,
        device_type=device_type,
        representation_number=number,
        scale_units=scale,
        scan_rate=scan_rate,
        image_rate=image_rate,
        bit_depth=depth,
        impression=impression,
        extended=cursor.take(cursor.remaining),
    )


def _certification(cursor: Cursor) -> tuple[CertificationBlock, ...]:
    count = cursor.within("the number of certification blocks", cursor.u8(), 0, CERTIFICATION_BLOCKS_MAX)
    return tuple(CertificationBlock(cursor.u16(), cursor.u8()) for _ in range(count))


def encode(record: FingerRecord) -> bytes:
    """Writes a record; what `parse` would not read back as the same is not written.

    Raises:
        IsoRecordMalformedError: if a value does not fit its field or its limits.
    """
    certification = b""
    if record.certification is not None:
        blocks = (pack(KIND, "HB", block.authority, block.scheme) for block in record.certification)
        certification = pack(KIND, "B", len(record.certification)) + b"".join(blocks)
    body = b"".join((
        pack_date(KIND, record.captured_at),
        pack(KIND, "BHH", record.technology, record.device_vendor, record.device_type),
        pack_quality(KIND, record.quality),
        certification,
        pack(KIND, "BBB", record.position, record.representation_number, record.scale_units),
        pack(KIND, "HHHH", *record.scan_rate, *record.image_rate),
        pack(KIND, "BBB", record.bit_depth, record.compression, record.impression),
        pack(KIND, "HHI", record.width, record.height, len(record.image)),
        record.image,
        record.extended,
    ))  # fmt: skip
    length = len(body) + 4
    flag = 0 if record.certification is None else 1
    data = pack(KIND, "4s4sIHBBI", FORMAT_ID, VERSION, length + 16, 1, flag, 1, length) + body
    if parse(data) != replace(record, captured_at=to_millis(record.captured_at)):
        raise IsoRecordMalformedError(kind=KIND, why="a value does not survive being written")
    return data


def extended_blocks(record: FingerRecord) -> tuple[ExtendedBlock, ...]:
    """Takes the extended data apart.

    Raises:
        IsoRecordMalformedError: if the blocks do not tile it.
    """
    cursor = Cursor(record.extended, KIND)
    blocks = []
    while cursor.remaining:
        type_ = cursor.u16()
        length = cursor.u16()
        if length < 4:
            raise cursor.refuse("an extended data block is shorter than its own header")
        blocks.append(ExtendedBlock(type_, cursor.take(length - 4)))
    return tuple(blocks)


def encode_extended(blocks: tuple[ExtendedBlock, ...]) -> bytes:
    """Inverse of `extended_blocks`.

    Raises:
        IsoRecordMalformedError: if a block is too long.
    """
    return b"".join(pack(KIND, "HH", block.type, len(block.content) + 4) + block.content for block in blocks)
