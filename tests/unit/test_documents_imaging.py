"""Pages laid on beds in all ways: found, straightened, never cut into; and left alone where nothing is sure."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from devices.documents.errors import PageBrokenError
from devices.documents.imaging import ImagingSettings, PreparedPage, prepare, turned
from devices.documents.model import PageImage
from tests.support.paperpages import A4_MM, A5_MM, ID1_MM, LETTER_MM, Points, Scene, both, laid, printed

DPI = 75
FINE_DPI = 110
BEDS = {"dark": (30, 30, 32), "black": (0, 0, 0), "white": (255, 255, 255), "green": (70, 110, 80), "grey": (150, 150, 150)}
PAPERS = {"A5": A5_MM, "A6": (105.0, 148.0), "passport": (88.0, 125.0), "ID-1": ID1_MM, "receipt": (80.0, 200.0)}

GATES = settings(max_examples=15, deadline=None)


def is_inside(points: Points, corners: Points, spare_px: float = 0.0) -> bool:
    """Whether all points lie in the polygon (corners clockwise as seen), up to so many pixels."""
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = (end - start) / np.linalg.norm(end - start)
        across = (points[:, 1] - start[1]) * along[0] - (points[:, 0] - start[0]) * along[1]
        if across.size and across.min() < -spare_px:
            return False
    return True


def corners_of(prepared: PreparedPage) -> Points:
    assert prepared.corners is not None
    return np.array(prepared.corners)


def opened(page: PageImage) -> Image.Image:
    picture = Image.open(io.BytesIO(page.data))
    picture.load()
    assert picture.size == (page.width_px, page.height_px)
    return picture


def check_found(scene: Scene, angle: float, tolerance_deg: float = 0.3, outward_mm: float = 1.5) -> PreparedPage:
    """The paper was found at its angle, with all its print, and with little around it."""
    prepared = prepare(scene.page())
    corners = corners_of(prepared)
    assert abs(prepared.angle_deg - angle) <= tolerance_deg
    assert is_inside(scene.ink, corners)
    away_mm = np.abs(corners - scene.corners).max() / scene.dpi * 25.4
    assert away_mm <= outward_mm
    return prepared


@GATES
@given(
    angle=st.floats(-15, 15).filter(lambda angle: abs(angle) > 0.3),
    paper=st.sampled_from(list(PAPERS)),
    bed=st.sampled_from(["dark", "black", "white", "green", "grey"]),
    x=st.floats(-1, 1),
    y=st.floats(-1, 1),
    seed=st.integers(0, 99),
)
def test_a_paper_is_found_wherever_and_however_it_lies(
    angle: float, paper: str, bed: str, x: float, y: float, seed: int
) -> None:
    size = PAPERS[paper]
    reach = 0.5 * float(np.hypot(*size)) + 2
    room = [max(0.0, side / 2 - reach) for side in (216.0, 305.0)]
    scene = laid(
        printed(size, FINE_DPI, seed=seed, colour=230),
        FINE_DPI,
        centre_mm=(108 + x * room[0], 152.5 + y * room[1]),
        angle_deg=angle,
        bed=BEDS[bed],
        seed=seed,
    )
    check_found(scene, angle, tolerance_deg=0.3 if paper != "ID-1" else 0.4)


@pytest.mark.parametrize("angle", [-39, -30, 20, 39])
def test_a_card_may_lie_far_turned(angle: float) -> None:
    check_found(laid(printed(ID1_MM, FINE_DPI, colour=200), FINE_DPI, angle_deg=angle), angle, 0.4)


def test_a_card_on_a_large_bed_becomes_a_card() -> None:
    dpi = 100
    scene = laid(printed(ID1_MM, dpi, colour=200), dpi, bed_mm=(297, 420), centre_mm=(90, 120), angle_deg=-8)
    prepared = check_found(scene, -8, 0.5)
    assert abs(prepared.image.width_px / prepared.image.height_px - 85.6 / 54) < 0.04


@pytest.mark.parametrize("paper", [A4_MM, LETTER_MM])
@pytest.mark.parametrize("angle", [0.0, 2.5, -4.0])
def test_a_paper_that_reaches_over_the_rim_is_straightened_without_loss(paper: tuple[float, float], angle: float) -> None:
    scene = laid(printed(paper, DPI), DPI, angle_deg=angle)
    prepared = prepare(scene.page())
    assert is_inside(scene.ink, corners_of(prepared))
    assert abs(prepared.angle_deg - angle) <= 0.3


def test_a_paper_in_the_corner_of_the_glass_is_cut_out() -> None:
    prepared = check_found(laid(printed(A5_MM, DPI), DPI, centre_mm=(74, 105)), 0)
    assert prepared.angle_deg == 0


@pytest.mark.parametrize("bed", [(200, 200, 200), (170, 180, 190)])
def test_a_shadow_costs_no_print_and_no_angle(bed: tuple[int, int, int]) -> None:
    check_found(laid(printed(A5_MM, FINE_DPI), FINE_DPI, angle_deg=4, bed=bed, shadow=8), 4, 0.4, outward_mm=5)


def test_a_page_darker_than_its_bed_is_found() -> None:
    check_found(laid(printed(A5_MM, DPI, colour=100), DPI, angle_deg=6, bed=BEDS["white"]), 6)


def test_a_blank_page_is_found_and_has_no_sharpness() -> None:
    prepared = check_found(laid(printed(A5_MM, DPI, text=False), DPI, angle_deg=5), 5)
    assert prepared.quality.sharpness is None


@pytest.mark.parametrize("noise", [0.0, 4.0, 8.0])
def test_noise_does_not_hide_the_paper(noise: float) -> None:
    check_found(laid(printed(A5_MM, DPI), DPI, angle_deg=-6, noise=noise), -6)


@GATES
@given(slant=st.floats(0.05, 0.15), angle=st.floats(-8, 8), wood=st.floats(0, 15), seed=st.integers(0, 99))
def test_a_photo_at_a_slant_is_made_square(slant: float, angle: float, wood: float, seed: int) -> None:
    paper = printed(A5_MM, DPI, seed=seed)
    scene = laid(paper, DPI, angle_deg=angle, slant=slant, wood=wood, bed=(100, 70, 45), noise=3, seed=seed)
    prepared = prepare(scene.page())
    corners = corners_of(prepared)
    assert is_inside(scene.ink, corners)
    assert np.abs(corners - scene.corners).max() <= 0.02 * max(scene.picture.size)
    middle = np.asarray(opened(prepared.image).convert("L"), float)[5:-5, 5:-5]
    assert middle[:3].mean() > 200
    assert middle[:, :3].mean() > 200
    assert middle[:, -3:].mean() > 200


FULL = (A4_MM[0] - 8, A4_MM[1] - 8)


@GATES
@given(angle=st.floats(-14.5, 14.5), seed=st.integers(0, 99))
def test_lines_of_text_tell_the_angle_where_no_edge_is_seen(angle: float, seed: int) -> None:
    paper = printed(A4_MM, DPI, seed=seed, extras=False)
    scene = laid(paper, DPI, bed_mm=(290, 370), bed=(245, 245, 241), angle_deg=angle)
    prepared = prepare(scene.page())
    assert abs(prepared.angle_deg - angle) <= 0.3
    if prepared.corners is not None:
        assert is_inside(scene.ink, corners_of(prepared))


@GATES
@given(angle=st.floats(-6, 6), seed=st.integers(0, 99))
def test_a_page_that_fills_the_picture_loses_nothing(angle: float, seed: int) -> None:
    scene = laid(printed(A4_MM, DPI, seed=seed), DPI, bed_mm=(170, 240), angle_deg=angle)
    prepared = prepare(scene.page())
    if prepared.corners is not None:
        assert is_inside(scene.ink, corners_of(prepared), spare_px=0.5)
        assert abs(prepared.angle_deg - angle) <= 0.3


def unchanged(scene: Scene) -> PreparedPage:
    page = scene.page()
    prepared = prepare(page)
    assert prepared.image is page
    assert (prepared.corners, prepared.angle_deg, prepared.is_changed) == (None, 0.0, False)
    return prepared


def test_a_blank_page_that_fills_the_picture_stays_as_it_is() -> None:
    assert unchanged(laid(printed(A4_MM, DPI, text=False), DPI, bed_mm=FULL)).confidence == 0


def test_a_straight_page_that_fills_the_picture_stays_as_it_is() -> None:
    unchanged(laid(printed(A4_MM, DPI), DPI, bed_mm=FULL))


def test_nothing_but_noise_stays_as_it_is() -> None:
    picture = Image.effect_noise((600, 800), 60).convert("RGB")
    unchanged(Scene(picture, np.zeros((4, 2)), np.zeros((0, 2)), DPI))


def test_of_two_papers_none_is_chosen() -> None:
    card = printed(ID1_MM, DPI, colour=200)
    scene = both(laid(card, DPI, angle_deg=8, centre_mm=(60, 60)), laid(card, DPI, angle_deg=-3, centre_mm=(140, 200)))
    assert unchanged(scene).has_several_papers


def test_text_beside_a_picture_keeps_the_page_whole() -> None:
    """A dark picture on a page that fills the glass looks like a paper; the lines under it say that it is none."""
    paper = printed(A4_MM, DPI, extras=False)
    ImageDraw.Draw(paper).rectangle((100, 100, 400, 500), fill=(60, 70, 80))
    scene = laid(paper, DPI, bed_mm=FULL)
    prepared = prepare(scene.page())
    assert prepared.corners is None or is_inside(scene.ink, corners_of(prepared), 0.5)


def test_nothing_is_changed_below_the_confidence_asked_for() -> None:
    page = laid(printed(A5_MM, DPI), DPI, angle_deg=5).page()
    assert prepare(page, ImagingSettings(least_confidence=1.01)).image is page


def test_cutting_and_turning_can_be_switched_off() -> None:
    scene = laid(printed(A5_MM, DPI), DPI, angle_deg=5)
    page = scene.page()
    assert prepare(page, ImagingSettings(crop=False, deskew=False)).image is page
    cut = prepare(page, ImagingSettings(deskew=False))
    assert cut.angle_deg == 0
    assert cut.is_changed
    assert is_inside(scene.ink, corners_of(cut))


def test_lines_that_run_down_are_reported_and_not_turned() -> None:
    paper = printed(A4_MM, DPI, extras=False).transpose(Image.Transpose.ROTATE_90)
    scene = laid(paper, DPI, bed_mm=(FULL[1], FULL[0]))
    assert unchanged(scene).lines_run_down
    assert not prepare(laid(printed(A4_MM, DPI, extras=False), DPI, bed_mm=FULL).page()).lines_run_down


@pytest.mark.parametrize(
    ("kind", "mode", "gives"), [("JPEG", "RGB", "RGB"), ("JPEG", "L", "L"), ("PNG", "RGB", "RGB"), ("PNG", "1", "1")]
)
def test_a_page_keeps_its_format_and_its_colours(kind: str, mode: str, gives: str) -> None:
    scene = laid(printed(A5_MM, DPI, colour=250), DPI, angle_deg=5, bed=(200, 60, 40))
    prepared = prepare(scene.page(kind, mode))
    picture = opened(prepared.image)
    assert (picture.mode, prepared.image.format) == (gives, kind.lower())
    assert prepared.image.dpi == DPI
    if mode != "1":
        pixel = picture.convert("RGB").resize((1, 1), box=(6, 6, 28, 28)).getpixel((0, 0))
        assert isinstance(pixel, tuple)
        assert all(abs(part - wanted) < 16 for part, wanted in zip(pixel, (250, 250, 246), strict=True))


def test_the_page_shows_its_print_upright() -> None:
    """The upper left mark of a turned paper is at the upper left of the page."""
    paper = printed(A5_MM, DPI, text=False)
    ImageDraw.Draw(paper).rectangle((10, 10, 60, 40), fill=(200, 0, 0))
    page = opened(prepare(laid(paper, DPI, angle_deg=12).page()).image)
    pixel = page.getpixel((35, 25))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 150 > 60 > pixel[1]


def test_the_preview_is_small_and_of_the_page() -> None:
    prepared = prepare(laid(printed(A5_MM, DPI), DPI, angle_deg=5).page(), ImagingSettings(preview_side_px=200))
    with Image.open(io.BytesIO(prepared.preview)) as preview:
        assert max(preview.size) <= 200
        assert abs(preview.width / preview.height - prepared.image.width_px / prepared.image.height_px) < 0.02


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_quarter_turns_go_clockwise(quarter_turns: int) -> None:
    picture = Image.new("RGB", (80, 60), "white")
    picture.paste((0, 0, 0), (0, 0, 20, 20))
    page = Scene(picture, np.zeros((4, 2)), np.zeros((0, 2)), DPI).page()
    result = opened(turned(page, quarter_turns)).convert("L")
    expected = picture.rotate(-90 * quarter_turns, expand=True).convert("L")
    assert np.abs(np.asarray(result, int) - np.asarray(expected, int)).mean() < 6
    assert turned(page, 4) is page


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_page_that_cannot_be_read_is_named(data: bytes) -> None:
    page = PageImage(data, "jpeg", 10, 10, None, "test")
    with pytest.raises(PageBrokenError):
        prepare(page)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (8, 8), (40, 30)])
@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
def test_tiny_pages_are_left_as_they_are(size: tuple[int, int], mode: str) -> None:
    scene = Scene(Image.new("RGB", size, "white"), np.zeros((4, 2)), np.zeros((0, 2)), DPI)
    page = scene.page("PNG", mode)
    assert prepare(page).image is page


def test_the_size_of_a_page_is_that_of_the_picture() -> None:
    page = laid(printed(A5_MM, DPI), DPI, angle_deg=5).page()
    assert prepare(replace(page, width_px=1, height_px=1)).is_changed
