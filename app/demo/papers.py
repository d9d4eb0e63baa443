"""The demonstration's documents: pages that say that they are none."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from app.core.forms.entries import DocumentEntry

_SIZE = (620, 877)
"""A4 at 75 dots per inch."""


def specimen(holder: str, type_code: str) -> DocumentEntry:
    """A document of a kind as a one-page PDF with the holder's name and the word SPECIMEN."""
    page = Image.new("L", _SIZE, 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((20, 20, _SIZE[0] - 20, _SIZE[1] - 20), outline=0, width=3)
    lines = ("SPECIMEN", "Passport of Nowhere", holder, "Made for a demonstration. Proves nothing.")
    for row, line in enumerate(lines):
        draw.text((60, 80 + 60 * row), line, fill=0)
    content = io.BytesIO()
    page.save(content, "PDF", resolution=75)
    return DocumentEntry(type_code, "SPECIMEN-0001", "pdf", content.getvalue())
