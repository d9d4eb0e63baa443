"""Pictures of pages: what they tell besides the picture is left out; turned and made smaller they still show the same."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from devices.documents.errors import PageBrokenError
from devices.documents.model import PageImage
from devices.documents.pagepicture import QualityStep, normalise, shrunk
from devices.documents.picturebytes import without_metadata
from tests.support.pagesamples import letter, page

_SECRET = "camera of Maria Okafor"


def _jpeg_with_metadata(orientation: int = 1, tail: bytes = b"") -> PageImage:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = _SECRET
    target = io.BytesIO()
    letter(160, 220).save(target, "JPEG", exif=exif, comment=_SECRET.encode(), dpi=(72, 72))
    return PageImage(target.getvalue() + tail, "jpeg", 160, 220, 72.0, "camera")


def _pixels(page_image: PageImage) -> bytes:
    with Image.open(io.BytesIO(page_image.data)) as picture:
        return picture.convert("RGB").tobytes()


def test_a_jpeg_tells_nothing_but_its_picture() -> None:
    given_page = _jpeg_with_metadata(tail=b"a small video " + _SECRET.encode())
    found, turns = normalise(given_page)
    assert turns == 0
    assert _SECRET.encode() not in found.data
    assert found.data.endswith(b"\xff\xd9")
    assert _pixels(found) == _pixels(given_page)
    with Image.open(io.BytesIO(found.data)) as picture:
        assert picture.info.get("dpi") == (72, 72)


def test_a_png_tells_nothing_but_its_picture() -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Author", _SECRET)
    about.add_itxt("XML:com.adobe.xmp", _SECRET)
    target = io.BytesIO()
    letter(160, 220).save(target, "PNG", pnginfo=about)
    given_page = PageImage(target.getvalue(), "png", 160, 220, None, "camera")
    found, _ = normalise(given_page)
    assert _SECRET.encode() not in found.data
    assert _pixels(found) == _pixels(given_page)


def test_a_page_without_metadata_passes_as_the_same_bytes() -> None:
    for given_page in (page(), page(image_format="png")):
        assert normalise(given_page)[0].data is given_page.data


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (6, 1), (3, 2), (8, 3)])
def test_a_camera_that_was_held_askew_turns_the_page(orientation: int, turns: int) -> None:
    assert normalise(_jpeg_with_metadata(orientation))[1] == turns


def test_a_mirrored_picture_is_mirrored_back() -> None:
    found, turns = normalise(_jpeg_with_metadata(5))
    assert (turns, found.width_px, found.height_px) == (0, 220, 160)


def test_a_picture_with_transparency_is_laid_on_white() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(target, "PNG")
    found, _ = normalise(PageImage(target.getvalue(), "png", 20, 20, None, "camera"))
    assert _pixels(found) == b"\xff" * 1200


def test_colours_of_printers_become_those_of_screens() -> None:
    target = io.BytesIO()
    Image.new("CMYK", (20, 20), (0, 0, 0, 0)).save(target, "JPEG")
    found, _ = normalise(PageImage(target.getvalue(), "jpeg", 20, 20, None, "camera"))
    with Image.open(io.BytesIO(found.data)) as picture:
        assert picture.mode == "RGB"


@given(st.binary(max_size=200), st.sampled_from(["jpeg", "png"]))
def test_bytes_that_are_no_picture_are_refused_by_name(data: bytes, image_format: Any) -> None:
    for start in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"):
        try:
            without_metadata(start + data, image_format)
        except PageBrokenError:
            continue


@given(st.integers(2, 5000), st.sampled_from(["jpeg", "png"]))
def test_a_picture_that_was_cut_off_is_refused_or_shorter(cut: int, image_format: Any) -> None:
    whole = page(image_format=image_format)
    data = whole.data[: max(2, whole.size_bytes - cut)]
    with pytest.raises(PageBrokenError):
        without_metadata(data, image_format)


def test_a_page_is_made_smaller_in_density_and_quality_and_never_larger() -> None:
    whole = page(640, 900, dpi=200.0, quality=95)
    found = shrunk(whole, QualityStep(50, 100))
    assert (found.width_px, found.height_px, found.dpi) == (320, 450, 100.0)
    assert found.size_bytes < whole.size_bytes / 2
    assert shrunk(found, QualityStep(95, 300)) is found


def test_a_page_of_unknown_density_keeps_its_pixels() -> None:
    whole = page(640, 900, dpi=None, quality=95)
    found = shrunk(whole, QualityStep(30, 100))
    assert (found.width_px, found.height_px) == (640, 900)


def test_a_page_that_breaks_while_it_is_decoded_is_named() -> None:
    whole = page(640, 900, dpi=200.0)
    with pytest.raises(PageBrokenError):
        shrunk(replace(whole, data=whole.data[:1000]), QualityStep(30, 100))
