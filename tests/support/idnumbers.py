"""Valid numbers for tests: UINs, VIDs, PRIDs, registration ids; made with tables and rules of their own.

The check digit comes from the textbook's tables, the rules are the regular expressions that MOSIP's kernel uses: both
independent of what they test. The same number always gives the same id.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

_D = "0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210"
_P = "01234567891576283094580379614289160435279453126870428657390127938064157046913258"
_INVERSE = "0432156789"

_REPEATED_DIGIT = re.compile(r"([0-9])[0-9]?\1")
_REPEATED_PAIR = re.compile(r"([0-9]{2,}).*?\1")
_REPEATED_TRIPLE = re.compile(r"([0-9]{3,}).*?\1")
_EVEN = re.compile(r"[2468]{3}")
_RUNS = tuple(run[at : at + 3] for run in ("0123456789", "9876543210") for at in range(8))


def check_digit(digits: str) -> str:
    """Verhoeff's check digit for the digits."""
    folded = "0"
    for position, digit in enumerate(reversed(digits), 1):
        folded = _D[10 * int(folded) + int(_P[10 * (position % 8) + int(digit)])]
    return _INVERSE[int(folded)]


def is_regular(text: str, *, is_uin: bool = False, repeated_block: re.Pattern[str] = _REPEATED_PAIR) -> bool:
    """Whether a number has none of the forms that MOSIP's default configuration excludes, apart from its check digit."""
    if text[0] in "01" or any(run in text for run in _RUNS) or "786" in text or "666" in text:
        return False
    if _REPEATED_DIGIT.search(text) or repeated_block.search(text):
        return False
    return not is_uin or not (_EVEN.search(text) or "142857" in text or text[:5] == text[-5:] or text[:5] == text[-5:][::-1])


def valid_uin(number: int = 0) -> str:
    """A UIN of 10 digits, valid by MOSIP's defaults; another one for each number."""
    return _made(f"uin {number}", 10, is_uin=True)


def valid_vid(number: int = 0) -> str:
    """A VID of 16 digits."""
    return _made(f"vid {number}", 16)


def valid_prid(number: int = 0) -> str:
    """A pre-registration id of 14 digits."""
    return _made(f"prid {number}", 14, repeated_block=_REPEATED_TRIPLE)


def valid_rid(number: int = 1, centre_id: str = "10001", machine_id: str = "10002") -> str:
    """A registration id of 29 digits."""
    at = datetime(2026, 3, 2, 9, 30, 0, tzinfo=UTC)
    return f"{centre_id}{machine_id}{number:05}{at:%Y%m%d%H%M%S}"


def valid_request_id(number: int = 1, process: str = "BIOMETRIC_CORRECTION", iteration: int = 1) -> str:
    """The request id of a correction."""
    return f"{valid_rid(number)}-{process}-{iteration}"


def _made(seed: str, length: int, *, is_uin: bool = False, repeated_block: re.Pattern[str] = _REPEATED_PAIR) -> str:
    source = random.Random(seed)
    while True:
        text = ""
        while len(text) < length - 1:
            text += source.choice([digit for digit in "0123456789" if digit not in text[-2:]])
        text += check_digit(text)
        if is_regular(text, is_uin=is_uin, repeated_block=repeated_block):
            return text
