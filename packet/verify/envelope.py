"""Opening the hybrid envelope that holds a packet, and again each of its sub-packets.

====== ====== =========================================================
Offset Length Content
====== ====== =========================================================
0      12     GCM nonce
12     32     associated data
44     32     SHA-256 of the DER of the packet certificate (K11)
76     256    session key, RSA-OAEP with SHA-256, MGF1-SHA-256
332    14     ``#KEY_SPLITTER#``
346    n      AES-256-GCM ciphertext
346+n  16     GCM tag
====== ====== =========================================================

A server strips nonce and associated data and splits the rest at the first splitter, so the splitter must not occur earlier.
Thumbprint and splitter are not authenticated: a change to them shows as an unknown key or a broken layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from packet.verify.ledger import Ledger
from packet.verify.model import SessionKeyOpener

NONCE_END, AAD_END, THUMBPRINT_END, KEY_END, BODY = 12, 44, 76, 332, 346
SPLITTER = b"#KEY_SPLITTER#"
TAG = 16
SESSION_KEY = 32
DATA_MAX = 64 * 1024 * 1024
"""Far above what a server accepts; keeps memory bounded."""

_STEPS = ("envelope", "thumbprint", "session-key", "authentic")
_KEY_UNKNOWN = "KER-KMS-025"


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """The plain content, and the random values that must never be used twice."""

    plain: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    aad: bytes = field(repr=False)
    session_key: bytes = field(repr=False)


def envelope_checks(layer: str) -> tuple[str, ...]:
    """Names of this layer's checks, in order."""
    return tuple(f"{layer}.{step}" for step in _STEPS)


def layout_problems(data: bytes) -> Iterator[str]:
    """What is wrong with the layout as far as it can be seen without a key."""
    if len(data) > DATA_MAX:
        yield f"It has {len(data)} bytes; more than {DATA_MAX} are not opened."
    elif len(data) <= BODY + TAG:
        yield f"It has {len(data)} bytes; an envelope has more than {BODY + TAG}."
    elif data[KEY_END:BODY] != SPLITTER:
        yield "The splitter is not behind the wrapped key."
    elif data.find(SPLITTER) != KEY_END:
        yield "The splitter occurs too early."


def open_envelope(
    data: bytes, opener: SessionKeyOpener, ledger: Ledger, *, layer: str, where: str, server_code: str
) -> OpenedEnvelope | None:
    """Opens one envelope: (1) layout, (2) key by thumbprint, (3) session key, (4) authentication.

    Returns:
        None if a step failed; the steps behind it are then noted as skipped.
    """
    checks = envelope_checks(layer)

    def stopped(at: int, problem: str, code: str | None = None) -> None:
        ledger.judge(checks[at], where, [problem], code or server_code)
        ledger.skip(checks[at + 1 :], where, f"Step {_STEPS[at]} failed.")

    # (1) layout
    problem = next(layout_problems(data), None)
    if problem is not None:
        stopped(0, problem)
        return None
    ledger.judge(checks[0], where, [])
    # (2) key by thumbprint
    thumbprint = data[AAD_END:THUMBPRINT_END]
    if opener.thumbprints and thumbprint not in opener.thumbprints:
        stopped(1, "No known packet certificate has this thumbprint.", _KEY_UNKNOWN)
        return None
    # (3) session key
    try:
        session_key = opener.open(thumbprint, data[THUMBPRINT_END:KEY_END])
    except KeyError:
        stopped(1, "No key belongs to the thumbprint.", _KEY_UNKNOWN)
        return None
    except ValueError:
        session_key = b""
    if opener.thumbprints:
        ledger.judge(checks[1], where, [])
    else:
        ledger.skip([checks[1]], where, "The opener knows no certificates to compare with.")
    if len(session_key) != SESSION_KEY:
        stopped(2, "The session key cannot be unwrapped." if not session_key else "The session key does not have 32 bytes.")
        return None
    ledger.judge(checks[2], where, [])
    # (4) authentication
    nonce, aad = data[:NONCE_END], data[NONCE_END:AAD_END]
    try:
        plain = AESGCM(session_key).decrypt(nonce, memoryview(data)[BODY:], aad)
    except InvalidTag:
        stopped(3, "The content was changed or belongs to another key.")
        return None
    ledger.judge(checks[3], where, [])
    return OpenedEnvelope(plain, nonce, aad, session_key)
