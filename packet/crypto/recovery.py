"""A key for the holder of a recovery certificate: RSA-OAEP with SHA-256, the private key on another machine.

The certificate is an administration's own, made for this purpose; no server issues it. It is trusted because an administrator
put it on the machine, so no chain is checked, but everything that would make it useless or weak is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from packet.crypto.errors import CertificateExpiredError, CertificateNotYetValidError, CertificateUnsuitableError
from packet.crypto.lazyparts import NOT_READABLE
from packet.encoding import iso_seconds
from packet.errors import PacketError

BITS_MIN: Final = 2048
BITS_MAX: Final = 8192
_EXPONENT_MIN: Final = 65537
_WHAT: Final = "backup recovery"


class RecoveryKeyWrongError(PacketError):
    """A recovery key does not open what was wrapped for its certificate."""

    code = "PACKET-RECOVERY-KEY"
    sentence = "The recovery key does not open it."
    next_step = "Take the private key that belongs to the certificate whose fingerprint is shown."


@dataclass(frozen=True, slots=True)
class RecoveryCertificate:
    """A certificate that was found fit; use `check_recovery_certificate`."""

    certificate: x509.Certificate = field(repr=False)
    sha256: bytes
    public: rsa.RSAPublicKey = field(repr=False)

    def wrap(self, key: bytes) -> bytes:
        """The key for the holder of the private key, as long as the certificate's modulus."""
        return self.public.encrypt(key, _oaep())


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """What opens a key that was wrapped for a certificate: a private key here, or a person who carries it to where that is.

    Attributes:
        certificate_sha256: of the certificate's DER encoding.
        unwrap: takes the wrapped bytes; raises ValueError if they are not for it.
    """

    certificate_sha256: bytes
    unwrap: Callable[[bytes], bytes] = field(repr=False)

    def open(self, wrapped: bytes) -> bytes:
        """The wrapped key.

        Raises:
            RecoveryKeyWrongError: if it is for another.
        """
        try:
            return self.unwrap(wrapped)
        except ValueError as error:
            raise RecoveryKeyWrongError from error


def recovery_key(private: rsa.RSAPrivateKey, certificate: x509.Certificate) -> RecoveryKey:
    """The recovery key of a private key at hand. An expired certificate still opens what it was good for once.

    Raises:
        CertificateUnsuitableError: if the certificate belongs to another key.
    """
    if _public(certificate).public_numbers() != private.public_key().public_numbers():
        raise CertificateUnsuitableError(what=_WHAT, why="it does not belong to the private key")
    return RecoveryKey(certificate.fingerprint(SHA256()), lambda wrapped: private.decrypt(wrapped, _oaep()))


def check_recovery_certificate(certificate: x509.Certificate, at: datetime) -> RecoveryCertificate:
    """Refuses a certificate for which nothing should be encrypted.

    Raises:
        CertificateNotYetValidError, CertificateExpiredError: if the instant is outside its validity.
        CertificateUnsuitableError: if its key is not RSA of 2048 to 8192 bits or not for encrypting keys, as its key usage,
            which it must have, says; if it is a CA's; if it is signed with a weak hash.
    """
    if at < certificate.not_valid_before_utc:
        raise CertificateNotYetValidError(what=_WHAT, not_before=iso_seconds(certificate.not_valid_before_utc))
    if at > certificate.not_valid_after_utc:
        raise CertificateExpiredError(what=_WHAT, not_after=iso_seconds(certificate.not_valid_after_utc))
    public = _public(certificate)
    _check_usage(certificate)
    try:
        algorithm = certificate.signature_hash_algorithm
    except NOT_READABLE as error:
        raise CertificateUnsuitableError(what=_WHAT, why="its signature algorithm is not supported") from error
    if not isinstance(algorithm, SHA256 | SHA384 | SHA512):
        raise CertificateUnsuitableError(what=_WHAT, why="it is signed with a weak hash")
    return RecoveryCertificate(certificate, certificate.fingerprint(SHA256()), public)


def _public(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    try:
        key = certificate.public_key()
    except NOT_READABLE as error:
        raise CertificateUnsuitableError(what=_WHAT, why="its key is not readable") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise CertificateUnsuitableError(what=_WHAT, why="its key is not RSA")
    if not BITS_MIN <= key.key_size <= BITS_MAX:
        raise CertificateUnsuitableError(what=_WHAT, why=f"its key has {key.key_size} bits")
    if key.public_numbers().e < _EXPONENT_MIN:
        raise CertificateUnsuitableError(what=_WHAT, why="its public exponent is too small")
    return key


def _check_usage(certificate: x509.Certificate) -> None:
    """A machine's or server's certificate, taken by mistake, would lock everybody out: the usage must be said."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        is_authority = any(
            isinstance(extension.value, x509.BasicConstraints) and extension.value.ca for extension in certificate.extensions
        )
    except x509.ExtensionNotFound as error:
        raise CertificateUnsuitableError(what=_WHAT, why="it does not say what its key is for (no key usage)") from error
    except NOT_READABLE as error:
        raise CertificateUnsuitableError(what=_WHAT, why="its extensions are not readable") from error
    if not usage.key_encipherment:
        raise CertificateUnsuitableError(what=_WHAT, why="it is not for encrypting keys, as its key usage says")
    if is_authority:
        raise CertificateUnsuitableError(what=_WHAT, why="it is that of a certificate authority")


def _oaep() -> padding.OAEP:
    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), label=None)
