"""What the server signs, as compact JWS by KERNEL/SIGN (RS256).

A response signature is detached: ``b64url(header) .. b64url(signature)`` over ``b64url(header).b64url(body)``, the exact body
bytes. No certificate travels in the header: a client pins the one that it fetched with ``getCertificate``.
"""

from __future__ import annotations

from packet.encoding import b64url
from sandbox.keys.service import KeyService

RESPONSE_HEADER = "Response-Signature"
_PROTECTED = b64url(b'{"alg":"RS256"}')


def compact_jws(keys: KeyService, payload: bytes) -> str:
    """Signs a payload, which travels inside."""
    return f"{_PROTECTED}.{b64url(payload)}.{_signature(keys, payload)}"


def detached_jws(keys: KeyService, payload: bytes) -> str:
    """Signs a payload, which travels elsewhere."""
    return f"{_PROTECTED}..{_signature(keys, payload)}"


def _signature(keys: KeyService, payload: bytes) -> str:
    return b64url(keys.sign("KERNEL", "SIGN", f"{_PROTECTED}.{b64url(payload)}".encode("ascii")))
