"""The packet envelope: encryption of sub-packets, the outer packet and the RID sync body for a certificate (K11).

========  ======  ==============================================================
Offset    Length  Content
========  ======  ==============================================================
0         12      GCM nonce
12        32      additional authenticated data, random, in the clear
44        32      SHA-256 of the certificate's DER encoding
76        256     session key, RSA-OAEP (SHA-256, MGF1 with SHA-256, empty label)
332       14      ``#KEY_SPLITTER#``
346       n       AES-256-GCM ciphertext
346 + n   16      GCM tag
========  ======  ==============================================================

This is what MOSIP's ``OfflinePacketCryptoServiceImpl.encrypt`` of packet-manager 1.2 writes. Thumbprint and splitter are not
authenticated; changing them makes the key selection or the parsing fail instead. There is no decryption here: the client
cannot open its own packets, and the verifier reads them with code of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from packet.crypto import gcm
from packet.crypto.certificates import rsa_public_key
from packet.models import Entropy

KEY_SPLITTER = b"#KEY_SPLITTER#"
OVERHEAD_BYTES = 362


def encrypt(plain: bytes, certificate: x509.Certificate, entropy: Entropy) -> bytes:
    """`encrypt_pieces` of a single piece."""
    return encrypt_pieces((plain,), certificate, entropy)


def encrypt_pieces(pieces: Sequence[bytes | memoryview], certificate: x509.Certificate, entropy: Entropy) -> bytes:
    """Encrypts for the holder of a certificate's private key; `OVERHEAD_BYTES` longer than all pieces together.

    Takes from entropy, in this order: session key (32), nonce (12), AAD (32). The seed inside RSA-OAEP is the cryptographic
    library's own, so bytes 76..331 differ between runs even with a fixed entropy.

    Raises:
        CertificateUnsuitableError: if the certificate's key is not RSA 2048.
        EncryptedTooLargeError: if the pieces do not fit one envelope.
    """
    public = rsa_public_key(certificate, "packet encryption")
    key, nonce, aad = entropy(gcm.KEY_BYTES), entropy(gcm.NONCE_BYTES), entropy(gcm.AAD_BYTES)
    wrapped = public.encrypt(key, padding.OAEP(padding.MGF1(SHA256()), SHA256(), label=None))
    header = b"".join((nonce, aad, certificate.fingerprint(SHA256()), wrapped, KEY_SPLITTER))
    return gcm.encrypt_pieces_behind(header, pieces, key=key, nonce=nonce, aad=aad)
