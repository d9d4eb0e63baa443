"""The Verhoeff check digit: finds every single wrong digit and every swap of neighbours.

The product of the dihedral group of the pentagon and the permutation by position are computed, not listed:
below 5 the turns add up, a turn shifts a reflection (from 5 on), a reflection takes a later turn backwards, and two
reflections make a turn.
"""

from __future__ import annotations

_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _product(first: int, second: int) -> int:
    if first < 5:
        return (first + second) % 5 if second < 5 else (first + second - 5) % 5 + 5
    return (first - 5 - second) % 5 + 5 if second < 5 else (first - second) % 5


def _permutations() -> tuple[tuple[int, ...], ...]:
    rows = [tuple(range(10))]
    while len(rows) < 8:
        rows.append(tuple(_STEP[digit] for digit in rows[-1]))
    return tuple(rows)


_PRODUCT = tuple(tuple(_product(first, second) for second in range(10)) for first in range(10))
_PERMUTATION = _permutations()


def has_valid_check_digit(digits: str) -> bool:
    """Whether the last of the ASCII digits is the check digit of those before it."""
    return _folded(digits, 0) == 0


def check_digit(digits: str) -> str:
    """The digit to append to the ASCII digits."""
    folded = _folded(digits, 1)
    return str(_PRODUCT[folded].index(0))


def _folded(digits: str, first_position: int) -> int:
    folded = 0
    for position, digit in enumerate(reversed(digits), first_position):
        folded = _PRODUCT[folded][_PERMUTATION[position % 8][int(digit)]]
    return folded
