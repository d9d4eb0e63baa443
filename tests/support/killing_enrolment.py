"""The part of a worker's day in which a person sits at the desk: who comes is decided by the registration's number, so that
whoever takes the registration up after a kill meets the same person.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from app.core.drafts import DraftId
from app.core.flow.state import StepKind
from app.desk.registering.desk import Attendant, RegistrationDesk
from app.desk.registering.parts import document_bytes
from app.desk.registering.start import resume, start
from app.desk.registering.work import RegistrationInWork
from devices.client.formrecord import records
from devices.sbi.attributes import Group
from packet.encoding import hex_upper, sha256
from packet.models import BioAttribute, RegisteredDevice, RegistrationId
from tests.support.clerk import ADULT, Clerk, Person, lab_cameras
from tests.support.devicelab import DeviceLab
from tests.support.idnumbers import valid_uin
from tests.support.killing_life import Teller

CORRECTION: Final = "BIOMETRIC_CORRECTION"
UPDATE_GROUPS: Final = ("FullName", "DateOfBirth", "Location", "Phone")
_NAMES: Final = ("Amina", "Bilal", "Chipo", "Dana", "Emeka", "Farida", "Gamal")
_WHOLE: Final = 0.75
_GIVEN_UP: Final = 0.06
_SAVED: Final = 0.5


def sequence_of(rid: str) -> int:
    """The counter in a registration id."""
    return int(rid[10:15])


def person_of(rid: str, dawn: datetime) -> Person:
    """Who comes under a registration id: adults, infants with their mothers, people without a thumb."""
    number = sequence_of(rid)
    name = f"{_NAMES[number % len(_NAMES)]} {_NAMES[number // len(_NAMES) % len(_NAMES)]}"
    birth_year = str(dawn.year - 1) if number % 5 == 3 else ADULT
    missing = (BioAttribute.LEFT_THUMB,) if number % 5 == 1 else ()
    return Person(name=name, birth_year=birth_year, missing=missing)


def content_of(work: RegistrationInWork) -> dict[str, Any]:
    """What the operator sees of a registration in work, documents and captures as hashes."""
    form = work.form
    return {
        "revision": form.revision,
        "fields": form.snapshot()["fields"],
        "documents": {name: _hash(document_bytes(entry)) for name, entry in form.document_entries().items()},
        "captures": {
            f"{name}/{record}": _hash(body)
            for name in form.biometrics_entries()
            for record, body in records(work.captures(name)).items()
        },
        "seen": sorted(work.flow.seen),
    }


def _hash(body: bytes) -> str:
    return hex_upper(sha256(body))


@dataclass
class SavingClerk(Clerk):
    """Waits now and then for the sign that says that everything is saved, and tells of it."""

    chance: random.Random = field(default_factory=random.Random)
    tell: Teller | None = None

    def fill(self, field_id: str) -> None:
        super().fill(field_id)
        if self.chance.random() < _SAVED:
            self.save()

    def confirm(self) -> None:
        """Confirms, from the preview on; a kill may have come when it was confirmed in part."""
        if self.work.flow.step.kind is StepKind.OPERATOR:
            self.work.back()
        super().confirm()

    def save(self) -> None:
        """Waits for the sign."""
        assert self.tell is not None
        self.work.save_now()
        self.tell("saved", draft=self.work.draft_id, **content_of(self.work))


class Enrolment:
    """Begins registrations, takes them up, fills them."""

    def __init__(
        self, desk: RegistrationDesk, attendant: Attendant, dawn: datetime, chance: random.Random, tell: Teller
    ) -> None:
        self._desk = desk
        self._attendant = attendant
        self._dawn = dawn
        self._chance = chance
        self._tell = tell

    def begin(self, correctable: Sequence[RegistrationId]) -> SavingClerk:
        """Somebody sits down."""
        processes = ["NEW", "NEW", "UPDATE", "LOST"] + ([CORRECTION] if correctable else [])
        process = self._chance.choice(processes)
        self._tell("starting", process=process)
        work = start(self._desk, self._attendant, process, ["eng"])
        self._tell("begun", draft=work.draft_id, rid=work.registration_id, process=process)
        return self._prepared(work, correctable)

    def go_on_with(self, draft_id: DraftId, correctable: Sequence[RegistrationId]) -> SavingClerk:
        """Takes one up again."""
        work = resume(self._desk, self._attendant, draft_id)
        assert not work.lost
        return self._prepared(work, correctable)

    def _prepared(self, work: RegistrationInWork, correctable: Sequence[RegistrationId]) -> SavingClerk:
        lab = DeviceLab(self._dawn)

        def device(group: Group) -> RegisteredDevice:
            return lab.device(group.bio_type.value)

        person = person_of(work.registration_id, self._dawn)
        clerk = SavingClerk(work, person, lab_cameras(self._dawn), device, self._chance, self._tell)
        if work.flow.step.kind is StepKind.UPDATE:
            clerk.choose_update(valid_uin(sequence_of(work.registration_id)), UPDATE_GROUPS)
        if work.form.spec.id == CORRECTION and work.form.additional_info_request_id is None:
            number = sequence_of(work.registration_id)
            request_id = f"{correctable[number % len(correctable)]}-{CORRECTION}-{number}"
            work.edit(lambda form: form.set_additional_info_request_id(request_id))
        return clerk

    def fill(self, clerk: SavingClerk, *, is_whole: bool) -> None:
        """Fills screen after screen; parks in the middle or gives up now and then, unless it has to be whole."""
        is_whole = is_whole or self._chance.random() < _WHOLE
        while clerk.work.flow.step.kind is StepKind.SCREEN:
            clerk.fill_screen()
            clerk.go_on()
            if not is_whole and self._chance.random() < 0.5:
                break
        draft_id = clerk.work.draft_id
        if not is_whole and self._chance.random() < _GIVEN_UP / (1 - _WHOLE):
            self._tell("discarding", draft=draft_id)
            clerk.work.discard()
            self._tell("discarded", draft=draft_id)
            return
        content = content_of(clerk.work)
        clerk.work.park()
        self._tell("saved", draft=draft_id, **content)
