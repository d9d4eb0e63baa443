"""Opens packets in tests of the builder, with the standard library's zip reader and nothing of the builder's or verifier's."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from packet.models import SealedPacket

SPLITTER = b"#KEY_SPLITTER#"


@dataclass(frozen=True)
class OpenSub:
    """One sub-packet, open."""

    metadata: dict[str, str]
    stored: bytes
    plain: bytes
    entries: Mapping[str, bytes]

    def json(self, name: str) -> dict[str, Any]:
        """A JSON entry's ``identity``."""
        content: dict[str, Any] = orjson.loads(self.entries[name])["identity"]
        return content


@dataclass(frozen=True)
class OpenPacket:
    """A packet, open."""

    outer: bytes
    outer_names: list[str]
    subs: Mapping[str, OpenSub]


def decrypt(data: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """Opens one envelope."""
    nonce, aad, wrapped = data[:12], data[12:44], data[76:332]
    assert data[332:346] == SPLITTER
    session_key = key.decrypt(wrapped, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    return AESGCM(session_key).decrypt(nonce, data[346:], aad)


def unzip(data: bytes) -> dict[str, bytes]:
    """All entries, in the order of the directory; a damaged zip fails."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def open_packet(packet: SealedPacket, key: rsa.RSAPrivateKey) -> OpenPacket:
    """Opens a whole packet."""
    outer = decrypt(packet.data, key)
    entries = unzip(outer)
    subs = {}
    for name in ("evidence", "optional", "id"):
        stem = f"REGISTRATION_CLIENT/{packet.process}/{packet.registration_id}_{name}"
        stored = entries[f"{stem}.zip"]
        plain = decrypt(stored, key)
        subs[name] = OpenSub(orjson.loads(entries[f"{stem}.json"]), stored, plain, unzip(plain))
    return OpenPacket(outer, list(entries), subs)
