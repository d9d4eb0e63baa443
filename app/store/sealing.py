"""Sealed columns: AES-256-GCM under a data key that only this machine's key opens, bound to the place where a value stands.

Layout of a sealed value:

======  ==========  =================================
offset  length      content
======  ==========  =================================
0       1           version, 1
1       12          nonce, random
13      n           ciphertext
13 + n  16          tag
======  ==========  =================================

Additional data: table, column and row id, each with its length in front, so that a value moved to another column or row, or
swapped between rows, does not open.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.store.connection import Database
from app.store.errors import SealedValueError
from packet.keys.base import MachineKey
from packet.models import Entropy

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class ColumnSealer:
    """Seals and opens column values under one data key."""

    def __init__(self, data_key: bytes, entropy: Entropy) -> None:
        self._cipher = AESGCM(data_key)
        self._entropy = entropy

    def seal(self, plain: bytes, *, table: str, column: str, row: str) -> bytes:
        """The sealed form of a value, for this place only."""
        nonce = self._entropy(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, _place(table, column, row))

    def open(self, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """The plain value.

        Raises:
            SealedValueError: if it was altered, comes from another place, or another key sealed it.
        """
        if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE_BYTES + 16:
            raise SealedValueError(table=table, column=column)
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], _place(table, column, row))
        except InvalidTag as error:
            raise SealedValueError(table=table, column=column) from error


def _place(table: str, column: str, row: str) -> bytes:
    parts = [part.encode() for part in (table, column, row)]
    return b"sealdesk column" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def open_sealer(database: Database, machine_key: MachineKey, entropy: Entropy) -> ColumnSealer:
    """The sealer of a database; the first call on a new database makes the data key and binds it to the machine key.

    Raises:
        packet.keys.errors.MachineKeyError: a subclass that says why the machine key does not open the data key: another
            machine's, a changed measured state, a TPM that is locked.
        StoreError: a subclass that names a fault of the database.
    """
    with database.transaction() as connection:
        row = connection.execute("SELECT sealed FROM data_key WHERE id = 1").fetchone()
        if row is None:
            data_key = entropy(_KEY_BYTES)
            connection.execute("INSERT INTO data_key (id, sealed) VALUES (1, ?)", (machine_key.seal(data_key),))
            return ColumnSealer(data_key, entropy)
    data_key = machine_key.unseal(row[0])
    if len(data_key) != _KEY_BYTES:
        raise SealedValueError(table="data_key", column="sealed")
    return ColumnSealer(data_key, entropy)
