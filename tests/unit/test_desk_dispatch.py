"""Packets on their way: what every answer of the server does to the outbox, and that one packet never holds up another."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.core.audits import AuditWriter
from app.core.dispatch import UNANSWERED, SyncItem, SyncVerdict, UploadVerdict
from app.core.errors import RequestRefusedError, TokenRefusedError
from app.core.lifecycle import ClientStatus, Event, ServerStatus
from app.core.outbox import RowState, Task
from app.core.registration import Decision
from app.desk.upload import Dispatch, Outcome, Result
from app.server.errors import ServerUnreachableError
from app.server.loginerrors import SessionEndedError
from app.server.wrapper import refused
from app.store.localstore import LocalStore, open_store
from packet.crypto.errors import CertificateExpiredError
from packet.keys.software import SoftwareMachineKey
from packet.models import PacketId, RegistrationId
from tests.support.certificates import issue
from tests.support.fake_server_registrations import CONTACT, NOW, REF_ID, audit_entry, new_registration


@dataclass
class FakeProcessor:
    """A registration processor that says what it is told, packet by packet; otherwise everything goes well."""

    token: str = "token"
    whole: list[Exception] = field(default_factory=list)
    sync_refusals: dict[PacketId, str] = field(default_factory=dict)
    spoils: set[PacketId] = field(default_factory=set)
    uploads: dict[PacketId, list[UploadVerdict | Exception]] = field(default_factory=dict)
    statuses: dict[PacketId, str] = field(default_factory=dict)
    fates: dict[RegistrationId, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    announced: list[SyncItem] = field(default_factory=list)

    def _begin(self, call: str, token: str) -> None:
        self.calls.append(call)
        if self.whole:
            raise self.whole.pop(0)
        if token != self.token:
            raise TokenRefusedError(call=call)

    def sync(
        self, items: Sequence[SyncItem], ref_id: str, certificate: x509.Certificate, token: str
    ) -> tuple[SyncVerdict, ...]:
        assert ref_id == REF_ID
        self._begin(f"sync {len(items)}", token)
        if any(item.packet_id in self.spoils for item in items):
            raise refused("the announcement", "RPR-RGS-016")
        self.announced += items
        return tuple(SyncVerdict(item.packet_id, self.sync_refusals.get(item.packet_id)) for item in items)

    def upload(self, packet_id: PacketId, data: bytes, token: str) -> UploadVerdict:
        self._begin("upload", token)
        verdict = self.uploads.get(packet_id, [UploadVerdict.ACCEPTED])
        answer = verdict.pop(0) if len(verdict) > 1 else verdict[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def packet_statuses(self, packet_ids: Sequence[PacketId], token: str) -> Mapping[PacketId, str]:
        self._begin(f"packets {len(packet_ids)}", token)
        return {packet_id: self.statuses[packet_id] for packet_id in packet_ids if packet_id in self.statuses}

    def registration_statuses(self, registration_ids: Sequence[RegistrationId], token: str) -> Mapping[RegistrationId, str]:
        self._begin(f"registrations {len(registration_ids)}", token)
        return {rid: self.fates[rid] for rid in registration_ids if rid in self.fates}


@dataclass
class FakeTokens:
    """An operator whose token can be renewed to the next one."""

    tokens: list[str] = field(default_factory=lambda: ["token"])
    failure: Exception | None = None

    def access_token(self) -> str:
        return self.tokens[0]

    def renew(self) -> None:
        if self.failure is not None:
            raise self.failure
        self.tokens.pop(0)


@dataclass
class FakeCertificates:
    """Packet certificates; counts how often they were fetched anew."""

    renewals: int = 0
    failure: Exception | None = None

    def current(self, ref_id: str) -> x509.Certificate:
        if self.failure is not None:
            raise self.failure
        return issue("REGISTRATION-10001_10021").certificate

    def renew(self, ref_id: str) -> x509.Certificate:
        self.renewals += 1
        return self.current(ref_id)


@dataclass
class Desk:
    """A machine with its real database and a pretended server."""

    store: LocalStore
    server: FakeProcessor = field(default_factory=FakeProcessor)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    certificates: FakeCertificates = field(default_factory=FakeCertificates)
    now: datetime = NOW

    def add(self, count: int = 1, *, needs_approval: bool = False) -> list[PacketId]:
        ids = []
        for _ in range(count):
            new = new_registration(len(self.store.registrations.all()) + 1, needs_approval=needs_approval)
            self.store.registrations.save(new, self.store.audits.pending(), audit_entry(), self.now)
            ids.append(new.packet.packet_id)
        return ids

    @property
    def dispatch(self) -> Dispatch:
        writer = AuditWriter("op1", "Op One", "desk-01", lambda: self.now)
        return Dispatch(
            self.store.outbox,
            self.store.registrations,
            self.server,
            self.tokens,
            self.certificates,
            writer,
            lambda: self.now,
        )

    def row(self, packet_id: PacketId, task: Task) -> tuple[RowState, str | None]:
        (row,) = [row for row in self.store.outbox.rows(packet_id) if row.task is task]
        return row.state, row.reason

    def status(self, packet_id: PacketId) -> tuple[ClientStatus, ServerStatus]:
        state = self.store.registrations.find(packet_id).state
        return state.client, state.server


@pytest.fixture(scope="module")
def machine_key(tmp_path_factory: pytest.TempPathFactory) -> SoftwareMachineKey:
    return SoftwareMachineKey.open_or_create(tmp_path_factory.mktemp("keys"), "desk-01")


@pytest.fixture
def desk(tmp_path: Path, machine_key: SoftwareMachineKey) -> Iterator[Desk]:
    with open_store(tmp_path / "sealdesk.sqlite", machine_key, os.urandom) as store:
        yield Desk(store)


def test_a_packet_goes_all_the_way(desk: Desk) -> None:
    (packet_id,) = desk.add()
    rid = desk.store.registrations.find(packet_id).registration_id
    desk.server.statuses[packet_id] = "RECEIVED"
    results = [(o.task, o.result) for o in desk.dispatch.run()]
    assert results == [(Task.SYNC, Result.DONE), (Task.UPLOAD, Result.DONE), (Task.STATUS, Result.LATER)]
    desk.server.statuses[packet_id] = "ACCEPTED"
    desk.server.fates[rid] = "PROCESSED"
    desk.dispatch.ask([packet_id])
    assert desk.status(packet_id) == (ClientStatus.PUSHED, ServerStatus.ACCEPTED)
    desk.dispatch.ask([packet_id])
    assert desk.status(packet_id) == (ClientStatus.PUSHED, ServerStatus.PROCESSED)
    assert {row.state for row in desk.store.outbox.rows(packet_id)} == {RowState.DONE}
    assert desk.dispatch.run() == ()


def test_the_announcement_says_what_was_sealed_and_decided(desk: Desk) -> None:
    (packet_id,) = desk.add(needs_approval=True)
    desk.store.registrations.record(packet_id, Event.REJECT, NOW, comment="not a person")
    desk.dispatch.sync_due()
    (item,) = desk.server.announced
    record = desk.store.registrations.find(packet_id)
    assert (item.packet_sha256, item.packet_size, item.process) == (record.packet_sha256, record.packet_size, "NEW")
    assert (item.decision, item.comment, item.contact) == (Decision.REJECTED, "not a person", CONTACT)


def test_each_step_is_audited(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.server.statuses[packet_id] = "ACCEPTED"
    desk.dispatch.run()
    events = [entry.event_id for entry in desk.store.audits.pending().entries]
    assert events[-3:] == ["REG-EVT-069", "REG-UPL-PKT-001", "REG-SYNC-006"]


def test_announcements_go_in_batches(desk: Desk) -> None:
    desk.add(7)
    desk.dispatch.sync_due()
    desk.dispatch.sync_due()
    assert desk.server.calls == ["sync 5", "sync 2"]


def test_one_refused_announcement_is_blocked_and_the_others_go_on(desk: Desk) -> None:
    good, bad, other = desk.add(3)
    desk.server.sync_refusals[bad] = "RPR-RGS-003"
    desk.dispatch.run()
    assert desk.row(bad, Task.SYNC) == (RowState.BLOCKED, "RPR-RGS-003")
    assert desk.status(bad)[0] is ClientStatus.APPROVED
    assert {desk.status(p)[0] for p in (good, other)} == {ClientStatus.PUSHED}


def test_a_packet_that_spoils_the_whole_announcement_is_found(desk: Desk) -> None:
    good, bad = desk.add(2)
    desk.server.spoils.add(bad)
    desk.dispatch.sync_due()
    assert desk.row(bad, Task.SYNC) == (RowState.BLOCKED, "RPR-RGS-016")
    assert desk.status(good)[0] is ClientStatus.SYNCED


def test_an_unanswered_announcement_is_made_again_later(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.server.sync_refusals[packet_id] = UNANSWERED
    desk.dispatch.sync_due()
    assert desk.row(packet_id, Task.SYNC) == (RowState.PENDING, UNANSWERED)
    assert desk.dispatch.sync_due() == ()
    desk.server.sync_refusals.clear()
    desk.now += timedelta(minutes=1)
    assert [o.result for o in desk.dispatch.sync_due()] == [Result.DONE]


def test_a_key_that_the_server_no_longer_has_is_fetched_anew(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.server.whole = [refused("the announcement", "RPR-RGS-028")]
    desk.dispatch.sync_due()
    assert desk.certificates.renewals == 1
    assert desk.status(packet_id)[0] is ClientStatus.SYNCED


def test_a_certificate_that_cannot_be_used_is_noted(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.certificates.failure = CertificateExpiredError(what="x", not_after="y")
    desk.dispatch.run()
    assert desk.row(packet_id, Task.SYNC) == (RowState.PENDING, "PACKET-CERTIFICATE-EXPIRED")


def test_a_duplicate_counts_as_uploaded(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.server.uploads[packet_id] = [UploadVerdict.DUPLICATE]
    desk.dispatch.run()
    assert desk.status(packet_id) == (ClientStatus.PUSHED, ServerStatus.DUPLICATE)


@pytest.mark.parametrize("code", ["RPR-PKR-001", "RPR-PKR-009", "RPR-PKR-013"])
def test_a_forgotten_announcement_is_made_again_once(desk: Desk, code: str) -> None:
    (packet_id,) = desk.add()
    desk.server.uploads[packet_id] = [refused("the packet", code), UploadVerdict.ACCEPTED]
    desk.dispatch.run()
    assert desk.status(packet_id)[0] is ClientStatus.PUSHED
    assert desk.server.calls[:4] == ["sync 1", "upload", "sync 1", "upload"]


def test_refused_after_a_second_announcement_it_waits_for_a_person(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.server.uploads[packet_id] = [refused("the packet", "RPR-PKR-009")]
    desk.dispatch.run()
    assert desk.server.calls.count("upload") == 2
    assert desk.row(packet_id, Task.UPLOAD) == (RowState.BLOCKED, "RPR-PKR-009")


def test_one_bad_packet_does_not_hold_up_the_next(desk: Desk) -> None:
    bad, good = desk.add(2)
    desk.server.uploads[bad] = [refused("the packet", "RPR-PKR-010")]
    desk.dispatch.run()
    assert desk.row(bad, Task.UPLOAD) == (RowState.BLOCKED, "RPR-PKR-010")
    assert desk.status(good)[0] is ClientStatus.PUSHED


def test_a_damaged_packet_is_never_uploaded(desk: Desk) -> None:
    bad, good = desk.add(2)
    with desk.store.database.transaction() as connection:
        connection.execute("UPDATE packet_content SET data = zeroblob(5000) WHERE packet_id = ?", (bad,))
    desk.dispatch.run()
    assert desk.row(bad, Task.UPLOAD) == (RowState.BLOCKED, "STORE-PACKET-DAMAGED")
    assert desk.status(good)[0] is ClientStatus.PUSHED


def test_a_tampered_contact_blocks_its_own_registration_only(desk: Desk) -> None:
    bad, good = desk.add(2)
    with desk.store.database.transaction() as connection:
        connection.execute("UPDATE registration SET contact = zeroblob(40) WHERE packet_id = ?", (bad,))
    desk.dispatch.run()
    assert desk.row(bad, Task.SYNC) == (RowState.BLOCKED, "STORE-SEALED-VALUE")
    assert desk.status(good)[0] is ClientStatus.PUSHED


def test_without_a_server_everything_waits_and_nothing_is_lost(desk: Desk) -> None:
    ids = desk.add(2)
    desk.server.whole = [ServerUnreachableError(host="h", call="c", why="w")]
    assert [o.reason for o in desk.dispatch.sync_due()] == ["SERVER-UNREACHABLE"] * 2
    assert {desk.row(p, Task.SYNC) for p in ids} == {(RowState.PENDING, "SERVER-UNREACHABLE")}
    desk.now += timedelta(minutes=1)
    desk.dispatch.run()
    assert {desk.status(p)[0] for p in ids} == {ClientStatus.PUSHED}


def test_a_line_that_breaks_between_uploads_ends_the_pass(desk: Desk) -> None:
    first, second = desk.add(2)
    desk.dispatch.sync_due()
    desk.server.uploads[first] = [ServerUnreachableError(host="h", call="c", why="w")]
    assert desk.dispatch.upload_due() == (Outcome(first, Task.UPLOAD, Result.LATER, "SERVER-UNREACHABLE"),)
    assert desk.row(second, Task.UPLOAD) == (RowState.PENDING, None)


def test_a_refused_token_is_renewed_once(desk: Desk) -> None:
    (packet_id,) = desk.add()
    desk.tokens.tokens = ["stale", "token"]
    desk.dispatch.run()
    assert desk.status(packet_id)[0] is ClientStatus.PUSHED


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (FakeTokens(["stale", "stale too"]), "SERVER-TOKEN"),
        (FakeTokens(["stale"], SessionEndedError()), "LOGIN-SESSION-ENDED"),
    ],
)
def test_a_login_that_is_over_is_told_and_nothing_lost(desk: Desk, tokens: FakeTokens, reason: str) -> None:
    (packet_id,) = desk.add()
    desk.tokens = tokens
    assert [(o.task, o.reason) for o in desk.dispatch.run()] == [(Task.SYNC, reason)]
    assert desk.row(packet_id, Task.SYNC) == (RowState.PENDING, reason)


def pushed(desk: Desk, count: int = 1) -> list[PacketId]:
    ids = desk.add(count)
    desk.dispatch.sync_due()
    desk.dispatch.upload_due()
    return ids


def test_resend_uploads_the_same_file_again_without_announcing(desk: Desk) -> None:
    (packet_id,) = pushed(desk)
    desk.server.statuses[packet_id] = "RESEND"
    desk.dispatch.ask_due()
    desk.server.calls.clear()
    desk.dispatch.upload_due()
    assert desk.server.calls == ["upload"]
    assert desk.status(packet_id) == (ClientStatus.PUSHED, ServerStatus.RECEIVED)


def test_no_news_is_asked_for_again_later(desk: Desk) -> None:
    (packet_id,) = pushed(desk)
    desk.server.statuses[packet_id] = "RECEIVED"
    assert [o.result for o in desk.dispatch.ask_due()] == [Result.LATER]
    assert desk.dispatch.ask_due() == ()
    events = [entry.event_id for entry in desk.store.audits.pending().entries]
    assert "REG-SYNC-006" not in events, "asking without an answer is no event"


def test_a_packet_that_the_server_does_not_know_is_asked_about_again(desk: Desk) -> None:
    known, unknown = pushed(desk, 2)
    desk.server.statuses[known] = "ACCEPTED"
    desk.dispatch.ask_due()
    assert desk.row(unknown, Task.STATUS) == (RowState.PENDING, "RPR-RGS-037")
    assert desk.status(known)[1] is ServerStatus.ACCEPTED


def test_an_answer_about_what_was_deleted_changes_nothing_and_stops_nothing(desk: Desk) -> None:
    gone, other = pushed(desk, 2)
    for event in (Event.SERVER_PROCESSED, Event.DELETE):
        desk.store.registrations.record(gone, event, NOW)
    desk.server.statuses.update({gone: "RESEND", other: "PROCESSING"})
    first, second = desk.dispatch.ask([gone, other])
    assert (first.result, first.reason) == (Result.LATER, "APP-LIFECYCLE-REFUSED")
    assert second.result is Result.DONE
    assert desk.status(gone) == (ClientStatus.DELETED, ServerStatus.PROCESSED)
    assert {row.state for row in desk.store.outbox.rows(gone)} == {RowState.DONE}


def test_what_another_desk_uploaded_meanwhile_does_not_hold_up_the_next(desk: Desk) -> None:
    first, second = desk.add(2)
    desk.dispatch.sync_due()
    upload = desk.server.upload

    def both_at_once(packet_id: PacketId, data: bytes, token: str) -> UploadVerdict:
        if packet_id == first:
            desk.store.registrations.record(first, Event.UPLOAD_ACCEPTED, NOW)
            return UploadVerdict.DUPLICATE
        return upload(packet_id, data, token)

    desk.server.upload = both_at_once  # type: ignore[method-assign]
    assert [o.result for o in desk.dispatch.upload_due()] == [Result.LATER, Result.DONE]
    assert desk.status(first) == desk.status(second) == (ClientStatus.PUSHED, ServerStatus.RECEIVED)


def test_a_code_of_the_future_is_kept_as_unrecognised(desk: Desk) -> None:
    (packet_id,) = pushed(desk)
    desk.server.statuses[packet_id] = "SOMETHING_NEW"
    desk.dispatch.ask_due()
    assert desk.status(packet_id) == (ClientStatus.PUSHED, ServerStatus.UNRECOGNISED)


def test_a_refused_question_about_one_kind_does_not_stop_the_other(desk: Desk) -> None:
    stored, fresh = pushed(desk, 2)
    desk.server.statuses[stored] = "ACCEPTED"
    desk.dispatch.ask([stored])
    rid = desk.store.registrations.find(stored).registration_id
    desk.server.fates[rid] = "PROCESSED"
    desk.server.whole = [RequestRefusedError(call="c", server_code="RPR-RGS-018", meaning="m", remedy="r")]
    outcomes = desk.dispatch.ask([fresh, stored])
    assert {(o.packet_id, o.result) for o in outcomes} == {(fresh, Result.LATER), (stored, Result.DONE)}
