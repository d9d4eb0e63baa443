"""A hand-written Keycloak realm on a loopback port, since python-keycloak brings its own HTTP client; can be told to lie."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from packet.encoding import b64url
from tests.support.certificates import rsa_key

CLIENT = "mosip-reg-desktop"


def jwk(key: rsa.RSAPrivateKey, kid: str, **more: str) -> dict[str, Any]:
    """A public key as the realm publishes it."""
    numbers = key.public_key().public_numbers()
    n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return {"kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": b64url(n), "e": b64url(b"\x01\x00\x01"), **more}


def jwt(claims: Mapping[str, Any], key: rsa.RSAPrivateKey, header: Mapping[str, Any]) -> str:
    """A token, signed with RS256 whatever the header says."""
    signing_input = f"{b64url(json.dumps(header).encode())}.{b64url(json.dumps(claims).encode())}"
    signature = key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input}.{b64url(signature)}"


@dataclass
class FakeRealm:
    """The realm's state.

    Attributes:
        claims: added to, or with None removed from, the claims of the access token.
        header: the same for its header.
        token_answer: sent instead of a grant: (status, body).
        certs_answer: sent instead of the keys.
        requests: paths and forms asked for.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signer: rsa.RSAPrivateKey = field(default_factory=lambda: rsa_key("realm"))
    kid: str = "key-1"
    token_answer: tuple[int, bytes] | None = None
    certs_answer: tuple[int, bytes] | None = None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    issuer: str = ""

    def access_token(self) -> str:
        """A token as Keycloak makes it, apart from what the test wants changed."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "exp": now + 86_400,
            "iat": now,
            "jti": "1",
            "iss": self.issuer,
            "aud": ["mosip-reg-client", "account"],
            "sub": "subject-1",
            "typ": "Bearer",
            "azp": CLIENT,
            "realm_access": {"roles": ["REGISTRATION_OFFICER", "Default"]},
            "preferred_username": "op1",
            "name": "Op One",
            **self.claims,
        }
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **self.header}
        return jwt(
            {name: value for name, value in claims.items() if value is not None},
            self.signer,
            {name: value for name, value in header.items() if value is not None},
        )

    def keys(self) -> dict[str, Any]:
        """The JWKS document: the signing key, and an encryption key as Keycloak has one."""
        return {"keys": [jwk(self.signer, self.kid), jwk(rsa_key("realm encryption"), "enc", use="enc", alg="RSA-OAEP")]}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        """What a request gets."""
        self.requests.append((path.rpartition("/")[2], form))
        if path.endswith("/certs"):
            return self.certs_answer or (200, orjson.dumps(self.keys()))
        if path.endswith("/logout"):
            return self.token_answer or (204, b"")
        grant = {
            "access_token": self.access_token(),
            "refresh_token": f"refresh-{len(self.requests)}",
            "refresh_expires_in": 1800,
        }
        return self.token_answer or (200, orjson.dumps({**grant, "expires_in": 86_400, "token_type": "Bearer"}))


class RunningRealm:
    """The realm behind a port, for a ``with`` block."""

    def __init__(self) -> None:
        realm = self.realm = FakeRealm()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._reply({name: values[0] for name, values in parse_qs(body).items()})

            def _reply(self, form: dict[str, str]) -> None:
                status, body = realm.answer(self.path, form)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        realm.issuer = f"http://127.0.0.1:{self._server.server_address[1]}/auth/realms/mosip"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
