"""The image in a face record as pixels; call it in a worker process, since the decoders are C code."""

from __future__ import annotations

from typing import Final

import numpy as np

from devices.biosdk.errors import BioImageUnusableError, BioRecordUnusableError
from devices.biosdk.irisimage import Pixels, decode
from packet.iso import IsoRecordError, face
from packet.models import BioAttribute

SIDE_MIN_PX: Final = 120
SIDE_MAX_PX: Final = 4096
PIXELS_MAX: Final = 8_000_000
"""Bounds the memory that a picture takes: 24 MB decoded."""
_GREY_8_BIT: Final = 3
_DECODERS: Final = {
    face.FaceDataType.JPEG: "JPEG",
    face.FaceDataType.JPEG2000_LOSSY: "JPEG2000",
    face.FaceDataType.JPEG2000_LOSSLESS: "JPEG2000",
    face.FaceDataType.PNG: "PNG",
}


def face_pixels(attribute: BioAttribute, iso: bytes) -> Pixels:
    """The picture of a face record: height, width, RGB; a grey one (colour space 3) has three equal planes.

    Raises:
        BioRecordUnusableError: if it is no face record.
        BioImageUnusableError: if its image cannot be decoded or its size is out of bounds.
    """
    name = attribute.value
    try:
        record = face.parse(iso)
    except IsoRecordError as error:
        raise BioRecordUnusableError(attribute=name, why="it is not a well-formed face record") from error
    width, height = record.width, record.height
    if not (SIDE_MIN_PX <= width <= SIDE_MAX_PX and SIDE_MIN_PX <= height <= SIDE_MAX_PX):
        raise BioImageUnusableError(attribute=name, why=f"it is not {SIDE_MIN_PX} to {SIDE_MAX_PX} pixels wide and high")
    if width * height > PIXELS_MAX:
        raise BioImageUnusableError(attribute=name, why=f"it has more than {PIXELS_MAX} pixels")
    mode = "L" if record.colour_space == _GREY_8_BIT else "RGB"
    pixels = decode(attribute, record.image, _DECODERS[face.FaceDataType(record.data_type)], (width, height), mode)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
