"""Each rule about records is reported under the toolkit's code, and a good record under none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.conformance.image import UnreadableImageError, read_image
from devices.conformance.isorecord import Report, judge_record
from packet.iso import FingerRecord, encode_record
from packet.iso.fields import QualityBlock
from packet.iso.finger import CertificationBlock
from tests.support.conformance_service import iso_record

FINGER = iso_record("Finger", "Left IndexFinger")
IRIS = iso_record("Iris", "Left")
FACE = iso_record("Face", "")
GOOD = {"Finger": (FINGER, 7), "Iris": (IRIS, 2), "Face": (FACE, None)}


def judge(record: bytes, bio_type: str = "Finger", position: int | None = None, purpose: str = "Registration") -> Report:
    return judge_record(record, bio_type, purpose, position)


def put(record: bytes, at: int, new: bytes) -> bytes:
    return record[:at] + new + record[at + len(new) :]


@pytest.mark.parametrize("bio_type", GOOD)
def test_a_good_record_has_no_fault(bio_type: str) -> None:
    record, position = GOOD[bio_type]
    assert judge(record, bio_type, position) == Report()
    auth = iso_record(bio_type, {"Finger": "Left IndexFinger", "Iris": "Left"}.get(bio_type, ""), is_auth=True)
    assert judge(auth, bio_type, position, "Auth").faults == []


def test_certification_and_quality_blocks_are_stepped_over() -> None:
    now = datetime(2026, 1, 15, tzinfo=UTC)
    plain = FingerRecord(7, now, 40, 48, FINGER[57:])
    record = replace(plain, quality=(QualityBlock(80), QualityBlock(255)), certification=(CertificationBlock(1, 2),))
    assert judge(encode_record(record), position=7) == Report()


# Offsets for records without quality blocks: finger position at 35, eye label at 37, face image type at 53.
@pytest.mark.parametrize(
    ("code", "bio_type", "at", "new"),
    [
        (4, "Finger", 0, b"FAC\0"),
        (5, "Finger", 4, b"030\0"),
        (6, "Finger", 12, b"\0\2"),
        (7, "Finger", 8, b"\0\0\0\1"),
        (8, "Finger", 14, b"\2"),
        (9, "Finger", 15, b"\0"),
        (10, "Finger", 16, b"\0\0\0\1"),
        (11, "Finger", 22, b"\15"),
        (12, "Finger", 29, b"\x20"),
        (22, "Finger", 35, b"\0"),
        (22, "Finger", 35, b"\x0b"),
        (23, "Finger", 36, b"\x10"),
        (24, "Finger", 37, b"\0"),
        (25, "Finger", 38, b"\0\x48"),
        (26, "Finger", 40, b"\0\x48"),
        (27, "Finger", 42, b"\0\x48"),
        (28, "Finger", 44, b"\x10\0"),
        (29, "Finger", 46, b"\x10"),
        (30, "Finger", 47, b"\4"),
        (31, "Finger", 48, b"\x11"),
        (32, "Finger", 49, b"\0\x29"),
        (33, "Finger", 51, b"\0\x29"),
        (34, "Finger", 53, b"\0\0\0\0"),
        (34, "Finger", 53, b"\xff\xff\xff\xff"),
        (35, "Finger", 57, b"\xff"),
        (38, "Iris", 0, b"FIR\0"),
        (39, "Iris", 4, b"030\0"),
        (40, "Iris", 12, b"\0\2"),
        (41, "Iris", 8, b"\0\0\0\1"),
        (42, "Iris", 14, b"\1"),
        (43, "Iris", 15, b"\3"),
        (44, "Iris", 15, b"\2"),
        (45, "Iris", 16, b"\0\0\0\1"),
        (46, "Iris", 23, b"\x20"),
        (47, "Iris", 29, b"\2"),
        (54, "Iris", 35, b"\0\2"),
        (55, "Iris", 37, b"\0"),
        (56, "Iris", 38, b"\1"),
        (57, "Iris", 39, b"\x0e"),
        (58, "Iris", 40, b"\x43"),
        (59, "Iris", 40, b"\x4c"),
        (60, "Iris", 40, b"\x80"),
        (61, "Iris", 41, b"\0\1"),
        (62, "Iris", 43, b"\0\1"),
        (63, "Iris", 45, b"\x10"),
        (73, "Iris", 64, b"\0\0\0\1"),
        (74, "Iris", 68, b"\xff"),
        (77, "Face", 0, b"FIR\0"),
        (78, "Face", 4, b"020\0"),
        (79, "Face", 12, b"\0\2"),
        (80, "Face", 8, b"\0\0\0\1"),
        (81, "Face", 14, b"\1"),
        (82, "Face", 15, b"\0\1"),
        (83, "Face", 17, b"\0\0\0\1"),
        (84, "Face", 23, b"\0"),
        (85, "Face", 30, b"\7"),
        (93, "Face", 38, b"\3"),
        (94, "Face", 39, b"\x09"),
        (95, "Face", 40, b"\x09"),
        (107, "Face", 53, b"\4"),
        (108, "Face", 54, b"\1"),
        (109, "Face", 55, b"\0\1"),
        (110, "Face", 57, b"\0\1"),
        (111, "Face", 59, b"\x08"),
        (114, "Face", 63, b"\2"),
        (115, "Face", 64, b"\0\0\0\1"),
        (116, "Face", 68, b"\xff"),
    ],
)
def test_a_fault_is_reported_under_its_code(code: int, bio_type: str, at: int, new: bytes) -> None:
    record, _position = GOOD[bio_type]
    faults = judge(put(record, at, new), bio_type).faults
    assert any(fault.startswith(f"ISO_VALIDATOR_{code:03d} ") for fault in faults), faults


def test_a_quality_score_between_100_and_255_is_refused() -> None:
    record = encode_record(FingerRecord(7, datetime(2026, 1, 15, tzinfo=UTC), 40, 48, FINGER[57:], (QualityBlock(80),)))
    assert judge(record) == Report()
    assert judge(put(record, 35, b"\x65")).faults == ["ISO_VALIDATOR_016 a quality score is 101"]


def test_the_purpose_decides_what_compression_is_right() -> None:
    faults = judge(FINGER, purpose="Auth").faults
    assert "ISO_VALIDATOR_030 the compression is 5" in faults
    lossy = iso_record("Finger", "Left IndexFinger", is_auth=True)
    assert "ISO_VALIDATOR_035 the image is compressed with loss" in judge(lossy).faults


def test_another_position_than_the_capture_says_is_a_fault_even_if_it_is_a_finger() -> None:
    assert judge(FINGER, position=6).faults == ["ISO_VALIDATOR_022 the finger position is 7, but the capture says 6"]


def test_wsq_is_read_by_its_frame_header() -> None:
    comment = b"\xff\xa8\x00\x06test"
    frame = b"\xff\xa2\x00\x11" + b"\xff\x00" + b"\x00\x30\x00\x28" + bytes(9)
    facts = read_image(b"\xff\xa0" + comment + frame + b"\xff\xa1")
    assert (facts.format, facts.width, facts.height, facts.is_lossless) == ("WSQ", 40, 48, False)
    for broken in (b"\xff\xa0", b"\xff\xa0" + comment, b"\xff\xa0\x12\x34\x00\x09", b"\xff\xa0" + comment * 80):
        with pytest.raises(UnreadableImageError):
            read_image(broken)


def test_an_image_that_does_not_decode_is_a_fault() -> None:
    """Its headers are in order, but there is no quantisation segment to decode it with."""
    broken = FINGER.replace(b"\xff\x5c", b"\xff\x5d", 1)
    assert judge(broken).faults == ["ISO_VALIDATOR_035 the image cannot be read: it does not decode"]
    with pytest.raises(UnreadableImageError):
        read_image(b"no image at all")


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), bio_type=st.sampled_from(sorted(GOOD)), purpose=st.sampled_from(["Registration", "Auth"]))
def test_any_bytes_are_judged_and_never_good(data: bytes, bio_type: str, purpose: str) -> None:
    assert judge_record(data, bio_type, purpose, None).faults


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 200), new=st.binary(min_size=1, max_size=4), bio_type=st.sampled_from(sorted(GOOD)))
def test_a_spoilt_record_never_breaks_the_judge(at: int, new: bytes, bio_type: str) -> None:
    record, position = GOOD[bio_type]
    judge(put(record, at, new)[: max(len(record), 1)], bio_type, position)
