"""A live view cheaply: one picture of each attribute, made once, then moved about a little from frame to frame."""

from __future__ import annotations

from math import cos, sin
from typing import Final

import numpy as np
from PIL import Image

from devices.simulator.subjects.presenter import Pixels

HEIGHT: Final = 320
_SWAY_PX: Final = 4.0
_TURN: Final = 0.02  # radians
_ZOOM: Final = 0.93  # shows a little less than the picture, so that no border comes into sight


def still(pixels: Pixels, height: int = HEIGHT) -> Image.Image:
    """A picture at the height of the view."""
    image = Image.fromarray(pixels)
    width = max(1, round(image.width * height / image.height))
    return image.resize((width, height), Image.Resampling.BILINEAR)


def moved(picture: Image.Image, frame: int, phase: float) -> Pixels:
    """The picture as it is in one frame: swaying slowly, out of step with others by the phase (radians)."""
    turn = _TURN * sin(frame / 17 + phase)
    off_x, off_y = _SWAY_PX * sin(frame / 11 + 2 * phase), _SWAY_PX * cos(frame / 13 + phase)
    a, b = _ZOOM * cos(turn), _ZOOM * sin(turn)
    x, y = picture.width / 2, picture.height / 2
    matrix = (a, b, x - a * x - b * y + off_x, -b, a, y + b * x - a * y + off_y)
    return np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))
