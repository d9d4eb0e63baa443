"""Pixels of one finger, eye or face as the ISO record that a device would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

import numpy as np

from devices.simulator.subjects.encoding import (
    FINGER_PIXELS_PER_METRE,
    SYNTHETIC_COMMENT,
    lossless_jp2,
    lossy_jp2,
    wsq,
)
from devices.simulator.subjects.presenter import ImageProfile, Pixels
from packet.bioattributes import FACTS
from packet.iso import FaceRecord, FingerRecord, IrisRecord, IsoRecord
from packet.iso.face import FaceDataType, FaceTraits
from packet.iso.fields import QualityBlock
from packet.iso.finger import FingerCompression
from packet.iso.iris import CompressionHistory, IrisImageType
from packet.models import BioAttribute, Modality

_GENDER_UNKNOWN: Final = 0xFF
_FINGER_RATIO: Final = 10.0
_IRIS_RATIO: Final = 12.0
_FACE_RATIO: Final = 12.0
WSQ_RATIO_MAX: Final = 15.0
_WSQ_SIDE_MIN: Final = 160


@dataclass(frozen=True, slots=True)
class Impression:
    """One image of one presentation.

    Attributes:
        pixels: uint8, (height, width) grey, or (height, width, 3) colour for faces.
        score: quality, 0..100.
        is_synthetic: whether the file is marked as computed; if so, it may also be cropped.
        pixels_per_metre: for the file's resolution box; 0 if unknown.
    """

    attribute: BioAttribute
    pixels: Pixels = field(repr=False)
    score: float
    is_synthetic: bool = True
    pixels_per_metre: int = 0

    @property
    def comment(self) -> str:
        """What the image file says about itself."""
        return SYNTHETIC_COMMENT if self.is_synthetic else ""


def to_record(impression: Impression, at: datetime, profile: ImageProfile) -> IsoRecord:
    """The record of an impression. For ``auth`` the caller gives the pixels of an iris already masked.

    Raises:
        WsqNotInstalledError: for ``auth-wsq`` without the optional package.
    """
    match FACTS[impression.attribute].modality:
        case Modality.FINGER:
            return _finger(impression, at, profile)
        case Modality.IRIS:
            return _iris(impression, at, profile)
        case Modality.FACE | Modality.EXCEPTION_PHOTO:
            return _face(impression, at, profile)
        case _ as never:
            assert_never(never)


def _quality(impression: Impression) -> tuple[QualityBlock]:
    return (QualityBlock(max(0, min(100, int(impression.score)))),)


def _lossy(impression: Impression, ratio: float) -> bytes:
    return lossy_jp2(impression.pixels, ratio, impression.pixels_per_metre, impression.comment)


def _wsq(impression: Impression) -> tuple[Pixels, bytes]:
    """Pixels and WSQ file. The encoder's rate is fixed, and plain ground takes it beyond 15 to 1: that is cropped off."""
    pixels = impression.pixels
    image = wsq(pixels, impression.comment)
    while impression.is_synthetic and pixels.size > WSQ_RATIO_MAX * len(image) and min(pixels.shape) > _WSQ_SIDE_MIN:
        top, left = pixels.shape[0] // 20, pixels.shape[1] // 20
        pixels = np.ascontiguousarray(pixels[top:-top, left:-left])
        image = wsq(pixels, impression.comment)
    return pixels, image


def _finger(impression: Impression, at: datetime, profile: ImageProfile) -> FingerRecord:
    pixels = impression.pixels
    match profile:
        case ImageProfile.REGISTRATION:
            compression = FingerCompression.JPEG2000_LOSSLESS
            image = lossless_jp2(impression.pixels, FINGER_PIXELS_PER_METRE, impression.comment)
        case ImageProfile.AUTH:
            compression = FingerCompression.JPEG2000_LOSSY
            image = lossy_jp2(impression.pixels, _FINGER_RATIO, FINGER_PIXELS_PER_METRE, impression.comment)
        case ImageProfile.AUTH_WSQ:
            compression = FingerCompression.WSQ
            pixels, image = _wsq(impression)
    height, width = pixels.shape
    return FingerRecord(
        position=FACTS[impression.attribute].iso_position,
        captured_at=at,
        width=width,
        height=height,
        image=image,
        quality=_quality(impression),
        compression=compression,
    )


def _iris(impression: Impression, at: datetime, profile: ImageProfile) -> IrisRecord:
    is_lossless = profile is ImageProfile.REGISTRATION
    image = lossless_jp2(impression.pixels, 0, impression.comment) if is_lossless else _lossy(impression, _IRIS_RATIO)
    height, width = impression.pixels.shape[:2]
    return IrisRecord(
        eye=FACTS[impression.attribute].iso_position,
        captured_at=at,
        width=width,
        height=height,
        image=image,
        quality=_quality(impression),
        image_type=IrisImageType.CROPPED if is_lossless else IrisImageType.CROPPED_AND_MASKED,
        properties=(CompressionHistory.LOSSLESS if is_lossless else CompressionHistory.LOSSY) << 6,
    )


def _face(impression: Impression, at: datetime, profile: ImageProfile) -> FaceRecord:
    is_lossless = profile is ImageProfile.REGISTRATION
    per_metre, comment = impression.pixels_per_metre, impression.comment
    image = lossless_jp2(impression.pixels, per_metre, comment) if is_lossless else _lossy(impression, _FACE_RATIO)
    height, width = impression.pixels.shape[:2]
    return FaceRecord(
        captured_at=at,
        width=width,
        height=height,
        image=image,
        quality=_quality(impression),
        data_type=FaceDataType.JPEG2000_LOSSLESS if is_lossless else FaceDataType.JPEG2000_LOSSY,
        traits=FaceTraits(gender=_GENDER_UNKNOWN),
    )
