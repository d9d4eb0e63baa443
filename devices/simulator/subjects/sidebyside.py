"""Several pictures next to each other, as the live view of a slap or of two eyes shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image

from devices.simulator.subjects.presenter import Pixels

HEIGHT: Final = 320
_EMPTY_WIDTH: Final = 160
_EMPTY_GREY: Final = 238


def side_by_side(pictures: Sequence[Pixels | None], height: int = HEIGHT) -> Pixels:
    """The pictures scaled to one height, from left to right; None stays empty. No pictures at all is an empty view."""
    columns = [_scaled(picture, height) for picture in pictures] or [_scaled(None, height)]
    if any(column.ndim == 3 for column in columns):
        columns = [column if column.ndim == 3 else np.repeat(column[..., None], 3, axis=2) for column in columns]
    return np.concatenate(columns, axis=1)


def _scaled(picture: Pixels | None, height: int) -> Pixels:
    if picture is None:
        return np.full((height, _EMPTY_WIDTH), _EMPTY_GREY, np.uint8)
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR))
