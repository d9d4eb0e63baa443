"""Encrypting an authentication capture for the server that will compare it.

T and X are the UTF-8 bytes of the capture's timestamp and transaction id; the shorter is padded with zeros on the left, and
Z = T xor X. AAD is the last 16 bytes of Z, the nonce its last 12. The record is encrypted with AES-256-GCM under a random key
for each element; the key goes with RSA-OAEP (SHA-256 for label and mask, no label) to the server's certificate, which the
thumbprint names: SHA-256 of its DER in upper-case hex. Source: MDS 0.9.5, authentication capture.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding

from packet.encoding import b64url, hex_upper, sha256
from packet.errors import UnusableInputError

AAD_BYTES = 16
NONCE_BYTES = 12
KEY_BYTES = 32
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class EncryptionCertificateError(UnusableInputError):
    """The certificate of the authentication server cannot be used."""

    code = "SIMULATOR-IDA-CERTIFICATE"
    sentence = "The encryption certificate {path} cannot be used: {why}."
    next_step = "Give the authentication server's certificate IDA-FIR as PEM or DER, with an RSA key of 2048 bits or more."


def read_encryption_certificate(path: Path) -> x509.Certificate:
    """The certificate in a PEM or DER file.

    Raises:
        EncryptionCertificateError: if there is none with an RSA key of 2048 bits or more.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EncryptionCertificateError(path=str(path), why=(error.strerror or "unknown reason").lower()) from error
    try:
        load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        certificate = load(data)
        key = certificate.public_key()
    except ValueError as error:
        raise EncryptionCertificateError(path=str(path), why="it is no certificate") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:
        raise EncryptionCertificateError(path=str(path), why="its key is not RSA of at least 2048 bits")
    return certificate


def aad_and_nonce(timestamp: str, transaction_id: str) -> tuple[bytes, bytes]:
    """Additional data (16 bytes) and nonce (12 bytes) of a capture.

    Raises:
        ValueError: if both texts are shorter than 16 bytes.
    """
    one, other = timestamp.encode(), transaction_id.encode()
    length = max(len(one), len(other))
    if length < AAD_BYTES:
        raise ValueError("timestamp and transaction id are too short to derive a nonce from")
    mixed = bytes(a ^ b for a, b in zip(one.rjust(length, b"\0"), other.rjust(length, b"\0"), strict=True))
    return mixed[-AAD_BYTES:], mixed[-NONCE_BYTES:]


def encrypt(record: bytes, key: bytes, timestamp: str, transaction_id: str) -> bytes:
    """Ciphertext followed by the 16-byte tag."""
    aad, nonce = aad_and_nonce(timestamp, transaction_id)
    return AESGCM(key).encrypt(nonce, record, aad)


def decrypt(sealed: bytes, key: bytes, timestamp: str, transaction_id: str) -> bytes:
    """Inverse of `encrypt`, as the server does it.

    Raises:
        cryptography.exceptions.InvalidTag: if anything does not fit.
    """
    aad, nonce = aad_and_nonce(timestamp, transaction_id)
    return AESGCM(key).decrypt(nonce, sealed, aad)


def unwrap(session_key: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The key of one element, as the server gets it."""
    return key.decrypt(session_key, _OAEP)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One encrypted record, in the protocol's texts."""

    bio_value: str = field(repr=False)
    session_key: str = field(repr=False)
    thumbprint: str


@dataclass(frozen=True, slots=True)
class AuthCipher:
    """Encrypts for one server.

    Attributes:
        make_key: gives 32 bytes for each element.
    """

    certificate: x509.Certificate
    make_key: Callable[[int], bytes] = os.urandom

    def seal(self, record: bytes, timestamp: str, transaction_id: str) -> Sealed:
        """Encrypts one record under a key of its own."""
        public = self.certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise EncryptionCertificateError(path="given", why="its key is not RSA")
        key = self.make_key(KEY_BYTES)
        return Sealed(
            bio_value=b64url(encrypt(record, key, timestamp, transaction_id)),
            session_key=b64url(public.encrypt(key, _OAEP)),
            thumbprint=hex_upper(sha256(self.certificate.public_bytes(Encoding.DER))),
        )
