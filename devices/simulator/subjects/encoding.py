"""Pixels as the image files that records carry: JPEG 2000 with or without loss, and WSQ.

Every file says in a comment that it is synthetic, if it is. A JPEG 2000 file gets a capture resolution box (``res `` with
``resc`` inside, ISO/IEC 15444-1 annex I.5.3.7): vertical and horizontal numerator u16, denominator u16 each, then an exponent
i8 each, in pixels per metre.
"""

from __future__ import annotations

import struct
from importlib import import_module
from io import BytesIO
from typing import Final

from PIL import Image

from devices.simulator.subjects.errors import WsqNotInstalledError
from devices.simulator.subjects.presenter import Pixels

MARK: Final = "SYNTHETIC"
SYNTHETIC_COMMENT: Final = f"{MARK}: computed, not a person"
FINGER_PIXELS_PER_METRE: Final = 19685  # 500 per inch
_SIGNATURE_AND_FTYP_MIN: Final = 32
_WSQ_SOI: Final = b"\xff\xa0"
_WSQ_COMMENT: Final = b"\xff\xa8"


def lossless_jp2(pixels: Pixels, pixels_per_metre: int = 0, comment: str = SYNTHETIC_COMMENT) -> bytes:
    """JPEG 2000 with the reversible wavelet: every pixel survives.

    Args:
        pixels_per_metre: of the resolution box; 0 for none.
    """
    return _jp2(pixels, pixels_per_metre, comment, irreversible=False)


def lossy_jp2(pixels: Pixels, ratio: float, pixels_per_metre: int = 0, comment: str = SYNTHETIC_COMMENT) -> bytes:
    """JPEG 2000 with the irreversible wavelet, of about 1/ratio of the raw size, never less than 1/15."""
    return _jp2(pixels, pixels_per_metre, comment, irreversible=True, quality_mode="rates", quality_layers=[ratio])


def _jp2(pixels: Pixels, pixels_per_metre: int, comment: str, **options: object) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG2000", comment=comment or None, mct=1 if pixels.ndim == 3 else 0, **options)
    data = out.getvalue()
    return _with_resolution(data, pixels_per_metre) if pixels_per_metre else data


def _with_resolution(data: bytes, pixels_per_metre: int) -> bytes:
    """The file with a resolution box as the last one of its header box."""
    at = 0
    while data[at + 4 : at + 8] != b"jp2h":
        at += int.from_bytes(data[at : at + 4], "big")
    length = int.from_bytes(data[at : at + 4], "big")
    capture = struct.pack(">I4sHHHHbb", 18, b"resc", pixels_per_metre, 1, pixels_per_metre, 1, 0, 0)
    box = struct.pack(">I4s", 8 + len(capture), b"res ") + capture
    header = struct.pack(">I", length + len(box)) + data[at + 4 : at + length]
    return data[:at] + header + box + data[at + length :]


def wsq(pixels: Pixels, comment: str = SYNTHETIC_COMMENT) -> bytes:
    """WSQ of a grey print, about 10 to 1; the comment is a segment of its own after the start marker.

    Raises:
        WsqNotInstalledError: without the optional package.
    """
    try:
        import_module("wsq")  # registers the format with Pillow
    except ImportError as error:
        raise WsqNotInstalledError from error
    out = BytesIO()
    Image.fromarray(pixels).save(out, "WSQ")
    data = out.getvalue()
    if not comment:
        return data
    text = comment.encode("ascii")
    return _WSQ_SOI + _WSQ_COMMENT + struct.pack(">H", len(text) + 2) + text + data[2:]
