"""A small HTTP/1.1 server for custom verbs that lets a fault reach the bytes on the wire.

Requests are read by h11, which takes any token as a verb (C parsers answer 400 to MOSIPDISC and RCAPTURE), with limits and a
deadline. Answers are written by the handler itself through a `Connection`, so that it can stall, lie about lengths or cut off,
as no well-behaved server would let it. One request per connection, as MOSIP's devices do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from socket import socket

import h11

HEAD_MAX_BYTES = 16 * 1024
BODY_MAX_BYTES = 64 * 1024
READ_DEADLINE_S = 5.0
WRITE_BUFFER_BYTES = 64 * 1024
CONNECTIONS_MAX = 128

_log = logging.getLogger(__name__)

_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 405: "Method Not Allowed", 408: "Request Timeout",
            413: "Content Too Large"}  # fmt: skip

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; the body has at most `BODY_MAX_BYTES` bytes."""

    verb: str
    path: str
    headers: Headers
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The value of a header, or empty."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a body of known length."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)

    def head(self, length: str | None = None) -> bytes:
        """Status line and headers with the blank line. The length is the body's unless another text is given; an empty text
        leaves the header out."""
        length = str(len(self.body)) if length is None else length
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if length:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Connection:
    """The writing side of a connection. Every method ends quietly, by cancellation, if the peer is gone."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Writes and waits until the peer has taken all but a small buffer.

        Raises:
            ConnectionError: if the peer is gone.
        """
        self._writer.write(data)
        await self._writer.drain()

    async def reply(self, reply: Reply) -> None:
        """Writes an answer as it should be written."""
        await self.send(reply.head() + reply.body)

    def abort(self) -> None:
        """Drops the connection with a reset, without sending what is buffered."""
        self._writer.transport.abort()


Handler = Callable[[Request, Connection], Awaitable[None]]


class RequestRefusedError(Exception):
    """A request that cannot be read; it is answered with this status and no more."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class HttpServer:
    """Serves connections on one event loop.

    Args:
        handler: answers one request; cancelled if the peer goes away or the server stops.
        refusal: makes the answer to a request that could not be read.
    """

    def __init__(self, handler: Handler, refusal: Callable[[int], Reply]) -> None:
        self._handler = handler
        self._refusal = refusal
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, listener: socket) -> None:
        """Takes connections from a listening socket, instead of an earlier one if there was any."""
        earlier = self._server
        self._server = await asyncio.start_server(self._connected, sock=listener, limit=HEAD_MAX_BYTES)
        if earlier is not None:
            earlier.close()

    def deafen(self) -> None:
        """Stops listening; connections go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """Stops listening and drops all connections."""
        self.deafen()
        tasks = [*self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop_all(self) -> None:
        """Drops every connection, as a crash would."""
        for task in self._connections:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._connections.add(task)
        writer.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        try:
            await self._serve(reader, writer)
            await self._finish(writer)
        except (OSError, TimeoutError):
            _log.debug("a peer went away")
        except asyncio.CancelledError:  # ours or the loop's end: either way this connection is over
            _log.debug("a connection was dropped")
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                request = await _read(reader, writer)
        except RequestRefusedError as refused:
            await connection.reply(self._refusal(refused.status))
            await _swallow(reader)
            return
        if request is not None:
            await self._handle(request, reader, connection)

    async def _handle(self, request: Request, reader: asyncio.StreamReader, connection: Connection) -> None:
        """Runs the handler until it has answered or the peer is gone, whichever is first."""
        async with _background(_wait_for_end(reader)) as gone, _background(self._handler(request, connection)) as work:
            await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()

    async def _finish(self, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(READ_DEADLINE_S):
            writer.write_eof()
            await writer.drain()
            writer.close()
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def _background(work: Awaitable[None]) -> AsyncIterator[asyncio.Future[None]]:
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await task


async def _swallow(reader: asyncio.StreamReader) -> None:
    """Reads a little of what is still coming: closing before it is read would reset the answer away."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            for _ in range(64):
                if not await reader.read(HEAD_MAX_BYTES):
                    return


async def _wait_for_end(reader: asyncio.StreamReader) -> None:
    """Ends when the peer closes its side; what it sends after its request is thrown away."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(4096):
            continue


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """Reads one request; None if the peer closes without sending one.

    Raises:
        RequestRefusedError: 400 for what is not HTTP, 413 for too large a body.
    """
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_MAX_BYTES)
    head: h11.Request | None = None
    body = b""
    while True:
        try:
            event = parser.next_event()
        except h11.RemoteProtocolError as error:
            raise RequestRefusedError(error.error_status_hint) from error
        match event:
            case h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue:
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    parser.send(h11.InformationalResponse(status_code=100, headers=[]))
                parser.receive_data(await reader.read(HEAD_MAX_BYTES))
            case h11.Request():
                head = event
            case h11.Data():
                body += event.data
                if len(body) > BODY_MAX_BYTES:
                    raise RequestRefusedError(413)
            case _:
                return None if head is None else _request(head, body)


def _request(head: h11.Request, body: bytes) -> Request:
    headers: Sequence[tuple[bytes, bytes]] = list(head.headers)
    path = head.target.decode("latin-1").partition("?")[0]
    plain = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return Request(head.method.decode("latin-1"), path, plain, body)
