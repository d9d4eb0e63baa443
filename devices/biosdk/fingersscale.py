"""BOZORTH3 scores on the scale of MOSIP's settings.

BOZORTH3 counts how many pairs of minutiae of two fingers fit together: 0 to some hundreds, without an upper end. The threshold
`RAW_THRESHOLD` is chosen from the tables in ``docs/matching.md``; it becomes 60, the threshold that MOSIP ships. Below and
above the scale is linear, with 100 at three times the threshold, so that a setting between 0 and 99 names one raw score.
"""

from __future__ import annotations

from typing import Final

from devices.biosdk.sdk import THRESHOLD_SHIPPED

RAW_THRESHOLD: Final = 64
_RAW_TOP: Final = 3 * RAW_THRESHOLD


def score_of(raw: int) -> float:
    """The score, 0 to 100, of a raw score; never falling as that rises."""
    if raw <= RAW_THRESHOLD:
        return THRESHOLD_SHIPPED * max(raw, 0) / RAW_THRESHOLD
    above = (raw - RAW_THRESHOLD) / (_RAW_TOP - RAW_THRESHOLD)
    return min(100.0, THRESHOLD_SHIPPED + (100.0 - THRESHOLD_SHIPPED) * above)
