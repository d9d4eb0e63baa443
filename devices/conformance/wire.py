"""HTTP as the check speaks it: one request per connection, any verb, any header, one deadline, a limited body.

Deliberately apart from the client's own transport, so that a fault in one does not hide in the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11

from devices.conformance.errors import BrokenHttpError, LongAnswerError, SilentServiceError, SlowServiceError

HOST = "127.0.0.1"
CONNECT_S = 0.5
SHORT_S = 5.0
BODY_MAX_BYTES = 64 * 1024 * 1024
_HEAD_MAX_BYTES = 16 * 1024
_PIECE_BYTES = 256 * 1024
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    Attributes:
        content_type: sent as it stands, however odd.
        deadline_s: from connecting to the last byte.
    """

    port: int
    verb: str
    path: str
    body: bytes = field(default=b"", repr=False)
    deadline_s: float = SHORT_S
    content_type: str = JSON_TYPE
    extra: tuple[tuple[str, str], ...] = ()
    limit_bytes: int = BODY_MAX_BYTES


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        headers: names in lower case.
        elapsed_s: from sending the request to the last byte.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    elapsed_s: float = 0.0

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name.lower()), None)


async def is_listening(port: int) -> bool:
    """Whether something accepts connections on a port."""
    try:
        async with asyncio.timeout(CONNECT_S):
            _reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:  # TimeoutError is one
        return False
    await _drop(writer)
    return True


async def send(ask: Ask) -> Reply:
    """Sends a request and reads the whole answer.

    Raises:
        ExchangeError: if no complete answer arrives.
    """
    async with opened(ask) as stream:
        body = bytearray()
        async for piece in stream.pieces():
            body += piece
            if len(body) > ask.limit_bytes:
                raise LongAnswerError(verb=ask.verb, port=ask.port, limit_bytes=ask.limit_bytes)
        return Reply(stream.status, stream.headers, bytes(body), time.monotonic() - stream.sent_at)


class AnswerStream:
    """An answer of which the head was read; `pieces` gives its body as it comes."""

    def __init__(self, connection: h11.Connection, reader: asyncio.StreamReader, sent_at: float) -> None:
        self._connection = connection
        self._reader = reader
        self.sent_at = sent_at
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    async def read_head(self) -> None:
        """Reads up to the status line and headers of the final answer."""
        while not self.status:
            event = await self._event()
            if isinstance(event, h11.Response):
                self.status = event.status_code
                self.headers = tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in event.headers)
            elif not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("the connection was closed without an answer")

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body until its end."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return

    async def _event(self) -> object:
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            self._connection.receive_data(await self._reader.read(_PIECE_BYTES))
        return event


@asynccontextmanager
async def opened(ask: Ask) -> AsyncIterator[AnswerStream]:
    """Sends a request and reads the head of its answer; the block reads the body, all within the deadline.

    Raises:
        ExchangeError: if it comes to no end, in the block too.
    """
    try:
        async with asyncio.timeout(ask.deadline_s):
            reader, writer = await _connect(ask)
            try:
                connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_MAX_BYTES)
                writer.write(_request(connection, ask))
                stream = AnswerStream(connection, reader, time.monotonic())
                await writer.drain()
                await stream.read_head()
                yield stream
            finally:
                await _drop(writer)
    except h11.RemoteProtocolError as error:
        why = "it ends too early, or its head is malformed"
        raise BrokenHttpError(verb=ask.verb, port=ask.port, why=why) from error
    except TimeoutError as error:
        raise SlowServiceError(verb=ask.verb, port=ask.port, deadline_s=round(ask.deadline_s, 1)) from error
    except OSError as error:
        raise SilentServiceError(verb=ask.verb, port=ask.port, why="the connection broke") from error


async def _connect(ask: Ask) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(HOST, ask.port)
    except OSError as error:
        raise SilentServiceError(verb=ask.verb, port=ask.port, why="the connection was not accepted") from error


def _request(connection: h11.Connection, ask: Ask) -> bytes:
    headers = [
        ("Host", f"{HOST}:{ask.port}"),
        ("Content-Type", ask.content_type),
        ("Content-Length", str(len(ask.body))),
        ("Connection", "close"),
        *ask.extra,
    ]
    parts = (
        connection.send(h11.Request(method=ask.verb, target=ask.path, headers=headers)),
        connection.send(h11.Data(data=ask.body)),
        connection.send(h11.EndOfMessage()),
    )
    return b"".join(part for part in parts if part)


async def _drop(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    try:
        async with asyncio.timeout(CONNECT_S):
            await writer.wait_closed()
    except OSError:
        return
