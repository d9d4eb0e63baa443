"""One capture of a finger: the master print pressed on a sensor once.

The finger lies turned and shifted; the skin gives way unevenly under it; pressure and moisture make ridges thick or thin, and
the contact area is an oval that is never the same twice. The quality dial scales what goes wrong: dryness or wetness, smudges,
a small contact area, blur, low contrast and noise. All random choices of a take are drawn before the dial is looked at, so a
lower score of one take is the same impression, only worse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from devices.simulator.subjects import fingermaster
from devices.simulator.subjects.fields import Plane, blur, coarse_noise, enlarge, grid, noise, sample, smooth_step, to_bytes
from devices.simulator.subjects.fingermaster import FingerBuild
from devices.simulator.subjects.presenter import Pixels

WIDTH: Final = 300
HEIGHT: Final = 440
_TURN_DEVIATION: Final = 0.07  # radians
_SHIFT_PX: Final = 9.0
_GIVE_PX: Final = 3.0


@dataclass(frozen=True, slots=True)
class Press:
    """What chance decided about one take.

    Attributes:
        give_x, give_y: how far the skin slid, in pixels, at every pixel.
        moisture: below 0 dry, above 0 wet.
        uneven: slow changes of pressure over the area, deviation 1.
        frayed: roughness of the edges of ridges, deviation 1.
        edge: roughness of the border of the contact area, deviation 1.
        grain: sensor noise, deviation 1.
    """

    turn: float
    shift_x: float
    shift_y: float
    moisture: float
    lean_x: float
    lean_y: float
    smudge_turn: float
    give_x: Plane = field(repr=False)
    give_y: Plane = field(repr=False)
    uneven: Plane = field(repr=False)
    frayed: Plane = field(repr=False)
    edge: Plane = field(repr=False)
    grain: Plane = field(repr=False)


def draw_press(rng: np.random.Generator) -> Press:
    """All random choices of one take."""
    turn, shift_x, shift_y, moisture, lean_x, lean_y = (float(v) for v in rng.normal(0, 1, 6))
    return Press(
        turn=_TURN_DEVIATION * turn,
        shift_x=_SHIFT_PX * shift_x,
        shift_y=_SHIFT_PX * shift_y,
        moisture=float(np.clip(moisture, -2, 2)),
        lean_x=lean_x,
        lean_y=lean_y,
        smudge_turn=float(rng.uniform(0, np.pi)),
        give_x=_GIVE_PX * coarse_noise(rng, HEIGHT, WIDTH, 110),
        give_y=_GIVE_PX * coarse_noise(rng, HEIGHT, WIDTH, 110),
        uneven=coarse_noise(rng, HEIGHT, WIDTH, 60),
        frayed=enlarge(noise(rng, HEIGHT // 2, WIDTH // 2), HEIGHT, WIDTH),
        edge=coarse_noise(rng, HEIGHT, WIDTH, 14),
        grain=noise(rng, HEIGHT, WIDTH),
    )


def press_finger(master: Pixels, build: FingerBuild, press: Press, score: float) -> Pixels:
    """The impression: 300 by 440 pixels at 500 per inch, dark ridges on a light ground.

    Args:
        score: the dial, 0 (hardly a print) to 100 (clean).
    """
    fault = 1 - max(0.0, min(100.0, score)) / 100
    ridges = _laid(master, press)
    inked = _inked(ridges, press, fault)
    picture = 0.955 - (0.80 - 0.40 * fault**2) * inked * _contact(build, press, fault)
    if fault > 0.02:
        picture = blur(picture, 1.9 * fault**1.3)
    grain = (0.005 + 0.033 * fault) * press.grain
    return to_bytes(picture + grain)


def _laid(master: Pixels, press: Press) -> Plane:
    """The master turned, shifted and pulled about, -1 to 1."""
    columns, rows = grid(HEIGHT, WIDTH)
    x, y = columns - WIDTH / 2, rows - HEIGHT / 2
    cosine, sine = np.float32(np.cos(press.turn)), np.float32(np.sin(press.turn))
    from_x = cosine * x - sine * y + press.give_x + np.float32(press.shift_x + fingermaster.WIDTH / 2)
    from_y = sine * x + cosine * y + press.give_y + np.float32(press.shift_y + fingermaster.HEIGHT / 2)
    return sample(master.astype(np.float32), from_x, from_y) * np.float32(2 / 255) - 1


def _inked(ridges: Plane, press: Press, fault: float) -> Plane:
    """How dark each place is, 0 to 1: thick ridges where it is wet or pressed hard, broken ones where it is dry."""
    moisture = press.moisture * (0.10 + 0.28 * fault)
    bias = np.float32(moisture) + np.float32(0.13 + 0.42 * fault) * press.uneven
    rough = np.float32(0.12 + 0.75 * fault) * press.frayed
    inked = smooth_step(ridges + bias + rough, -0.55, 0.65)
    if fault > 0.15:
        inked = _smudged(inked, press, fault)
    return inked


def _smudged(inked: Plane, press: Press, fault: float) -> Plane:
    """Patches in which the finger slid while it was down."""
    step_x, step_y = round(7 * np.cos(press.smudge_turn)), round(7 * np.sin(press.smudge_turn))
    slid = (inked + np.roll(inked, (step_y, step_x), (0, 1)) + np.roll(inked, (-step_y, -step_x), (0, 1))) * np.float32(1 / 3)
    where = smooth_step(press.edge * 0.3 - press.uneven, 2.3 - 3.0 * fault, 3.0 - 3.0 * fault)
    return inked + (slid - inked) * where


def _contact(build: FingerBuild, press: Press, fault: float) -> Plane:
    """Where skin touches: an oval, smaller and off the middle when the capture went badly."""
    columns, rows = grid(HEIGHT, WIDTH)
    size = build.size * (1 - 0.30 * fault)
    half_width, half_height = min(142.0, 132 * size), min(208.0, 198 * size)
    x = (columns - WIDTH / 2 - (4 + 22 * fault) * press.lean_x) / np.float32(half_width)
    y = (rows - HEIGHT / 2 - (5 + 30 * fault) * press.lean_y) / np.float32(half_height)
    distance = np.abs(x) ** 2.4 + np.abs(y) ** 2.4 + np.float32(0.05 + 0.08 * fault) * press.edge
    return 1 - smooth_step(distance, 0.78, 1.05)
