"""The key service: makes keys when they are first needed, signs, opens session keys. No call gives a private key away.

A key is *current* from its making until its pre-expiry; when none is current a new one is made. Old versions stay, since what
was encrypted for them is opened by the thumbprint of their certificate.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from packet.models import Clock
from packet.verify.model import SessionKeyOpener
from sandbox.keys import certificates
from sandbox.keys.errors import KeyCannotSignError, KeyExportRefusedError
from sandbox.keys.identifiers import KeyId, KeyLayer, key_id
from sandbox.keys.store import KeyStore, StoredKey
from sandbox.keys.wrapping import oaep

_RSA_BITS = 2048
_WRAPPED_BYTES = 256


class KeyService:
    """One trust domain's keys. Thread-safe. Itself a `SessionKeyOpener` for all of its base keys.

    Args:
        directory: owned by this service alone.
        allow_export: lets `export_private_key` work; for tests and demonstrations.
    """

    def __init__(self, directory: Path, clock: Clock, *, allow_export: bool = False) -> None:
        self._store = KeyStore(directory)
        self._clock = clock
        self._allow_export = allow_export
        self._lock = threading.RLock()

    def certificate(self, app_id: str, ref_id: str) -> x509.Certificate:
        """The current certificate of a key, made at first request.

        Raises:
            KeyNotAllowedError: if no such key may exist.
        """
        with self._lock:
            return self._current(key_id(app_id, ref_id)).certificate

    def sign(self, app_id: str, ref_id: str, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 by the current version of a module key; 256 bytes.

        Raises:
            KeyNotAllowedError: if no such key may exist.
            KeyCannotSignError: for a base key.
        """
        named = key_id(app_id, ref_id)
        if named.layer is KeyLayer.BASE:
            raise KeyCannotSignError(app_id=app_id, ref_id=ref_id)
        with self._lock:
            private = self._store.private(self._current(named))
        return private.sign(data, padding.PKCS1v15(), SHA256())

    @property
    def thumbprints(self) -> Collection[bytes]:
        """Thumbprints of all base keys, old versions included."""
        with self._lock:
            return self._store.thumbprints()

    def open_session_key(self, thumbprint: bytes, wrapped: bytes) -> bytes:
        """Opens a session key with the base key whose certificate has the thumbprint.

        Raises:
            KeyError: if no base key has it.
            ValueError: if decryption fails.
        """
        with self._lock:
            stored = self._store.by_thumbprint(thumbprint)
            if stored is None or stored.key.layer is not KeyLayer.BASE:
                raise KeyError("no key with this certificate thumbprint")
            private = self._store.private(stored)
        if len(wrapped) != _WRAPPED_BYTES:
            raise ValueError("a wrapped session key has 256 bytes")
        return private.decrypt(wrapped, oaep())

    def open(self, thumbprint: bytes, wrapped: bytes) -> bytes:
        """`open_session_key`, as `SessionKeyOpener` calls it."""
        return self.open_session_key(thumbprint, wrapped)

    def opener(self, app_id: str, ref_id: str) -> SessionKeyOpener:
        """An opener for the versions of one key only: what is encrypted for another machine's key stays closed.

        Raises:
            KeyNotAllowedError: if no such key may exist.
        """
        return _OneKeyOpener(self, key_id(app_id, ref_id))

    def thumbprints_of(self, key: KeyId) -> Collection[bytes]:
        """Thumbprints of all versions of one base key."""
        with self._lock:
            return self._store.thumbprints(key)

    def export_private_key(self, app_id: str, ref_id: str) -> bytes:
        """The current private key as PEM (PKCS#8), for checks by programs outside the sandbox.

        Raises:
            KeyExportRefusedError: unless the service was made with allow_export, and for all but base keys.
            KeyNotAllowedError: if no such key may exist.
        """
        named = key_id(app_id, ref_id)
        if not self._allow_export or named.layer is not KeyLayer.BASE:
            raise KeyExportRefusedError
        with self._lock:
            private = self._store.private(self._current(named))
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def close(self) -> None:
        """Forgets all keys. Safe to call twice."""
        with self._lock:
            self._store.close()

    def _current(self, named: KeyId) -> StoredKey:
        now = self._clock().replace(microsecond=0)
        newest = self._store.newest(named)
        if newest is not None and newest.is_current(now):
            return newest
        private = rsa.generate_private_key(65537, _RSA_BITS)
        if named.layer is KeyLayer.ROOT:
            certificate = certificates.issue(named, private.public_key(), private, None, now)
            return self._store.add(named, certificate, private, None)
        issuer = self._current(named.issuer)
        certificate = certificates.issue(named, private.public_key(), self._store.private(issuer), issuer.certificate, now)
        return self._store.add(named, certificate, private, issuer)


class _OneKeyOpener:
    """Opens for one application and reference id."""

    def __init__(self, service: KeyService, key: KeyId) -> None:
        self._service = service
        self._key = key

    @property
    def thumbprints(self) -> Collection[bytes]:
        return self._service.thumbprints_of(self._key)

    def open(self, thumbprint: bytes, wrapped: bytes) -> bytes:
        if thumbprint not in self.thumbprints:
            raise KeyError("no version of this key has the certificate thumbprint")
        return self._service.open_session_key(thumbprint, wrapped)
