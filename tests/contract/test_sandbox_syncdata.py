"""What a client synchronises: certificates, schema, CA certificates; and the signature on each answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from packet.encoding import b64url, b64url_decode, iso_millis
from sandbox import Sandbox, SandboxConfig
from sandbox.config import utc_now
from sandbox.errors import IdSchemaUnusableError
from tests.support.sandbox_client import PASSWORDS, REGPROC, SandboxClient, error_codes
from tests.support.sandbox_clock import SettableClock

SYNCDATA = "/v1/syncdata"


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock(utc_now())


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, clock: SettableClock) -> Iterator[SandboxClient]:
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    with (
        Sandbox(SandboxConfig(directory=directory, passwords=PASSWORDS, clock=clock)) as running,
        SandboxClient(running, clock) as opened,
    ):
        yield opened.login()


def check_signature(answer: httpx.Response, certificate: x509.Certificate) -> None:
    header, middle, signature = answer.headers["Response-Signature"].split(".")
    assert json.loads(b64url_decode(header)) == {"alg": "RS256"}
    assert middle == ""
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(b64url_decode(signature), f"{header}.{b64url(answer.content)}".encode(), padding.PKCS1v15(), SHA256())


def test_health_needs_no_token_and_has_no_wrapper(client: SandboxClient) -> None:
    answer = client.http.get(f"{SYNCDATA}/actuator/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "UP"})


def test_every_signed_answer_verifies_over_its_raw_bytes(client: SandboxClient) -> None:
    certificate = client.certificate("KERNEL", "SIGN")
    status = client.wrapped("mosip.registration.packet.external.status", [{"packetId": "ä/<>&"}])
    rid_status = client.wrapped("mosip.registration.status", [{"registrationId": "x"}])
    answers = [
        client.get(f"{SYNCDATA}/getCertificate", applicationId="KERNEL", referenceId="SIGN", version="1.2.0.2"),
        client.get(f"{SYNCDATA}/latestidschema", schemaVersion="0", version="1.2.0.2"),
        client.get(f"{SYNCDATA}/getcacertificates"),
        client.post(f"{REGPROC}/registrationstatus/packetexternalstatus", status),
        client.post(f"{REGPROC}/registrationstatus/search", rid_status),
        client.sync_raw(b'"x"', "10001_10021"),
    ]
    for answer in answers:
        check_signature(answer, certificate)
        compact = json.dumps(answer.json(), separators=(",", ":"), ensure_ascii=False).encode()
        assert compact == answer.content  # what older clients verify
        changed = httpx.Response(200, headers=answer.headers, content=answer.content + b" ")
        with pytest.raises(InvalidSignature):
            check_signature(changed, certificate)


def test_refusals_are_not_signed(client: SandboxClient) -> None:
    answer = client.get(f"{SYNCDATA}/getCertificate", applicationId="NIX")
    assert "response-signature" not in answer.headers


def test_the_wrapper_of_syncdata(client: SandboxClient, clock: SettableClock) -> None:
    answer = client.get(f"{SYNCDATA}/getcacertificates").json()
    assert list(answer) == ["id", "version", "responsetime", "metadata", "response", "errors"]
    assert answer["errors"] is None
    assert answer["responsetime"] == iso_millis(clock())


def test_packet_certificates_are_made_at_first_request_and_stay(client: SandboxClient) -> None:
    first = client.certificate("REGISTRATION", "10001_10021")
    assert first == client.certificate("REGISTRATION", "10001_10021")
    assert first != client.certificate("REGISTRATION", "10001_10022")
    names = first.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in names] == ["REGISTRATION-10001_10021"]


def test_the_answer_of_get_certificate(client: SandboxClient) -> None:
    answer = client.get(f"{SYNCDATA}/getCertificate", applicationId="REGISTRATION", referenceId="10001_10021").json()
    response = answer["response"]
    certificate = x509.load_pem_x509_certificate(response["certificate"].encode())
    assert response["certSignRequest"] is None
    assert response["issuedAt"] == iso_millis(certificate.not_valid_before_utc)
    assert response["expiryAt"] == iso_millis(certificate.not_valid_after_utc)


@pytest.mark.parametrize(
    ("application", "reference"),
    [("", ""), ("NIX", ""), ("ROOT", ""), ("KERNEL", "OTHER"), ("REGISTRATION", "../x"), ("REGISTRATION", "x" * 100)],
)
def test_keys_that_nobody_gets(client: SandboxClient, application: str, reference: str) -> None:
    answer = client.get(f"{SYNCDATA}/getCertificate", applicationId=application, referenceId=reference)
    assert (answer.status_code, error_codes(answer.json())) == (200, ["KER-KMS-002"])


def test_the_schema_with_and_without_parameters(client: SandboxClient) -> None:
    long = client.get(f"{SYNCDATA}/latestidschema", schemaVersion="0", version="1.2.0.2").json()["response"]
    assert long["idVersion"] == 0.1
    assert json.loads(long["schemaJson"])["properties"]["identity"]["properties"]["fullName"]
    short = client.get(f"{SYNCDATA}/latestidschema", schemaVersion="0").json()["response"]
    assert list(short) == ["schema", "schemaJson", "id", "idVersion", "effectiveFrom"]
    assert short["schemaJson"] == long["schemaJson"]


@pytest.mark.parametrize(("version", "codes"), [("0.1", []), ("0.2", ["KER-SNC-166"]), ("x", ["KER-SNC-166"])])
def test_schema_versions(client: SandboxClient, version: str, codes: list[str]) -> None:
    assert error_codes(client.get(f"{SYNCDATA}/latestidschema", schemaVersion=version).json()) == codes


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"properties":{"identity":{"properties":{}}}}', "\xff"])
def test_what_is_no_id_schema_is_not_published(tmp_path: Path, text: str) -> None:
    file = tmp_path / "schema.json"
    file.write_bytes(text.encode("latin-1"))
    sandbox = Sandbox(SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS, id_schema=file))
    with pytest.raises(IdSchemaUnusableError, match=r"schema\.json"):
        sandbox.start()


def authority(
    now: datetime, name: str, issuer: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None, **changes: Any
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """A CA certificate; changes: from_days, to_days, is_ca, bits."""
    key = rsa.generate_private_key(65537, changes.get("bits", 2048))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=changes.get("from_days", -1)))
        .not_valid_after(now + timedelta(days=changes.get("to_days", 1000)))
        .add_extension(x509.BasicConstraints(ca=changes.get("is_ca", True), path_length=None), critical=True)
    )
    return builder.sign(issuer[1] if issuer else key, SHA256()), key


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def test_ca_certificates_are_uploaded_and_synced(client: SandboxClient, clock: SettableClock) -> None:
    root = authority(clock(), "Root A")
    below = authority(clock(), "Provider A", root)
    assert client.upload_ca(pem(root[0])).json()["response"]["status"] == "Upload Success"
    assert client.upload_ca(pem(below[0]), "device").json()["errors"] is None
    clock.advance(1)
    ftm = authority(clock(), "Root F")
    client.upload_ca(pem(ftm[0]), "FTM")
    client.upload_ca(pem(authority(clock(), "Root M")[0]), "MISP")

    response = client.get(f"{SYNCDATA}/getcacertificates").json()["response"]
    found = response["certificateDTOList"]
    assert [item["certSubject"] for item in found] == ["CN=Root A", "CN=Provider A", "CN=Root F"]
    assert [item["partnerDomain"] for item in found] == ["DEVICE", "DEVICE", "FTM"]
    assert x509.load_pem_x509_certificate(found[1]["certData"].encode()) == below[0]
    assert found[1]["issuerId"] == found[0]["certId"] == found[0]["issuerId"]
    assert found[0]["isDeleted"] is False
    assert found[0]["certThumbprint"] == root[0].fingerprint(SHA256()).hex().upper()

    later = client.get(f"{SYNCDATA}/getcacertificates", lastupdated=found[2]["createdtimes"]).json()["response"]
    assert [item["certSubject"] for item in later["certificateDTOList"]] == ["CN=Root F"]
    clock.advance(1)
    after = client.get(f"{SYNCDATA}/getcacertificates", lastupdated=iso_millis(clock())).json()["response"]
    assert after["certificateDTOList"] == []


@pytest.mark.parametrize(("text", "code"), [("yesterday", "KER_SNC-100"), ("9999-01-01T00:00:00.000Z", "KER-SNC-135")])
def test_bad_times_of_the_last_sync(client: SandboxClient, text: str, code: str) -> None:
    assert error_codes(client.get(f"{SYNCDATA}/getcacertificates", lastupdated=text).json()) == [code]


def test_uploads_that_are_refused(client: SandboxClient, clock: SettableClock) -> None:
    now = clock()
    root = authority(now, "Root B")
    assert client.upload_ca(pem(root[0])).json()["errors"] is None
    stranger = authority(now, "Root B")
    refused = {
        "KER-PCM-003": client.upload_ca(pem(root[0])),
        "KER-PCM-011": client.upload_ca(pem(root[0]), "NIX"),
        "KER-PCM-004": client.upload_ca(pem(authority(now, "R", from_days=1)[0])),
        "KER-PCM-017": client.upload_ca(pem(authority(now, "R", to_days=364)[0])),
        "KER-PCM-005": client.upload_ca(pem(authority(now, "P", stranger)[0])),
    }
    assert {code: error_codes(answer.json()) for code, answer in refused.items()} == {code: [code] for code in refused}


def test_an_anchor_of_one_domain_vouches_for_no_other(client: SandboxClient, clock: SettableClock) -> None:
    root = authority(clock(), "Root C")
    client.upload_ca(pem(root[0]), "FTM")
    answer = client.upload_ca(pem(authority(clock(), "Provider C", root)[0]), "DEVICE")
    assert error_codes(answer.json()) == ["KER-PCM-005"]


def test_what_is_no_ca_certificate(client: SandboxClient, clock: SettableClock) -> None:
    for text in ("", "x", pem(authority(clock(), "R", is_ca=False)[0]), pem(authority(clock(), "R", bits=1024)[0])):
        assert error_codes(client.upload_ca(text).json()) == ["KER-PCM-001"]
    assert error_codes(client.post("/v1/keymanager/uploadCACertificate", {"request": {}}, client.admin).json()) == [
        "KER-PCM-001"
    ]
