"""The messages between the application and a worker process: byte strings over a pipe.

| offset | length | field |
|--------|--------|-------|
| 0      | 4      | length n of the rest, big-endian |
| 4      | 1      | length k of the word |
| 5      | k      | a word: the task asked for; in answers ``ok`` or the code of an error |
| 5+k    | n-1-k  | content: what the task takes or gives; of an error its parameters as JSON |
"""

from __future__ import annotations

import struct
from typing import IO, Final

FRAME_MAX_BYTES: Final = 24 * 1024 * 1024
OK: Final = "ok"
_HEAD: Final = struct.Struct(">IB")


def write_frame(stream: IO[bytes], word: str, content: bytes) -> None:
    """Writes one message.

    Raises:
        ValueError: if it is longer than `FRAME_MAX_BYTES`.
        OSError: if the other side is gone.
    """
    name = word.encode("ascii")
    length = 1 + len(name) + len(content)
    if length > FRAME_MAX_BYTES:
        raise ValueError("a message is too long")
    stream.write(_HEAD.pack(length, len(name)) + name)
    stream.write(content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[str, bytes] | None:
    """One message, or None if the other side ended, even in the middle of one."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, name_length = _HEAD.unpack(head)
    if not 1 + name_length <= length <= FRAME_MAX_BYTES:
        return None
    rest = stream.read(length - 1)
    if len(rest) < length - 1:
        return None
    return rest[:name_length].decode("ascii", "replace"), rest[name_length:]
