"""A head: a surface in three dimensions with nose, sockets, lips and chin, lit by a lamp (Lambert's law), with hair around it.

A small turn of the head moves every point sideways in proportion to how far it stands out, so the nose goes further than the
ears.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices.simulator.subjects.canvas import Canvas
from devices.simulator.subjects.facebuild import FaceBuild, Hair
from devices.simulator.subjects.facefeatures import paint_features
from devices.simulator.subjects.fields import Plane, coarse_noise, smooth_step


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is held and lit in one take; angles in radians."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    light_x: float = -0.3
    light: float = 1.0


def paint_behind(canvas: Canvas, build: FaceBuild, hair_rng: np.random.Generator) -> None:
    """What clothes cover: long hair and the neck."""
    if build.hair is Hair.LONG:
        _paint_long_hair(canvas, build, _strands(canvas, hair_rng))
    _paint_neck(canvas, build)


def paint_head(canvas: Canvas, build: FaceBuild, pose: Pose, hair_rng: np.random.Generator) -> None:
    """Ears, the shaded face with its features, and the hair over it."""
    upright_x, upright_y = canvas.x, canvas.y
    cosine, sine = np.float32(np.cos(pose.roll)), np.float32(np.sin(pose.roll))
    canvas.x, canvas.y = cosine * upright_x + sine * upright_y, cosine * upright_y - sine * upright_x
    strands = _strands(canvas, hair_rng)
    _paint_ears(canvas, build)
    distance = _outline(canvas, build)
    weight = canvas.inside(distance - 1, 0.014)
    bulge = np.sqrt(np.clip(1 - distance**2, 0, 1))
    head_x, head_y = canvas.x, canvas.y
    canvas.x = (head_x + np.float32(0.8 * pose.yaw) * bulge).astype(np.float32)
    canvas.y = (head_y + np.float32(0.8 * pose.pitch) * bulge).astype(np.float32)
    face = np.empty_like(canvas.picture)
    face[:] = np.asarray(build.skin, np.float32) * _light(canvas, build, pose, bulge)[..., None]
    canvas.paint(face, weight)
    paint_features(canvas, build, strands)
    canvas.x, canvas.y = head_x, head_y
    _paint_hair(canvas, build, strands, distance)
    canvas.x, canvas.y = upright_x, upright_y


def _outline(canvas: Canvas, build: FaceBuild) -> Plane:
    """1 on the outline of the face, less within; narrower at the jaw."""
    y = canvas.y
    below = np.clip(y, 0, 1)
    above = np.clip(-y, 0, 1)
    taper = 1 - (0.34 - 0.16 * np.float32(build.jaw)) * below**1.6
    half = np.float32(build.width) * taper
    power = np.float32(2.0 + 0.9 * build.jaw)
    tall = np.where(y > 0, below**power, above**2.2)
    result: Plane = np.sqrt((canvas.x / half) ** 2 + tall + 4 * np.clip(np.abs(y) - 1, 0, None)).astype(np.float32)
    return result


def _light(canvas: Canvas, build: FaceBuild, pose: Pose, bulge: Plane) -> Plane:
    """How much light each point of the face throws back."""
    height = 0.62 * bulge + _relief(canvas, build)
    slope_y, slope_x = np.gradient(height, canvas.pixel)
    lamp = np.array((pose.light_x, -0.45, 0.85))
    lamp /= np.linalg.norm(lamp)
    facing = (-slope_x * lamp[0] - slope_y * lamp[1] + lamp[2]) / np.sqrt(slope_x**2 + slope_y**2 + 1)
    light: Plane = (np.float32(pose.light) * (0.50 + 0.56 * np.clip(facing, 0, 1))).astype(np.float32)
    return light


def _relief(canvas: Canvas, build: FaceBuild) -> Plane:
    """What stands out of the egg: nose, brows, cheekbones, lips, chin; and what lies deeper: the sockets."""
    x, y = np.abs(canvas.x), canvas.y
    nose_y = np.float32(build.eye_y + build.nose_length)
    down = np.clip((y - np.float32(build.eye_y) + 0.04) / np.float32(build.nose_length + 0.04), 0, 1)
    ridge = np.exp(-((x / (np.float32(0.055 * build.nose_width) * (0.8 + 0.75 * down))) ** 2)) * down**1.3
    relief = 0.145 * ridge * (1 - smooth_step(y, nose_y - 0.01, nose_y + 0.055))
    relief += 0.055 * _bell(x, y, 0.085 * build.nose_width, nose_y - 0.02, 0.045, 0.05)
    relief -= 0.050 * _bell(x, y, build.eye_x - 0.02, build.eye_y - 0.01, 0.17, 0.10)
    relief += 0.022 * _bell(x, y, build.eye_x, build.eye_y - 0.19, 0.20, 0.06)
    relief += 0.030 * _bell(x, y, build.width * 0.64, build.eye_y + 0.27, 0.17, 0.13)
    relief += 0.030 * _bell(x, y, 0, 0.60, build.mouth_width, 0.10)
    relief += 0.035 * _bell(x, y, 0, 0.87, 0.15, 0.09)
    fold = x - np.float32(0.13) - 0.42 * np.clip(y - nose_y + 0.05, 0, 1)
    crease = np.exp(-((fold / 0.025) ** 2)) * _bell(x, y, 0.22, nose_y + 0.12, 0.2, 0.13)
    relief -= np.float32(0.004 + 0.016 * build.wrinkles) * crease
    lines = np.cos(y * np.float32(2 * np.pi / 0.085)) * _bell(x, y, 0, build.eye_y - 0.42, 0.34, 0.12)
    relief += np.float32(0.006 * build.wrinkles) * lines
    surface: Plane = relief.astype(np.float32)
    return surface


def _bell(x: Plane, y: Plane, at_x: float, at_y: float | np.float32, half_width: float, half_height: float) -> Plane:
    u, v = (x - np.float32(at_x)) / np.float32(half_width), (y - np.float32(at_y)) / np.float32(half_height)
    bell: Plane = np.exp(-(u * u + v * v))
    return bell


def _strands(canvas: Canvas, rng: np.random.Generator) -> Plane:
    """Fine lines that run away from the crown, about 1 with some deviation."""
    height, width = canvas.x.shape
    fine = coarse_noise(rng, 6, 720, 3.0)
    turn = np.arctan2(canvas.x, 1.05 + canvas.y)
    column = np.clip(((turn / (2 * np.pi) + 0.5) * 719), 0, 719).astype(np.intp)
    strands: Plane = 1 + 0.11 * fine[2].take(column) + 0.05 * coarse_noise(rng, height, width, 4)
    return strands


def _paint_hair_colour(canvas: Canvas, build: FaceBuild, strands: Plane, weight: Plane) -> None:
    gloss = 1 + 0.5 * np.exp(-(((canvas.y + 0.82 + 0.25 * canvas.x**2) / 0.12) ** 2))
    tinted = np.asarray(build.hair_colour, np.float32) * (strands * gloss)[..., None]
    canvas.paint(tinted.astype(np.float32), weight)


def _paint_long_hair(canvas: Canvas, build: FaceBuild, strands: Plane) -> None:
    half = np.float32(build.width + 0.20) + 0.05 * np.clip(canvas.y, 0, 2)
    top = np.hypot(canvas.x / half, np.minimum(canvas.y, 0) / 1.10)
    edge = np.maximum((top - 1) * 0.8, canvas.y - 1.28 + 0.25 * canvas.x**2)
    _paint_hair_colour(canvas, build, strands, canvas.inside(edge.astype(np.float32), 0.03))


def _paint_hair(canvas: Canvas, build: FaceBuild, strands: Plane, outline: Plane) -> None:
    """What lies over the skull, down to the hairline, and what shows beside the forehead."""
    thick = {Hair.SHORT: 0.07, Hair.ROUND: 0.17, Hair.LONG: 0.10, Hair.RECEDING: 0.05}[build.hair]
    line = {Hair.SHORT: -0.68, Hair.ROUND: -0.62, Hair.LONG: -0.66, Hair.RECEDING: -0.86}[build.hair]
    side = {Hair.SHORT: 0.02, Hair.ROUND: 0.20, Hair.LONG: 0.85, Hair.RECEDING: 0.0}[build.hair]
    skull = np.sqrt((canvas.x / np.float32(build.width + thick)) ** 2 + np.abs(canvas.y / np.float32(1.0 + thick)) ** 2.2)
    outside = (skull - 1) * np.float32(build.width)
    rim = np.abs(canvas.x) / np.float32(build.width)
    hairline = np.float32(line) + np.float32(0.03) * np.cos(9 * canvas.x) + np.float32(side - line) * np.clip(rim, 0, 1.2) ** 6
    ragged = 0.07 * (strands - 1)
    beside = np.maximum((1 - outline) * np.float32(build.width), canvas.y - np.float32(side))
    below = np.minimum(canvas.y - hairline + ragged, beside)
    _paint_hair_colour(
        canvas, build, strands, canvas.inside(np.maximum(outside + ragged * 0.4, below).astype(np.float32), 0.018)
    )


def _paint_ears(canvas: Canvas, build: FaceBuild) -> None:
    skin = np.asarray(build.skin, np.float32)
    for sign in (-1, 1):
        x, y = sign * (build.width + 0.015), build.eye_y + 0.10
        with canvas.part(x - 0.2, y - 0.3, x + 0.2, y + 0.3):
            canvas.paint(skin * np.float32(0.80), canvas.oval(x, y, 0.085, 0.185))
            canvas.paint(skin * np.float32(0.60), 0.8 * canvas.oval(x + sign * 0.01, y - 0.01, 0.04, 0.11, 0.03))


def _paint_neck(canvas: Canvas, build: FaceBuild) -> None:
    half = np.float32(build.width * 0.53) + 0.30 * np.clip(canvas.y - 1.05, 0, 1) ** 1.5
    edge = np.maximum(np.abs(canvas.x) - half, np.maximum(0.6 - canvas.y, canvas.y - 1.72))
    across = 1 - 0.42 * (canvas.x / half) ** 2
    under_chin = 1 - 0.50 * np.exp(-(((canvas.y - 0.90) / 0.26) ** 2))
    tinted = np.asarray(build.skin, np.float32) * (0.84 * across * under_chin)[..., None]
    canvas.paint(tinted.astype(np.float32), canvas.inside(edge.astype(np.float32), 0.015))
