"""Packets taken apart, changed at one layer and sealed again around the change; with test keys, without the builder's code."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from packet.encoding import b64url
from tests.support.devicelab import lab_certificate, lab_key
from tests.support.packetopener import SPLITTER, decrypt, unzip

SUBS = ("id", "evidence", "optional")


def python_zip(entries: Mapping[str, bytes]) -> bytes:
    """A container as Python's zipfile writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def wrap_key(session_key: bytes, certificate: x509.Certificate) -> bytes:
    """RSA-OAEP with SHA-256 for both."""
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    return public.encrypt(session_key, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


def envelope(plain: bytes, session_key: bytes | None = None, nonce: bytes | None = None, aad: bytes | None = None) -> bytes:
    """Seals for the test packet certificate."""
    key, nonce, aad = session_key or os.urandom(32), nonce or os.urandom(12), aad or os.urandom(32)
    certificate = lab_certificate("packet")
    head = nonce + aad + certificate.fingerprint(hashes.SHA256()) + wrap_key(key, certificate) + SPLITTER
    return head + AESGCM(key).encrypt(nonce, plain, aad)


def machine_signature(data: bytes) -> bytes:
    """By the test machine's signing key."""
    return lab_key("machine").sign(data, padding.PKCS1v15(), hashes.SHA256())


def flip(data: bytes, at: int) -> bytes:
    """One bit changed; negative positions count from the end."""
    changed = bytearray(data)
    changed[at] ^= 0x01
    return bytes(changed)


@dataclass
class Steps:
    """What is done at each layer while sealing; a mutation replaces one of them."""

    hash_sub: Callable[[str, dict[str, bytes]], None] = field(default_factory=lambda: _write_hashes)
    zip_sub: Callable[[str, dict[str, bytes]], bytes] = lambda _, entries: python_zip(entries)
    sign_sub: Callable[[str, bytes, bytes], str] = lambda _, plain, __: b64url(machine_signature(plain))
    seal_sub: Callable[[str, bytes], bytes] = lambda _, plain: envelope(plain)
    finish_metadata: Callable[[str, dict[str, Any]], bytes] = lambda _, metadata: json.dumps(metadata).encode()
    finish_stored: Callable[[str, bytes], bytes] = lambda _, stored: stored
    finish_outer: Callable[[dict[str, bytes]], object] = lambda _: None
    zip_outer: Callable[[dict[str, bytes]], bytes] = python_zip
    seal_outer: Callable[[bytes], bytes] = envelope


@dataclass
class EditablePacket:
    """A packet's plain content.

    Attributes:
        metadata: of each sub-packet, without hash and signature.
        entries: of each sub-packet; the hash files are written anew while sealing.
    """

    packet_id: str
    folder: str
    metadata: dict[str, dict[str, Any]]
    entries: dict[str, dict[str, bytes]]
    steps: Steps = field(default_factory=Steps)

    @property
    def rid(self) -> str:
        """The registration id."""
        return self.packet_id.split("-")[0]

    @property
    def file_name(self) -> str:
        """Name of the packet file."""
        return f"{self.packet_id}.zip"

    def json(self, sub: str, name: str) -> Any:
        """A decoded JSON entry: what is inside ``identity``, where that is."""
        value = json.loads(self.entries[sub][name])
        return value["identity"] if isinstance(value, dict) else value

    def put_json(self, sub: str, name: str, value: Any) -> None:
        """Replaces a JSON entry."""
        wrapped = value if name == "audit.json" else {"identity": value}
        self.entries[sub][name] = json.dumps(wrapped, indent=2, ensure_ascii=False).encode()

    def edit_meta(self, change: Callable[[Any], Any]) -> None:
        """Changes the meta information of all sub-packets in the same way."""
        for sub in SUBS:
            meta = self.json(sub, "packet_meta_info.json")
            change(meta)
            self.put_json(sub, "packet_meta_info.json", meta)

    def seal(self) -> bytes:
        """The packet file."""
        outer: dict[str, bytes] = {}
        for sub in SUBS:
            entries = dict(self.entries[sub])
            self.steps.hash_sub(sub, entries)
            plain = self.steps.zip_sub(sub, entries)
            stored = self.steps.seal_sub(sub, plain)
            metadata = dict(self.metadata[sub])
            metadata["encryptedhash"] = b64url(sha256(stored).digest())
            metadata["signature"] = self.steps.sign_sub(sub, plain, stored)
            outer[f"{self.folder}/{self.rid}_{sub}.zip"] = self.steps.finish_stored(sub, stored)
            outer[f"{self.folder}/{self.rid}_{sub}.json"] = self.steps.finish_metadata(sub, metadata)
        self.steps.finish_outer(outer)
        return self.steps.seal_outer(self.steps.zip_outer(outer))


def _write_hashes(_: str, entries: dict[str, bytes]) -> None:
    """Hash files over what the hash sequences list, as far as that can be read."""
    by_base = {name.rpartition(".")[0]: content for name, content in entries.items()}
    for key, file in (("hashSequence1", "packet_data_hash.txt"), ("hashSequence2", "packet_operations_hash.txt")):
        if file in entries:
            listed = b"".join(by_base.get(name, b"") for name in _listed(entries["packet_meta_info.json"], key))
            entries[file] = sha256(listed).hexdigest().upper().encode()


def _listed(meta_info: bytes, key: str) -> list[str]:
    try:
        meta = json.loads(meta_info)["identity"]
        return [str(name) for part in meta[key] for name in part["value"]]
    except (ValueError, KeyError, TypeError):
        return []


def open_for_editing(data: bytes, file_name: str) -> EditablePacket:
    """Takes a sealed packet apart."""
    outer = unzip(decrypt(data, lab_key("packet")))
    metadata, entries, folder = {}, {}, ""
    for path, content in outer.items():
        folder, _, name = path.rpartition("/")
        stem, _, extension = name.rpartition(".")
        sub = stem.rpartition("_")[2]
        if extension == "json":
            metadata[sub] = json.loads(content)
        else:
            entries[sub] = unzip(decrypt(content, lab_key("packet")))
    return EditablePacket(file_name.removesuffix(".zip"), folder, metadata, entries)
