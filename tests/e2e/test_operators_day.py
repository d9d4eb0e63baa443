"""A day at the desk: each process is begun, the machine dies, the work is taken up, finished and sealed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.forms.messages import is_known
from app.core.uispec.publication import PublishedForms
from app.core.uispec.reader import read_publication
from app.democountry import demo_publication
from app.desk.registering.desk import Country, RegistrationDesk
from app.desk.registering.start import in_work, resume, start
from packet.bioattributes import EYES, FINGERS
from packet.models import BioAttribute, Flow, RegistrationId, SealedPacket
from packet.rules.model import PROCESSES, RuleSettings
from packet.verify import PrivateKeyOpener, Report, VerifyContext, verify_packet
from tests.support.clerk import CENTRE, INFANT, MACHINE, Clerk, Person, attendant, demo_country, desk_at, store_at, utc_now
from tests.support.devicelab import device_trust, lab_certificate, lab_key
from tests.support.idnumbers import valid_request_id, valid_uin
from tests.support.specs import machine_key

OWN_PROCESS = "CRVS_NEW"


def country_with_own_process() -> Country:
    """The demo country with a process of its own, on the flow NEW."""
    country = demo_country()
    publication = dict(demo_publication())
    new = publication["newProcess"]
    assert isinstance(new, Mapping)
    forms: PublishedForms = read_publication({**publication, "crvsNewProcess": {**new, "id": OWN_PROCESS, "order": 9}})
    return replace(country, forms=forms)


ANYBODY = Person()


@dataclass(frozen=True)
class Case:
    """Who comes to the desk, for what.

    Attributes:
        uin, groups: of an update.
        birs: captures and exceptions in the packet, the exception photo included.
    """

    process: str
    flow: Flow
    person: Person = ANYBODY
    uin: str | None = None
    groups: tuple[str, ...] = ()
    request_id: str | None = None
    reviewer: bool = False
    birs: int = 13
    country: Callable[[], Country] = demo_country


UPDATE_GROUPS = ("FullName", "DateOfBirth", "Location", "Phone")
CASES = {
    "a new registration": Case("NEW", Flow.NEW),
    "an infant with the mother": Case("NEW", Flow.NEW, Person(birth_year=INFANT), birs=1 + 13),
    "somebody who lost a thumb": Case("NEW", Flow.NEW, Person(missing=(BioAttribute.LEFT_THUMB,)), reviewer=True, birs=13 + 1),
    "somebody without hands and sight": Case("NEW", Flow.NEW, Person(missing=(*FINGERS, *EYES)), reviewer=True, birs=13 + 1),
    "an update": Case("UPDATE", Flow.UPDATE, uin=valid_uin(), groups=UPDATE_GROUPS),
    "a lost UIN": Case("LOST", Flow.LOST),
    "a correction": Case("BIOMETRIC_CORRECTION", Flow.CORRECTION, request_id=valid_request_id(1)),
    "a process of the country's own": Case(OWN_PROCESS, Flow.NEW, country=country_with_own_process),
}


def judged(packet: SealedPacket, data: bytes) -> Report:
    """The server's side looks at the packet with everything that it knows."""
    country = country_with_own_process()
    context = VerifyContext(
        rules=RuleSettings(
            id_schema=country.forms.id_schema,
            now=utc_now() + timedelta(minutes=1),
            processes=(*PROCESSES, OWN_PROCESS),
        ),
        file_name=packet.file_name,
        machine_encryption_public=machine_key().encryption_public,
        device_trust=device_trust(),
    )
    return verify_packet(
        data,
        opener=PrivateKeyOpener(lab_key("packet"), [lab_certificate("packet")]),
        machine_signing_public=machine_key().signing_public,
        context=context,
    )


def begin(case: Case, desk: RegistrationDesk) -> Clerk:
    """Somebody sits down."""
    clerk = Clerk(start(desk, attendant(), case.process, ["eng", "fra"]), case.person)
    if case.uin is not None:
        clerk.choose_update(case.uin, case.groups)
    if case.request_id is not None:
        request_id = case.request_id
        clerk.work.edit(lambda form: form.set_additional_info_request_id(request_id))
    return clerk


def killed(act: Callable[[], None]) -> None:
    """Does something in a process of its own, which must end by its own SIGKILL."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(70)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), f"the process ended with {os.waitstatus_to_exitcode(status)} before its power was cut"


def assert_every_refusal_names_its_field(clerk: Clerk) -> None:
    """An empty screen is refused with all that is missing at once, each at its field, with a sentence for it."""
    answer = clerk.work.forward()
    assert len(answer.findings) > 1
    for finding in answer.findings:
        assert finding.screen == answer.state.step.screen
        assert finding.field is not None
        assert is_known(finding.message)


def power_cut() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("name", CASES)
def test_a_registration_is_begun_killed_resumed_and_sealed(name: str, tmp_path: Path) -> None:
    case = CASES[name]

    def in_the_morning() -> None:
        """The first screen is filled and left; on the second the power goes in the middle of it."""
        with store_at(tmp_path, machine_key()) as store:
            clerk = begin(case, desk_at(store, machine_key(), country=case.country()))
            assert_every_refusal_names_its_field(clerk)
            clerk.fill_screen()
            clerk.go_on()
            clerk.fill_screen()
            clerk.work.save_now()
            power_cut()

    def before_noon() -> None:
        """It goes on, and the power goes again, now before the preview is confirmed."""
        with store_at(tmp_path, machine_key()) as store:
            desk = desk_at(store, machine_key(), country=case.country())
            (found,) = in_work(desk).readable
            clerk = Clerk(resume(desk, attendant(), found.draft_id), case.person)
            assert not clerk.work.lost
            clerk.fill_form()
            clerk.work.save_now()
            power_cut()

    killed(in_the_morning)
    killed(before_noon)

    with store_at(tmp_path, machine_key()) as store:
        desk = desk_at(store, machine_key(), country=case.country())
        (found,) = in_work(desk).readable
        assert found.process == case.process
        clerk = Clerk(resume(desk, attendant(), found.draft_id), case.person)
        assert clerk.work.flow.step.name == "PREVIEW"
        before = clerk.work.form.revision
        clerk.fill_form()
        assert clerk.work.form.revision == before, "nothing had to be entered again"

        clerk.confirm()
        packet = clerk.work.seal()

        assert clerk.work.flow.step.name == "ACKNOWLEDGEMENT"
        assert in_work(desk).readable == ()
        report = judged(packet, store.registrations.packet(packet.packet_id))
        assert report.is_good, report.failures
        expect(case, packet, report, found.registration_id)


def expect(case: Case, packet: SealedPacket, report: Report, begun_as: RegistrationId) -> None:
    """The packet says what was done at the desk."""
    assert report.opened is not None
    assert report.opened.content is not None
    content = report.opened.content
    assert packet.process == case.process
    if case.request_id is None:
        assert packet.registration_id == begun_as
        assert packet.registration_id.startswith(CENTRE + MACHINE)
    else:
        assert packet.registration_id == case.request_id.split("-")[0]
    for kind, part in content.sub_packets.items():
        operations = {row["label"]: row["value"] for row in part.meta["operationsData"]}  # type: ignore[index, union-attr, call-overload]
        assert (kind, operations["officerId"]) == (kind, "officer")
        assert (operations["supervisorId"] == "supervisor") is case.reviewer
    files = {name: file for part in content.sub_packets.values() for name, file in part.biometrics.items()}
    assert sum(len(file.birs) for file in files.values()) == case.birs
