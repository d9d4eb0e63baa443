"""The contents of a backup as records, one behind the other, written and read in bounded memory.

======  ======  =======================================================================
offset  length  content
======  ======  =======================================================================
0       1       kind, a letter
1       8       length of the body, big-endian
9       n       body
======  ======  =======================================================================

======  ==============================================================================
kind    body
======  ==============================================================================
``M``   of the machine: counter of registration ids; first, once
``R``   a registration's row, outbox, history and protected values, JSON
``S``   its slip as plain HTML, if it has one; directly behind ``R``
``P``   its packet, byte for byte as it was sealed; behind ``R`` and ``S``
``A``   an audit row that no packet has carried yet, JSON; behind all registrations
``E``   the end: counts, signature of the machine; JSON
======  ==============================================================================

The digest of the records, which the signature is over, takes in all bytes before ``E`` but the bodies of ``P``: those are
megabytes, and their hashes stand in ``R`` and are checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

from app.core.backuperrors import BackupContentError

HEAD_BYTES: Final = 9
PACKET_MAX_BYTES: Final = 999_999_000
"""SQLite keeps at most a thousand million bytes in a row."""


class RecordKind(Enum):
    """What a record is, and the longest body that one of its kind can have."""

    MACHINE = (b"M", 64 * 1024)
    REGISTRATION = (b"R", 1024 * 1024)
    SLIP = (b"S", 16 * 1024 * 1024)
    PACKET = (b"P", PACKET_MAX_BYTES)
    AUDIT = (b"A", 64 * 1024)
    END = (b"E", 64 * 1024)

    def __init__(self, letter: bytes, limit_bytes: int) -> None:
        self.letter = letter
        self.limit_bytes = limit_bytes


_BY_LETTER = {kind.letter: kind for kind in RecordKind}


class RecordWriter:
    """Writes records and keeps their digest.

    Args:
        write: takes the bytes in order.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._digest = hashlib.sha256()
        self._is_packet = False

    def record(self, kind: RecordKind, body: bytes) -> None:
        """A whole record.

        Raises:
            BackupContentError: if it is longer than one of its kind may be.
        """
        self.begin(kind, len(body))
        self.piece(body)

    def begin(self, kind: RecordKind, size_bytes: int) -> None:
        """The head of a record whose body follows in pieces of that size together. Raises as `record`."""
        if size_bytes > kind.limit_bytes:
            raise BackupContentError(where=f"a {kind.name.lower()} record", why="is too long")
        self._is_packet = False
        self.piece(kind.letter + size_bytes.to_bytes(8, "big"))
        self._is_packet = kind is RecordKind.PACKET

    def piece(self, data: bytes) -> None:
        """A part of the body of the record that was begun."""
        if not self._is_packet:
            self._digest.update(data)
        self._write(data)

    def digest(self) -> bytes:
        """SHA-256 of all bytes so far, without packets."""
        return self._digest.copy().digest()


class RecordReader:
    """Reads records from authentic chunks. A body must be read to its end before the next head.

    Args:
        chunks: as `packet.crypto.sealedstream.open_stream` gives them; its errors pass through.

    Attributes:
        digest_before_record: SHA-256 of all bytes, without packets, before the record whose head was read last.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = memoryview(b"")
        self._digest = hashlib.sha256()
        self._left = 0
        self._is_packet = False
        self.digest_before_record = b""

    def head(self) -> tuple[RecordKind, int]:
        """Kind and length of the next record.

        Raises:
            BackupContentError: if there is none, or none like that.
        """
        self.skip()
        self.digest_before_record = self._digest.copy().digest()
        head = self._exactly(HEAD_BYTES)
        kind = _BY_LETTER.get(head[:1])
        if kind is None:
            raise BackupContentError(where="a record", why="is of no known kind")
        size_bytes = int.from_bytes(head[1:], "big")
        if size_bytes > kind.limit_bytes:
            raise BackupContentError(where=f"a {kind.name.lower()} record", why="is too long")
        self._left = size_bytes
        self._is_packet = kind is RecordKind.PACKET
        return kind, size_bytes

    def body(self) -> bytes:
        """The whole body; what `head` has found is bounded."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The body, in pieces no longer than a chunk."""
        while self._left:
            taken = self._take(self._left)
            self._left -= len(taken)
            if not self._is_packet:
                self._digest.update(taken)
            yield taken

    def skip(self) -> None:
        """Leaves out what is left of a body."""
        for _ in self.pieces():
            pass

    def expect_end(self) -> None:
        """Raises `BackupContentError` if anything follows."""
        self.skip()
        for chunk in self._chunks:
            if chunk:
                raise BackupContentError(where="the end", why="is not the end")
        if self._chunk:
            raise BackupContentError(where="the end", why="is not the end")

    def _exactly(self, size_bytes: int) -> bytes:
        taken = b""
        while len(taken) < size_bytes:
            taken += self._take(size_bytes - len(taken))
        self._digest.update(taken)
        return taken

    def _take(self, at_most: int) -> bytes:
        while not self._chunk:
            following = next(self._chunks, None)
            if following is None:
                raise BackupContentError(where="the contents", why="end in the middle of a record")
            self._chunk = memoryview(following)
        taken = bytes(self._chunk[:at_most])
        self._chunk = self._chunk[len(taken) :]
        return taken
