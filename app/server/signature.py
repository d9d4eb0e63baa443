"""The response signature: a detached compact JWS over the exact body bytes.

``b64url(header) .. b64url(signature)``; signed is ``b64url(header).b64url(body)``, RSASSA-PKCS1-v1_5 with SHA-256, by the key
of application KERNEL, reference SIGN. Old servers sign what Jackson makes of the parsed body; so the compact re-serialisation
is tried after the raw bytes. A certificate in the header is never looked at: only the pinned one counts.
"""

from __future__ import annotations

import json

import orjson
from cryptography import x509

from app.server.errors import AnswerUntrustedError
from packet.crypto.errors import SignatureInvalidError
from packet.crypto.jws import verify_rs256
from packet.encoding import b64url, b64url_decode

_HEADER_MAX_CHARS = 16 * 1024


def verify_answer(body: bytes, signature_header: str | None, certificate: x509.Certificate, call: str) -> None:
    """Checks that the holder of the pinned certificate's key signed the body.

    Args:
        body: the bytes as received.
        signature_header: value of ``Response-Signature``, None if there was none.

    Raises:
        AnswerUntrustedError: if it is missing, malformed or by another key.
    """
    if not signature_header:
        raise AnswerUntrustedError(call=call, why="it is not signed")
    protected, signature = _split(signature_header, call)
    for signed in (body, _reserialised(body)):
        try:
            signing_input = f"{protected}.{b64url(signed)}".encode("ascii")
            verify_rs256(certificate.public_key(), signature, signing_input, call)
        except (SignatureInvalidError, ValueError):
            continue
        return
    raise AnswerUntrustedError(call=call, why="its signature is not by the pinned certificate")


def _split(header: str, call: str) -> tuple[str, bytes]:
    parts = header.strip().split(".")
    if len(header) > _HEADER_MAX_CHARS or len(parts) != 3 or parts[1]:
        raise AnswerUntrustedError(call=call, why="its signature is not a detached JWS")
    try:
        protected = orjson.loads(b64url_decode(parts[0]))
        signature = b64url_decode(parts[2])
    except (ValueError, UnicodeEncodeError) as error:
        raise AnswerUntrustedError(call=call, why="its signature cannot be read") from error
    if not isinstance(protected, dict) or protected.get("alg") != "RS256":
        raise AnswerUntrustedError(call=call, why="its signature algorithm is not RS256")
    if "crit" in protected or protected.get("b64", True) is not True:
        raise AnswerUntrustedError(call=call, why="its signature demands an extension")
    return parts[0], signature


def _reserialised(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # a body nested too deep is not what the server made of it either
        return body
