"""Container of a sealed secret.

======  ======  =============================================================
Offset  Length  Content
======  ======  =============================================================
0       4       ``SDSB``
4       1       version, 1
5       1       what sealed it: 1 software key, 2 TPM
6       32      owner: identifies the key that can open it, see the sealers
38      n       body, own to each sealer
======  ======  =============================================================

The owner is there to tell a blob of another machine from a damaged one; both sealers authenticate the body on their own.
"""

from __future__ import annotations

from enum import IntEnum

from packet.keys.errors import SealedBlobForeignError, SealedBlobMalformedError, SecretSizeError

SECRET_MAX_BYTES = 64
HEAD_BYTES = 38
BODY_MAX_BYTES = 4096
_MAGIC = b"SDSB"
_VERSION = 1


class Sealer(IntEnum):
    """Which kind of key made a blob."""

    SOFTWARE = 1
    TPM = 2


def check_secret(secret: bytes) -> None:
    """Refuses a secret that some machine key could not seal.

    Raises:
        SecretSizeError: unless it has 1 to `SECRET_MAX_BYTES` bytes.
    """
    if not 1 <= len(secret) <= SECRET_MAX_BYTES:
        raise SecretSizeError(size_bytes=len(secret), max_bytes=SECRET_MAX_BYTES)


def head(sealer: Sealer, owner: bytes) -> bytes:
    """The first `HEAD_BYTES` of a blob."""
    return _MAGIC + bytes((_VERSION, sealer)) + owner


def body(blob: bytes, sealer: Sealer, owner: bytes) -> bytes:
    """The body of a blob that the given key made.

    Raises:
        SealedBlobMalformedError: if it is not such a container.
        SealedBlobForeignError: if another kind of key or another key made it.
    """
    if len(blob) <= HEAD_BYTES or not blob.startswith(_MAGIC):
        raise SealedBlobMalformedError(why="it is not a sealed secret")
    if blob[4] != _VERSION:
        raise SealedBlobMalformedError(why=f"it has version {blob[4]}")
    if len(blob) > HEAD_BYTES + BODY_MAX_BYTES:
        raise SealedBlobMalformedError(why="it is too large")
    if blob[5] != sealer or blob[6:HEAD_BYTES] != owner:
        raise SealedBlobForeignError()
    return blob[HEAD_BYTES:]
