"""Narrowing 1:N among fingers: which few of many templates are worth a comparison by BOZORTH3, which takes milliseconds each.

Every minutia is described by its neighbours, seen from its own place and direction, so that the description turns and moves
with the finger: over a grid of cells in a disc of 75 pixels (3.8 mm) and six classes of relative direction, how much of a
neighbour is there, blurred (in the manner of the minutia cylinder code of Cappelli, Ferrara and Maltoni, 2010). Two fingers are
as alike as the mean over the best minutiae of the probe of the likeness to their nearest minutia of the other. All of it is one
product of matrices for the whole gallery. The likeness only decides the order; it is never told as a score.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from devices.biosdk.fingersminutiae import Minutiae

Matrix: TypeAlias = NDArray[np.float32]

RADIUS_PX: Final = 75.0
_CELLS: Final = 8
_BLUR_PX: Final = np.float32(7.0)
_DIRECTIONS: Final = 6
_DIRECTION_BLUR: Final = np.float32(0.6)  # radians; MINDTCT gives directions in steps of 0.196
_BEST: Final = 12
_TURN: Final = np.float32(2 * np.pi)


def _cell_centres() -> tuple[Matrix, Matrix]:
    side = ((np.arange(_CELLS) - (_CELLS - 1) / 2) * (2 * RADIUS_PX / _CELLS)).astype(np.float32)
    x, y = np.meshgrid(side, side)
    is_inside = np.hypot(x, y) <= RADIUS_PX
    return x[is_inside], y[is_inside]


_CELL_X, _CELL_Y = _cell_centres()
_DIRECTION_CENTRES: Final = (np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)).astype(np.float32)
WIDTH: Final = _CELL_X.size * _DIRECTIONS
"""Numbers that describe one minutia."""


def describe_minutiae(minutiae: Minutiae) -> Matrix:
    """One row of `WIDTH` numbers and length 1 for each minutia; zeros for one without neighbours."""
    x = minutiae.points["x"].astype(np.float32)
    y = -minutiae.points["y"].astype(np.float32)  # directions are counter-clockwise, rows count downwards
    angle = minutiae.points["angle"].astype(np.float32) * (_TURN / 256)
    away_x, away_y = x - x[:, None], y - y[:, None]
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along, across = cosine * away_x + sine * away_y, cosine * away_y - sine * away_x
    is_near = np.hypot(away_x, away_y) < RADIUS_PX + 2 * _BLUR_PX
    np.fill_diagonal(is_near, val=False)
    squared = (along[:, :, None] - _CELL_X) ** 2 + (across[:, :, None] - _CELL_Y) ** 2
    place = np.exp(squared / (-2 * _BLUR_PX**2)) * is_near[:, :, None]
    turned = (angle - angle[:, None])[:, :, None] - _DIRECTION_CENTRES
    turned = (turned + _TURN / 2) % _TURN - _TURN / 2
    direction = np.exp(turned**2 / (-2 * _DIRECTION_BLUR**2))
    rows = np.tanh(np.matmul(place.transpose(0, 2, 1), direction).reshape(len(x), WIDTH))
    made: Matrix = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)).astype(np.float32)
    return made


class FingerIndex:
    """The descriptions of many templates, numbered in the order in which they were added. Not thread-safe by itself."""

    def __init__(self) -> None:
        self._added: list[Matrix] = []
        self._stacked = np.zeros((0, WIDTH), np.float32)
        self._starts = np.zeros(0, np.intp)

    def __len__(self) -> int:
        return len(self._added)

    def add(self, minutiae: Minutiae) -> None:
        """Adds a template; takes a millisecond or two."""
        rows = describe_minutiae(minutiae)
        self._added.append(rows if len(rows) else np.zeros((1, WIDTH), np.float32))

    def likeness(self, probe: Minutiae) -> Matrix:
        """For every template how alike it is, about 0 to 1; good for ordering only."""
        if not self._added:
            return np.zeros(0, np.float32)
        if len(self._starts) != len(self._added):
            self._stack()
        rows = describe_minutiae(probe)
        if not len(rows):
            return np.zeros(len(self._added), np.float32)
        nearest = np.maximum.reduceat(rows @ self._stacked.T, self._starts, axis=1)
        best = min(_BEST, len(nearest))
        alike: Matrix = np.partition(nearest, len(nearest) - best, axis=0)[-best:].mean(axis=0)
        return alike

    def shortlist(self, probe: Minutiae, length: int, favoured: Collection[int] = (), favour: float = 0.0) -> list[int]:
        """Numbers of the templates that are most alike, best first.

        Args:
            favoured: templates that are likelier for another reason, for example since they are said to be of the same finger.
            favour: added to their likeness.
        """
        alike = self.likeness(probe)
        chosen = [number for number in favoured if 0 <= number < len(alike)]
        alike[chosen] += np.float32(favour)
        return [int(number) for number in np.argsort(-alike, kind="stable")[:length]]

    def _stack(self) -> None:
        self._stacked = np.concatenate(self._added)
        lengths = [len(rows) for rows in self._added]
        self._starts = np.concatenate(([0], np.cumsum(lengths[:-1]))).astype(np.intp)
