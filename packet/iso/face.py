"""Face image record, ISO/IEC 19794-5:2011, with exactly one representation and no three-dimensional part.

| offset  | length | field |
|---------|--------|-------|
| 0       | 4      | ``FAC\\0`` |
| 4       | 4      | ``030\\0`` |
| 8       | 4      | record length |
| 12      | 2      | number of representations, 1 |
| 14      | 1      | certification flag, 0 |
| 15      | 2      | temporal semantics |
| 17      | 4      | representation length (record length - 17) |
| 21      | 9      | capture date |
| 30      | 1+2+2  | capture device technology, vendor, type |
| 35      | 1+5q   | quality blocks |
| 36+5q   | 2      | landmark count L |
| 38+5q   | 1+1+1+1 | gender, eye colour, hair colour, subject height |
| 42+5q   | 3      | feature mask |
| 45+5q   | 2      | expression |
| 47+5q   | 3      | pose yaw, pitch, roll |
| 50+5q   | 3      | uncertainty of each |
| 53+5q   | 8L     | landmark points |
| T       | 1      | face image type: 1 full frontal |
| T+1     | 1      | image data type: 0 JPEG, 1 JPEG 2000 lossy, 2 JPEG 2000 lossless, 3 PNG |
| T+2     | 2+2    | width, height |
| T+6     | 1      | spatial sampling rate level |
| T+7     | 2      | post-acquisition processing |
| T+9     | 1      | cross reference |
| T+10    | 1      | colour space: 1 is 24-bit RGB |
| T+11    | 4+n    | image |
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from packet.iso.errors import IsoRecordMalformedError
from packet.iso.fields import LANDMARKS_MAX, Cursor, QualityBlock, pack, pack_date, pack_quality, to_millis

FORMAT_ID = b"FAC\0"
VERSION = b"030\0"
KIND = "face"


class FaceDataType(IntEnum):
    """Image data types."""

    JPEG = 0
    JPEG2000_LOSSY = 1
    JPEG2000_LOSSLESS = 2
    PNG = 3


@dataclass(frozen=True, slots=True)
class Landmark:
    """One feature point: type, code within it, and coordinates in pixels; 8 bytes: u8, u8, u16, u16, u16."""

    type: int
    code: int
    x: int = field(repr=False)
    y: int = field(repr=False)
    z: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class FaceTraits:
    """The facial information that describes the subject. MOSIP's devices leave it empty.

    Attributes:
        gender: 0 unspecified, 1 male, 2 female, 0xFF unknown.
        feature_mask: 24 bits.
        pose: yaw, pitch, roll as coded bytes; ``pose_uncertainty`` likewise.
    """

    gender: int = field(default=0, repr=False)
    eye_colour: int = field(default=0, repr=False)
    hair_colour: int = field(default=0, repr=False)
    height: int = field(default=0, repr=False)
    feature_mask: int = field(default=0, repr=False)
    expression: int = field(default=0, repr=False)
    pose: tuple[int, int, int] = field(default=(0, 0, 0), repr=False)
    pose_uncertainty: tuple[int, int, int] = field(default=(0, 0, 0), repr=False)


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A face image with its header.

    Attributes:
        captured_at: UTC, to the millisecond.
        post_acquisition: bits that tell how the image was processed after capture.
        colour_space: 1 is 24-bit RGB.
    """

    captured_at: datetime
    width: int
    height: int
    image: bytes = field(repr=False)
    quality: tuple[QualityBlock, ...] = ()
    image_type: int = 1
    data_type: int = FaceDataType.JPEG2000_LOSSLESS
    temporal_semantics: int = 0
    technology: int = 0
    device_vendor: int = 0
    device_type: int = 0
    traits: FaceTraits = FaceTraits()
    landmarks: tuple[Landmark, ...] = ()
    sampling_level: int = 0
    post_acquisition: int = 0
    cross_reference: int = 0
    colour_space: int = 1


def parse(data: bytes) -> FaceRecord:
    """Reads a record strictly.

    Raises:
        IsoRecordMalformedError: for anything but one face record whose lengths all fit.
    """
    cursor = Cursor(data, KIND)
    cursor.magic(FORMAT_ID, VERSION)
    cursor.record_length()
    cursor.equal("the number of representations", cursor.u16(), 1)
    cursor.equal("the certification flag", cursor.u8(), 0)
    temporal = cursor.u16()
    cursor.representation_length()
    captured_at = cursor.date()
    technology, vendor, device_type = cursor.u8(), cursor.u16(), cursor.u16()
    quality = cursor.quality()
    landmark_count = cursor.within("the number of landmarks", cursor.u16(), 0, LANDMARKS_MAX)
    traits = _traits(cursor)
    landmarks = tuple(
        Landmark(cursor.u8(), cursor.u8(), cursor.u16(), cursor.u16(), cursor.u16()) for _ in range(landmark_count)
    )
    image_type = cursor.u8()
    data_type = cursor.within("the image data type", cursor.u8(), 0, FaceDataType.PNG)
    width, height = cursor.size()
    record = FaceRecord(
        captured_at=captured_at,
        width=width,
        height=height,
        image=b"",
        quality=quality,
        image_type=image_type,
        data_type=data_type,
        temporal_semantics=temporal,
        technology=technology,
        device_vendor=vendor,
        device_type=device_type,
        traits=traits,
        landmarks=landmarks,
        sampling_level=cursor.u8(),
        post_acquisition=cursor.u16(),
        cross_reference=cursor.u8(),
        colour_space=cursor.u8(),
    )
    image = cursor.image()
    cursor.end()
    return replace(record, image=image)


def _traits(cursor: Cursor) -> FaceTraits:
    return FaceTraits(
        gender=cursor.u8(),
        eye_colour=cursor.u8(),
        hair_colour=cursor.u8(),
        height=cursor.u8(),
        feature_mask=int.from_bytes(cursor.take(3), "big"),
        expression=cursor.u16(),
        pose=(cursor.u8(), cursor.u8(), cursor.u8()),
        pose_uncertainty=(cursor.u8(), cursor.u8(), cursor.u8()),
    )


def encode(record: FaceRecord) -> bytes:
    """Writes a record; what `parse` would not read back as the same is not written.

    Raises:
        IsoRecordMalformedError: if a value does not fit its field or its limits.
    """
    traits = record.traits
    body = b"".join((
        pack_date(KIND, record.captured_at),
        pack(KIND, "BHH", record.technology, record.device_vendor, record.device_type),
        pack_quality(KIND, record.quality),
        pack(KIND, "H", len(record.landmarks)),
        pack(KIND, "BBBB", traits.gender, traits.eye_colour, traits.hair_colour, traits.height),
        pack(KIND, "BH", traits.feature_mask >> 16, traits.feature_mask & 0xFFFF),
        pack(KIND, "H3B3B", traits.expression, *traits.pose, *traits.pose_uncertainty),
        b"".join(pack(KIND, "BBHHH", mark.type, mark.code, mark.x, mark.y, mark.z) for mark in record.landmarks),
        pack(KIND, "BBHHB", record.image_type, record.data_type, record.width, record.height, record.sampling_level),
        pack(KIND, "HBB", record.post_acquisition, record.cross_reference, record.colour_space),
        pack(KIND, "I", len(record.image)),
        record.image,
    ))  # fmt: skip
    length = len(body) + 4
    data = pack(KIND, "4s4sIHBHI", FORMAT_ID, VERSION, length + 17, 1, 0, record.temporal_semantics, length) + body
    if parse(data) != replace(record, captured_at=to_millis(record.captured_at)):
        raise IsoRecordMalformedError(kind=KIND, why="a value does not survive being written")
    return data
