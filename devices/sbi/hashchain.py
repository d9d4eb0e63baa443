"""The chain of hashes over all captures of one session.

Every link is SHA-256 of the previous link (32 raw bytes) followed by SHA-256 of the ISO record, written as upper-case hex.
The first link's predecessor is SHA-256 of nothing. Elements are chained in the order of the response, and the next request
of the session passes on the last hash, across modalities. Source: MDS 0.9.5, capture response ``hash``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from packet.encoding import hex_upper, sha256

EMPTY_HASH = hex_upper(sha256(b""))
_FORM = re.compile(r"[0-9A-F]{64}", re.ASCII)


def is_hash(text: str) -> bool:
    """Whether a text is 64 upper-case hex digits."""
    return _FORM.fullmatch(text) is not None


def next_hash(previous: str, record: bytes) -> str:
    """The hash of one record after a previous hash.

    Args:
        previous: 64 hex digits, or empty at the start of a session.
        record: the plain ISO record.

    Raises:
        ValueError: if the previous hash is neither.
    """
    before = bytes.fromhex(previous) if previous.strip() else sha256(b"")
    if len(before) != 32:
        raise ValueError("the previous hash does not have 32 bytes")
    return hex_upper(sha256(before + sha256(record)))


def chain(previous: str, records: Iterable[bytes]) -> list[str]:
    """The hashes of several records in a row."""
    hashes = []
    for record in records:
        previous = next_hash(previous, record)
        hashes.append(previous)
    return hashes
