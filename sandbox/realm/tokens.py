"""Access, refresh and ID tokens with Keycloak's claims."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from packet.models import Clock, Json
from sandbox.config import RealmSettings
from sandbox.realm.sessions import Session
from sandbox.realm.signer import RealmSigner
from sandbox.realm.users import User


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a resource server needs of a valid access token."""

    user_id: str
    roles: frozenset[str]
    audiences: frozenset[str]
    authorized_party: str
    session_id: str
    scopes: frozenset[str]


class Tokens:
    """Issues and reads tokens of one realm.

    Args:
        issuer: ``<url>/auth/realms/<realm>``.
    """

    def __init__(self, signer: RealmSigner, settings: RealmSettings, issuer: str, clock: Clock) -> None:
        self._signer = signer
        self._settings = settings
        self._issuer = issuer
        self._clock = clock

    def grant(self, user: User, session: Session) -> dict[str, Json]:
        """The token endpoint's answer."""
        now = self._clock()
        access_s = self._settings.access_token_s
        answer: dict[str, Json] = {
            "access_token": self._signer.sign(self._access(user, session, now)),
            "expires_in": access_s,
            "refresh_expires_in": _seconds(session.ends_at) - _seconds(now),
            "refresh_token": self._signer.sign_refresh(self._refresh(user, session, now)),
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": session.identifier,
            "scope": session.scope,
        }
        if "openid" in session.scope.split():
            answer["id_token"] = self._signer.sign(self._identity(user, session, now))
        return answer

    def read_access(self, token: str) -> AccessClaims:
        """Checks signature, issuer, type and expiry of an access token.

        Raises:
            ValueError: naming which of them failed.
        """
        claims = self._signer.read(token)
        if claims.get("iss") != self._issuer or claims.get("typ") != "Bearer":
            raise ValueError("the token is no access token of this realm")
        self._check_times(claims)
        roles = claims.get("realm_access")
        audience = claims.get("aud")
        return AccessClaims(
            user_id=_text(claims, "preferred_username"),
            roles=_texts(roles.get("roles") if isinstance(roles, Mapping) else None),
            audiences=frozenset({audience}) if isinstance(audience, str) else _texts(audience),
            authorized_party=_text(claims, "azp"),
            session_id=_text(claims, "sid"),
            scopes=frozenset(_text(claims, "scope").split()),
        )

    def read_refresh(self, token: str, client_id: str) -> str:
        """Checks a refresh token; gives the session's identifier.

        Raises:
            ValueError: if it is not this realm's, another client's, or over.
        """
        claims = self._signer.read_refresh(token)
        if claims.get("iss") != self._issuer or claims.get("typ") != "Refresh" or claims.get("azp") != client_id:
            raise ValueError("the token is no refresh token of this client")
        self._check_times(claims)
        return _text(claims, "sid")

    def _check_times(self, claims: Mapping[str, Json]) -> None:
        expires_s = claims.get("exp")
        if not isinstance(expires_s, int) or _seconds(self._clock()) >= expires_s:
            raise ValueError("the token has expired")

    def _access(self, user: User, session: Session, now: datetime) -> dict[str, Json]:
        return {
            **self._common(session, now, _seconds(now) + self._settings.access_token_s),
            "aud": [self._settings.audience, "account"],
            "sub": user.subject,
            "typ": "Bearer",
            "acr": "1",
            "realm_access": {"roles": list(user.roles)},
            "scope": session.scope,
            **profile(user),
        }

    def _identity(self, user: User, session: Session, now: datetime) -> dict[str, Json]:
        return {
            **self._common(session, now, _seconds(now) + self._settings.access_token_s),
            "aud": session.client_id,
            "sub": user.subject,
            "typ": "ID",
            "auth_time": _seconds(session.started_at),
            **profile(user),
        }

    def _refresh(self, user: User, session: Session, now: datetime) -> dict[str, Json]:
        return {
            **self._common(session, now, _seconds(session.ends_at)),
            "aud": self._issuer,
            "sub": user.subject,
            "typ": "Refresh",
            "scope": session.scope,
        }

    def _common(self, session: Session, now: datetime, expires_s: int) -> dict[str, Json]:
        return {
            "exp": expires_s,
            "iat": _seconds(now),
            "jti": str(uuid.uuid4()),
            "iss": self._issuer,
            "azp": session.client_id,
            "sid": session.identifier,
            "session_state": session.identifier,
        }


def profile(user: User) -> dict[str, Json]:
    """The profile and email claims."""
    return {"email_verified": True, "name": user.name, "preferred_username": user.username, "email": user.email}


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _text(claims: Mapping[str, Json], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _texts(value: Json) -> frozenset[str]:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
