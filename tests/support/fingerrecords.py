"""Finger records of synthetic people in every compression, and ways to spoil their images."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from devices.biosdk.fingersimage import Pixels
from devices.simulator.subjects import Subject
from packet.bioattributes import FACTS
from packet.iso import FingerRecord, encode_record
from packet.iso.finger import FingerCompression
from packet.models import BioAttribute

AT = datetime(2026, 1, 1, tzinfo=UTC)
FORMATS: dict[FingerCompression, tuple[str, dict[str, object]]] = {
    FingerCompression.JPEG: ("JPEG", {"quality": 95}),
    FingerCompression.JPEG2000_LOSSY: ("JPEG2000", {"irreversible": True, "quality_mode": "rates", "quality_layers": [8]}),
    FingerCompression.JPEG2000_LOSSLESS: ("JPEG2000", {}),
    FingerCompression.PNG: ("PNG", {}),
    FingerCompression.WSQ: ("WSQ", {}),
}


@cache
def print_of(seed: int, attribute: BioAttribute, dial: float = 85, take: int = 1) -> Pixels:
    """An impression."""
    return Subject(seed).pixels(attribute, dial, take)


def encoded(pixels: Pixels, compression: FingerCompression) -> bytes:
    """The image in one of the compressions."""
    if compression is FingerCompression.NONE:
        return pixels.tobytes()
    if compression is FingerCompression.WSQ:
        import_module("wsq")  # adds itself to Pillow
    out = BytesIO()
    name, options = FORMATS[compression]
    Image.fromarray(pixels).save(out, name, **options)
    return out.getvalue()


def finger_iso(
    attribute: BioAttribute,
    pixels: Pixels,
    compression: FingerCompression = FingerCompression.NONE,
    *,
    image: bytes | None = None,
    rate: int = 500,
    units: int = 1,
) -> bytes:
    """A record; ``image`` replaces the encoded pixels."""
    height, width = pixels.shape
    record = FingerRecord(
        FACTS[attribute].iso_position,
        AT,
        width,
        height,
        encoded(pixels, compression) if image is None else image,
        compression=compression,
        scale_units=units,
        image_rate=(rate, rate),
    )
    return encode_record(record)


def blurred(pixels: Pixels, deviation_px: float) -> Pixels:
    """A Gaussian blur."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(deviation_px)), np.uint8)


def noisy(pixels: Pixels, deviation: float, seed: int = 7) -> Pixels:
    """White noise."""
    grain = np.random.default_rng(seed).normal(0, 1, pixels.shape)
    return np.clip(pixels + deviation * grain, 0, 255).astype(np.uint8)


def smudged(pixels: Pixels, part: float) -> Pixels:
    """The upper part slid along while it was taken."""
    slid = np.mean([np.roll(pixels, step, axis) for axis in (0, 1) for step in range(-9, 10, 3)], axis=0)
    rows = round(part * len(pixels))
    return np.concatenate((slid[:rows], pixels[rows:])).astype(np.uint8)


def smaller(pixels: Pixels, part: float) -> Pixels:
    """Only this part of the rows, the rest blank."""
    made = np.full_like(pixels, 244)
    rows = round(part * len(pixels))
    made[:rows] = pixels[:rows]
    return made
