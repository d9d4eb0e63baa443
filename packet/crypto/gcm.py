"""AES-256-GCM behind a clear header, written in place.

Packets are encrypted twice and are megabytes large, so the ciphertext is written straight into the object that is returned:
the peak is one output besides the input. The input may be in pieces, so that nobody has to join it first.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import GCM

from packet.crypto.errors import EncryptedTooLargeError

KEY_BYTES = 32
NONCE_BYTES = 12
AAD_BYTES = 32
TAG_BYTES = 16
PLAIN_MAX_BYTES = 2**31 - 1 - 4096
"""The reference decryptor is Java and holds all in one array; header and tag must fit too."""


def encrypt_behind(header: bytes, plain: bytes, *, key: bytes, nonce: bytes, aad: bytes) -> bytes:
    """`encrypt_pieces_behind` of a single piece."""
    return encrypt_pieces_behind(header, (plain,), key=key, nonce=nonce, aad=aad)


def encrypt_pieces_behind(
    header: bytes, pieces: Sequence[bytes | memoryview], *, key: bytes, nonce: bytes, aad: bytes
) -> bytes:
    """Gives ``header | ciphertext | tag (16)``; the header itself is not authenticated unless it is in the AAD.

    Args:
        pieces: the plain text, in order.
        key: 32 bytes. A short key would silently select AES-128, hence the check.
        nonce: 12 bytes, never used before with this key.
        aad: 32 bytes.

    Raises:
        EncryptedTooLargeError: if plain is larger than `PLAIN_MAX_BYTES`.
        RuntimeError: if key, nonce or AAD have another length: the entropy source is broken.
    """
    if (len(key), len(nonce), len(aad)) != (KEY_BYTES, NONCE_BYTES, AAD_BYTES):
        raise RuntimeError("the entropy source gave too few or too many bytes")
    plain_bytes = sum(map(len, pieces))
    if plain_bytes > PLAIN_MAX_BYTES:
        raise EncryptedTooLargeError(size_bytes=plain_bytes, max_bytes=PLAIN_MAX_BYTES)
    encryptor = Cipher(AES256(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    out = io.BytesIO(bytes(len(header) + plain_bytes + TAG_BYTES))  # takes the zeros over; nothing is copied or filled
    with out.getbuffer() as view:
        view[: len(header)] = header
        position = len(header)
        for piece in pieces:
            with view[position:] as rest:
                position += encryptor.update_into(piece, rest)  # wants 15 bytes of room behind; the tag's place gives 16
        encryptor.finalize()
        view[position:] = encryptor.tag
    return out.getvalue()  # hands over the buffer without a copy
