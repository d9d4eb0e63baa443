"""Pixels of one finger, eye or face as the ISO record that a device would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

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


@dataclass(frozen=True, slots=True)
class Impression:
    """One image of one presentation.

    Attributes:
        pixels: uint8, (height, width) grey, or (height, width, 3) colour for faces.
        score: quality, 0..100.
        comment: what the image file says about itself.
        pixels_per_metre: for the file's resolution box; 0 if unknown.
    """

    attribute: BioAttribute
    pixels: Pixels = field(repr=False)
    score: float
    comment: str = SYNTHETIC_COMMENT
    pixels_per_metre: int = 0


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


def _finger(impression: Impression, at: datetime, profile: ImageProfile) -> FingerRecord:
    match profile:
        case ImageProfile.REGISTRATION:
            compression = FingerCompression.JPEG2000_LOSSLESS
            image = lossless_jp2(impression.pixels, FINGER_PIXELS_PER_METRE, impression.comment)
        case ImageProfile.AUTH:
            compression = FingerCompression.JPEG2000_LOSSY
            image = lossy_jp2(impression.pixels, _FINGER_RATIO, FINGER_PIXELS_PER_METRE, impression.comment)
        case ImageProfile.AUTH_WSQ:
            compression, image = FingerCompression.WSQ, wsq(impression.pixels, impression.comment)
    height, width = impression.pixels.shape[:2]
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
