"""Checking an access token without asking anyone: signature, algorithm, type, issuer, times, audience, user.

The check goes through python-keycloak's ``decode_token``, whose defaults are too mild: without ``check_claims`` a token with no
``exp``, or of a foreign issuer, passes. Here both must be there, the algorithm is fixed to RS256 before a key is chosen, and
the claims are then read strictly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import orjson
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jwt import JWTExpired, JWTInvalidClaimValue, JWTNotYetValid
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from app.server.loginerrors import (
    TokenAudienceError,
    TokenExpiredError,
    TokenForeignError,
    TokenInvalidError,
    TokenNotYetValidError,
)
from packet.encoding import b64url_decode
from packet.models import Clock

LEEWAY_S: Final = 60
REFETCH_MIN: Final = timedelta(seconds=60)
_TOKEN_MAX_CHARS: Final = 64 * 1024
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class TokenDecoder(Protocol):
    """``keycloak.KeycloakOpenID``, as far as it is needed here."""

    def decode_token(self, token: str, validate: bool = True, **kwargs: Any) -> dict[str, Any]:
        """Decodes and validates a token."""
        ...


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must say.

    Attributes:
        issuer: the whole ``iss``, as configured.
        audiences: one of them must be ``azp`` or in ``aud``; else every MOSIP service would answer 401.
    """

    issuer: str
    audiences: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a checked access token says."""

    user_id: str
    subject: str
    display_name: str = field(repr=False)
    roles: frozenset[str]
    expires_at: datetime


class _RolesModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    roles: list[str] = []


class _ClaimsModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    exp: StrictInt
    nbf: StrictInt | None = None
    sub: str = Field(min_length=1)
    azp: str | None = None
    aud: str | list[str] = []
    typ: str
    preferred_username: str = Field(min_length=1, max_length=255)
    name: str | None = None
    realm_access: _RolesModel = _RolesModel()


class TokenKeys:
    """The issuer's keys, kept; fetched anew when a token names a key that is not among them, at most once a minute.

    Args:
        fetch: gives the issuer's JWKS document.
        known: a JWKS document of an earlier run.
        on_fetched: is given every newly fetched document, to keep it.
    """

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, Any]],
        clock: Clock,
        known: Mapping[str, Any] | None = None,
        on_fetched: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._on_fetched = on_fetched
        self._keys = JWKSet() if known is None else _signing_keys(known)
        self._fetched_at: datetime | None = None

    def find(self, kid: str) -> JWK | None:
        """The key of that id; None if the issuer has none, as far as may be asked now."""
        known: JWK | None = self._keys.get_key(kid)
        now = self._clock()
        if known is None and (self._fetched_at is None or now - self._fetched_at >= REFETCH_MIN):
            document = self._fetch()
            self._keys = _signing_keys(document)
            self._fetched_at = now
            self._on_fetched(document)
            known = self._keys.get_key(kid)
        return known


def _signing_keys(document: Mapping[str, Any]) -> JWKSet:
    """The RSA signature keys of at least 2048 bits; encryption keys and anything odd are left out."""
    keys = JWKSet()
    for item in document.get("keys", ()):
        if not isinstance(item, dict) or item.get("kty") != "RSA" or item.get("use", "sig") != "sig" or "kid" not in item:
            continue
        if item.get("alg", "RS256") != "RS256":
            continue
        try:
            key = JWK(kty="RSA", kid=item["kid"], n=item["n"], e=item["e"], use="sig", alg="RS256")
            public = key.get_op_key("verify")
        except (JWException, KeyError, ValueError, TypeError):
            continue
        if public.key_size >= 2048 and public.public_numbers().e >= 65537:
            keys.add(key)
    return keys


def check_token(token: str, decoder: TokenDecoder, keys: TokenKeys, rules: TokenRules, clock: Clock) -> TokenClaims:
    """Checks an access token, fetching the issuer's keys anew if the token was signed with one that is not known yet.

    Raises:
        TokenInvalidError: if it is no token, is signed by an unknown key or otherwise than RS256, or lacks a claim.
        TokenExpiredError, TokenNotYetValidError: by its own times, with a minute of grace.
        TokenForeignError: if another issuer made it.
        TokenAudienceError: if neither ``azp`` nor ``aud`` is one that the services accept.
    """
    if len(token) > _TOKEN_MAX_CHARS or not _COMPACT.fullmatch(token):
        raise TokenInvalidError(why="it is not a compact signed token")
    key = keys.find(_key_id(token))
    if key is None:
        raise TokenInvalidError(why="it is signed with an unknown key")
    return _read(_decode(token, decoder, key, rules), rules, clock())


def _key_id(token: str) -> str:
    try:
        header = orjson.loads(b64url_decode(token.partition(".")[0]))
    except ValueError:
        raise TokenInvalidError(why="its header cannot be read") from None
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str):
        raise TokenInvalidError(why="it does not name its key")
    return kid


def _decode(token: str, decoder: TokenDecoder, key: JWK, rules: TokenRules) -> dict[str, Any]:
    try:
        return decoder.decode_token(
            token,
            validate=True,
            key=key,
            algs=["RS256"],
            check_claims={"exp": None, "iss": rules.issuer},
            leeway=LEEWAY_S,
        )
    except JWTExpired:
        raise TokenExpiredError from None
    except JWTNotYetValid:
        raise TokenNotYetValidError from None
    except JWTInvalidClaimValue:  # of the claims that are compared, only the issuer is compared by value
        raise TokenForeignError(issuer=rules.issuer) from None
    except JWException as error:
        raise TokenInvalidError(why=type(error).__name__) from None
    except (ValueError, TypeError):
        raise TokenInvalidError(why="it is not a token") from None


def _read(claims: dict[str, Any], rules: TokenRules, now: datetime) -> TokenClaims:
    try:
        model = _ClaimsModel.model_validate(claims)
    except ValidationError as error:
        missing = ", ".join(sorted({str(item["loc"][0]) for item in error.errors()}))
        raise TokenInvalidError(why=f"these claims are missing or malformed: {missing}") from None
    if model.typ != "Bearer":
        raise TokenInvalidError(why="it is not an access token")
    # The library has judged the times by the system clock; they are judged again by ours, and nbf it leaves alone.
    try:
        expires_at = datetime.fromtimestamp(model.exp, UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenInvalidError(why="its expiry is not a time") from None
    leeway = timedelta(seconds=LEEWAY_S)
    if expires_at + leeway < now:
        raise TokenExpiredError
    if model.nbf is not None and model.nbf > now.timestamp() + LEEWAY_S:
        raise TokenNotYetValidError
    meant_for = {model.aud} if isinstance(model.aud, str) else set(model.aud)
    if not rules.audiences & (meant_for | {model.azp or ""}):
        raise TokenAudienceError
    return TokenClaims(
        user_id=model.preferred_username,
        subject=model.sub,
        display_name=model.name or model.preferred_username,
        roles=frozenset(model.realm_access.roles),
        expires_at=expires_at,
    )
