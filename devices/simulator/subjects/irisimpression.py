"""One capture of an eye: the iris' texture around a pupil, between eyelids, under infrared lamps.

The image is cropped as ISO/IEC 19794-6 wants it: the iris in the middle with margins of 0.6 of its radius at the sides and 0.2
above and below. From take to take the pupil is wider or narrower, the head tilted, the gaze a little off and the lids more or
less open. The quality dial scales defocus, noise, closing lids and contrast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from devices.simulator.subjects.fields import Plane, blur, coarse_noise, grid, noise, sample, smooth_step, to_bytes
from devices.simulator.subjects.irismaster import RAYS, RINGS
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits
from packet.models import BioAttribute

WIDTH: Final = 416
HEIGHT: Final = 312
RADIUS_PX: Final = 130.0
MASKED_LID: Final = 128
MASKED_SCLERA: Final = 200
_PAD: Final = 12  # RAYS repeated on both sides of the texture, so that looking up may run over the seam


@dataclass(frozen=True, slots=True)
class EyeBuild:
    """What of an eye stays: its side, the lids' shape, how bright the iris is, where the pupil sits and where lashes grow."""

    is_left: bool
    brightness: float
    lid_arch: float
    pupil_share: float
    lash_stream: tuple[int, str]


@dataclass(frozen=True, slots=True)
class Gaze:
    """What chance decided about one take."""

    pupil_share: float
    tilt: float
    off_x: float
    off_y: float
    lid: float
    lamp_x: float
    uneven: Plane = field(repr=False)
    skin: Plane = field(repr=False)
    grain: Plane = field(repr=False)


def eye_build(seed: int, attribute: BioAttribute, traits: SubjectTraits) -> EyeBuild:
    """What of an eye stays between captures; elders have smaller pupils."""
    rng = stream(seed, "eyes")
    return EyeBuild(
        is_left=attribute is BioAttribute.LEFT_EYE,
        brightness=float(rng.uniform(0.40, 0.54)),
        lid_arch=float(rng.uniform(0.85, 1.15)),
        pupil_share=float(rng.uniform(0.34, 0.44)) * (0.82 if traits.age is AgeGroup.ELDER else 1.0),
        lash_stream=(seed, attribute.value),
    )


def draw_gaze(rng: np.random.Generator) -> Gaze:
    """All random choices of one take."""
    pupil, tilt, off_x, off_y, lid, lamp = (float(np.clip(v, -2.2, 2.2)) for v in rng.normal(0, 1, 6))
    return Gaze(
        pupil_share=0.035 * pupil,
        tilt=0.035 * tilt,
        off_x=2.0 * off_x,
        off_y=1.5 * off_y,
        lid=lid,
        lamp_x=lamp,
        uneven=coarse_noise(rng, HEIGHT, WIDTH, 120),
        skin=coarse_noise(rng, HEIGHT, WIDTH, 9),
        grain=noise(rng, HEIGHT, WIDTH),
    )


def look(texture: Pixels, build: EyeBuild, gaze: Gaze, score: float, *, is_masked: bool = False) -> Pixels:
    """The image, 416 by 312 pixels; the iris has a diameter of about 260.

    Args:
        is_masked: sclera and lids are painted over with the two fixed greys of a masked image.
    """
    fault = 1 - max(0.0, min(100.0, score)) / 100
    columns, rows = grid(HEIGHT, WIDTH)
    x, y = columns - np.float32(WIDTH / 2 + gaze.off_x), rows - np.float32(HEIGHT / 2 + gaze.off_y)
    radius = np.hypot(x, y * np.float32(1.015))
    lids = _lids_open(x, y, build, gaze, fault)
    eye = _iris(texture, x, y, radius, build, gaze)
    eye *= (1 - 0.30 * fault) * (1 + 0.05 * gaze.uneven)
    eye += 0.10 * fault
    if not is_masked:
        eye = _surrounded(eye, radius, lids, gaze)
        eye = eye * (1 - 0.75 * _lashes(build, gaze, fault))
    if fault > 0.02:
        eye = blur(eye, 3.2 * fault**1.2)
    picture = to_bytes(eye + np.float32(0.008 + 0.022 * fault) * gaze.grain)
    if is_masked:
        picture[radius > RADIUS_PX + 1] = MASKED_SCLERA
        picture[lids < 0.5] = MASKED_LID
    return picture


def _iris(texture: Pixels, x: Plane, y: Plane, radius: Plane, build: EyeBuild, gaze: Gaze) -> Plane:
    """The iris with its pupil and the lamps' reflections; the texture stretches between pupil and limbus like rubber."""
    pupil_px = np.float32(RADIUS_PX * (build.pupil_share + gaze.pupil_share))
    nasal = np.float32(4 if build.is_left else -4)
    from_pupil = np.hypot(x - nasal, y - 2)
    inner, outer = from_pupil - pupil_px, np.float32(RADIUS_PX) - radius
    depth = np.clip(inner / np.maximum(inner + outer, 1), 0, 1)
    ray = np.mod(np.arctan2(y, x) + np.float32(gaze.tilt), np.float32(2 * np.pi)) * np.float32(RAYS / (2 * np.pi))
    ring = (depth * np.float32(RINGS - 1)).astype(np.float32)
    padded = np.concatenate((texture[:, -_PAD:], texture, texture[:, :_PAD]), axis=1).astype(np.float32)
    fibres = sample(padded, ray + np.float32(_PAD), ring) * np.float32(1 / 255)
    stroma = np.float32(build.brightness) + np.float32(0.62) * (fibres - np.float32(0.5))
    eye = 0.085 + (stroma - 0.085) * smooth_step(inner, -1.5, 1.8)
    for side in (-1, 1):
        lamp = np.hypot(x - np.float32(13 * side + 3 * gaze.lamp_x), y + 11)
        eye = np.maximum(eye, 0.98 * (1 - smooth_step(lamp, 3.5, 6.5)))
    return eye


def _surrounded(eye: Plane, radius: Plane, lids: Plane, gaze: Gaze) -> Plane:
    """Sclera around the iris, and skin of the lids with its shadow over both."""
    sclera = 0.74 - 0.10 * smooth_step(radius, 170, 240) + 0.02 * gaze.uneven
    eye = eye + (sclera - eye) * smooth_step(radius, RADIUS_PX - 4, RADIUS_PX + 6)
    eye = eye * (0.72 + 0.28 * smooth_step(lids, 0.5, 1.0))
    skin = 0.66 + 0.015 * gaze.skin + 0.05 * gaze.uneven
    return eye + (skin - eye) * (1 - smooth_step(lids, 0.42, 0.52))


def _lid_lines(x: Plane, build: EyeBuild, gaze: Gaze, fault: float) -> tuple[Plane, Plane]:
    """y of the upper and of the lower lid's edge, from the middle of the iris."""
    arch = (x - np.float32(12 if build.is_left else -12)) ** 2 * np.float32(0.0016 * build.lid_arch)
    opening = 112 + 5 * gaze.lid - 85 * fault**1.6
    return arch - np.float32(opening), np.float32(132 + 3 * gaze.lid - 25 * fault**1.6) - 0.75 * arch


def _lids_open(x: Plane, y: Plane, build: EyeBuild, gaze: Gaze, fault: float) -> Plane:
    """1 where the eye is open, 0 on the lids, 0.5 on their edges, going over within 20 pixels."""
    upper, lower = _lid_lines(x, build, gaze, fault)
    inside = np.minimum(y - upper, lower - y)
    openness: Plane = np.clip(inside * np.float32(1 / 40) + np.float32(0.5), 0, 1)
    return openness


def _lashes(build: EyeBuild, gaze: Gaze, fault: float) -> Plane:
    """Hairs along the upper lid, hanging a little into the eye before they rise, and few short ones below."""
    rng = stream(build.lash_stream[0], "lashes", build.lash_stream[1])
    middle_x, middle_y = WIDTH / 2 + gaze.off_x, HEIGHT / 2 + gaze.off_y
    roots = np.sort(rng.uniform(-200, 200, 74)).astype(np.float32)
    upper, lower = _lid_lines(roots, build, gaze, fault)
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    pen = ImageDraw.Draw(image)
    for index, root in enumerate(roots):
        is_lower = index % 4 == 3
        fan = 0.8 * (float(root) / 200 + rng.normal(0, 0.15))
        length = rng.uniform(14, 22) if is_lower else rng.uniform(26, 48)
        drop = rng.uniform(8, 24) if is_lower else rng.uniform(32, 64)
        x, y = middle_x + float(root), middle_y + float((lower if is_lower else upper)[index])
        up = 1 if is_lower else -1
        line = [
            (2 * (x + fan * length * t), 2 * (y + up * (0.7 * length * t * t - drop * t * (1 - t))))
            for t in (step / 6 for step in range(7))
        ]
        darkness = int(rng.integers(110, 190) if is_lower else rng.integers(170, 255))
        pen.line(line, fill=darkness, width=2 if is_lower else 3)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    return np.asarray(small, np.float32) * np.float32(1 / 255)
