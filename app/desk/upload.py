"""Working off the outbox: announce, upload, ask; each packet for itself.

Every outcome is written into the outbox before the next packet is touched: done, again later with a reason, or blocked until a
person looks. When the server cannot be reached, the rest of that kind of work waits, since it would wait as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from cryptography import x509

from app.core.audits import PACKET_SYNCED, PACKET_UPLOADED, STATUS_READ, AuditKind, AuditWriter
from app.core.dispatch import UNANSWERED, SyncItem, SyncVerdict, UploadVerdict
from app.core.errors import AppError, RequestRefusedError, StoredDataError, TokenRefusedError, TransitionRefusedError
from app.core.lifecycle import TRANSITIONS, Event, ServerStatus, State, server_status, status_event
from app.core.outbox import OutboxRow, Task
from app.core.registration import Contact, Decision, RegistrationRecord
from app.core.servercodes import Reaction, explain
from packet.errors import CodedError, PacketError
from packet.models import AuditEntry, Clock, PacketId, RegistrationId

UNKNOWN_PACKET = "RPR-RGS-037"


class Outbox(Protocol):
    """The rows of work."""

    def due(self, task: Task, at: datetime, limit: int) -> tuple[OutboxRow, ...]:
        """Pending rows whose next attempt has come."""
        ...

    def postpone(self, packet_id: PacketId, task: Task, reason: str | None, at: datetime) -> None:
        """Notes a try that may succeed later."""
        ...

    def block(self, packet_id: PacketId, task: Task, reason: str, at: datetime) -> None:
        """Notes a refusal that no other try mends."""
        ...


class Registrations(Protocol):
    """The saved registrations."""

    def find(self, packet_id: PacketId) -> RegistrationRecord:
        """One of them."""
        ...

    def contact(self, packet_id: PacketId) -> Contact:
        """Where the server may notify the person."""
        ...

    def comment(self, packet_id: PacketId) -> str | None:
        """The supervisor's words."""
        ...

    def packet(self, packet_id: PacketId) -> bytes:
        """The sealed packet."""
        ...

    def record(self, packet_id: PacketId, event: Event, at: datetime, *, audit: AuditEntry | None = None) -> State:
        """Takes a registration one step on."""
        ...


class PacketServer(Protocol):
    """The registration processor."""

    def sync(
        self, items: Sequence[SyncItem], ref_id: str, certificate: x509.Certificate, token: str
    ) -> tuple[SyncVerdict, ...]:
        """Announces packets."""
        ...

    def upload(self, packet_id: PacketId, data: bytes, token: str) -> UploadVerdict:
        """Uploads a packet."""
        ...

    def packet_statuses(self, packet_ids: Sequence[PacketId], token: str) -> Mapping[PacketId, str]:
        """External status codes by packet."""
        ...

    def registration_statuses(self, registration_ids: Sequence[RegistrationId], token: str) -> Mapping[RegistrationId, str]:
        """Status codes by registration."""
        ...


class Tokens(Protocol):
    """The logged-in operator's access token."""

    def access_token(self) -> str:
        """A token that is good for at least a minute."""
        ...

    def renew(self) -> None:
        """Gets a new one."""
        ...


class PacketCertificates(Protocol):
    """The packet certificates (K11)."""

    def current(self, ref_id: str) -> x509.Certificate:
        """The one for a centre and machine."""
        ...

    def renew(self, ref_id: str) -> x509.Certificate:
        """Fetches it anew."""
        ...


class Result(StrEnum):
    """How a try ended."""

    DONE = "DONE"
    LATER = "LATER"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try.

    Attributes:
        reason: MOSIP's or our code, if it did not succeed.
    """

    packet_id: PacketId
    task: Task
    result: Result
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """How many packets go into one call."""

    sync: int = 5
    upload: int = 5
    status: int = 5


class _ServerAwayError(Exception):
    """Ends a pass over one kind of work; what was being done is noted already."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes
        super().__init__()


Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Takes registrations to the server.

    All methods raise a `packet.errors.CodedError` for a fault of the database only. What goes wrong with the server, the login
    or a certificate is noted in the outbox and told in the outcomes.
    """

    outbox: Outbox
    registrations: Registrations
    server: PacketServer
    tokens: Tokens
    certificates: PacketCertificates
    writer: AuditWriter
    clock: Clock
    batches: BatchSizes = BatchSizes()

    def run(self) -> tuple[Outcome, ...]:
        """One pass over everything that is due: sync, then upload, then status."""
        return (*self.sync_due(), *self.upload_due(), *self.ask_due())

    def sync_due(self) -> tuple[Outcome, ...]:
        """Announces what is due, in batches of one centre and machine."""
        outcomes: list[Outcome] = []
        records = [self.registrations.find(row.packet_id) for row in self._due(Task.SYNC, self.batches.sync)]
        try:
            for ref_id, group in _grouped((record.ref_id, record) for record in records).items():
                outcomes += self._sync(ref_id, group)
        except _ServerAwayError as away:
            outcomes += away.outcomes
        return tuple(outcomes)

    def upload_due(self) -> tuple[Outcome, ...]:
        """Uploads what is due, one by one."""
        outcomes: list[Outcome] = []
        try:
            for row in self._due(Task.UPLOAD, self.batches.upload):
                outcomes.append(self._upload(self.registrations.find(row.packet_id)))
        except _ServerAwayError as away:
            outcomes += away.outcomes
        return tuple(outcomes)

    def ask_due(self) -> tuple[Outcome, ...]:
        """Asks about what is due."""
        return self.ask([row.packet_id for row in self._due(Task.STATUS, self.batches.status)])

    def ask(self, packet_ids: Sequence[PacketId]) -> tuple[Outcome, ...]:
        """Asks about packets whether or not that is due.

        The packet's own status is asked for until the server has the packet for good; then the registration's, which tells its
        fate.
        """
        records = [self.registrations.find(packet_id) for packet_id in packet_ids]
        outcomes: list[Outcome] = []
        for is_stored, group in _grouped((r.state.server is ServerStatus.ACCEPTED, r) for r in records).items():
            try:
                codes = self._fate_codes(group) if is_stored else self._packet_codes(group)
            except AppError as error:
                outcomes += self._put_off(group, Task.STATUS, error)
            else:
                outcomes += [self._told(record, codes.get(record.packet_id)) for record in group]
        return tuple(outcomes)

    def _due(self, task: Task, limit: int) -> tuple[OutboxRow, ...]:
        return self.outbox.due(task, self.clock(), limit)

    def _sync(self, ref_id: str, records: Sequence[RegistrationRecord]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        items: dict[PacketId, SyncItem] = {}
        for record in records:
            try:
                items[record.packet_id] = self._item(record)
            except StoredDataError as error:
                outcomes.append(self._blocked(record, Task.SYNC, error.code))
        readable = [record for record in records if record.packet_id in items]
        return outcomes + (self._sync_items(ref_id, readable, items) if readable else [])

    def _sync_items(
        self, ref_id: str, records: Sequence[RegistrationRecord], items: Mapping[PacketId, SyncItem]
    ) -> list[Outcome]:
        try:
            verdicts = self._announce(ref_id, [items[record.packet_id] for record in records])
        except RequestRefusedError as error:
            if explain(error.server_code).reaction is Reaction.BLOCK and len(records) > 1:
                # One of them may spoil the whole announcement: each goes alone then.
                return [outcome for record in records for outcome in self._sync_items(ref_id, [record], items)]
            return [self._refused(record, Task.SYNC, error.server_code) for record in records]
        except (AppError, PacketError) as error:  # the line, the login, or the certificate that is to be used
            raise _ServerAwayError(self._put_off(records, Task.SYNC, error)) from error
        return [self._announced(record, verdict) for record, verdict in zip(records, verdicts, strict=True)]

    def _announce(self, ref_id: str, items: Sequence[SyncItem]) -> tuple[SyncVerdict, ...]:
        certificate = self.certificates.current(ref_id)
        try:
            return self._with_token(lambda token: self.server.sync(items, ref_id, certificate, token))
        except RequestRefusedError as error:
            if explain(error.server_code).reaction is not Reaction.RENEW:
                raise
        renewed = self.certificates.renew(ref_id)
        return self._with_token(lambda token: self.server.sync(items, ref_id, renewed, token))

    def _item(self, record: RegistrationRecord) -> SyncItem:
        return SyncItem(
            registration_id=record.registration_id,
            packet_id=record.packet_id,
            process=record.process,
            packet_sha256=record.packet_sha256,
            packet_size=record.packet_size,
            decision=record.decision or Decision.APPROVED,
            lang_code=record.lang_code,
            contact=self.registrations.contact(record.packet_id),
            comment=self.registrations.comment(record.packet_id),
            additional_info_request_id=record.additional_info_request_id,
        )

    def _announced(self, record: RegistrationRecord, verdict: SyncVerdict) -> Outcome:
        if verdict.refusal is not None:
            return self._refused(record, Task.SYNC, verdict.refusal)
        return self._written(record, Task.SYNC, Event.SYNC_ACCEPTED, PACKET_SYNCED)

    def _upload(self, record: RegistrationRecord) -> Outcome:
        try:
            data = self.registrations.packet(record.packet_id)
            verdict = self._send(record, data)
        except StoredDataError as error:
            return self._blocked(record, Task.UPLOAD, error.code)
        except RequestRefusedError as error:
            return self._refused(record, Task.UPLOAD, error.server_code)
        except (AppError, PacketError) as error:
            raise _ServerAwayError(self._put_off([record], Task.UPLOAD, error)) from error
        event = Event.UPLOAD_DUPLICATE if verdict is UploadVerdict.DUPLICATE else Event.UPLOAD_ACCEPTED
        return self._written(record, Task.UPLOAD, event, PACKET_UPLOADED)

    def _send(self, record: RegistrationRecord, data: bytes) -> UploadVerdict:
        """Uploads; if the server has forgotten the announcement or has another hash, announces anew and uploads once more."""
        try:
            return self._with_token(lambda token: self.server.upload(record.packet_id, data, token))
        except RequestRefusedError as error:
            if explain(error.server_code).reaction is not Reaction.RESYNC:
                raise
            (verdict,) = self._announce(record.ref_id, [self._item(record)])
            if verdict.refusal is not None:
                raise
        return self._with_token(lambda token: self.server.upload(record.packet_id, data, token))

    def _packet_codes(self, records: Sequence[RegistrationRecord]) -> dict[PacketId, str]:
        ids = [record.packet_id for record in records]
        return dict(self._with_token(lambda token: self.server.packet_statuses(ids, token)))

    def _fate_codes(self, records: Sequence[RegistrationRecord]) -> dict[PacketId, str]:
        ids = [record.registration_id for record in records]
        codes = self._with_token(lambda token: self.server.registration_statuses(ids, token))
        return {record.packet_id: codes[record.registration_id] for record in records if record.registration_id in codes}

    def _told(self, record: RegistrationRecord, code: str | None) -> Outcome:
        now = self.clock()
        if code is None:
            self.outbox.postpone(record.packet_id, Task.STATUS, UNKNOWN_PACKET, now)
            return Outcome(record.packet_id, Task.STATUS, Result.LATER, UNKNOWN_PACKET)
        event = status_event(server_status(code))
        if TRANSITIONS.get((record.state, event)) == record.state:
            self.outbox.postpone(record.packet_id, Task.STATUS, None, now)
            return Outcome(record.packet_id, Task.STATUS, Result.LATER)
        return self._written(record, Task.STATUS, event, STATUS_READ)

    def _written(self, record: RegistrationRecord, task: Task, event: Event, kind: AuditKind) -> Outcome:
        """Writes down what the server did. What was moved on meanwhile (deleted, or by another desk) stays as it is then."""
        audit = self.writer.about_registration(kind, record.registration_id)
        try:
            self.registrations.record(record.packet_id, event, self.clock(), audit=audit)
        except TransitionRefusedError as error:
            self.outbox.postpone(record.packet_id, task, error.code, self.clock())
            return Outcome(record.packet_id, task, Result.LATER, error.code)
        return Outcome(record.packet_id, task, Result.DONE)

    def _refused(self, record: RegistrationRecord, task: Task, server_code: str) -> Outcome:
        reaction = explain(server_code).reaction
        if server_code == UNANSWERED or reaction in (Reaction.LATER, Reaction.RENEW):
            self.outbox.postpone(record.packet_id, task, server_code, self.clock())
            return Outcome(record.packet_id, task, Result.LATER, server_code)
        return self._blocked(record, task, server_code)

    def _blocked(self, record: RegistrationRecord, task: Task, reason: str) -> Outcome:
        self.outbox.block(record.packet_id, task, reason, self.clock())
        return Outcome(record.packet_id, task, Result.BLOCKED, reason)

    def _put_off(self, records: Sequence[RegistrationRecord], task: Task, error: CodedError) -> list[Outcome]:
        for record in records:
            self.outbox.postpone(record.packet_id, task, error.code, self.clock())
        return [Outcome(record.packet_id, task, Result.LATER, error.code) for record in records]

    def _with_token(self, call: Callable[[str], Value]) -> Value:
        """A refused token is renewed once; refused again, the operator has to log in."""
        try:
            return call(self.tokens.access_token())
        except TokenRefusedError:
            self.tokens.renew()
        return call(self.tokens.access_token())


def _grouped(pairs: Iterable[tuple[Key, RegistrationRecord]]) -> dict[Key, list[RegistrationRecord]]:
    groups: dict[Key, list[RegistrationRecord]] = {}
    for key, record in pairs:
        groups.setdefault(key, []).append(record)
    return groups
