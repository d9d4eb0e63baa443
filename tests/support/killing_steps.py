"""Single acts of the desk and of the store, each made ready in a database of its own, to be killed before every statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.core.lifecycle import Event
from app.core.outbox import Task
from app.core.retention import RetentionRule
from app.desk.registering.desk import RegistrationDesk
from app.desk.registering.start import in_work, resume, start
from app.store.localstore import LocalStore
from app.store.retention import RetentionAudits
from packet.models import PacketId
from tests.support.clerk import Clerk, Person, attendant, desk_at
from tests.support.draftsamples import begin_draft
from tests.support.fake_server_registrations import NOW, audit_entry, new_registration, sealed_packet
from tests.support.specs import machine_key

Act = Callable[[LocalStore], None]
LATER: Final = NOW + timedelta(days=5)
RULE: Final = RetentionRule(packet_days=1, audit_days=1, draft_days=3)
MARK: Final = "TEST-ACT"
"""Event id of the audit row that belongs to an act."""


@dataclass(frozen=True)
class Step:
    """One act.

    Attributes:
        ready: makes the database as it is before.
        statements: fewer than this many statements would mean that the kills missed the act.
    """

    ready: Act
    act: Act
    statements: int


def packet_id(number: int = 1) -> PacketId:
    """Of the invented registration of a number."""
    return sealed_packet(number).packet_id


def save(store: LocalStore, number: int, events: tuple[Event, ...], *, needs_approval: bool = False) -> None:
    """A registration to which this has happened."""
    store.audits.add(audit_entry())
    new = new_registration(number, needs_approval=needs_approval)
    store.registrations.save(new, store.audits.pending(), audit_entry("REG-EVT-066"), NOW)
    for event in events:
        store.registrations.record(packet_id(number), event, NOW)


_SYNCED = (Event.SYNC_ACCEPTED,)
_PUSHED = (*_SYNCED, Event.UPLOAD_ACCEPTED)
_ACCEPTED = (*_PUSHED, Event.SERVER_ACCEPTED)
BEFORE: Final[dict[Event, tuple[Event, ...]]] = {
    Event.APPROVE: (),
    Event.REJECT: (),
    Event.SYNC_ACCEPTED: (),
    Event.EXPORT: _SYNCED,
    Event.UPLOAD_ACCEPTED: _SYNCED,
    Event.UPLOAD_DUPLICATE: _SYNCED,
    Event.SERVER_RECEIVED: _SYNCED,
    Event.SERVER_ACCEPTED: _PUSHED,
    Event.SERVER_PROCESSED: _ACCEPTED,
    Event.SERVER_RESEND: _PUSHED,
    Event.SERVER_REJECTED: _PUSHED,
    Event.RE_REGISTER_APPROVE: (*_PUSHED, Event.SERVER_REJECTED),
}
"""What is recorded about a registration, and what had happened before."""


def recording(event: Event) -> Step:
    """An event is recorded, with its audit row."""
    comment = "the photo shows somebody else" if event is Event.REJECT else None

    def act(store: LocalStore) -> None:
        store.registrations.record(packet_id(), event, LATER, audit=audit_entry(MARK), comment=comment)

    needs_approval = event in (Event.APPROVE, Event.REJECT)
    return Step(lambda store: save(store, 1, BEFORE[event], needs_approval=needs_approval), act, 5)


def _much_that_is_old(store: LocalStore) -> None:
    save(store, 1, _ACCEPTED)
    save(store, 2, (*_ACCEPTED, Event.SERVER_PROCESSED))
    save(store, 3, _PUSHED)
    begin_draft(store, 1, form=b"form")
    begin_draft(store, 2, form=b"form", paper=b"paper")


def _tidy_up(store: LocalStore) -> None:
    audits = RetentionAudits(
        packet=lambda _: audit_entry(f"{MARK}-PACKET"),
        draft=lambda _: audit_entry(f"{MARK}-DRAFT"),
        trail=lambda _: audit_entry(f"{MARK}-TRAIL"),
    )
    store.retention.apply(RULE, LATER, audits)


TIDYING_UP: Final = Step(_much_that_is_old, _tidy_up, 30)

POSTPONING: Final = Step(
    lambda store: save(store, 1, _SYNCED),
    lambda store: store.outbox.postpone(packet_id(), Task.UPLOAD, "HTTP-SILENT", LATER),
    3,
)
BLOCKING: Final = Step(
    lambda store: save(store, 1, _SYNCED),
    lambda store: store.outbox.block(packet_id(), Task.UPLOAD, "RPR-PKR-003", LATER),
    2,
)


def desk_of(store: LocalStore) -> RegistrationDesk:
    """A desk over it."""
    return desk_at(store, machine_key())


def _begin(store: LocalStore) -> None:
    start(desk_of(store), attendant(), "NEW", ["eng"])


def _fill(store: LocalStore) -> None:
    with start(desk_of(store), attendant(), "LOST", ["eng"]) as work:
        Clerk(work, Person()).fill_form()


def _seal(store: LocalStore) -> None:
    desk = desk_of(store)
    (draft,) = in_work(desk).readable
    clerk = Clerk(resume(desk, attendant(), draft.draft_id), Person())
    clerk.confirm()
    clerk.work.seal()


BEGINNING: Final = Step(lambda _store: None, _begin, 15)
SEALING: Final = Step(_fill, _seal, 40)
