"""The live view of a device: a multipart stream of JPEG pictures, as network cameras send it.

The boundary that the header declares already has the two dashes that also stand on the wire, as with MOSIP's mock device and
most cameras. A part's header block never begins with Content-Length, which Java's parser looks for, and holds no byte 0xFF.
When the stream ends, an ordinary JSON error object follows without a boundary. Source: MDS 0.9.5, live stream.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

import orjson
from PIL import Image, ImageDraw, ImageFont

from devices.sbi.attributes import GROUPS, BioType
from devices.sbi.errors import DeviceMessageError
from devices.sbi.jsonedge import Value, decode
from devices.simulator.answers import error
from devices.simulator.asked import REQUEST_MAX_BYTES, RefusedRequestError
from devices.simulator.catalogue import SimulatedDevice
from devices.simulator.daemonthread import in_daemon_thread
from devices.simulator.faults.effects import StreamPlan
from devices.simulator.httpserver import Connection
from devices.simulator.subjects import Presenter
from devices.simulator.subjects.presenter import Pixels
from packet.models import BioAttribute

BOUNDARY = "--BoundaryString"
TIMEOUT_DEFAULT_MS = 300_000
TIMEOUT_MAX_MS = 300_000
WRITE_MAX_S = 10.0
CATCH_UP_S = 0.1  # a late frame may be followed by the next one sooner, so that the rate holds
JPEG_QUALITY = 75
WIDTH_MAX = 480


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What a stream is asked for."""

    device_id: str
    sub_id: str
    timeout_ms: int


def read_stream_request(body: bytes) -> StreamRequest:
    """Reads the request; numbers and texts alike, without timeout five minutes.

    Raises:
        RefusedRequestError: 604 without device id, 610 if it cannot be read.
    """
    try:
        values = decode(body, "a request", REQUEST_MAX_BYTES)
    except DeviceMessageError as problem:
        raise RefusedRequestError("610", "the request is not a JSON object") from problem
    if not isinstance(values, dict):
        raise RefusedRequestError("610", "the request is not a JSON object")
    device_id, sub_id, timeout = (_text(values.get(name)) for name in ("deviceId", "deviceSubId", "timeout"))
    if not device_id or not sub_id:
        raise RefusedRequestError("604", "deviceId or deviceSubId is missing")
    if timeout and not (timeout.isascii() and timeout.isdigit() and len(timeout) < 10):
        raise RefusedRequestError("610", "timeout is no number")
    return StreamRequest(device_id, sub_id, min(int(timeout or TIMEOUT_DEFAULT_MS), TIMEOUT_MAX_MS))


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)) else "?"


def shown(device: SimulatedDevice, sub_id: str) -> tuple[BioAttribute, ...]:
    """What stands before a part of a device."""
    if device.sub_type == "Single":
        return (BioAttribute.RIGHT_INDEX,) if device.bio_type is BioType.FINGER else (BioAttribute.LEFT_EYE,)
    if device.bio_type is BioType.IRIS and sub_id in {"1", "2"}:
        return (BioAttribute.LEFT_EYE,) if sub_id == "1" else (BioAttribute.RIGHT_EYE,)
    return next(g.attributes for g in GROUPS if (g.bio_type, g.sub_id) == (device.bio_type, sub_id))


class LiveView:
    """Draws the frames of one stream: the person's picture, the frame number, and a bar that moves with it."""

    def __init__(self, presenter: Presenter, attributes: tuple[BioAttribute, ...], is_presented: Callable[[], bool]) -> None:
        self._presenter = presenter
        self._attributes = attributes
        self._is_presented = is_presented
        self._font = ImageFont.load_default(16)

    def frame(self, number: int) -> bytes:
        """A JPEG of at most 480 pixels in width. Takes a few milliseconds; the first one longer."""
        image = Image.fromarray(self._picture(number)) if self._is_presented() else Image.new("L", (WIDTH_MAX, 360), 235)
        if image.width > WIDTH_MAX:
            image = image.resize((WIDTH_MAX, max(1, image.height * WIDTH_MAX // image.width)), Image.Resampling.BILINEAR)
        pen = ImageDraw.Draw(image)
        at = round((image.width - 24) * (0.5 + 0.5 * math.sin(number / 15)))
        pen.rectangle((at, image.height - 6, at + 24, image.height), fill=0 if image.mode == "L" else (0, 0, 0))
        pen.text((6, 4), f"SYNTHETIC {number:06d}", fill=60 if image.mode == "L" else (60, 60, 60), font=self._font)
        out = BytesIO()
        image.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue()

    def _picture(self, number: int) -> Pixels:
        return self._presenter.preview(self._attributes, number)


def stream_head(port: int, cors: tuple[tuple[str, str], ...]) -> bytes:
    """Status line and headers of the answer."""
    lines = [
        "HTTP/1.0 200 OK",
        f"Server: http://127.0.0.1:{port}",
        *(f"{name}: {value}" for name, value in cors),
        "Connection: close",
        "Max-Age: 0",
        "Expires: 0",
        "Cache-Control: no-cache, private",
        "Pragma: no-cache",
        f"Content-Type: multipart/x-mixed-replace; boundary={BOUNDARY}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def part_head(size: int) -> bytes:
    """Boundary and headers of one frame."""
    return f"{BOUNDARY}\r\nContent-Type:image/jpeg\r\nContent-Length:{size}\r\n\r\n".encode("ascii")


@dataclass(slots=True)
class Stream:
    """One running stream.

    Attributes:
        frames: how many were written.
        stopped: set from outside to end it, as a finished capture does.
    """

    view: LiveView
    plan: StreamPlan
    sub_id: str
    frames: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, connection: Connection, head: bytes, timeout_s: float) -> None:
        """Writes frames until told to stop or until the timeout. A reader that is too slow gets fewer frames, none late.

        Raises:
            ConnectionError, TimeoutError: if the reader goes away or takes nothing for ten seconds.
        """
        await connection.send(head)
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        due = loop.time()
        frozen: bytes | None = None
        while not self.stopped.is_set() and loop.time() < end:
            if self.plan.stop_after is not None and self.frames >= self.plan.stop_after:
                break
            if self.plan.stall_after is not None and self.frames >= self.plan.stall_after:
                await self._wait(end - loop.time())
                continue
            if frozen is None:
                frame = await in_daemon_thread(partial(self.view.frame, self.frames))
                frozen = frame if self.plan.is_frozen else None
            await self._send(connection, frame)
            due = max(due + 1 / self.plan.frames_per_s, loop.time() - CATCH_UP_S)
            await self._wait(due - loop.time())
        if self.plan.is_ended_properly:
            is_over = not self.stopped.is_set()
            result = error("609", "The stream has reached its timeout") if is_over else error("0", "Success")
            await connection.send(orjson.dumps({"error": result}) + b"\r\n")

    async def _send(self, connection: Connection, frame: bytes) -> None:
        if self.plan.frame is not None:
            frame = self.plan.frame(frame, self.frames)
        head = part_head(len(frame))
        if self.plan.part_head is not None:
            head = self.plan.part_head(head, len(frame))
        async with asyncio.timeout(WRITE_MAX_S):
            await connection.send(head + frame + b"\r\n")
        self.frames += 1

    async def _wait(self, seconds: float) -> None:
        """Until the time is over or the stream is stopped; always lets other work run."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self.stopped.wait()
        except TimeoutError:
            return
