"""Who may call what, and how much they may send."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from packet.encoding import b64url, b64url_decode
from sandbox import Sandbox, SandboxConfig
from sandbox.config import utc_now
from tests.support.sandbox_client import ADMINISTRATOR, OFFICER, PASSWORDS, REGPROC, SandboxClient
from tests.support.sandbox_clock import SettableClock

USER_ENDPOINTS = [
    ("GET", "/v1/syncdata/getCertificate"),
    ("POST", "/v1/syncdata/tpm/publickey/verify"),
    ("GET", "/v1/syncdata/tpm/publickey/10021"),
    ("GET", "/v1/syncdata/latestidschema"),
    ("GET", "/v1/syncdata/getcacertificates"),
    ("POST", f"{REGPROC}/registrationstatus/syncV2"),
    ("POST", f"{REGPROC}/packetreceiver/registrationpackets"),
    ("POST", f"{REGPROC}/registrationstatus/packetexternalstatus"),
    ("POST", f"{REGPROC}/registrationstatus/search"),
]
ADMIN_ENDPOINTS = [
    ("POST", "/v1/masterdata/machines"),
    ("PUT", "/v1/masterdata/machines"),
    ("POST", "/v1/keymanager/uploadCACertificate"),
    ("GET", "/sandbox/packets/x"),
]
Claims = dict[str, Any]


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock(utc_now())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, clock: SettableClock) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS, clock=clock)) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(sandbox: Sandbox, clock: SettableClock) -> dict[str, str]:
    with SandboxClient(sandbox, clock) as opened:
        return {username: opened.login(username).token for username in (OFFICER, ADMINISTRATOR)}


@pytest.fixture
def client(sandbox: Sandbox, clock: SettableClock, tokens: dict[str, str]) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox, clock) as opened:
        opened.token = tokens[OFFICER]
        yield opened


@pytest.mark.parametrize(("method", "path"), USER_ENDPOINTS + ADMIN_ENDPOINTS)
def test_without_a_token_it_is_401(client: SandboxClient, method: str, path: str) -> None:
    answer = client.http.request(method, path)
    assert answer.status_code == 401
    assert answer.json()["errors"] == [{"errorCode": "KER-ATH-401", "message": "Authentication Failed"}]
    assert answer.json()["response"] is None
    assert "response-signature" not in answer.headers


@pytest.mark.parametrize(("method", "path"), ADMIN_ENDPOINTS)
def test_an_officer_is_no_administrator(client: SandboxClient, method: str, path: str) -> None:
    answer = client.http.request(method, path, headers=client.cookie)
    assert answer.status_code == 403
    assert answer.json()["errors"] == [{"errorCode": "KER-ATH-403", "message": "Forbidden"}]


@pytest.mark.parametrize(("method", "path"), USER_ENDPOINTS)
def test_an_administrator_without_a_registration_role_does_not_register(
    client: SandboxClient, tokens: dict[str, str], method: str, path: str
) -> None:
    client.token = tokens[ADMINISTRATOR]
    assert client.http.request(method, path, headers=client.cookie).status_code == 403


def test_an_administrators_token_registers_but_does_not_inspect(client: SandboxClient, tokens: dict[str, str]) -> None:
    client.token = tokens[ADMINISTRATOR]
    assert client.http.post("/v1/masterdata/machines", json={}, headers=client.cookie).status_code == 200
    assert client.http.get("/sandbox/packets/x", headers=client.cookie).status_code == 403


@pytest.mark.parametrize("secret", ["", "wrong", "ä"])
def test_a_wrong_administrators_secret_is_401(client: SandboxClient, secret: str) -> None:
    answer = client.http.get("/sandbox/packets/x", headers=[(b"X-Sandbox-Admin", secret.encode())])
    assert answer.status_code == 401


def test_the_cookie_counts_and_a_bearer_header_too(client: SandboxClient) -> None:
    path = "/v1/syncdata/getcacertificates"
    assert client.http.get(path, headers={"Cookie": f"a=b; Authorization={client.token}"}).status_code == 200
    assert client.http.get(path, headers={"Authorization": f"Bearer {client.token}"}).status_code == 200
    assert client.http.get(path, headers={"Authorization": client.token}).status_code == 401


def test_a_token_is_good_until_its_last_second(client: SandboxClient, clock: SettableClock) -> None:
    began = clock()
    clock.advance(86_398)
    assert client.get("/v1/syncdata/getcacertificates").status_code == 200
    clock.advance(2)
    assert client.get("/v1/syncdata/getcacertificates").status_code == 401
    clock.set(began)


def _sign_rs256(key: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    return lambda data: key.sign(data, padding.PKCS1v15(), SHA256())


def _realm_key(sandbox: Sandbox) -> rsa.RSAPrivateKey:
    key = load_der_private_key((sandbox.directory / "realm" / "signing.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _remade(token: str, sign: Callable[[bytes], bytes], header: Claims, claims: Claims) -> str:
    parts = [orjson.loads(b64url_decode(part)) for part in token.split(".")[:2]]
    signed = f"{b64url(orjson.dumps({**parts[0], **header}))}.{b64url(orjson.dumps({**parts[1], **claims}))}"
    return f"{signed}.{b64url(sign(signed.encode()))}"


@pytest.mark.parametrize(
    ("header", "claims", "status"),
    [
        ({}, {}, 200),
        ({}, {"aud": "account", "azp": "mosip-reg-client"}, 200),
        ({}, {"aud": "mosip-reg-client"}, 200),
        ({}, {"aud": ["account"], "azp": "elsewhere"}, 403),
        ({}, {"aud": None, "azp": None}, 403),
        ({}, {"realm_access": {"roles": ["Default"]}}, 403),
        ({}, {"realm_access": {"roles": "REGISTRATION_OFFICER"}}, 403),
        ({}, {"realm_access": None}, 403),
        ({}, {"iss": "http://127.0.0.1/auth/realms/other"}, 401),
        ({}, {"typ": "ID"}, 401),
        ({}, {"exp": None}, 401),
        ({}, {"exp": "9999999999"}, 401),
        ({"kid": "other"}, {}, 401),
        ({"crit": ["b64"]}, {}, 401),
        ({"alg": "none"}, {}, 401),
        ({"alg": "HS256"}, {}, 401),
    ],
)
def test_claims_decide(client: SandboxClient, header: Claims, claims: Claims, status: int) -> None:
    client.token = _remade(client.token, _sign_rs256(_realm_key(client.sandbox)), header, claims)
    assert client.get("/v1/syncdata/getcacertificates").status_code == status


def test_forged_tokens_are_401(client: SandboxClient) -> None:
    public = _realm_key(client.sandbox).public_key()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger = rsa.generate_private_key(65537, 2048)
    head, body, signature = client.token.split(".")
    forged = [
        _remade(client.token, _sign_rs256(stranger), {}, {}),
        _remade(client.token, lambda data: hmac.digest(spki, data, hashlib.sha256), {"alg": "HS256"}, {}),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.x",
        f"{head}.{body}.{signature}==",
        "x" * 20_000,
        "ä.b.c",
        b64url(b"[" * 5_000) + ".e30.",
    ]
    for token in forged:
        headers = [(b"Authorization", f"Bearer {token}".encode())]
        answer = client.http.get("/v1/syncdata/getcacertificates", headers=headers)
        assert answer.status_code == 401, token[:40]


@pytest.mark.parametrize("path", ["/", "/v1/syncdata/configs/aa", "/v1/syncdata/v2/clientsettings", "/auth/realms/other"])
def test_what_is_not_there_is_404_in_the_wrapper(client: SandboxClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["errorCode"]) == (404, "SANDBOX-404")


def test_a_wrong_method_is_405(client: SandboxClient) -> None:
    assert client.http.delete("/v1/masterdata/machines", headers=client.cookie).status_code == 405


def test_a_body_over_the_limit_is_413(client: SandboxClient) -> None:
    answer = client.http.post("/v1/syncdata/tpm/publickey/verify", content=b" " * 1_200_000, headers=client.cookie)
    assert (answer.status_code, answer.json()["errors"][0]["errorCode"]) == (413, "SANDBOX-413")


def test_only_its_own_name_is_answered(client: SandboxClient) -> None:
    path = "/v1/syncdata/actuator/health"
    assert client.http.get(path, headers={"Host": "localhost:1"}).status_code == 200
    assert client.http.get(path, headers={"Host": "rebound.example"}).status_code == 421


def test_deep_json_is_refused(client: SandboxClient) -> None:
    for depth in (20, 100_000):
        deep = b'{"request":' + b"[" * depth + b"]" * depth + b"}"
        answer = client.http.post("/v1/syncdata/tpm/publickey/verify", content=deep, headers=client.cookie)
        assert answer.json()["errors"][0]["errorCode"] == "KER-SNC-999"


def test_the_server_tells_nothing_about_itself_and_answers_are_not_cached(client: SandboxClient) -> None:
    answer = client.get("/v1/syncdata/actuator/health")
    assert "server" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_an_unforeseen_failure_is_500_and_logs_no_more_than_its_class(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """The folder of the keys is taken away under the running sandbox."""
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with (
        Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS)) as running,
        SandboxClient(running, utc_now) as client,
    ):
        client.login()
        (directory / "hsm1").rename(directory / "away")
        answer = client.get("/v1/syncdata/getCertificate", applicationId="REGISTRATION", referenceId="10001_10021")
        (directory / "away").rename(directory / "hsm1")
    assert answer.status_code == 500
    assert answer.json()["errors"] == [{"errorCode": "KER-SNC-500", "message": "Internal Server Error"}]
    assert client.token not in caplog.text
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "GET /v1/syncdata/getCertificate failed: FileNotFoundError"
    ]
