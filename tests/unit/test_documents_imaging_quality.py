"""Numbers for the operator move the way that the page does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PIL import Image, ImageFilter

from devices.documents.imaging import prepare
from devices.documents.imaging_quality import Hint, Quality, QualityLimits, hints_of, measure_quality, sharpness
from tests.support.paperpages import A5_MM, Scene, laid, printed

DPI = 200
LIMITS = QualityLimits()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return laid(printed(A5_MM, DPI), DPI, bed_mm=(146, 208), noise=1)


def quality(picture: Image.Image, dpi: float | None = DPI) -> Quality:
    return measure_quality(picture.convert("L"), picture.convert("L").reduce(4), dpi)


def test_more_blur_is_always_less_sharp(scene: Scene) -> None:
    values = [sharpness(scene.picture.convert("L").filter(ImageFilter.GaussianBlur(radius / 4))) for radius in range(17)]
    known = [value for value in values if value is not None]
    assert len(known) == len(values)
    assert all(later < earlier for earlier, later in pairwise(known))


def test_less_light_is_always_darker(scene: Scene) -> None:
    values = [quality(scene.picture.point(lambda level, part=part: level * part / 10)).brightness for part in range(10, 0, -1)]
    assert all(later < earlier for earlier, later in pairwise(values))


def test_light_hardly_changes_sharpness(scene: Scene) -> None:
    full, half = sharpness(scene.picture.convert("L")), sharpness(scene.picture.convert("L").point(lambda level: level // 2))
    assert full is not None
    assert half == pytest.approx(full, rel=0.05)


def test_a_good_page_gets_no_hint(scene: Scene) -> None:
    assert prepare(scene.page()).hints == ()


def test_a_dark_page_is_called_dark(scene: Scene) -> None:
    dark = Scene(scene.picture.point(lambda level: level // 3), scene.corners, scene.ink, DPI)
    assert [hint.hint for hint in prepare(dark.page()).hints] == [Hint.TOO_DARK]


def test_a_blurred_page_is_called_blurred(scene: Scene) -> None:
    soft = Scene(scene.picture.filter(ImageFilter.GaussianBlur(4)), scene.corners, scene.ink, DPI)
    (hint,) = prepare(soft.page()).hints
    assert hint.hint is Hint.BLURRED
    assert hint.value < hint.limit == LIMITS.sharpness


@pytest.mark.parametrize(
    ("dpi", "side", "coarse"), [(100, 5000, True), (150, 5000, False), (None, 999, True), (None, 1000, False)]
)
def test_few_dots_are_named_by_resolution_or_by_size(dpi: float | None, side: int, coarse: bool) -> None:
    hints = hints_of(Quality(0.9, None, dpi, side), LIMITS)
    assert [hint.hint for hint in hints] == ([Hint.TOO_COARSE] if coarse else [])


def test_a_blank_page_is_not_called_blurred() -> None:
    assert sharpness(Image.new("L", (500, 500), 240)) is None
    assert sharpness(Image.new("L", (2, 2), 240)) is None
