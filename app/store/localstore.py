"""Everything that this machine keeps, behind one open file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from app.store.audits import AuditTrail
from app.store.connection import BUSY_TIMEOUT_S, Database, open_database
from app.store.documents import SyncedDocuments
from app.store.drafts import Drafts
from app.store.migrations import migrate
from app.store.outbox import Outbox
from app.store.queue import Queue
from app.store.registrations import Registrations
from app.store.retention import Retention
from app.store.sealing import open_sealer
from app.store.sequence import RidSequence
from packet.keys.base import MachineKey
from packet.models import Entropy


@dataclass(frozen=True, slots=True)
class LocalStore:
    """The repositories over one database."""

    database: Database
    registrations: Registrations
    outbox: Outbox
    audits: AuditTrail
    rid_sequence: RidSequence
    documents: SyncedDocuments
    drafts: Drafts
    queue: Queue
    retention: Retention

    def close(self) -> None:
        """Closes the file. Safe to call twice."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_store(path: Path, machine_key: MachineKey, entropy: Entropy, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> LocalStore:
    """Opens, or makes, the database of this machine and brings it to the newest layout.

    Raises:
        StoreError: a subclass that names why not.
        packet.keys.errors.MachineKeyError: a subclass that says why the machine key does not open it.
    """
    database = open_database(path, busy_timeout_s=busy_timeout_s)
    try:
        migrate(database)
        sealer = open_sealer(database, machine_key, entropy)
        database.checkpoint()  # a kill between a discard and the emptying of the log leaves what was discarded in the log
    except BaseException:
        database.close()
        raise
    audits = AuditTrail(database, sealer)
    drafts = Drafts(database, sealer, audits)
    registrations = Registrations(database, sealer, audits, drafts)
    return LocalStore(
        database=database,
        registrations=registrations,
        outbox=Outbox(database),
        audits=audits,
        rid_sequence=RidSequence(database),
        documents=SyncedDocuments(database, sealer),
        drafts=drafts,
        queue=Queue(database),
        retention=Retention(database, registrations, drafts, audits),
    )
