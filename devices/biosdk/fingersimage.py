"""The image in a finger record as grey pixels at 500 per inch, whatever the device delivered.

JPEG 2000, JPEG and PNG are decoded by Pillow, WSQ by the optional package ``wsq``, which adds itself to Pillow. Nothing is
decoded whose size, depth or resolution is out of bounds. Call it in a worker process: the decoders are C code.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from importlib import import_module
from io import BytesIO
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devices.biosdk.errors import BioImageUnusableError, BioRecordUnusableError
from packet.bioattributes import FACTS
from packet.iso import IsoRecordError, finger
from packet.models import BioAttribute

Pixels: TypeAlias = NDArray[np.uint8]
"""Rows and columns of grey values; ridges are dark."""

DPI: Final = 500
SIDE_MIN_PX: Final = 100
"""5 mm: less shows no finger, and the C code behind was not made for it."""
SIDE_MAX_PX: Final = 1000
"""51 mm: more than any single finger."""
_DPI_MIN, _DPI_MAX = 450.0, 1200.0
_DPI_NEAR: Final = 10.0
_PPI_PER_PPCM: Final = 2.54
_DECODERS: Final = {
    finger.FingerCompression.WSQ: "WSQ",
    finger.FingerCompression.JPEG: "JPEG",
    finger.FingerCompression.JPEG2000_LOSSY: "JPEG2000",
    finger.FingerCompression.JPEG2000_LOSSLESS: "JPEG2000",
    finger.FingerCompression.PNG: "PNG",
}
_DECODING_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow and its plugins were seen to raise for damaged files; anything else ends the worker, which is noticed too."""


def finger_pixels(attribute: BioAttribute, iso: bytes) -> Pixels:
    """The image of a finger record at 500 pixels per inch.

    Raises:
        BioRecordUnusableError: if it is no finger record, or one of another finger.
        BioImageUnusableError: if its image cannot be decoded or its size or resolution is no finger's.
    """
    name = attribute.value
    try:
        record = finger.parse(iso)
    except IsoRecordError as error:
        raise BioRecordUnusableError(attribute=name, why="it is not a well-formed finger record") from error
    if record.position not in (0, FACTS[attribute].iso_position):
        raise BioRecordUnusableError(attribute=name, why="it is one of another finger")
    factor = DPI / _resolution(record, name)
    width, height = round(record.width * factor), round(record.height * factor)
    if not (SIDE_MIN_PX <= width <= SIDE_MAX_PX and SIDE_MIN_PX <= height <= SIDE_MAX_PX):
        raise BioImageUnusableError(attribute=name, why=f"it is not {SIDE_MIN_PX} to {SIDE_MAX_PX} pixels wide and high")
    image = _decoded(record, name)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image, np.uint8)


def _resolution(record: finger.FingerRecord, name: str) -> float:
    """Pixels per inch; close to 500 counts as 500, since resampling would cost more than it mends."""
    across, down = (rate * (_PPI_PER_PPCM if record.scale_units == 2 else 1.0) for rate in record.image_rate)
    if not (_DPI_MIN <= across <= _DPI_MAX and abs(across - down) <= 0.01 * across):
        raise BioImageUnusableError(attribute=name, why=f"its resolution is not {_DPI_MIN:g} to {_DPI_MAX:g} pixels per inch")
    return DPI if abs(across - DPI) <= _DPI_NEAR else across


def _decoded(record: finger.FingerRecord, name: str) -> Image.Image:
    size = (record.width, record.height)
    if record.bit_depth != 8:
        raise BioImageUnusableError(attribute=name, why="it does not have 8 bits a pixel")
    if record.compression == finger.FingerCompression.NONE:
        if len(record.image) != record.width * record.height:
            raise BioImageUnusableError(attribute=name, why="its length is not that of its pixels")
        return Image.frombytes("L", size, record.image)
    decoder = _DECODERS.get(finger.FingerCompression(record.compression))
    if decoder is None:
        raise BioImageUnusableError(attribute=name, why="its compression (packed) is not supported")
    if decoder == "WSQ":
        _load_wsq(name)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(record.image), formats=[decoder]) as opened:
            if opened.size != size or opened.mode != "L":
                raise BioImageUnusableError(attribute=name, why="it is not grey, or not of the size that its record says")
            opened.load()
            return opened.copy()
    except _DECODING_ERRORS as error:
        raise BioImageUnusableError(attribute=name, why=f"it is damaged, or no {decoder} image") from error


def _load_wsq(name: str) -> None:
    try:
        import_module("wsq")
    except ImportError as error:
        raise BioImageUnusableError(attribute=name, why="the optional part that reads WSQ is not installed") from error
