"""A quality measure of fingerprints by arithmetic alone: how much skin shows how clear ridges. No claim to be NFIQ 2.

The image is cut into overlapping squares of 32 pixels (1.6 mm) at steps of 16. The spectrum of each tells three things:

* contrast: the amplitude of what repeats every 4.5 to 16 pixels (0.23 to 0.81 mm), the distances that ridges have;
* purity: how much of the energy from there upwards is in that band; noise and grain have most of theirs above it. What is above
  it but lies in the direction of the ridges is their sharp edges, and not counted as noise: else a blur would raise the score;
* coherence: how far the band's energy lies in one direction, as that of parallel ridges does.

The clarity of a square is the product of the three, 0 to 1. The score is the mean clarity of the best 150 square millimetres,
area that is not there counting as 0; so blur, noise, smudges, faintness and a small contact area each lower it, and a larger
finger does not raise it.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from devices.biosdk.fingersimage import DPI, Pixels

ALGORITHM: Final = "Sealdesk ridge clarity 1"
AREA_MM2: Final = 150.0
_SQUARE_PX, _STEP_PX = 32, 16
_LONGEST_PX, _SHORTEST_PX = 16.0, 4.5
_CONTRAST_HALF: Final = 40.0
_CLEAN: Final = 0.87
"""Mean clarity of the cleanest prints at hand; it is given the score 100."""

Plane: TypeAlias = NDArray[np.float32]


def ridge_quality(pixels: Pixels) -> float:
    """Score of a grey image at 500 pixels per inch, 0 to 100."""
    square_mm2 = (_STEP_PX * 25.4 / DPI) ** 2
    wanted = round(AREA_MM2 / square_mm2)
    clarity = np.sort(ridge_clarity(pixels).ravel())[::-1][:wanted]
    return float(min(100.0, 100.0 * float(clarity.sum()) / wanted / _CLEAN))


def ridge_clarity(pixels: Pixels) -> Plane:
    """Clarity of every square, 0 to 1, as rows and columns of squares."""
    squares = sliding_window_view(pixels, (_SQUARE_PX, _SQUARE_PX))[::_STEP_PX, ::_STEP_PX].astype(np.float32)
    squares -= squares.mean(axis=(2, 3), keepdims=True)
    power = np.abs(np.fft.rfft2(squares * _WINDOW)) ** 2
    total = _WINDOW_POWER * _SQUARE_PX**2
    in_band = power * _IS_BAND
    band = in_band.sum(axis=(2, 3))
    along_x, along_y = (in_band * _COSINE).sum(axis=(2, 3)), (in_band * _SINE).sum(axis=(2, 3))
    oriented = np.hypot(along_x, along_y)
    beyond = power * _IS_ABOVE
    sharp = along_x * (beyond * _COSINE).sum(axis=(2, 3)) + along_y * (beyond * _SINE).sum(axis=(2, 3))
    noise = np.maximum(beyond.sum(axis=(2, 3)) - sharp / np.maximum(oriented, 1e-6), 0)
    amplitude = np.sqrt(2 * band / total)
    contrast = amplitude**2 / (amplitude**2 + _CONTRAST_HALF**2)
    purity = band / np.maximum(band + noise, 1e-6)
    coherence = oriented / np.maximum(band, 1e-6)
    made: Plane = (contrast * purity * coherence).astype(np.float32)
    return made


def _tables() -> tuple[Plane, Plane, Plane, Plane, Plane]:
    """Window; which frequencies are ridges and which are above; double-angle cosine and sine. Half spectra count double."""
    side = np.hanning(_SQUARE_PX + 2)[1:-1]
    down = np.fft.fftfreq(_SQUARE_PX)[:, None]
    across = np.fft.rfftfreq(_SQUARE_PX)[None, :]
    frequency = np.hypot(down, across)
    weight = np.where((across == 0) | (across == 0.5), 1.0, 2.0)
    is_band = ((frequency >= 1 / _LONGEST_PX) & (frequency <= 1 / _SHORTEST_PX)) * weight
    is_above = (frequency > 1 / _SHORTEST_PX) * weight
    angle = 2 * np.arctan2(down, across)
    window, band, above, cosine, sine = (
        table.astype(np.float32) for table in (np.outer(side, side), is_band, is_above, np.cos(angle), np.sin(angle))
    )
    return window, band, above, cosine, sine


_WINDOW, _IS_BAND, _IS_ABOVE, _COSINE, _SINE = _tables()
_WINDOW_POWER: Final = float((_WINDOW**2).sum())
