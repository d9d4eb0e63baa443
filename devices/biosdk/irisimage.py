"""The image in an iris record as grey pixels; and decoding for all records whose image is JPEG 2000, PNG or JPEG.

Nothing is decoded whose size is out of bounds or is not that of the record's header. Call it in a worker process: the decoders
are C code, and what damaged files make of them is not ours.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devices.biosdk.errors import BioImageUnusableError, BioRecordUnusableError
from packet.bioattributes import FACTS
from packet.iso import ImageUnsuitableError, IsoRecordError, iris, jp2
from packet.models import BioAttribute

Pixels: TypeAlias = NDArray[np.uint8]
Plane: TypeAlias = NDArray[np.float32]

SIDE_MIN_PX: Final = 160
SIDE_MAX_PX: Final = 1600
"""Iris cameras deliver 640 by 480 or a crop of it, some twice of that."""
_DECODERS: Final = {iris.IrisImageFormat.MONO_JPEG2000: "JPEG2000", iris.IrisImageFormat.MONO_PNG: "PNG"}
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


def iris_pixels(attribute: BioAttribute, iso: bytes) -> tuple[Pixels, bool]:
    """The image of an iris record, and whether its lids and sclera are painted over (image type 7).

    Raises:
        BioRecordUnusableError: if it is no iris record, or one of the other eye.
        BioImageUnusableError: if its image cannot be decoded or its size is none of an eye.
    """
    name = attribute.value
    try:
        record = iris.parse(iso)
    except IsoRecordError as error:
        raise BioRecordUnusableError(attribute=name, why="it is not a well-formed iris record") from error
    if record.eye not in (0, FACTS[attribute].iso_position):
        raise BioRecordUnusableError(attribute=name, why="it is one of the other eye")
    if not (SIDE_MIN_PX <= record.width <= SIDE_MAX_PX and SIDE_MIN_PX <= record.height <= SIDE_MAX_PX):
        raise BioImageUnusableError(attribute=name, why=f"it is not {SIDE_MIN_PX} to {SIDE_MAX_PX} pixels wide and high")
    if record.bit_depth != 8:
        raise BioImageUnusableError(attribute=name, why="it does not have 8 bits a pixel")
    decoder = _DECODERS.get(iris.IrisImageFormat(record.image_format)) if record.image_format in _DECODERS else None
    if decoder is None:
        raise BioImageUnusableError(attribute=name, why="its format is neither JPEG 2000 nor PNG with one component")
    pixels = decode(attribute, record.image, decoder, (record.width, record.height), "L")
    return pixels, record.image_type == iris.IrisImageType.CROPPED_AND_MASKED


def decode(attribute: BioAttribute, data: bytes, decoder: str, size: tuple[int, int], mode: str) -> Pixels:
    """Pixels of an image file.

    Args:
        decoder: ``JPEG2000``, ``PNG`` or ``JPEG``.
        size: width and height that the record announces; the caller has bounded them.
        mode: ``L`` for grey or ``RGB``; a file of another kind is refused.

    Raises:
        BioImageUnusableError: if it cannot be decoded, or is not what the record announces.
    """
    name = attribute.value
    if decoder == "JPEG2000":
        try:
            facts = jp2.inspect(data)
        except ImageUnsuitableError as error:
            raise BioImageUnusableError(attribute=name, why="it is damaged, or no JPEG 2000 file") from error
        if (facts.width, facts.height, facts.bit_depth) != (*size, 8):
            raise BioImageUnusableError(attribute=name, why="it is not of the size and depth that its record says")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(data), formats=[decoder]) as opened:
            if opened.size != size or opened.mode != mode:
                raise BioImageUnusableError(attribute=name, why="its size or colours are not those that its record says")
            opened.load()
            return np.array(opened, np.uint8)
    except _DECODING_ERRORS as error:
        raise BioImageUnusableError(attribute=name, why=f"it is damaged, or no {decoder} file") from error
