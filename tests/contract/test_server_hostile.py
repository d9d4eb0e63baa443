"""Whatever a server or an attacker sends, the edges answer with their own named errors and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keycloak import KeycloakOpenID

from app.server.errors import AnswerMalformedError, AnswerUntrustedError
from app.server.loginerrors import LoginError
from app.server.signature import verify_answer
from app.server.tokencheck import TokenKeys, TokenRules, check_token
from app.server.wrapper import parse_wrapper
from packet.encoding import b64url
from tests.support.certificates import issue, rsa_key
from tests.support.fake_server import wrapped
from tests.support.fake_server_realm import jwk, jwt

ISSUER = "https://iam.example.invalid/auth/realms/mosip"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(st.binary(max_size=300) | JSON.map(lambda value: str(value).encode()))
def test_bytes_that_are_no_wrapper(body: bytes) -> None:
    with pytest.raises(AnswerMalformedError):
        parse_wrapper(body, "the thing")


@given(JSON, st.none() | st.lists(st.dictionaries(st.sampled_from(["errorCode", "message", "packetId"]), JSON), max_size=3))
def test_wrappers_of_anything(response: Any, errors: Any) -> None:
    try:
        parsed = parse_wrapper(wrapped(response, errors), "the thing")
    except AnswerMalformedError:
        return
    assert all(len(refusal.server_code) <= 64 and refusal.server_code.isprintable() for refusal in parsed.errors)


@given(
    st.text(max_size=200)
    | st.tuples(JSON, st.binary(max_size=300)).map(lambda t: f"{b64url(str(t[0]).encode())}..{b64url(t[1])}")
)
def test_signature_headers_of_anything(header: str) -> None:
    with pytest.raises(AnswerUntrustedError):
        verify_answer(wrapped({"ok": True}), header, issue("KERNEL-SIGN").certificate, "the thing")


@pytest.fixture(scope="module")
def decoder() -> KeycloakOpenID:
    return KeycloakOpenID("https://iam.example.invalid/auth/", "mosip", "mosip-reg-desktop")


def check(token: str, decoder: KeycloakOpenID) -> None:
    keys = TokenKeys(lambda: {"keys": []}, lambda: datetime.now(UTC), {"keys": [jwk(rsa_key("realm"), "key-1")]})
    check_token(token, decoder, keys, TokenRules(ISSUER, frozenset({"mosip-reg-client"})), lambda: datetime.now(UTC))


CLAIM = st.sampled_from(
    ["exp", "iss", "aud", "azp", "typ", "sub", "nbf", "iat", "jti", "scope", "preferred_username", "realm_access"]
)


@given(st.dictionaries(CLAIM, JSON, max_size=8))
def test_well_signed_tokens_that_say_anything(decoder: KeycloakOpenID, claims: dict[str, Any]) -> None:
    token = jwt(claims, rsa_key("realm"), {"alg": "RS256", "kid": "key-1"})
    with pytest.raises(LoginError):
        check(token, decoder)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "jku", "x5c", "b64", "zip"]), JSON, max_size=6))
def test_tokens_with_any_header(decoder: KeycloakOpenID, header: dict[str, Any]) -> None:
    token = jwt({"iss": ISSUER}, rsa_key("realm"), {"kid": "key-1", **header})
    with pytest.raises(LoginError):
        check(token, decoder)


@given(st.text(max_size=200))
def test_text_that_is_no_token(decoder: KeycloakOpenID, token: str) -> None:
    with pytest.raises(LoginError):
        check(token, decoder)
