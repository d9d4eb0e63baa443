"""What holds for every call to a MOSIP server: what goes out, and which answers are believed."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.core.errors import AppError, RequestRefusedError, ServerUnavailableError, TokenRefusedError
from app.server.errors import (
    AnswerMalformedError,
    AnswerTooLargeError,
    AnswerUntrustedError,
    RoleMissingError,
    ServerAddressError,
    ServerFaultError,
    ServerSilentError,
    ServerUnreachableError,
)
from app.server.transport import Call, MosipServer, Payload
from app.server.wrapper import parse_wrapper
from packet.encoding import b64std, b64url
from tests.support.certificates import Issued, issue
from tests.support.fake_server import TOKEN, Endless, FakeServer, detached, error, now, wrapped

CALL = Call("the thing", "GET", "/v1/thing", limit_bytes=10_000)
TWICE = Call("the thing", "POST", "/v1/thing", limit_bytes=10_000, attempts=2)
GOOD = wrapped({"ok": True})


@pytest.fixture
def fake() -> FakeServer:
    return FakeServer()


def test_login_travels_as_the_cookie_and_the_version_as_query(fake: FakeServer) -> None:
    fake.will(GOOD)
    fake.line().ask(CALL, TOKEN, Payload(params={"schemaVersion": "0"}))
    (request,) = fake.requests
    assert request.headers["cookie"] == f"Authorization={TOKEN}"
    assert "authorization" not in request.headers
    assert dict(request.url.params) == {"schemaVersion": "0", "version": "0.1.0"}
    assert request.headers["cache-control"] == "no-cache,max-age=0"


def test_a_server_cannot_plant_cookies(fake: FakeServer) -> None:
    answer = fake.signed(GOOD)
    answer.headers["Set-Cookie"] = "Authorization=someone-elses"
    fake.will(answer, GOOD)
    line = fake.line()
    line.ask(CALL, TOKEN)
    line.ask(CALL, None)
    assert "cookie" not in fake.requests[1].headers


@pytest.mark.parametrize("token", ["", "two.parts", "a.b.c\r\nX: y", "a.b.c; other=1", "ä.b.c"])
def test_what_is_no_token_never_goes_out(fake: FakeServer, token: str) -> None:
    with pytest.raises(TokenRefusedError):
        fake.line().ask(CALL, token)
    assert fake.requests == []


def test_a_signed_answer_is_believed(fake: FakeServer) -> None:
    fake.will(GOOD)
    assert fake.line().ask(CALL, TOKEN).require() == {"ok": True}


def test_a_signature_over_the_compact_form_is_believed_too(fake: FakeServer) -> None:
    """Older servers sign what remains after parsing and writing the body anew."""
    pretty = orjson.dumps(orjson.loads(GOOD), option=orjson.OPT_INDENT_2)
    fake.will(fake.signed(pretty, signature=detached(fake.signer, GOOD)))
    assert fake.line().ask(CALL, TOKEN).require() == {"ok": True}


NONE = b64url(b'{"alg":"none"}')

BAD_SIGNATURES: dict[str, Callable[[Issued, str, str], str]] = {
    "of another body": lambda signer, _, __: detached(signer, wrapped({"ok": False})),
    "by another key": lambda _, __, ___: detached(issue("someone else"), GOOD),
    "none": lambda _, __, ___: "",
    "attached": lambda _, header, signature: f"{header}.{b64url(GOOD)}.{signature}",
    "two parts": lambda _, header, signature: f"{header}.{signature}",
    "not base64": lambda _, header, __: f"{header}..!!!!",
    "alg none": lambda _, __, signature: f"{NONE}..{signature}",
    "alg none, empty": lambda _, __, ___: f"{NONE}..",
    "alg HS256": lambda signer, _, __: detached(signer, GOOD, b64url(b'{"alg":"HS256"}')),
    "crit": lambda signer, _, __: detached(signer, GOOD, b64url(b'{"alg":"RS256","crit":["b64"]}')),
    "b64 false": lambda signer, _, __: detached(signer, GOOD, b64url(b'{"alg":"RS256","b64":false}')),
    "header no object": lambda signer, _, __: detached(signer, GOOD, b64url(b"[]")),
    "huge": lambda _, __, signature: f"{'A' * 20_000}..{signature}",
}


@pytest.mark.parametrize("kind", BAD_SIGNATURES)
def test_an_answer_with_a_bad_signature_is_refused(fake: FakeServer, kind: str) -> None:
    header, _, signature = detached(fake.signer, GOOD).split(".")
    fake.will(fake.signed(GOOD, signature=BAD_SIGNATURES[kind](fake.signer, header, signature)))
    with pytest.raises(AnswerUntrustedError):
        fake.line().ask(CALL, TOKEN)


def test_a_certificate_in_the_signatures_header_is_never_trusted(fake: FakeServer) -> None:
    other = issue("someone else")
    header = {"alg": "RS256", "x5c": [b64std(other.certificate.public_bytes(Encoding.DER))]}
    fake.will(fake.signed(GOOD, signature=detached(other, GOOD, b64url(orjson.dumps(header)))))
    with pytest.raises(AnswerUntrustedError, match="pinned"):
        fake.line().ask(CALL, TOKEN)


def test_a_missing_signature_header_is_refused(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, content=GOOD))
    with pytest.raises(AnswerUntrustedError, match="not signed"):
        fake.line().ask(CALL, TOKEN)


def test_nothing_is_believed_before_a_certificate_is_pinned(fake: FakeServer) -> None:
    fake.will(GOOD)
    with pytest.raises(AnswerUntrustedError, match="pinned yet"):
        fake.line(pinned=False).ask(CALL, TOKEN)


def test_an_expired_pin_is_not_used(fake: FakeServer) -> None:
    fake.signer = issue("KERNEL-SIGN", days=(-30, -1))
    fake.will(GOOD)
    with pytest.raises(AnswerUntrustedError, match="expired"):
        fake.line().ask(CALL, TOKEN)


def test_errors_with_status_200_are_a_failure(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error("KER-SNC-155"))))
    with pytest.raises(RequestRefusedError, match="KER-SNC-155") as caught:
        fake.line().ask(CALL, TOKEN).require()
    assert caught.value.server_code == "KER-SNC-155"
    assert "does not know this machine" in caught.value.message
    assert "Register" in caught.value.advice


def test_errors_beside_a_response_are_a_failure(fake: FakeServer) -> None:
    fake.will(wrapped({"ok": True}, error("KER-SNC-500")))
    with pytest.raises(RequestRefusedError):
        fake.line().ask(CALL, TOKEN).require()


def test_an_empty_list_of_errors_is_none(fake: FakeServer) -> None:
    fake.will(wrapped({"ok": True}, []))
    assert fake.line().ask(CALL, TOKEN).require() == {"ok": True}


def test_a_code_that_nobody_knows_says_so(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error("NEW-CODE-1"))))
    with pytest.raises(RequestRefusedError, match="does not know"):
        fake.line().ask(CALL, TOKEN).require()


def test_a_code_is_made_safe_for_the_log(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error("Vex\nTestperson"))))
    with pytest.raises(RequestRefusedError) as caught:
        fake.line().ask(CALL, TOKEN).require()
    assert caught.value.server_code == "UNREADABLE"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"<html>proxy login</html>",
        b"{}",
        b'{"status":"UP"}',
        b'{"response":{},"errors":{}}',
        b'{"response":{},"errors":["x"]}',
        b'{"response":{},"errors":[{"message":"no code"}]}',
        b'{"response":{"a":1}',
        b'{"response":"\xff"}',
        b"[" * 9000,
    ],
)
def test_what_is_no_wrapper_is_named(fake: FakeServer, body: bytes) -> None:
    fake.will(body)
    with pytest.raises(AnswerMalformedError):
        fake.line().ask(CALL, TOKEN)


def test_neither_response_nor_errors_is_named(fake: FakeServer) -> None:
    fake.will(wrapped(None, None))
    with pytest.raises(AnswerMalformedError, match="neither"):
        fake.line().ask(CALL, TOKEN).require()


def test_an_announced_oversize_is_not_even_read(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, headers={"Content-Length": "10001"}, stream=Endless()))
    with pytest.raises(AnswerTooLargeError, match="10000"):
        fake.line().ask(CALL, TOKEN)


def test_an_endless_answer_is_cut_off(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, stream=Endless()))
    with pytest.raises(AnswerTooLargeError):
        fake.line().ask(CALL, TOKEN)


def test_compression_that_was_not_asked_for_is_refused(fake: FakeServer) -> None:
    fake.will(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Endless()))
    with pytest.raises(AnswerMalformedError, match="compressed"):
        fake.line().ask(CALL, TOKEN)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, TokenRefusedError), (403, RoleMissingError), (404, ServerFaultError), (503, ServerFaultError)]
)
def test_http_statuses_are_named(fake: FakeServer, status: int, kind: type[AppError]) -> None:
    fake.will(httpx.Response(status, content=wrapped(None, error("KER-ATH-401"))))
    with pytest.raises(kind):
        fake.line().ask(CALL, TOKEN)


def test_redirects_are_not_followed(fake: FakeServer) -> None:
    fake.will(httpx.Response(302, headers={"Location": "https://elsewhere.example.invalid/"}))
    with pytest.raises(ServerFaultError, match="302"):
        fake.line().ask(CALL, TOKEN)
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(httpx.ConnectError("x"), ServerUnreachableError), (httpx.ReadTimeout("x"), ServerSilentError)],
)
def test_connection_failures_are_tried_twice_and_named(
    fake: FakeServer, failure: Exception, kind: type[ServerUnavailableError]
) -> None:
    fake.will(failure, failure)
    pauses: list[float] = []
    with pytest.raises(kind):
        fake.line(pauses=pauses).ask(TWICE, TOKEN)
    assert pauses == [1.0]


def test_a_second_try_may_succeed(fake: FakeServer) -> None:
    fake.will(httpx.Response(503), GOOD)
    assert fake.line().ask(TWICE, TOKEN).require() == {"ok": True}


def test_refusals_are_not_tried_again(fake: FakeServer) -> None:
    fake.will(httpx.Response(401))
    with pytest.raises(TokenRefusedError):
        fake.line().ask(TWICE, TOKEN)
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://mosip.example.invalid",
        "http://127.0.0.1.example.invalid",
        "http://10.0.0.1",
        "ftp://localhost",
        "https://user:secret@mosip.example.invalid",
        "mosip.example.invalid",
        "",
        "https://",
        "http://[::1",
    ],
)
def test_unsafe_addresses_are_refused_without_repeating_secrets(url: str) -> None:
    with pytest.raises(ServerAddressError) as caught:
        MosipServer(url, version="0.1.0", clock=now)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://mosip.example.invalid", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"]
)
def test_safe_addresses_are_taken(url: str) -> None:
    MosipServer(url, version="0.1.0", clock=now).close()


def test_messages_of_the_server_stay_out_of_reprs() -> None:
    body = wrapped(None, [{"errorCode": "X-1", "message": "Vex Testperson is known"}])
    assert "Vex" not in repr(parse_wrapper(body, "the thing"))
