"""The code of an iris: the phase of its texture, two bits for each of 16 rings by 256 directions, after Daugman.

The ring between pupil and limbus is unrolled to a strip of 64 by 512 (rubber sheet: both edges become straight, so the width of
the pupil falls out), its rows averaged to 16 rings, and each ring filtered along its length by a one-dimensional log-Gabor
filter. The signs of the real and of the imaginary part are the bits. A bit counts if its place was seen and it is not fragile:
if the part is not among the quarter nearest to zero, where noise decides the sign.

Data of a template ``sealdesk-iriscode``, version 1, 2052 bytes:

| offset | length | field |
|--------|--------|-------|
| 0      | 2      | rings, 16, and directions / 8, 32; one byte each |
| 2      | 2      | how many bits count, big-endian |
| 4      | 1024   | bits: ring by ring the real parts of all directions, then ring by ring the imaginary ones |
| 1028   | 1024   | 1 for each bit that counts |
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from devices.biosdk.errors import TemplateUnreadableError
from devices.biosdk.irisimage import Pixels, Plane
from devices.biosdk.irisplane import sample
from devices.biosdk.irissegment import Segmentation

Bits: TypeAlias = NDArray[np.bool_]

FORMAT: Final = "sealdesk-iriscode"
VERSION: Final = 1
RINGS: Final = 16
DIRECTIONS: Final = 256
BITS: Final = 2 * RINGS * DIRECTIONS
STRIP_ROWS: Final = 64
STRIP_COLUMNS: Final = 512
_WAVELENGTH: Final = 16.0
_SIGMA: Final = 0.5
_FRAGILE: Final = 25.0
_SEEN_MIN: Final = 0.5
_HEAD: Final = struct.Struct(">BBH")
DATA_BYTES: Final = _HEAD.size + 2 * BITS // 8


@dataclass(frozen=True, slots=True)
class IrisCode:
    """Bits and which of them count; both of shape (2 * `RINGS`, `DIRECTIONS`)."""

    bits: Bits = field(repr=False)
    counts: Bits = field(repr=False)

    def to_data(self) -> bytes:
        """The data of a template; bits that do not count are written as 0."""
        head = _HEAD.pack(RINGS, DIRECTIONS // 8, int(self.counts.sum()))
        return head + np.packbits(self.bits & self.counts).tobytes() + np.packbits(self.counts).tobytes()

    @classmethod
    def from_data(cls, data: bytes) -> IrisCode:
        """Reads the data of a template strictly.

        Raises:
            TemplateUnreadableError: for anything that `to_data` does not write.
        """
        if len(data) != DATA_BYTES:
            raise TemplateUnreadableError(why="its length is wrong")
        rings, eighth, many = _HEAD.unpack_from(data)
        both = np.unpackbits(np.frombuffer(data, np.uint8, offset=_HEAD.size)).astype(np.bool_)
        bits, counts = both.reshape(2, 2 * RINGS, DIRECTIONS)
        if (rings, eighth, many) != (RINGS, DIRECTIONS // 8, int(counts.sum())) or bool((bits & ~counts).any()):
            raise TemplateUnreadableError(why="its header and its bits disagree")
        return cls(bits, counts)


def unroll(plane: Plane, found: Segmentation) -> Plane:
    """A plane of the image as a strip, 64 by 512: pupil first, clockwise from the right in the image."""
    angle = (np.arange(STRIP_COLUMNS) * (2 * np.pi / STRIP_COLUMNS)).astype(np.float32)[None, :]
    depth = np.linspace(0.06, 0.94, STRIP_ROWS, dtype=np.float32)[:, None]
    cosine, sine = np.cos(angle), np.sin(angle)
    inner_x, inner_y = found.pupil.x + found.pupil.radius * cosine, found.pupil.y + found.pupil.radius * sine
    outer_x, outer_y = found.limbus.x + found.limbus.radius * cosine, found.limbus.y + found.limbus.radius * sine
    x, y = inner_x + depth * (outer_x - inner_x), inner_y + depth * (outer_y - inner_y)
    return sample(plane, x.astype(np.float32), y.astype(np.float32))


def encode(pixels: Pixels, mask: Plane, found: Segmentation) -> IrisCode:
    """The code of an image with its mask (1 where the iris is seen)."""
    strip, seen = unroll(pixels.astype(np.float32), found), (unroll(mask, found) > 0.99).astype(np.float32)
    rings, share = _rings(strip, seen)
    answer = np.fft.ifft(np.fft.fft(rings, axis=1) * _log_gabor(), axis=1)[:, :: STRIP_COLUMNS // DIRECTIONS]
    parts = np.concatenate((answer.real, answer.imag))
    is_seen = share[:, :: STRIP_COLUMNS // DIRECTIONS] > _SEEN_MIN
    is_seen = np.concatenate((is_seen, is_seen))
    size = np.abs(parts)
    if bool(is_seen.any()):
        is_seen &= size > np.percentile(size[is_seen], _FRAGILE)
    return IrisCode(parts > 0, is_seen)


def _rings(strip: Plane, seen: Plane) -> tuple[Plane, Plane]:
    """Means of groups of rows over what is seen, freed of the ring's own mean, 0 where nothing is; and how much is seen."""
    rows = STRIP_ROWS // RINGS
    share = seen.reshape(RINGS, rows, STRIP_COLUMNS).mean(axis=1)
    total = (strip * seen).reshape(RINGS, rows, STRIP_COLUMNS).mean(axis=1)
    mean = total / np.maximum(share, 1e-6)
    level = total.sum(axis=1, keepdims=True) / np.maximum(share.sum(axis=1, keepdims=True), 1e-6)
    rings: Plane = np.where(share > 0, mean - level, 0).astype(np.float32)
    return rings, share


def _log_gabor() -> Plane:
    """The filter over the frequencies of a ring; only positive ones, so that the answer has a phase."""
    frequency = np.fft.fftfreq(STRIP_COLUMNS)
    ratio = np.log(np.maximum(frequency, 1e-9) * _WAVELENGTH)
    curve: Plane = np.where(frequency > 0, np.exp(-(ratio**2) / (2 * np.log(_SIGMA) ** 2)), 0).astype(np.float32)
    return curve
