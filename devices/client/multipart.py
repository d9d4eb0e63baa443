r"""Dividing a stream of pictures (multipart/x-mixed-replace) into its parts, from bytes, without any input or output.

Written for what devices really send: the boundary of the Content-Type header may or may not begin with the two dashes that
stand before it in the stream; lines may end with CRLF or LF; parts may lack Content-Length and then reach to the next
boundary; behind the last part there may be a closing boundary, a JSON object, both, or nothing.

What a device sends wrong costs a part, not the stream, as long as the next boundary can be found: only sizes beyond the limits
and lengths that are none end it. At most one part and the piece fed are held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto

from devices.sbi.discovery import ErrorBlock
from devices.sbi.errors import DeviceMessageError
from devices.sbi.stream import END_MAX_BYTES, parse_end
from devices.sbi.streamerrors import StreamError, StreamMalformedError, StreamTooLargeError

PART_MAX_BYTES = 2 * 1024 * 1024
HEADER_MAX_BYTES = 8 * 1024
BOUNDARY_MAX_CHARS = 128
_LINE_MAX_BYTES = 512
_END_TRIES = 8
_LENGTH = re.compile(r"\d{1,20}", re.ASCII)
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]*)"|([^;\s]+))', re.IGNORECASE)


def boundary_of(content_type: str) -> str | None:
    """The boundary that a Content-Type header declares, without leading dashes; None if it is no usable multipart type."""
    if not content_type.strip().lower().startswith("multipart/"):
        return None
    match = _BOUNDARY.search(content_type)
    boundary = (match[1] or match[2] or "").strip().lstrip("-") if match else ""
    return boundary if 0 < len(boundary) <= BOUNDARY_MAX_CHARS and boundary.isascii() and boundary.isprintable() else None


class _State(Enum):
    BETWEEN = auto()
    SKIPPING = auto()
    HEADER = auto()
    COUNTED = auto()
    DELIMITED = auto()
    END = auto()


class PartParser:
    """Takes bytes as they come and gives the contents of parts as they become complete.

    Args:
        boundary: as `boundary_of` gives it.

    Attributes:
        end: what the device said at the end, once that arrived.
    """

    def __init__(self, boundary: str) -> None:
        self._core = boundary.encode("ascii")
        self._delimiter = re.compile(rb"\r?\n-{0,8}" + re.escape(self._core) + rb"(?:--)?[ \t]{0,8}\r?\n")
        self._buffer = bytearray()
        self._state = _State.BETWEEN
        self._searched = 0
        self._skipped = 0
        self._length = 0
        self._header_bytes = 0
        self._header: list[bytes] = []
        self._end_tries = 0
        self._failure: StreamError | None = None
        self.end: ErrorBlock | None = None
        self._steps: dict[_State, Callable[[list[bytes]], bool]] = {
            _State.BETWEEN: self._between,
            _State.SKIPPING: self._skip,
            _State.HEADER: self._read_header,
            _State.COUNTED: self._counted,
            _State.DELIMITED: self._delimited,
            _State.END: self._read_end,
        }

    def feed(self, data: bytes) -> list[bytes]:
        """The contents of the parts that these bytes complete. What is wrong behind them is raised by the next call.

        Raises:
            StreamTooLargeError: if a part has more than 2 MiB, its header more than 8 KiB, or the end more than 64 KiB.
            StreamMalformedError: if a Content-Length is no number, or there is no boundary within 2 MiB.
        """
        if self._failure is not None:
            raise self._failure
        self._buffer += data
        parts: list[bytes] = []
        try:
            while self._steps[self._state](parts):
                pass
        except StreamError as error:
            if not parts:
                raise
            self._failure = error
        return parts

    def finish(self) -> list[bytes]:
        """To be called when the connection ended: a last part without boundary behind it, if there is one; sets `end`."""
        if self._failure is not None:
            raise self._failure
        parts: list[bytes] = []
        if self._state is _State.DELIMITED:
            stop = self._buffer.rfind(b"\xff\xd9") + 2
            if stop >= 2:
                parts.append(self._cut(stop))
                self._state = _State.END
        if self._state in {_State.BETWEEN, _State.END} and self._buffer.strip():
            self._end_tries = 0
            self._read_end(parts)
        return parts

    def _cut(self, count: int) -> bytes:
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return piece

    def _become(self, state: _State) -> bool:
        self._state = state
        self._searched = 0
        return True

    def _between(self, _parts: list[bytes]) -> bool:
        blank = len(self._buffer) - len(self._buffer.lstrip())
        self._count_skipped(blank)
        del self._buffer[:blank]
        if not self._buffer:
            return False
        if self._buffer.startswith(b"{"):
            return self._become(_State.END)
        stop = self._buffer.find(b"\n", 0, _LINE_MAX_BYTES)
        if stop < 0 and len(self._buffer) < _LINE_MAX_BYTES:
            return False
        line = bytes(self._buffer[: max(stop, 0)]).rstrip().lstrip(b"-")
        if line == self._core:
            del self._buffer[: stop + 1]
            self._skipped = self._header_bytes = 0
            self._header.clear()
            return self._become(_State.HEADER)
        if line == self._core + b"--":
            del self._buffer[: stop + 1]
            return self._become(_State.END)
        return self._become(_State.SKIPPING)

    def _skip(self, _parts: list[bytes]) -> bool:
        """Something stands where a boundary should: what follows up to the next boundary is left out."""
        match = self._search()
        if match is not None:
            self._count_skipped(match.start())
            del self._buffer[: match.start()]
            return self._become(_State.BETWEEN)
        gone = max(0, len(self._buffer) - _LINE_MAX_BYTES)
        self._count_skipped(gone)
        del self._buffer[:gone]
        self._searched = 0
        return False

    def _count_skipped(self, count: int) -> None:
        self._skipped += count
        if self._skipped > PART_MAX_BYTES:
            raise StreamMalformedError(why="there is no boundary where one is due")

    def _search(self) -> re.Match[bytes] | None:
        match = self._delimiter.search(self._buffer, self._searched)
        self._searched = max(0, len(self._buffer) - _LINE_MAX_BYTES)
        return match

    def _read_header(self, _parts: list[bytes]) -> bool:
        stop = self._buffer.find(b"\n")
        size = self._header_bytes + (len(self._buffer) if stop < 0 else stop + 1)
        if size > HEADER_MAX_BYTES:
            raise StreamTooLargeError(what="The header of a part", limit_bytes=HEADER_MAX_BYTES)
        if stop < 0:
            return False
        self._header_bytes = size
        line = self._cut(stop + 1).strip()
        if line:
            self._header.append(line)
            return True
        return self._become(self._state_after_header())

    def _state_after_header(self) -> _State:
        values: dict[str, set[str]] = {}
        for line in self._header:
            name, _, value = line.decode("latin-1").partition(":")
            values.setdefault(name.strip().lower(), set()).add(value.strip())
        if any("json" in kind.lower() for kind in values.get("content-type", ())):
            return _State.END
        lengths = values.get("content-length", set())
        if not lengths:
            return _State.DELIMITED
        (length, *more) = lengths
        if more or not _LENGTH.fullmatch(length):
            raise StreamMalformedError(why="the Content-Length of a part is not one number")
        self._length = int(length)
        if self._length > PART_MAX_BYTES:
            raise StreamTooLargeError(what="A part", limit_bytes=PART_MAX_BYTES)
        return _State.COUNTED

    def _counted(self, parts: list[bytes]) -> bool:
        if len(self._buffer) < self._length:
            return False
        parts.append(self._cut(self._length))
        return self._become(_State.BETWEEN)

    def _delimited(self, parts: list[bytes]) -> bool:
        match = self._search()
        stop = match.start() if match else len(self._buffer)
        if stop > PART_MAX_BYTES + (0 if match else _LINE_MAX_BYTES):
            raise StreamTooLargeError(what="A part", limit_bytes=PART_MAX_BYTES)
        if match is None:
            return False
        parts.append(self._cut(stop).rstrip(b"\r\n"))
        return self._become(_State.BETWEEN)

    def _read_end(self, _parts: list[bytes]) -> bool:
        """The connection may stay open behind the object; so it is tried to be read as soon as it may be whole."""
        if len(self._buffer) > END_MAX_BYTES:
            raise StreamTooLargeError(what="The end", limit_bytes=END_MAX_BYTES)
        start, stop = self._buffer.find(b"{"), self._buffer.rfind(b"}")
        if self.end is not None or not 0 <= start < stop or self._end_tries >= _END_TRIES:
            return False
        self._end_tries += 1
        try:
            self.end = parse_end(bytes(self._buffer[start : stop + 1]))
        except DeviceMessageError:
            return False
        return False
