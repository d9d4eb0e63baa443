"""The identity provider, as python-keycloak and a plain client see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from keycloak import KeycloakOpenID
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakError

from packet.encoding import b64url_decode
from sandbox import Sandbox, SandboxConfig
from sandbox.config import utc_now
from tests.support.sandbox_client import CLIENT_ID, OFFICER, PASSWORDS, SUPERVISOR, SandboxClient
from tests.support.sandbox_clock import SettableClock

REALM = "/auth/realms/mosip"
OIDC = f"{REALM}/protocol/openid-connect"


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock(utc_now())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, clock: SettableClock) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS, clock=clock)) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, clock: SettableClock) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox, clock) as opened:
        yield opened


@pytest.fixture
def keycloak(sandbox: Sandbox) -> KeycloakOpenID:
    return KeycloakOpenID(server_url=f"{sandbox.url}/auth/", realm_name="mosip", client_id=CLIENT_ID)


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = orjson.loads(b64url_decode(token.split(".")[1]))
    return decoded


def test_python_keycloak_logs_in_refreshes_and_logs_out(keycloak: KeycloakOpenID, sandbox: Sandbox) -> None:
    first = keycloak.token(OFFICER, PASSWORDS[OFFICER])
    checked = keycloak.decode_token(first["access_token"], check_claims={"exp": None, "iss": sandbox.issuer})
    assert checked["preferred_username"] == OFFICER
    user = keycloak.userinfo(first["access_token"])
    assert isinstance(user, dict)
    assert user["email"] == "officer1@sandbox.sealdesk.invalid"

    second = keycloak.refresh_token(first["refresh_token"])
    assert claims(second["access_token"])["jti"] != checked["jti"]

    keycloak.logout(second["refresh_token"])
    with pytest.raises(KeycloakError, match="Session not active"):
        keycloak.refresh_token(second["refresh_token"])
    with pytest.raises(KeycloakAuthenticationError):
        keycloak.userinfo(second["access_token"])


def test_python_keycloak_reads_discovery_and_the_public_key(keycloak: KeycloakOpenID, sandbox: Sandbox) -> None:
    known = keycloak.well_known()
    assert known["issuer"] == sandbox.issuer == f"{sandbox.url}/auth/realms/mosip"
    assert known["token_endpoint"] == f"{sandbox.issuer}/protocol/openid-connect/token"
    assert keycloak.public_key().startswith("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")


def test_a_wrong_password_is_an_invalid_grant(keycloak: KeycloakOpenID) -> None:
    with pytest.raises(KeycloakAuthenticationError) as refused:
        keycloak.token(OFFICER, "not the password")
    assert refused.value.response_code == 401
    assert orjson.loads(refused.value.response_body or b"") == {
        "error": "invalid_grant",
        "error_description": "Invalid user credentials",
    }


def test_the_access_token_carries_what_mosip_reads(client: SandboxClient, sandbox: Sandbox) -> None:
    token = client.login(SUPERVISOR).token
    header = orjson.loads(b64url_decode(token.split(".")[0]))
    key_set = client.http.get(f"{OIDC}/certs").json()["keys"]
    assert header == {"alg": "RS256", "typ": "JWT", "kid": key_set[0]["kid"]}

    found = claims(token)
    assert found["iss"] == sandbox.issuer
    assert found["azp"] == CLIENT_ID
    assert "mosip-reg-client" in found["aud"]
    assert found["typ"] == "Bearer"
    assert found["exp"] - found["iat"] == 86_400
    assert {"REGISTRATION_SUPERVISOR", "Default"} <= set(found["realm_access"]["roles"])
    assert (found["preferred_username"], found["name"]) == (SUPERVISOR, "Demo Supervisor")
    assert {"sub", "jti", "email"} <= found.keys()


def test_user_names_are_compared_without_regard_to_case(client: SandboxClient) -> None:
    answer = client.grant(grant_type="password", username="OFFICER1", password=PASSWORDS[OFFICER])
    assert claims(answer.json()["access_token"])["preferred_username"] == OFFICER


def test_an_id_token_comes_with_the_openid_scope_only(client: SandboxClient) -> None:
    form = {"grant_type": "password", "username": OFFICER, "password": PASSWORDS[OFFICER]}
    without = client.grant(**form).json()
    assert "id_token" not in without
    assert claims(client.grant(**form, scope="openid").json()["id_token"])["aud"] == CLIENT_ID

    refused = client.http.get(f"{OIDC}/userinfo", headers={"Authorization": f"Bearer {without['access_token']}"})
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 401, "invalid_request"),
        ({"grant_type": "password", "username": "nobody", "password": "x"}, 401, "invalid_grant"),
        ({"grant_type": "password", "username": SUPERVISOR}, 401, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "a.b.c"}, 400, "invalid_grant"),
        ({"grant_type": "password", "client_id": "mosip-reg-client"}, 401, "invalid_client"),
    ],
)
def test_refusals_of_the_token_endpoint(client: SandboxClient, form: dict[str, str], status: int, error: str) -> None:
    answer = client.grant(**form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b'{"grant_type":"password"}', "application/json", 415),
        (b"client_id=a&client_id=b", "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"\xff=1", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % n for n in range(40)), "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 40_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_malformed_forms(client: SandboxClient, content: bytes, content_type: str, status: int) -> None:
    answer = client.http.post(f"{OIDC}/token", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == status


def test_a_refresh_token_opens_no_service_and_an_access_token_does_not_refresh(client: SandboxClient) -> None:
    grant = client.grant(grant_type="password", username=OFFICER, password=PASSWORDS[OFFICER]).json()
    client.token = grant["refresh_token"]
    assert client.get("/v1/syncdata/getcacertificates").status_code == 401
    answer = client.grant(grant_type="refresh_token", refresh_token=grant["access_token"])
    assert answer.json()["error_description"] == "Invalid refresh token"


def test_sessions_end_when_idle_and_at_their_longest(client: SandboxClient, clock: SettableClock) -> None:
    form = {"grant_type": "password", "username": OFFICER, "password": PASSWORDS[OFFICER]}
    grant = client.grant(**form).json()
    assert grant["refresh_expires_in"] == 1_800
    for _ in range(20):
        clock.advance(1_750)
        answer = client.grant(grant_type="refresh_token", refresh_token=grant["refresh_token"])
        assert answer.status_code == 200
        grant = answer.json()
    assert grant["refresh_expires_in"] < 1_800
    clock.advance(1_750)
    assert client.grant(grant_type="refresh_token", refresh_token=grant["refresh_token"]).status_code == 400

    grant = client.grant(**form).json()
    clock.advance(1_800)
    assert client.grant(grant_type="refresh_token", refresh_token=grant["refresh_token"]).status_code == 400


def test_five_failures_lock_for_five_minutes_even_for_the_right_password(client: SandboxClient, clock: SettableClock) -> None:
    def login(password: str) -> httpx.Response:
        return client.grant(grant_type="password", username="globaladmin", password=password)

    right = PASSWORDS["globaladmin"]
    for _ in range(4):
        assert login("wrong").status_code == 401
    assert login(right).status_code == 200  # a success forgets the failures
    for _ in range(5):
        assert login("wrong").status_code == 401
    locked = login(right)
    assert (locked.status_code, locked.json()["error_description"]) == (401, "Invalid user credentials")
    clock.advance(299)
    assert login(right).status_code == 401
    clock.advance(2)
    assert login(right).status_code == 200


def test_a_disabled_account_is_named_so(tmp_path: Path) -> None:
    config = SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS)
    with Sandbox(config) as running:
        file = running.directory / "users.json"
    users = orjson.loads(file.read_bytes())
    users[0]["enabled"] = False
    file.write_bytes(orjson.dumps(users))
    with Sandbox(config) as running, SandboxClient(running, utc_now) as client:
        answer = client.grant(grant_type="password", username=OFFICER, password=PASSWORDS[OFFICER])
        assert (answer.status_code, answer.json()["error_description"]) == (400, "Account disabled")


def test_users_file_holds_hashes_and_made_passwords_are_seen_once(tmp_path: Path) -> None:
    config = SandboxConfig(directory=tmp_path / "state", passwords={OFFICER: PASSWORDS[OFFICER]})
    with Sandbox(config) as running, SandboxClient(running, utc_now) as client:
        made = dict(running.made_passwords)
        assert made.keys() == {SUPERVISOR, "globaladmin"}
        file = running.directory / "users.json"
        assert file.stat().st_mode & 0o777 == 0o600
        assert not [word for word in (*made.values(), PASSWORDS[OFFICER]) if word in file.read_text()]
        for username, password in made.items():
            assert client.grant(grant_type="password", username=username, password=password).status_code == 200
    with Sandbox(config) as running, SandboxClient(running, utc_now) as client:
        assert not running.made_passwords
        answer = client.grant(grant_type="password", username=SUPERVISOR, password=made[SUPERVISOR])
        assert answer.status_code == 200


def test_sessions_outlive_a_restart_on_the_same_port(tmp_path: Path) -> None:
    config = SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS)
    with Sandbox(config) as running, SandboxClient(running, utc_now) as client:
        grant = client.grant(grant_type="password", username=OFFICER, password=PASSWORDS[OFFICER]).json()
        port = int(running.url.rpartition(":")[2])
    again = SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS, port=port)
    with Sandbox(again) as running, SandboxClient(running, utc_now) as client:
        client.token = grant["access_token"]
        assert client.get("/v1/syncdata/getcacertificates").status_code == 200
        assert client.grant(grant_type="refresh_token", refresh_token=grant["refresh_token"]).status_code == 200
