"""Shoulders, arms and hands of a drawn person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from devices.simulator.subjects.canvas import Canvas
from devices.simulator.subjects.facebuild import Colour, FaceBuild
from devices.simulator.subjects.fields import Plane
from packet.models import BioAttribute

_FINGERS: Final = (
    ("Index", 0.20, 0.56, 0.070, -0.07),
    ("Middle", 0.07, 0.63, 0.074, -0.02),
    ("Ring", -0.07, 0.58, 0.070, 0.03),
    ("Little", -0.20, 0.45, 0.060, 0.10),
)
"""Name, root towards the thumb, length, half width, lean away from the thumb."""
_HAND_X: Final = 2.05
_PALM_Y: Final = 0.62
_STUMP: Final = 0.10


def paint_shoulders(canvas: Canvas, build: FaceBuild) -> None:
    """A shirt with a round neckline, up to the lower edge."""
    _paint_torso(canvas, build, reach=1.25)


def paint_body(canvas: Canvas, build: FaceBuild) -> None:
    """A shirt to the waist, with upper arms and raised forearms."""
    _paint_torso(canvas, build, reach=1.42)
    for sign in (-1, 1):
        shoulder, elbow, wrist = (sign * 1.36, 1.98), (sign * 2.0, 3.15), (sign * _HAND_X, 1.42)
        _paint_limb(canvas, build.shirt, shoulder, elbow, 0.34)
        _paint_limb(canvas, build.shirt, elbow, wrist, 0.26)


def _paint_torso(canvas: Canvas, build: FaceBuild, reach: float) -> None:
    x, y = np.abs(canvas.x), canvas.y
    top = 1.20 + 0.34 * (x / np.float32(reach)) ** 2 + 1.1 * np.clip(x - np.float32(reach - 0.30), 0, None) ** 2
    edge = np.maximum(top - y, x - np.float32(reach + 0.12) - 0.1 * np.clip(3 - y, 0, 2))
    neckline = np.hypot(canvas.x / 0.45, (y - 1.12) / 0.42) - 1
    light = 0.98 - 0.22 * (x / np.float32(reach + 0.2)) ** 2 + 0.06 * np.cos(7 * canvas.x + 2.5 * y) * np.clip(y - 1.4, 0, 0.6)
    cloth = (np.asarray(build.shirt, np.float32) * light[..., None]).astype(np.float32)
    canvas.paint(cloth, canvas.inside(np.maximum(edge, -0.4 * neckline).astype(np.float32)))
    seam = np.exp(-((neckline / 0.035) ** 2)) * (y > top)
    canvas.shade((1 - 0.30 * seam).astype(np.float32))


def _paint_limb(canvas: Canvas, colour: Colour, start: tuple[float, float], end: tuple[float, float], radius: float) -> None:
    with canvas.part(
        min(start[0], end[0]) - radius - 0.1,
        min(start[1], end[1]) - radius - 0.1,
        max(start[0], end[0]) + radius + 0.1,
        max(start[1], end[1]) + radius + 0.1,
    ):
        _paint_round(canvas, colour, canvas.capsule(start, end), radius)


def _paint_round(canvas: Canvas, colour: Colour, distance: Plane, radius: float) -> None:
    """A rounded body: lighter along its middle, darker to its sides, with a fine dark outline."""
    depth = np.clip(distance / np.float32(radius), 0, 1)
    light = 1.0 - 0.34 * depth**3
    canvas.paint(
        (np.asarray(colour, np.float32) * light[..., None]).astype(np.float32), canvas.inside(distance - np.float32(radius))
    )


def paint_hands(canvas: Canvas, build: FaceBuild, missing: Collection[BioAttribute]) -> None:
    """Both hands with the palms to the camera: the right one on the left side of the picture, thumbs towards the face."""
    for hand, sign in (("right", -1), ("left", 1)):
        _paint_hand(canvas, build, sign, frozenset(a.value.removeprefix(hand) for a in missing if a.value.startswith(hand)))


def _paint_hand(canvas: Canvas, build: FaceBuild, sign: int, missing: frozenset[str]) -> None:
    x0 = sign * _HAND_X
    palm: Colour = (min(1.0, build.skin[0] * 1.04), build.skin[1] * 0.99, build.skin[2] * 0.98)
    _paint_limb(canvas, build.skin, (x0, 1.42), (x0, 1.05), 0.19)
    for name, towards, length, half, lean in _FINGERS:
        root = (x0 - sign * towards, _PALM_Y - 0.26 + (0.06 if name == "Little" else 0.0))
        reach = _STUMP if name in missing else length
        tip = (root[0] + sign * lean * reach / length, root[1] - reach)
        _paint_limb(canvas, palm, root, tip, half)
        if name not in missing:
            _paint_joints(canvas, root, tip, half)
    thumb_root = (x0 - sign * 0.22, _PALM_Y + 0.18)
    far = 0.25 if "Thumb" in missing else 1.0
    _paint_limb(canvas, palm, thumb_root, (thumb_root[0] - sign * 0.30 * far, thumb_root[1] - 0.36 * far), 0.085)
    with canvas.part(x0 - 0.6, _PALM_Y - 0.6, x0 + 0.6, _PALM_Y + 0.7):
        u, v = np.abs(canvas.x - np.float32(x0)) / 0.285, np.abs(canvas.y - np.float32(_PALM_Y + 0.07)) / 0.40
        _paint_round(canvas, palm, ((u**3.2 + v**3.2) ** (1 / 3.2)).astype(np.float32) * np.float32(0.29), 0.29)
        for bend, height in ((0.10, -0.10), (0.16, 0.03)):
            line = canvas.y - np.float32(_PALM_Y + height) + np.float32(bend * sign) * (canvas.x - np.float32(x0)) * 3
            crease = np.exp(-((line / 0.010) ** 2)) * np.exp(-(((canvas.x - np.float32(x0)) / 0.2) ** 4))
            canvas.shade((1 - 0.20 * crease).astype(np.float32))


def _paint_joints(canvas: Canvas, root: tuple[float, float], tip: tuple[float, float], half: float) -> None:
    """Fine lines across a finger."""
    for share in (0.38, 0.70):
        x, y = root[0] + share * (tip[0] - root[0]), root[1] + share * (tip[1] - root[1])
        with canvas.part(x - half, y - 0.05, x + half, y + 0.05):
            line = np.exp(-(((canvas.y - np.float32(y)) / 0.009) ** 2)) * (np.abs(canvas.x - np.float32(x)) < half * 0.85)
            canvas.shade((1 - 0.18 * line).astype(np.float32))
