"""Small certificate authorities for tests: RSA keys are made once a session, certificates as each test needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)


@cache
def rsa_key(label: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key for a role; the same role gives the same key within a run."""
    assert label
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    is_ca: bool | None = None,
    path_length: int | None = None,
    days: tuple[int, int] = (-30, 365),
    bits: int = 2048,
    algorithm: hashes.SHA256 | hashes.SHA1 | None = None,
    key: rsa.RSAPrivateKey | None = None,
) -> Issued:
    """Issues a certificate; self-signed without an issuer. ``is_ca=None`` leaves the extension out, as MOSIP's mock does."""
    key = key or rsa_key(name, bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
    )
    if is_ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
    return Issued(builder.sign((issuer or Issued(None, key)).key, algorithm or hashes.SHA256()), key)  # type: ignore[arg-type]
