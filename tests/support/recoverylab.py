"""Recovery certificates for tests of backups, good and bad ones."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.x509.oid import NameOID

from tests.support.fake_server_registrations import NOW


@cache
def _key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def recovery_certificate(
    *,
    days: tuple[int, int] = (-1, 365),
    bits: int = 2048,
    usage: bool | None = True,
    is_ca: bool = False,
    weak_hash: bool = False,
    is_elliptic: bool = False,
) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A self-signed certificate and its key.

    Args:
        usage: whether it may encrypt keys; None leaves the extension out.
    """
    private = _key(bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Backup recovery")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key() if is_elliptic else private.public_key())
        .serial_number(1)
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
    )
    if usage is not None:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        others = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        flags = dict.fromkeys((*names, *others), False) | {"key_encipherment": usage, "digital_signature": not usage}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return private, builder.sign(private, SHA224() if weak_hash else SHA256())
