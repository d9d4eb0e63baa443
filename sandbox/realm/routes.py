"""The identity provider's endpoints, at Keycloak's paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from packet.models import Json
from sandbox.realm.login import GrantRefusedError, Login
from sandbox.realm.signer import RealmSigner
from sandbox.realm.tokens import profile
from sandbox.web.call import Answer, Call, Handler
from sandbox.web.endpoint import Access, Endpoint
from sandbox.web.wrapper import compact

FORM_MAX_BYTES = 32 * 1024
_FIELDS_MAX = 32


@dataclass(frozen=True, slots=True)
class RealmRoutes:
    """Endpoints of one realm.

    Attributes:
        url: the server's ``http://127.0.0.1:<port>``.
    """

    url: str
    realm: str
    login: Login
    signer: RealmSigner

    @property
    def issuer(self) -> str:
        """The ``iss`` claim: the legacy ``/auth`` prefix is part of it, as in MOSIP."""
        return f"{self.url}/auth/realms/{self.realm}"

    def endpoints(self) -> list[Endpoint]:
        """All of them."""
        base = f"/auth/realms/{self.realm}"
        oidc = f"{base}/protocol/openid-connect"
        return [
            _open("GET", base, self._page),
            _open("GET", f"{base}/.well-known/openid-configuration", self._discovery),
            _open("GET", f"{oidc}/certs", self._key_set),
            _open("POST", f"{oidc}/token", self._token),
            _open("GET", f"{oidc}/userinfo", self._user_info),
            _open("POST", f"{oidc}/logout", self._logout),
        ]

    def _page(self, _call: Call) -> Answer:
        oidc = f"{self.issuer}/protocol/openid-connect"
        return _json(
            {
                "realm": self.realm,
                "public_key": self.signer.public_base64,
                "token-service": oidc,
                "account-service": f"{self.issuer}/account",
                "tokens-not-before": 0,
            }
        )

    def _discovery(self, _call: Call) -> Answer:
        oidc = f"{self.issuer}/protocol/openid-connect"
        return _json(
            {
                "issuer": self.issuer,
                "token_endpoint": f"{oidc}/token",
                "userinfo_endpoint": f"{oidc}/userinfo",
                "end_session_endpoint": f"{oidc}/logout",
                "jwks_uri": f"{oidc}/certs",
                "grant_types_supported": ["password", "refresh_token"],
                "response_types_supported": ["none"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "scopes_supported": ["openid", "email", "profile"],
                "claims_supported": ["aud", "sub", "iss", "name", "preferred_username", "email"],
            }
        )

    def _key_set(self, _call: Call) -> Answer:
        return _json({"keys": [self.signer.jwk()]})

    def _token(self, call: Call) -> Answer:
        try:
            return _json(self.login.grant(_form(call)))
        except GrantRefusedError as error:
            return _refusal(error)

    def _user_info(self, call: Call) -> Answer:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        try:
            user = self.login.user_of_token(token.strip() if scheme.lower() == "bearer" else "")
        except GrantRefusedError as error:
            return _refusal(error, {"WWW-Authenticate": f'Bearer realm="{self.realm}", error="{error.error}"'})
        return _json({"sub": user.subject, **profile(user)})

    def _logout(self, call: Call) -> Answer:
        try:
            self.login.logout(_form(call))
        except GrantRefusedError as error:
            return _refusal(error)
        return Answer(b"", 204)


def _open(method: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(method, path, handler, access=Access.OPEN, body_max_bytes=FORM_MAX_BYTES)


def _form(call: Call) -> Mapping[str, str]:
    """The form's fields.

    Raises:
        GrantRefusedError: if it is no form, or a field comes twice.
    """
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise GrantRefusedError("invalid_request", "The request is not a form", 415)
    try:
        pairs = parse_qsl(call.body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise GrantRefusedError("invalid_request", "The form is malformed") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise GrantRefusedError("invalid_request", "duplicated parameter")
    return fields


def _json(value: Json) -> Answer:
    return Answer(compact(value), content_type="application/json")


def _refusal(error: GrantRefusedError, headers: Mapping[str, str] | None = None) -> Answer:
    body = compact({"error": error.error, "error_description": error.description})
    return Answer(body, error.status, "application/json", headers or {})
