"""The key manager's certificates: X.509 v3, RSA 2048, SHA-256, the subject in the order C, ST, L, O, OU, CN.

======  =======================  ==============================================  =========================
Layer   Basic constraints        Key usage (critical)                            Common name
======  =======================  ==============================================  =========================
ROOT    CA, path length 2        digital signature, certificate signing          ``<name> (ROOT)``
module  CA, path length 1        digital signature, certificate signing          ``<name> (<APP>[-<REF>])``
base    no CA                    key encipherment                                ``<APP>-<REF>``
======  =======================  ==============================================  =========================

A base certificate can so never vouch for a signature. Serial numbers are positive here; MOSIP's are signed 64-bit numbers.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sandbox.keys.identifiers import KeyId, KeyLayer

_BASE_NAME = "sandbox.sealdesk.invalid"
_SUBJECT = (
    (NameOID.COUNTRY_NAME, "ZZ"),
    (NameOID.STATE_OR_PROVINCE_NAME, "Nowhere"),
    (NameOID.LOCALITY_NAME, "Loopback"),
    (NameOID.ORGANIZATION_NAME, "Sealdesk Sandbox"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "Not for production"),
)


def issue(
    key: KeyId,
    public: rsa.RSAPublicKey,
    issuer_private: rsa.RSAPrivateKey,
    issuer_certificate: x509.Certificate | None,
    made_at: datetime,
) -> x509.Certificate:
    """Makes the certificate of a key, valid from made_at for as long as its policy says.

    Args:
        issuer_certificate: None for ROOT, which issues itself.
    """
    subject = x509.Name([*(x509.NameAttribute(oid, value) for oid, value in _SUBJECT), _common_name(key)])
    from_issuer = subject if issuer_certificate is None else issuer_certificate.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(from_issuer)
        .public_key(public)
        .serial_number(secrets.randbelow(2**63 - 1) + 1)
        .not_valid_before(made_at)
        .not_valid_after(made_at + key.policy.validity)
    )
    for extension, is_critical in _extensions(key.layer, public):
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(issuer_private, SHA256())


def _common_name(key: KeyId) -> x509.NameAttribute[str]:
    name = f"{key.app_id}-{key.ref_id}" if key.ref_id else key.app_id
    if key.layer is not KeyLayer.BASE:
        name = f"{_BASE_NAME} ({name})"
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def _extensions(layer: KeyLayer, public: rsa.RSAPublicKey) -> list[tuple[x509.ExtensionType, bool]]:
    if layer is KeyLayer.BASE:
        return [(x509.BasicConstraints(ca=False, path_length=None), True), (_usage(is_authority=False), True)]
    return [
        (x509.BasicConstraints(ca=True, path_length=2 if layer is KeyLayer.ROOT else 1), True),
        (_usage(is_authority=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
    ]


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=is_authority,
        key_cert_sign=is_authority,
        key_encipherment=not is_authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
