"""The desk's own server code against the sandbox: two sides that were written apart."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.core.dispatch import SyncItem, UploadVerdict
from app.core.registration import Decision
from app.server.certificates import fetch_authorities, fetch_packet_certificate, pin_signing_certificate
from app.server.errors import TokenRefusedError
from app.server.keycloak import KeycloakLogin, RealmAddress
from app.server.loginerrors import SessionEndedError, WrongPasswordError
from app.server.machines import verify_machine
from app.server.packets import PacketLine
from app.server.schema import fetch_id_schema
from app.server.transport import MosipServer
from packet.keys.publickey import fingerprint
from packet.models import PacketId, RegistrationId
from sandbox import Sandbox, SandboxConfig
from sandbox.config import utc_now
from tests.support.devicelab import lab_certificate
from tests.support.sandbox_client import OFFICER, PASSWORDS, SandboxClient
from tests.support.sandbox_packets import machine_key

REF_ID = "10001_10021"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Its worker is off: what is uploaded here are no packets."""
    directory: Path = tmp_path_factory.mktemp("sandbox") / "state"
    with Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS, process_packets=False)) as running:
        with SandboxClient(running, utc_now) as administrator:
            assert administrator.register("desk-1", machine_key()).json()["errors"] is None
            root = lab_certificate("device-root").public_bytes(Encoding.PEM).decode()
            assert administrator.upload_ca(root).json()["errors"] is None
        yield running


@pytest.fixture
def realm(sandbox: Sandbox) -> KeycloakLogin:
    return KeycloakLogin(RealmAddress(sandbox.issuer), utc_now)


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[MosipServer]:
    with closing(MosipServer(sandbox.url, version="1.2.0.2", clock=utc_now)) as opened:
        yield opened


def test_login_renewal_and_logout(realm: KeycloakLogin) -> None:
    with pytest.raises(WrongPasswordError):
        realm.login(OFFICER, "wrong password")
    session = realm.login(OFFICER, PASSWORDS[OFFICER])
    renewed = realm.renew(session)
    realm.logout(renewed)
    with pytest.raises(SessionEndedError):
        realm.renew(renewed)


def test_synchronising(realm: KeycloakLogin, server: MosipServer) -> None:
    token = realm.login(OFFICER, PASSWORDS[OFFICER]).access_token
    pinned = pin_signing_certificate(server, token, None, utc_now())
    assert pin_signing_certificate(server, token, pinned, utc_now()) == pinned
    assert fetch_packet_certificate(server, token, REF_ID, utc_now())
    assert len(fetch_authorities(server, token).store("DEVICE")) == 1
    assert fetch_id_schema(server, token)
    assert verify_machine(server, token, "desk-1", machine_key(), utc_now) == fingerprint(machine_key().encryption_public)
    with pytest.raises(TokenRefusedError):
        fetch_id_schema(server, f"{token[:-8]}AAAAAAAA")


def test_announcing_uploading_and_asking(realm: KeycloakLogin, server: MosipServer) -> None:
    token = realm.login(OFFICER, PASSWORDS[OFFICER]).access_token
    pin_signing_certificate(server, token, None, utc_now())
    certificate = fetch_packet_certificate(server, token, REF_ID, utc_now())
    line = PacketLine(server, utc_now, os.urandom)
    data = os.urandom(1000)
    rid = RegistrationId("10001100210000120300102030000")
    packet_id = PacketId(f"{rid}-{REF_ID}-20300102030400")
    item = SyncItem(rid, packet_id, "NEW", hashlib.sha256(data).hexdigest().upper(), len(data), Decision.APPROVED, "eng")

    assert [verdict.refusal for verdict in line.sync([item], REF_ID, certificate, token)] == [None]
    assert line.packet_statuses([packet_id], token) == {packet_id: "UPLOAD_PENDING"}
    assert line.upload(packet_id, data, token) is UploadVerdict.ACCEPTED
    assert line.upload(packet_id, data, token) is UploadVerdict.DUPLICATE
    assert line.packet_statuses([packet_id, PacketId("unknown")], token) == {packet_id: "RECEIVED"}
    assert line.registration_statuses([rid], token) == {rid: "PROCESSING"}
