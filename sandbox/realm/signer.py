"""The realm's keys: RS256 for what others verify, HS512 for refresh tokens, which only the realm itself reads.

Since a refresh token is no RS256 token, nobody who verifies with the key set can take it for an access token.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from packet.encoding import b64std, b64url, b64url_decode, sha256
from packet.models import Json
from sandbox.errors import StateDamagedError
from sandbox.privatefiles import write_private
from sandbox.web.body import parse_json

TOKEN_MAX_CHARS = 16 * 1024


class RealmSigner:
    """Signs and verifies the realm's tokens. The private key does not leave.

    Raises:
        StateDamagedError: if a key file is not readable.
    """

    def __init__(self, directory: Path) -> None:
        self._private = _private_key(directory / "signing.key")
        self._public = self._private.public_key()
        self._secret = _secret(directory / "refresh.secret")
        self._der = self._public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key_id = b64url(sha256(self._der))

    @property
    def public_base64(self) -> str:
        """SubjectPublicKeyInfo, as the realm's page gives it."""
        return b64std(self._der)

    def jwk(self) -> dict[str, Json]:
        """The public key for the key set."""
        numbers = self._public.public_numbers()
        return {
            "kid": self.key_id,
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "n": b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": b64url(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: Mapping[str, Json]) -> str:
        """A compact RS256 JWT."""
        signed = _signing_input({"alg": "RS256", "typ": "JWT", "kid": self.key_id}, claims)
        return f"{signed}.{b64url(self._private.sign(signed.encode('ascii'), padding.PKCS1v15(), SHA256()))}"

    def sign_refresh(self, claims: Mapping[str, Json]) -> str:
        """A compact HS512 JWT."""
        signed = _signing_input({"alg": "HS512", "typ": "JWT"}, claims)
        return f"{signed}.{b64url(self._mac(signed))}"

    def read(self, token: str) -> Mapping[str, Json]:
        """The claims of an RS256 token whose signature fits; times and audience are the caller's matter.

        Raises:
            ValueError: if it is malformed, of another algorithm or key, or forged.
        """
        signed, header, claims, signature = _parse(token)
        if header.get("alg") != "RS256" or header.get("kid") != self.key_id:
            raise ValueError("the token is not signed with this realm's key")
        try:
            self._public.verify(signature, signed.encode("ascii"), padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise ValueError("the token's signature does not fit") from error
        return claims

    def read_refresh(self, token: str) -> Mapping[str, Json]:
        """The claims of an HS512 token.

        Raises:
            ValueError: as `read`.
        """
        signed, header, claims, signature = _parse(token)
        if header.get("alg") != "HS512" or not hmac.compare_digest(signature, self._mac(signed)):
            raise ValueError("the token's signature does not fit")
        return claims

    def _mac(self, signed: str) -> bytes:
        return hmac.digest(self._secret, signed.encode("ascii"), hashlib.sha512)


def _signing_input(header: Mapping[str, Json], claims: Mapping[str, Json]) -> str:
    return f"{b64url(orjson.dumps(header))}.{b64url(orjson.dumps(claims))}"


def _parse(token: str) -> tuple[str, Mapping[str, Json], Mapping[str, Json], bytes]:
    parts = token.split(".")
    if len(token) > TOKEN_MAX_CHARS or len(parts) != 3 or not token.isascii():
        raise ValueError("the token is not a compact JWT")
    header, claims = parse_json(b64url_decode(parts[0])), parse_json(b64url_decode(parts[1]))
    if not isinstance(header, Mapping) or not isinstance(claims, Mapping) or "crit" in header:
        raise ValueError("the token is not a compact JWT")
    return f"{parts[0]}.{parts[1]}", header, claims, b64url_decode(parts[2])


def _private_key(file: Path) -> rsa.RSAPrivateKey:
    if not file.exists():
        made = rsa.generate_private_key(65537, 2048)
        write_private(file, made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        return made
    try:
        key = load_der_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise StateDamagedError(file=file.name, why="the realm's key is unreadable") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise StateDamagedError(file=file.name, why="the realm's key is not RSA")
    return key


def _secret(file: Path) -> bytes:
    if not file.exists():
        write_private(file, os.urandom(64))
    secret = file.read_bytes()
    if len(secret) != 64:
        raise StateDamagedError(file=file.name, why="the realm's secret has a wrong length")
    return secret
