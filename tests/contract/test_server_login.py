"""Logging in at the realm through python-keycloak, and which tokens are believed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.server.errors import ServerAddressError
from app.server.keycloak import KeycloakLogin, RealmAddress
from app.server.loginerrors import (
    AccountIncompleteError,
    AccountLockedError,
    LoginAnswerError,
    LoginClientRefusedError,
    LoginError,
    LoginUnreachableError,
    SessionEndedError,
    TokenAudienceError,
    TokenExpiredError,
    TokenForeignError,
    TokenInvalidError,
    TokenNotYetValidError,
    TokenUserError,
    WrongPasswordError,
)
from packet.encoding import b64url
from tests.support.certificates import rsa_key
from tests.support.fake_server_realm import FakeRealm, RunningRealm, jwk

PASSWORD = "a-password-for-tests"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def realm(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRealm]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with RunningRealm() as running:
        yield running.realm


def login_service(realm: FakeRealm, **more: Any) -> KeycloakLogin:
    return KeycloakLogin(RealmAddress(realm.issuer), now, timeout_s=5, **more)


def test_a_login_gives_a_checked_session(realm: FakeRealm) -> None:
    session = login_service(realm).login("Op1", PASSWORD)
    assert (session.user_id, session.display_name, session.subject) == ("op1", "Op One", "subject-1")
    assert session.roles == {"REGISTRATION_OFFICER", "Default"}
    assert timedelta(hours=23) < session.expires_at - now() < timedelta(hours=25)
    path, form = realm.requests[0]
    assert path == "token"
    assert (form["grant_type"], form["client_id"], form["username"]) == ("password", "mosip-reg-desktop", "Op1")
    assert "client_secret" not in form


def test_secrets_stay_out_of_reprs(realm: FakeRealm) -> None:
    session = login_service(realm).login("op1", PASSWORD)
    assert session.access_token not in repr(session)
    assert session.refresh_token not in repr(session)
    assert "Op One" not in repr(session)


REFUSALS: list[tuple[int, dict[str, str], type[LoginError]]] = [
    (401, {"error": "invalid_grant", "error_description": "Invalid user credentials"}, WrongPasswordError),
    (400, {"error": "invalid_grant", "error_description": "Account disabled"}, AccountLockedError),
    (400, {"error": "invalid_grant", "error_description": "Account temporarily locked"}, AccountLockedError),
    (400, {"error": "invalid_grant", "error_description": "Account is not fully set up"}, AccountIncompleteError),
    (401, {"error": "invalid_client"}, LoginClientRefusedError),
    (400, {"error": "unauthorized_client"}, LoginClientRefusedError),
    (500, {"error": "unknown_error"}, LoginAnswerError),
    (404, {}, LoginAnswerError),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_refusals_are_named(realm: FakeRealm, status: int, body: dict[str, str], kind: type[LoginError]) -> None:
    realm.token_answer = (status, orjson.dumps(body))
    with pytest.raises(kind) as caught:
        login_service(realm).login("op1", PASSWORD)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__suppress_context__, "the library's error repeats the answer"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"access_token":5}', b"null"])
def test_what_is_no_grant_is_named(realm: FakeRealm, body: bytes) -> None:
    realm.token_answer = (200, body)
    with pytest.raises(LoginAnswerError):
        login_service(realm).login("op1", PASSWORD)


def test_an_unreachable_realm_is_named() -> None:
    service = KeycloakLogin(RealmAddress("http://127.0.0.1:1/auth/realms/mosip"), now, timeout_s=2)
    with pytest.raises(LoginUnreachableError):
        service.login("op1", PASSWORD)


@pytest.mark.parametrize(
    ("issuer", "kind"),
    [
        ("http://iam.example.invalid/auth/realms/mosip", ServerAddressError),
        ("https://iam.example.invalid/auth", LoginAnswerError),
        ("https://iam.example.invalid/realms/", LoginAnswerError),
        ("https://iam.example.invalid/realms/a/b", LoginAnswerError),
    ],
)
def test_an_unusable_issuer_is_named(issuer: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        KeycloakLogin(RealmAddress(issuer), now)


def at(seconds: float) -> Callable[[], float]:
    """An instant counted from when the token is made, not from when the tests were collected."""
    return lambda: int(time.time()) + seconds


def made(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in claims.items()}


CLAIMS: list[tuple[dict[str, Any], type[LoginError]]] = [
    ({"exp": None}, TokenInvalidError),
    ({"exp": at(-3600)}, TokenExpiredError),
    ({"exp": lambda: str(int(time.time()) + 3600)}, TokenInvalidError),
    ({"exp": at(3600.5)}, TokenInvalidError),
    ({"exp": 10**30}, TokenInvalidError),
    ({"exp": True}, TokenExpiredError),
    ({"nbf": at(3600)}, TokenNotYetValidError),
    ({"iss": None}, TokenInvalidError),
    ({"iss": "https://elsewhere.example.invalid/auth/realms/mosip"}, TokenForeignError),
    ({"iss": ["x"]}, TokenInvalidError),
    ({"aud": "account"}, TokenAudienceError),
    ({"aud": None, "azp": "some-other-client"}, TokenAudienceError),
    ({"aud": [1]}, TokenInvalidError),
    ({"typ": "ID"}, TokenInvalidError),
    ({"typ": None}, TokenInvalidError),
    ({"sub": None}, TokenInvalidError),
    ({"preferred_username": None}, TokenInvalidError),
    ({"preferred_username": "someone-else"}, TokenUserError),
    ({"realm_access": {"roles": "REGISTRATION_OFFICER"}}, TokenInvalidError),
]


@pytest.mark.parametrize(("claims", "kind"), CLAIMS)
def test_a_token_that_does_not_say_the_right_things_is_refused(
    realm: FakeRealm, claims: dict[str, Any], kind: type[LoginError]
) -> None:
    realm.claims = made(claims)
    with pytest.raises(kind):
        login_service(realm).login("op1", PASSWORD)


@pytest.mark.parametrize(
    "claims",
    [{"aud": "mosip-reg-client"}, {"aud": None, "azp": "mosip-reg-client"}, {"exp": at(-20)}, {"realm_access": None}],
)
def test_these_tokens_are_fine(realm: FakeRealm, claims: dict[str, Any]) -> None:
    """One of aud and azp is enough; a clock may be some seconds off; having no role is for the desk to judge."""
    realm.claims = made(claims)
    login_service(realm).login("op1", PASSWORD)


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS512"}, {"alg": "PS256"}, {"kid": None}, {"kid": 5}, {"crit": ["x"]}],
)
def test_another_algorithm_or_no_key_id_is_refused(realm: FakeRealm, header: dict[str, Any]) -> None:
    realm.header = header
    with pytest.raises(TokenInvalidError):
        login_service(realm).login("op1", PASSWORD)


def test_a_token_signed_with_the_public_key_as_secret_is_refused(realm: FakeRealm) -> None:
    public = realm.signer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = realm.access_token().split(".")[1]
    head = b64url(orjson.dumps({"alg": "HS256", "typ": "JWT", "kid": realm.kid}))
    mac = hmac.new(public, f"{head}.{claims}".encode(), hashlib.sha256).digest()
    grant = {"access_token": f"{head}.{claims}.{b64url(mac)}", "refresh_token": "r", "refresh_expires_in": 1}
    realm.token_answer = (200, orjson.dumps(grant))
    with pytest.raises(TokenInvalidError):
        login_service(realm).login("op1", PASSWORD)


def test_a_token_by_another_key_under_a_known_id_is_refused(realm: FakeRealm) -> None:
    known = realm.keys()
    realm.signer = rsa_key("attacker")
    with pytest.raises(TokenInvalidError):
        login_service(realm, known_keys=known).login("op1", PASSWORD)


@pytest.mark.parametrize(
    "key",
    [
        lambda: {"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"},
        lambda: {"kty": "RSA", "kid": "key-1"},
        lambda: {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        lambda: "text",
        lambda: jwk(rsa_key("realm"), "key-1", use="enc"),
        lambda: jwk(rsa_key("realm"), "key-1", alg="RSA-OAEP"),
        lambda: jwk(rsa_key("too short", 1024), "key-1"),
    ],
)
def test_keys_that_are_no_rsa_signature_keys_are_never_used(realm: FakeRealm, key: Callable[[], object]) -> None:
    realm.certs_answer = (200, orjson.dumps({"keys": [key()]}))
    with pytest.raises(TokenInvalidError, match="unknown key"):
        login_service(realm).login("op1", PASSWORD)


@pytest.mark.parametrize("body", [b"{}", b'{"keys":5}', b"[]", b"no json"])
def test_what_is_no_key_document_is_named(realm: FakeRealm, body: bytes) -> None:
    realm.certs_answer = (200, body)
    with pytest.raises(LoginAnswerError):
        login_service(realm).login("op1", PASSWORD)


def test_known_keys_check_a_token_without_asking(realm: FakeRealm) -> None:
    login_service(realm, known_keys=realm.keys()).login("op1", PASSWORD)
    assert [path for path, _ in realm.requests] == ["token"]


def test_a_new_key_is_fetched_once_and_kept(realm: FakeRealm) -> None:
    before, kept = realm.keys(), list[Any]()
    realm.signer, realm.kid = rsa_key("next realm key"), "key-2"
    service = login_service(realm, known_keys=before, on_keys=kept.append)
    service.check(service.login("op1", PASSWORD))
    assert [path for path, _ in realm.requests] == ["token", "certs"]
    assert kept == [realm.keys()]


def test_unknown_keys_are_asked_for_at_most_once_a_minute(realm: FakeRealm) -> None:
    instant = now()
    service = KeycloakLogin(RealmAddress(realm.issuer), lambda: instant, timeout_s=5)
    realm.certs_answer = (200, b'{"keys":[]}')
    for _ in range(3):
        with pytest.raises(TokenInvalidError, match="unknown key"):
            service.login("op1", PASSWORD)
    assert [path for path, _ in realm.requests].count("certs") == 1
    instant += timedelta(minutes=1)
    with pytest.raises(TokenInvalidError, match="unknown key"):
        service.login("op1", PASSWORD)
    assert [path for path, _ in realm.requests].count("certs") == 2


def test_renewal_takes_the_new_refresh_token(realm: FakeRealm) -> None:
    service = login_service(realm)
    first = service.login("op1", PASSWORD)
    second = service.renew(first)
    assert second.refresh_token != first.refresh_token
    _, form = realm.requests[-1]
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", first.refresh_token)


def test_an_ended_session_asks_for_a_login(realm: FakeRealm) -> None:
    service = login_service(realm)
    session = service.login("op1", PASSWORD)
    realm.token_answer = (400, b'{"error":"invalid_grant","error_description":"Session not active"}')
    with pytest.raises(SessionEndedError):
        service.renew(session)


def test_a_renewal_for_another_user_is_refused(realm: FakeRealm) -> None:
    service = login_service(realm)
    session = service.login("op1", PASSWORD)
    realm.claims = {"sub": "subject-2"}
    with pytest.raises(TokenUserError):
        service.renew(session)


def test_logout_ends_the_session_at_the_realm(realm: FakeRealm) -> None:
    service = login_service(realm)
    session = service.login("op1", PASSWORD)
    service.logout(session)
    assert realm.requests[-1] == ("logout", {"client_id": "mosip-reg-desktop", "refresh_token": session.refresh_token})
    realm.token_answer = (400, b'{"error":"invalid_grant"}')
    service.logout(session)
