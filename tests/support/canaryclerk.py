"""A clerk who registers the marked person: marked texts in two scripts, papers, captures, and reasons."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

from app.core.blocklist import Blocklist
from app.core.forms.entries import DocumentEntry
from app.desk.registering.desk import Attendant, Country, RegistrationDesk
from app.desk.registering.start import resume, start
from devices.client.biometricform import Lack
from devices.sbi.attributes import IRISES
from packet.errors import CodedError
from packet.models import BioAttribute, ExceptionType
from tests.support.canarymarks import BIRTH, BLOCKED_WORD, CanaryPerson, paper
from tests.support.clerk import INFANT, Clerk, Person, accepted, demo_country
from tests.support.devicelab import DeviceLab
from tests.support.idnumbers import valid_request_id

LANGUAGES = ["eng", "ara"]
FIELD_WITH_BLOCKED_WORD = "addressLine3"


@cache
def country() -> Country:
    """The demo country, which does not like one marked word."""
    return replace(demo_country(), blocklist=Blocklist({"eng": [BLOCKED_WORD]}))


@dataclass
class CanaryClerk(Clerk):
    """Enters marks wherever something is entered."""

    canary: CanaryPerson = field(default_factory=CanaryPerson)

    def type(self, field_id: str, text: str, language: str | None) -> None:
        """The marked text instead."""
        marked = self.canary.texts.get((field_id, language or ""), text)
        if field_id == FIELD_WITH_BLOCKED_WORD and language == "eng":
            marked = f"{marked} {BLOCKED_WORD}"
        super().type(field_id, marked, language)
        if BLOCKED_WORD in marked:
            self.work.accept_words(field_id, language)

    def scan(self, field_id: str) -> None:
        """Marked papers wherever the form takes one."""
        state = self.work.form.field(field_id)
        if state.document is None and state.choices:
            entry = DocumentEntry(state.choices[0].code, self.canary.document_reference, "pdf", self.person.paper)
            self.work.add_document(field_id, entry)

    def capture(self, field_id: str) -> None:
        """Marked reasons; the irises never become good enough."""
        for attribute in self.person.missing:
            state = self.work.captures(field_id)
            if attribute in state.asked and attribute not in state.marks:
                self.work.mark_exception(field_id, attribute, ExceptionType.PERMANENT, self.canary.exception_reason)
        for group in self.work.captures(field_id).groups:
            while (panel := self.work.captures(field_id).panel(group)).lack in (Lack.CAPTURE, Lack.QUALITY) and panel.may_scan:
                lab = DeviceLab(datetime.now(UTC).replace(microsecond=0))
                score = 20.0 if group is IRISES else 80.0
                captures = [lab.captured(attribute, score=score) for attribute in panel.wanted]
                self.work.add_capture(field_id, group, accepted(group, captures, lab.device(group.bio_type.value)))
            if panel.lack is Lack.REASON:
                self.work.give_reason(field_id, group, self.canary.forced_reason)


@dataclass(frozen=True)
class Visit:
    """Why somebody comes."""

    process: str = "NEW"
    is_infant: bool = False
    missing: tuple[BioAttribute, ...] = (BioAttribute.LEFT_THUMB,)
    number: int = 0
    paper: bytes = field(default_factory=paper, repr=False)

    def _clerk(self, desk: RegistrationDesk, attendant: Attendant, draft_id: str | None) -> CanaryClerk:
        work = start(desk, attendant, self.process, LANGUAGES) if draft_id is None else resume(desk, attendant, draft_id)  # type: ignore[arg-type]
        person = Person(birth_year=INFANT if self.is_infant else BIRTH[2], missing=self.missing, paper=self.paper)
        return CanaryClerk(work, person, canary=CanaryPerson(self.number))

    def begin(self, desk: RegistrationDesk, attendant: Attendant) -> CanaryClerk:
        """Somebody sits down."""
        clerk = self._clerk(desk, attendant, None)
        if self.process == "UPDATE":
            clerk.choose_update(clerk.canary.uin, ("FullName", "DateOfBirth", "Location", "Phone", "Documents"))
        if self.process == "BIOMETRIC_CORRECTION":
            clerk.work.edit(lambda form: form.set_additional_info_request_id(valid_request_id(self.number + 1)))
        return clerk

    def again(self, desk: RegistrationDesk, attendant: Attendant, draft_id: str) -> CanaryClerk:
        """Somebody goes on."""
        return self._clerk(desk, attendant, draft_id)


def refused(kind: type[CodedError], act: Callable[[], object]) -> None:
    """Does what must be refused, and prints all that is known of the refusal, as the worst of all loggers would."""
    try:
        act()
    except kind as error:
        _tell(error)
        return
    raise AssertionError(f"{kind.__name__} was expected")


def survived(act: Callable[[], object]) -> bool:
    """Does what may be refused. Returns whether it was not."""
    try:
        act()
    except CodedError as error:
        _tell(error)
        return False
    return True


def _tell(error: CodedError) -> None:
    traceback.print_exception(error)
    print(repr(error), error.diagnostics(), error.__cause__, file=sys.stderr)
