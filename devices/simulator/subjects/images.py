"""Encoded pictures of one synthetic person, ready for a record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from devices.simulator.subjects.face import exception_photo, face
from devices.simulator.subjects.fingerprint import fingerprint
from devices.simulator.subjects.iris import iris
from packet.bioattributes import FACTS
from packet.models import BioAttribute, Modality

MARK: Final = "SYNTHETIC"


@dataclass(frozen=True, slots=True)
class Picture:
    """A lossless JPEG 2000 file and its size in pixels."""

    data: bytes = field(repr=False)
    width: int
    height: int


@lru_cache(maxsize=64)
def picture(seed: int, attribute: BioAttribute) -> Picture:
    """The picture of one attribute of the person with this seed. Computed once, about 0.1 s each."""
    pixels = _draw(seed, attribute)
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    pen.text((4, image.height - 14), MARK, fill=(90, 90, 90) if image.mode == "RGB" else 90)
    out = BytesIO()
    image.save(out, "JPEG2000", irreversible=False, comment=f"{MARK}: computed, not a person")
    return Picture(out.getvalue(), image.width, image.height)


def _draw(seed: int, attribute: BioAttribute) -> NDArray[np.uint8]:
    modality = FACTS[attribute].modality
    is_face = modality in {Modality.FACE, Modality.EXCEPTION_PHOTO}
    rng = np.random.default_rng((seed, 99 if is_face else list(BioAttribute).index(attribute)))
    match modality:
        case Modality.FINGER:
            return fingerprint(attribute, rng)
        case Modality.IRIS:
            return iris(rng)
        case Modality.FACE:
            return face(rng)
        case Modality.EXCEPTION_PHOTO:
            return exception_photo(rng)
