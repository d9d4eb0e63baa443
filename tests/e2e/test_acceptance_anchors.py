"""What every client for MOSIP has to do with the default forms, one test for each; the papers of the country are as shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.flow.state import Party
from app.core.forms import messages
from app.core.forms.values import fingerprint
from app.democountry import demo_publication
from app.desk.registering.desk import RegistrationDesk
from app.desk.registering.start import start
from devices.client.biometricform import Lack
from devices.client.settings import CaptureSettings
from devices.sbi.attributes import FACE
from packet.models import BioAttribute, ExceptionType, SealedPacket
from packet.rules.model import RuleSettings
from packet.verify import Report, VerifyContext, verify_packet
from tests.support.clerk import (
    HTML,
    INFANT,
    Clerk,
    Person,
    accepted,
    attendant,
    demo_country,
    desk_at,
    lab_cameras,
    lab_device,
    store_at,
    utc_now,
)
from tests.support.devicelab import device_trust
from tests.support.idnumbers import valid_request_id, valid_uin
from tests.support.judging import opener
from tests.support.specs import machine_key

APPLICANT = "individualBiometrics"
THUMB = BioAttribute.LEFT_THUMB
DEFAULT = ("NEW", "UPDATE", "LOST", "BIOMETRIC_CORRECTION")
UPDATED = ("FullName", "Phone")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RegistrationDesk]:
    with store_at(tmp_path, machine_key()) as store:
        yield desk_at(store, machine_key())


def begun(desk: RegistrationDesk, process: str = "NEW", person: Person | None = None) -> Clerk:
    """A registration of a default process, at its first screen."""
    clerk = Clerk(start(desk, attendant(), process, ["eng", "fra"]), person or Person())
    if process == "UPDATE":
        clerk.choose_update(valid_uin(), UPDATED)
    if process == "BIOMETRIC_CORRECTION":
        clerk.work.edit(lambda form: form.set_additional_info_request_id(valid_request_id(1)))
    return clerk


def at_biometrics(desk: RegistrationDesk, person: Person | None = None) -> Clerk:
    """A new registration of which only the biometrics are missing."""
    clerk = begun(desk, person=person)
    while clerk.work.flow.step.screen != "BiometricDetails":
        clerk.fill_screen()
        clerk.go_on()
    return clerk


def sealed(clerk: Clerk) -> SealedPacket:
    """Everything is filled and confirmed."""
    clerk.fill_form()
    clerk.confirm()
    return clerk.work.seal()


def opened(packet: SealedPacket) -> Report:
    """The packet as the server sees it; it must be good."""
    rules = RuleSettings(id_schema=demo_country().forms.id_schema, now=utc_now() + timedelta(minutes=1))
    report = verify_packet(
        packet.data,
        opener=opener(),
        machine_signing_public=machine_key().signing_public,
        context=VerifyContext(rules=rules, file_name=packet.file_name, device_trust=device_trust()),
    )
    assert report.is_good, report.failures
    return report


def identity(report: Report) -> dict[str, object]:
    """What the packet says of the person."""
    assert report.opened is not None
    assert report.opened.content is not None
    return {name: value for part in report.opened.content.sub_packets.values() for name, value in part.identity.items()}


@pytest.mark.parametrize("process", DEFAULT)
def test_the_default_forms_are_filled_and_submitted_as_they_are(desk: RegistrationDesk, process: str) -> None:
    clerk = begun(desk, process)
    assert not clerk.work.form.blocking_faults
    opened(sealed(clerk))


@pytest.mark.parametrize("key", ["newProcess", "updateProcess", "lostProcess", "bioCorrectionProcess"])
def test_screens_that_are_published_as_inactive_are_shown(desk: RegistrationDesk, key: str) -> None:
    process = demo_publication()[key]
    assert isinstance(process, Mapping)
    screens = process["screens"]
    assert isinstance(screens, list)
    assert [screen["active"] for screen in screens] == [False] * len(screens)
    form = begun(desk, str(process["id"])).work.form
    assert list(form.visible_screens) == [screen["name"] for screen in screens]


def test_consent_and_the_fingerprint_of_what_was_shown_are_stored(desk: RegistrationDesk) -> None:
    found = identity(opened(sealed(begun(desk))))
    assert found["consent"] == "Y"
    assert found["consentText"] == [{"language": lang, "value": fingerprint(HTML)} for lang in ("eng", "fra")]


def test_an_update_holds_the_chosen_and_the_automatic_groups_and_the_uin(desk: RegistrationDesk) -> None:
    clerk = begun(desk, "UPDATE")
    spec = clerk.work.form.spec
    allowed = {field.id for field in spec.fields if field.group in {*UPDATED, *spec.auto_selected_groups}}
    found = identity(opened(sealed(clerk)))
    assert found.keys() - allowed == {"UIN", "IDSchemaVersion"}
    assert found["UIN"] == valid_uin()
    assert {"fullName", "phone", "consent", "preferredLang", "individualAuthBiometrics"} <= found.keys()


def test_an_infant_comes_with_a_guardian_and_shows_only_the_face(desk: RegistrationDesk) -> None:
    guardian = ("introducerName", "introducerRID", "introducerUIN")
    work = at_biometrics(desk).work
    assert not any(work.form.field(name).is_visible for name in (*guardian, "introducerBiometrics"))
    clerk = begun(desk, person=Person(birth_year=INFANT))
    work = clerk.work
    work.edit(lambda form: form.set_date("dateOfBirth", "23", "04", INFANT))
    assert all(work.form.field(name).is_visible and work.form.field(name).is_required for name in guardian)
    assert work.form.field("introducerBiometrics").is_required
    assert work.form.field("proofOfRelationship").is_required
    assert work.captures(APPLICANT).asked == (BioAttribute.FACE,)
    report = opened(sealed(clerk))
    assert report.opened is not None
    assert report.opened.content is not None
    files = {name: file for part in report.opened.content.sub_packets.values() for name, file in part.biometrics.items()}
    assert [len(file.birs) for name, file in files.items() if name.startswith(APPLICANT)] == [1]
    assert any(name.startswith("introducerBiometrics") for name in files)


def test_the_third_capture_below_the_threshold_is_kept_and_marked_as_forced(desk: RegistrationDesk) -> None:
    strict = replace(desk, country=replace(demo_country(), captures=CaptureSettings(face_threshold=95)))
    clerk = at_biometrics(strict)
    work, face = clerk.work, [lab_cameras()(BioAttribute.FACE)]
    for attempt in (1, 2, 3):
        assert work.captures(APPLICANT).panel(FACE).may_scan, attempt
        assert not work.captures(APPLICANT).attempts(FACE).kept
        work.add_capture(APPLICANT, FACE, accepted(FACE, face, lab_device(FACE)))
    panel = work.captures(APPLICANT).panel(FACE)
    assert (panel.may_scan, panel.lack) == (False, Lack.REASON)
    clerk.fill_screen()
    assert messages.CAPTURES_MISSING in [finding.message for finding in work.forward().findings]
    work.give_reason(APPLICANT, FACE, "The lamp is broken")
    kept = work.captures(APPLICANT).attempts(FACE).kept[BioAttribute.FACE]
    assert (kept.attempts, kept.forced) == (3, True)
    report = opened(sealed(clerk))
    assert report.opened is not None
    files = [data for part in report.opened.sub_packets.values() for name, data in part.entries.items() if APPLICANT in name]
    forced = [re.findall(rb"FORCE_CAPTURED\W+(?:\w+>)?\W*(true|false)", data) for data in files]
    assert sorted(map(sorted, forced)) == [[b"false"] * 12 + [b"true"]], "only the face"


def test_an_exception_asks_for_a_photo_a_reviewer_and_another_kind_of_applicant(desk: RegistrationDesk) -> None:
    clerk = at_biometrics(desk)
    work = clerk.work
    without = work.form.applicant_type
    assert without is not None
    assert int(without) <= 8
    work.mark_exception(APPLICANT, THUMB, ExceptionType.PERMANENT, "lost")
    assert work.form.applicant_type == f"{int(without) + 8:03}"
    assert 9 <= int(work.form.applicant_type) <= 16
    clerk.fill_screen()
    work.unmark_exception(APPLICANT, THUMB)
    assert work.form.applicant_type == without
    assert Party.REVIEWER.step not in work.steps
    work.mark_exception(APPLICANT, THUMB, ExceptionType.PERMANENT, "lost")
    assert Party.REVIEWER.step in work.steps
    assert messages.PHOTO_MISSING in [finding.message for finding in work.form.findings("BiometricDetails")]
    clerk.fill_screen()
    work.go_to(work.steps[0])
    found = identity(opened(sealed(clerk)))
    assert APPLICANT in found
