"""Logging in and staying logged in."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final, Protocol

from app.core.session import Session
from app.desk.errors import RoleNotPermittedError
from packet.models import Clock

DESK_ROLES: Final = frozenset(
    {"REGISTRATION_OFFICER", "REGISTRATION_SUPERVISOR", "REGISTRATION_ADMIN", "REGISTRATION_OPERATOR"}
)
RENEW_BEFORE: Final = timedelta(seconds=60)


class LoginService(Protocol):
    """Who confirms users."""

    def login(self, user_id: str, password: str) -> Session:
        """Logs in by password."""
        ...

    def renew(self, session: Session) -> Session:
        """Exchanges the refresh token for new tokens."""
        ...

    def logout(self, session: Session) -> None:
        """Ends the session."""
        ...


class OperatorSession:
    """The logged-in operator. Tokens are in memory only.

    Attributes:
        key: different for each login, the same over renewals; what was confirmed within one login does not count in another.
    """

    def __init__(self, service: LoginService, session: Session, clock: Clock) -> None:
        self._service = service
        self._session = session
        self._clock = clock
        self.key = secrets.token_hex(16)

    @property
    def session(self) -> Session:
        """The session as it is now."""
        return self._session

    def access_token(self) -> str:
        """A token that is good for at least a minute.

        Raises:
            AppError: a subclass, if it has to be renewed and cannot be.
        """
        if self._session.expires_at - self._clock() < RENEW_BEFORE:
            self.renew()
        return self._session.access_token

    def renew(self) -> None:
        """Gets new tokens.

        Raises:
            AppError: a subclass, if the session has ended or the service cannot be reached.
        """
        self._session = self._service.renew(self._session)

    def end(self) -> None:
        """Logs out at the service.

        Raises:
            AppError: a subclass, if the service cannot be reached; the session must be forgotten all the same.
        """
        self._service.logout(self._session)


def log_in(service: LoginService, user_id: str, password: str, clock: Clock) -> OperatorSession:
    """Logs an operator in.

    Raises:
        RoleNotPermittedError: if the user has none of the desk's roles; the session is ended then.
        AppError: a subclass that says why the service refused.
    """
    session = OperatorSession(service, service.login(user_id, password), clock)
    if not session.session.roles & DESK_ROLES:
        session.end()
        raise RoleNotPermittedError
    return session
