"""The toolkit's rules for ISO/IEC 19794 records, under its codes: finger 004 to 035, iris 038 to 074, face 077 to 116.

Unlike the reader that registration uses, this one goes on after a fault, so that a maker sees all of them at once. It does not
share code with it. ``ISO_VALIDATOR_nnn`` are the toolkit's numbers; what it only warns of is a note here. Fields that may hold
any value (vendors, algorithms, angles) have codes in the toolkit but no rule, so nothing is reported for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from devices.conformance.image import JPEG2000, WSQ, ImageFacts, UnreadableImageError, read_image
from devices.conformance.model import AUTH
from devices.sbi.attributes import BioType

AUTH_RATIO_MAX = 15
SCORES = (*range(101), 255)
SAMPLING = range(490, 1011)
_IMPRESSIONS = (*range(16), *range(20, 30))
_FACE_TECHNOLOGIES = (*range(7), *range(0x80, 0x100))
_FACE_IMAGE_TYPES = (*range(4), *range(0x80, 0x83))
_COLOURS = (*range(8), 255)
_WSQ, _JP2_LOSSY, _JP2_LOSSLESS = 2, 4, 5


class _EndedError(Exception):
    pass


@dataclass(slots=True)
class Report:
    """Faults by code, and notes."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    data: bytes = field(repr=False)
    purpose: str
    report: Report = field(default_factory=Report)
    at: int = 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise _EndedError
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def fault(self, code: int, what: str) -> None:
        self.report.faults.append(f"ISO_VALIDATOR_{code:03d} {what}")

    def among(self, code: int, what: str, value: int, allowed: Collection[int]) -> None:
        if value not in allowed:
            self.fault(code, f"{what} is {value}")

    def by_purpose(self, registration: Collection[int], auth: Collection[int]) -> Collection[int]:
        return auth if self.purpose == AUTH else registration


def judge_record(record: bytes, bio_type: str, purpose: str, position: int | None) -> Report:
    """Every fault of a record.

    Args:
        purpose: `REGISTRATION` or `AUTH`; decides compression and image type.
        position: finger position or eye label that the capture announces; None if it announces none.
    """
    reading = _Reading(record, purpose)
    try:
        match bio_type:
            case BioType.FINGER:
                _finger(reading, position)
            case BioType.IRIS:
                _iris(reading, position)
            case _:
                _face(reading)
    except _EndedError:
        code = {BioType.FINGER.value: 7, BioType.IRIS.value: 41}.get(bio_type, 80)
        reading.fault(code, "the record ends before its fields do")
    return reading.report


def _head(reading: _Reading, first: int, magic: bytes) -> None:
    """Format, version, record length, number of representations, certification flag; codes from ``first`` on."""
    if reading.take(4) != magic[:4]:
        reading.fault(first, "the format identifier is another")
    if reading.take(4) != magic[4:]:
        reading.fault(first + 1, "the version number is another")
    length = reading.number(4)
    reading.among(first + 2, "the number of representations", reading.number(2), {1})
    if length != len(reading.data):
        reading.fault(first + 3, f"the record length says {length}, but the record has {len(reading.data)} bytes")


def _representation(reading: _Reading, first: int, technologies: Collection[int]) -> None:
    """Representation length, date, technology, vendor, type, quality blocks; codes from ``first`` on."""
    rest = len(reading.data) - reading.at
    if reading.number(4) != rest:
        reading.fault(first, "the representation length does not reach to the end of the record")
    year, month, day, hour, minute, second = (reading.number(size) for size in (2, 1, 1, 1, 1, 1))
    millisecond = reading.number(2)
    try:
        datetime(year, month, day, hour, minute, second, min(millisecond, 1000) * 1000)  # noqa: DTZ001  it is UTC by the standard
    except ValueError:
        reading.fault(first + 1, "the capture date does not exist")
    reading.among(first + 2, "the capture device technology", reading.number(1), technologies)
    reading.take(4)
    for _ in range(reading.number(1)):
        reading.among(first + 6, "a quality score", reading.number(1), SCORES)
        reading.take(4)


def _finger(reading: _Reading, position: int | None) -> None:
    _head(reading, 4, b"FIR\x00020\x00")
    flag = reading.number(1)
    reading.among(8, "the certification flag", flag, {0, 1})
    reading.among(9, "the number of positions", reading.number(1), {1})
    _representation(reading, 10, range(21))
    if flag == 1:
        reading.take(3 * reading.number(1))
    found = reading.number(1)
    reading.among(22, "the finger position", found, reading.by_purpose(range(1, 11), range(11)))
    if position is not None and found != position:
        reading.fault(22, f"the finger position is {found}, but the capture says {position}")
    reading.among(23, "the representation number", reading.number(1), range(16))
    reading.among(24, "the scale unit", reading.number(1), {1, 2})
    for offset, name in enumerate(("horizontal scan", "vertical scan", "horizontal image", "vertical image")):
        reading.among(25 + offset, f"the {name} sampling rate", reading.number(2), SAMPLING)
    depth = reading.number(1)
    reading.among(29, "the bit depth", depth, {8})
    compression = reading.number(1)
    reading.among(30, "the compression", compression, reading.by_purpose({_JP2_LOSSLESS}, {_JP2_LOSSY, _WSQ}))
    reading.among(31, "the impression type", reading.number(1), _IMPRESSIONS)
    size = reading.number(2), reading.number(2)
    image = _image(reading, length_code=34, data_code=35, is_last=False)
    if image is not None:
        _size(reading, 32, size, image)
        _kind(reading, 35, image, components=1, format_=WSQ if compression == _WSQ else JPEG2000)


def _iris(reading: _Reading, label: int | None) -> None:
    _head(reading, 38, b"IIR\x00020\x00")
    reading.among(42, "the certification flag", reading.number(1), {0})
    eyes = reading.number(1)
    reading.among(43, "the number of eyes", eyes, {0, 1, 2})
    if eyes != 1:
        reading.fault(44, "the number of eyes is not the number of representations")
    _representation(reading, 45, {0, 1})
    reading.among(54, "the representation number", reading.number(2), {1})
    found = reading.number(1)
    reading.among(55, "the eye label", found, reading.by_purpose({1, 2}, {0, 1, 2}))
    if label is not None and found != label:
        reading.fault(55, f"the eye label is {found}, but the capture says {label}")
    reading.among(56, "the image type", reading.number(1), reading.by_purpose({3}, {7}))
    reading.among(57, "the image format", reading.number(1), {0x0A})
    properties = reading.number(1)
    reading.among(58, "the horizontal orientation", properties & 3, {0, 1, 2})
    reading.among(59, "the vertical orientation", properties >> 2 & 3, {0, 1, 2})
    reading.among(60, "the compression history", properties >> 6, reading.by_purpose({1}, {2}))
    size = reading.number(2), reading.number(2)
    reading.among(63, "the bit depth", reading.number(1), {8})
    reading.take(18)
    image = _image(reading, length_code=73, data_code=74, is_last=True)
    if image is not None:
        _size(reading, 61, size, image)
        _kind(reading, 74, image, components=1, format_=JPEG2000)


def _face(reading: _Reading) -> None:
    _head(reading, 77, b"FAC\x00030\x00")
    reading.among(81, "the certification flag", reading.number(1), {0})
    reading.among(82, "the temporal semantics", reading.number(2), {0})
    _representation(reading, 83, _FACE_TECHNOLOGIES)
    landmarks = reading.number(2)
    reading.among(93, "the gender", reading.number(1), {0, 1, 2, 255})
    reading.among(94, "the eye colour", reading.number(1), _COLOURS)
    reading.among(95, "the hair colour", reading.number(1), _COLOURS)
    reading.take(1 + 3 + 2 + 3 + 3)
    reading.take(8 * landmarks)
    reading.among(107, "the face image type", reading.number(1), _FACE_IMAGE_TYPES)
    reading.among(108, "the image data type", reading.number(1), reading.by_purpose({2}, {1}))
    size = reading.number(2), reading.number(2)
    reading.among(111, "the spatial sampling level", reading.number(1), range(8))
    reading.take(3)
    reading.among(114, "the colour space", reading.number(1), {0, 1})
    image = _image(reading, length_code=115, data_code=116, is_last=True)
    if image is not None:
        _size(reading, 109, size, image)
        _kind(reading, 116, image, components=3, format_=JPEG2000)


def _image(reading: _Reading, *, length_code: int, data_code: int, is_last: bool) -> ImageFacts | None:
    """The image after its length; extended blocks may follow a finger's."""
    length, rest = reading.number(4), len(reading.data) - reading.at
    if length == 0 or length > rest or (is_last and length != rest):
        reading.fault(length_code, f"the image length says {length}, but {rest} bytes follow")
        return None
    data = reading.take(length)
    try:
        image = read_image(data)
    except UnreadableImageError as error:
        reading.fault(data_code, f"the image cannot be read: {error}")
        return None
    if reading.purpose == AUTH and image.decoded_bytes > AUTH_RATIO_MAX * length:
        reading.report.notes.append(f"the image is compressed more than {AUTH_RATIO_MAX} to 1")
    return image


def _size(reading: _Reading, width_code: int, size: tuple[int, int], image: ImageFacts) -> None:
    if size[0] != image.width:
        reading.fault(width_code, f"the width is {size[0]}, but the image has {image.width}")
    if size[1] != image.height:
        reading.fault(width_code + 1, f"the height is {size[1]}, but the image has {image.height}")


def _kind(reading: _Reading, code: int, image: ImageFacts, *, components: int, format_: str) -> None:
    if image.format != format_:
        reading.fault(code, f"the image is {image.format}, but the record says {format_}")
    if (image.components, image.bit_depth) != (components, 8):
        reading.fault(code, f"the image has {image.components} components of {image.bit_depth} bits")
    if reading.purpose != AUTH and not image.is_lossless:
        reading.fault(code, "the image is compressed with loss")
    if reading.purpose == AUTH and image.format == JPEG2000 and image.is_lossless:
        reading.fault(code, "the image is compressed without loss; authentication wants it lossy")
