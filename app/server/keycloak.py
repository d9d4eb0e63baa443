"""Logging in at the realm itself, through python-keycloak: password grant, renewal, logout, offline check of every token.

This is the direct way, for deployments with a public client for the desk. The access token then travels to MOSIP's services as
the cookie that they expect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from keycloak import KeycloakOpenID
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError, KeycloakError
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from app.core.session import Session
from app.server.loginerrors import (
    AccountIncompleteError,
    AccountLockedError,
    LoginAnswerError,
    LoginClientRefusedError,
    LoginError,
    LoginUnreachableError,
    SessionEndedError,
    TokenUserError,
    WrongPasswordError,
)
from app.server.tokencheck import TokenKeys, TokenRules, check_token
from app.server.transport import check_address
from packet.models import Clock


@dataclass(frozen=True, slots=True)
class RealmAddress:
    """Where the realm is.

    Attributes:
        issuer: ``https://<host>[/auth]/realms/<realm>``, exactly as the tokens name it.
        client_id: a public client with direct access grants.
        audiences: what MOSIP's services accept as ``aud`` or ``azp``.
    """

    issuer: str
    client_id: str = "mosip-reg-desktop"
    audiences: frozenset[str] = frozenset({"mosip-reg-client"})


class _GrantModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    access_token: str
    refresh_token: str
    refresh_expires_in: StrictInt = Field(ge=0)


class _RefusalModel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    error: str = ""
    error_description: str = ""


class KeycloakLogin:
    """One realm.

    Args:
        known_keys: the realm's JWKS document of an earlier run.
        on_keys: is given every newly fetched one, to keep it.

    Raises:
        ServerAddressError: if the issuer is neither https nor this machine.
        LoginAnswerError: if the issuer is no realm's address.
    """

    def __init__(
        self,
        realm: RealmAddress,
        clock: Clock,
        *,
        timeout_s: int = 30,
        known_keys: Mapping[str, Any] | None = None,
        on_keys: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> None:
        check_address(realm.issuer)
        base, found, name = realm.issuer.rpartition("/realms/")
        if not found or not name or "/" in name:
            raise LoginAnswerError(issuer=realm.issuer, why="the issuer does not end with /realms/<realm>")
        self._realm = realm
        self._clock = clock
        self._rules = TokenRules(realm.issuer, realm.audiences)
        self._keycloak = KeycloakOpenID(
            server_url=f"{base}/", realm_name=name, client_id=realm.client_id, timeout=timeout_s, max_retries=0
        )
        self._keys = TokenKeys(self._fetch_keys, clock, known_keys, on_keys)

    def login(self, user_id: str, password: str) -> Session:
        """Logs in by password.

        Raises:
            WrongPasswordError, AccountLockedError, AccountIncompleteError, LoginClientRefusedError: as the realm says.
            LoginUnreachableError: without a connection.
            LoginError: a subclass that says what is wrong with the answer or its token.
        """
        try:
            grant = self._keycloak.token(user_id, password)
        except (KeycloakError, TypeError, ValueError) as error:
            raise self._refused(error) from None
        session = self._session(grant)
        if session.user_id.casefold() != user_id.strip().casefold():
            raise TokenUserError
        return session

    def renew(self, session: Session) -> Session:
        """Exchanges the refresh token for new tokens; the old ones must not be used again.

        Raises:
            SessionEndedError: if the realm has ended the session.
            LoginUnreachableError: without a connection.
            LoginError: a subclass that says what is wrong with the answer or its token.
        """
        try:
            grant = self._keycloak.refresh_token(session.refresh_token)
        except (KeycloakError, TypeError, ValueError) as error:
            if _refusal(error).error == "invalid_grant":
                raise SessionEndedError from None
            raise self._refused(error) from None
        renewed = self._session(grant)
        if renewed.subject != session.subject:
            raise TokenUserError
        return renewed

    def logout(self, session: Session) -> None:
        """Ends the session at the realm. The tokens must be forgotten here whether or not this succeeds.

        Raises:
            LoginUnreachableError: without a connection.
            LoginAnswerError: if the realm answers otherwise than with success.
        """
        try:
            self._keycloak.logout(session.refresh_token)
        except (KeycloakError, TypeError, ValueError) as error:
            if _refusal(error).error == "invalid_grant":
                return  # it had ended already
            raise self._refused(error) from None

    def check(self, session: Session) -> None:
        """Checks a kept session's access token, without a connection as long as the signing key is known.

        Raises:
            LoginError: a subclass that says what is wrong with it.
        """
        check_token(session.access_token, self._keycloak, self._keys, self._rules, self._clock)

    def _session(self, grant: Mapping[str, Any]) -> Session:
        try:
            model = _GrantModel.model_validate(grant)
        except ValidationError:
            raise LoginAnswerError(issuer=self._realm.issuer, why="it has no access and refresh token") from None
        claims = check_token(model.access_token, self._keycloak, self._keys, self._rules, self._clock)
        return Session(
            user_id=claims.user_id,
            subject=claims.subject,
            display_name=claims.display_name,
            roles=claims.roles,
            access_token=model.access_token,
            refresh_token=model.refresh_token,
            expires_at=claims.expires_at,
            refresh_expires_at=self._refresh_end(model.refresh_expires_in),
        )

    def _refresh_end(self, seconds: int) -> datetime:
        return self._clock() + timedelta(seconds=min(seconds, 10 * 365 * 86_400))

    def _fetch_keys(self) -> Mapping[str, Any]:
        try:
            document = self._keycloak.certs()
        except (KeycloakError, TypeError, ValueError) as error:
            raise self._refused(error) from None
        if not isinstance(document.get("keys"), list):
            raise LoginAnswerError(issuer=self._realm.issuer, why="its keys are not a JWKS document")
        return document

    def _refused(self, error: Exception) -> LoginError:
        """The named error for python-keycloak's; its text repeats the answer and is not kept."""
        if isinstance(error, KeycloakConnectionError):
            return LoginUnreachableError(issuer=self._realm.issuer)
        refusal = _refusal(error)
        match refusal.error:
            case "invalid_grant":
                return _by_description(refusal.error_description)
            case "invalid_client" | "unauthorized_client" | "unsupported_grant_type":
                return LoginClientRefusedError(client_id=self._realm.client_id, reason=refusal.error)
        if isinstance(error, KeycloakAuthenticationError):
            return WrongPasswordError()
        status = getattr(error, "response_code", None)
        return LoginAnswerError(issuer=self._realm.issuer, why="no JSON" if status is None else f"HTTP status {status}")


def _by_description(description: str) -> LoginError:
    text = description.lower()
    if "disabled" in text or "locked" in text:
        return AccountLockedError()
    if "not fully set up" in text:
        return AccountIncompleteError()
    return WrongPasswordError()


def _refusal(error: Exception) -> _RefusalModel:
    try:
        return _RefusalModel.model_validate(orjson.loads(getattr(error, "response_body", None) or b"{}"))
    except (ValueError, ValidationError):
        return _RefusalModel()
