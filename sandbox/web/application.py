"""The ASGI application: every request goes through one handler, which reads, admits, works, signs, and never leaks.

Logs carry the endpoint's path pattern, the status and, for an unforeseen failure, the name of its class; never a body, a
header, a token or a value from a path.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from packet.models import Clock
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.jws import RESPONSE_HEADER, detached_jws
from sandbox.keys.service import KeyService
from sandbox.web.bearer import Bearers
from sandbox.web.body import BodyTooLargeError, read_body
from sandbox.web.call import Answer, Call, Caller
from sandbox.web.endpoint import Access, Endpoint, kernel_refuse
from sandbox.web.wrapper import kernel_refusal

_LOG = logging.getLogger("sealdesk.sandbox")
_HOST_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Gate:
    """What every request passes."""

    bearers: Bearers
    keys: KeyService
    clock: Clock

    def admit(self, request: Request, endpoint: Endpoint) -> Caller | None:
        """Who calls.

        Raises:
            RequestRefusedError: if they may not.
        """
        match endpoint.access:
            case Access.OPEN:
                return None
            case Access.USER:
                return self.bearers.caller(request.headers, request.cookies, endpoint.roles)
            case Access.ADMINISTRATOR:
                return self.bearers.administrator(request.headers, request.cookies, endpoint.roles)

    def serve(self, endpoint: Endpoint, call: Call) -> Answer:
        """Does the work and signs the answer; runs in a worker thread."""
        try:
            answer = endpoint.handler(call)
        except RequestRefusedError as error:
            return endpoint.refuse(error, self.clock())
        if not endpoint.is_signed:
            return answer
        return replace(answer, headers={**answer.headers, RESPONSE_HEADER: detached_jws(self.keys, answer.body)})


def application(endpoints: Sequence[Endpoint], gate: Gate) -> Starlette:
    """Joins endpoints into an application. Nothing is served but them."""

    async def unknown(_request: Request, error: Exception) -> Response:
        is_method = isinstance(error, HTTPException) and error.status_code == 405
        code, status = (ServerCode.METHOD_WRONG, 405) if is_method else (ServerCode.NOT_FOUND, 404)
        return _response(kernel_refusal(code, gate.clock(), status=status))

    routes = [Route(e.path, _endpoint_handler(e, gate), methods=[e.method]) for e in endpoints]
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})


def _endpoint_handler(endpoint: Endpoint, gate: Gate) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            answer = await _answer(request, endpoint, gate)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001  # the one place: the client gets an answer, the log a name
            _LOG.error("%s %s failed: %s", endpoint.method, endpoint.path, type(error).__qualname__)
            answer = kernel_refusal(ServerCode.SYNC_INTERNAL, gate.clock(), status=500)
        _LOG.info("%s %s %d", endpoint.method, endpoint.path, answer.status)
        return _response(answer)

    return handle


async def _answer(request: Request, endpoint: Endpoint, gate: Gate) -> Answer:
    if request.url.hostname not in _HOST_NAMES:  # a page elsewhere whose name was made to point here
        return kernel_refusal(ServerCode.HOST_WRONG, gate.clock(), status=421)
    try:
        caller = gate.admit(request, endpoint)
    except RequestRefusedError as error:
        return kernel_refuse(error, gate.clock())
    try:
        body = await read_body(request, endpoint.body_max_bytes)
    except BodyTooLargeError:
        refused = RequestRefusedError(ServerCode.BODY_TOO_LARGE, status=413)
        return replace(endpoint.refuse(refused, gate.clock()), status=413, headers={"Connection": "close"})
    call = Call(
        path={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=body,
        caller=caller,
    )
    return await run_in_threadpool(gate.serve, endpoint, call)


def _response(answer: Answer) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **answer.headers}
    return Response(answer.body, answer.status, headers=headers, media_type=answer.content_type)
