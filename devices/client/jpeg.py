"""Size of a JPEG picture from its header, before any decoder sees it.

A picture begins with SOI (FFD8) and ends with EOI (FFD9). In between stand marker segments: FF, the marker, a length of two
bytes that counts itself, content. SOF0 to SOF15 (FFC0 to FFCF without DHT FFC4, JPG FFC8, DAC FFCC) hold precision (1),
height (2), width (2), components (1). Bytes FF before a marker are padding. Source: ISO/IEC 10918-1, annex B.
"""

from __future__ import annotations

SIDE_MAX_PX = 4096
_SEGMENTS_MAX = 256
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS = 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def size(picture: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for anything that is no JPEG picture of at most 4096 x 4096 pixels."""
    if not picture.startswith(b"\xff\xd8") or not picture.endswith(b"\xff\xd9"):
        return None
    at = 2
    for _ in range(_SEGMENTS_MAX):
        marker, at = _marker(picture, at)
        if marker in _ALONE:
            continue
        length = int.from_bytes(picture[at : at + 2], "big")
        if marker is None or marker == _SOS or length < 2 or at + length > len(picture):
            return None
        if marker in _SOF:
            return _frame_size(picture[at + 2 : at + length])
        at += length
    return None


def _marker(picture: bytes, at: int) -> tuple[int | None, int]:
    if picture[at : at + 1] != b"\xff":
        return None, at
    while picture[at : at + 1] == b"\xff":
        at += 1
    return (picture[at], at + 1) if at < len(picture) else (None, at)


def _frame_size(header: bytes) -> tuple[int, int] | None:
    """A height of 0, to be told later by a DNL segment, is legal JPEG and refused: nobody could know what to expect."""
    if len(header) < 6:
        return None
    height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
    if header[0] != 8 or header[5] not in {1, 3, 4}:
        return None
    return (width, height) if 1 <= width <= SIDE_MAX_PX and 1 <= height <= SIDE_MAX_PX else None
