"""A desk of the demo country on a real database, and a clerk who registers people at it, step by step as an operator does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, cast

from cryptography import x509

from app.core.applicanttype import rule_of
from app.core.audits import AuditWriter
from app.core.blocklist import Blocklist
from app.core.factors import OFFICER, SUPERVISOR
from app.core.flow.state import Party, StepKind
from app.core.forms.entries import DocumentEntry
from app.core.formsettings import FormSettings
from app.core.reviewing import LocalUser, PasswordProof
from app.core.transliteration import NoTransliterator
from app.core.uispec.model import Control, ValueType
from app.core.uispec.reader import read_publication
from app.democountry import demo_applicant_type_script, demo_master_data, demo_publication
from app.desk.registering.desk import Attendant, Country, RegistrationDesk
from app.desk.registering.work import RegistrationInWork
from app.desk.seal import Sealer
from app.store import preflight
from app.store.localstore import LocalStore, open_store
from devices.client.session import CaptureResult
from devices.client.settings import CaptureSettings
from devices.sbi.attributes import Group
from devices.sbi.info import VerifiedDevice
from packet.keys.base import MachineKey
from packet.models import BioAttribute, CapturedBiometric, ClientInfo, Clock, Entropy, ExceptionType, RegisteredDevice
from tests.support.devicelab import DeviceLab, lab_certificate
from tests.support.flowdesk import Users, methods_of
from tests.support.specs import PDF

CENTRE: Final = "10001"
MACHINE: Final = "10077"
HTML: Final = "<p>I agree.</p>"
OPERATOR: Final = "officer"
REVIEWER: Final = "supervisor"
ADULT: Final = "1990"
INFANT: Final = str(datetime.now(UTC).year - 1)


def utc_now() -> datetime:
    """Now."""
    return datetime.now(UTC)


@cache
def demo_country() -> Country:
    """The demo country; scores of the lab's captures (80) pass all thresholds."""
    data = demo_master_data()
    return Country(
        forms=read_publication(demo_publication()),
        master_data=data,
        settings=FormSettings.from_properties({"mosip.min-languages.count": "1"}),
        captures=CaptureSettings(face_threshold=70),
        methods=methods_of(),
        applicant_type=rule_of(demo_applicant_type_script()),
        blocklist=Blocklist(data.blocklisted_words),
    )


def desk_users() -> Users:
    """An officer, a colleague, a supervisor."""
    return Users(
        LocalUser(OPERATOR, True, frozenset({OFFICER})),
        LocalUser("colleague", True, frozenset({OFFICER})),
        LocalUser(REVIEWER, True, frozenset({SUPERVISOR})),
    )


def attendant(user_id: str = OPERATOR, clock: Clock = utc_now, roles: Iterable[str] = (OFFICER,)) -> Attendant:
    """Who sits at the desk."""
    return Attendant(user_id, f"login of {user_id}", frozenset(roles), AuditWriter(user_id, user_id, "desk-1", clock))


def desk_at(
    store: LocalStore,
    machine_key: MachineKey,
    *,
    clock: Clock = utc_now,
    entropy: Entropy = os.urandom,
    country: Country | None = None,
    certificate: Callable[[], x509.Certificate] = lambda: lab_certificate("packet"),
    needs_approval: bool = False,
) -> RegistrationDesk:
    """A desk over an open database."""
    return RegistrationDesk(
        centre_id=CENTRE,
        machine_id=MACHINE,
        client=ClientInfo("1.2.0.2"),
        country=country or demo_country(),
        users=desk_users(),
        drafts=store.drafts,
        audits=store.audits,
        rid_counter=store.rid_sequence,
        sealer=Sealer(
            machine_key=machine_key,
            archive=store.registrations,
            audits=store.audits,
            clock=clock,
            entropy=entropy,
            needs_approval=needs_approval,
        ),
        certificate=certificate,
        check_ready=lambda: preflight.check(store.database, clock(), entropy, reserve_mb=5),
        transliterator=NoTransliterator("not in this test"),
        clock=clock,
        entropy=entropy,
    )


def store_at(folder: Path, machine_key: MachineKey) -> LocalStore:
    """The database of a machine."""
    return open_store(folder / "sealdesk.sqlite", machine_key, os.urandom)


@dataclass(frozen=True)
class Person:
    """Who comes to the desk. Values are by field; what a form does not ask is not told.

    Attributes:
        missing: fingers or eyes that cannot be captured.
    """

    name: str = "Amina Example"
    birth_year: str = ADULT
    texts: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[BioAttribute, ...] = ()
    paper: bytes = PDF

    def text(self, field_id: str) -> str:
        """What the person says when asked for a text field."""
        known = {
            "fullName": self.name,
            "addressLine1": "1 First Street",
            "addressLine2": "Old Town",
            "addressLine3": "By the river",
            "referenceIdentityNumber": "1234567890",
            "phone": "0612345678",
            "email": "amina@example.org",
            "introducerName": "Bilal Example",
            "introducerRID": "10001100770000120250602092000",
        }
        return self.texts.get(field_id, known.get(field_id, ""))


Cameras = Callable[[BioAttribute], CapturedBiometric]
"""Makes a capture of an attribute."""


@cache
def _lab_capture(attribute: BioAttribute, at: datetime) -> CapturedBiometric:
    return DeviceLab(at).captured(attribute)


def lab_cameras(at: datetime | None = None) -> Cameras:
    """The test lab's devices."""
    moment = (at or utc_now()).replace(microsecond=0)
    return lambda attribute: _lab_capture(attribute, moment)


def lab_device(group: Group) -> RegisteredDevice:
    """The lab's device for a group."""
    return DeviceLab(utc_now()).device(group.bio_type.value)


def accepted(group: Group, captures: Iterable[CapturedBiometric], device: RegisteredDevice) -> CaptureResult:
    """An accepted answer of a device."""
    return CaptureResult(tuple(captures), device, False, cast(VerifiedDevice, None))


@dataclass
class Clerk:
    """Fills one registration; every method may be called again after a break, and does only what is still to be done."""

    work: RegistrationInWork
    person: Person
    cameras: Cameras = field(default_factory=lab_cameras)
    device: Callable[[Group], RegisteredDevice] = lab_device

    def choose_update(self, uin: str, groups: tuple[str, ...]) -> None:
        """UPDATE: tells whose data are updated."""
        self.work.choose_update(uin, groups)
        self.go_on()

    def fill_screen(self) -> None:
        """Fills what the screen asks, whatever it asks, until nothing more appears."""
        screen = self.work.flow.step.screen
        for _ in range(10):
            before = self.work.form.revision
            for spec in self.work.form.spec.fields:
                state = self.work.form.field(spec.id)
                if state.screen == screen and state.is_visible:
                    self.fill(spec.id)
            if self.work.form.revision == before:
                return

    def fill(self, field_id: str) -> None:
        """Fills one field."""
        state = self.work.form.field(field_id)
        match state.spec.control:
            case Control.TEXTBOX:
                is_in_each = state.spec.value_type is ValueType.SIMPLE
                for language in self.work.form.context.lang_codes if is_in_each else (None,):
                    self.type(field_id, self.person.text(field_id), language)
            case Control.CHECKBOX:
                self.work.edit(lambda form: form.tick(field_id, True))
            case Control.DATE | Control.AGE_DATE:
                self.work.edit(lambda form: form.set_date(field_id, "23", "04", self.person.birth_year))
            case Control.HTML:
                for language in self.work.form.context.lang_codes:
                    self.work.edit(lambda form, lang=language: form.show_html(field_id, lang, HTML))  # type: ignore[misc]
            case Control.DROPDOWN | Control.BUTTON:
                if state.code is None and state.choices:
                    self.work.edit(lambda form: form.choose(field_id, state.choices[0].code))
            case Control.FILE_UPLOAD:
                self.scan(field_id)
            case Control.BIOMETRICS:
                self.capture(field_id)
            case None:
                raise AssertionError("a control that does not exist")

    def type(self, field_id: str, text: str, language: str | None) -> None:
        """Types a text letter by letter."""
        state = self.work.form.field(field_id)
        if state.texts.get(language or "", "") == text:
            return
        for end in range(1, len(text) + 1):
            self.work.edit(lambda form, end=end: form.set_text(field_id, text[:end], language))  # type: ignore[misc]

    def scan(self, field_id: str) -> None:
        """Adds a paper of the first kind that is allowed; only where the form demands one."""
        state = self.work.form.field(field_id)
        if state.is_required and state.document is None and state.choices:
            self.work.add_document(field_id, DocumentEntry(state.choices[0].code, "A-1", "pdf", self.person.paper))

    def capture(self, field_id: str) -> None:
        """Marks what is missing, captures the rest."""
        for attribute in self.person.missing:
            state = self.work.captures(field_id)
            if attribute in state.asked and attribute not in state.marks:
                self.work.mark_exception(field_id, attribute, ExceptionType.PERMANENT, "lost in an accident")
        for group in self.work.captures(field_id).groups:
            panel = self.work.captures(field_id).panel(group)
            if panel.lack is not None and panel.may_scan:
                captures = [self.cameras(attribute) for attribute in panel.wanted]
                self.work.add_capture(field_id, group, accepted(group, captures, self.device(group)))

    def go_on(self) -> None:
        """Goes to the next step; anything that keeps one from it is a failure of the test."""
        answer = self.work.forward()
        assert not answer.findings, [(f.message, f.screen, f.field, f.lang_code) for f in answer.findings]

    def fill_form(self) -> None:
        """Fills screen after screen, up to the preview."""
        while self.work.flow.step.kind is StepKind.SCREEN:
            self.fill_screen()
            self.go_on()

    def confirm(self) -> None:
        """Looks at the preview and has everybody confirm who has to."""
        self.work.previewed(self.work.form.revision)
        self.go_on()
        for party, user in ((Party.OPERATOR, OPERATOR), (Party.REVIEWER, REVIEWER)):
            if self.work.flow.step != party.step:
                break
            self.work.identify(party, user)
            while (asked := self.work.challenge) is not None:
                self.work.prove(asked, PasswordProof())
            self.go_on()
