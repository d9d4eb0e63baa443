"""The pages of a PDF: their tree, their sizes, and a picture of the first where it is a scanned one.

There is no drawing of pages here: a page that is more than a picture has no preview, and who shows it draws it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject, StreamObject

from devices.documents.intake_errors import PdfNoPagesError, PdfPageTreeError, TooManyPagesError
from devices.documents.intake_limits import IntakeLimits
from devices.documents.intake_pictures import BROKEN

_MOST_DEPTH: Final = 50
_MOST_NODES_PER_PAGE: Final = 4
_MOST_SIDE_PT: Final = 14_400.0
"""ISO 32000-1, annex C: 200 inches."""

_SAME_SHAPE: Final = 0.05
_LEAST_SCAN_PX: Final = 300
_PREVIEWED_FILTERS: Final = frozenset({"/DCTDecode", "/FlateDecode", "/CCITTFaxDecode", "/JPXDecode"})
_PREVIEW_QUALITY: Final = 80


def page_sizes(reader: PdfReader, limits: IntakeLimits) -> tuple[tuple[float, float], ...]:
    """Width and height of each page as shown, in points.

    Raises:
        PdfNoPagesError, PdfPageTreeError, TooManyPagesError: see there.
    """
    root = reader.trailer["/Root"].get_object()
    top = _resolved(root["/Pages"]) if isinstance(root, DictionaryObject) and "/Pages" in root else None
    if not isinstance(top, DictionaryObject):
        raise PdfPageTreeError(part="there is none")
    sizes = []
    for page, inherited in _leaves(top, limits):
        sizes.append(_size({**inherited, **page}))
        if len(sizes) > limits.most_pages:
            raise TooManyPagesError(pages=len(sizes), limit=limits.most_pages)
    if not sizes:
        raise PdfNoPagesError
    if top.get("/Type") == "/Pages" and _resolved(top.get("/Count")) != len(sizes):
        raise PdfPageTreeError(part="its count is wrong")
    return tuple(sizes)


def _leaves(top: DictionaryObject, limits: IntakeLimits) -> Iterator[tuple[DictionaryObject, dict[str, object]]]:
    """Pages in order, each with what it inherits."""
    seen: set[int] = set()
    waiting: list[tuple[DictionaryObject, dict[str, object], int]] = [(top, {}, 0)]
    while waiting:
        node, inherited, depth = waiting.pop()
        if id(node) in seen:
            raise PdfPageTreeError(part="a page is in it twice")
        seen.add(id(node))
        if depth > _MOST_DEPTH or len(seen) > _MOST_NODES_PER_PAGE * limits.most_pages + _MOST_DEPTH:
            raise PdfPageTreeError(part="it is too deep")
        if "/Kids" not in node:
            if node.get("/Type") != "/Page":
                raise PdfPageTreeError(part="a page is none")
            yield node, inherited
            continue
        kids = _resolved(node["/Kids"])
        if not isinstance(kids, ArrayObject):
            raise PdfPageTreeError(part="a branch is none")
        if len(kids) > limits.most_pages:
            raise TooManyPagesError(pages=len(kids), limit=limits.most_pages)
        handed_down = {**inherited, **{key: node[key] for key in ("/MediaBox", "/CropBox", "/Rotate") if key in node}}
        for kid in reversed(kids):
            child = _resolved(kid)
            if not isinstance(child, DictionaryObject):
                raise PdfPageTreeError(part="a page is missing")
            waiting.append((child, handed_down, depth + 1))


def _size(page: dict[str, object]) -> tuple[float, float]:
    box = _numbers(page.get("/CropBox") or page.get("/MediaBox"))
    if box is None:
        raise PdfPageTreeError(part="a page has no size")
    unit, turn = _resolved(page.get("/UserUnit", 1)), _resolved(page.get("/Rotate", 0))
    if not isinstance(unit, int | float) or not isinstance(turn, int) or turn % 90:
        raise PdfPageTreeError(part="a page has no size")
    width, height = abs(box[2] - box[0]) * float(unit), abs(box[3] - box[1]) * float(unit)
    if not all(1 <= side <= _MOST_SIDE_PT for side in (width, height)):
        raise PdfPageTreeError(part="a page has an impossible size")
    return (height, width) if turn % 180 else (width, height)


def _numbers(value: object) -> list[float] | None:
    box = _resolved(value)
    if not isinstance(box, ArrayObject) or len(box) != 4:
        return None
    parts = [_resolved(part) for part in box]
    if not all(isinstance(part, int | float) and math.isfinite(part) for part in parts):
        return None
    return [float(part) for part in parts if isinstance(part, int | float)]


def _resolved(value: object) -> object:
    return value.get_object() if isinstance(value, IndirectObject) else value


def scanned_preview(reader: PdfReader, size_pt: tuple[float, float], limits: IntakeLimits) -> bytes | None:
    """The first page as a small JPEG, if all that it shows is one picture of its own shape; else None. Best effort."""
    try:
        picture = _only_picture(reader)
        if picture is None or not _has_shape(picture, size_pt):
            return None
        page = reader.pages[0]
        image = page.images[0].image
        if image is None:
            return None
        small = image.convert("RGB")
        if page.rotation % 360:
            small = small.rotate(-page.rotation, expand=True)
        small.thumbnail((limits.preview_side_px, limits.preview_side_px))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=_PREVIEW_QUALITY)
        return out.getvalue()
    except (PyPdfError, *BROKEN):
        return None


def _only_picture(reader: PdfReader) -> StreamObject | None:
    """The single picture of the first page, of a packing that is unpacked here (JBIG2 would call another program)."""
    resources = _resolved(reader.pages[0].get("/Resources"))
    drawn = _resolved(resources.get("/XObject")) if isinstance(resources, DictionaryObject) else None
    if not isinstance(drawn, DictionaryObject) or len(drawn) != 1:
        return None
    picture: PdfObject | object = _resolved(next(iter(drawn.values())))
    if not isinstance(picture, StreamObject) or picture.get("/Subtype") != "/Image":
        return None
    filters = _resolved(picture.get("/Filter"))
    names = {str(name) for name in filters} if isinstance(filters, ArrayObject) else {str(filters)}
    return picture if names <= _PREVIEWED_FILTERS else None


def _has_shape(picture: StreamObject, size_pt: tuple[float, float]) -> bool:
    """Whether it has the page's proportions, upright or turned."""
    width, height = picture["/Width"], picture["/Height"]
    if not isinstance(width, int) or not isinstance(height, int) or max(width, height) < _LEAST_SCAN_PX:
        return False
    wanted = size_pt[0] / size_pt[1]
    return any(abs(shape / wanted - 1) < _SAME_SHAPE for shape in (width / height, height / width))
