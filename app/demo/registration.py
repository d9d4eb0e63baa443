"""One registration at the demonstration's desk: the form is filled, left, taken up again, confirmed and sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from cryptography import x509

from app.bootstrap import Station
from app.core.applicanttype import rule_of
from app.core.audits import LOGIN_PASSWORD
from app.core.blocklist import Blocklist
from app.core.factors import AuthenticationMethods, AuthenticationProcess, Factor, MethodRow
from app.core.flow.messages import sentence_of
from app.core.flow.state import Party, StepKind
from app.core.forms.changes import Changes
from app.core.forms.form import Form
from app.core.formsettings import FormSettings
from app.core.reviewing import LocalUser, PasswordProof, is_same_user
from app.core.uispec.model import Control, ValueType
from app.core.uispec.reader import read_publication
from app.demo.errors import FormRefusedError
from app.demo.journal import Journal
from app.demo.papers import specimen
from app.demo.person import Person, invent
from app.democountry import demo_applicant_type_script, demo_master_data
from app.desk.capture import capture_group, find_device
from app.desk.login import OperatorSession
from app.desk.registering.desk import Country, RegistrationDesk
from app.desk.registering.start import resume, start
from app.desk.registering.work import RegistrationInWork
from app.server.certificates import Authorities
from app.server.schema import PublishedSchema
from devices.client.scan import ScanResult, scan
from devices.client.session import CaptureSession
from devices.client.settings import CaptureSettings
from devices.sbi.trust import DeviceTrust
from packet.models import SealedPacket

ENVIRONMENT: Final = "Staging"
PROCESS: Final = "NEW"
LANGUAGES: Final = ("eng", "fra")


@dataclass(frozen=True, slots=True)
class RegistrationParts:
    """What was synchronised before.

    Attributes:
        certificate: K11.
        device_port: where the simulated devices listen.
    """

    authorities: Authorities
    schema: PublishedSchema
    certificate: x509.Certificate = field(repr=False)
    device_port: int


@dataclass(frozen=True, slots=True)
class OneUser:
    """A machine that knows nobody but who is logged in."""

    user: LocalUser

    def find(self, user_id: str) -> LocalUser | None:
        """The user, if it is the one."""
        return self.user if is_same_user(user_id, self.user.user_id) else None


class Registration:
    """Takes one registration, writing every step down for the audit and into the journal."""

    def __init__(self, station: Station, operator: OperatorSession, parts: RegistrationParts, journal: Journal) -> None:
        self._station = station
        self._parts = parts
        self._journal = journal
        self._attendant = station.attendant(operator)
        self._desk = self._make_desk(operator)

    def _make_desk(self, operator: OperatorSession) -> RegistrationDesk:
        session = operator.session
        users = OneUser(LocalUser(session.user_id, True, session.roles))
        return self._station.registration_desk(operator, _country(self._parts.schema, session.roles), users)

    def take(self, seed: int) -> SealedPacket:
        """Registers the invented person of a seed.

        Raises:
            packet.errors.CodedError: a subclass that names what failed; nothing of the person is left then in clear.
        """
        self._station.store.audits.add(self._attendant.writer.about_user(LOGIN_PASSWORD))
        person = invent(seed)
        with self._journal.step("Start a registration") as step:
            work = start(self._desk, self._attendant, PROCESS, LANGUAGES)
            step.detail = work.registration_id
        with work:
            self._fill(work, person)
            with self._journal.step("Leave the desk", "data key seals") as step:
                step.detail = f"at {_title(work)}"
                work.park()
        with self._journal.step("Take the registration up again") as step:
            again = resume(self._desk, self._attendant, work.draft_id)
            step.detail = f"at {_title(again)}, {len(again.form.demographics())} fields filled"
        with again:
            self._capture(again)
            self._confirm(again)
            return self._seal(again)

    def _fill(self, work: RegistrationInWork, person: Person) -> None:
        """Every screen before the biometrics."""
        while any(_is_filled_here(work, field_id) for field_id in _fields_here(work)):
            with self._journal.step(f"Fill in: {_title(work)}") as step:
                for field_id in _fields_here(work):
                    _fill_field(work, person, field_id)
                step.detail = f"{len(_fields_here(work))} fields"
                _go_on(work)

    def _capture(self, work: RegistrationInWork) -> None:
        authorities = self._parts.authorities
        trust = DeviceTrust(device=authorities.store("DEVICE"), ftm=authorities.store("FTM"))
        with self._journal.step("Search for devices", "device, FTM") as step:
            found = scan(trust, _now, [self._parts.device_port])
            step.detail = ", ".join(sorted(device.digital_id.type for device in found.devices)) or "none"
        session = CaptureSession(trust, ENVIRONMENT, _now)
        for field_id in _fields_here(work):
            self._capture_field(work, field_id, session, found)
        _go_on(work)

    def _capture_field(self, work: RegistrationInWork, field_id: str, session: CaptureSession, found: ScanResult) -> None:
        timeout_ms = self._desk.country.captures.timeout_ms
        for group in work.captures(field_id).groups:
            with self._journal.step(f"Capture the {group.name}", "device signs, FTM") as step:
                panel = capture_group(work, field_id, group, session, find_device(found, group), timeout_ms)
                kept = panel.attempts.kept.values()
                step.size_bytes = sum(len(capture.token.iso) for capture in kept)
                score = sum(capture.quality_score for capture in kept) / len(kept)
                step.detail = f"{len(kept)} captured, average score {score:.0f}"

    def _confirm(self, work: RegistrationInWork) -> None:
        with self._journal.step("Look at the preview and confirm") as step:
            work.previewed(work.form.revision)
            _go_on(work)
            work.identify(Party.OPERATOR, self._attendant.user_id)
            while (asked := work.challenge) is not None:
                work.prove(asked, PasswordProof())  # the login has just proved it
            _go_on(work)
            step.detail = self._attendant.user_id

    def _seal(self, work: RegistrationInWork) -> SealedPacket:
        with self._journal.step("Seal the packet", "K10 signs, K11 encrypts") as step:
            packet = work.seal()
            step.size_bytes = packet.size_bytes
            step.detail = packet.file_name
        return packet


def _country(schema: PublishedSchema, roles: frozenset[str]) -> Country:
    """The demo country: its forms as the server sent them, its reference data as they are shipped."""
    data = demo_master_data()
    methods = tuple(MethodRow(AuthenticationProcess.PACKET, role, Factor.PASSWORD, 1) for role in sorted(roles))
    return Country(
        forms=read_publication(schema.answer),
        master_data=data,
        settings=FormSettings(),
        captures=CaptureSettings(),
        methods=AuthenticationMethods(methods),
        applicant_type=rule_of(demo_applicant_type_script()),
        blocklist=Blocklist(data.blocklisted_words),
    )


def _fields_here(work: RegistrationInWork) -> list[str]:
    """The visible fields of the screen at which the registration stands."""
    if work.flow.step.kind is not StepKind.SCREEN:
        return []
    states = (work.form.field(spec.id) for spec in work.form.spec.fields)
    return [state.spec.id for state in states if state.is_visible and state.screen == work.flow.step.screen]


def _title(work: RegistrationInWork) -> str:
    """What the country calls the screen at which the registration stands."""
    return next((s.label["eng"] for s in work.form.spec.screens if s.name == work.flow.step.screen), work.flow.step.name)


def _is_filled_here(work: RegistrationInWork, field_id: str) -> bool:
    return work.form.field(field_id).spec.control is not Control.BIOMETRICS


def _fill_field(work: RegistrationInWork, person: Person, field_id: str) -> None:
    state = work.form.field(field_id)
    match state.spec.control:
        case Control.TEXTBOX:
            text = person.texts.get(field_id, "")
            for language in LANGUAGES if state.spec.value_type is ValueType.SIMPLE else (None,):
                work.edit(partial(_set_text, field_id, text, language))
        case Control.CHECKBOX:
            work.edit(lambda form: form.tick(field_id, True))
        case Control.DATE | Control.AGE_DATE:
            work.edit(lambda form: form.set_date(field_id, *person.born))
        case Control.HTML:
            for language in LANGUAGES:
                work.edit(partial(_show, field_id, language))
        case Control.DROPDOWN | Control.BUTTON if state.choices:
            work.edit(lambda form: form.choose(field_id, person.pick(field_id, state.choices)))
        case Control.FILE_UPLOAD if state.is_required and state.choices:
            work.add_document(field_id, specimen(person.name, state.choices[0].code))
        case _:
            pass


def _set_text(field_id: str, text: str, language: str | None, form: Form) -> Changes:
    return form.set_text(field_id, text, language)


def _show(field_id: str, language: str, form: Form) -> Changes:
    template = form.context.master_data.templates[form.field(field_id).spec.template_name or ""]
    return form.show_html(field_id, language, template.texts[language])


def _go_on(work: RegistrationInWork) -> None:
    """To the next step.

    Raises:
        FormRefusedError: if the form is not as it must be; it names the first thing that is wrong.
    """
    answer = work.forward()
    if answer.findings:
        first = answer.findings[0]
        raise FormRefusedError(count=len(answer.findings), field=first.field or "the form", first=sentence_of(first))


def _now() -> datetime:
    return datetime.now(UTC)
