"""Which certificates and private keys are taken, and what the others are called."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from packet.crypto.certificates import check_packet_certificate, load_certificate, load_private_key, rsa_public_key
from packet.crypto.errors import (
    CertificateExpiredError,
    CertificateForeignError,
    CertificateNotYetValidError,
    CertificateSeveralError,
    CertificateUnreadableError,
    CertificateUnsuitableError,
    PrivateKeyProtectedError,
    PrivateKeyUnreadableError,
    PrivateKeyUnsuitableError,
)
from sandbox.keys.certificates import issue as sandbox_certificate
from sandbox.keys.identifiers import KeyId

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
REF_ID = "10001_10002"
RSA_2048 = rsa.generate_private_key(65537, 2048)
RSA_1024 = rsa.generate_private_key(65537, 1024)
USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
    "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
EC_256 = ec.generate_private_key(ec.SECP256R1())


def certify(
    common_name: str = f"REGISTRATION-{REF_ID}",
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = RSA_2048,
    issuer_key: rsa.RSAPrivateKey = RSA_2048,
    algorithm: hashes.SHA256 | hashes.SHA224 = hashes.SHA256(),  # noqa: B008
    extensions: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, START, END)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(issuer_key, algorithm)


def with_usage(common_name: str, is_ca: bool | None, use: str | None) -> x509.Certificate:
    extensions: list[x509.ExtensionType] = [] if is_ca is None else [x509.BasicConstraints(ca=is_ca, path_length=None)]
    if use is not None:
        uses = dict.fromkeys(USES, False)
        extensions.append(x509.KeyUsage(**{**uses, use: True}))
    return certify(common_name, extensions=extensions)


PEM = certify().public_bytes(Encoding.PEM)
DER = certify().public_bytes(Encoding.DER)


@pytest.mark.parametrize("data", [PEM, DER, PEM.replace(b"\n", b"\r\n"), b"Subject: a centre\n" + PEM + b"\n\n"])
def test_one_certificate_is_read(data: bytes) -> None:
    assert load_certificate(data, "the file").subject == certify().subject


@pytest.mark.parametrize("data", [b"", b"no certificate", PEM[:200], DER[:-1], DER + b"\0", PEM.replace(b"M", b"!")])
def test_no_certificate_is_named(data: bytes) -> None:
    with pytest.raises(CertificateUnreadableError, match=r"k11\.pem"):
        load_certificate(data, "k11.pem")


def test_several_certificates_are_named() -> None:
    with pytest.raises(CertificateSeveralError, match="2 certificates"):
        load_certificate(PEM + PEM, "k11.pem")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_named(data: bytes) -> None:
    with pytest.raises((CertificateUnreadableError, CertificateSeveralError)):
        load_certificate(data, "the file")


def test_a_certificate_of_an_unknown_version_or_with_a_broken_name_is_named() -> None:
    version = DER.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020103"), 1)
    name = DER.replace(b"REGISTRATION", b"REGISTRATI\xff\xff")
    for data in (version, name, b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(name) + b"-----END CERTIFICATE-----\n"):
        assert data != DER
        with pytest.raises(CertificateUnreadableError):
            load_certificate(data, "the file")


def private_bytes(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encoding: Encoding = Encoding.PEM,
    form: PrivateFormat = PrivateFormat.PKCS8,
    protection: KeySerializationEncryption = NoEncryption(),  # noqa: B008
) -> bytes:
    return key.private_bytes(encoding, form, protection)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_private_key_is_read(encoding: Encoding, form: PrivateFormat) -> None:
    read = load_private_key(private_bytes(RSA_2048, encoding, form), "the file")

    assert read.private_numbers() == RSA_2048.private_numbers()


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_private_key_under_a_password_is_named(encoding: Encoding) -> None:
    protected = private_bytes(RSA_2048, encoding, protection=BestAvailableEncryption(b"password"))

    with pytest.raises(PrivateKeyProtectedError):
        load_private_key(protected, "the file")


@pytest.mark.parametrize("data", [b"", b"no key", PEM, private_bytes(RSA_2048)[:300]])
def test_no_private_key_is_named(data: bytes) -> None:
    with pytest.raises(PrivateKeyUnreadableError):
        load_private_key(data, "the file")


@pytest.mark.parametrize("key", [RSA_1024, EC_256])
def test_an_unsuitable_private_key_is_named(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    with pytest.raises(PrivateKeyUnsuitableError):
        load_private_key(private_bytes(key), "the file")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_private_key_or_named(data: bytes) -> None:
    with pytest.raises((PrivateKeyUnreadableError, PrivateKeyProtectedError, PrivateKeyUnsuitableError)):
        load_private_key(data, "the file")


@pytest.mark.parametrize("at", [START, NOW, END])
def test_the_right_certificate_passes_while_it_is_valid(at: datetime) -> None:
    check_packet_certificate(certify(), REF_ID, at)


def test_before_and_after_it_does_not_pass() -> None:
    with pytest.raises(CertificateNotYetValidError, match="2026-01-01T00:00:00Z"):
        check_packet_certificate(certify(), REF_ID, START - timedelta(seconds=1))
    with pytest.raises(CertificateExpiredError, match="2027-01-01T00:00:00Z"):
        check_packet_certificate(certify(), REF_ID, END + timedelta(seconds=1))


@pytest.mark.parametrize(
    "common_name",
    [
        "REGISTRATION-10001_10003",
        "REGISTRATION-10001_100020",
        "REGISTRATION-1_10002",
        "www.mosip.io (REGISTRATION-10002_10002)",
        "the certificate REGISTRATION-10002_10002",
        f"REGISTRATION-{REF_ID}-old",
        "10001_10077",
        "www.mosip.io (10001_10077)",
    ],
)
def test_a_certificate_of_another_machine_does_not_pass(common_name: str) -> None:
    with pytest.raises(CertificateForeignError, match=REF_ID):
        check_packet_certificate(certify(common_name), REF_ID, NOW)


@pytest.mark.parametrize(
    "common_name",
    [
        "www.mosip.io",
        f"www.mosip.io (REGISTRATION-{REF_ID})",
        REF_ID,
        "www.mosip.io (REGISTRATION)",
        "REGISTRATION-",
        "Centre of Rabat-North",
        "(",
    ],
)
def test_a_name_that_tells_nothing_else_passes(common_name: str) -> None:
    check_packet_certificate(certify(common_name), REF_ID, NOW)


@pytest.mark.parametrize(
    "common_name",
    [
        "KERNEL-SIGN",
        "IDA-INTERNAL",
        "ID_REPO-uin",
        "www.mosip.io (KERNEL-SIGN)",
        f"PRE_REGISTRATION-{REF_ID}",
        "IDA-mpartner-default-auth",
    ],
)
def test_a_certificate_of_another_application_does_not_pass(common_name: str) -> None:
    """Such keys of the same key manager verify signatures or open other data; nobody opens a packet with them."""
    with pytest.raises(CertificateForeignError, match=REF_ID):
        check_packet_certificate(certify(common_name), REF_ID, NOW)


@pytest.mark.parametrize("is_ca", [None, False, True])
@pytest.mark.parametrize("name", ["www.mosip.io", f"REGISTRATION-{REF_ID}"])
def test_key_usage_decides_whether_it_is_for_encryption(name: str, is_ca: bool | None) -> None:
    check_packet_certificate(with_usage(name, is_ca, "key_encipherment"), REF_ID, NOW)
    check_packet_certificate(with_usage(name, is_ca, "data_encipherment"), REF_ID, NOW)
    check_packet_certificate(with_usage(name, is_ca, None), REF_ID, NOW)
    for other in ("digital_signature", "key_cert_sign"):
        with pytest.raises(CertificateUnsuitableError, match="not for encryption"):
            check_packet_certificate(with_usage(name, is_ca, other), REF_ID, NOW)


def test_key_usage_that_is_not_readable_does_not_pass() -> None:
    garbage = x509.UnrecognizedExtension(x509.KeyUsage.oid, b"garbage")
    with pytest.raises(CertificateUnsuitableError, match="extensions"):
        check_packet_certificate(certify(extensions=(garbage,)), REF_ID, NOW)


def test_the_shipped_example_and_the_sandbox_pass() -> None:
    folder = Path(__file__).resolve().parents[2] / "resources" / "examples" / "keys"
    example = load_certificate((folder / "example-packet-certificate.pem").read_bytes(), "the example")
    key_id = KeyId("REGISTRATION", REF_ID)
    made = sandbox_certificate(key_id, RSA_2048.public_key(), RSA_2048, certify("www.mosip.io (REGISTRATION)"), START)

    check_packet_certificate(example, "10001_10077", NOW)
    check_packet_certificate(made, REF_ID, NOW)


@pytest.mark.parametrize(
    "certificate",
    [certify(key=RSA_1024), certify(key=EC_256), certify(algorithm=hashes.SHA224())],
    ids=["1024 bits", "elliptic curve", "weak hash"],
)
def test_a_weak_certificate_does_not_pass(certificate: x509.Certificate) -> None:
    with pytest.raises(CertificateUnsuitableError):
        check_packet_certificate(certificate, REF_ID, NOW)


def test_a_tiny_exponent_does_not_pass() -> None:
    with pytest.raises(CertificateUnsuitableError):
        rsa_public_key(certify(key=rsa.generate_private_key(3, 2048)), "the certificate")


def test_the_public_key_is_given() -> None:
    key = rsa_public_key(certify(), "the certificate")
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert key.public_bytes(*form) == RSA_2048.public_key().public_bytes(*form)
