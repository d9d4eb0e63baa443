"""Reading what comes in, within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from starlette.requests import Request

from packet.models import Json
from sandbox.codes import RequestRefusedError, ServerCode

JSON_DEPTH_MAX = 16
DRAINED_MAX_BYTES = 8 * 1024 * 1024


class BodyTooLargeError(Exception):
    """A body over its endpoint's limit; the connection is closed after the answer."""


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body. A somewhat larger one is read to its end and dropped, so that its sender gets to read the answer.

    Raises:
        BodyTooLargeError: if it is larger.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit_bytes + DRAINED_MAX_BYTES:
            raise BodyTooLargeError
        if size > limit_bytes:
            parts.clear()
        else:
            parts.append(part)
    if size > limit_bytes:
        raise BodyTooLargeError
    return b"".join(parts)


def parse_json(data: bytes | str) -> Json:
    """Decodes JSON of bounded depth.

    Raises:
        ValueError: if it is not JSON or nested deeper than `JSON_DEPTH_MAX`.
    """
    value: Json = orjson.loads(data)
    level: list[Json] = [value]
    for _ in range(JSON_DEPTH_MAX):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError("JSON is nested too deeply")


def _inside(value: Json) -> Sequence[Json]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return ()


def request_object(data: bytes, code: ServerCode) -> Mapping[str, Json]:
    """The ``request`` object inside a MOSIP request wrapper.

    Raises:
        RequestRefusedError: with the given code, if the body is not such a wrapper.
    """
    try:
        wrapper = parse_json(data)
    except ValueError as error:
        raise RequestRefusedError(code) from error
    inner = wrapper.get("request") if isinstance(wrapper, Mapping) else None
    if not isinstance(inner, Mapping):
        raise RequestRefusedError(code)
    return inner
