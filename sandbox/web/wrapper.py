"""MOSIP's response wrappers, as compact JSON.

Compact (no spaces, non-ASCII and ``/`` unescaped, keys in order) because older clients verify the response signature over their
own re-serialisation of the parsed body, which then gives the same bytes.
"""

from __future__ import annotations

from datetime import datetime

import orjson

from packet.encoding import iso_millis
from packet.models import Json
from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.web.call import Answer


def compact(value: Json) -> bytes:
    """Compact JSON bytes."""
    return orjson.dumps(value)


def kernel_answer(response: Json, now: datetime) -> Answer:
    """A good answer of syncdata, masterdata and keymanager."""
    return Answer(compact(_kernel(response, None, now)))


def kernel_refusal(code: ServerCode, now: datetime, *, status: int = 200, text: str | None = None) -> Answer:
    """A refusal of the same services, also used for missing and insufficient authentication everywhere."""
    errors: Json = [{"errorCode": code.code, "message": code.text if text is None else text}]
    return Answer(compact(_kernel(None, errors, now)), status=status)


def regproc_answer(service_id: str, response: Json, errors: Json, now: datetime) -> Answer:
    """An answer of the registration processor, which has no ``metadata`` and may carry both lists."""
    return Answer(
        compact(
            {
                "id": service_id,
                "version": "1.0",
                "responsetime": iso_millis(now),
                "response": response,
                "errors": errors,
            }
        )
    )


def regproc_refusal(service_id: str, error: RequestRefusedError, now: datetime) -> Answer:
    """A refusal of the registration processor as a whole."""
    return regproc_answer(service_id, None, [{"errorCode": error.server_code.code, "message": error.text}], now)


def _kernel(response: Json, errors: Json, now: datetime) -> dict[str, Json]:
    return {
        "id": None,
        "version": None,
        "responsetime": iso_millis(now),
        "metadata": None,
        "response": response,
        "errors": errors,
    }
