"""Synthetic fingers: ridges as skin has them, one person's fingers, and impressions that worsen as the dial is turned down."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from PIL import Image

from devices.simulator.subjects.fields import Plane, blur
from devices.simulator.subjects.fingerimpression import draw_press, press_finger
from devices.simulator.subjects.fingermaster import finger_build, grow_finger
from devices.simulator.subjects.presenter import Pixels
from devices.simulator.subjects.ridgeclass import RidgeClass, ridge_class
from devices.simulator.subjects.ridgeflow import ridge_flow
from devices.simulator.subjects.ridgegrowth import grow_ridges
from devices.simulator.subjects.streams import stream
from devices.simulator.subjects.traits import AgeGroup, SubjectTraits
from packet.bioattributes import FINGERS
from packet.models import BioAttribute

A = BioAttribute
ADULT = SubjectTraits()
KEYS = [(seed, finger) for seed in (1, 2) for finger in (A.LEFT_INDEX, A.RIGHT_MIDDLE)]


@cache
def grown(seed: int, finger: BioAttribute, traits: SubjectTraits = ADULT) -> Pixels:
    return grow_finger(seed, finger, traits)


def impression(seed: int, finger: BioAttribute, take: int, score: float, traits: SubjectTraits = ADULT) -> Pixels:
    return press_finger(
        grown(seed, finger, traits), finger_build(seed, finger, traits), draw_press(stream(seed, finger.value, take)), score
    )


def tensor(pixels: Pixels) -> tuple[Plane, Plane, Plane]:
    """Smoothed gradient tensor: cosine part, sine part and energy."""
    padded = np.pad(pixels.astype(np.float32), 1, mode="edge")
    dx: Plane = 0.5 * (padded[1:-1, 2:] - padded[1:-1, :-2])
    dy: Plane = 0.5 * (padded[2:, 1:-1] - padded[:-2, 1:-1])
    return blur(dx * dx - dy * dy, 8), blur(2 * dx * dy, 8), blur(dx * dx + dy * dy, 8)


def clarity(pixels: Pixels) -> float:
    """How much ridge flow there is: coherence of the gradient weighted with its strength, over the whole image."""
    cosine, sine, energy = tensor(pixels)
    return float((np.hypot(cosine, sine) / (energy + 40) * np.sqrt(np.clip(energy, 0, None))).mean())


def alignment(first: Pixels, second: Pixels, reach: int = 24) -> float:
    """The best correlation of the two flow fields over shifts: 1 is the same flow of ridges at every place."""
    fields = []
    for pixels in (first, second):
        cosine, sine, energy = (part[::4, ::4] for part in tensor(pixels))
        fields.append((cosine + 1j * sine) / (energy + 40))
    one, two = fields
    span = reach // 4
    core = one[span:-span, span:-span]
    best = 0.0
    for down in range(2 * span + 1):
        for along in range(2 * span + 1):
            other = two[down : down + core.shape[0], along : along + core.shape[1]]
            norm = np.sqrt((np.abs(core) ** 2).sum() * (np.abs(other) ** 2).sum())
            best = max(best, float((core * other.conj()).real.sum() / norm))
    return best


def likeness(first: Pixels, second: Pixels) -> float:
    """How well patches of seven ridges are found again nearby, for the turn at which most are: 1 is the same ridges."""
    patches = [(row, column) for row in (120, 188, 256) for column in (70, 118, 166)]
    best = 0.0
    for turn in range(-12, 13, 2):
        turned = np.asarray(Image.fromarray(second).rotate(turn, Image.Resampling.BILINEAR), np.float32)
        found = [found_again(first.astype(np.float32), turned, row, column) for row, column in patches]
        best = max(best, float(np.median(found)))
    return best


def found_again(first: Plane, second: Plane, row: int, column: int, side: int = 64, reach: int = 32) -> float:
    """The greatest correlation of a patch of the first image with any place near it in the second."""
    patch = first[row : row + side, column : column + side]
    patch = patch - patch.mean()
    area = second[row - reach : row + side + reach, column - reach : column + side + reach]
    shape = area.shape
    spectrum = np.fft.rfft2(area)
    products = np.fft.irfft2(spectrum * np.fft.rfft2(patch, shape).conj(), shape)
    ones = np.fft.rfft2(np.ones((side, side), np.float32), shape).conj()
    sums = np.fft.irfft2(spectrum * ones, shape)
    squares = np.fft.irfft2(np.fft.rfft2(area * area) * ones, shape)
    spread = np.sqrt(np.clip(squares - sums * sums / side**2, 1, None) * (patch * patch).sum())
    inner = (slice(0, 2 * reach), slice(0, 2 * reach))
    return float((products[inner] / spread[inner]).max())


def thinned(ridges: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """One-pixel lines of a binary picture (Zhang and Suen's rules)."""
    image = np.pad(ridges, 1).astype(np.uint8)
    while True:
        before = int(image.sum())
        for step in (0, 1):
            around = neighbours(image)
            count = sum(around)
            changes = sum((around[k] == 0) & (around[(k + 1) % 8] == 1) for k in range(8))
            north, east, south, west = around[0], around[2], around[4], around[6]
            if step == 0:
                free = (north * east * south == 0) & (east * south * west == 0)
            else:
                free = (north * east * west == 0) & (north * south * west == 0)
            goes = (image[1:-1, 1:-1] == 1) & (count >= 2) & (count <= 6) & (changes == 1) & free
            image[1:-1, 1:-1][goes] = 0
        if int(image.sum()) == before:
            return image[1:-1, 1:-1].astype(bool)


def neighbours(image: Pixels) -> list[Pixels]:
    """The eight neighbours of every inner pixel, clockwise from above."""
    height, width = image.shape
    offsets = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    return [image[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx] for dy, dx in offsets]


def minutiae(master: Pixels) -> tuple[int, int]:
    """Number of ridge endings and of forks in the middle of a master."""
    lines = thinned(blur(master.astype(np.float32), 1.2)[70:-70, 60:-60] > 128).astype(np.uint8)
    around = [part.astype(np.int8) for part in neighbours(lines)]
    crossing = sum(np.abs(around[k] - around[(k + 1) % 8]) for k in range(8)) // 2
    inner = lines[1:-1, 1:-1] == 1
    inner[:8], inner[-8:], inner[:, :8], inner[:, -8:] = False, False, False, False
    return int(((crossing == 1) & inner).sum()), int(((crossing >= 3) & inner).sum())


def test_the_same_seed_grows_the_same_finger() -> None:
    again = grow_finger(1, A.LEFT_INDEX, ADULT)
    assert np.array_equal(again, grown(1, A.LEFT_INDEX))
    assert not np.array_equal(grown(2, A.LEFT_INDEX), again)


def test_a_take_is_repeatable_and_another_take_is_another_impression() -> None:
    first = impression(1, A.LEFT_INDEX, 0, 80)
    assert np.array_equal(first, impression(1, A.LEFT_INDEX, 0, 80))
    other = impression(1, A.LEFT_INDEX, 1, 80)
    assert float(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.9


@pytest.mark.parametrize("take", range(3))
def test_quality_falls_with_the_dial(take: int) -> None:
    measured = [clarity(impression(1, A.LEFT_INDEX, take, score)) for score in (100, 85, 70, 55, 40, 25, 10, 0)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 2 * measured[-1]


def test_impressions_of_one_finger_are_more_alike_than_those_of_two() -> None:
    of_one = [likeness(impression(*key, 0, 85), impression(*key, 1, 70)) for key in KEYS]
    of_two = [
        likeness(impression(*first, 0, 85), impression(*second, 1, 70)) for first in KEYS for second in KEYS if first < second
    ]
    assert min(of_one) > max(of_two) + 0.05


@pytest.mark.parametrize("key", KEYS)
def test_ridges_end_and_fork_as_often_as_on_fingers(key: tuple[int, BioAttribute]) -> None:
    endings, forks = minutiae(grown(*key))
    assert endings >= 8
    assert forks >= 4
    assert 20 <= endings + forks <= 160


def ridge_period(master: Pixels) -> float:
    """Pixels from ridge to ridge: where the spectrum of the middle has its mean radius."""
    middle = master[170:370, 100:300].astype(np.float32)
    window = np.hanning(200)[:, None] * np.hanning(200)
    power = np.abs(np.fft.fft2((middle - middle.mean()) * window)) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(200), np.fft.fftfreq(200)))
    band = (radius > 1 / 16) & (radius < 1 / 4)
    return float(power[band].sum() / (power[band] * radius[band]).sum())


def test_children_have_finer_ridges_and_smaller_fingers_than_adults() -> None:
    child = SubjectTraits(age=AgeGroup.CHILD)
    assert 7.3 < ridge_period(grown(1, A.LEFT_INDEX)) < 10.5
    assert ridge_period(grown(1, A.LEFT_INDEX, child)) < 0.86 * ridge_period(grown(1, A.LEFT_INDEX))
    dark_child = (impression(1, A.LEFT_INDEX, 0, 90, child) < 128).sum()
    assert dark_child < 0.75 * (impression(1, A.LEFT_INDEX, 0, 90) < 128).sum()


@pytest.mark.parametrize("traits", [SubjectTraits(worn=0.8), SubjectTraits(age=AgeGroup.ELDER)])
def test_worn_and_old_skin_is_less_clear_but_the_same_finger(traits: SubjectTraits) -> None:
    fresh, worn = impression(1, A.LEFT_INDEX, 0, 90), impression(1, A.LEFT_INDEX, 0, 90, traits)
    assert clarity(worn) < 0.97 * clarity(fresh)
    if traits.age is AgeGroup.ADULT:
        assert alignment(fresh, worn, reach=8) > 0.8


def test_worn_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="worn"):
        SubjectTraits(worn=1.5)


def test_pattern_classes_come_as_often_as_among_people() -> None:
    found = [ridge_class(seed, finger) for seed in range(150) for finger in FINGERS]
    share = {kind: found.count(kind) / len(found) for kind in RidgeClass}
    assert 0.5 < share[RidgeClass.LEFT_LOOP] + share[RidgeClass.RIGHT_LOOP] < 0.75
    assert 0.2 < share[RidgeClass.WHORL] + share[RidgeClass.DOUBLE_LOOP] < 0.45
    assert 0.03 < share[RidgeClass.ARCH] + share[RidgeClass.TENTED_ARCH] < 0.12
    assert all(share.values())


def test_hands_of_a_person_mirror_each_other_more_than_hands_of_strangers() -> None:
    mirror = {RidgeClass.LEFT_LOOP: RidgeClass.RIGHT_LOOP, RidgeClass.RIGHT_LOOP: RidgeClass.LEFT_LOOP}

    def agreement(left_seed_shift: int) -> float:
        pairs = [
            (ridge_class(seed + left_seed_shift, left), ridge_class(seed, right))
            for seed in range(150)
            for left, right in ((A.LEFT_INDEX, A.RIGHT_INDEX), (A.LEFT_THUMB, A.RIGHT_THUMB), (A.LEFT_RING, A.RIGHT_RING))
        ]
        return sum(mirror.get(left, left) == right for left, right in pairs) / len(pairs)

    assert agreement(0) > agreement(1) + 0.15


def test_little_loops_open_to_the_little_finger() -> None:
    right = [ridge_class(seed, A.RIGHT_LITTLE) for seed in range(100)]
    left = [ridge_class(seed, A.LEFT_LITTLE) for seed in range(100)]
    assert right.count(RidgeClass.RIGHT_LOOP) > 60
    assert left.count(RidgeClass.LEFT_LOOP) > 60


@pytest.mark.parametrize("kind", list(RidgeClass))
def test_the_flow_turns_around_cores_and_deltas_by_as_much_as_the_class_says(kind: RidgeClass) -> None:
    """Poincare's index along a wide circle: cores count one, deltas minus one; together they are 0 in every class."""
    flow = ridge_flow(kind, stream(4, kind.value), 540, 400, 1.0, 9.0)
    turn = np.linspace(0, 2 * np.pi, 720)
    angles = flow.angle[(270 + 190 * np.sin(turn)).astype(int), (200 + 190 * np.cos(turn)).astype(int)]
    steps = np.diff(angles)
    steps -= np.pi * np.round(steps / np.pi)
    assert abs(float(steps.sum())) < 0.5


def test_grown_ridges_follow_the_flow() -> None:
    flow = ridge_flow(RidgeClass.WHORL, stream(3, "flow"), 240, 200, 0.5, 9.0)
    ridges = grow_ridges(flow, stream(3, "growth"))
    cosine, sine, _ = tensor((127 + 127 * ridges).astype(np.uint8))
    along = 0.5 * np.arctan2(sine, cosine) + np.pi / 2
    off = np.abs(np.angle(np.exp(2j * (along - flow.angle)))) / 2
    assert float(np.median(off)) < 0.12
