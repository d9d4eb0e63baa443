"""One call to a MOSIP server: address, cookie, ``version`` query, limits, retries, status codes, wrapper, response signature.

Login travels as the cookie ``Authorization=<JWT>``; the services read nothing else. Connection failures and server faults are
tried twice in all, one second apart, where MOSIP's client does so too. Redirects are not followed and cookies of the server are
not kept. Compression is neither asked for nor taken, so that the limit and the signature are over the same bytes.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
from cryptography import x509

from app.core.errors import ServerUnavailableError
from app.server.errors import (
    AnswerMalformedError,
    AnswerTooLargeError,
    AnswerUntrustedError,
    RoleMissingError,
    ServerAddressError,
    ServerFaultError,
    ServerSilentError,
    ServerUnreachableError,
    TokenRefusedError,
)
from app.server.signature import verify_answer
from app.server.wrapper import Wrapped, parse_wrapper
from packet.crypto.chain import unsuitable
from packet.models import Clock

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call.

    Attributes:
        name: for people, completes "the server refused ...".
        path: below the server's address.
        limit_bytes: largest answer that is read.
        is_signed: whether a non-null ``response`` must carry the server's signature.
        attempts: tries in all when there is no connection or the server has a fault.
    """

    name: str
    method: str
    path: str
    limit_bytes: int = 1024 * 1024
    is_signed: bool = True
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Payload:
    """What goes out with a call.

    Attributes:
        content: body bytes, with their type in the headers.
        file: for an upload: (file name, content), as the one part ``file`` of a multipart form.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    file: tuple[str, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """MOSIP's HTTP_API_WRITE_TIMEOUT and HTTP_API_READ_TIMEOUT, in seconds."""

    connect_s: float = 60.0
    read_s: float = 60.0


class MosipServer:
    """The line to one server. Not for several threads at once.

    Args:
        base_url: ``https://<host>``; ``http`` for a loopback address only.
        version: of this client; every call carries it.
        transport: replaces the network in tests.
        pause: waits between tries.

    Attributes:
        signing_certificate: the pinned certificate of KERNEL/SIGN; signed calls fail until it is there.

    Raises:
        ServerAddressError: if the address must not be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        version: str,
        clock: Clock,
        timeouts: Timeouts | None = None,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        retry_delay_s: float = 1.0,
    ) -> None:
        is_local = check_address(base_url)
        self._timeouts = timeouts or Timeouts()
        self._version = version
        self._clock = clock
        self._pause = pause
        self._retry_delay_s = retry_delay_s
        self.signing_certificate: x509.Certificate | None = None
        self._http = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(self._timeouts.read_s, connect=self._timeouts.connect_s),
            transport=transport,
            trust_env=not is_local,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "Cache-Control": "no-cache,max-age=0"},
        )

    def ask(self, call: Call, token: str | None, payload: Payload | None = None) -> Wrapped:
        """Sends a call and reads the answer.

        Raises:
            ServerUnavailableError: a subclass, if there is no connection, no answer in time, or a fault.
            TokenRefusedError, RoleMissingError: HTTP 401 and 403.
            AnswerTooLargeError, AnswerMalformedError, AnswerUntrustedError: if the answer cannot be used.
        """
        body, signature = self._try(call, token, payload or Payload())
        wrapped = parse_wrapper(body, call.name)
        if call.is_signed and wrapped.response is not None:
            self.check_signature(call, body, signature)
        return wrapped

    def ask_for_pinning(self, call: Call, token: str | None, payload: Payload) -> tuple[Wrapped, bytes, str | None]:
        """As `ask`, without checking the signature: for the one answer that brings the certificate to check it with.

        Returns:
            The answer, its bytes, and the value of its signature header.
        """
        body, signature = self._try(call, token, payload)
        return parse_wrapper(body, call.name), body, signature

    def check_signature(self, call: Call, body: bytes, signature: str | None) -> None:
        """Checks an answer against the pinned certificate.

        Raises:
            AnswerUntrustedError: if none is pinned, it is out of date, or the signature does not fit.
        """
        pinned = self.signing_certificate
        if pinned is None:
            raise AnswerUntrustedError(call=call.name, why="no signing certificate of the server is pinned yet")
        fault = unsuitable(pinned, self._clock())
        if fault is not None:
            raise AnswerUntrustedError(call=call.name, why=f"the pinned certificate cannot be used: {fault}")
        verify_answer(body, signature, pinned, call.name)

    def close(self) -> None:
        """Closes the connections. Safe to call twice."""
        self._http.close()

    def _try(self, call: Call, token: str | None, payload: Payload) -> tuple[bytes, str | None]:
        for attempt in range(1, call.attempts + 1):
            try:
                return self._once(call, token, payload)
            except ServerUnavailableError:
                if attempt == call.attempts:
                    raise
                self._pause(self._retry_delay_s)
        raise AssertionError("a call has at least one attempt")

    def _once(self, call: Call, token: str | None, payload: Payload) -> tuple[bytes, str | None]:
        host = self._http.base_url.host
        request = self._request(call, token, payload)
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
            try:
                body = self._read(response, call)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise ServerSilentError(host=host, call=call.name, timeout_s=self._timeouts.read_s) from None
        except httpx.TransportError as error:
            raise ServerUnreachableError(host=host, call=call.name, why=type(error).__name__) from None
        finally:
            self._http.cookies.clear()
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise TokenRefusedError(call=call.name)
        if response.status_code == httpx.codes.FORBIDDEN:
            raise RoleMissingError(call=call.name)
        if response.status_code != httpx.codes.OK:
            raise ServerFaultError(host=host, call=call.name, status=response.status_code)
        return body, response.headers.get("response-signature")

    def _read(self, response: httpx.Response, call: Call) -> bytes:
        """The body within its limits of size and time; a read timeout alone would let a server drip for ever."""
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > call.limit_bytes:
            raise AnswerTooLargeError(call=call.name, limit_bytes=call.limit_bytes)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise AnswerMalformedError(call=call.name, why="it is compressed, which was not asked for")
        parts: list[bytes] = []
        size = 0
        ends_at = time.monotonic() + self._timeouts.read_s
        for part in response.iter_bytes():
            size += len(part)
            if size > call.limit_bytes:
                raise AnswerTooLargeError(call=call.name, limit_bytes=call.limit_bytes)
            if time.monotonic() > ends_at:
                raise ServerSilentError(host=self._http.base_url.host, call=call.name, timeout_s=self._timeouts.read_s)
            parts.append(part)
        return b"".join(parts)

    def _request(self, call: Call, token: str | None, payload: Payload) -> httpx.Request:
        headers = dict(payload.headers)
        if token is not None:
            if not _TOKEN.fullmatch(token):
                raise TokenRefusedError(call=call.name)
            headers["Cookie"] = f"Authorization={token}"
        files = None
        if payload.file is not None:
            files = {"file": (payload.file[0], payload.file[1], "application/octet-stream")}
        return self._http.build_request(
            call.method,
            call.path,
            params={**payload.params, "version": self._version},
            headers=headers,
            content=payload.content,
            files=files,
        )


def check_address(url: str) -> bool:
    """Whether an address is this machine itself.

    Raises:
        ServerAddressError: unless it is https, or http to a loopback address.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ServerAddressError(url=url, why="it is not a URL") from error
    is_local = _is_loopback(parsed.host)
    if parsed.scheme not in ("https", "http") or not parsed.host or parsed.userinfo:
        raise ServerAddressError(url=parsed.copy_with(userinfo=b"").host or "?", why="it is not of the form https://<host>")
    if parsed.scheme == "http" and not is_local:
        raise ServerAddressError(url=parsed.host, why="the connection would not be encrypted")
    return is_local


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
