"""Iris image record, ISO/IEC 19794-6:2011, with exactly one representation.

| offset | length | field |
|--------|--------|-------|
| 0      | 4      | ``IIR\\0`` |
| 4      | 4      | ``020\\0`` |
| 8      | 4      | record length |
| 12     | 2      | number of representations, 1 |
| 14     | 1      | certification flag, 0 |
| 15     | 1      | number of eyes present, 0 unknown |
| 16     | 4      | representation length (record length - 16) |
| 20     | 9      | capture date |
| 29     | 1+2+2  | capture device technology, vendor, type |
| 34     | 1+5q   | quality blocks |
| 35+5q  | 2      | representation number |
| 37+5q  | 1      | eye label: 1 right, 2 left, 0 unknown |
| 38+5q  | 1      | image type: 1 uncropped, 2 VGA, 3 cropped, 7 cropped and masked |
| 39+5q  | 1      | image format: 0x0A JPEG 2000, 0x0E PNG, both one component |
| 40+5q  | 1      | properties; the top two bits are the compression history: 1 lossless, 2 lossy |
| 41+5q  | 2+2    | width, height |
| 45+5q  | 1      | bit depth |
| 46+5q  | 2      | range to the subject, 0 unassigned |
| 48+5q  | 2+2    | roll angle, its uncertainty; 0xFFFF undefined |
| 52+5q  | 12     | iris centre x smallest, largest, y smallest, largest, diameter smallest, largest; 0 unknown |
| 64+5q  | 4+n    | image |
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from packet.iso.errors import IsoRecordMalformedError
from packet.iso.fields import Cursor, QualityBlock, pack, pack_date, pack_quality, to_millis

FORMAT_ID = b"IIR\0"
VERSION = b"020\0"
KIND = "iris"
UNDEFINED = 0xFFFF


class IrisImageType(IntEnum):
    """Kinds of crop."""

    UNCROPPED = 1
    VGA = 2
    CROPPED = 3
    CROPPED_AND_MASKED = 7


class IrisImageFormat(IntEnum):
    """Image formats, one component each."""

    MONO_JPEG2000 = 0x0A
    MONO_PNG = 0x0E


class CompressionHistory(IntEnum):
    """Top two bits of the properties."""

    UNDEFINED = 0
    LOSSLESS = 1
    LOSSY = 2


@dataclass(frozen=True, slots=True)
class IrisRecord:
    """An iris image with its header.

    Attributes:
        eye: eye label: 1 right, 2 left, 0 unknown.
        captured_at: UTC, to the millisecond.
        properties: the property byte; see `history`.
        extent: centre x smallest, largest, y smallest, largest, diameter smallest, largest, in pixels; 0 unknown.
    """

    eye: int
    captured_at: datetime
    width: int
    height: int
    image: bytes = field(repr=False)
    quality: tuple[QualityBlock, ...] = ()
    image_type: int = IrisImageType.CROPPED
    image_format: int = IrisImageFormat.MONO_JPEG2000
    properties: int = CompressionHistory.LOSSLESS << 6
    eyes_present: int = 1
    technology: int = 0
    device_vendor: int = 0
    device_type: int = 0
    representation_number: int = 1
    bit_depth: int = 8
    range_mm: int = 0
    roll: int = UNDEFINED
    roll_uncertainty: int = UNDEFINED
    extent: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0)

    @property
    def history(self) -> int:
        """Compression history out of the properties; a `CompressionHistory` value, or 3, which is reserved."""
        return self.properties >> 6


def parse(data: bytes) -> IrisRecord:
    """Reads a record strictly.

    Raises:
        IsoRecordMalformedError: for anything but one iris record whose lengths all fit.
    """
    cursor = Cursor(data, KIND)
    cursor.magic(FORMAT_ID, VERSION)
    cursor.record_length()
    cursor.equal("the number of representations", cursor.u16(), 1)
    cursor.equal("the certification flag", cursor.u8(), 0)
    eyes = cursor.within("the number of eyes", cursor.u8(), 0, 2)
    cursor.representation_length()
    captured_at = cursor.date()
    technology, vendor, device_type = cursor.u8(), cursor.u16(), cursor.u16()
    quality = cursor.quality()
    number = cursor.u16()
    eye = cursor.within("the eye label", cursor.u8(), 0, 2)
    image_type = cursor.within("the image type", cursor.u8(), 1, IrisImageType.CROPPED_AND_MASKED)
    image_format, properties = cursor.u8(), cursor.u8()
    width, height = cursor.size()
    record = IrisRecord(
        eye=eye,
        captured_at=captured_at,
        width=width,
        height=height,
        image=b"",
        quality=quality,
        image_type=image_type,
        image_format=image_format,
        properties=properties,
        eyes_present=eyes,
        technology=technology,
        device_vendor=vendor,
        device_type=device_type,
        representation_number=number,
        bit_depth=cursor.within("the bit depth", cursor.u8(), 1, 16),
        range_mm=cursor.u16(),
        roll=cursor.u16(),
        roll_uncertainty=cursor.u16(),
        extent=(cursor.u16(), cursor.u16(), cursor.u16(), cursor.u16(), cursor.u16(), cursor.u16()),
    )
    image = cursor.image()
    cursor.end()
    return replace(record, image=image)


def encode(record: IrisRecord) -> bytes:
    """Writes a record; what `parse` would not read back as the same is not written.

    Raises:
        IsoRecordMalformedError: if a value does not fit its field or its limits.
    """
    body = b"".join((
        pack_date(KIND, record.captured_at),
        pack(KIND, "BHH", record.technology, record.device_vendor, record.device_type),
        pack_quality(KIND, record.quality),
        pack(KIND, "HB", record.representation_number, record.eye),
        pack(KIND, "BBB", record.image_type, record.image_format, record.properties),
        pack(KIND, "HHB", record.width, record.height, record.bit_depth),
        pack(KIND, "HHH", record.range_mm, record.roll, record.roll_uncertainty),
        pack(KIND, "6H", *record.extent),
        pack(KIND, "I", len(record.image)),
        record.image,
    ))  # fmt: skip
    length = len(body) + 4
    data = pack(KIND, "4s4sIHBBI", FORMAT_ID, VERSION, length + 16, 1, 0, record.eyes_present, length) + body
    if parse(data) != replace(record, captured_at=to_millis(record.captured_at)):
        raise IsoRecordMalformedError(kind=KIND, why="a value does not survive being written")
    return data
