"""A machine's public key as it is registered: TPMT_PUBLIC bytes of a TPM, or SubjectPublicKeyInfo of a software key.

TPMT_PUBLIC (TPM 2.0 library part 2, clause 12.2.4), big-endian, without a leading size, in MOSIP's two templates:

=====================  ==========  ==================  ============================
Field                  Length      Signing key         Encryption key
=====================  ==========  ==================  ============================
type                   2           ``0001``            ``0001``
nameAlg                2           ``0004`` SHA-1      ``000B`` SHA-256
objectAttributes       4           ``00040072``        ``00020072``
authPolicy             2 + p       ``0000``            ``0020`` + `EK_POLICY`
symmetric              2           ``0010`` NULL       ``0010`` NULL
scheme, hash           2 + 2       ``0014 000B``       ``0017 000B``
keyBits                2           ``0800``            ``0800``
exponent               4           ``00010001``        ``00010001`` (0 is read too)
unique                 2 + 256     ``0100`` + modulus  ``0100`` + modulus
total                              280                 312
=====================  ==========  ==================  ============================

A server tries TPMT_PUBLIC first and takes what does not parse as SubjectPublicKeyInfo; so does this reader. Anything but the
two templates is refused, because a server would compute another fingerprint or use another padding.

An exponent of 0 is the TPM's short form of 65537. MOSIP's signature verifier does not know that and would use 0, its OAEP
helper does; hence 0 is refused in a signing key and understood in an encryption key.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from packet.encoding import b64any_decode, sha256
from packet.keys.base import MachineKeyKind
from packet.keys.errors import PublicKeyMalformedError

RSA_BITS = 2048
MODULUS_BYTES = 256
PUBLIC_EXPONENT = 65537
SIGNING_BYTES = 280
ENCRYPTION_BYTES = 312
EK_POLICY = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")
"""PolicySecret(endorsement): the standard policy of endorsement keys. Unused in effect, since userWithAuth is set as well."""

SIGNING_HEAD = bytes.fromhex("0001000400040072" + "0000" + "0010" + "0014000b" + "0800")
ENCRYPTION_HEAD = bytes.fromhex("0001000b00020072" + "0020") + EK_POLICY + bytes.fromhex("0010" + "0017000b" + "0800")


class KeyUse(StrEnum):
    """What a public key may be used for."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"
    BOTH = "signing and encryption"


@dataclass(frozen=True, slots=True)
class MachinePublicKey:
    """A parsed public key; ``kind`` decides the OAEP label, see `packet.crypto.machineblob`."""

    key: rsa.RSAPublicKey
    kind: MachineKeyKind
    use: KeyUse


def decode(text: str) -> bytes:
    """The bytes of a public key as text: base64 in either alphabet, padded or not.

    Raises:
        PublicKeyMalformedError: if it is not base64.
    """
    try:
        return b64any_decode(text)
    except ValueError as error:
        raise PublicKeyMalformedError(why="it is not base64") from error


def fingerprint(public: bytes) -> str:
    """``keyIndex``: SHA-256 of the key's bytes, lower-case hex with a colon between bytes (95 characters)."""
    return sha256(public).hex(":")


def parse(public: bytes) -> MachinePublicKey:
    """Reads a public key in either form.

    Raises:
        PublicKeyMalformedError: if it is neither of the two TPM templates nor an RSA-2048 SubjectPublicKeyInfo.
    """
    if public.startswith(b"\x00\x01"):
        return _parse_tpm(public)
    return _parse_spki(public)


def _parse_tpm(public: bytes) -> MachinePublicKey:
    if public.startswith(SIGNING_HEAD):
        use, head, exponents = KeyUse.SIGNING, SIGNING_HEAD, {PUBLIC_EXPONENT}
    elif public.startswith(ENCRYPTION_HEAD):
        use, head, exponents = KeyUse.ENCRYPTION, ENCRYPTION_HEAD, {PUBLIC_EXPONENT, 0}
    else:
        raise PublicKeyMalformedError(why="its TPM template is not that of a machine key")
    tail = public[len(head) :]
    if len(tail) != 4 + 2 + MODULUS_BYTES:
        raise PublicKeyMalformedError(why=f"it has {len(public)} bytes")
    exponent, modulus_bytes = struct.unpack_from(">IH", tail)
    if exponent not in exponents:
        raise PublicKeyMalformedError(why=f"its exponent is {exponent}")
    if modulus_bytes != MODULUS_BYTES:
        raise PublicKeyMalformedError(why=f"its modulus has {modulus_bytes} bytes")
    numbers = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, int.from_bytes(tail[6:], "big"))
    _check(numbers)
    return MachinePublicKey(numbers.public_key(), MachineKeyKind.TPM, use)


def _parse_spki(public: bytes) -> MachinePublicKey:
    try:
        key = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PublicKeyMalformedError(why="it is neither a TPM nor a SubjectPublicKeyInfo structure") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise PublicKeyMalformedError(why="it is not an RSA key")
    _check(key.public_numbers())
    return MachinePublicKey(key, MachineKeyKind.LOCAL, KeyUse.BOTH)


def _check(numbers: rsa.RSAPublicNumbers) -> None:
    if numbers.e != PUBLIC_EXPONENT:
        raise PublicKeyMalformedError(why=f"its exponent is not {PUBLIC_EXPONENT}")
    if numbers.n.bit_length() != RSA_BITS:
        raise PublicKeyMalformedError(why=f"its modulus has {numbers.n.bit_length()} bits, not {RSA_BITS}")
    if numbers.n % 2 == 0:
        raise PublicKeyMalformedError(why="its modulus is even")
