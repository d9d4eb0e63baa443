"""Loading certificates and private keys, and whether a packet certificate (K11) fits a registration.

The packet certificate is the one that the key manager issued for application ``REGISTRATION`` and reference
``<centre>_<machine>``. Base keys carry both in their common name: ``REGISTRATION-10001_10001``. The same key manager issues
certificates for signing and for other applications (``KERNEL-SIGN``): nobody could open a packet that is sealed with those.
"""

from __future__ import annotations

import re
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from cryptography.x509.oid import NameOID

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
from packet.crypto.lazyparts import NOT_READABLE, check_readable, load_der
from packet.encoding import iso_seconds

RSA_BITS = 2048
_PUBLIC_EXPONENT_MIN = 65537
_PEM_MARK = b"-----BEGIN "
_STRONG_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_APPLICATION = "REGISTRATION"
_KEY_NAME = re.compile(r"[A-Z][A-Z0-9_]*-[0-9A-Za-z][0-9A-Za-z_-]*|[0-9]+_[0-9]+")
_NAMED_ANYWHERE = re.compile(_APPLICATION + r"-[0-9A-Za-z]+_[0-9A-Za-z]+")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")


def load_certificate(data: bytes, what: str) -> x509.Certificate:
    """Reads the one certificate of a PEM or DER file.

    Args:
        data: the file's content.
        what: how to call it in an error, for example the file's name.

    Raises:
        CertificateUnreadableError: if it is no certificate.
        CertificateSeveralError: if there are several.
    """
    try:
        if _PEM_MARK not in data:
            return load_der(data)
        certificates = x509.load_pem_x509_certificates(data)
        for certificate in certificates:
            check_readable(certificate)
    except NOT_READABLE as error:
        raise CertificateUnreadableError(what=what) from error
    if len(certificates) != 1:
        raise CertificateSeveralError(what=what, count=len(certificates))
    return certificates[0]


def load_private_key(data: bytes, what: str) -> rsa.RSAPrivateKey:
    """Reads an unprotected RSA private key, PKCS#8 or PKCS#1, PEM or DER.

    Raises:
        PrivateKeyUnreadableError: if it is no private key.
        PrivateKeyProtectedError: if it is under a password.
        PrivateKeyUnsuitableError: if it is not RSA of at least 2048 bits.
    """
    try:
        key = load_pem_private_key(data, None) if _PEM_MARK in data else load_der_private_key(data, None)
    except TypeError as error:  # how the library says that a password is needed
        raise PrivateKeyProtectedError(what=what) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PrivateKeyUnreadableError(what=what) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise PrivateKeyUnsuitableError(what=what, why="it is not RSA")
    if key.key_size < RSA_BITS:
        raise PrivateKeyUnsuitableError(what=what, why=f"it has only {key.key_size} bits")
    return key


def rsa_public_key(certificate: x509.Certificate, what: str) -> rsa.RSAPublicKey:
    """The RSA key of a certificate, which must have exactly 2048 bits: the envelopes hold a wrapped key of 256 bytes.

    Raises:
        CertificateUnsuitableError: if it is not such a key.
    """
    try:
        key = certificate.public_key()
    except NOT_READABLE as error:
        raise CertificateUnsuitableError(what=what, why="its key is not readable") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise CertificateUnsuitableError(what=what, why="its key is not RSA")
    if key.key_size != RSA_BITS:
        raise CertificateUnsuitableError(what=what, why=f"its key has {key.key_size} bits, not {RSA_BITS}")
    if key.public_numbers().e < _PUBLIC_EXPONENT_MIN:
        raise CertificateUnsuitableError(what=what, why="its public exponent is too small")
    return key


def check_packet_certificate(certificate: x509.Certificate, ref_id: str, at: datetime) -> None:
    """Refuses a packet certificate with which no packet of this registration may be sealed at an instant.

    A common name that names neither an application nor a reference cannot tell whom the certificate is for and passes.

    Args:
        ref_id: ``<centre>_<machine>`` of the registration.
        at: aware instant.

    Raises:
        CertificateForeignError: if it names another centre or machine, or another application than ``REGISTRATION``.
        CertificateNotYetValidError, CertificateExpiredError: if the instant is outside its validity.
        CertificateUnsuitableError: if its key is not RSA 2048 or not for encryption, or its signature hash is weak.
    """
    what = f"packet encryption for {ref_id}"
    foreign = [name for name in _key_names(certificate) if name not in (f"{_APPLICATION}-{ref_id}", ref_id)]
    if foreign:
        raise CertificateForeignError(found=", ".join(foreign), expected=ref_id)
    if at < certificate.not_valid_before_utc:
        raise CertificateNotYetValidError(what=what, not_before=iso_seconds(certificate.not_valid_before_utc))
    if at > certificate.not_valid_after_utc:
        raise CertificateExpiredError(what=what, not_after=iso_seconds(certificate.not_valid_after_utc))
    rsa_public_key(certificate, what)
    _check_encrypts(certificate, what)
    try:
        algorithm = certificate.signature_hash_algorithm
    except NOT_READABLE as error:
        raise CertificateUnsuitableError(what=what, why="its signature algorithm is not supported") from error
    if not isinstance(algorithm, _STRONG_HASHES):
        raise CertificateUnsuitableError(what=what, why="it is signed with a weak hash")


def _key_names(certificate: x509.Certificate) -> list[str]:
    """What a certificate says it is for, in the key manager's forms: ``<APPLICATION>-<reference>`` or a bare reference.

    The key manager writes it as the whole common name, or in brackets behind a server's name.
    """
    try:
        names = [str(item.value) for item in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except NOT_READABLE:  # a subject that is not readable tells nothing; its key and dates are judged on their own
        return []
    parts = [part.strip() for name in names for part in (name, *_IN_BRACKETS.findall(name))]
    anywhere = [found for name in names for found in _NAMED_ANYWHERE.findall(name)]
    return list(dict.fromkeys([*filter(_KEY_NAME.fullmatch, parts), *anywhere]))


def _check_encrypts(certificate: x509.Certificate, what: str) -> None:
    """A certificate without key usage, as old key managers issue it, is for anything."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    except NOT_READABLE as error:
        raise CertificateUnsuitableError(what=what, why="its extensions are not readable") from error
    if not (usage.key_encipherment or usage.data_encipherment):
        raise CertificateUnsuitableError(what=what, why="it is not for encryption, as its key usage says")
