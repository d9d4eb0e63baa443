"""An operator's day without an end: registers, seals, announces, uploads, asks, tidies up, until it is killed.

Takes up whatever an earlier life left. What the operator would be told goes into the pipe, after it was done.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import httpx
from cryptography import x509

from app.core.audits import DRAFT_EXPIRED, AuditKind
from app.core.drafts import DraftHeader
from app.core.lifecycle import ClientStatus, Event
from app.core.outbox import RowState, Task
from app.core.registration import RegistrationRecord
from app.core.retention import RetentionRule
from app.desk.registering.desk import RegistrationDesk
from app.desk.registering.start import discard, expire, in_work
from app.desk.upload import Dispatch, Outcome, Result
from app.server.packets import PacketLine
from app.server.transport import MosipServer, Timeouts
from app.store.localstore import LocalStore
from app.store.retention import RetentionAudits
from packet.models import RegistrationId
from tests.support.clerk import REVIEWER, attendant, desk_at, store_at
from tests.support.killing_enrolment import CORRECTION, Enrolment, content_of
from tests.support.killing_life import Bench, Life, Phase, Teller
from tests.support.specs import machine_key

RULE = RetentionRule(packet_days=1, audit_days=2, draft_days=3)
READY_MAX = 4
_TIDIED = AuditKind("TEST-TIDY", "TIDY", "TEST", "Test", "Tidied up", "SYSTEM")
READY = ("PREVIEW", "OPERATOR", "REVIEWER")
_ORDER = tuple(Phase)


def work_for_ever(bench: Bench, life: Life, tell: Teller) -> None:
    """Opens everything and works; without a victim, until everything of today is sealed and the server has spoken."""
    with store_at(Path(bench.folder), machine_key()) as store:
        tell("opened")
        day = _Day(bench, life, tell, store)
        start = _ORDER.index(life.first)
        for phase in cycle(_ORDER[start:] + _ORDER[:start]):
            day.do(phase)
            if life.victim is None and day.is_over():
                return


def is_given_up(draft: DraftHeader) -> bool:
    """Whether an old draft is discarded by hand; the others expire."""
    return int(draft.draft_id, 16) % 2 == 1


class Tokens:
    """A login that lasts."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        """The token."""
        return self._token

    def renew(self) -> None:
        """There is no other."""


class Certificates:
    """The packet certificate that the parent fetched."""

    def __init__(self, pem: str) -> None:
        self._certificate = x509.load_pem_x509_certificate(pem.encode())

    def current(self, ref_id: str) -> x509.Certificate:
        """K11."""
        return self._certificate

    def renew(self, ref_id: str) -> x509.Certificate:
        """The same."""
        return self._certificate


class _Day:
    def __init__(self, bench: Bench, life: Life, tell: Teller, store: LocalStore) -> None:
        self._bench = bench
        self._life = life
        self._tell = tell
        self._store = store
        self._clock = life.clock
        self._attendant = attendant(clock=life.clock)
        self._chance = random.Random(life.seed)
        self._certificates = Certificates(bench.packet)
        self._dispatch: Dispatch | None = None
        self._is_last = life.victim is None

    def do(self, phase: Phase) -> None:
        """What is to be done of one phase; nothing is told if there is nothing."""
        match phase:
            case Phase.ENROL:
                self._enrol()
            case Phase.SEAL:
                self._seal()
            case Phase.SYNC:
                self._decide()
                self._send(Task.SYNC)
            case Phase.UPLOAD:
                self._send(Task.UPLOAD)
            case Phase.STATUS:
                self._send(Task.STATUS)
            case Phase.CLEANUP:
                self._clean_up()

    def is_over(self) -> bool:
        """Whether nothing is left to do today."""
        records = self._store.registrations.all()
        rows = [row for record in records for row in self._store.outbox.rows(record.packet_id)]
        return (
            not self._todays(is_ready=False) and not self._todays(is_ready=True) and all(r.state is RowState.DONE for r in rows)
        )

    @contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        self._tell(f"begins {phase}")
        yield
        self._tell(f"ends {phase}")

    # (a) the person at the desk

    def _desk(self) -> RegistrationDesk:
        return desk_at(
            self._store,
            machine_key(),
            clock=self._clock,
            certificate=lambda: self._certificates.current(""),
            needs_approval=self._chance.random() < 0.4,
        )

    def _drafts(self) -> list[DraftHeader]:
        found = in_work(self._desk())
        assert not found.unreadable
        return list(found.readable)

    def _todays(self, *, is_ready: bool) -> list[DraftHeader]:
        return [d for d in self._drafts() if d.started_at >= self._life.dawn and (d.step in READY) is is_ready]

    def _enrolment(self) -> Enrolment:
        return Enrolment(self._desk(), self._attendant, self._life.dawn, self._chance, self._tell)

    def _enrol(self) -> None:
        begun = self._todays(is_ready=False)
        if not begun and (self._is_last or len(self._todays(is_ready=True)) >= READY_MAX):
            return
        with self._phase(Phase.ENROL):
            enrolment = self._enrolment()
            if begun:
                clerk = enrolment.go_on_with(self._chance.choice(begun).draft_id, self._correctable())
            else:
                clerk = enrolment.begin(self._correctable())
            enrolment.fill(clerk, is_whole=self._is_last)

    def _correctable(self) -> list[RegistrationId]:
        """Registrations that the server has known for a while and nobody has corrected; none while a correction is in work."""
        if any(draft.process == CORRECTION for draft in self._todays(is_ready=True)):
            return []
        known = {ClientStatus.SYNCED, ClientStatus.PUSHED, ClientStatus.DELETED}
        records = self._store.registrations.all()
        corrected = {record.registration_id for record in records if record.process == CORRECTION}
        asked = [r for r in records if r.state.client in known and r.created_at < self._clock() - timedelta(minutes=1)]
        return [r.registration_id for r in asked if r.registration_id not in corrected]

    def _seal(self) -> None:
        ready = self._todays(is_ready=True)
        if not ready:
            return
        with self._phase(Phase.SEAL):
            enrolment = self._enrolment()
            draft = self._chance.choice(ready)
            clerk = enrolment.go_on_with(draft.draft_id, [])
            clerk.fill_form()
            clerk.confirm()
            self._tell("sealing", draft=draft.draft_id, **content_of(clerk.work))
            packet = clerk.work.seal()
            self._tell(
                "sealed", draft=draft.draft_id, rid=packet.registration_id, packet=packet.packet_id, sha256=packet.sha256
            )

    # (b) the server

    def _decide(self) -> None:
        """A supervisor looks at what waits."""
        waiting = [r for r in self._store.registrations.all() if r.state.client is ClientStatus.REGISTERED]
        if not waiting:
            return
        with self._phase(Phase.SYNC):
            for record in waiting:
                self._decide_on(record)

    def _decide_on(self, record: RegistrationRecord) -> None:
        # A rejected registration may not be corrected at the server later; so only what corrects is rejected.
        is_good = record.process != CORRECTION
        event, comment = (Event.APPROVE, None) if is_good else (Event.REJECT, "the photo shows somebody else")
        writer = attendant(REVIEWER, self._clock).writer
        audit = writer.about_registration(_TIDIED, record.registration_id)
        self._store.registrations.record(record.packet_id, event, self._clock(), audit=audit, comment=comment)
        self._tell("decided", packet=record.packet_id, event=event)

    def _send(self, task: Task) -> None:
        if not self._store.outbox.due(task, self._clock(), 1):
            return
        phase = Phase(task.value)
        with self._phase(phase):
            dispatch = self._line()
            work = {Task.SYNC: dispatch.sync_due, Task.UPLOAD: dispatch.upload_due, Task.STATUS: dispatch.ask_due}
            for outcome in work[task]():
                self._tell_outcome(outcome)

    def _tell_outcome(self, outcome: Outcome) -> None:
        assert outcome.result is not Result.BLOCKED, outcome
        self._tell(outcome.result.lower(), task=outcome.task, packet=outcome.packet_id, reason=outcome.reason)

    def _line(self) -> Dispatch:
        if self._dispatch is None:
            server = MosipServer(
                self._bench.url,
                version="1.2.0.2",
                clock=self._clock,
                timeouts=Timeouts(connect_s=5, read_s=0.7),
                transport=httpx.HTTPTransport(verify=False),  # plain HTTP: reading the CA bundle would take long
                pause=lambda _seconds: None,
            )
            server.signing_certificate = x509.load_pem_x509_certificate(self._bench.signing.encode())
            self._dispatch = Dispatch(
                outbox=self._store.outbox,
                registrations=self._store.registrations,
                server=PacketLine(server, self._clock, os.urandom),
                tokens=Tokens(self._bench.token),
                certificates=self._certificates,
                writer=self._attendant.writer,
                clock=self._clock,
            )
        return self._dispatch

    # (c) the evening

    def _clean_up(self) -> None:
        old = [draft for draft in self._drafts() if draft.started_at < self._life.dawn]
        given_up = [draft for draft in old if is_given_up(draft)]
        expired = [draft for draft in old if draft.changed_at < RULE.drafts_before(self._clock())]
        kept = [r for r in self._store.registrations.all() if r.exported_at is None and r.state.client is ClientStatus.SYNCED]
        due = self._store.retention.due(RULE, self._clock())
        if not (given_up or expired or due or kept):
            return
        with self._phase(Phase.CLEANUP):
            for record in kept:
                self._store.registrations.record(record.packet_id, Event.EXPORT, self._clock())
                self._tell("exported", packet=record.packet_id)
            for draft in given_up:
                self._tell("discarding", draft=draft.draft_id)
                discard(self._desk(), self._attendant, draft.draft_id, draft.registration_id)
                self._tell("discarded", draft=draft.draft_id)
            self._apply_the_rule()

    def _apply_the_rule(self) -> None:
        for draft_id in expire(self._desk(), self._attendant):
            self._tell("discarded", draft=draft_id)
        writer = self._attendant.writer
        audits = RetentionAudits(
            packet=lambda rid: writer.about_registration(_TIDIED, rid),
            draft=lambda rid: writer.about_registration(DRAFT_EXPIRED, rid),
            trail=lambda _count: writer.about_user(_TIDIED),
        )
        gone = self._store.retention.apply(RULE, self._clock(), audits)
        for packet_id in gone.packets:
            self._tell("deleted", packet=packet_id)
        for draft_id in gone.drafts:
            self._tell("discarded", draft=draft_id)
