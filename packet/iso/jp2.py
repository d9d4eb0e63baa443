"""Reading the header of a JPEG 2000 file without decoding it.

A JP2 file (ISO/IEC 15444-1, annex I) is a row of boxes: length u32, type (4 characters), content; length 1 means a 64-bit
length follows the type, length 0 means "to the end of the file". Needed here: the signature box, ``ftyp``, ``jp2h`` with
``ihdr`` inside, and ``jp2c`` with the codestream. The codestream (annex A) is a row of marker segments: SOC (FF4F), SIZ
(FF51) with the true image size, COD (FF52) and COC (FF53) with the wavelet: 0 irreversible 9-7, 1 reversible 5-3. Only the
latter is lossless. COD and COC may come again in the header of every tile part and are looked at there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packet.iso.errors import ImageUnsuitableError
from packet.iso.fields import PIXELS_MAX

SIGNATURE = bytes.fromhex("0000000C6A5020200D0A870A")
_BOXES_MAX = 64
_SEGMENTS_MAX = 4096
_TILE_PARTS_MAX = 4096
_SOC, _SIZ, _COD, _COC, _SOT, _SOD, _EOC = 0xFF4F, 0xFF51, 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9


@dataclass(frozen=True, slots=True)
class Jp2Facts:
    """What a JPEG 2000 file says about itself.

    Attributes:
        components: 1 for grey, 3 for colour.
        bit_depth: bits per sample, the greatest of all components.
        is_reversible: every tile and component uses the reversible 5-3 wavelet.
    """

    width: int
    height: int
    components: int
    bit_depth: int
    is_reversible: bool


def inspect(image: bytes, kind: str = "biometric") -> Jp2Facts:
    """Reads size, components and wavelet of a JP2 file.

    Args:
        kind: names the record in the error.

    Raises:
        ImageUnsuitableError: if it is no JP2 file, if file header and codestream disagree, or if it is too large.
    """
    if not image.startswith(SIGNATURE):
        raise ImageUnsuitableError(kind=kind, why="it does not begin as a JPEG 2000 file")
    reader = _Reader(image, kind)
    header: tuple[int, int, int] | None = None
    for index, (box, start, end) in enumerate(reader.boxes(len(SIGNATURE), len(image))):
        if index == 0 and box != b"ftyp":
            raise reader.refuse("its file type box is missing")
        if box == b"jp2h" and header is None:
            header = reader.image_header(start, end)
        if box == b"jp2c":
            facts = reader.codestream(start, end)
            if header != (facts.width, facts.height, facts.components):
                raise reader.refuse("its file header and its codestream disagree")
            return facts
    raise reader.refuse("it has no codestream")


class _Reader:
    def __init__(self, data: bytes, kind: str) -> None:
        self._data = data
        self._kind = kind

    def refuse(self, why: str) -> ImageUnsuitableError:
        return ImageUnsuitableError(kind=self._kind, why=why)

    def _uint(self, at: int, size: int, end: int) -> int:
        if at + size > end:
            raise self.refuse("it ends too early")
        return int.from_bytes(self._data[at : at + size], "big")

    def boxes(self, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Type, start and end of the content of every box."""
        for _ in range(_BOXES_MAX):
            if at == end:
                return
            length, start = self._uint(at, 4, end), at + 8
            box = self._uint(at + 4, 4, end).to_bytes(4, "big")
            if length == 1:
                length, start = self._uint(at + 8, 8, end), at + 16
            stop = end if length == 0 else at + length
            if not start <= stop <= end:
                raise self.refuse("the length of a box is wrong")
            yield box, start, stop
            at = stop
        raise self.refuse("it has too many boxes")

    def image_header(self, start: int, end: int) -> tuple[int, int, int]:
        """Width, height and number of components of the ``ihdr`` box."""
        for box, at, stop in self.boxes(start, end):
            if box == b"ihdr":
                return self._uint(at + 4, 4, stop), self._uint(at, 4, stop), self._uint(at + 8, 2, stop)
        raise self.refuse("it has no image header")

    def codestream(self, at: int, end: int) -> Jp2Facts:
        if self._uint(at, 2, end) != _SOC or self._uint(at + 2, 2, end) != _SIZ:
            raise self.refuse("its codestream does not begin with SOC and SIZ")
        width, height, components, depth = self._size(at + 4, end)
        wavelets, at = self._wavelets(at + 2, end, components, _SOT)
        if not wavelets:
            raise self.refuse("its coding style is missing")
        for _ in range(_TILE_PARTS_MAX):
            if at == end or self._uint(at, 2, end) == _EOC:
                return Jp2Facts(width, height, components, depth, wavelets == {1})
            stop = self._tile_end(at, end)
            more, _ = self._wavelets(at + 12, stop, components, _SOD)
            wavelets |= more
            at = stop
        raise self.refuse("it has too many tile parts")

    def _size(self, at: int, end: int) -> tuple[int, int, int, int]:
        """From the SIZ segment: width, height, components, bit depth. Subsampled components are refused."""
        right, bottom, left, top = (self._uint(at + 4 + 4 * i, 4, end) for i in range(4))
        components = self._uint(at + 36, 2, end)
        width, height = right - left, bottom - top
        if not (width > 0 and height > 0 and width * height <= PIXELS_MAX):
            raise self.refuse("its size is not acceptable")
        if not 1 <= components <= 4 or self._uint(at, 2, end) != 38 + 3 * components:
            raise self.refuse("its number of components is not acceptable")
        depths = [(self._uint(at + 38 + 3 * i, 1, end) & 0x7F) + 1 for i in range(components)]
        steps = {self._uint(at + 39 + 3 * i, 2, end) for i in range(components)}
        if steps != {0x0101}:
            raise self.refuse("its components are subsampled")
        return width, height, components, max(depths)

    def _wavelets(self, at: int, end: int, components: int, until: int) -> tuple[set[int], int]:
        """The wavelet codes of COD and COC segments up to a marker, and where that marker is."""
        found: set[int] = set()
        for _ in range(_SEGMENTS_MAX):
            marker = self._uint(at, 2, end)
            if marker == until:
                return found, at
            length = self._uint(at + 2, 2, end)
            stop = at + 2 + length
            if marker < 0xFF01 or length < 2 or stop > end:
                raise self.refuse("a marker segment is wrong")
            if marker == _COD:
                found.add(self._uint(at + 13, 1, stop))
            if marker == _COC:
                found.add(self._uint(at + (10 if components < 257 else 11), 1, stop))
            at = stop
        raise self.refuse("it has too many marker segments")

    def _tile_end(self, at: int, end: int) -> int:
        """End of the tile part that begins with the SOT marker at this place; length 0 reaches to the end marker."""
        if self._uint(at, 2, end) != _SOT or self._uint(at + 2, 2, end) != 10:
            raise self.refuse("a tile part does not begin with SOT")
        length = self._uint(at + 6, 4, end)
        stop = at + length if length else end
        if stop > end or stop < at + 14:
            raise self.refuse("the length of a tile part is wrong")
        return stop
