"""The protocol side of the simulator: MOSIP's custom verbs on four paths.

Only requests whose Host is the loopback address by number or name are served, so that a web page cannot reach the devices
through a name of its own; and no cross-origin header is sent unless that is switched on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from devices.sbi import capture, discovery, info
from devices.sbi.attributes import BioType
from devices.sbi.errors import DeviceMessageError
from devices.sbi.fields import Fields
from devices.sbi.info import DeviceStatus
from devices.sbi.jsonedge import decode
from devices.simulator.answers import Descriptions, error
from devices.simulator.asked import AUTH, REGISTRATION, REQUEST_MAX_BYTES, RefusedRequestError
from devices.simulator.catalogue import SimulatedDevice
from devices.simulator.config import SimulatorConfig
from devices.simulator.faults.active import ActiveFaults, Effects
from devices.simulator.faults.effects import AUTH_CAPTURE, STREAM
from devices.simulator.httpserver import Connection, Headers, Reply, Request
from devices.simulator.script import Script
from devices.simulator.session import CaptureDesk
from devices.simulator.streaming import LiveView, Stream, read_stream_request, shown, stream_head

_log = logging.getLogger(__name__)

STREAM_PATH = "/stream"
CORS_VERBS = "OPTIONS, RCAPTURE, CAPTURE, MOSIPDINFO, MOSIPDISC, STREAM, GET, POST"
_CORS_NAMES = (
    "DNT,X-Mx-ReqToken,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,X-PINGOTHER,"
    "Authorization"
)
CORS_HEADERS: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", CORS_VERBS),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Headers", _CORS_NAMES),
)
_PREFLIGHT: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Allow-Methods", CORS_VERBS),
    ("Cache-Control", "no-cache"),
    ("Connection", "close"),
)
_UNKNOWN = ("500", "The verb or path is not known")
_REFUSALS = {400: "The request is not HTTP", 413: "The request is too large", 408: "The request is too slow"}


@dataclass(frozen=True, slots=True)
class Note:
    """One request that was served; requests hold no biometrics."""

    verb: str
    path: str
    headers: Headers
    body: bytes = field(repr=False)


def json_reply(value: object, status: int = 200, more: Headers = ()) -> Reply:
    """An answer in JSON."""
    headers = (("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store"), ("Connection", "close"))
    return Reply(status, (*headers, *more), orjson.dumps(value))


def refusal(status: int) -> Reply:
    """The answer to a request that could not be read."""
    return json_reply(error("500", _REFUSALS.get(status, "The request cannot be read")), status)


class SimulatorService:
    """Answers requests; lives on one event loop.

    Attributes:
        on_request: told the verb and type of every request of the protocol before it is served.
        admin: answers what is below ``/admin/``, or None if that is off; gets the request, gives the reply or None.
    """

    def __init__(
        self, config: SimulatorConfig, descriptions: Descriptions, script: Script, faults: ActiveFaults, desk: CaptureDesk
    ) -> None:
        self._config = config
        self._descriptions = descriptions
        self._script = script
        self._faults = faults
        self._desk = desk
        self._streams: dict[str, Stream] = {}
        self.devices: tuple[SimulatedDevice, ...] = ()
        self.on_request: Callable[[str, BioType | None], None] | None = None
        self.admin: Callable[[Request], Reply | None] | None = None
        self.port = 0
        self.notes: deque[Note] = deque(maxlen=256)
        self.counters: Counter[str] = Counter()
        self._handlers = {
            (discovery.VERB, discovery.PATH): self._discover,
            (info.VERB, info.PATH): self._inform,
            (STREAM, STREAM_PATH): self._stream,
            (capture.VERB, capture.PATH): self._capture_registration,
            (AUTH_CAPTURE, capture.PATH): self._capture_auth,
        }

    async def handle(self, request: Request, connection: Connection) -> None:
        """Answers one request."""
        if not _is_for_loopback(request) and not self._faults.peek(request.verb).has("accepts_any_host"):
            self.counters["refused by Host"] += 1
            await connection.reply(json_reply(error("500", "The Host header is not the loopback address"), 403))
            return
        self.notes.append(Note(request.verb, request.path, request.headers, request.body))
        self.counters[f"{request.verb} {request.path}"] += 1
        _log.info("%s %s", request.verb, request.path)
        handler = self._handlers.get((request.verb, request.path))
        if handler is not None:
            if self.on_request is not None:
                self.on_request(request.verb, _bio_type(request))
            await handler(request, connection)
        elif request.verb == "OPTIONS" and self._config.has_cors:
            await connection.reply(Reply(200, _PREFLIGHT, b""))
        else:
            reply = self.admin(request) if self.admin is not None and request.path.startswith("/admin/") else None
            await connection.reply(reply or json_reply(error(*_UNKNOWN), 405, self._cors()))

    def _cors(self) -> Headers:
        return CORS_HEADERS if self._config.has_cors else ()

    async def _answer(self, connection: Connection, value: Any, effects: Effects) -> None:
        """Writes an answer, after faults had their way with it."""
        more = (*self._cors(), *(header for effect in effects.effects for header in effect.headers))
        reply = json_reply(effects.changed("value", value), 200, more)
        reply = Reply(reply.status, reply.headers, effects.changed("body", reply.body))
        deliver = next(effects.hooks("deliver"), None)
        await (connection.reply(reply) if deliver is None else deliver(connection, reply))

    def plugged(self, verb: str) -> list[SimulatedDevice]:
        """The devices that are attached, each in the state that it is in by script or fault."""
        found = []
        for device in self.devices:
            effects = self._faults.peek(verb, device.serial_no)
            if self._script.is_plugged(device.serial_no) and not effects.has("is_unplugged"):
                found.append(device.with_status(effects.status(self._script.status(device.bio_type))))
        return found

    def _announced(self, verb: str, wanted: str = discovery.ANY_TYPE) -> list[tuple[SimulatedDevice, Effects]]:
        """The attached devices of a type as they describe themselves: busy while they stream or capture."""
        announced = []
        for device in self.plugged(verb):
            if wanted not in {discovery.ANY_TYPE, device.bio_type.value}:
                continue
            is_busy = device.serial_no in self._streams or self._desk.is_capturing(device.serial_no)
            if is_busy and device.status is DeviceStatus.READY:
                device = device.with_status(DeviceStatus.BUSY)  # noqa: PLW2901
            announced.append((device, self._faults.peek(verb, device.serial_no)))
        return announced

    async def _delay(self, verb: str, bio_types: set[BioType]) -> float:
        """Waits as an administrator has set; gives the milliseconds."""
        delay_ms = self._script.delay_ms(bio_types, verb)
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)
        return delay_ms

    async def _discover(self, request: Request, connection: Connection) -> None:
        try:
            wanted = Fields(decode(request.body, "a request", REQUEST_MAX_BYTES), "a request").text("type")
        except DeviceMessageError:
            answer = [{"error": error("501", "type is missing")}]
        else:
            answer = await self._discovered(request.verb, wanted)
        await self._answer(connection, answer, self._faults.take(request.verb))

    async def _discovered(self, verb: str, wanted: str) -> list[dict[str, Any]]:
        if wanted not in {discovery.ANY_TYPE, *BioType}:
            return [{"error": error("502", "type is not known")}]
        await self._delay(verb, set(BioType) if wanted == discovery.ANY_TYPE else {BioType(wanted)})
        return self._descriptions.discovery(self._announced(verb, wanted), self.port, self._config.clock())

    async def _inform(self, request: Request, connection: Connection) -> None:
        await self._delay(request.verb, set(BioType))
        devices = self._announced(request.verb)
        effects = self._faults.take(request.verb)
        await self._answer(connection, self._descriptions.info(devices, self.port, self._config.clock()), effects)

    async def _capture_registration(self, request: Request, connection: Connection) -> None:
        await self._capture(request, connection, REGISTRATION)

    async def _capture_auth(self, request: Request, connection: Connection) -> None:
        await self._capture(request, connection, AUTH)

    async def _capture(self, request: Request, connection: Connection, purpose: str) -> None:
        devices = self.plugged(request.verb)
        effects = self._faults.take(request.verb)
        answer = await self._desk.answer(request, devices, purpose, effects, self._streams)
        await self._answer(connection, answer, effects)

    async def _stream(self, request: Request, connection: Connection) -> None:
        effects = self._faults.take(request.verb)
        try:
            asked = read_stream_request(request.body)
            device = self._streaming_device(asked.device_id, asked.sub_id)
        except RefusedRequestError as refused:
            await self._answer(connection, {"error": error(refused.code, refused.info)}, effects)
            return
        await self._delay(request.verb, {device.bio_type})

        def is_presented() -> bool:
            return self._script.is_presented(device.bio_type)

        view = LiveView(self._script.presenter, shown(device, asked.sub_id), is_presented)
        stream = Stream(view, effects.stream_plan(), asked.sub_id)
        with self._streaming(device.serial_no, stream):
            await stream.write(connection, stream_head(self.port, self._cors()), asked.timeout_ms / 1000)

    def _streaming_device(self, device_id: str, sub_id: str) -> SimulatedDevice:
        devices = self.plugged(STREAM)
        if not devices:
            raise RefusedRequestError("202", "no device is connected")
        device = next((device for device in devices if device.device_id == device_id), None)
        if device is None:
            is_single = {d.purpose for d in devices} == {AUTH}
            raise RefusedRequestError("601" if is_single else "605", "no such device for streams")
        if device.purpose == AUTH:
            raise RefusedRequestError("606", "the device is for authentication")
        if device.status is not DeviceStatus.READY or device.serial_no in self._streams:
            raise RefusedRequestError("607", "the device is not ready")
        if sub_id not in device.sub_ids:
            raise RefusedRequestError("608", "there is no picture of this part")
        return device

    @contextmanager
    def _streaming(self, serial_no: str, stream: Stream) -> Iterator[None]:
        self._streams[serial_no] = stream
        try:
            yield
        finally:
            del self._streams[serial_no]

    def frames(self) -> dict[str, int]:
        """How many frames the running streams have sent, by serial number."""
        return {serial_no: stream.frames for serial_no, stream in list(self._streams.items())}

    def unplug(self, serial_no: str) -> None:
        """Takes a device away; its stream ends."""
        self._script.set_plugged(serial_no, is_plugged=False)
        if serial_no in self._streams:
            self._streams[serial_no].stopped.set()


def _bio_type(request: Request) -> BioType | None:
    """The type that a capture request asks for, if it can be told."""
    try:
        values = decode(request.body, "a request", REQUEST_MAX_BYTES)
        bios = values.get("bio") if isinstance(values, dict) else None
        first = bios[0] if isinstance(bios, list) and bios else None
        return BioType(str(first.get("type"))) if isinstance(first, dict) else None
    except (DeviceMessageError, ValueError):
        return None


def _is_for_loopback(request: Request) -> bool:
    hosts = [value for name, value in request.headers if name == "host"]
    name = hosts[0].rpartition(":")[0] if len(hosts) == 1 else ""
    return name in {"127.0.0.1", "localhost"}
