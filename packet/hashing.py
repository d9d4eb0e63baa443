"""The hashes inside a packet: what goes into them, in which order, and how they are written.

``packet_data_hash.txt`` of a sub-packet is SHA-256 over the contents of all files listed in ``hashSequence1``, biometric files
first, then documents, ``ID`` last; ``packet_operations_hash.txt`` the same over ``hashSequence2`` (officer, supervisor, audit).
Both are written as 64 upper-case hex digits without a line end. A server recomputes them in the listed order, comparing bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from packet.encoding import hex_upper, sha256
from packet.models import Json


class Sequence(StrEnum):
    """The lists of hashed files, in the order in which they are hashed; the values are the labels."""

    BIOMETRIC = "biometricSequence"
    DEMOGRAPHIC = "demographicSequence"
    OTHER = "otherFiles"

    @property
    def is_data(self) -> bool:
        """Whether it belongs to ``hashSequence1`` and the data hash; else to ``hashSequence2`` and the operations hash."""
        return self is not Sequence.OTHER


def listing(files: Iterable[tuple[Sequence, str]]) -> Json:
    """Value of ``hashSequence1`` or ``hashSequence2``: ``[{"label": ..., "value": [name, ...]}, ...]``.

    Args:
        files: the files in hashing order, by name without extension. A label without files is not listed.
    """
    names: dict[Sequence, list[str]] = {}
    for label, name in files:
        names.setdefault(label, []).append(name)
    return [{"label": label.value, "value": list(listed)} for label, listed in names.items()]


def file_text(digest: hashlib._Hash) -> bytes:
    """Content of a hash file: 64 ASCII characters."""
    return hex_upper(digest.digest()).encode("ascii")


def digest_as_plain_text(data: bytes) -> str:
    """Upper-hex SHA-256; ``packetHashValue`` of the RID sync."""
    return hex_upper(sha256(data))
