"""Somebody with tiny pictures before the simulated devices, so that tests of the protocol need not wait for drawing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image

from devices.simulator.subjects import ImageProfile, Pixels
from packet.bioattributes import FACTS
from packet.iso import FaceRecord, FingerRecord, IrisRecord, IsoRecord
from packet.iso.face import FaceDataType
from packet.iso.fields import QualityBlock
from packet.iso.finger import FingerCompression
from packet.iso.iris import IrisImageType
from packet.models import BioAttribute

WIDTH, HEIGHT = 24, 32


@cache
def _image(mode: str, take: int, *, is_lossy: bool) -> bytes:
    out = BytesIO()
    picture = Image.linear_gradient("L").resize((WIDTH, HEIGHT)).rotate(90 * take).convert(mode)
    picture.save(out, "JPEG2000", irreversible=is_lossy)
    return out.getvalue()


class SmallPresenter:
    """Has everything but what is named as missing; each take is turned by 90 degrees."""

    def __init__(self, *missing: BioAttribute) -> None:
        self.missing = missing
        self.exceptions: list[tuple[BioAttribute, ...]] = []

    def has(self, attribute: BioAttribute) -> bool:
        return attribute not in self.missing

    def prepare(self, attributes: Collection[BioAttribute] = tuple(BioAttribute)) -> None:
        return

    def records(
        self,
        scores: Mapping[BioAttribute, float],
        take: int,
        at: datetime,
        profile: ImageProfile = ImageProfile.REGISTRATION,
        exceptions: Collection[BioAttribute] = (),
    ) -> dict[BioAttribute, IsoRecord]:
        self.exceptions.append(tuple(exceptions))
        return {attribute: _record(attribute, score, take, at, profile) for attribute, score in scores.items()}

    def preview(self, attributes: Collection[BioAttribute], frame: int) -> Pixels:
        return np.full((60, 80 * len(attributes)), frame % 256, np.uint8)


def _record(attribute: BioAttribute, score: float, take: int, at: datetime, profile: ImageProfile) -> IsoRecord:
    facts = FACTS[attribute]
    is_lossy = profile is not ImageProfile.REGISTRATION
    quality = (QualityBlock(int(score)),)
    image = _image("RGB" if facts.sbi_type == "Face" else "L", take % 2, is_lossy=is_lossy)
    match facts.sbi_type:
        case "Finger":
            finger = FingerRecord(facts.iso_position, at, WIDTH, HEIGHT, image, quality)
            return replace(finger, compression=FingerCompression.JPEG2000_LOSSY) if is_lossy else finger
        case "Iris":
            iris = IrisRecord(facts.iso_position, at, WIDTH, HEIGHT, image, quality)
            return replace(iris, image_type=IrisImageType.CROPPED_AND_MASKED) if is_lossy else iris
        case _:
            face = FaceRecord(at, WIDTH, HEIGHT, image, quality)
            return replace(face, data_type=FaceDataType.JPEG2000_LOSSY) if is_lossy else face
