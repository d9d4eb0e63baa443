"""A scanned or photographed page made straight: found on its bed, cut out, turned upright by its small angle, and looked at.

Nothing is changed that is not sure: below the confidence asked for, the page comes back as the very bytes that came. Quarter
turns are never made by guess, since text that runs down a page does not say which end is up; `PreparedPage.lines_run_down`
tells the operator, and `turned` does it.

Resolution: the paper is looked for at about 450 pixels on the longer side, lines of text at about 1000, sharpness at full size;
one transform makes the page at full size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from devices.documents.imaging_geometry import Points, Rectangle, axes
from devices.documents.imaging_paper import Paper, SeveralPapers, find_paper
from devices.documents.imaging_quality import Quality, QualityHint, QualityLimits, hints_of, measure_quality
from devices.documents.imaging_skew import Skew, find_skew
from devices.documents.imaging_warp import Cut, cut_of, decoded, encoded, small_jpeg, warped
from devices.documents.model import PageImage

_SKEW_SIDE_PX: Final = 1100
_PAPER_SIDE_PX: Final = 440
_TURNS: Final = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}


@dataclass(frozen=True, slots=True)
class ImagingSettings:
    """How pages are prepared.

    Attributes:
        least_confidence: below it nothing is changed.
        most_text_angle_deg: lines of text turned further are not turned back: that is no accident of laying down paper.
        most_paper_angle_deg: the same where the paper's edges are seen.
        least_angle_deg: less is not worth a transform.
        jpeg_quality: of a changed page.
        preview_side_px: longer side of the preview.
    """

    crop: bool = True
    deskew: bool = True
    least_confidence: float = 0.6
    most_text_angle_deg: float = 15.0
    most_paper_angle_deg: float = 40.0
    least_angle_deg: float = 0.15
    jpeg_quality: int = 85
    preview_side_px: int = 800
    limits: QualityLimits = field(default_factory=QualityLimits)


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page as it may be kept.

    Attributes:
        image: the page; the very same object if nothing was changed.
        preview: a small JPEG of it.
        corners: what was kept of the picture, in its pixels: upper left, upper right, lower right, lower left; None if nothing
            was cut or turned.
        angle_deg: how far the page was found turned, clockwise, and was turned back.
        confidence: of the change; or of what was left undone, if nothing was changed.
        lines_run_down: the text seems to run down the page: ask the operator for a quarter turn.
        has_several_papers: nothing was changed, since it was not clear which one is meant.
    """

    image: PageImage
    preview: bytes = field(repr=False)
    corners: tuple[tuple[float, float], ...] | None
    angle_deg: float
    confidence: float
    lines_run_down: bool
    has_several_papers: bool
    quality: Quality
    hints: tuple[QualityHint, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the page is not what came."""
        return self.corners is not None


@dataclass(frozen=True, slots=True)
class _Plan:
    cut: Cut | None
    angle_deg: float
    confidence: float
    run_down: bool
    has_several: bool = False


DEFAULT_SETTINGS: Final = ImagingSettings()


def prepare(page: PageImage, settings: ImagingSettings = DEFAULT_SETTINGS) -> PreparedPage:
    """Cuts, straightens and looks at a page. Needs processor time of some tenths of a second: not for the window's thread.

    Raises:
        PageBrokenError: the picture cannot be decoded.
    """
    picture = decoded(page)
    small = _reduced(picture, _SKEW_SIDE_PX)
    plan = _plan(small, picture.size, settings)
    image = page
    if plan.cut is not None:
        picture = warped(picture, plan.cut, _paper_grey(small))
        image = encoded(picture, page, settings.jpeg_quality)
    grey = picture.getchannel("Y") if picture.mode == "YCbCr" else picture.convert("L")
    quality = measure_quality(grey, _reduced(grey, _PAPER_SIDE_PX), page.dpi)
    return PreparedPage(
        image=image,
        preview=small_jpeg(picture, settings.preview_side_px),
        corners=None if plan.cut is None else tuple((float(x), float(y)) for x, y in plan.cut.corners),
        angle_deg=plan.angle_deg if plan.cut is not None else 0.0,
        confidence=plan.confidence,
        lines_run_down=plan.run_down,
        has_several_papers=plan.has_several,
        quality=quality,
        hints=hints_of(quality, settings.limits),
    )


def turned(page: PageImage, quarter_turns: int, quality: int = DEFAULT_SETTINGS.jpeg_quality) -> PageImage:
    """The page turned clockwise by quarter turns, as the operator asked; the same object for none.

    Raises:
        PageBrokenError: the picture cannot be decoded.
    """
    turn = _TURNS.get(quarter_turns % 4)
    return page if turn is None else encoded(decoded(page).transpose(turn), page, quality)


def _reduced(picture: Image.Image, side_px: int) -> Image.Image:
    grey = picture.convert("L") if picture.mode == "1" else picture
    return grey.reduce(_factor(picture.size, side_px))


def _fitted(picture: Image.Image, side_px: int) -> Image.Image:
    """Made smaller to exactly this longer side, if it is larger."""
    part = min(1.0, side_px / max(picture.size))
    width, height = (max(1, round(side * part)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def _factor(size: tuple[int, int], side_px: int) -> int:
    return math.ceil(max(size) / side_px)


def _plan(small: Image.Image, size: tuple[int, int], settings: ImagingSettings) -> _Plan:
    """What to do with the page, in pixels of the full picture."""
    tiny = _fitted(small, _PAPER_SIDE_PX).convert("RGB")
    scale = _factor(size, _SKEW_SIDE_PX) * np.array([small.width / tiny.width, small.height / tiny.height])
    paper = find_paper(tiny)
    if isinstance(paper, SeveralPapers):
        return _Plan(None, 0.0, 0.0, run_down=False, has_several=True)
    if paper is not None and paper.confidence >= settings.least_confidence:
        planned = _paper_plan(paper, scale, size, settings)
        if planned is not None:
            return planned
    skew = find_skew(small.convert("L"))
    if skew is None:
        return _Plan(None, 0.0, paper.confidence if paper else 0.0, run_down=False)
    run_down = skew.run_down and skew.confidence >= settings.least_confidence
    return _Plan(_text_cut(skew, size, settings), skew.angle_deg, skew.confidence, run_down)


def _paper_plan(paper: Paper, scale: Points, size: tuple[int, int], settings: ImagingSettings) -> _Plan | None:
    """Cutting out the paper; None if it lies too far turned."""
    rectangle, corners = paper.rectangle, paper.corners
    angle = _leaning(corners) if rectangle is None else rectangle.angle_deg
    if not settings.crop or abs(angle) > settings.most_paper_angle_deg:
        return None
    if rectangle is not None and (abs(angle) < settings.least_angle_deg or not settings.deskew):
        corners = _upright_corners(rectangle)
        angle = 0.0
    full = corners * scale
    if angle == 0.0:
        full = np.clip(np.round(full), 0, np.array(size))
    return _Plan(cut_of(full), angle, paper.confidence, run_down=False)


def _upright_corners(rectangle: Rectangle) -> Points:
    """The upright rectangle around a turned one."""
    corners = rectangle.corners()
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _leaning(corners: Points) -> float:
    """How far the upper and lower side together are turned."""
    along = corners[1] - corners[0] + corners[2] - corners[3]
    return float(np.degrees(np.arctan2(along[1], along[0])))


def _text_cut(skew: Skew, size: tuple[int, int], settings: ImagingSettings) -> Cut | None:
    """The whole picture turned back, larger so that no corner is lost; None if it lies straight, too far turned or unsure."""
    angle = skew.angle_deg
    is_sure = settings.deskew and skew.confidence >= settings.least_confidence
    if not is_sure or not settings.least_angle_deg <= abs(angle) <= settings.most_text_angle_deg:
        return None
    along, down = axes(angle)
    frame = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], float)
    across, deep = frame @ along, frame @ down
    corners = [along * x + down * y for x, y in _box(across.min(), across.max(), deep.min(), deep.max())]
    return cut_of(np.array(corners))


def _box(left: float, right: float, top: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _paper_grey(small: Image.Image) -> int:
    """The page's own grey, for corners that no picture covers."""
    grey = small.getchannel("Y") if small.mode == "YCbCr" else small.convert("L")
    return int(np.percentile(np.asarray(grey), 75))
