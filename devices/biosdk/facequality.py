"""Quality of a picture of one face by arithmetic alone. Not that of ISO/IEC 29794-5.

Factors of 0 to 1 with weights as powers, so that none can make up for another: sharpness, noise, exposure, contrast, size,
place, symmetry, evenness of the ground. Exposure looks at the brightest parts of the face and at what is clipped, never at the
mean, since that is the tone of the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from PIL import Image

from devices.biosdk.facefind import Face, find_faces
from devices.biosdk.irisimage import Pixels, Plane
from devices.biosdk.irisplane import smoothed
from devices.biosdk.irisquality import noise_level

ALGORITHM: Final = "Sealdesk face clarity 1"
_FACE_PX: Final = 60
"""Distance of the eyes at which a face is measured."""
_CUT_SHARE: Final = 0.12
_OFF_SHARE: Final = 0.25
_WEIGHTS: Final = (1.0, 1.0, 1.0, 0.7, 0.7, 0.5, 0.4, 0.3)
_BEST: Final = 0.90


class Finding(IntEnum):
    """What a picture shows."""

    FOUND = 0
    NO_FACE = 1
    SEVERAL_FACES = 2
    CUT_OFF = 3
    OFF_CENTRE = 4


@dataclass(frozen=True, slots=True)
class FaceReport:
    """A score of 0 to 100, which is 0 unless exactly one whole face was found near the middle, and why.

    Attributes:
        box: left, top, right, bottom of the best face in pixels; may reach beyond the picture; zeros without a face.
        confidence: of the detection, 0 to 1.
    """

    value: float
    finding: Finding
    confidence: float
    box: tuple[float, float, float, float]


def assess(pixels: Pixels, *, is_portrait: bool) -> FaceReport:
    """What a picture (height, width, RGB) shows. In a photo of face and hands the face may be small and high."""
    faces = find_faces(pixels)
    if not faces:
        return FaceReport(0.0, Finding.NO_FACE, 0.0, (0.0, 0.0, 0.0, 0.0))
    best = faces[0]
    finding = _finding(pixels, faces)
    value = _clarity(pixels, best, is_portrait=is_portrait) if finding is Finding.FOUND else 0.0
    return FaceReport(value, finding, best.confidence, best.box)


def _finding(pixels: Pixels, faces: list[Face]) -> Finding:
    height, width = pixels.shape[:2]
    if len(faces) > 1:
        return Finding.SEVERAL_FACES
    left, top, right, bottom = faces[0].box
    beyond = max(-left, right - width, 0) / (right - left), max(-top, bottom - height, 0) / (bottom - top)
    if max(beyond) > _CUT_SHARE:
        return Finding.CUT_OFF
    return Finding.OFF_CENTRE if abs(faces[0].x / width - 0.5) > _OFF_SHARE else Finding.FOUND


def _clarity(pixels: Pixels, face: Face, *, is_portrait: bool) -> float:
    height, width = pixels.shape[:2]
    left, top, right, bottom = face.box
    inside = pixels[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1]
    noise = noise_level(np.asarray(Image.fromarray(inside).convert("L")))
    scale = _FACE_PX / face.eyes_px
    size = (max(8, round(inside.shape[1] * scale)), max(8, round(inside.shape[0] * scale)))
    grey = np.asarray(Image.fromarray(inside).convert("L").resize(size, Image.Resampling.BILINEAR), np.uint8)
    enough = 64.0 if is_portrait else 34.0
    off = abs(face.x / width - 0.5) + (max(0.0, abs(face.y / height - 0.45) - 0.05) if is_portrait else 0.0)
    factors = (
        _sharpness(grey, noise),
        1 / (1 + (max(0.0, noise - 3.0) / 12.0) ** 2),
        _exposure(grey),
        _contrast(grey),
        float(np.interp(face.eyes_px, (0.25 * enough, enough), (0.2, 1.0))),
        float(np.interp(off, (0.06, 0.35), (1.0, 0.3))),
        float(np.interp(face.symmetry, (0.1, 0.6), (0.4, 1.0))),
        _ground(pixels, face),
    )
    product = float(np.exp(sum(weight * np.log(max(factor, 1e-6)) for weight, factor in zip(_WEIGHTS, factors, strict=True))))
    return float(np.clip(100 * product / _BEST, 0, 100))


def _sharpness(grey: Pixels, noise: float) -> float:
    """Share of fine lines among all lines of a face, without what noise brings to them."""
    plane = grey.astype(np.float32)
    fine = plane - smoothed(grey, 1.2)
    coarse = smoothed(grey, 1.2) - smoothed(grey, 6.0)
    rows, columns = slice(grey.shape[0] // 5, -grey.shape[0] // 8), slice(grey.shape[1] // 6, -grey.shape[1] // 6)
    strength = float(np.sqrt(max(0.0, float((fine[rows, columns] ** 2).mean()) - 0.45 * noise**2)))
    share = strength / (float(coarse[rows, columns].std()) + 1.0)
    return float(np.interp(share, (0.02, 0.45), (0.02, 1.0)))


def _exposure(grey: Pixels) -> float:
    """1 for a face whose brightest parts are bright and hardly clipped."""
    bright = float(np.percentile(smoothed(grey, 1.5), 97))
    clipped = float((grey > 252).mean() + (grey < 3).mean())
    return float(np.interp(bright, (10, 105), (0.02, 1.0)) * np.interp(clipped, (0.1, 0.6), (1.0, 0.2)))


def _contrast(grey: Pixels) -> float:
    low, high = np.percentile(smoothed(grey, 1.5), (3, 97))
    return float(np.interp(high - low, (5, 85), (0.05, 1.0)))


def _ground(pixels: Pixels, face: Face) -> float:
    """1 for an even ground: what is seen at both sides of the picture, above the eyes."""
    height, width = pixels.shape[:2]
    rows, strip = max(8, min(height, int(face.y))), max(4, width // 16)
    sides = np.concatenate((pixels[:rows, :strip], pixels[:rows, -strip:]), axis=1)
    plane: Plane = np.asarray(Image.fromarray(sides).resize((8, 24), Image.Resampling.BOX).convert("L"), np.float32)
    return float(np.interp(plane.std(), (6, 60), (1.0, 0.4)))
