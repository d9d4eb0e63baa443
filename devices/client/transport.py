"""One HTTP/1.1 exchange with a device service on the loopback address.

Written on h11 and asyncio streams rather than on an HTTP client library: no proxies from the environment, no redirects, no
reuse of connections, no decompression, and one deadline over the whole exchange, so that a service that sends one byte a
second holds nobody. The body goes into a buffer with a limit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self

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
    async with Connection(call) as connection:
        event = await connection.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = await connection.next_event()
        if not isinstance(event, h11.Response):
            raise DeviceHttpError(port=call.port, verb=call.verb, why="the connection was closed without an answer")
        return Answer(event.status_code, await connection.rest())


class Connection:
    """One connection with one request on it, as an asynchronous context; leaving it drops the connection at once.

    Every method raises `DeviceHttpError` for an answer that is not HTTP and `DeviceUnreachableError` for a connection that
    breaks. There is no deadline here but that for connecting: callers set one.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADERS_MAX_BYTES)

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await _connect(self._call.port)
        try:
            self._writer.write(_request_bytes(self._http, self._call))
            await self._writer.drain()
        except OSError as error:
            await _close(self._writer)
            raise _broken(self._call.port) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _close(self._writer)

    async def next_event(self) -> h11.Event | type[h11.PAUSED]:
        """The next thing that the service says."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_CHUNK_BYTES))
        except h11.RemoteProtocolError as error:
            why = "it breaks the HTTP protocol or ends too early"
            raise DeviceHttpError(port=self._call.port, verb=self._call.verb, why=why) from error
        except OSError as error:
            raise _broken(self._call.port) from error
        return event  # type: ignore[return-value]

    async def next_data(self) -> bytes | None:
        """A piece of the body; None at its end."""
        event = await self.next_event()
        return bytes(event.data) if isinstance(event, h11.Data) else None

    async def rest(self) -> bytes:
        """The body up to its end.

        Raises:
            DeviceBodyTooLargeError: if it is longer than the call's limit.
        """
        body = bytearray()
        while (data := await self.next_data()) is not None:
            body += data
            if len(body) > self._call.limit_bytes:
                raise DeviceBodyTooLargeError(port=self._call.port, verb=self._call.verb, limit_bytes=self._call.limit_bytes)
        return bytes(body)


def _broken(port: int) -> DeviceUnreachableError:
    return DeviceUnreachableError(port=port, why="the connection broke")


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


async def _close(writer: asyncio.StreamWriter) -> None:
    """Drops the connection at once; a service that does not read must not hold us while it is closed."""
    writer.transport.abort()
    try:
        async with asyncio.timeout(CONNECT_DEADLINE_S):
            await writer.wait_closed()
    except OSError:
        return
