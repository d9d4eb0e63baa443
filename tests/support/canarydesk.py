"""What is done at a desk with marked registrations; each of these runs in a process of its own, with a folder of its own."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.core.lifecycle import Event
from app.core.retention import RetentionRule
from app.desk.autosave import SaveState
from app.desk.registering.desk import RegistrationDesk
from app.desk.registering.start import discard, expire, in_work
from app.store.connection import Database
from app.store.errors import DatabaseLockedError, DiskFullError
from app.store.localstore import LocalStore, open_store
from app.store.retention import RetentionAudits
from packet.crypto.errors import CertificateExpiredError
from packet.lint import PacketRefusedError
from packet.models import PacketId
from tests.support.canaryclerk import CanaryClerk, Visit, country, refused, survived
from tests.support.canarymarks import CanaryPerson, word
from tests.support.certificates import issue
from tests.support.clerk import attendant, desk_at, utc_now
from tests.support.fake_server_registrations import audit_entry
from tests.support.killing import kill_before
from tests.support.specs import machine_key

Scenario = Callable[[Path], None]
PERSON = CanaryPerson()


def told(state: SaveState) -> None:
    """What a careless window would print of every save."""
    print(state, None if state.error is None else state.error.diagnostics())


@contextmanager
def desk_in(folder: Path, **more: Any) -> Iterator[tuple[LocalStore, RegistrationDesk]]:
    """A desk on a database."""
    with open_store(folder / "sealdesk.sqlite", machine_key(), os.urandom, busy_timeout_s=0.2) as store:
        yield store, replace(desk_at(store, machine_key(), country=country(), **more), on_save=told)


def sealed(desk: RegistrationDesk, visit: Visit) -> PacketId:
    """A whole registration."""
    clerk = visit.begin(desk, attendant())
    clerk.fill_form()
    clerk.confirm()
    packet = clerk.work.seal()
    print(clerk.work, clerk.canary, clerk.work.form, packet, clerk.work.flow)
    return packet.packet_id


def each_process(folder: Path) -> None:
    """Sealed, approved or rejected with a comment; the oldest deleted."""
    with desk_in(folder, needs_approval=True) as (store, desk):
        visits = [Visit(), Visit("UPDATE"), Visit("LOST"), Visit("BIOMETRIC_CORRECTION"), Visit(is_infant=True, missing=())]
        packets = [sealed(desk, visit) for visit in visits]
        now = utc_now()
        for packet_id in packets[1:]:
            store.registrations.record(packet_id, Event.APPROVE, now)
        store.registrations.record(packets[0], Event.REJECT, now, comment=PERSON.comment)
        for event in (Event.SYNC_ACCEPTED, Event.UPLOAD_ACCEPTED, Event.SERVER_ACCEPTED, Event.SERVER_PROCESSED):
            store.registrations.record(packets[2], event, now)
        audits = RetentionAudits(lambda _: audit_entry(), lambda _: audit_entry(), lambda _: audit_entry())
        deleted = store.retention.apply(RetentionRule(), now + timedelta(days=9), audits)
        assert deleted.packets == (packets[2],)
        print(store.registrations.all(), store.registrations.contact(packets[0]), deleted)


def parked_and_given_up(folder: Path) -> None:
    """A draft is left, taken up, given up; others are given up from the list, expire, or stay."""
    with desk_in(folder) as (_, desk):
        clerk = Visit(is_infant=True, missing=()).begin(desk, attendant())
        clerk.fill_form()
        clerk.work.park()
        (found,) = in_work(desk).readable
        again = Visit(is_infant=True, missing=()).again(desk, attendant(), found.draft_id)
        assert not again.work.lost
        again.work.discard()
        for end in (discard, None):
            clerk = Visit().begin(desk, attendant())
            clerk.fill_screen()
            clerk.work.park()
            if end is not None:
                end(desk, attendant(), clerk.work.draft_id, clerk.work.registration_id)
        late = replace(desk, clock=lambda: utc_now() + timedelta(days=400))
        assert len(expire(late, attendant())) == 1
        clerk = Visit("UPDATE").begin(desk, attendant())
        clerk.fill_form()
        clerk.work.park()
        print(in_work(desk))


def killed_while_typing(folder: Path) -> None:
    """The power goes in the middle of saving a keystroke."""
    with desk_in(folder) as (store, desk):
        clerk = Visit().begin(desk, attendant())
        clerk.fill_screen()
        clerk.go_on()
        clerk.work.save_now()
        kill_before(store.database, 40)
        clerk.fill_form()
        while True:
            clerk.work.edit(lambda form: form.set_text("fullName", word("one more"), "eng"))
            clerk.work.edit(lambda form: form.set_text("fullName", PERSON.texts["fullName", "eng"], "eng"))
            clerk.work.save_now()


@dataclass
class KilledArchive:
    """An archive whose power goes between the statements that save a packet."""

    store: LocalStore

    def save(self, *given: Any, **more: Any) -> None:
        """Does not come to its end."""
        kill_before(self.store.database, 5)
        self.store.registrations.save(*given, **more)


def killed_while_sealing(folder: Path) -> None:
    """The power goes when the packet is built and half saved."""
    with desk_in(folder) as (store, desk):
        confirmed(replace(desk, sealer=replace(desk.sealer, archive=KilledArchive(store)))).work.seal()


def confirmed(desk: RegistrationDesk, visit: Visit | None = None) -> CanaryClerk:
    """A registration up to the point where it can be sealed."""
    clerk = (visit or Visit()).begin(desk, attendant())
    clerk.fill_form()
    clerk.confirm()
    return clerk


def refusals(folder: Path) -> None:
    """An expired certificate, a packet that would be refused, a full and a locked database."""
    expired = issue("REGISTRATION-10001_10077", days=(-30, -1)).certificate
    with desk_in(folder, certificate=lambda: expired) as (store, desk):
        clerk = confirmed(desk)
        refused(CertificateExpiredError, clerk.work.seal)
        clerk.work.park()
    with desk_in(folder) as (store, desk):
        options = desk.sealer.options
        strict = replace(options, rules=replace(options.rules, document_max_bytes=100))
        clerk = confirmed(replace(desk, sealer=replace(desk.sealer, options=strict)))
        refused(PacketRefusedError, clerk.work.seal)
        clerk.work.discard()
        clerk = confirmed(desk)
        limit_pages(store.database, 0)
        refused(DiskFullError, clerk.work.seal)
        refused(DiskFullError, lambda: typed_a_lot(clerk))
        limit_pages(store.database, 1 << 30)
        clerk.work.save_now()
        other = sqlite3.connect(store.database.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused(DatabaseLockedError, lambda: typed_a_lot(clerk))
        other.close()
        clerk.work.save_now()
        clerk.work.park()


def limit_pages(database: Database, spare: int) -> None:
    """How far the database may still grow."""
    with database.transaction() as connection:
        count = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {count + spare}")


def typed_a_lot(clerk: CanaryClerk) -> None:
    """A change that needs room."""
    for field_id, document in clerk.work.form.document_entries().items():
        clerk.work.add_document(field_id, replace(document, content=document.content * 60))
    clerk.work.save_now()


HOSTILE = (
    "\x00",
    "\u202e",
    "'; DROP TABLE draft; --",
    "{name}",
    "%s%n",
    "<script>",
    "=cmd|' /C calc'!A0",
    "\ud800",
    "\U0010ffff",
)


def hostile_content(folder: Path) -> None:
    """Texts that break what is careless; whatever becomes of them."""
    with desk_in(folder) as (_, desk):
        for nasty in HOSTILE:
            clerk = Visit().begin(desk, attendant())
            clerk.fill_screen()
            clerk.go_on()
            clerk.fill_screen()
            text = word("hostile") + nasty
            survived(lambda: clerk.work.edit(lambda form: form.set_text("fullName", text, "eng")))  # noqa: B023 - called at once
            survived(lambda: print([(f.message, f.field) for f in clerk.work.forward().findings]))  # noqa: B023 - called at once
            if survived(clerk.work.save_now):
                clerk.work.park()
            else:
                clerk.work.discard()


class BrokenArchive:
    """Has a fault that names the person."""

    def save(self, *_args: object, **_more: object) -> None:
        """Fails as code with a mistake does."""
        raise KeyError(PERSON.texts["fullName", "eng"])


def bug_while_sealing(folder: Path) -> None:
    """A fault of the program reaches the top level."""
    with desk_in(folder) as (_, desk):
        confirmed(replace(desk, sealer=replace(desk.sealer, archive=BrokenArchive()))).work.seal()


class BrokenDrafts:
    """Drafts with a fault that names the person, in the thread that writes."""

    def __init__(self, drafts: object) -> None:
        self._drafts = drafts
        self._main = threading.current_thread()

    def __getattr__(self, name: str) -> object:
        return getattr(self._drafts, name)

    def save(self, draft_id: str, changed: Mapping[str, bytes], *_rest: object) -> None:
        """Works for the first save."""
        if threading.current_thread() is not self._main:
            raise ValueError(changed, PERSON.texts["fullName", "ara"])
        self._drafts.save(draft_id, changed, *_rest)  # type: ignore[attr-defined]


def bug_while_saving(folder: Path) -> None:
    """A fault of the program in the thread that keeps the draft."""
    with desk_in(folder) as (_, desk):
        clerk = Visit().begin(replace(desk, drafts=BrokenDrafts(desk.drafts)), attendant())  # type: ignore[arg-type]
        clerk.fill_screen()
        clerk.work.save_now()


SCENARIOS: dict[str, tuple[Scenario, int]] = {
    "each-process": (each_process, 0),
    "parked": (parked_and_given_up, 0),
    "killed-typing": (killed_while_typing, -9),
    "killed-sealing": (killed_while_sealing, -9),
    "refusals": (refusals, 0),
    "hostile": (hostile_content, 0),
    "bug-sealing": (bug_while_sealing, 70),
    "bug-saving": (bug_while_saving, 70),
}
"""By name: what is done, and how the process must end."""
