"""Portraits and exception photos: how a drawn person looks in front of a camera in one take.

A portrait is 350 by 450 pixels (35 by 45 mm at 10 pixels a millimetre): the head takes three quarters of the height before a
plain light ground. An exception photo is 600 by 400 pixels (60 by 40 mm): to the waist, both hands beside the face, palms to
the camera; fingers that are missing are not drawn. The quality dial scales blur, noise, poor light and how far the head is
turned.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from devices.simulator.subjects.body import paint_body, paint_hands, paint_shoulders
from devices.simulator.subjects.canvas import Canvas
from devices.simulator.subjects.encoding import MARK
from devices.simulator.subjects.facebuild import FaceBuild
from devices.simulator.subjects.facehead import Pose, paint_behind, paint_head
from devices.simulator.subjects.fields import noise
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.streams import stream
from packet.models import BioAttribute

WIDTH: Final = 350
HEIGHT: Final = 450
PHOTO_WIDTH: Final = 600
PHOTO_HEIGHT: Final = 400
PIXELS_PER_METRE: Final = 10_000
_GROUND: Final = (0.87, 0.89, 0.91)
_MARK_GREY: Final = (128, 128, 128)


def portrait(build: FaceBuild, chance: np.random.Generator, hair: tuple[int, str], score: float) -> Pixels:
    """A face: uint8, 450 by 350 by RGB.

    Args:
        chance: stream of the take.
        hair: seed and name of the person's stream for the strands.
        score: the dial, 0 to 100.
    """
    fault = _fault(score)
    pose, off_x, off_y, size = _pose(chance, fault)
    canvas = Canvas(HEIGHT, WIDTH, (WIDTH / 2 + off_x, HEIGHT * 0.475 + off_y), HEIGHT * 0.36 * size, _GROUND)
    paint_behind(canvas, build, stream(*hair))
    paint_shoulders(canvas, build)
    paint_head(canvas, build, pose, stream(*hair))
    return _developed(canvas, chance, fault)


def exception_photo(
    build: FaceBuild,
    chance: np.random.Generator,
    hair: tuple[int, str],
    score: float,
    missing: Collection[BioAttribute],
) -> Pixels:
    """Face and hands: uint8, 400 by 600 by RGB; arguments as for `portrait`."""
    fault = _fault(score)
    pose, off_x, off_y, size = _pose(chance, fault)
    middle = (PHOTO_WIDTH / 2 + 0.5 * off_x, PHOTO_HEIGHT * 0.29 + 0.5 * off_y)
    canvas = Canvas(PHOTO_HEIGHT, PHOTO_WIDTH, middle, PHOTO_HEIGHT * 0.21 * size, _GROUND)
    paint_behind(canvas, build, stream(*hair))
    paint_body(canvas, build)
    paint_head(canvas, build, pose, stream(*hair))
    paint_hands(canvas, build, missing)
    return _developed(canvas, chance, fault)


def _fault(score: float) -> float:
    return 1 - max(0.0, min(100.0, score)) / 100


def _pose(chance: np.random.Generator, fault: float) -> tuple[Pose, float, float, float]:
    """Pose and light, then place (pixels) and size of the head."""
    yaw, pitch, roll, light_x, light, off_x, off_y, size = (float(np.clip(v, -2.2, 2.2)) for v in chance.normal(0, 1, 8))
    much = 1 + 3 * fault
    pose = Pose(
        yaw=0.035 * much * yaw,
        pitch=0.025 * much * pitch,
        roll=0.014 * much * roll,
        light_x=-0.25 + 0.16 * much * light_x,
        light=1 + 0.02 * light - 0.42 * fault**1.5,
    )
    return pose, 3 * off_x, 3 * off_y, 1 + 0.012 * size


def _developed(canvas: Canvas, chance: np.random.Generator, fault: float) -> Pixels:
    height, width = canvas.picture.shape[:2]
    if fault > 0.02:
        sharp = Image.fromarray(np.clip(canvas.picture * 255 + 0.5, 0, 255).astype(np.uint8))
        values = np.asarray(sharp.filter(ImageFilter.GaussianBlur(4.5 * fault**1.2)), np.float32)
    else:
        values = canvas.picture * 255
    grain = np.float32(1.2 + 3.8 * fault) * noise(chance, height, width)
    developed = Image.fromarray(np.clip(values + grain[..., None] + 0.5, 0, 255).astype(np.uint8))
    ImageDraw.Draw(developed).text((5, height - 14), MARK, fill=_MARK_GREY)
    return np.asarray(developed)
