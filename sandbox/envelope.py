"""Opening the packet envelope on the server's side: nonce, AAD, thumbprint, wrapped key, splitter, ciphertext, tag.

========  ======  ==========================================================
Offset    Length  Content
========  ======  ==========================================================
0         12      GCM nonce
12        32      additional authenticated data
44        32      SHA-256 of the certificate's DER encoding
76        256     session key, RSA-OAEP
332       14      ``#KEY_SPLITTER#``
346       n       AES-256-GCM ciphertext
346 + n   16      GCM tag
========  ======  ==========================================================

Written apart from the client's encryption, so that the two prove each other. Stricter than MOSIP: the splitter must stand at
its offset, and a key part without a thumbprint is refused.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from packet.verify.model import SessionKeyOpener

_SPLITTER = b"#KEY_SPLITTER#"
_NONCE_END, _AAD_END, _THUMBPRINT_END, _WRAPPED_END = 12, 44, 76, 332
_DATA_AT = _WRAPPED_END + len(_SPLITTER)
_TAG_BYTES = 16
_KEY_BYTES = 32


def open_envelope(data: bytes, opener: SessionKeyOpener) -> bytes:
    """Decrypts.

    Raises:
        ValueError: if the layout is broken, no key of the opener fits, or the ciphertext is not authentic.
    """
    if len(data) < _DATA_AT + _TAG_BYTES or data[_WRAPPED_END:_DATA_AT] != _SPLITTER:
        raise ValueError("not a packet envelope")
    try:
        key = opener.open(data[_AAD_END:_THUMBPRINT_END], data[_THUMBPRINT_END:_WRAPPED_END])
    except KeyError as error:
        raise ValueError("the envelope is for a key that is not here") from error
    if len(key) != _KEY_BYTES:
        raise ValueError("the session key has a wrong length")
    view = memoryview(data)
    try:
        return AESGCM(key).decrypt(data[:_NONCE_END], view[_DATA_AT:], data[_NONCE_END:_AAD_END])
    except InvalidTag as error:
        raise ValueError("the ciphertext is not authentic") from error
