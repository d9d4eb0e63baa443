"""The image inside a record: what it says of itself, and whether it can be decoded.

JPEG 2000 files are read by their boxes and then decoded; WSQ files (FBI, WSQ gray-scale fingerprint image compression) are
read by their frame header: marker SOF (FFA2) holds black and white level, height u16 and width u16 after its length.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from PIL import Image

from packet.iso import jp2
from packet.iso.errors import ImageUnsuitableError

JPEG2000 = "JPEG 2000"
WSQ = "WSQ"
_SOI, _SOF = b"\xff\xa0", 0xFFA2
_SEGMENTS_MAX = 64


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is inside.

    Attributes:
        decoded_bytes: size of the raw image, for the compression ratio.
    """

    format: str
    width: int
    height: int
    components: int
    bit_depth: int
    is_lossless: bool

    @property
    def decoded_bytes(self) -> int:
        """Size of the raw pixels."""
        return self.width * self.height * self.components * self.bit_depth // 8


class UnreadableImageError(Exception):
    """The bytes are no image of a kind that devices send; the text says why."""


def read_image(data: bytes) -> ImageFacts:
    """Reads and decodes an image.

    Raises:
        UnreadableImageError: if it is neither JPEG 2000 nor WSQ, or does not decode.
    """
    if data.startswith(_SOI):
        return _wsq(data)
    try:
        facts = jp2.inspect(data)
    except ImageUnsuitableError as error:
        raise UnreadableImageError(str(error.params["why"])) from error
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG2000",)) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise UnreadableImageError("it does not decode") from error
    return ImageFacts(JPEG2000, facts.width, facts.height, facts.components, facts.bit_depth, facts.is_reversible)


def _wsq(data: bytes) -> ImageFacts:
    at = 2
    for _ in range(_SEGMENTS_MAX):
        if at + 4 > len(data):
            break
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == _SOF and at + 10 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 6)
            return ImageFacts(WSQ, width, height, 1, 8, is_lossless=False)
        if marker >> 8 != 0xFF or length < 2:
            break
        at += 2 + length
    raise UnreadableImageError("it is no WSQ image with a frame header")
