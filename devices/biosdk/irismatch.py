"""How different two iris codes are, and that on the scale of MOSIP's settings.

The raw measure is the share of bits that differ among those that count in both, at the best of 33 turns of the head (22.5
degrees either way); after Daugman it is drawn towards 0.5 where few bits could be compared, since few agree by chance more
easily.
Different eyes lie a little below 0.5, by the choice among turns. `RAW_THRESHOLD` is chosen from the tables in
``docs/iris-and-face.md`` and becomes 60, the threshold that MOSIP ships; beyond it the scale is linear, with 0 at
`RAW_UNLIKE` and 100 at `RAW_ALIKE`.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from devices.biosdk.iriscode import BITS, IrisCode
from devices.biosdk.sdk import THRESHOLD_SHIPPED

Words: TypeAlias = NDArray[np.uint64]

TURNS: Final = 16
RAW_THRESHOLD: Final = 0.32
RAW_UNLIKE: Final = 0.50
RAW_ALIKE: Final = 0.12
_TYPICAL: Final = 3000.0
"""Bits that two good captures have in common."""
_COMMON_MIN: Final = 600
_AT_ONCE: Final = 128
WORDS: Final = BITS // 64


def score_of(raw: float) -> float:
    """The score, 0 to 100, of a raw distance; never rising as that rises."""
    if raw > RAW_THRESHOLD:
        below = (raw - RAW_THRESHOLD) / (RAW_UNLIKE - RAW_THRESHOLD)
        return max(0.0, THRESHOLD_SHIPPED - THRESHOLD_SHIPPED * below)
    above = (RAW_THRESHOLD - raw) / (RAW_THRESHOLD - RAW_ALIKE)
    return min(100.0, THRESHOLD_SHIPPED + (100.0 - THRESHOLD_SHIPPED) * above)


def words_of(code: IrisCode) -> tuple[Words, Words]:
    """Bits and counting bits as rows of 64-bit words."""
    return _packed(code.bits & code.counts), _packed(code.counts)


def distances(probe: IrisCode, bits: Words, counts: Words) -> NDArray[np.float64]:
    """Raw distance of the probe to every code; 0.5 where too few bits count in both.

    Args:
        bits, counts: of the codes, as of `words_of`, one row each.
    """
    turned = [_turned(probe, turn) for turn in range(-TURNS, TURNS + 1)]
    best = np.full(len(bits), 0.5)
    for start in range(0, len(bits), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        for turned_bits, turned_counts in turned:
            common = counts[some] & turned_counts
            differ = np.bitwise_count((bits[some] ^ turned_bits) & common).sum(axis=1, dtype=np.int64)
            many = np.bitwise_count(common).sum(axis=1, dtype=np.int64)
            share = differ / np.maximum(many, 1)
            drawn = 0.5 - (0.5 - share) * np.sqrt(np.minimum(many / _TYPICAL, 1.0))
            best[some] = np.where(many >= _COMMON_MIN, np.minimum(best[some], drawn), best[some])
    return best


def _turned(code: IrisCode, turn: int) -> tuple[Words, Words]:
    return words_of(IrisCode(np.roll(code.bits, turn, axis=1), np.roll(code.counts, turn, axis=1)))


def _packed(bits: NDArray[np.bool_]) -> Words:
    return np.packbits(bits).view(np.uint64)
