"""What was fetched from the server and must outlive a restart: pinned certificates, CA certificates, ID schema, token keys.

None of it is secret, but all of it decides whom this machine trusts. It is sealed, so that it cannot be exchanged in the file.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.store.connection import Database
from app.store.instants import to_text
from app.store.sealing import ColumnSealer

_TABLE = "synced_document"


class DocumentKind(StrEnum):
    """What a document is."""

    SIGNING_CERTIFICATE = "SIGNING_CERTIFICATE"
    PACKET_CERTIFICATE = "PACKET_CERTIFICATE"
    CA_CERTIFICATES = "CA_CERTIFICATES"
    ID_SCHEMA = "ID_SCHEMA"
    TOKEN_KEYS = "TOKEN_KEYS"


class SyncedDocuments:
    """The documents by kind and reference (for example ``10001_10021``)."""

    def __init__(self, database: Database, sealer: ColumnSealer) -> None:
        self._database = database
        self._sealer = sealer

    def put(self, kind: DocumentKind, reference: str, body: bytes, at: datetime) -> None:
        """Keeps a document in place of an earlier one.

        Raises:
            StoreError: a subclass that names the fault.
        """
        sealed = self._sealer.seal(body, table=_TABLE, column="body", row=f"{kind.value}/{reference}")
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO synced_document (kind, reference, body, fetched_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, reference) DO UPDATE SET body = excluded.body, fetched_at = excluded.fetched_at",
                (kind.value, reference, sealed, to_text(at)),
            )

    def get(self, kind: DocumentKind, reference: str) -> bytes | None:
        """A document, or None.

        Raises:
            SealedValueError: if it was altered in the file.
            StoreError: a subclass that names the fault.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT body FROM synced_document WHERE kind = ? AND reference = ?", (kind.value, reference)
            ).fetchone()
        if row is None:
            return None
        return self._sealer.open(row[0], table=_TABLE, column="body", row=f"{kind.value}/{reference}")
