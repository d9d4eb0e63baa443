"""Messages between the desk and the worker that reads files: a header in JSON and blocks of bytes.

| bytes | what                                                             |
|-------|------------------------------------------------------------------|
| 4     | length of the header, big endian                                 |
| 8     | length of all blocks together, big endian                        |
| n     | the header: a JSON object in UTF-8; ``blocks`` lists the lengths |
| m     | the blocks, one behind the other                                 |
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PREFIX: Final = struct.Struct(">IQ")
MOST_HEADER_BYTES: Final = 1 << 20


class BrokenFrameError(ValueError):
    """What came is no message of this form."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    header: dict[str, Any] = field(repr=False)
    blocks: tuple[bytes, ...] = field(default=(), repr=False)


def start_of(header: dict[str, Any], blocks: Sequence[bytes]) -> bytes:
    """What goes before the blocks."""
    lengths = [len(block) for block in blocks]
    encoded = json.dumps({**header, "blocks": lengths}).encode()
    return PREFIX.pack(len(encoded), sum(lengths)) + encoded


def lengths_of(prefix: bytes, most_blocks_bytes: int) -> tuple[int, int]:
    """Lengths of header and blocks.

    Raises:
        BrokenFrameError: one is over its bound.
    """
    header_bytes, blocks_bytes = PREFIX.unpack(prefix)
    if header_bytes > MOST_HEADER_BYTES or blocks_bytes > most_blocks_bytes:
        raise BrokenFrameError
    return header_bytes, blocks_bytes


def frame_of(header: bytes, blocks: bytes) -> Frame:
    """The message out of its two parts.

    Raises:
        BrokenFrameError: the header is no JSON object, or its lengths are not those of the blocks.
    """
    try:
        parsed = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise BrokenFrameError from error
    lengths = parsed.pop("blocks", None) if isinstance(parsed, dict) else None
    if not isinstance(lengths, list) or not all(type(length) is int and length >= 0 for length in lengths):
        raise BrokenFrameError
    if sum(lengths) != len(blocks):
        raise BrokenFrameError
    view, parts, at = memoryview(blocks), [], 0
    for length in lengths:
        parts.append(bytes(view[at : at + length]))
        at += length
    return Frame(parsed, tuple(parts))
