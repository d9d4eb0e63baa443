"""Compact JWS as MOSIP's devices and servers write it: RS256 only, signer in ``x5c``, nothing fetched, nothing guessed.

The algorithm is decided before any key is touched; ``jku``, ``x5u``, ``jwk`` and ``kid`` are ignored; ``crit`` is refused.
The raw payload bytes are kept, because signatures and packets depend on them to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from packet.crypto.errors import JwsMalformedError, SignatureInvalidError
from packet.crypto.lazyparts import NOT_READABLE, load_der
from packet.encoding import b64std, b64std_decode, b64url, b64url_decode

HEADER_MAX_CHARS = 16 * 1024
TOKEN_MAX_CHARS = 32 * 1024 * 1024
CERTIFICATES_MAX = 5


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed, not yet verified compact JWS.

    Attributes:
        certificates: ``x5c``, leaf first; the leaf is the signer.
        payload: the decoded payload bytes, exactly as signed.
    """

    protected: str = field(repr=False)
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    signing_input: bytes = field(repr=False)

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of the signer."""
        return self.certificates[0]

    @property
    def detached(self) -> str:
        """``header..signature``: the form in which a packet carries it."""
        return f"{self.protected}..{b64url(self.signature)}"


def parse(token: str, what: str = "the token") -> Jws:
    """Splits and decodes a compact JWS with an ``x5c`` header.

    Raises:
        JwsMalformedError: for anything but three unpadded base64url parts, ``alg`` RS256 and one to five certificates.
    """
    if len(token) > TOKEN_MAX_CHARS:
        raise JwsMalformedError(what=what, why="it is too large")
    parts = token.split(".")
    if len(parts) != 3:
        raise JwsMalformedError(what=what, why="it does not have three parts")
    if len(parts[0]) > HEADER_MAX_CHARS:
        raise JwsMalformedError(what=what, why="its header is too large")
    try:
        header = orjson.loads(b64url_decode(parts[0]))
        payload = b64url_decode(parts[1])
        signature = b64url_decode(parts[2])
    except ValueError as error:
        raise JwsMalformedError(what=what, why="a part is not unpadded base64url of the right content") from error
    if not isinstance(header, dict):
        raise JwsMalformedError(what=what, why="its header is not an object")
    if header.get("alg") != "RS256":
        raise JwsMalformedError(what=what, why="its algorithm is not RS256")
    if "crit" in header or header.get("b64", True) is not True:
        raise JwsMalformedError(what=what, why="its header demands an extension")
    return Jws(
        protected=parts[0],
        payload=payload,
        signature=signature,
        certificates=_certificates(header.get("x5c"), what),
        signing_input=f"{parts[0]}.{parts[1]}".encode("ascii"),
    )


def _certificates(x5c: object, what: str) -> tuple[x509.Certificate, ...]:
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= CERTIFICATES_MAX:
        raise JwsMalformedError(what=what, why="it does not carry one to five certificates")
    try:
        return tuple(load_der(b64std_decode(item)) for item in x5c)
    except (ValueError, TypeError) as error:
        raise JwsMalformedError(what=what, why="a certificate in its header is not readable") from error


def verify_with_leaf(jws: Jws, what: str = "the token") -> None:
    """Checks the signature mathematically with the header's leaf certificate. Trust in the leaf is another check.

    Raises:
        SignatureInvalidError: if it does not fit or the key is not RSA of 2048 bits or more.
    """
    try:
        key = jws.leaf.public_key()
    except NOT_READABLE as error:  # an unknown or broken key inside a parseable certificate
        raise SignatureInvalidError(what=what) from error
    verify_rs256(key, jws.signature, jws.signing_input, what)


def verify_rs256(key: object, signature: bytes, signed: bytes, what: str) -> None:
    """RSASSA-PKCS1-v1_5 with SHA-256 and an RSA key of at least 2048 bits.

    Raises:
        SignatureInvalidError: if it does not fit.
    """
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048 or key.public_numbers().e < 65537:
        raise SignatureInvalidError(what=what)
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise SignatureInvalidError(what=what) from error


def sign(payload: bytes, key: rsa.RSAPrivateKey, certificates: tuple[x509.Certificate, ...]) -> str:
    """Makes a compact RS256 JWS with ``x5c``, ``alg``, ``typ`` in the order of MOSIP's mock device."""
    header = {"x5c": [b64std(c.public_bytes(Encoding.DER)) for c in certificates], "alg": "RS256", "typ": "JWT"}
    signing_input = f"{b64url(orjson.dumps(header))}.{b64url(payload)}".encode("ascii")
    signature = key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input.decode('ascii')}.{b64url(signature)}"
