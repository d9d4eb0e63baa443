"""Text typed by people, at the moment at which it comes in: one normal form, nothing that is no text, no endless text."""

from __future__ import annotations

import unicodedata
from typing import Final

TEXT_MAX_CHARS: Final = 4096
"""Longest text of a field; the packet's rules give no longer one to a pattern."""

REFUSED_SIGN: Final = "\ufffd"
"""Stands for a sign that is none (a control character, half of a surrogate pair); a text with it in it is refused."""


def clean(text: str) -> str:
    """The text in normal form C, with `REFUSED_SIGN` for everything that is no sign of a line of text.

    A text that is too long comes back one character longer than `TEXT_MAX_CHARS`, which is enough to know it by.
    """
    if text.isascii() and text.isprintable():
        return text[: TEXT_MAX_CHARS + 1]
    cut = text[: 4 * TEXT_MAX_CHARS]
    signs = "".join(REFUSED_SIGN if _is_refused(sign) else sign for sign in cut)
    return unicodedata.normalize("NFC", signs)[: TEXT_MAX_CHARS + 1]


def _is_refused(sign: str) -> bool:
    """Controls, halves of surrogate pairs, separators of lines, and code points that Unicode keeps free for ever."""
    code = ord(sign)
    if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"):
        return True
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def with_plain_digits(text: str) -> str:
    """The text with the digits 0 to 9 for those of other scripts."""
    return text if text.isascii() else "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)


def is_blank(text: str) -> bool:
    """Whether there is nothing in it but space."""
    return not text or text.isspace()
