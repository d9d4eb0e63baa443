"""Which pattern class a finger has, and where its singular points lie.

Shares by finger follow the published tables of large ten-print collections: loops open to the little finger on two thirds of
all fingers, whorls are most frequent on thumbs and ring fingers, arches and loops towards the thumb on index fingers. The two
hands of a person mirror each other more often than chance would have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from devices.simulator.subjects.streams import stream
from packet.models import BioAttribute


class RidgeClass(StrEnum):
    """Pattern classes; left and right are the sides to which a loop opens in the image."""

    ARCH = "arch"
    TENTED_ARCH = "tented arch"
    LEFT_LOOP = "left loop"
    RIGHT_LOOP = "right loop"
    WHORL = "whorl"
    DOUBLE_LOOP = "double loop"


@dataclass(frozen=True, slots=True)
class Singularities:
    """Loop cores and deltas as (x, y) in pixels from the middle of the finger, y downwards."""

    cores: tuple[tuple[float, float], ...] = ()
    deltas: tuple[tuple[float, float], ...] = ()


_C = RidgeClass
_CLASSES: Final = (_C.RIGHT_LOOP, _C.LEFT_LOOP, _C.WHORL, _C.DOUBLE_LOOP, _C.ARCH, _C.TENTED_ARCH)
_SHARES_RIGHT: Final = {
    "Thumb": (0.49, 0.02, 0.33, 0.10, 0.04, 0.02),
    "Index": (0.34, 0.18, 0.27, 0.05, 0.08, 0.08),
    "Middle": (0.69, 0.03, 0.15, 0.03, 0.06, 0.04),
    "Ring": (0.52, 0.02, 0.40, 0.03, 0.02, 0.01),
    "Little": (0.82, 0.01, 0.12, 0.03, 0.01, 0.01),
}
_MIRRORED_SHARE: Final = 0.6
_MIRROR: Final = {_C.LEFT_LOOP: _C.RIGHT_LOOP, _C.RIGHT_LOOP: _C.LEFT_LOOP}


def finger_name(attribute: BioAttribute) -> str:
    """``Thumb``, ``Index`` .. without the hand."""
    return attribute.value.removeprefix("left").removeprefix("right")


def is_left_hand(attribute: BioAttribute) -> bool:
    """Whether the finger is one of the left hand."""
    return attribute.value.startswith("left")


def ridge_class(seed: int, attribute: BioAttribute) -> RidgeClass:
    """The class of a finger of a person."""
    name = finger_name(attribute)
    right = _draw(seed, name, "right")
    if not is_left_hand(attribute):
        return right
    is_mirrored = stream(seed, "mirrored", name).random() < _MIRRORED_SHARE
    as_right = right if is_mirrored else _draw(seed, name, "left")
    return _MIRROR.get(as_right, as_right)


def _draw(seed: int, name: str, hand: str) -> RidgeClass:
    """A class as on a right hand; some people tend to whorls on all fingers, others to loops."""
    tendency = stream(seed, "whorl tendency").lognormal(0.0, 0.6)
    shares = np.array(_SHARES_RIGHT[name])
    shares[2:4] *= tendency
    return _CLASSES[int(stream(seed, "ridge class", name, hand).choice(len(_CLASSES), p=shares / shares.sum()))]


def singularities(kind: RidgeClass, rng: np.random.Generator, scale: float) -> Singularities:
    """Places of the singular points of a finger, for fingers of this scale (1 is an adult's index)."""
    jitter = rng.uniform(-1, 1, (4, 2))

    def point(index: int, x: float, y: float, spread: float) -> tuple[float, float]:
        return (scale * (x + spread * float(jitter[index, 0])), scale * (y + spread * float(jitter[index, 1])))

    match kind:
        case RidgeClass.ARCH:
            return Singularities()
        case RidgeClass.TENTED_ARCH:
            x = 8 * float(jitter[2, 0])
            return Singularities((point(0, x, -12, 8),), (point(1, x, 82, 12),))
        case RidgeClass.LEFT_LOOP:
            return Singularities((point(0, -2, -22, 12),), (point(1, 98, 92, 16),))
        case RidgeClass.RIGHT_LOOP:
            return Singularities((point(0, 2, -22, 12),), (point(1, -98, 92, 16),))
        case RidgeClass.WHORL:
            apart = 14 + 14 * float(jitter[3, 0])
            return Singularities(
                (point(0, 0, -30 - apart, 6), point(3, 0, -26 + apart, 6)), (point(1, -108, 96, 14), point(2, 108, 96, 14))
            )
        case RidgeClass.DOUBLE_LOOP:
            side = 1 if jitter[3, 1] > 0 else -1
            return Singularities(
                (point(0, -22 * side, -52, 6), point(3, 22 * side, 14, 6)), (point(1, -108, 98, 14), point(2, 108, 98, 14))
            )
