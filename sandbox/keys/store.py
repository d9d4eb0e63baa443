"""Keys at rest: certificates and wrapped base keys in SQLite, master keys as files that stand for the HSM's inside."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from packet.encoding import hex_upper, iso_millis
from sandbox.database import Database
from sandbox.errors import StateDamagedError
from sandbox.keys import wrapping
from sandbox.keys.identifiers import KeyId, KeyLayer
from sandbox.privatefiles import make_private_directory, write_private

_MIGRATIONS = (
    """
    CREATE TABLE key_alias (
        id TEXT PRIMARY KEY, app_id TEXT NOT NULL, ref_id TEXT NOT NULL, key_gen_dtimes TEXT NOT NULL,
        key_expire_dtimes TEXT NOT NULL, cert_thumbprint TEXT NOT NULL UNIQUE) STRICT;
    CREATE INDEX key_alias_by_name ON key_alias (app_id, ref_id);
    CREATE TABLE key_store (
        id TEXT PRIMARY KEY REFERENCES key_alias (id), master_key TEXT NOT NULL,
        certificate_data BLOB NOT NULL, private_key BLOB) STRICT;
    """,
)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One version of a key.

    Attributes:
        master: identifier of the key version that certified it and, for base keys, wraps it; its own for ROOT.
        wrapped: a base key's wrapped private key; None for master keys.
    """

    identifier: str
    key: KeyId
    made_at: datetime
    expires_at: datetime
    certificate: x509.Certificate = field(repr=False)
    master: str = ""
    wrapped: bytes | None = field(default=None, repr=False)

    def is_current(self, now: datetime) -> bool:
        """Whether new uses may begin with it."""
        return self.made_at <= now < self.expires_at - self.key.policy.pre_expire


class KeyStore:
    """The files of one key service. Not thread-safe by itself: the service serialises."""

    def __init__(self, directory: Path) -> None:
        make_private_directory(directory)
        self._directory = directory
        self._database = Database(directory / "keys.sqlite", _MIGRATIONS)
        self._loaded: dict[str, rsa.RSAPrivateKey] = {}

    def newest(self, key: KeyId) -> StoredKey | None:
        """The youngest version of a key."""
        found = self._database.row(
            _SELECT + " WHERE app_id = ? AND ref_id = ? ORDER BY key_gen_dtimes DESC, key_alias.rowid DESC LIMIT 1",
            (key.app_id, key.ref_id),
        )
        return None if found is None else _stored(found)

    def by_thumbprint(self, thumbprint: bytes) -> StoredKey | None:
        """A version by the SHA-256 of its certificate, however old."""
        found = self._database.row(_SELECT + " WHERE cert_thumbprint = ?", (hex_upper(thumbprint),))
        return None if found is None else _stored(found)

    def thumbprints(self, key: KeyId | None = None) -> frozenset[bytes]:
        """Thumbprints of all versions of a key, or of all base keys."""
        sql = "SELECT cert_thumbprint FROM key_alias JOIN key_store USING (id) WHERE private_key IS NOT NULL"
        if key is None:
            found = self._database.rows(sql)
        else:
            found = self._database.rows(sql + " AND app_id = ? AND ref_id = ?", (key.app_id, key.ref_id))
        return frozenset(bytes.fromhex(row[0]) for row in found)

    def add(self, key: KeyId, certificate: x509.Certificate, private: rsa.RSAPrivateKey, master: StoredKey | None) -> StoredKey:
        """Keeps a new version: master keys as a file, base keys wrapped for their master."""
        identifier = str(uuid.uuid4())
        der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        if key.layer is KeyLayer.BASE and master is not None:
            wrapped = wrapping.wrap(der, self.private(master).public_key())
        else:
            wrapped = None
            write_private(self._directory / f"{identifier}.key", der)
        thumbprint = hex_upper(certificate.fingerprint(SHA256()))
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO key_alias VALUES (?, ?, ?, ?, ?, ?)",
                (
                    identifier,
                    key.app_id,
                    key.ref_id,
                    iso_millis(certificate.not_valid_before_utc),
                    iso_millis(certificate.not_valid_after_utc),
                    thumbprint,
                ),
            )
            connection.execute(
                "INSERT INTO key_store VALUES (?, ?, ?, ?)",
                (identifier, master.identifier if master else identifier, certificate.public_bytes(Encoding.DER), wrapped),
            )
        self._loaded[identifier] = private
        return _stored(self._database.rows(_SELECT + " WHERE id = ?", (identifier,))[0])

    def private(self, stored: StoredKey) -> rsa.RSAPrivateKey:
        """The private half; base keys through their master.

        Raises:
            StateDamagedError: if the file is missing or damaged.
        """
        loaded = self._loaded.get(stored.identifier)
        if loaded is None:
            loaded = self._loaded[stored.identifier] = self._load(stored)
        return loaded

    def _load(self, stored: StoredKey) -> rsa.RSAPrivateKey:
        file = f"{stored.identifier}.key"
        try:
            if stored.wrapped is None:
                der = (self._directory / file).read_bytes()
            else:
                der = wrapping.unwrap(stored.wrapped, self._load_by_identifier(stored.master))
            key = load_der_private_key(der, None)
        except (OSError, ValueError, TypeError) as error:
            raise StateDamagedError(file=file, why="a private key is missing or unreadable") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise StateDamagedError(file=file, why="a private key is not RSA")
        return key

    def _load_by_identifier(self, identifier: str) -> rsa.RSAPrivateKey:
        found = self._database.row(_SELECT + " WHERE id = ?", (identifier,))
        if found is None:
            raise StateDamagedError(file="keys.sqlite", why="a master key is missing")
        return self.private(_stored(found))

    def close(self) -> None:
        """Forgets keys and closes the file."""
        self._loaded.clear()
        self._database.close()


_SELECT = "SELECT * FROM key_alias JOIN key_store USING (id)"


def _stored(row: sqlite3.Row) -> StoredKey:
    certificate = x509.load_der_x509_certificate(row["certificate_data"])
    return StoredKey(
        identifier=row["id"],
        key=KeyId(row["app_id"], row["ref_id"]),
        made_at=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        certificate=certificate,
        master=row["master_key"],
        wrapped=row["private_key"],
    )
