"""One image of each attribute of a synthetic person, as an encoded file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from devices.simulator.subjects.encoding import lossless_jp2
from devices.simulator.subjects.subject import Subject
from packet.models import BioAttribute

_SCORE = 90.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A lossless JPEG 2000 file and its size in pixels."""

    data: bytes = field(repr=False)
    width: int
    height: int


@lru_cache(maxsize=64)
def picture(seed: int, attribute: BioAttribute) -> Picture:
    """The first take of one attribute of the person with this seed."""
    pixels = Subject(seed).pixels(attribute, _SCORE, take=0)
    return Picture(lossless_jp2(pixels), pixels.shape[1], pixels.shape[0])
