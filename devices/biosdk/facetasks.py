"""What is done to faces in the worker process: decoding, finding the face, quality.

The request is two blocks, each with its length (u32, big-endian) before it: attribute, record.

| task     | answer |
|----------|--------|
| ``look`` | score, confidence, left, top, right, bottom as float64; then the `Finding` as u8 |
"""

from __future__ import annotations

import struct
from typing import Final

from devices.biosdk.faceimage import face_pixels
from devices.biosdk.facequality import FaceReport, Finding, assess
from devices.biosdk.fingerstasks import split_blocks
from packet.models import BioAttribute

_ANSWER: Final = struct.Struct(">6dB")


def look(attribute: BioAttribute, iso: bytes) -> FaceReport:
    """What a face record shows.

    Raises:
        BioSdkError: if the record or its image cannot be used.
    """
    return assess(face_pixels(attribute, iso), is_portrait=attribute is BioAttribute.FACE)


def report_from(answer: bytes) -> FaceReport:
    """The report in an answer of ``look``."""
    value, confidence, left, top, right, bottom, finding = _ANSWER.unpack(answer)
    return FaceReport(value, Finding(finding), confidence, (left, top, right, bottom))


def _look(content: bytes) -> bytes:
    name, iso = split_blocks(content)
    report = look(BioAttribute(name.decode("ascii")), iso)
    return _ANSWER.pack(report.value, report.confidence, *report.box, report.finding)


TASKS: Final = {"look": _look}
