"""What is done to irises in the worker process: decoding, finding the iris, quality, code.

Contents of requests are blocks, each with its length (u32, big-endian) before it:

| task      | request           | answer |
|-----------|-------------------|--------|
| ``score`` | attribute, record | quality, one float64; 0 if no iris is found |
| ``code``  | attribute, record | data of a template |
"""

from __future__ import annotations

import struct
from typing import Final

from devices.biosdk.errors import NotEnoughDetailError
from devices.biosdk.fingerstasks import split_blocks
from devices.biosdk.iriscode import IrisCode, encode
from devices.biosdk.irisimage import Pixels, Plane, iris_pixels
from devices.biosdk.irismask import iris_mask
from devices.biosdk.irisplane import fitted
from devices.biosdk.irisquality import iris_quality
from devices.biosdk.irissegment import WORKING_PX, Segmentation, find_iris
from packet.models import BioAttribute

BITS_MIN: Final = 2000
"""Bits that must count; less than a third of the iris shows fewer."""


def seen_iris(attribute: BioAttribute, iso: bytes) -> tuple[Pixels, Plane, Segmentation] | None:
    """Image, mask and circles of a record; None if there is no iris in it.

    Raises:
        BioSdkError: if the record or its image cannot be used.
    """
    pixels, is_masked = iris_pixels(attribute, iso)
    pixels = fitted(pixels, WORKING_PX)
    found = find_iris(pixels)
    return None if found is None else (pixels, iris_mask(pixels, found, is_masked=is_masked), found)


def score_iris(attribute: BioAttribute, iso: bytes) -> float:
    """Quality of a record, 0 to 100.

    Raises:
        BioSdkError: if the record or its image cannot be used.
    """
    seen = seen_iris(attribute, iso)
    return 0.0 if seen is None else iris_quality(*seen)


def code_iris(attribute: BioAttribute, iso: bytes) -> IrisCode:
    """The code of a record.

    Raises:
        BioSdkError: if the record or its image cannot be used, or shows too little of an iris.
    """
    seen = seen_iris(attribute, iso)
    if seen is None:
        raise NotEnoughDetailError(attribute=attribute.value, found=0, needed=BITS_MIN)
    code = encode(*seen)
    if (many := int(code.counts.sum())) < BITS_MIN:
        raise NotEnoughDetailError(attribute=attribute.value, found=many, needed=BITS_MIN)
    return code


def _score(content: bytes) -> bytes:
    name, iso = split_blocks(content)
    return struct.pack(">d", score_iris(BioAttribute(name.decode("ascii")), iso))


def _code(content: bytes) -> bytes:
    name, iso = split_blocks(content)
    return code_iris(BioAttribute(name.decode("ascii")), iso).to_data()


TASKS: Final = {"score": _score, "code": _code}
