"""Connected parts of a mask."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BoolPixels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """A connected part (neighbours share a side), as horizontal runs: row, first column, column behind the last."""

    area_px: int
    rows: NDArray[np.intp] = field(repr=False)
    starts: NDArray[np.intp] = field(repr=False)
    ends: NDArray[np.intp] = field(repr=False)


def regions_of(mask: BoolPixels, least_px: int) -> list[Region]:
    """All parts of at least so many pixels, the largest first."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    if not rows.size:
        return []
    roots = _joined(rows.tolist(), starts.tolist(), ends.tolist())
    labels = np.unique(roots, return_inverse=True)[1]
    areas = np.bincount(labels, weights=ends - starts).astype(int)
    order = [int(label) for label in np.argsort(-areas) if areas[label] >= least_px]
    return [Region(int(areas[n]), rows[labels == n], starts[labels == n], ends[labels == n]) for n in order]


def _joined(rows: list[int], starts: list[int], ends: list[int]) -> list[int]:
    """For each run the first run of its part: runs that overlap the row above are joined."""
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    above = 0
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] <= starts[run]):
            above += 1
        other = above
        while other < run and rows[other] == row - 1 and starts[other] < ends[run]:
            first, second = root(other), root(run)
            parent[max(first, second)] = min(first, second)
            other += 1
    return [root(run) for run in range(len(rows))]
