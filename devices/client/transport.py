"""One HTTP/1.1 exchange with a device service on the loopback address.

Written on h11 and asyncio streams rather than on an HTTP client library: no proxies from the environment, no redirects, no
reuse of connections, no decompression, and one deadline over the whole exchange, so that a service that sends one byte a
second holds nobody. The body goes into a buffer with a limit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11

from devices.sbi.errors import DeviceBodyTooLargeError, DeviceDeadlineError, DeviceHttpError, DeviceUnreachableError

HOST = "127.0.0.1"
CONNECT_DEADLINE_S = 0.5
HEADERS_MAX_BYTES = 16 * 1024
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        deadline_s: for everything from connecting to the last byte.
        limit_bytes: greatest body that is taken.
    """

    port: int
    verb: str
    path: str
    body: bytes
    deadline_s: float
    limit_bytes: int


async def exchange(call: Call) -> Answer:
    """Sends a request and reads the whole answer.

    Raises:
        DeviceUnreachableError: if nothing listens or the connection breaks.
        DeviceDeadlineError: if the exchange takes longer than it may.
        DeviceHttpError: if the answer is no complete HTTP message.
        DeviceBodyTooLargeError: if the body is longer than the limit.
    """
    try:
        async with asyncio.timeout(call.deadline_s):
            return await _exchange(call)
    except TimeoutError as error:
        raise DeviceDeadlineError(port=call.port, verb=call.verb, deadline_s=call.deadline_s) from error


async def is_listening(port: int) -> bool:
    """Whether a connection to a port can be opened within half a second."""
    try:
        async with asyncio.timeout(CONNECT_DEADLINE_S):
            _reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:  # TimeoutError is one
        return False
    await _close(writer)
    return True


async def _exchange(call: Call) -> Answer:
    reader, writer = await _connect(call.port)
    try:
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADERS_MAX_BYTES)
        writer.write(_request_bytes(connection, call))
        await writer.drain()
        return await _answer(connection, reader, call)
    except h11.RemoteProtocolError as error:
        raise DeviceHttpError(port=call.port, verb=call.verb, why="it breaks the HTTP protocol or ends too early") from error
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise DeviceUnreachableError(port=call.port, why="the connection broke") from error
    finally:
        await _close(writer)


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_DEADLINE_S):
            return await asyncio.open_connection(HOST, port)
    except OSError as error:
        raise DeviceUnreachableError(port=port, why="nothing answers there") from error


def _request_bytes(connection: h11.Connection, call: Call) -> bytes:
    """Content-Length always, in this spelling: device services look for it as text and know no chunks."""
    headers = [
        ("Host", f"{HOST}:{call.port}"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(call.body))),
        ("Connection", "close"),
        ("EXT", "Sealdesk"),
    ]
    request = h11.Request(method=call.verb, target=call.path, headers=headers)
    parts = [connection.send(request), connection.send(h11.Data(data=call.body)), connection.send(h11.EndOfMessage())]
    return b"".join(part for part in parts if part)


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader, call: Call) -> Answer:
    status = 0
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > call.limit_bytes:
                raise DeviceBodyTooLargeError(port=call.port, verb=call.verb, limit_bytes=call.limit_bytes)
        elif isinstance(event, h11.EndOfMessage):
            return Answer(status, bytes(body))
        elif not isinstance(event, h11.InformationalResponse):
            raise DeviceHttpError(port=call.port, verb=call.verb, why="the connection was closed without an answer")


async def _close(writer: asyncio.StreamWriter) -> None:
    """Drops the connection at once; a service that does not read must not hold us while it is closed."""
    writer.transport.abort()
    try:
        async with asyncio.timeout(CONNECT_DEADLINE_S):
            await writer.wait_closed()
    except OSError:
        return
