"""Registrations in work, sealed: the header and every part of its own, each change in one transaction.

A draft has a revision, which every save raises. The header is sealed for the draft's revision, each part for the revision at
which it was written, and the header lists the parts with their revisions. So a part of another draft, a part under another
name, an older state of a part, and a part taken away are all noticed; a save rewrites only the parts that changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from sqlite3 import Connection
from typing import Any

import orjson

from app.core.drafts import DraftHeader, DraftId, DraftList, StoredDraft, UnreadableDraft
from app.store.audits import AuditTrail
from app.store.connection import Database
from app.store.errors import DraftExistsError, DraftTakenError, DraftUnknownError, DraftUnreadableError, SealedValueError
from app.store.instants import from_text, to_text
from app.store.sealing import ColumnSealer
from packet.models import AuditEntry, Flow, RegistrationId

_INSTANTS = ("started_at", "changed_at")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A draft's row: its header, the revision of each of its parts, and who may save it (None: anybody)."""

    header: DraftHeader
    revision: int
    parts: dict[str, int]
    holder: str | None


class Drafts:
    """The drafts of this machine. Every method raises a `StoreError` subclass that names a fault of the database."""

    def __init__(self, database: Database, sealer: ColumnSealer, audits: AuditTrail) -> None:
        self._database = database
        self._sealer = sealer
        self._audits = audits

    def begin(
        self,
        header: DraftHeader,
        parts: Mapping[str, bytes] | None = None,
        *,
        audit: AuditEntry | None = None,
        holder: str | None = None,
    ) -> None:
        """Makes a draft with its first parts, so that a kill never leaves one that cannot be taken up.

        Args:
            holder: as for `save`; None lets anybody save.

        Raises:
            DraftExistsError: if there is one of this id.
        """
        first = parts or {}
        opened = _Opened(header, 1, dict.fromkeys(first, 1), holder)
        with self._database.transaction() as connection:
            try:
                connection.execute(
                    "INSERT INTO draft (draft_id, revision, changed_at, header) VALUES (?, ?, ?, ?)",
                    (header.draft_id, opened.revision, to_text(header.changed_at), self._sealed_header(opened)),
                )
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
                    raise DraftExistsError(draft_id=header.draft_id) from error
                raise
            for name, content in first.items():
                self._put(connection, header.draft_id, name, opened.revision, content)
            if audit is not None:
                self._audits.insert(connection, audit)

    def save(
        self,
        draft_id: DraftId,
        changed: Mapping[str, bytes],
        removed: Collection[str],
        step: str,
        at: datetime,
        holder: str | None = None,
    ) -> None:
        """Replaces the named parts and removes others; all or nothing, durable on return.

        Args:
            changed: new content by part; parts not named stay as they are.
            removed: names; those that are not there are passed over.
            step: where the draft stands now.
            holder: who saves, as given to `begin` or `take`; None is not asked.

        Raises:
            DraftTakenError: if another holder took the draft; nothing is written over.
            DraftUnknownError: if it was sealed, discarded or expired; a late save never brings it back.
            DraftUnreadableError: if it was altered in the file.
        """
        if overlap := set(changed) & set(removed):
            raise ValueError(f"parts both changed and removed: {len(overlap)}")
        with self._database.transaction() as connection:
            before = self._row(connection, draft_id)
            if None not in (holder, before.holder) and holder != before.holder:
                raise DraftTakenError(draft_id=draft_id)
            revision = before.revision + 1
            parts = {name: number for name, number in before.parts.items() if name not in removed}
            parts.update(dict.fromkeys(changed, revision))
            self._replace(connection, _Opened(replace(before.header, step=step, changed_at=at), revision, parts, before.holder))
            connection.executemany(
                "DELETE FROM draft_part WHERE draft_id = ? AND name = ?", [(draft_id, name) for name in removed]
            )
            for name, content in changed.items():
                self._put(connection, draft_id, name, revision, content)

    def take(self, draft_id: DraftId, holder: str, revision: int) -> None:
        """Makes somebody the holder of a draft: whoever held it before cannot save it any more.

        Args:
            revision: at which the holder has read it.

        Raises:
            DraftTakenError: if it was changed since then.
            DraftUnknownError: if it is not there any more.
            DraftUnreadableError: if it was altered in the file.
        """
        with self._database.transaction() as connection:
            before = self._row(connection, draft_id)
            if before.revision != revision:
                raise DraftTakenError(draft_id=draft_id)
            self._replace(connection, replace(before, revision=revision + 1, holder=holder))

    def _replace(self, connection: Connection, after: _Opened) -> None:
        header = after.header
        connection.execute(
            "UPDATE draft SET revision = ?, changed_at = ?, header = ? WHERE draft_id = ?",
            (after.revision, to_text(header.changed_at), self._sealed_header(after), header.draft_id),
        )

    def _put(self, connection: Connection, draft_id: DraftId, name: str, revision: int, content: bytes) -> None:
        sealed = self._sealer.seal(content, table="draft_part", column="data", row=_part_row(draft_id, name, revision))
        connection.execute(
            "INSERT INTO draft_part (draft_id, name, revision, data) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (draft_id, name) DO UPDATE SET revision = excluded.revision, data = excluded.data",
            (draft_id, name, revision, sealed),
        )

    def load(self, draft_id: DraftId) -> StoredDraft:
        """A draft with all its parts, of one moment.

        Raises:
            DraftUnknownError: if there is no such draft.
            DraftUnreadableError: if it was altered in the file.
        """
        with self._database.read() as connection:
            opened = self._row(connection, draft_id)
            rows = connection.execute("SELECT name, revision, data FROM draft_part WHERE draft_id = ?", (draft_id,)).fetchall()
        if {name: revision for name, revision, _ in rows} != opened.parts:
            raise DraftUnreadableError(draft_id=draft_id, what="its parts are not those that were saved")
        parts = {name: self._part(draft_id, name, revision, data) for name, revision, data in rows}
        return StoredDraft(opened.header, parts, opened.revision)

    def _part(self, draft_id: DraftId, name: str, revision: int, sealed: bytes) -> bytes:
        try:
            return self._sealer.open(sealed, table="draft_part", column="data", row=_part_row(draft_id, name, revision))
        except SealedValueError as error:
            raise DraftUnreadableError(draft_id=draft_id, what="a part does not open") from error

    def list(self) -> DraftList:
        """All drafts, without their parts; one that was altered does not hide the others."""
        return self._listed("SELECT draft_id, revision, changed_at, header FROM draft ORDER BY changed_at DESC, draft_id", ())

    def expired(self, before: datetime) -> DraftList:
        """The drafts that were last changed before an instant."""
        return self._listed(
            "SELECT draft_id, revision, changed_at, header FROM draft WHERE changed_at < ? ORDER BY changed_at DESC, draft_id",
            (to_text(before),),
        )

    def _listed(self, query: str, values: tuple[str, ...]) -> DraftList:
        with self._database.read() as connection:
            rows = connection.execute(query, values).fetchall()
        readable: list[DraftHeader] = []
        unreadable: list[UnreadableDraft] = []
        for draft_id, revision, changed_at, sealed in rows:
            try:
                readable.append(self._opened(draft_id, revision, sealed).header)
            except DraftUnreadableError as error:
                unreadable.append(UnreadableDraft(DraftId(draft_id), from_text(changed_at), error.code))
        return DraftList(tuple(readable), tuple(unreadable))

    def discard(self, draft_id: DraftId, audit: AuditEntry) -> None:
        """Removes a draft for good, readable or not, with the audit row that says so.

        Raises:
            DraftUnknownError: if there is no such draft.
        """
        with self._database.transaction() as connection:
            self.remove(connection, draft_id)
            self._audits.insert(connection, audit)
        self._database.checkpoint()

    def remove(self, connection: Connection, draft_id: DraftId) -> None:
        """Removes a draft in the caller's transaction; afterwards the caller empties the log (`Database.checkpoint`).

        Raises:
            DraftUnknownError: if there is no such draft; so the same draft is never sealed twice.
        """
        if connection.execute("DELETE FROM draft WHERE draft_id = ?", (draft_id,)).rowcount != 1:
            raise DraftUnknownError(draft_id=draft_id)

    def expire(self, before: datetime, audit: Callable[[str], AuditEntry]) -> tuple[DraftId, ...]:
        """Removes the drafts that were last changed before an instant, each with its audit row, in one transaction each.

        Args:
            audit: makes the row for a registration id, or for the draft's id where the header does not open.

        Returns:
            What was removed. A draft that was changed or removed meanwhile is not among them.
        """
        old = self.expired(before)
        names: dict[DraftId, str] = {header.draft_id: header.registration_id for header in old.readable}
        names.update({draft.draft_id: draft.draft_id for draft in old.unreadable})
        gone: list[DraftId] = []
        for draft_id, name in names.items():
            with self._database.transaction() as connection:
                deleted = connection.execute(
                    "DELETE FROM draft WHERE draft_id = ? AND changed_at < ?", (draft_id, to_text(before))
                ).rowcount
                if deleted:
                    self._audits.insert(connection, audit(name))
                    gone.append(draft_id)
        if gone:
            self._database.checkpoint()
        return tuple(gone)

    def _row(self, connection: Connection, draft_id: DraftId) -> _Opened:
        row = connection.execute("SELECT revision, header FROM draft WHERE draft_id = ?", (draft_id,)).fetchone()
        if row is None:
            raise DraftUnknownError(draft_id=draft_id)
        return self._opened(draft_id, *row)

    def _sealed_header(self, opened: _Opened) -> bytes:
        values: dict[str, Any] = asdict(opened.header)
        values.update({name: to_text(values[name]) for name in _INSTANTS})
        content = orjson.dumps({"header": values, "parts": opened.parts, "holder": opened.holder})
        row = f"{opened.header.draft_id}/{opened.revision}"
        return self._sealer.seal(content, table="draft", column="header", row=row)

    def _opened(self, draft_id: str, revision: int, sealed: bytes) -> _Opened:
        try:
            content = self._sealer.open(sealed, table="draft", column="header", row=f"{draft_id}/{revision}")
        except SealedValueError as error:
            raise DraftUnreadableError(draft_id=draft_id, what="its header does not open") from error
        kept = orjson.loads(content)
        values = kept["header"]
        header = DraftHeader(
            draft_id=DraftId(values["draft_id"]),
            registration_id=RegistrationId(values["registration_id"]),
            process=values["process"],
            flow=Flow(values["flow"]),
            operator_id=values["operator_id"],
            started_at=from_text(values["started_at"]),
            changed_at=from_text(values["changed_at"]),
            step=values["step"],
        )
        return _Opened(header, revision, kept["parts"], kept.get("holder"))


def _part_row(draft_id: str, name: str, revision: int) -> str:
    return f"{draft_id}/{name}/{revision}"
