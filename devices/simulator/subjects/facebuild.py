"""The measures and colours of a drawn face, out of the seed. Lengths are in units of half a head, from crown to chin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits

Colour = tuple[float, float, float]

_SKINS: Final = (
    (0.95, 0.80, 0.69),
    (0.90, 0.72, 0.58),
    (0.80, 0.60, 0.45),
    (0.66, 0.47, 0.34),
    (0.50, 0.34, 0.24),
    (0.36, 0.24, 0.17),
)
_HAIRS: Final = ((0.09, 0.07, 0.06), (0.16, 0.10, 0.07), (0.30, 0.19, 0.11), (0.48, 0.33, 0.17), (0.72, 0.58, 0.36))
_GREY_HAIR: Final = (0.66, 0.66, 0.67)
_EYES: Final = ((0.22, 0.13, 0.07), (0.33, 0.21, 0.11), (0.34, 0.36, 0.20), (0.33, 0.45, 0.56))


class Hair(StrEnum):
    """How the hair is worn."""

    SHORT = "short"
    ROUND = "round"
    LONG = "long"
    RECEDING = "receding"


@dataclass(frozen=True, slots=True)
class FaceBuild:
    """A face that stays the same from capture to capture.

    Attributes:
        width: half width of the head at the cheekbones.
        jaw: how square the jaw is, 0 pointed to 1 square.
        eye_x, eye_y: middle of an eye, to the side and down from the middle of the head.
        wrinkles: 0 to 1.
        beard: 0 none to 1 full.
    """

    skin: Colour
    hair_colour: Colour
    eye_colour: Colour
    shirt: Colour
    hair: Hair
    width: float
    jaw: float
    eye_x: float
    eye_y: float
    eye_size: float
    brow_thick: float
    brow_tilt: float
    nose_width: float
    nose_length: float
    mouth_width: float
    lip_thick: float
    wrinkles: float
    beard: float


def face_build(seed: int, traits: SubjectTraits) -> FaceBuild:
    """The face of a person."""
    rng = stream(seed, "face")
    tone = float(rng.uniform(0, len(_SKINS) - 1.001))
    dark = tone / len(_SKINS)
    is_child, is_elder = traits.age is AgeGroup.CHILD, traits.age is AgeGroup.ELDER
    hair_colour = _HAIRS[min(len(_HAIRS) - 1, int(abs(rng.normal(0, 1.6 * (1.15 - dark)))))]
    is_feminine = bool(rng.random() < 0.5)
    greyed = float(rng.uniform(0.6, 1.0))
    beard = float(rng.uniform(0.35, 1.0)) if rng.random() < 0.4 else 0.0
    styles = (Hair.LONG, Hair.ROUND, Hair.LONG) if is_feminine else (Hair.SHORT, Hair.SHORT, Hair.RECEDING)
    return FaceBuild(
        skin=_mix(_SKINS[int(tone)], _SKINS[int(tone) + 1], tone % 1),
        hair_colour=_mix(hair_colour, _GREY_HAIR, greyed) if is_elder else hair_colour,
        eye_colour=_EYES[int(rng.integers(2 if dark > 0.4 else len(_EYES)))],
        shirt=_colour(rng.uniform(0.12, 0.62, 3)),
        hair=styles[int(rng.integers(3))],
        width=float(rng.uniform(0.66, 0.74)) + (0.05 if is_child else 0.0),
        jaw=float(rng.uniform(0.15, 0.9)) * (0.5 if is_feminine or is_child else 1.0),
        eye_x=float(rng.uniform(0.285, 0.325)),
        eye_y=float(rng.uniform(-0.03, 0.03)) + (0.07 if is_child else 0.0),
        eye_size=float(rng.uniform(0.92, 1.1)) * (1.2 if is_child else 1.0),
        brow_thick=float(rng.uniform(0.7, 1.0)) * (0.65 if is_feminine or is_child else 1.15),
        brow_tilt=float(rng.normal(0, 0.05)),
        nose_width=float(rng.uniform(0.85, 1.25)) * (0.85 if is_child else 1.0),
        nose_length=float(rng.uniform(0.36, 0.43)) * (0.85 if is_child else 1.0),
        mouth_width=float(rng.uniform(0.21, 0.27)) * (0.9 if is_child else 1.0),
        lip_thick=float(rng.uniform(0.75, 1.2)) * (1.1 if is_feminine else 0.9),
        wrinkles=float(rng.uniform(0.6, 1.0)) if is_elder else 0.0 if is_child else float(rng.uniform(0.05, 0.25)),
        beard=0.0 if is_feminine or is_child else beard,
    )


def _colour(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Colour:
    return (float(values[0]), float(values[1]), float(values[2]))


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    return _colour(np.array(first) + (np.array(second) - np.array(first)) * share)
