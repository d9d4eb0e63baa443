"""What is done to fingers in the worker process: decoding, quality, minutiae, comparison. The only place that loads ``nbis``.

Contents of requests are blocks, each with its length (u32, big-endian) before it:

| task         | request                      | answer |
|--------------|------------------------------|--------|
| ``hello``    | -                            | empty, once the library is loaded |
| ``nfiq2``    | attribute, record            | NFIQ 2 score, one byte |
| ``ridges``   | attribute, record            | own quality measure, one float64 |
| ``minutiae`` | attribute, record            | data of a template |
| ``compare``  | template, template, ...      | BOZORTH3 scores of the first with each other one, u16 each |
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from devices.biosdk.errors import NotEnoughDetailError, SdkNotReadyError
from devices.biosdk.fingersimage import DPI, Pixels, finger_pixels
from devices.biosdk.fingersminutiae import Minutiae
from devices.biosdk.qualityridges import ridge_quality
from packet.models import BioAttribute

LIBRARY_NAME: Final = "NBIS fingers"
MINUTIAE_MIN: Final = 10
"""BOZORTH3 answers 0 for fewer."""
_NOT_COMPUTED: Final = 255
_LENGTH: Final = struct.Struct(">I")


def join_blocks(blocks: Iterable[bytes]) -> bytes:
    """Blocks one after the other, each with its length before it."""
    return b"".join(_LENGTH.pack(len(block)) + block for block in blocks)


def split_blocks(content: bytes) -> list[bytes]:
    """Inverse of `join_blocks`.

    Raises:
        ValueError: if the lengths do not tile the content.
    """
    blocks, at = [], 0
    while at < len(content):
        if at + _LENGTH.size > len(content):
            raise ValueError("a block has no whole length")
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if at + length > len(content):
            raise ValueError("a block ends too early")
        blocks.append(content[at : at + length])
        at += length
    return blocks


def _hello(content: bytes) -> bytes:
    del content
    _library()
    return b""


def _nfiq2(content: bytes) -> bytes:
    _, pixels = _image(content)
    library = _library()
    try:
        score = _extractor(with_quality=True).extract_minutiae(_png(pixels)).quality().score
    except library.NbisError:  # no ridges at all: NFIQ 2 refuses to measure an empty image
        score = 0
    return bytes([0 if score == _NOT_COMPUTED else max(0, min(100, score))])


def _ridges(content: bytes) -> bytes:
    _, pixels = _image(content)
    return struct.pack(">d", ridge_quality(pixels))


def _minutiae(content: bytes) -> bytes:
    attribute, pixels = _image(content)
    library = _library()
    height, width = pixels.shape
    try:
        found = _extractor(with_quality=False).extract_minutiae(_png(pixels)).get()
    except library.NbisError:
        found = []
    if len(found) < MINUTIAE_MIN:
        raise NotEnoughDetailError(attribute=attribute.value, found=len(found), needed=MINUTIAE_MIN)
    points = [(m.x(), m.y(), m.angle(), m.kind().value, m.reliability()) for m in found]
    return Minutiae.from_library(width, height, points).to_data()


def _compare(content: bytes) -> bytes:
    _library()
    probe, *others = (_loaded(block) for block in split_blocks(content))
    return np.array([min(probe.compare(other), 0xFFFF) for other in others], ">u2").tobytes()


def _image(content: bytes) -> tuple[BioAttribute, Pixels]:
    name, iso = split_blocks(content)
    attribute = BioAttribute(name.decode("ascii"))
    return attribute, finger_pixels(attribute, iso)


def _png(pixels: Pixels) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _loaded(template: bytes) -> Any:
    return _extractor(with_quality=False).load_iso_19794_2_2005(Minutiae.from_data(template).to_library())


@cache
def _library() -> Any:
    try:
        library = import_module("nbis")
    except (ImportError, OSError) as error:
        raise SdkNotReadyError(name=LIBRARY_NAME, reason="its library cannot be loaded on this system.") from error
    if not hasattr(library, "new_nbis_extractor"):
        raise SdkNotReadyError(name=LIBRARY_NAME, reason="another package is installed under the name nbis.")
    return library


@cache
def _extractor(*, with_quality: bool) -> Any:
    """Takes the better part of a second the first time, for its model."""
    library = _library()
    settings = library.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=with_quality, ppi=float(DPI)
    )
    return library.new_nbis_extractor(settings)


TASKS: Final = {"hello": _hello, "nfiq2": _nfiq2, "ridges": _ridges, "minutiae": _minutiae, "compare": _compare}
