"""The encrypted half of an authentication capture.

``sessionKey`` is a 256-bit key under RSA-OAEP (SHA-256, MGF1 SHA-256, no label) for the certificate that ``thumbprint`` names
(upper-case hex of SHA-256 over its DER). ``bioValue`` is AES-256-GCM ciphertext and tag. Nonce and associated data are the
last 12 and 16 bytes of the timestamp text XOR the transaction id text, the shorter one padded with zeros on the left.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_TAG_BYTES = 16
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class NotOpenedError(Exception):
    """The record could not be decrypted; the text says why."""


def nonce_and_aad(timestamp: str, transaction_id: str) -> tuple[bytes, bytes]:
    """The nonce (12 bytes) and the associated data (16 bytes) of a capture.

    Raises:
        NotOpenedError: if both texts are shorter than 16 bytes.
    """
    one, other = timestamp.encode(), transaction_id.encode()
    length = max(len(one), len(other))
    if length < 16:
        raise NotOpenedError("timestamp and transactionId are too short for a nonce")
    mixed = bytes(a ^ b for a, b in zip(one.rjust(length, b"\0"), other.rjust(length, b"\0"), strict=True))
    return mixed[-12:], mixed[-16:]


def open_record(
    keys: Sequence[rsa.RSAPrivateKey], session_key: bytes, sealed: bytes, timestamp: str, transaction_id: str
) -> bytes:
    """The ISO record inside a capture, with whichever of the keys fits.

    Raises:
        NotOpenedError: if the session key or the record does not open.
    """
    secret = next((secret for key in keys if (secret := _secret(key, session_key)) is not None), None)
    if secret is None:
        raise NotOpenedError("sessionKey does not open with the key given")
    if len(secret) != _KEY_BYTES or len(sealed) <= _TAG_BYTES:
        raise NotOpenedError("the session key is not 32 bytes, or bioValue is too short")
    nonce, aad = nonce_and_aad(timestamp, transaction_id)
    try:
        return AESGCM(secret).decrypt(nonce, sealed, aad)
    except InvalidTag as error:
        raise NotOpenedError("bioValue does not open: key, nonce or associated data are derived wrongly") from error


def _secret(key: rsa.RSAPrivateKey, session_key: bytes) -> bytes | None:
    try:
        return key.decrypt(session_key, _OAEP)
    except ValueError:
        return None
