"""A document while it is put together: its pages, its size at every moment, and what it becomes."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from PIL import Image

from devices.documents import errors as e
from devices.documents.model import PageImage, PdfDocument
from devices.documents.output import document_format
from devices.documents.session import DocumentSession, PageKey, SessionLimits
from tests.support.pagesamples import letter, page

LARGE = SessionLimits(size_bytes=100_000_000)


def pdf_file(pages: int = 2, can_be_merged: bool = True) -> PdfDocument:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    target = io.BytesIO()
    writer.write(target)
    return PdfDocument(target.getvalue(), pages, can_be_merged, "file")


def opened(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content), strict=True)


class Operator(RuleBasedStateMachine):
    """Somebody who adds, turns, moves and drops pages at random; a list does the same beside the session."""

    def __init__(self) -> None:
        super().__init__()
        self.session = DocumentSession(limits=LARGE)
        self.expected: list[tuple[PageKey, PageImage, int]] = []

    @rule(mark=st.integers(0, 3), image_format=st.sampled_from(["jpeg", "png"]))
    def add(self, mark: int, image_format: Any) -> None:
        added = page(mark=mark, image_format=image_format)
        self.expected.append((self.session.add(added), added, 0))

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        key, _, _ = self.expected.pop(data.draw(st.integers(0, len(self.expected) - 1)))
        self.session.delete(key)

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), turns=st.integers(-3, 5))
    def rotate(self, data: st.DataObject, turns: int) -> None:
        at = data.draw(st.integers(0, len(self.expected) - 1))
        key, image, before = self.expected[at]
        self.expected[at] = (key, image, (before + turns) % 4)
        self.session.rotate(key, turns)

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), to=st.integers(-2, 9))
    def move(self, data: st.DataObject, to: int) -> None:
        moved = self.expected.pop(data.draw(st.integers(0, len(self.expected) - 1)))
        self.expected.insert(max(0, to), moved)
        self.session.move(moved[0], to)

    @invariant()
    def the_session_is_what_was_done(self) -> None:
        assert [(one.key, one.item, one.quarter_turns) for one in self.session.pages] == self.expected

    @invariant()
    def the_size_is_that_of_the_document(self) -> None:
        if not self.expected:
            assert self.session.size_bytes == 0
            return
        document = self.session.build()
        assert self.session.size_bytes == len(document.content)
        assert document.page_count == len(self.expected) == len(opened(document.content).pages)


TestOperator = Operator.TestCase
TestOperator.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


def test_without_pages_there_is_no_document() -> None:
    with pytest.raises(e.DocumentEmptyError):
        DocumentSession().build()


def test_one_byte_over_the_limit_is_refused_with_both_sizes() -> None:
    session = DocumentSession()
    session.add(page())
    exact = session.size_bytes
    session.limits = SessionLimits(size_bytes=exact)
    assert len(session.build().content) == exact
    session.limits = SessionLimits(size_bytes=exact - 1)
    assert not session.is_within_limit
    with pytest.raises(e.DocumentTooLargeError) as caught:
        session.build()
    assert (caught.value.params["size_bytes"], caught.value.params["limit_bytes"]) == (exact, exact - 1)
    assert str(exact) in caught.value.message


def _scan(number: int, dpi: float = 300.0) -> PageImage:
    target = io.BytesIO()
    letter(1240, 1754, mark=number).save(target, "JPEG", quality=95, dpi=(dpi, dpi))
    return PageImage(target.getvalue(), "jpeg", 1240, 1754, dpi, "scanner")


def test_nothing_is_made_smaller_unless_the_operator_asks() -> None:
    session = DocumentSession(limits=SessionLimits(size_bytes=1000))
    given_page = page()
    session.add(given_page)
    with pytest.raises(e.DocumentTooLargeError):
        session.build()
    assert session.pages[0].item == given_page


def test_a_document_is_made_to_fit_and_its_quality_comes_back_on_demand() -> None:
    session = DocumentSession(limits=LARGE)
    for number in range(2):
        session.add(_scan(number))
    full = session.size_bytes
    originals = [one.item for one in session.pages]
    session.limits = SessionLimits(size_bytes=full // 2)
    assert session.shrink_to_fit() == session.size_bytes <= full // 2
    assert all(one.is_shrunk for one in session.pages)
    assert len(session.build().content) == session.size_bytes
    once = [one.item for one in session.pages]
    session.shrink_to_fit()
    assert [one.item for one in session.pages] == once, "asking twice must not make it worse"
    session.restore_quality()
    assert [one.item for one in session.pages] == originals
    assert session.size_bytes == full


def test_a_document_that_fits_is_left_as_it_is() -> None:
    session = DocumentSession()
    session.add(page())
    before = session.pages
    session.shrink_to_fit()
    assert session.pages == before


def test_what_cannot_fit_is_refused_by_name_and_nothing_changes() -> None:
    session = DocumentSession(limits=SessionLimits(size_bytes=2_000))
    session.add(_scan(0))
    before = session.pages
    with pytest.raises(e.CannotShrinkError) as caught:
        session.shrink_to_fit()
    assert caught.value.params["limit_bytes"] == 2_000
    assert session.pages == before


def test_making_it_smaller_can_be_given_up() -> None:
    session = DocumentSession(limits=SessionLimits(size_bytes=2_000))
    session.add(_scan(0))
    before = session.pages
    with pytest.raises(e.ScanCancelledError):
        session.shrink_to_fit(lambda: True)
    assert session.pages == before


def test_a_pdf_alone_goes_out_byte_by_byte() -> None:
    session = DocumentSession()
    file = pdf_file(3, can_be_merged=False)
    session.add(file)
    document = session.build()
    assert (document.content, document.page_count, document.format) == (file.data, 3, "pdf")
    assert session.size_bytes == len(file.data)


def test_a_pdf_is_merged_with_pages_only_if_that_is_safe() -> None:
    session = DocumentSession()
    session.add(page())
    with pytest.raises(e.PdfNotMergeableError):
        session.add(pdf_file(can_be_merged=False))
    session.add(pdf_file(2))
    session.add(page(mark=1))
    document = session.build()
    assert document.page_count == 4 == len(opened(document.content).pages)
    assert session.size_bytes == len(document.content)
    alone = DocumentSession()
    alone.add(pdf_file(can_be_merged=False))
    with pytest.raises(e.PdfNotMergeableError):
        alone.add(page())


def test_pages_of_a_pdf_stay_as_they_are() -> None:
    session = DocumentSession(limits=SessionLimits(size_bytes=10))
    key = session.add(pdf_file())
    with pytest.raises(e.PageNotChangeableError):
        session.rotate(key)
    with pytest.raises(e.PageNotChangeableError):
        session.replace(key, page())
    with pytest.raises(e.CannotShrinkError):
        session.shrink_to_fit()


def test_a_cropped_page_takes_the_place_of_the_whole_one() -> None:
    session = DocumentSession(limits=LARGE)
    first, _ = session.add(page(mark=0)), session.add(page(mark=1))
    session.rotate(first)
    cropped = page(80, 100)
    session.replace(first, cropped)
    assert (session.pages[0].item, session.pages[0].quarter_turns) == (cropped, 0)
    assert session.size_bytes == len(session.build().content)


@pytest.mark.parametrize(("output", "pillow"), [("jpg", "JPEG"), ("png", "PNG")])
@pytest.mark.parametrize("image_format", ["jpeg", "png"])
@pytest.mark.parametrize("turns", [0, 1])
def test_where_documents_are_pictures_one_page_becomes_one(output: Any, pillow: str, image_format: Any, turns: int) -> None:
    session = DocumentSession(output)
    given_page = page(image_format=image_format)
    session.rotate(session.add(given_page), turns)
    document = session.build()
    assert (document.format, session.size_bytes) == (output, len(document.content))
    with Image.open(io.BytesIO(document.content)) as picture:
        assert (picture.format, picture.size) == (pillow, (160, 220) if turns == 0 else (220, 160))
    if turns == 0 and pillow.lower() == image_format:
        assert document.content == given_page.data


def test_a_turned_picture_is_turned_clockwise() -> None:
    session = DocumentSession("png")
    session.rotate(session.add(page(image_format="png")))
    with Image.open(io.BytesIO(session.build().content)) as picture:
        corners = [picture.convert("L").getpixel(at) for at in ((2, 2), (217, 2), (217, 157), (2, 157))]
    assert corners[1] == 0
    assert corners[3] != 0


def test_a_picture_has_one_page_and_is_no_pdf() -> None:
    session = DocumentSession("jpg")
    session.add(page())
    session.add(page(mark=1))
    with pytest.raises(e.DocumentPagesForImageError, match="2"):
        session.build()
    with pytest.raises(e.DocumentPagesForImageError):
        session.add(pdf_file())


def test_a_picture_is_made_to_fit_too() -> None:
    session = DocumentSession("jpg", LARGE)
    session.add(_scan(0))
    session.limits = SessionLimits(size_bytes=session.size_bytes // 2)
    assert session.shrink_to_fit() <= session.limits.size_bytes


def test_pages_and_memory_are_bounded() -> None:
    session = DocumentSession(limits=SessionLimits(most_pages=2))
    session.add(pdf_file(2))
    with pytest.raises(e.DocumentTooManyPagesError):
        session.add(page())
    small = DocumentSession(limits=SessionLimits(held_bytes=page().size_bytes + 10))
    small.add(page())
    with pytest.raises(e.SessionFullError):
        small.add(page(mark=1))
    assert len(small.pages) == 1


def test_what_is_no_picture_is_refused_when_it_comes() -> None:
    session = DocumentSession()
    for broken in (replace(page(), data=b"no picture"), replace(page(), width_px=161), replace(page(), format="png")):
        with pytest.raises(e.PageBrokenError):
            session.add(broken)
    assert session.pages == ()


def test_pages_that_are_gone_are_passed_over() -> None:
    session = DocumentSession()
    key = session.add(page())
    session.clear()
    session.delete(key)
    session.rotate(key)
    session.move(key, 0)
    session.replace(key, page())
    assert session.pages == ()


def test_pages_come_in_from_several_threads() -> None:
    session = DocumentSession(limits=LARGE)
    added = page()
    threads = [threading.Thread(target=lambda: [session.add(added) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.page_count == 80 == len({one.key for one in session.pages})
    assert session.size_bytes == len(session.build().content)


@pytest.mark.parametrize(("setting", "found"), [("PDF", "pdf"), ("jpg", "jpg"), ("JPEG", "jpg"), (" Png ", "png")])
def test_the_setting_names_the_format_in_whatever_letters(setting: str, found: str) -> None:
    assert document_format(setting) == found


def test_a_format_that_pages_cannot_become_is_named() -> None:
    with pytest.raises(e.DocumentFormatError, match="docx"):
        document_format("docx")
