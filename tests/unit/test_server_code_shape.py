"""A server's error code is shown, logged and kept: nothing that it may repeat of a person passes for one."""

from __future__ import annotations

import orjson
import pytest

from app.server.wrapper import parse_wrapper


def code_read(code: str) -> str:
    wrapped = parse_wrapper(orjson.dumps({"errors": [{"errorCode": code, "message": "text"}]}), "the call")
    return wrapped.errors[0].server_code


@pytest.mark.parametrize(
    "code", ["KER-SNC-155", "RPR-PKR-001", "KER-CC-001", "IDA-MLC-018", "EREG-SYN-001", "SANDBOX-413", "KER_SNC_500", "404"]
)
def test_codes_stay(code: str) -> None:
    assert code_read(code) == code


@pytest.mark.parametrize(
    "text",
    [
        "Amina",
        "AMINA",
        "AMINA-EXAMPLE",
        "0612345678",
        "2084391756",
        "1990-04-23",
        "a.b@example.org",
        "1234567890123456",
        "A1B2C3",
        "",
    ],
)
def test_what_may_be_of_a_person_does_not(text: str) -> None:
    assert code_read(text) == "UNREADABLE"
