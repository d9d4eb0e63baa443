"""What the three records have in common: a strict reader, the date block, the quality blocks and the limits.

Date block, 9 bytes: year u16, month u8, day u8, hour u8, minute u8, second u8, millisecond u16, in UTC.
Quality block, 5 bytes: score u8 (0..100, or 255 for "not computed"), algorithm vendor u16, algorithm id u16.
All integers are big-endian. Source: ISO/IEC 19794-4, -5 and -6, edition 2011, as MOSIP's records use them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from packet.iso.errors import IsoRecordMalformedError

IMAGE_MAX_BYTES = 10 * 1024 * 1024
PIXELS_MAX = 4096 * 4096
QUALITY_BLOCKS_MAX = 5
CERTIFICATION_BLOCKS_MAX = 5
LANDMARKS_MAX = 200
SCORE_NOT_COMPUTED = 255


@dataclass(frozen=True, slots=True)
class QualityBlock:
    """One quality score and who computed it; score 0..100, or 255 for "not computed"."""

    score: int
    vendor: int = 0
    algorithm: int = 0


class Cursor:
    """Reads a record from front to back; everything that does not fit is an `IsoRecordMalformedError`."""

    def __init__(self, data: bytes, kind: str) -> None:
        self.kind = kind
        self._data = data
        self._at = 0

    @property
    def remaining(self) -> int:
        """Bytes that are left."""
        return len(self._data) - self._at

    def refuse(self, why: str) -> IsoRecordMalformedError:
        """The error of this record with a reason, to be raised by the caller."""
        return IsoRecordMalformedError(kind=self.kind, why=why)

    def take(self, length: int) -> bytes:
        """The next bytes."""
        if length > self.remaining:
            raise self.refuse("it ends too early")
        start, self._at = self._at, self._at + length
        return self._data[start : self._at]

    def u8(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Two bytes."""
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        """Four bytes."""
        return int.from_bytes(self.take(4), "big")

    def within(self, name: str, value: int, low: int, high: int) -> int:
        """The value, if it lies in the closed range."""
        if not low <= value <= high:
            raise self.refuse(f"{name} is {value}, outside {low} to {high}")
        return value

    def equal(self, name: str, value: int, expected: int) -> None:
        """Refuses any value but the expected one."""
        if value != expected:
            raise self.refuse(f"{name} is {value}, not {expected}")

    def magic(self, format_id: bytes, version: bytes) -> None:
        """The first eight bytes: format identifier and version."""
        if self.take(4) != format_id:
            raise self.refuse("its format identifier is another")
        if self.take(4) != version:
            raise self.refuse("its version is not the supported one")

    def record_length(self) -> None:
        """The record length, which must be that of the input."""
        self.equal("the record length", self.u32(), len(self._data))

    def representation_length(self) -> None:
        """The only representation's length, which counts itself and must reach exactly to the end of the record."""
        rest = self.remaining
        self.equal("the representation length", self.u32(), rest)

    def date(self) -> datetime:
        """A date block."""
        year, month, day, hour, minute, second, millis = struct.unpack(">HBBBBBH", self.take(9))
        try:
            return datetime(year, month, day, hour, minute, second, millis * 1000, UTC)
        except ValueError as error:
            raise self.refuse("its capture date does not exist") from error

    def quality(self) -> tuple[QualityBlock, ...]:
        """Count and quality blocks."""
        count = self.within("the number of quality blocks", self.u8(), 0, QUALITY_BLOCKS_MAX)
        return tuple(self._quality_block() for _ in range(count))

    def _quality_block(self) -> QualityBlock:
        score = self.u8()
        if score > 100 and score != SCORE_NOT_COMPUTED:
            raise self.refuse(f"a quality score is {score}")
        return QualityBlock(score, self.u16(), self.u16())

    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self.u16(), self.u16()
        if not 0 < width * height <= PIXELS_MAX:
            raise self.refuse(f"its image would be {width} by {height} pixels")
        return width, height

    def image(self) -> bytes:
        """Length and image data."""
        length = self.within("the image length", self.u32(), 1, IMAGE_MAX_BYTES)
        return self.take(length)

    def end(self) -> None:
        """Refuses anything that is left."""
        if self.remaining:
            raise self.refuse(f"{self.remaining} bytes follow its image")


def pack(kind: str, layout: str, *values: int | bytes) -> bytes:
    """`struct.pack`, big-endian, with the named error for a value that does not fit its field."""
    try:
        return struct.pack(f">{layout}", *values)
    except struct.error as error:
        raise IsoRecordMalformedError(kind=kind, why="a value does not fit its field") from error


def pack_date(kind: str, instant: datetime) -> bytes:
    """A date block; the instant must be aware and is truncated to milliseconds."""
    if instant.tzinfo is None:
        raise IsoRecordMalformedError(kind=kind, why="its capture date has no time zone")
    utc = instant.astimezone(UTC)
    return struct.pack(">HBBBBBH", utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 1000)


def pack_quality(kind: str, blocks: tuple[QualityBlock, ...]) -> bytes:
    """Count and quality blocks."""
    body = b"".join(pack(kind, "BHH", b.score, b.vendor, b.algorithm) for b in blocks)
    return pack(kind, "B", len(blocks)) + body


def to_millis(instant: datetime) -> datetime:
    """The instant as a date block can hold it."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
