"""Certificates, machine and schema, as syncdata gives them."""

from __future__ import annotations

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.core.errors import RequestRefusedError
from app.server.certificates import fetch_authorities, fetch_packet_certificate, pin_signing_certificate
from app.server.errors import AnswerMalformedError, AnswerUntrustedError, CertificateChangedError, MachineKeyIndexError
from app.server.machines import verify_machine
from app.server.schema import fetch_id_schema
from packet.crypto.errors import (
    CertificateExpiredError,
    CertificateForeignError,
    CertificateUnreadableError,
)
from packet.encoding import b64url
from packet.keys.publickey import fingerprint
from packet.keys.software import SoftwareMachineKey
from packet.models import Json
from tests.support.certificates import issue
from tests.support.fake_server import TOKEN, FakeServer, error, now, wrapped

REF_ID = "10001_10021"


@pytest.fixture
def fake() -> FakeServer:
    return FakeServer()


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def certificate_answer(certificate: x509.Certificate) -> bytes:
    return wrapped(
        {"certificate": pem(certificate), "certSignRequest": None, "issuedAt": "x", "expiryAt": "y", "timestamp": "z"}
    )


def test_the_first_contact_pins_what_signs_the_answer(fake: FakeServer) -> None:
    fake.will(certificate_answer(fake.signer.certificate))
    line = fake.line(pinned=False)
    assert pin_signing_certificate(line, TOKEN, None, now()) == fake.signer.certificate
    assert line.signing_certificate == fake.signer.certificate
    assert dict(fake.requests[0].url.params) == {"applicationId": "KERNEL", "referenceId": "SIGN", "version": "0.1.0"}


def test_a_certificate_that_did_not_sign_the_answer_is_not_pinned(fake: FakeServer) -> None:
    fake.will(certificate_answer(issue("someone else").certificate))
    line = fake.line(pinned=False)
    with pytest.raises(AnswerUntrustedError):
        pin_signing_certificate(line, TOKEN, None, now())
    assert line.signing_certificate is None


def test_another_certificate_than_the_known_one_is_not_pinned_silently(fake: FakeServer) -> None:
    known = issue("KERNEL-SIGN of yesterday").certificate
    fake.will(certificate_answer(fake.signer.certificate))
    line = fake.line(pinned=False)
    with pytest.raises(CertificateChangedError):
        pin_signing_certificate(line, TOKEN, known, now())
    assert line.signing_certificate is None


def test_an_expired_signing_certificate_is_not_pinned(fake: FakeServer) -> None:
    fake.signer = issue("KERNEL-SIGN", days=(-30, -1))
    fake.will(certificate_answer(fake.signer.certificate))
    with pytest.raises(AnswerUntrustedError, match="expired"):
        pin_signing_certificate(fake.line(pinned=False), TOKEN, None, now())


def test_the_packet_certificate_is_asked_for_by_reference(fake: FakeServer) -> None:
    k11 = issue(f"REGISTRATION-{REF_ID}").certificate
    fake.will(certificate_answer(k11))
    assert fetch_packet_certificate(fake.line(), TOKEN, REF_ID, now()) == k11
    assert fake.requests[0].url.params["referenceId"] == REF_ID


def test_a_packet_certificate_of_another_machine_is_refused(fake: FakeServer) -> None:
    fake.will(certificate_answer(issue("REGISTRATION-10001_10099").certificate))
    with pytest.raises(CertificateForeignError):
        fetch_packet_certificate(fake.line(), TOKEN, REF_ID, now())


def test_an_expired_packet_certificate_is_refused(fake: FakeServer) -> None:
    fake.will(certificate_answer(issue(f"REGISTRATION-{REF_ID}", days=(-30, -1)).certificate))
    with pytest.raises(CertificateExpiredError):
        fetch_packet_certificate(fake.line(), TOKEN, REF_ID, now())


@pytest.mark.parametrize("response", [{}, {"certificate": None}, {"certificate": 5}, "text", {"certificate": "x" * 40_000}])
def test_an_answer_without_certificate_is_named(fake: FakeServer, response: Json) -> None:
    fake.will(wrapped(response))
    with pytest.raises(AnswerMalformedError):
        fetch_packet_certificate(fake.line(), TOKEN, REF_ID, now())


def test_text_that_is_no_certificate_is_named(fake: FakeServer) -> None:
    fake.will(wrapped({"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}))
    with pytest.raises(CertificateUnreadableError):
        fetch_packet_certificate(fake.line(), TOKEN, REF_ID, now())


def test_ca_certificates_come_by_domain_without_the_deleted(fake: FakeServer) -> None:
    device, ftm, gone = (issue(name, is_ca=True) for name in ("device root", "ftm root", "old root"))
    items: Json = [
        {"certId": "1", "certData": pem(device.certificate), "partnerDomain": "DEVICE", "isDeleted": False},
        {"certId": "2", "certData": pem(ftm.certificate), "partnerDomain": "FTM", "isDeleted": None},
        {"certId": "3", "certData": pem(gone.certificate), "partnerDomain": "DEVICE", "isDeleted": True},
    ]
    fake.will(wrapped({"lastSyncTime": "2026-01-15T00:00:00.000Z", "certificateDTOList": items}))
    authorities = fetch_authorities(fake.line(), TOKEN, "2026-01-14T00:00:00.000Z")
    assert authorities.by_domain == {"DEVICE": (device.certificate,), "FTM": (ftm.certificate,)}
    assert authorities.last_sync_time == "2026-01-15T00:00:00.000Z"
    assert [len(authorities.store(domain)) for domain in ("DEVICE", "FTM", "AUTH")] == [1, 1, 0]
    assert fake.requests[0].url.params["lastupdated"] == "2026-01-14T00:00:00.000Z"


def test_one_unreadable_ca_certificate_is_named(fake: FakeServer) -> None:
    fake.will(wrapped({"lastSyncTime": None, "certificateDTOList": [{"certData": "x", "partnerDomain": "DEVICE"}]}))
    with pytest.raises(CertificateUnreadableError):
        fetch_authorities(fake.line(), TOKEN)


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


def test_the_machine_is_verified_by_name_and_keys(fake: FakeServer, machine_key: SoftwareMachineKey) -> None:
    index = fingerprint(machine_key.encryption_public)
    fake.will(wrapped({"keyIndex": index.upper()}))
    assert verify_machine(fake.line(), TOKEN, "Desk-01", machine_key, now) == index.lower()
    body = orjson.loads(fake.requests[0].content)
    assert (body["id"], body["version"], body["requesttime"]) == ("registrationclient", "1.0", "2026-01-15T10:00:00.000Z")
    assert body["request"] == {
        "machineName": "desk-01",
        "publicKey": b64url(machine_key.encryption_public),
        "signPublicKey": b64url(machine_key.signing_public),
    }


def test_another_key_index_is_named(fake: FakeServer, machine_key: SoftwareMachineKey) -> None:
    fake.will(wrapped({"keyIndex": "aa:bb"}))
    with pytest.raises(MachineKeyIndexError):
        verify_machine(fake.line(), TOKEN, "desk-01", machine_key, now)


@pytest.mark.parametrize("code", ["KER-SNC-155", "KER-SNC-164"])
def test_an_unknown_machine_is_told_to_register(fake: FakeServer, machine_key: SoftwareMachineKey, code: str) -> None:
    fake.will(httpx.Response(200, content=wrapped(None, error(code))))
    with pytest.raises(RequestRefusedError, match=code) as caught:
        verify_machine(fake.line(), TOKEN, "desk-01", machine_key, now)
    assert "Register this machine" in caught.value.advice


SCHEMA = {"properties": {"identity": {"properties": {"fullName": {"type": "string"}}}}}


def test_the_schema_comes_with_its_version_and_processes(fake: FakeServer) -> None:
    text = orjson.dumps(SCHEMA).decode()
    answer: Json = {"id": "1", "idVersion": 0.1, "schemaJson": text, "newProcess": {"id": "NEW"}, "settings": [], "title": "x"}
    fake.will(wrapped(answer))
    schema = fetch_id_schema(fake.line(), TOKEN)
    assert (schema.version, schema.text, schema.schema) == (0.1, text, SCHEMA)
    assert schema.answer == answer
    assert dict(fake.requests[0].url.params) == {"schemaVersion": "0", "version": "0.1.0"}


@pytest.mark.parametrize(
    "response",
    [
        {"idVersion": 0.1},
        {"schemaJson": "{}", "idVersion": 0.1},
        {"schemaJson": "not json", "idVersion": 0.1},
        {"schemaJson": '{"properties":{"identity":{"properties":{}}}}', "idVersion": 0.1},
        {"schemaJson": '{"properties":[]}', "idVersion": 0.1},
        {"schemaJson": orjson.dumps(SCHEMA).decode(), "idVersion": -1},
    ],
)
def test_what_is_no_id_schema_is_named(fake: FakeServer, response: Json) -> None:
    fake.will(wrapped(response))
    with pytest.raises(AnswerMalformedError):
        fetch_id_schema(fake.line(), TOKEN)
