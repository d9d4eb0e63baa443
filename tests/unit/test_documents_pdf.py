"""Pages as a PDF: the pictures unchanged, the same bytes every time, the size known beforehand, nothing told about the desk."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.documents.errors import PageBrokenError
from devices.documents.model import PageImage, PdfDocument
from devices.documents.pdf import PdfPage, measured_bytes, merged_pdf, read_part, write_pdf
from tests.support.pagesamples import page

_PAGES = st.builds(
    PdfPage,
    st.builds(
        page,
        st.sampled_from([9, 97, 105, 640]),
        st.sampled_from([9, 98, 300]),
        st.sampled_from(["jpeg", "png"]),
        st.sampled_from([None, 1.0, 72.0, 200.0, 299.72]),
        st.sampled_from(["RGB", "L"]),
        st.integers(0, 2),
        st.sampled_from([5, 60, 95]),
    ),
    st.integers(0, 3),
)


def _measured(pages: list[PdfPage]) -> int:
    return measured_bytes([(one, read_part(one.image)) for one in pages])


@settings(max_examples=60, deadline=None)
@given(st.lists(_PAGES, min_size=1, max_size=14))
def test_the_size_is_known_to_the_byte_before_the_file_is_written(pages: list[PdfPage]) -> None:
    assert _measured(pages) == len(write_pdf(pages))


def test_the_size_is_right_where_offsets_and_lengths_get_another_digit() -> None:
    """The picture is padded byte by byte over the borders where a number in the file grows."""
    plain = page(40, 40)
    for border in (1_000, 10_000):
        for size_bytes in range(border - 700, border + 30):
            padding = size_bytes - plain.size_bytes
            if padding >= 0:
                data = plain.data + b"\0" * padding
                one = PdfPage(PageImage(data, "jpeg", 40, 40, 72.0, ""))
                assert _measured([one]) == len(write_pdf([one]))


def test_the_same_pages_give_the_same_bytes_and_another_order_gives_others() -> None:
    pages = [PdfPage(page(mark=mark), mark) for mark in range(3)]
    assert write_pdf(pages) == write_pdf(list(pages))
    assert write_pdf(pages) != write_pdf(pages[::-1])


def test_nothing_in_the_file_tells_when_where_or_with_what_it_was_made() -> None:
    data = write_pdf([PdfPage(page())])
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    assert reader.metadata is None or dict(reader.metadata) == {}
    assert "/ID" not in reader.trailer
    assert not re.search(rb"img2pdf|pikepdf|python|Producer|Creator|Date|XMP|xmp", data)


@pytest.mark.parametrize("image_format", ["jpeg", "png"])
def test_the_picture_is_in_the_file_as_it_was(image_format: Any) -> None:
    original = page(image_format=image_format)
    (found,) = pypdf.PdfReader(io.BytesIO(write_pdf([PdfPage(original)])), strict=True).pages[0].images
    if image_format == "jpeg":
        assert original.data in write_pdf([PdfPage(original)])
    assert found.image is not None
    assert found.image.size == (original.width_px, original.height_px)


def test_pages_have_the_size_of_the_paper_and_are_turned_clockwise() -> None:
    a4 = page(827, 1169, dpi=100.0)
    reader = pypdf.PdfReader(io.BytesIO(write_pdf([PdfPage(a4), PdfPage(a4, 1), PdfPage(a4, 3)])), strict=True)
    assert [one.get("/Rotate", 0) for one in reader.pages] == [0, 90, 270]
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == pytest.approx([595.4, 841.7], abs=0.1)


def test_a_page_of_unknown_density_is_taken_for_a4() -> None:
    reader = pypdf.PdfReader(io.BytesIO(write_pdf([PdfPage(page(3000, 4000, dpi=None))])), strict=True)
    assert float(reader.pages[0].mediabox[3]) == pytest.approx(297 / 25.4 * 72, abs=0.1)


def test_no_page_is_larger_or_smaller_than_readers_take() -> None:
    for strange in (page(9, 300, dpi=1.0), page(640, 9, dpi=2000.0)):
        box = pypdf.PdfReader(io.BytesIO(write_pdf([PdfPage(strange)])), strict=True).pages[0].mediabox
        assert all(2.99 <= float(side) <= 14_400 for side in box[2:])


def test_no_picture_is_a_named_error() -> None:
    for data in (b"", b"no picture", b"\xff\xd8\xff\xe0"):
        with pytest.raises(PageBrokenError):
            read_part(PageImage(data, "jpeg", 1, 1, None, ""))


def test_a_picture_whose_bytes_are_the_name_of_a_file_is_not_opened_as_one(tmp_path: Any) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(page().data)
    with pytest.raises(PageBrokenError):
        write_pdf([PdfPage(PageImage(str(secret).encode(), "jpeg", 160, 220, None, ""))])


def test_pdfs_are_merged_in_order_with_their_pages_only() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": "somebody", "/Title": "a title"})
    writer.add_outline_item(title="outline of somebody", page_number=0)
    target = io.BytesIO()
    writer.write(target)
    given_pdf = PdfDocument(target.getvalue(), 1, True, "file")
    data = merged_pdf([PdfPage(page(mark=1)), given_pdf, PdfPage(page(mark=2), 2)])
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    assert [float(one.mediabox[2]) for one in reader.pages] == [160.0, 100.0, 160.0]
    assert reader.pages[2].get("/Rotate") == 180
    assert b"somebody" not in data
    assert b"pypdf" not in data
    assert data == merged_pdf([PdfPage(page(mark=1)), given_pdf, PdfPage(page(mark=2), 2)])


def test_a_pdf_that_cannot_be_read_after_all_is_a_named_error() -> None:
    with pytest.raises(PageBrokenError):
        merged_pdf([PdfPage(page()), PdfDocument(b"%PDF-1.4 nothing", 1, True, "file")])
