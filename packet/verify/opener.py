"""Opening session keys with a private key that is at hand: for tests, sandboxes and whoever runs the server."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class PrivateKeyOpener:
    """A `packet.verify.SessionKeyOpener` over one RSA private key and the certificates made for it.

    Without certificates every thumbprint is tried, and the verifier cannot judge thumbprints.
    """

    def __init__(self, key: RSAPrivateKey, certificates: Sequence[x509.Certificate] = ()) -> None:
        self._key = key
        self._thumbprints = frozenset(certificate.fingerprint(hashes.SHA256()) for certificate in certificates)

    @property
    def thumbprints(self) -> Collection[bytes]:
        """SHA-256 of the DER of every certificate."""
        return self._thumbprints

    def open(self, thumbprint: bytes, wrapped: bytes) -> bytes:
        """Unwraps a session key.

        Raises:
            KeyError: if certificates were given and none has the thumbprint.
            ValueError: if the wrapped key was not made for this key.
        """
        if self._thumbprints and thumbprint not in self._thumbprints:
            raise KeyError(thumbprint.hex())
        return self._key.decrypt(wrapped, _OAEP)
