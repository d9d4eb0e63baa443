"""The envelope for one machine: what a server sends to it, and what it keeps for itself (acknowledgements, templates).

==========  ======  ============================================================
Offset      Length  Content
==========  ======  ============================================================
0           256     session key, RSA-OAEP for the machine's encryption key
256         12      GCM nonce
268         32      additional authenticated data, random, in the clear
300         n       AES-256-GCM ciphertext
300 + n     16      GCM tag
==========  ======  ============================================================

This is MOSIP's ``ClientCryptoFacade``. OAEP uses SHA-256 for hash and MGF1; its label is one zero byte for a TPM's key (a TPM
wants a zero-terminated label) and empty for a software key. Many servers are configured for the older layout with a nonce of
16 and AAD of 12 bytes. The lengths do not tell them apart, only the tag does, so both are tried, the newer first.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from packet.crypto import gcm
from packet.crypto.errors import MachineBlobDamagedError, MachineBlobMalformedError
from packet.keys.base import MachineKey, MachineKeyKind
from packet.keys.errors import PublicKeyUseError, WrappedKeyForeignError
from packet.keys.publickey import KeyUse, parse
from packet.models import Entropy

WRAPPED_BYTES = 256
OVERHEAD_BYTES = WRAPPED_BYTES + gcm.NONCE_BYTES + gcm.AAD_BYTES + gcm.TAG_BYTES
_LAYOUTS = ((gcm.NONCE_BYTES, gcm.AAD_BYTES), (16, 12))
_SMALLEST_BYTES = WRAPPED_BYTES + 16 + 12 + gcm.TAG_BYTES


def encrypt_for_machine(plain: bytes, machine_public: bytes, entropy: Entropy) -> bytes:
    """Encrypts for a machine; `OVERHEAD_BYTES` (316) longer than plain.

    Takes from entropy, in this order: session key (32), nonce (12), AAD (32). OAEP's seed is the cryptographic library's own.

    Args:
        machine_public: its encryption key as registered: TPMT_PUBLIC or SubjectPublicKeyInfo bytes.

    Raises:
        PublicKeyMalformedError: if that is neither.
        PublicKeyUseError: if it is a TPM's signing key.
        EncryptedTooLargeError: if plain does not fit one envelope.
    """
    public = parse(machine_public)
    if public.use is KeyUse.SIGNING:
        raise PublicKeyUseError(found=KeyUse.SIGNING.value, expected=KeyUse.ENCRYPTION.value)
    key, nonce, aad = entropy(gcm.KEY_BYTES), entropy(gcm.NONCE_BYTES), entropy(gcm.AAD_BYTES)
    label = b"\0" if public.kind is MachineKeyKind.TPM else None
    wrapped = public.key.encrypt(key, padding.OAEP(padding.MGF1(SHA256()), SHA256(), label))
    return gcm.encrypt_behind(b"".join((wrapped, nonce, aad)), plain, key=key, nonce=nonce, aad=aad)


def decrypt(blob: bytes, machine_key: MachineKey) -> bytes:
    """Opens an envelope with the machine's key, in the newer or the older layout.

    Raises:
        MachineBlobMalformedError: if it is too short.
        WrappedKeyForeignError: if it is for another machine.
        MachineBlobDamagedError: if it was changed.
        MachineKeyError: if the machine key cannot be used.
    """
    if len(blob) < _SMALLEST_BYTES:
        raise MachineBlobMalformedError(size_bytes=len(blob))
    view = memoryview(blob)
    key = machine_key.unwrap(blob[:WRAPPED_BYTES])
    if len(key) != gcm.KEY_BYTES:
        raise WrappedKeyForeignError()
    cipher = AESGCM(key)
    for nonce_bytes, aad_bytes in _LAYOUTS:
        aad_at = WRAPPED_BYTES + nonce_bytes
        body_at = aad_at + aad_bytes
        if len(blob) < body_at + gcm.TAG_BYTES:
            continue
        try:
            return cipher.decrypt(view[WRAPPED_BYTES:aad_at], view[body_at:], view[aad_at:body_at])
        except InvalidTag:
            continue
    raise MachineBlobDamagedError()
