"""Texts out of USB descriptors, made fit for a screen and a log."""

from __future__ import annotations

import unicodedata

TEXT_MAX_CHARS = 80


def clean(data: bytes) -> str:
    """The text of a string descriptor: UTF-16 (USB 2.0, 9.6.7), composed, one line, at most 80 characters.

    What cannot be decoded, and what is no visible sign (control characters, direction marks, surrogates, private use), becomes
    a blank; blanks are drawn together.
    """
    text = unicodedata.normalize("NFC", data.decode("utf-16-le", "replace"))
    visible = "".join(sign if sign.isprintable() and sign != "\N{REPLACEMENT CHARACTER}" else " " for sign in text)
    return " ".join(visible.split())[:TEXT_MAX_CHARS].rstrip()
