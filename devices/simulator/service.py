"""The HTTP side of the simulator: MOSIP's custom verbs on three paths.

Only requests whose Host is the loopback address by number or name are served, so that a web page cannot reach the devices
through a name of its own; and no cross-origin header is ever sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from devices.sbi import capture, discovery, info
from devices.sbi.attributes import BioType
from devices.sbi.errors import DeviceMessageError
from devices.sbi.fields import Fields
from devices.sbi.jsonedge import decode
from devices.simulator.answers import Answers, error, failed_capture
from devices.simulator.asked import REQUEST_MAX_BYTES, Asked, RefusedRequestError, read_request
from devices.simulator.catalogue import DEVICES, SimulatedDevice, SimulatorConfig
from devices.simulator.script import Script
from packet.models import BioAttribute

READ_DEADLINE_S = 5.0
ANSWER_AFTER_TIMEOUT_S = 0.05
_UNKNOWN = ("500", "The verb or path is not known")


@dataclass(frozen=True, slots=True)
class Note:
    """One request that was served; requests hold no biometrics."""

    verb: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


class SimulatorService:
    """Answers requests; lives on one event loop."""

    def __init__(self, config: SimulatorConfig, answers: Answers, script: Script) -> None:
        self._config = config
        self._answers = answers
        self._script = script
        self._capturing: set[str] = set()
        self.port = 0
        self.notes: deque[Note] = deque(maxlen=256)

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route(discovery.PATH, self._discover, methods=[discovery.VERB]),
            Route(info.PATH, self._inform, methods=[info.VERB]),
            Route(capture.PATH, self._capture, methods=[capture.VERB]),
            Route(capture.PATH, self._not_yet, methods=["CAPTURE"]),
            Route("/stream", self._not_yet, methods=["STREAM"]),
        ]
        return Starlette(
            routes=routes,
            middleware=[Middleware(_LoopbackHostOnly)],
            exception_handlers={HTTPException: _http_error},
        )

    def _devices(self) -> list[SimulatedDevice]:
        return [device.with_status(self._script.status(device.bio_type)) for device in DEVICES]

    async def _body(self, request: Request) -> bytes:
        body = b""
        async with asyncio.timeout(READ_DEADLINE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > REQUEST_MAX_BYTES:
                    raise HTTPException(413)
        self.notes.append(Note(request.method, tuple(request.headers.items()), body))
        return body

    async def _discover(self, request: Request) -> Response:
        body = await self._body(request)
        try:
            wanted = Fields(decode(body, "a request", REQUEST_MAX_BYTES), "a request").text("type")
        except DeviceMessageError:
            return _json([{"error": error("501", "type is missing")}])
        if wanted not in {discovery.ANY_TYPE, *BioType}:
            return _json([{"error": error("502", "type is not known")}])
        devices = [device for device in self._devices() if wanted in {discovery.ANY_TYPE, device.bio_type}]
        return _json(self._answers.discovery(devices, self.port, self._config.clock()))

    async def _inform(self, request: Request) -> Response:
        await self._body(request)
        return _json(self._answers.info(self._devices(), self.port, self._config.clock()))

    async def _not_yet(self, request: Request) -> Response:
        await self._body(request)
        if request.method == "STREAM":
            return _json({"error": error("610", "This simulator has no stream")})
        return _json(failed_capture("809", "This simulator serves registration only"))

    async def _capture(self, request: Request) -> Response:
        body = await self._body(request)
        try:
            asked = read_request(body, self._devices())
            with self._hold(asked.device.serial_no):
                return _json(await self._captured(asked))
        except RefusedRequestError as refused:
            return _json(failed_capture(refused.code, refused.info))

    @contextmanager
    def _hold(self, serial_no: str) -> Iterator[None]:
        """One capture at a time on a device."""
        if serial_no in self._capturing:
            raise RefusedRequestError("703", "a capture is running")
        self._capturing.add(serial_no)
        try:
            yield
        finally:
            self._capturing.discard(serial_no)

    async def _captured(self, asked: Asked) -> dict[str, object]:
        """Answers at once if the score is reached; otherwise looks for a better picture until the timeout."""
        patience_s = asked.timeout_ms / 1000 + ANSWER_AFTER_TIMEOUT_S
        if not self._script.is_presented(asked.device.bio_type):
            await asyncio.sleep(patience_s)
            return failed_capture("101", "No biometric object detected")
        scores: dict[BioAttribute, float] = {a: self._script.next_score(a) for a in asked.attributes}
        if sum(scores.values()) / len(scores) < asked.requested_score:
            await asyncio.sleep(patience_s)
        now = self._config.clock()
        return await asyncio.to_thread(self._answers.capture, asked, scores, self._script.subject, now)


class _LoopbackHostOnly:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or hosts[0].rpartition(b":")[0] not in {b"127.0.0.1", b"localhost"}:
                await _json(error("500", "The Host header is not the loopback address"), 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _http_error(_request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return _json(error(*_UNKNOWN), 405 if status == 404 else status)


def _json(value: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "Connection": "close"}
    return Response(orjson.dumps(value), status, headers, "application/json; charset=utf-8")
