"""Text forms of bytes, times and numbers as MOSIP writes them.

Base64 comes in two alphabets: ``b64url`` (URL-safe, no padding on output) almost everywhere, ``b64std`` (padded) inside CBEFF
XML and ``x5c``. The server's decoder refuses the wrong alphabet, so the decoders here are as strict as that.
"""

from __future__ import annotations

import binascii
import hashlib
from datetime import UTC, datetime

import pybase64


def b64url(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return pybase64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str | bytes) -> bytes:
    """Strict inverse of `b64url`: no padding, no whitespace, no ``+`` or ``/``, canonical trailing bits.

    Raises:
        ValueError: if the text has anything else in it.
    """
    raw = text.encode("ascii", "strict") if isinstance(text, str) else text
    if len(raw) % 4 == 1 or b"=" in raw or b"+" in raw or b"/" in raw:
        raise ValueError("not unpadded URL-safe base64")
    try:
        data = pybase64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not unpadded URL-safe base64") from error
    if len(raw) % 4 and b64url(data[-3 + (-len(raw) % 4) :])[-2:].encode() != raw[-2:]:
        raise ValueError("base64 text has stray trailing bits")
    return data


def b64std(data: bytes) -> str:
    """Standard base64 with padding."""
    return pybase64.standard_b64encode(data).decode("ascii")


def b64std_decode(text: str | bytes) -> bytes:
    """Strict inverse of `b64std`.

    Raises:
        ValueError: if the text is not standard base64 with correct padding.
    """
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not standard base64") from error


def b64any_decode(text: str | bytes) -> bytes:
    """URL-safe first, then standard, padded or not: for public keys only, where MOSIP accepts either."""
    raw = text.encode("ascii", "strict") if isinstance(text, str) else text
    stripped = raw.strip().rstrip(b"=")
    return b64url_decode(stripped.replace(b"+", b"-").replace(b"/", b"_"))


def sha256(data: bytes) -> bytes:
    """SHA-256 digest, 32 bytes."""
    return hashlib.sha256(data).digest()


def hex_upper(digest: bytes) -> str:
    """Upper-case hex, as MOSIP's ``digestAsPlainText`` prints digests."""
    return digest.hex().upper()


def iso_millis(instant: datetime) -> str:
    """UTC ``yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`` (milliseconds truncated)."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def iso_seconds(instant: datetime) -> str:
    """UTC ``yyyy-MM-dd'T'HH:mm:ss'Z'``: the only form in which device times are accepted."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def compact_seconds(instant: datetime) -> str:
    """UTC ``yyyyMMddHHmmss``, used in RID, packetId and metaData."""
    return f"{instant.astimezone(UTC):%Y%m%d%H%M%S}"


def java_double(value: float) -> str:
    """Decimal text as Java's ``Double.toString`` gives it for the plain range 1e-3..1e7 (``0.1``, ``1.0``)."""
    return repr(float(value))
