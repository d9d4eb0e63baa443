"""Faults of writing an answer: slow, cut off, endless, of another length, somewhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from devices.simulator.faults.effects import CAPTURES, Deliver, Effect, Fault
from devices.simulator.httpserver import Connection, Reply

_GROUP = "Transport"
_DEADLINE = "Give up at a total deadline, not only at one between two bytes."
_CAPPED = "Read into a buffer with a limit and refuse at the limit."
_LENGTH = "Refuse: the body is not as long as it says."
_NEVER = "Never follow: report that the service does not keep to the protocol."
DRIP_BYTES_PER_S = 1
OVERSIZE_BYTES = 96 * 1024 * 1024
_FILLER = b" " * 65536


def _sent(name: str, does: str, client: str, deliver: Deliver) -> Fault:
    return Fault(name, _GROUP, does, client, CAPTURES, Effect(deliver=deliver))


def _lying(change: Callable[[int], str]) -> Deliver:
    async def deliver(connection: Connection, reply: Reply) -> None:
        await connection.send(reply.head(change(len(reply.body))) + reply.body)

    return deliver


async def _forever() -> None:
    await asyncio.Event().wait()


async def _drip(connection: Connection, reply: Reply) -> None:
    for byte in reply.head() + reply.body:
        await connection.send(bytes((byte,)))
        await asyncio.sleep(1 / DRIP_BYTES_PER_S)


async def _drip_body(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head())
    for byte in reply.body:
        await connection.send(bytes((byte,)))
        await asyncio.sleep(1 / DRIP_BYTES_PER_S)


async def _stall(_connection: Connection, _reply: Reply) -> None:
    await _forever()


async def _stall_in_body(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head() + reply.body[: len(reply.body) // 2])
    await _forever()


async def _too_long(connection: Connection, reply: Reply) -> None:
    """Says more than it sends, and keeps the connection open: the client waits for the rest."""
    await connection.send(reply.head(str(len(reply.body) + 1000)) + reply.body)
    await _forever()


async def _truncated(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head() + reply.body[: len(reply.body) // 2])


async def _reset(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head() + reply.body[: len(reply.body) // 2])
    connection.abort()


async def _silent_close(_connection: Connection, _reply: Reply) -> None:
    return


async def _oversize(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head(str(OVERSIZE_BYTES + len(reply.body))))
    for _ in range(OVERSIZE_BYTES // len(_FILLER)):
        await connection.send(_FILLER)
    await connection.send(reply.body)


async def _endless(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head("") + reply.body)
    while True:
        await connection.send(_FILLER)
        await asyncio.sleep(0.001)


async def _endless_head(connection: Connection, _reply: Reply) -> None:
    await connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.send(b"X-Filler: " + b"x" * 4096 + b"\r\n")
        await asyncio.sleep(0.001)


async def _without_length(connection: Connection, reply: Reply) -> None:
    await connection.send(reply.head("") + reply.body)


async def _chunked(connection: Connection, reply: Reply) -> None:
    head = reply.head("")[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
    middle = len(reply.body) // 2
    await connection.send(head)
    for part in (reply.body[:middle], reply.body[middle:]):
        if part:
            await connection.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    await connection.send(b"0\r\n\r\n")


async def _twice_as_long(connection: Connection, reply: Reply) -> None:
    head = reply.head()[:-2] + f"Content-Length: {len(reply.body) + 1}\r\n\r\n".encode()
    await connection.send(head + reply.body)


async def _nonsense(connection: Connection, _reply: Reply) -> None:
    await connection.send(b"220 mail.example ESMTP ready\r\n" * 20)


def _status(line: bytes, *headers: bytes) -> Callable[[Connection, Reply], Awaitable[None]]:
    async def deliver(connection: Connection, reply: Reply) -> None:
        kept = reply.head()[:-2].split(b"\r\n")[1:-1]
        await connection.send(b"\r\n".join([b"HTTP/1.1 " + line, *kept, *headers]) + b"\r\n\r\n" + reply.body)

    return deliver


FAULTS: tuple[Fault, ...] = (
    _sent("drip", "Sends one byte a second, from the first header on.", _DEADLINE, _drip),
    _sent("drip-body", "Sends the headers at once and one byte of the body a second.", _DEADLINE, _drip_body),
    _sent("stall", "Takes the request and never answers.", _DEADLINE, _stall),
    _sent("stall-in-body", "Stops in the middle of the body.", _DEADLINE, _stall_in_body),
    _sent("truncated", "Closes the connection in the middle of the body.", _LENGTH, _truncated),
    _sent("reset", "Resets the connection in the middle of the body.", _LENGTH, _reset),
    _sent("early-close", "Closes the connection without an answer.", "Report that the service went away; search again.",
          _silent_close),
    _sent("content-length-too-long", "Announces a thousand bytes more than it sends, and waits.", _DEADLINE, _too_long),
    _sent("content-length-too-short", "Announces half of what it sends.", _LENGTH, _lying(lambda length: str(length // 2))),
    _sent("content-length-negative", "Announces a negative length.", _LENGTH, _lying(lambda _length: "-1")),
    _sent("content-length-nonsense", "Announces a length that is no number.", _LENGTH, _lying(lambda _length: "many")),
    _sent("content-length-twice", "Announces two different lengths.", _LENGTH, _twice_as_long),
    _sent("content-length-huge", "Announces an exabyte.", _CAPPED, _lying(lambda _length: str(10**18))),
    _sent("content-length-missing", "Announces no length and ends by closing.", "Accept: the end of the connection is the end.",
          _without_length),
    _sent("chunked", "Sends the body in chunks.", "Accept, within the same limits.", _chunked),
    _sent("oversize", "Sends 96 MiB of spaces before the answer.", _CAPPED, _oversize),
    _sent("endless-body", "Sends spaces without end after the answer.", _CAPPED, _endless),
    _sent("endless-headers", "Sends headers without end.", _CAPPED, _endless_head),
    _sent("not-http", "Answers in another protocol.", "Ignore the port: nothing there speaks the protocol.", _nonsense),
    _sent("redirect", "Answers 302 with another address.", _NEVER,
          _status(b"302 Found", b"Location: http://127.0.0.1:4501/elsewhere")),
    _sent("redirect-permanent", "Answers 308 to another machine.", _NEVER,
          _status(b"308 Permanent Redirect", b"Location: http://192.168.0.1/capture")),
    _sent("tls-upgrade", "Demands an upgrade to TLS (426).", _NEVER,
          _status(b"426 Upgrade Required", b"Upgrade: TLS/1.2, HTTP/1.1")),
    _sent("proxy-demanded", "Demands authentication at a proxy (407).", "Never send credentials; use no proxy.",
          _status(b"407 Proxy Authentication Required", b'Proxy-Authenticate: Basic realm="device"')),
    _sent("server-error", "Answers 500 with a good body.", "Refuse: only 200 counts.", _status(b"500 Internal Server Error")),
)  # fmt: skip
