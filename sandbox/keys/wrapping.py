"""Base private keys at rest: only their module's key opens them.

==============  ======  =================================================================
Offset          Length  Content
==============  ======  =================================================================
0               256     AES-256 key, RSA-OAEP (SHA-256, MGF1 with SHA-256, empty label)
256             14      ``#KEY_SPLITTER#``
270             n       AES-256-GCM ciphertext of the PKCS#8 DER, no associated data
270 + n         16      GCM tag
286 + n         16      GCM nonce
==============  ======  =================================================================
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

_SPLITTER = b"#KEY_SPLITTER#"
_WRAPPED_BYTES = 256
_NONCE_BYTES = 16
_DATA_AT = _WRAPPED_BYTES + len(_SPLITTER)


def oaep() -> padding.OAEP:
    """The one RSA padding of MOSIP's key manager."""
    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), label=None)


def wrap(private_der: bytes, module: rsa.RSAPublicKey) -> bytes:
    """Wraps a private key for its module."""
    key, nonce = os.urandom(32), os.urandom(_NONCE_BYTES)
    return module.encrypt(key, oaep()) + _SPLITTER + AESGCM(key).encrypt(nonce, private_der, None) + nonce


def unwrap(blob: bytes, module: rsa.RSAPrivateKey) -> bytes:
    """Opens what `wrap` gave.

    Raises:
        ValueError: if it is damaged or of another module.
    """
    if len(blob) < _DATA_AT + 16 + _NONCE_BYTES or blob[_WRAPPED_BYTES:_DATA_AT] != _SPLITTER:
        raise ValueError("not a wrapped private key")
    key = module.decrypt(blob[:_WRAPPED_BYTES], oaep())
    try:
        return AESGCM(key).decrypt(blob[-_NONCE_BYTES:], blob[_DATA_AT:-_NONCE_BYTES], None)
    except InvalidTag as error:
        raise ValueError("not a wrapped private key") from error
