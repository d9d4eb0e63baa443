"""A hand-written MOSIP server behind `httpx.MockTransport`: signs its answers, can be told to misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from app.server.transport import MosipServer
from packet.crypto.jws import verify_rs256
from packet.encoding import b64url
from packet.models import Json
from tests.support.certificates import NOW, Issued, issue

BASE_URL = "https://mosip.example.invalid"
TOKEN = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl"
HEADER = b64url(b'{"alg":"RS256"}')

Handler = Callable[[httpx.Request], httpx.Response]


def detached(signer: Issued, body: bytes, protected: str = HEADER) -> str:
    """The response signature over a body."""
    signing_input = f"{protected}.{b64url(body)}".encode()
    signature = signer.key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())
    verify_rs256(signer.key.public_key(), signature, signing_input, "own signature")
    return f"{protected}..{b64url(signature)}"


def wrapped(response: Json = None, errors: Json = None) -> bytes:
    """A response wrapper as MOSIP writes it."""
    return orjson.dumps(
        {
            "id": None,
            "version": None,
            "responsetime": "2026-01-15T10:00:00.000Z",
            "metadata": None,
            "response": response,
            "errors": errors,
        }
    )


def error(code: str, **more: str) -> list[Json]:
    """An ``errors`` list of one item."""
    return [{"errorCode": code, "message": f"text of {code}", **more}]


@dataclass
class FakeServer:
    """Answers with what it is told, signed by `signer`, and remembers what it was asked.

    Attributes:
        answers: one for each request to come; an exception is raised instead of answering.
    """

    signer: Issued = field(default_factory=lambda: issue("KERNEL-SIGN"))
    answers: list[httpx.Response | Exception | bytes] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def will(self, *answers: httpx.Response | Exception | bytes) -> None:
        """Queues answers; bytes are sent with status 200 and a right signature."""
        self.answers.extend(answers)

    def signed(self, body: bytes, *, signature: str | None = None, status: int = 200) -> httpx.Response:
        """An answer with a signature, the right one unless another is given."""
        header = detached(self.signer, body) if signature is None else signature
        return httpx.Response(status, content=body, headers={"Response-Signature": header})

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The transport's handler."""
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return self.signed(answer) if isinstance(answer, bytes) else answer

    def line(self, *, pinned: bool = True, pauses: list[float] | None = None) -> MosipServer:
        """A client's line to this server."""
        server = MosipServer(
            BASE_URL,
            version="0.1.0",
            clock=now,
            transport=httpx.MockTransport(self.handle),
            pause=(pauses if pauses is not None else []).append,
        )
        if pinned:
            server.signing_certificate = self.signer.certificate
        return server


def now() -> datetime:
    """The instant of all these tests."""
    return NOW.astimezone(UTC)


class Endless(httpx.SyncByteStream):
    """A body that never ends."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b" " * 65536
