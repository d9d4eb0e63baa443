"""The token endpoint's decisions: grants, and their refusals in Keycloak's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packet.models import Json
from sandbox.config import RealmSettings
from sandbox.errors import SandboxError
from sandbox.realm.lockout import Lockout
from sandbox.realm.passwords import DUMMY
from sandbox.realm.sessions import Sessions
from sandbox.realm.tokens import Tokens
from sandbox.realm.users import User, Users

_SCOPES = ("openid", "email", "profile")


class GrantRefusedError(SandboxError):
    """An OAuth error answer."""

    code = "SANDBOX-GRANT"
    sentence = "The identity provider refused: {error}."
    next_step = "Check user name and password; after several failures wait some minutes."

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.error = error
        self.description = description
        self.status = status
        super().__init__(error=error)


@dataclass(frozen=True, slots=True)
class Login:
    """Joins users, locks, sessions and tokens."""

    settings: RealmSettings
    users: Users
    lockout: Lockout
    sessions: Sessions
    tokens: Tokens

    def grant(self, form: Mapping[str, str]) -> dict[str, Json]:
        """Answers a token request.

        Raises:
            GrantRefusedError: with Keycloak's error, description and HTTP status.
        """
        self._check_client(form)
        match form.get("grant_type"):
            case None:
                raise GrantRefusedError("invalid_request", "Missing form parameter: grant_type")
            case "password":
                return self._by_password(form)
            case "refresh_token":
                return self._by_refresh_token(form)
            case _:
                raise GrantRefusedError("unsupported_grant_type", "Unsupported grant_type")

    def logout(self, form: Mapping[str, str]) -> None:
        """Ends the session of a refresh token.

        Raises:
            GrantRefusedError: if the token is not a valid one of the client.
        """
        self._check_client(form)
        token = form.get("refresh_token")
        if token is None:
            raise GrantRefusedError("invalid_request", "Missing form parameter: refresh_token")
        try:
            self.sessions.end(self.tokens.read_refresh(token, self.settings.public_client))
        except ValueError as error:
            raise GrantRefusedError("invalid_grant", "Invalid refresh token") from error

    def user_of_token(self, token: str) -> User:
        """The user of a valid access token whose session lives.

        Raises:
            GrantRefusedError: 401 ``invalid_token`` or 403 ``insufficient_scope``.
        """
        try:
            claims = self.tokens.read_access(token)
        except ValueError as error:
            raise GrantRefusedError("invalid_token", "Token verification failed", 401) from error
        user = self.users.find(claims.user_id)
        if user is None or self.sessions.find(claims.session_id) is None:
            raise GrantRefusedError("invalid_token", "User session not found or doesn't have client attached on it", 401)
        if "openid" not in claims.scopes:
            raise GrantRefusedError("insufficient_scope", "Missing openid scope", 403)
        return user

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.settings.public_client:
            raise GrantRefusedError("invalid_client", "Invalid client or Invalid client credentials", 401)

    def _by_password(self, form: Mapping[str, str]) -> dict[str, Json]:
        username = form.get("username")
        if username is None:
            raise GrantRefusedError("invalid_request", "Missing parameter: username", 401)
        username = username.lower()
        user = self.users.find(username)
        is_locked = self.lockout.is_locked(username)
        fits = (DUMMY if user is None else user.password).fits(form.get("password", ""))
        if user is None or is_locked:
            raise _wrong_credentials()
        if not user.is_enabled:
            raise GrantRefusedError("invalid_grant", "Account disabled")
        if not fits:
            self.lockout.failed(username)
            raise _wrong_credentials()
        self.lockout.succeeded(username)
        return self.tokens.grant(user, self.sessions.begin(username, self.settings.public_client, _scope(form)))

    def _by_refresh_token(self, form: Mapping[str, str]) -> dict[str, Json]:
        token = form.get("refresh_token")
        if token is None:
            raise GrantRefusedError("invalid_request", "No refresh token")
        try:
            session_id = self.tokens.read_refresh(token, self.settings.public_client)
        except ValueError as error:
            raise GrantRefusedError("invalid_grant", "Invalid refresh token") from error
        session = self.sessions.find(session_id)
        if session is None:
            raise GrantRefusedError("invalid_grant", "Session not active")
        user = self.users.find(session.username)
        if user is None or not user.is_enabled:
            raise GrantRefusedError("invalid_grant", "User disabled")
        return self.tokens.grant(user, self.sessions.refresh(session))


def _wrong_credentials() -> GrantRefusedError:
    return GrantRefusedError("invalid_grant", "Invalid user credentials", 401)


def _scope(form: Mapping[str, str]) -> str:
    asked = form.get("scope", "").split()
    return " ".join(scope for scope in _SCOPES if scope in asked or scope != "openid")
