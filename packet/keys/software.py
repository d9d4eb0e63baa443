"""The machine key as software: the fallback for machines without a TPM, which MOSIP knows as mode LOCAL.

One RSA-2048 pair signs and decrypts, so both registered public keys are the same. Whoever can copy the key directory has the
machine's identity and opens everything that was sealed on it: sealing protects other files only as far as this directory is
protected. A TPM does not have that weakness.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from packet.encoding import sha256
from packet.keys import keyfiles, sealedblob
from packet.keys.base import MachineKeyKind
from packet.keys.errors import KeyFilesReplacedError, MachineKeyClosedError, SealedBlobDamagedError, WrappedKeyForeignError
from packet.keys.publickey import MODULUS_BYTES

_SEAL_LABEL: Final = b"sealdesk sealed secret\0"
"""Another OAEP label than that of session keys, so that `SoftwareMachineKey.unwrap` cannot be used to open sealed secrets."""
_NONCE_BYTES = 12


class SoftwareMachineKey:
    """A machine key in files; see `packet.keys.keyfiles`. Satisfies `packet.keys.base.MachineKey`."""

    kind: Final = MachineKeyKind.LOCAL
    name: Final = "software key"

    def __init__(self, private: rsa.RSAPrivateKey, public: bytes) -> None:
        self._private: rsa.RSAPrivateKey | None = private
        self._public = public

    @classmethod
    def open_or_create(
        cls, directory: Path, machine_name: str | None = None, *, expected_signing_public: bytes | None = None
    ) -> Self:
        """Reads the pair in a directory, or makes one where there is no trace of an earlier one.

        Args:
            machine_name: written into the readme of a new pair; the host name in lower case if none is given.
            expected_signing_public: the key with which this machine was set up; with it no new pair is made.

        Raises:
            MachineKeyError: one of the ``KeyFiles...`` errors of `packet.keys.errors`.
        """
        if expected_signing_public is None:
            return cls(*keyfiles.load_or_create(directory, machine_name or platform.node().lower()))
        private, public = keyfiles.load(directory)
        if public != expected_signing_public:
            raise KeyFilesReplacedError(directory=str(directory))
        return cls(private, public)

    @property
    def signing_public(self) -> bytes:
        """SubjectPublicKeyInfo DER."""
        return self._public

    @property
    def encryption_public(self) -> bytes:
        """The same bytes as `signing_public`."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 over SHA-256 of data; 256 bytes."""
        return self._key().sign(data, padding.PKCS1v15(), SHA256())

    def unwrap(self, wrapped: bytes) -> bytes:
        """Opens a session key: RSA-OAEP, SHA-256, MGF1 with SHA-256, empty label.

        Raises:
            WrappedKeyForeignError: if it was not wrapped for this key.
        """
        try:
            return self._key().decrypt(wrapped, _oaep(None))
        except ValueError as error:
            raise WrappedKeyForeignError() from error

    def seal(self, secret: bytes) -> bytes:
        """Body of the blob: wrapped key (256), nonce (12), AES-256-GCM ciphertext and tag, the head as associated data.

        Raises:
            SecretSizeError: unless the secret has 1 to 64 bytes.
        """
        sealedblob.check_secret(secret)
        head = sealedblob.head(sealedblob.Sealer.SOFTWARE, sha256(self._public))
        data_key, nonce = os.urandom(32), os.urandom(_NONCE_BYTES)
        wrapped = self._key().public_key().encrypt(data_key, _oaep(_SEAL_LABEL))
        return b"".join((head, wrapped, nonce, AESGCM(data_key).encrypt(nonce, secret, head)))

    def unseal(self, blob: bytes) -> bytes:
        """Opens what `seal` gave with the same key.

        Raises:
            SealedBlobMalformedError, SealedBlobForeignError, SealedBlobDamagedError: if it cannot be opened.
        """
        body = sealedblob.body(blob, sealedblob.Sealer.SOFTWARE, sha256(self._public))
        wrapped, nonce = body[:MODULUS_BYTES], body[MODULUS_BYTES : MODULUS_BYTES + _NONCE_BYTES]
        head, sealed = blob[: sealedblob.HEAD_BYTES], body[MODULUS_BYTES + _NONCE_BYTES :]
        try:
            return AESGCM(self._key().decrypt(wrapped, _oaep(_SEAL_LABEL))).decrypt(nonce, sealed, head)
        except (ValueError, InvalidTag) as error:
            raise SealedBlobDamagedError() from error

    def close(self) -> None:
        """Forgets the private key. Safe to call twice."""
        self._private = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def _key(self) -> rsa.RSAPrivateKey:
        private = self._private
        if private is None:
            raise MachineKeyClosedError()
        return private


def _oaep(label: bytes | None) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), label)
