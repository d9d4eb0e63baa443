"""Finding an entry of a list by what somebody types: any language, with or without accents, beginnings first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final, Generic, Protocol, TypeVar

from app.core.masterdata.model import Texts

_ALIKE: Final = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i",
        "ة": "ه", "ى": "ي", "ـ": None,
        "’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-",
        "\u200c": None, "\u200d": None, "\u200e": None, "\u200f": None,
    }
)  # fmt: skip
"""What keyboards differ in, and what does not come apart by itself (Unicode's decompositions do the rest)."""


class Named(Protocol):
    """Something in a list: a `Choice` or a `Location`."""

    @property
    def code(self) -> str:
        """What tells it from the others of the list."""

    @property
    def names(self) -> Texts:
        """What it is called, by language."""


N = TypeVar("N", bound=Named)


class _Bare(dict[int, str]):
    """A sign as it is compared; each is looked at once, and lists have thousands of names."""

    def __missing__(self, number: int) -> str:
        sign = chr(number)
        bare = "" if _is_accent(sign) else sign.casefold().translate(_ALIKE)
        self[number] = bare
        return bare


def _is_accent(sign: str) -> bool:
    """Combining classes 10 to 36 are the points of Hebrew, Arabic and Syriac, those from 200 accents; letters have none."""
    combining = unicodedata.combining(sign)
    return 10 <= combining <= 36 or combining >= 200


_BARE: Final = _Bare()


def fold(text: str) -> str:
    """A text in the form in which two are compared: small letters, no accents or vowel points, single spaces.

    Marks of other scripts that make up letters (the vowels of Devanagari or Thai) stay.
    """
    small = text.casefold()
    bare = small if small.isascii() else unicodedata.normalize("NFKD", small).translate(_BARE)
    return " ".join(bare.split())


class SearchList(Generic[N]):
    """A list that is searched at each keystroke; the names are folded once.

    Args:
        items: the entries in the order in which they are shown.
    """

    def __init__(self, items: Iterable[N]) -> None:
        self._items = tuple((item, tuple(dict.fromkeys(fold(name) for name in item.names.values()))) for item in items)

    def find(self, typed: str) -> tuple[N, ...]:
        """Entries whose name in any language begins with the text, then those with such a word, then those that hold it.

        Within each of the three the order is that of the list. Nothing typed finds everything.
        """
        wanted = fold(typed)
        ranked = [(rank, item) for item, names in self._items if (rank := _rank(wanted, names)) is not None]
        return tuple(item for wanted_rank in range(3) for rank, item in ranked if rank == wanted_rank)


def _rank(wanted: str, names: Iterable[str]) -> int | None:
    best: int | None = None
    for name in names:
        at = name.find(wanted)
        if at == 0:
            return 0
        if at > 0:
            rank = 1 if _begins_a_word(wanted, name, at) else 2
            best = rank if best is None else min(best, rank)
    return best


def _begins_a_word(wanted: str, name: str, at: int) -> bool:
    while at > 0:
        if not name[at - 1].isalnum():
            return True
        at = name.find(wanted, at + 1)
    return False
