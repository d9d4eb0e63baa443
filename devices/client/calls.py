"""The three calls to a device service, each with its deadline and limit."""

from __future__ import annotations

from devices.client.transport import Answer, Call, exchange
from devices.sbi import capture, discovery, info
from devices.sbi.errors import DeviceStatusError
from devices.sbi.jsonedge import BODY_MAX_BYTES

SHORT_DEADLINE_S = 5.0
CAPTURE_SLACK_S = 30.0


async def discover(port: int, bio_type: str, deadline_s: float = SHORT_DEADLINE_S) -> bytes:
    """Body of a discovery answer.

    Raises:
        DeviceTransportError: if no complete answer with status 200 arrives in time.
    """
    body = discovery.request(bio_type)
    return await _call(Call(port, discovery.VERB, discovery.PATH, body, deadline_s, discovery.LIMIT_BYTES))


async def inform(port: int, deadline_s: float = SHORT_DEADLINE_S) -> bytes:
    """Body of an information answer; the request has no body.

    Raises:
        DeviceTransportError: if no complete answer with status 200 arrives in time.
    """
    return await _call(Call(port, info.VERB, info.PATH, b"", deadline_s, info.LIMIT_BYTES))


async def capture_registration(port: int, request: capture.CaptureRequest, slack_s: float = CAPTURE_SLACK_S) -> bytes:
    """Body of a capture answer. The deadline is the device's own timeout and some slack for its processing.

    Raises:
        DeviceTransportError: if no complete answer with status 200 arrives in time.
    """
    deadline_s = request.timeout_ms / 1000 + slack_s
    return await _call(Call(port, capture.VERB, capture.PATH, request.encode(), deadline_s, BODY_MAX_BYTES))


async def _call(call: Call) -> bytes:
    answer: Answer = await exchange(call)
    if answer.status != 200:
        raise DeviceStatusError(port=call.port, verb=call.verb, status=answer.status)
    return answer.body
