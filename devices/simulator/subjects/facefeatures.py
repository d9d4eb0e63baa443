"""Eyes, brows, nostrils, mouth and beard of a drawn face."""

from __future__ import annotations

import numpy as np

from devices.simulator.subjects.canvas import Canvas
from devices.simulator.subjects.facebuild import FaceBuild
from devices.simulator.subjects.fields import Plane, smooth_step


def paint_features(canvas: Canvas, build: FaceBuild, strands: Plane) -> None:
    """All of them, onto a face that is painted already."""
    _paint_flush(canvas, build)
    if build.beard > 0:
        _paint_beard(canvas, build, strands)
    for sign in (-1, 1):
        x, y = sign * build.eye_x, build.eye_y
        with canvas.part(x - 0.26, y - 0.34, x + 0.26, y + 0.22):
            _paint_eye(canvas, build, x, y, sign)
            _paint_brow(canvas, build, x, y, sign)
    _paint_nostrils(canvas, build)
    _paint_mouth(canvas, build)


def _tinted(build: FaceBuild, red: float, green: float, blue: float) -> tuple[float, float, float]:
    return (build.skin[0] * red, build.skin[1] * green, build.skin[2] * blue)


def _paint_flush(canvas: Canvas, build: FaceBuild) -> None:
    """Redder cheeks and tip of the nose."""
    for x, y, size in ((-0.40, 0.33, 0.2), (0.40, 0.33, 0.2), (0.0, build.eye_y + build.nose_length - 0.03, 0.09)):
        with canvas.part(x - 0.45, y - 0.4, x + 0.45, y + 0.4):
            weight = canvas.glow(x, y, size, 0.8 * size)
            canvas.picture *= 1 - weight[..., None] * np.array((-0.02, 0.06, 0.06), np.float32)


def _paint_eye(canvas: Canvas, build: FaceBuild, x: float, y: float, sign: int) -> None:
    half, tall = 0.135 * build.eye_size, 0.058 * build.eye_size
    u = (canvas.x - np.float32(x)) / np.float32(half)
    arch = np.clip(1 - u * u, 0, 1)
    slant = np.float32(-0.012 * sign) * u
    upper = np.float32(y) - np.float32(tall) * arch**0.75 + slant
    lower = np.float32(y) + np.float32(0.72 * tall) * arch**0.9 + slant
    outside = np.maximum(np.maximum(upper - canvas.y, canvas.y - lower), (np.abs(u) - 1) * np.float32(half))
    opening = canvas.inside(outside.astype(np.float32))
    canvas.shade(1 - 0.20 * canvas.glow(x, y - 0.05, 0.16, 0.07))
    shadow = 0.80 + 0.2 * smooth_step(canvas.y - upper, 0.0, 0.05)
    canvas.paint((0.95 * shadow)[..., None] * np.array((1.0, 0.985, 0.97), np.float32), opening)
    _paint_iris(canvas, build, x, y - 0.004, opening)
    lash = canvas.inside((np.abs(canvas.y - upper + 0.004) - 0.011 * (0.4 + arch)).astype(np.float32)) * (np.abs(u) < 1.04)
    canvas.paint((0.06, 0.045, 0.04), 0.92 * lash.astype(np.float32))
    rim = canvas.inside((np.abs(canvas.y - lower) - 0.004).astype(np.float32)) * (np.abs(u) < 1)
    canvas.paint(_tinted(build, 0.62, 0.48, 0.44), 0.7 * rim.astype(np.float32))
    crease = canvas.y - upper + np.float32(0.036 * build.eye_size) * (0.6 + 0.4 * arch)
    line = np.exp(-((crease / np.float32(0.009)) ** 2)) * smooth_step(1.12 - np.abs(u), 0, 0.25)
    canvas.paint(_tinted(build, 0.60, 0.52, 0.50), (0.55 * line).astype(np.float32))
    if build.wrinkles > 0.4:
        bag = canvas.y - lower - np.float32(0.05) * arch - 0.012
        canvas.shade((1 - 0.16 * build.wrinkles * np.exp(-((bag / 0.012) ** 2)) * arch).astype(np.float32))


def _paint_iris(canvas: Canvas, build: FaceBuild, x: float, y: float, opening: Plane) -> None:
    radius = 0.060 * build.eye_size
    away = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y)) / np.float32(radius)
    rays = 1 + 0.10 * np.sin(23 * np.arctan2(canvas.y - np.float32(y), canvas.x - np.float32(x)))
    tone = (1.25 - 0.75 * smooth_step(away, 0.62, 1.0)) * rays
    disc = 1 - smooth_step(away, 0.93, 1.06)
    canvas.paint((np.asarray(build.eye_colour, np.float32) * tone[..., None]).astype(np.float32), disc * opening)
    canvas.paint((0.02, 0.02, 0.02), (1 - smooth_step(away, 0.38, 0.48)) * opening)
    canvas.paint((1.0, 1.0, 1.0), 0.95 * canvas.oval(x - 0.35 * radius, y - 0.35 * radius, 0.011, 0.011) * opening)


def _paint_brow(canvas: Canvas, build: FaceBuild, x: float, y: float, sign: int) -> None:
    """An arc that thins out to the side, of slanted hairs."""
    outward = (canvas.x - np.float32(x)) * sign / np.float32(0.19)
    middle = np.float32(y - 0.175) - 0.035 * (1 - outward**2) + np.float32(build.brow_tilt) * outward * 0.3 + 0.02 * outward
    half = np.float32(0.030 * build.brow_thick) * np.clip(1.0 - 0.45 * outward, 0.3, 1.3) * smooth_step(outward, -1.05, -0.55)
    edge = np.maximum(np.abs(canvas.y - middle) - half, (np.abs(outward) - 1) * 0.19)
    hairs = 0.82 + 0.18 * np.sin(95 * (canvas.x * sign + 0.9 * canvas.y))
    canvas.paint(build.hair_colour, (0.88 * canvas.inside(edge.astype(np.float32), 0.014) * hairs).astype(np.float32))


def _paint_nostrils(canvas: Canvas, build: FaceBuild) -> None:
    y = build.eye_y + build.nose_length + 0.018
    with canvas.part(-0.3, y - 0.2, 0.3, y + 0.15):
        for sign in (-1, 1):
            x = sign * 0.055 * build.nose_width
            canvas.paint(_tinted(build, 0.30, 0.22, 0.20), 0.85 * canvas.oval(x, y, 0.030 * build.nose_width, 0.013, 0.016))
            wing = canvas.glow(sign * 0.118 * build.nose_width, y - 0.025, 0.014, 0.035)
            canvas.shade((1 - 0.28 * wing).astype(np.float32))
        canvas.shade((1 - 0.16 * canvas.glow(0, y + 0.035, 0.10, 0.025)).astype(np.float32))


def _paint_mouth(canvas: Canvas, build: FaceBuild) -> None:
    """Two lips that meet in a slightly waved line."""
    y0, half, thick = 0.595, build.mouth_width, 0.044 * build.lip_thick
    with canvas.part(-0.4, y0 - 0.2, 0.4, y0 + 0.25):
        u = canvas.x / np.float32(half)
        arch = np.clip(1 - u * u, 0, 1)
        line = np.float32(y0) + 0.005 * np.cos(3 * np.pi * u) - 0.006 * u * u
        bow = 0.72 + 0.28 * np.cos(2.2 * np.pi * np.clip(np.abs(u) - 0.24, -0.24, 0.5)) - 0.22 * np.exp(-((u / 0.13) ** 2))
        top = line - np.float32(thick) * arch**0.6 * bow
        bottom = line + np.float32(1.35 * thick) * arch**0.62
        upper = canvas.inside(np.maximum(top - canvas.y, canvas.y - line).astype(np.float32), 0.008) * (np.abs(u) < 1)
        lower = canvas.inside(np.maximum(line - canvas.y, canvas.y - bottom).astype(np.float32), 0.008) * (np.abs(u) < 1)
        canvas.paint(_tinted(build, 0.74, 0.50, 0.50), 0.85 * upper.astype(np.float32))
        canvas.paint(_tinted(build, 0.88, 0.62, 0.61), 0.85 * lower.astype(np.float32))
        gloss = canvas.glow(0, y0 + 0.75 * thick, 0.55 * half, 0.4 * thick)
        canvas.shade((1 + 0.14 * gloss * lower).astype(np.float32))
        seam = np.exp(-(((canvas.y - line) / 0.0075) ** 2)) * smooth_step(1.04 - np.abs(u), 0, 0.12)
        canvas.paint(_tinted(build, 0.34, 0.20, 0.20), (0.9 * seam).astype(np.float32))
        canvas.shade((1 - 0.14 * canvas.glow(0, y0 + 2.3 * thick, 0.14, 0.03)).astype(np.float32))


def _paint_beard(canvas: Canvas, build: FaceBuild, strands: Plane) -> None:
    """Along the jaw and around the mouth; stubble if it is slight."""
    x, y = canvas.x, canvas.y
    jaw = smooth_step(np.hypot(x / np.float32(build.width * 1.02), np.clip(y, 0, 2) / 1.02), 0.66, 0.80) * smooth_step(
        y, 0.12, 0.40
    )
    around = smooth_step(-np.hypot(x / 0.33, (y - 0.64) / 0.26), -1.0, -0.82) * smooth_step(y, 0.44, 0.50)
    within = smooth_step(1.03 - np.hypot(x / np.float32(build.width * 0.93), np.clip(y, 0, 2) / 1.0), 0.0, 0.05)
    bristle = 0.85 + 0.15 * np.sin(140 * x + 60 * np.sin(2.5 * y)) * np.sin(110 * y)
    weight = np.maximum(jaw, around) * bristle * within * np.float32(0.25 + 0.65 * build.beard)
    colour = np.asarray(build.hair_colour, np.float32) * (0.85 + 0.35 * strands)[..., None]
    canvas.paint(colour.astype(np.float32), weight.astype(np.float32))
