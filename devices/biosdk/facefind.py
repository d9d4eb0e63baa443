"""Finding faces that look at the camera, by the order of light in them (after Sinha, 1994) and without any learned model.

The picture is made smaller in steps, so that on one of them the eyes stand 16 pixels apart. On each step, sums over boxes tell
for every place at once:

1. whether both eyes with their brows are darker than the cheeks, the forehead and the bridge of the nose,
2. whether eyes and mouth hold more lines that run across than cheeks and forehead, which are smooth,
3. in colour, whether cheeks, forehead and nose have a colour that skin can have. Shares of red and green are compared, never
   brightness: they are nearly the same from the palest to the darkest skin.

The best places are then compared with their mirror image. All of this is of ratios and logarithms of light, so neither the tone
of the skin nor the exposure decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from devices.biosdk.irisimage import Pixels, Plane
from devices.biosdk.irisplane import box_mean, fitted, without_glints

EYES_PX: Final = 16
WORKING_PX: Final = 640
STEP: Final = 1.13
_SMALLEST_SHARE, _LARGEST_SHARE = 0.08, 0.42
_CANDIDATES_A_STEP: Final = 6
THRESHOLD: Final = 0.58
_GREY_SPREAD: Final = 3.0

_LEFT_EYE = (-13, -7, -3, 3)
_RIGHT_EYE = (3, -7, 13, 3)
_BRIDGE = (-2, -4, 2, 4)
_FOREHEAD = (-7, -13, 7, -8)
_LEFT_CHEEK = (-12, 5, -4, 11)
_RIGHT_CHEEK = (4, 5, 12, 11)
_NOSE = (-3, 3, 3, 10)
_MOUTH = (-6, 13, 6, 19)
"""Boxes around the middle between the eyes: left, top, right, bottom, in 16ths of the distance of the eyes."""
_REACH_X, _REACH_UP, _REACH_DOWN = 14, 14, 20


_DARK = ((1.0, 8.0, 0.0, 4.0, 1.6), (0.8, 8.0, -5.0, 5.0, 1.3), (0.5, 1.8, 11.0, 2.0, 1.0), (0.9, 0.0, 15.8, 6.0, 1.3))
"""What is dark in a face: how dark, middle to either side and down, half width and height; in units as above."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in pixels of the picture it was found in.

    Attributes:
        x, y: the middle between the eyes.
        eyes_px: their distance.
        confidence: 0 to 1; faces have more than `THRESHOLD`.
        symmetry: of the face and its mirror image, -1 to 1.
    """

    x: float
    y: float
    eyes_px: float
    confidence: float
    symmetry: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the head without its hair, by the proportions of an adult."""
        away = self.eyes_px
        return self.x - 1.15 * away, self.y - 1.6 * away, self.x + 1.15 * away, self.y + 1.6 * away

    def overlaps(self, other: Face) -> bool:
        """Whether both cannot be faces of two people."""
        near = 1.15 * max(self.eyes_px, other.eyes_px)
        return abs(self.x - other.x) < near and abs(self.y - other.y) < 1.4 * near


def find_faces(pixels: Pixels) -> list[Face]:
    """Faces in a picture (height, width, RGB), best first; none overlaps a better one."""
    small = fitted(pixels, WORKING_PX)
    factor = pixels.shape[1] / small.shape[1]
    is_grey = float(np.ptp(small[::4, ::4].astype(np.float32), axis=2).mean()) < _GREY_SPREAD
    side = min(small.shape[:2])
    found: list[Face] = []
    eyes = _LARGEST_SHARE * side
    while eyes >= max(_SMALLEST_SHARE * side, 12.0):
        found += _on_step(small, eyes, is_grey=is_grey)
        eyes /= STEP
    kept: list[Face] = []
    for one in sorted(found, key=lambda face: -face.confidence):
        if not any(one.overlaps(better) for better in kept):
            kept.append(one)
    return [Face(f.x * factor, f.y * factor, f.eyes_px * factor, f.confidence, f.symmetry) for f in kept]


def _on_step(pixels: Pixels, eyes_px: float, *, is_grey: bool) -> list[Face]:
    """The best places at which eyes may stand this far apart."""
    scale = EYES_PX / eyes_px
    height, width = (round(side * scale) for side in pixels.shape[:2])
    if height <= _REACH_UP + _REACH_DOWN or width <= 2 * _REACH_X:
        return []
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    grey = np.asarray(image.convert("L"), np.uint8)
    light: Plane = np.log(without_glints(grey, 3).astype(np.float32) + 6)
    likeness = _order_of_light(light) * _lines(np.log(grey.astype(np.float32) + 6))
    if not is_grey:
        likeness = likeness * _skin(np.asarray(image, np.float32))
    detail: Plane = np.clip(light - box_mean(light, 11), -0.5, 0.25)
    found = []
    for _ in range(_CANDIDATES_A_STEP):
        row, column = divmod(int(likeness.argmax()), likeness.shape[1])
        value = float(likeness[row, column])
        if value < THRESHOLD:
            break
        likeness[max(0, row - 8) : row + 9, max(0, column - 8) : column + 9] = 0
        symmetry = _symmetry(light[row : row + _REACH_UP + _REACH_DOWN, column : column + 2 * _REACH_X])
        drawing, row, column = _drawing(detail, row, column)
        confidence = value * float(np.interp(symmetry, (0.1, 0.5), (0.4, 1.0)) * np.interp(drawing, (0.1, 0.6), (0.0, 1.0)))
        if confidence >= THRESHOLD:
            found.append(Face((column + _REACH_X) / scale, (row + _REACH_UP) / scale, eyes_px, confidence, symmetry))
    return found


class _Boxes:
    """Means over boxes around every place at which the whole template lies within the picture."""

    def __init__(self, plane: Plane) -> None:
        self._total = np.pad(plane.astype(np.float64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def mean(self, box: tuple[int, int, int, int]) -> Plane:
        left, top, right, bottom = box
        rows = self._total.shape[0] - _REACH_UP - _REACH_DOWN
        columns = self._total.shape[1] - 2 * _REACH_X

        def corner(x: int, y: int) -> Plane:
            part: Plane = self._total[y + _REACH_UP :, x + _REACH_X :][:rows, :columns]
            return part

        total = corner(right, bottom) - corner(left, bottom) - corner(right, top) + corner(left, top)
        mean: Plane = (total / ((right - left) * (bottom - top))).astype(np.float32)
        return mean


def _order_of_light(light: Plane) -> Plane:
    """0 to 1: how well the order of light is that of a face."""
    boxes = _Boxes(light)
    left, right = boxes.mean(_LEFT_EYE), boxes.mean(_RIGHT_EYE)
    left_cheek, right_cheek = boxes.mean(_LEFT_CHEEK), boxes.mean(_RIGHT_CHEEK)
    forehead, bridge = boxes.mean(_FOREHEAD), boxes.mean(_BRIDGE)
    factors = (
        _more(left_cheek - left),
        _more(right_cheek - right),
        _more(forehead - left),
        _more(forehead - right),
        _more(bridge - np.maximum(left, right)),
        _more(bridge - 0.5 * (left + right)),
    )
    return _together(factors)


def _lines(light: Plane) -> Plane:
    """0 to 1: how far eyes and mouth stand out by lines across, and how smooth the skin between them is."""
    across = np.abs(np.diff(light, axis=0, append=light[-1:]))
    boxes = _Boxes(across)
    left, right, mouth = boxes.mean(_LEFT_EYE), boxes.mean(_RIGHT_EYE), boxes.mean(_MOUTH)
    cheeks = 0.5 * (boxes.mean(_LEFT_CHEEK) + boxes.mean(_RIGHT_CHEEK))
    plain = 0.5 * (cheeks + boxes.mean(_FOREHEAD)) + 0.01
    factors = (
        _ratio(left / plain),
        _ratio(right / plain),
        _ratio(mouth / plain),
        _ratio((1.6 * np.minimum(left, right) / (np.maximum(left, right) + 1e-6)).astype(np.float32)),
        np.clip((0.14 - plain) / 0.06, 0, 1).astype(np.float32),
    )
    return _together(factors)


def _skin(colours: Plane) -> Plane:
    """0 to 1: share of cheeks, forehead and nose whose colour skin can have, and how alike their colours are."""
    total = colours.sum(axis=2) + 6
    red, green = (colours[:, :, 0] + 2) / total, (colours[:, :, 1] + 2) / total
    possible = (red > 0.35) & (red < 0.62) & (green > 0.22) & (green < 0.375) & (red > green + 0.01)
    boxes, reds, greens = _Boxes(possible.astype(np.float32)), _Boxes(red), _Boxes(green)
    places = (_LEFT_CHEEK, _RIGHT_CHEEK, _FOREHEAD, _NOSE)
    share = np.mean([boxes.mean(place) for place in places], axis=0)
    spread = np.ptp([reds.mean(place) for place in places], axis=0) + np.ptp([greens.mean(place) for place in places], axis=0)
    fit = np.clip((share - 0.3) / 0.5, 0, 1) * np.clip((0.20 - spread) / 0.10, 0, 1)
    skin: Plane = fit.astype(np.float32)
    return skin


def _symmetry(light: Plane) -> float:
    """Correlation of a face with its mirror image, at the best of three middles; light from one side is levelled."""
    best = -1.0
    for shift in (0, 1, 2):
        part = light[:, shift : light.shape[1] - 2 + shift]
        level = part - part.mean(axis=0, keepdims=True)
        mirrored = level[:, ::-1]
        best = max(best, float((level * mirrored).sum() / ((level * level).sum() + 1e-6)))
    return best


def _drawn() -> Plane:
    """The lines of a face: brows, eyes, nostrils and mouth, dark on light; mean 0, length 1."""
    y, x = np.mgrid[-_REACH_UP:_REACH_DOWN, -_REACH_X:_REACH_X].astype(np.float32) + np.float32(0.5)
    away = np.abs(x)
    plane = np.zeros_like(x)
    for weight, middle_x, middle_y, half_x, half_y in _DARK:
        plane -= weight * np.exp(-(np.abs((away - middle_x) / half_x) ** 3) - ((y - middle_y) / half_y) ** 2)
    plane -= plane.mean()
    drawn: Plane = plane / np.sqrt((plane * plane).sum())
    return drawn


def _drawing(detail: Plane, row: int, column: int) -> tuple[float, int, int]:
    """Correlation with `_DRAWN` at the best place near the given one, and that place."""
    best = (-1.0, row, column)
    rows, columns = detail.shape[0] - _DRAWN.shape[0] + 1, detail.shape[1] - _DRAWN.shape[1] + 1
    for at in range(max(0, row - 4), min(rows, row + 5)):
        for across in range(max(0, column - 2), min(columns, column + 3)):
            part = detail[at : at + _DRAWN.shape[0], across : across + _DRAWN.shape[1]]
            part = part - part.mean()
            best = max(best, (float((part * _DRAWN).sum() / (np.sqrt((part * part).sum()) + 0.5)), at, across))
    return best


def _more(difference: Plane) -> Plane:
    """From 0 for darker to 1 for lighter by a fifth, in logarithms of light."""
    share: Plane = np.clip((difference + 0.02) / 0.16, 0, 1).astype(np.float32)
    return share


def _ratio(quotient: Plane) -> Plane:
    share: Plane = np.clip((quotient - 0.8) / 0.9, 0, 1).astype(np.float32)
    return share


def _together(factors: tuple[Plane, ...]) -> Plane:
    """Geometric mean: none may be missing."""
    product: Plane = np.prod(factors, axis=0) ** np.float32(1 / len(factors))
    return product


_DRAWN: Final = _drawn()
