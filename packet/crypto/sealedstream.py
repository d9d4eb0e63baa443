"""Authenticated encryption of a stream of any length in bounded memory (the STREAM construction over AES-256-GCM).

The plain text is cut into chunks of one size, only the last of which may be shorter. Each is sealed by itself; what it is and
where it stands is in the nonce:

======  ======  =================================================
offset  length  content of the nonce
======  ======  =================================================
0       3       zero
3       8       number of the chunk from 0, big-endian
11      1       1 for the last chunk, else 0
======  ======  =================================================

======  ======  =================================================
offset  length  content of a sealed chunk
======  ======  =================================================
0       n       AES-256-GCM ciphertext
n       16      tag
======  ======  =================================================

Additional data of every chunk: whatever the caller binds the stream to (a digest of the file's header). Since the number is
in the nonce, chunks that were exchanged, repeated, left out or taken from another place do not open; since the mark of the last
one is, a stream that was cut or has something behind its end does not either. The last chunk is empty only if the whole stream
is. A key may be used for one stream only: there is nothing random in the nonces.

Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from packet.errors import PacketError

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
CHUNK_BYTES: Final = 256 * 1024
CHUNK_MAX_BYTES: Final = 4 * 1024 * 1024


class SealedStreamDamagedError(PacketError):
    """A sealed stream does not open at a chunk."""

    code = "PACKET-STREAM-DAMAGED"
    sentence = "The encrypted data is not whole: part {chunk} was changed, is missing or stands in the wrong place."
    next_step = "Do not use any of it. Read it again from its medium, or take another copy."


class StreamSealer:
    """Seals what it is given and writes it on, chunk by chunk.

    Args:
        key: 32 random bytes for this stream alone.
        associated: what the stream is bound to.
        write: takes each sealed chunk whole; its errors pass through.
    """

    def __init__(
        self, key: bytes, associated: bytes, write: Callable[[bytes], object], *, chunk_bytes: int = CHUNK_BYTES
    ) -> None:
        _check(key, chunk_bytes)
        self._cipher = AESGCM(key)
        self._associated = associated
        self._write = write
        self._chunk_bytes = chunk_bytes
        self._buffer = bytearray()
        self._number = 0

    def update(self, plain: bytes | memoryview) -> None:
        """Adds to the stream."""
        with memoryview(plain) as view:
            position = 0
            while position < len(view):
                # A full buffer waits for the next byte: until that comes it may be the last chunk.
                if len(self._buffer) == self._chunk_bytes:
                    self._seal(is_last=False)
                taken = min(self._chunk_bytes - len(self._buffer), len(view) - position)
                self._buffer += view[position : position + taken]
                position += taken

    def finish(self) -> None:
        """Ends the stream. Nothing may be added after that."""
        self._seal(is_last=True)

    def _seal(self, *, is_last: bool) -> None:
        self._write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), self._buffer, self._associated))
        self._buffer.clear()
        self._number += 1


def open_stream(
    key: bytes, associated: bytes, read: Callable[[int], bytes], *, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[bytes]:
    """The plain chunks of a sealed stream, each of them authentic when it is given out.

    That the stream is whole is known only when the iterator has ended. Two chunks are in memory at a time.

    Args:
        read: gives that many bytes, fewer only at the end, and then none; its errors pass through.

    Raises:
        SealedStreamDamagedError: at the first chunk that is not what was sealed at that place, or if the key is another.
    """
    _check(key, chunk_bytes)
    cipher = AESGCM(key)
    sealed_bytes = chunk_bytes + TAG_BYTES
    number = 0
    block = read(sealed_bytes)
    while True:
        following = read(sealed_bytes) if len(block) == sealed_bytes else b""
        is_last = not following
        try:
            plain = cipher.decrypt(_nonce(number, is_last=is_last), block, associated)
        except InvalidTag as error:
            raise SealedStreamDamagedError(chunk=number) from error
        if not plain and number:
            raise SealedStreamDamagedError(chunk=number)
        yield plain
        if is_last:
            return
        block = following
        number += 1


def sealed_size(plain_bytes: int, chunk_bytes: int = CHUNK_BYTES) -> int:
    """How many bytes a stream of that length has when it is sealed."""
    return plain_bytes + TAG_BYTES * max(1, -(-plain_bytes // chunk_bytes))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return b"\0\0\0" + number.to_bytes(8, "big") + (b"\1" if is_last else b"\0")


def _check(key: bytes, chunk_bytes: int) -> None:
    """A short key would silently select AES-128."""
    if len(key) != KEY_BYTES:
        raise RuntimeError("the entropy source gave too few or too many bytes")
    if not 1 <= chunk_bytes <= CHUNK_MAX_BYTES:
        raise RuntimeError("a chunk size that no stream has")
