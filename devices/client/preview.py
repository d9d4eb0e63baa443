"""Watching a device's preview: one connection, limits on everything, the newest picture handed over, the rest dropped.

The first usable picture must come within 10 seconds, every further one within 5: pictures, not bytes, so that a service that
drips or sends rubbish is given up all the same. More than 30 pictures a second are left out before anybody looks at them.
Giving up closes the connection at once; the device notices that its consumer is gone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import h11

from devices.client import jpeg
from devices.client.latestframe import Frame, LatestFrame
from devices.client.loop import Cancellation, run
from devices.client.multipart import PartParser, boundary_of
from devices.client.transport import Call, Connection
from devices.sbi import stream
from devices.sbi.codes import SUCCESS, reported
from devices.sbi.discovery import ErrorBlock
from devices.sbi.errors import DeviceHttpError, DeviceStatusError
from devices.sbi.streamerrors import StreamBrokenOffError, StreamNotMultipartError, StreamStalledError

_FLOOD_PARTS = 16
_FLOOD_REST_S = 0.02
_BURST = 3.0


@dataclass(frozen=True, slots=True)
class PreviewLimits:
    """How long is waited, and how many pictures a second are let through."""

    first_s: float = 10.0
    idle_s: float = 5.0
    rate_fps: float = 30.0


class Previewed(Protocol):
    """What must be known of a device to watch it; a verified device has it. A preview proves nothing and is not trusted."""

    @property
    def port(self) -> int:
        """Where its service listens."""
        ...

    @property
    def device_id(self) -> str:
        """As information or discovery give it."""
        ...


def watch_preview(
    device: Previewed,
    device_sub_id: str,
    place: LatestFrame,
    timeout_ms: int = 300_000,
    cancellation: Cancellation | None = None,
    limits: PreviewLimits | None = None,
) -> None:
    """Blocks until the device ends its preview, which is a good end.

    Args:
        place: where the pictures go; closed at the end.
        timeout_ms: how long the device is to go on.

    Raises:
        DeviceCancelledError: if it was given up: the usual end.
        StreamError, DeviceTransportError, DeviceMessageError, DeviceReportedError: if it failed.
    """
    run(preview(device, device_sub_id, place, timeout_ms, limits), "the preview", cancellation)


async def preview(
    device: Previewed,
    device_sub_id: str,
    place: LatestFrame,
    timeout_ms: int = 300_000,
    limits: PreviewLimits | None = None,
) -> None:
    """The same as a coroutine; to be cancelled when it is not wanted any more."""
    body = stream.request(device.device_id, device_sub_id, timeout_ms)
    call = Call(device.port, stream.VERB, stream.PATH, body, 0, stream.END_MAX_BYTES)
    try:
        await _Watch(call, place, limits or PreviewLimits(), timeout_ms / 1000).watch()
    finally:
        place.close()


class _Watch:
    def __init__(self, call: Call, place: LatestFrame, limits: PreviewLimits, duration_s: float) -> None:
        self._call = call
        self._place = place
        self._limits = limits
        self._duration_s = duration_s
        self._number = 0
        self._credit = _BURST
        self._credited_at = 0.0

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._credited_at = loop.time()
        try:
            async with asyncio.timeout(self._limits.first_s) as limit:
                async with Connection(self._call) as connection:
                    parser = await self._parser(connection)
                    if parser is not None:
                        await self._read(connection, parser, limit)
        except TimeoutError as error:
            limit_s = self._limits.idle_s if self._number else self._limits.first_s
            refused = self._place.counts.refused
            raise StreamStalledError(port=self._call.port, limit_s=limit_s, refused=refused) from error

    async def _parser(self, connection: Connection) -> PartParser | None:
        """Reads the head of the answer; None if the device refused in words and that was a success."""
        event = await connection.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = await connection.next_event()
        if not isinstance(event, h11.Response):
            raise DeviceHttpError(port=self._call.port, verb=self._call.verb, why="the connection was closed without an answer")
        if event.status_code != 200:
            raise DeviceStatusError(port=self._call.port, verb=self._call.verb, status=event.status_code)
        kinds = [value.decode("latin-1") for name, value in event.headers if name.lower() == b"content-type"]
        kind = kinds[0] if len(kinds) == 1 else ""
        boundary = boundary_of(kind)
        if boundary is not None:
            return PartParser(boundary)
        if "json" not in kind.lower():
            raise StreamNotMultipartError(port=self._call.port, why="its Content-Type names no multipart boundary")
        self._judge_end(stream.parse_end(await connection.rest()))
        return None

    async def _read(self, connection: Connection, parser: PartParser, limit: asyncio.Timeout) -> None:
        """Feeds the parser until the device says why it ends, or the asked duration and some seconds are over."""
        loop = asyncio.get_running_loop()
        over_at = loop.time() + self._duration_s + self._limits.idle_s
        while loop.time() < over_at:
            data = await connection.next_data()
            parts = parser.feed(data) if data is not None else parser.finish()
            if sum(self._hand_over(part, loop.time()) for part in parts):
                limit.reschedule(loop.time() + self._limits.idle_s)
            if parser.end is not None:
                self._judge_end(parser.end)
                return
            if data is None:
                raise StreamBrokenOffError(port=self._call.port, received=self._number)
            if len(parts) > _FLOOD_PARTS:
                await asyncio.sleep(_FLOOD_REST_S)  # the other threads of the program shall have their time

    def _hand_over(self, part: bytes, now: float) -> bool:
        size = jpeg.size(part)
        if size is None:
            self._place.refuse()
            return False
        self._number += 1
        self._credit = min(_BURST, self._credit + (now - self._credited_at) * self._limits.rate_fps)
        self._credited_at = now
        if self._credit < 1:
            self._place.cap()
            return True
        self._credit -= 1
        self._place.put(Frame(part, *size, self._number))
        return True

    def _judge_end(self, end: ErrorBlock) -> None:
        """That the time asked for is over is a good end, if there was anything to see."""
        if end.code != SUCCESS and not (end.code == stream.TIME_OVER and self._number):
            raise reported(end.code, end.info)
