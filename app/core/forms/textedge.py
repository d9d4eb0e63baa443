"""Text typed by people, at the moment at which it comes in: one normal form, nothing that is no text, no endless text."""

from __future__ import annotations

import unicodedata
from typing import Final

TEXT_MAX_CHARS: Final = 4096
"""Longest text of a field; the packet's rules give no longer one to a pattern."""

REFUSED_SIGN: Final = "\ufffd"
"""Stands for a sign that is none (a control character, half of a surrogate pair); a text with it in it is refused."""


def clean(text: str) -> str:
    """The text in normal form C, with `REFUSED_SIGN` for every control character and lone surrogate.

    A text that is too long comes back one character longer than `TEXT_MAX_CHARS`, which is enough to know it by.
    """
    if text.isascii() and text.isprintable():
        return text[: TEXT_MAX_CHARS + 1]
    cut = text[: 4 * TEXT_MAX_CHARS]
    signs = "".join(REFUSED_SIGN if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in cut)
    return unicodedata.normalize("NFC", signs)[: TEXT_MAX_CHARS + 1]


def is_blank(text: str) -> bool:
    """Whether there is nothing in it but space."""
    return not text or text.isspace()
