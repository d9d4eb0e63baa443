"""The three records read and write byte by byte what MOSIP's samples hold, and nothing that breaks the limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packet.iso import (
    FaceRecord,
    FingerRecord,
    IrisRecord,
    IsoRecord,
    IsoRecordError,
    IsoRecordMalformedError,
    IsoRecordMismatchError,
    check_shows,
    encode_record,
    parse_record,
)
from packet.iso.face import FaceTraits, Landmark
from packet.iso.fields import QualityBlock
from packet.iso.finger import CertificationBlock, ExtendedBlock, encode_extended, extended_blocks
from packet.models import BioAttribute

FINGER_HEADER = bytes.fromhex(
    "46495200303230000001 81DB 0001 01 01 000181CB 07E60C1C0C1E0F03D0 00 0000 0000 01 39 0040 000F"
    "02 0040 02 0040 02 07 00 01 01F4 01F4 01F4 01F4 08 05 1D 0118 01C0 0001815A"
)
IRIS_HEADER = bytes.fromhex(
    "49495200 30323000 0000D88B 0001 00 01 0000D87B 07E60C160E261603E2 01 735F 3006 01 60 0000 0000 0001 02 03 0A 40"
    "01A1 0139 08 0000 FFFF FFFF 0000 0000 0000 0000 0000 0000 0000D842"
)
FACE_HEADER = bytes.fromhex(
    "46414300 30333000 0001060F 0001 00 0000 000105FE 07E60C1C0D290D0222 05 0000 0000 01 50 0001 0001"
    "0000 FF 00 00 00 000000 0000 000000 000000 01 02 00F0 0140 00 0001 00 01 000105C6"
)
# The sample finger record carries 56 bytes of extended blocks after its image: total length minus header minus image.
FINGER_SAMPLE = FINGER_HEADER + bytes(0x1815A) + bytes(0x181DB - len(FINGER_HEADER) - 0x1815A)
IRIS_SAMPLE = IRIS_HEADER + bytes(0xD842)
FACE_SAMPLE = FACE_HEADER + bytes(0x105C6)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)


def finger(**changes: object) -> FingerRecord:
    return replace(FingerRecord(7, NOW, 280, 448, b"image", (QualityBlock(57, 0x40, 0xF),)), **changes)  # type: ignore[arg-type]


def iris(**changes: object) -> IrisRecord:
    return replace(IrisRecord(2, NOW, 417, 313, b"image", (QualityBlock(96),)), **changes)  # type: ignore[arg-type]


def face(**changes: object) -> FaceRecord:
    return replace(FaceRecord(NOW, 240, 320, b"image", (QualityBlock(80, 1, 1),)), **changes)  # type: ignore[arg-type]


def test_a_finger_sample_of_mosip_is_read_and_written_to_the_byte() -> None:
    record = parse_record(FINGER_SAMPLE)
    assert isinstance(record, FingerRecord)
    assert record.captured_at == datetime(2022, 12, 28, 12, 30, 15, 976000, UTC)
    assert record.quality == (QualityBlock(57, 0x40, 0xF),)
    assert record.certification == (CertificationBlock(0x40, 2), CertificationBlock(0x40, 2))
    assert (record.position, record.compression, record.impression, record.width, record.height) == (7, 5, 29, 280, 448)
    assert (record.scan_rate, record.image_rate, record.bit_depth) == ((500, 500), (500, 500), 8)
    assert len(record.image) == 0x1815A
    assert encode_record(record) == FINGER_SAMPLE


def test_an_iris_sample_of_mosip_is_read_and_written_to_the_byte() -> None:
    record = parse_record(IRIS_SAMPLE)
    assert isinstance(record, IrisRecord)
    assert (record.eye, record.image_type, record.image_format, record.history) == (2, 3, 0x0A, 1)
    assert (record.technology, record.device_vendor, record.device_type) == (1, 29535, 12294)
    assert (record.width, record.height, record.quality) == (417, 313, (QualityBlock(96),))
    assert encode_record(record) == IRIS_SAMPLE


def test_a_face_sample_of_mosip_is_read_and_written_to_the_byte() -> None:
    record = parse_record(FACE_SAMPLE)
    assert isinstance(record, FaceRecord)
    assert (record.data_type, record.image_type, record.colour_space, record.post_acquisition) == (2, 1, 1, 1)
    assert (record.width, record.height, record.technology, record.traits.gender) == (240, 320, 5, 0xFF)
    assert encode_record(record) == FACE_SAMPLE


@pytest.mark.parametrize(("record", "header"), [(finger(), 62), (iris(), 73), (face(), 73)])
def test_a_minimal_record_has_the_header_length_of_the_standard(record: IsoRecord, header: int) -> None:
    assert len(encode_record(record)) == header + len(b"image")


def test_extended_blocks_are_taken_apart_and_put_together() -> None:
    blocks = (ExtendedBlock(2, b"\x01\x07\x01"), ExtendedBlock(3, b"synthetic"))
    record = finger(extended=encode_extended(blocks))
    assert parse_record(encode_record(record)) == record
    assert extended_blocks(record) == blocks


@pytest.mark.parametrize("extended", [b"\x00", b"\x00\x01\x00\x03", b"\x00\x01\x00\x09abcd"])
def test_extended_data_that_is_no_row_of_blocks_is_named(extended: bytes) -> None:
    with pytest.raises(IsoRecordMalformedError):
        extended_blocks(finger(extended=extended))


@pytest.mark.parametrize("sample", [FINGER_SAMPLE, IRIS_SAMPLE, FACE_SAMPLE])
def test_lengths_that_lie_are_refused(sample: bytes) -> None:
    for broken in (sample + b"\0", sample[:-1], sample[:20], b"", sample[:8] + b"\xff" + sample[9:]):
        with pytest.raises(IsoRecordMalformedError):
            parse_record(broken)


@pytest.mark.parametrize("sample", [IRIS_SAMPLE, FACE_SAMPLE])
def test_bytes_after_the_image_are_refused_even_when_both_lengths_count_them(sample: bytes) -> None:
    at = 16 if sample.startswith(b"IIR") else 17
    total, inner = (int.from_bytes(sample[i : i + 4], "big") + 1 for i in (8, at))
    longer = sample[:8] + total.to_bytes(4, "big") + sample[12:at] + inner.to_bytes(4, "big") + sample[at + 4 :] + b"\0"
    with pytest.raises(IsoRecordMalformedError, match="follow its image"):
        parse_record(longer)


@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [
        (4, b"9", "version"),
        (12, b"\x00\x02", "representations"),
        (14, b"\x02", "certification flag"),
        (22, b"\x0d", "capture date"),
        (34, b"\x06", "quality blocks"),
        (35, b"\x65", "quality score"),
        (40, b"\x06", "certification blocks"),
        (47, b"\x0b", "finger position"),
        (61, b"\x00\x00", "pixels"),
        (61, b"\xff\xff\xff\xff", "pixels"),
        (65, b"\x00\xa0\x00\x01", "image length"),
        (65, b"\x00\x9f\xff\xff", "too early"),
    ],
)
def test_every_limit_of_the_finger_header_holds(offset: int, value: bytes, why: str) -> None:
    broken = FINGER_SAMPLE[:offset] + value + FINGER_SAMPLE[offset + len(value) :]
    with pytest.raises(IsoRecordMalformedError, match=why):
        parse_record(broken)


def test_too_many_landmarks_are_refused() -> None:
    marks = tuple(Landmark(1, 1, 10, 10) for _ in range(201))
    with pytest.raises(IsoRecordMalformedError, match="landmarks"):
        encode_record(face(landmarks=marks))


@pytest.mark.parametrize(
    "record",
    [
        finger(position=11),
        finger(position=300),
        finger(quality=(QualityBlock(101),)),
        finger(image=b""),
        finger(captured_at=NOW.replace(tzinfo=None)),
        iris(eye=3),
        iris(roll=-1),
        face(width=70000),
        face(traits=FaceTraits(feature_mask=1 << 24)),
    ],
)
def test_what_could_not_be_read_is_not_written(record: IsoRecord) -> None:
    with pytest.raises(IsoRecordMalformedError):
        encode_record(record)


def test_a_record_must_show_the_announced_attribute() -> None:
    check_shows(finger(), BioAttribute.LEFT_INDEX)
    check_shows(iris(), BioAttribute.LEFT_EYE)
    check_shows(face(), BioAttribute.FACE)
    check_shows(face(), BioAttribute.EXCEPTION_PHOTO)
    for record, attribute in (
        (finger(), BioAttribute.RIGHT_INDEX),
        (finger(position=0), BioAttribute.LEFT_INDEX),
        (iris(), BioAttribute.RIGHT_EYE),
        (iris(eye=1), BioAttribute.RIGHT_THUMB),
        (face(), BioAttribute.LEFT_EYE),
    ):
        with pytest.raises(IsoRecordMismatchError):
            check_shows(record, attribute)


U8, U16 = st.integers(0, 0xFF), st.integers(0, 0xFFFF)
INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
QUALITY = st.lists(st.builds(QualityBlock, st.integers(0, 100) | st.just(255), U16, U16), max_size=5).map(tuple)
CERTIFICATION = st.none() | st.lists(st.builds(CertificationBlock, U16, U8), max_size=5).map(tuple)
IMAGES = st.binary(min_size=1, max_size=40)
SIDES = st.integers(1, 4096)
PAIRS = st.tuples(U16, U16)
TRIPLES = st.tuples(U8, U8, U8)

FINGERS = st.builds(
    FingerRecord, position=st.integers(0, 10), captured_at=INSTANTS, width=SIDES, height=SIDES, image=IMAGES,
    quality=QUALITY, compression=st.integers(0, 6), certification=CERTIFICATION, technology=U8, device_vendor=U16,
    device_type=U16, representation_number=st.integers(0, 15), scale_units=st.integers(1, 2), scan_rate=PAIRS,
    image_rate=PAIRS, bit_depth=st.integers(1, 16), impression=U8, extended=st.binary(max_size=30),
)  # fmt: skip
IRISES = st.builds(
    IrisRecord, eye=st.integers(0, 2), captured_at=INSTANTS, width=SIDES, height=SIDES, image=IMAGES, quality=QUALITY,
    image_type=st.integers(1, 7), image_format=U8, properties=U8, eyes_present=st.integers(0, 2), technology=U8,
    device_vendor=U16, device_type=U16, representation_number=U16, bit_depth=st.integers(1, 16), range_mm=U16, roll=U16,
    roll_uncertainty=U16, extent=st.tuples(U16, U16, U16, U16, U16, U16),
)  # fmt: skip
FACES = st.builds(
    FaceRecord, captured_at=INSTANTS, width=SIDES, height=SIDES, image=IMAGES, quality=QUALITY, image_type=U8,
    data_type=st.integers(0, 3), temporal_semantics=U16, technology=U8, device_vendor=U16, device_type=U16,
    traits=st.builds(FaceTraits, U8, U8, U8, U8, st.integers(0, 0xFFFFFF), U16, TRIPLES, TRIPLES),
    landmarks=st.lists(st.builds(Landmark, U8, U8, U16, U16, U16), max_size=4).map(tuple),
    sampling_level=U8, post_acquisition=U16, cross_reference=U8, colour_space=U8,
)  # fmt: skip


@given(FINGERS | IRISES | FACES)
def test_what_is_written_is_read_as_the_same(record: IsoRecord) -> None:
    data = encode_record(record)
    assert parse_record(data) == record
    assert encode_record(parse_record(data)) == data


@given(st.sampled_from([FINGER_HEADER, IRIS_HEADER, FACE_HEADER]), st.binary(max_size=120), st.integers(0, 90))
def test_no_bytes_raise_anything_but_the_named_error(header: bytes, noise: bytes, at: int) -> None:
    data = header[:at] + noise + header[at + len(noise) :]
    for candidate in (data, data[:8] + len(data).to_bytes(4, "big") + data[12:]):
        try:
            record = parse_record(candidate)
        except IsoRecordError:
            continue
        assert encode_record(record) == candidate
