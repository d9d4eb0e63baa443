"""Whose request it is: the access token in the ``Authorization`` cookie, or the administrator's secret.

MOSIP's services read the token from a cookie whose name contains ``Authorization``; a ``Bearer`` header is accepted here as an
extra. Order and outcome of the checks are those of MOSIP's auth adapter: expiry, issuer, signature 401; audience or authorised
party 403; roles 403. Stricter than it: the whole issuer is compared, not only its host.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from sandbox.codes import RequestRefusedError, ServerCode
from sandbox.config import RealmSettings
from sandbox.realm.tokens import Tokens
from sandbox.web.call import Caller

ADMIN_HEADER = "x-sandbox-admin"
_BEARER = "bearer "


class Bearers:
    """Checks callers."""

    def __init__(self, tokens: Tokens, settings: RealmSettings, admin_secret: str) -> None:
        self._tokens = tokens
        self._allowed = frozenset({settings.audience})
        self._admin_secret = admin_secret.encode("utf-8")

    def caller(self, headers: Mapping[str, str], cookies: Mapping[str, str], roles: frozenset[str]) -> Caller:
        """Who calls, if they hold one of the roles.

        Raises:
            RequestRefusedError: KER-ATH-401 or KER-ATH-403, with that HTTP status.
        """
        token = _token(headers, cookies)
        if token is None:
            raise _unauthenticated()
        try:
            claims = self._tokens.read_access(token)
        except ValueError as error:
            raise _unauthenticated() from error
        audiences = claims.audiences | {claims.authorized_party}
        if not audiences & self._allowed or not claims.roles & roles:
            raise RequestRefusedError(ServerCode.FORBIDDEN, status=403)
        return Caller(claims.user_id, claims.roles)

    def administrator(self, headers: Mapping[str, str], cookies: Mapping[str, str], roles: frozenset[str]) -> Caller:
        """The administrator by secret, or a user who holds one of the roles.

        Raises:
            RequestRefusedError: KER-ATH-401 or KER-ATH-403, with that HTTP status.
        """
        secret = headers.get(ADMIN_HEADER)
        if secret is None:
            return self.caller(headers, cookies, roles)
        if not hmac.compare_digest(secret.encode("utf-8"), self._admin_secret):
            raise _unauthenticated()
        return Caller("administrator", frozenset(), is_administrator=True)


def _token(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str | None:
    for name, value in cookies.items():
        if "Authorization" in name:
            return value
    header = headers.get("authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None


def _unauthenticated() -> RequestRefusedError:
    return RequestRefusedError(ServerCode.UNAUTHENTICATED, status=401)
