"""A registration at the desk, used by careless people in a hostile world: form, captures and draft agree all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.blocklist import Blocklist
from app.core.factors import SUPERVISOR
from app.core.flow.errors import FormChangedError
from app.core.flow.state import PREVIEW, Party, StepKind
from app.core.forms import messages
from app.core.forms.entries import DocumentEntry
from app.core.reviewing import PasswordProof
from app.desk.autosave import SaveState
from app.desk.registering.desk import RegistrationDesk
from app.desk.registering.start import in_work, resume, start
from app.desk.registering.work import RegistrationInWork, RegistrationOverError, SealingRunsError
from app.store.errors import DiskFullError, DraftTakenError, DraftUnknownError
from app.store.localstore import LocalStore
from devices.sbi.attributes import FACE, THUMBS
from packet.models import BioAttribute, ExceptionType
from tests.support.clerk import (
    INFANT,
    OPERATOR,
    REVIEWER,
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
from tests.support.idnumbers import valid_uin
from tests.support.specs import PDF, machine_key

APPLICANT = "individualBiometrics"
THUMB = BioAttribute.LEFT_THUMB
HALF_A_PAIR = "\ud83d"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with store_at(tmp_path, machine_key()) as opened:
        yield opened


@pytest.fixture
def desk(store: LocalStore) -> RegistrationDesk:
    return desk_at(store, machine_key())


def filled(desk: RegistrationDesk, process: str = "NEW", person: Person = Person()) -> Clerk:  # noqa: B008 - frozen
    """A registration that stands at its preview."""
    clerk = Clerk(start(desk, attendant(), process, ["eng"]), person)
    if process == "UPDATE":
        clerk.choose_update(valid_uin(), ("FullName", "DateOfBirth", "Location", "Phone"))
    clerk.fill_form()
    return clerk


def stored(work: RegistrationInWork, desk: RegistrationDesk) -> dict[str, bytes]:
    """What the draft holds of it."""
    return dict(desk.drafts.load(work.draft_id).parts)


def again(work: RegistrationInWork, desk: RegistrationDesk) -> RegistrationInWork:
    """The same registration, taken up again."""
    work.park()
    return resume(desk, attendant(), work.draft_id)


def test_words_are_let_pass_by_who_let_them_pass(desk: RegistrationDesk) -> None:
    country = replace(demo_country(), blocklist=Blocklist({"eng": ("vex",)}))
    strict = replace(desk, country=country)
    work = start(strict, attendant(), "NEW", ["eng"])
    work.edit(lambda form: form.set_text("fullName", "Amina Vex", "eng"))
    work.accept_words("fullName", "eng")
    work.park()
    with resume(strict, attendant(REVIEWER, roles=[SUPERVISOR]), work.draft_id) as later:
        assert later.lost == ()
        assert later.form.block_listed_words()["fullName"].operator_id == OPERATOR
        later.edit(lambda form: form.set_text("fullName", "Amina", "eng"))
        later.edit(lambda form: form.set_text("fullName", "Amina Vex", "eng"))
        later.accept_words("fullName", "eng")
        assert later.form.block_listed_words()["fullName"].operator_id == REVIEWER


# one draft, one holder


def test_what_is_taken_up_elsewhere_cannot_be_written_over(desk: RegistrationDesk) -> None:
    first = filled(desk).work
    first.save_now()
    second = resume(desk, attendant(), first.draft_id)
    second.edit(lambda form: form.set_text("fullName", "Entered in the second window", "eng"))
    second.save_now()
    kept = stored(second, desk)
    first.edit(lambda form: form.set_text("fullName", "Entered in the first", "eng"))
    with pytest.raises(DraftTakenError):
        first.save_now()
    with pytest.raises(DraftTakenError):
        first.park()
    first.abandon()
    with pytest.raises(RegistrationOverError):
        first.save_now()
    assert stored(second, desk) == kept
    second.park()


def test_only_the_holder_seals(desk: RegistrationDesk) -> None:
    first = filled(desk)
    first.confirm()
    first.work.save_now()
    with resume(desk, attendant(), first.work.draft_id) as second:
        with pytest.raises(DraftTakenError):
            first.work.seal()
        second.go_to(PREVIEW)
        Clerk(second, Person()).confirm()
        second.seal()
    assert in_work(desk).readable == ()


def test_a_registration_that_changed_while_it_was_being_taken_up_is_not_taken(desk: RegistrationDesk) -> None:
    work = filled(desk).work
    work.save_now()
    loaded = desk.drafts.load(work.draft_id)
    work.edit(lambda form: form.set_text("fullName", "Somebody Else", "eng"))
    work.save_now()
    with pytest.raises(DraftTakenError):
        desk.drafts.take(work.draft_id, "another", loaded.revision)
    work.park()


# the disk fails


def test_leaving_the_desk_is_refused_as_long_as_it_cannot_be_saved(store: LocalStore) -> None:
    told: list[SaveState] = []
    desk = replace(desk_at(store, machine_key()), on_save=told.append)
    faults: list[DiskFullError] = [DiskFullError(path="x", sqlite="SQLITE_FULL")]

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(store.drafts, name)

        def save(self, *rest: object) -> None:
            if faults:
                raise faults[0]
            store.drafts.save(*rest)  # type: ignore[arg-type]

    work = start(replace(desk, drafts=Full()), attendant(), "NEW", ["eng"])  # type: ignore[arg-type]
    work.edit(lambda form: form.tick("consent", True))
    with pytest.raises(DiskFullError):
        work.park()
    work.edit(lambda form: form.set_text("fullName", "Amina Example", "eng"))
    faults.clear()
    work.park()
    with resume(desk, attendant(), work.draft_id) as later:
        assert later.form.consent is True


def test_what_cannot_be_discarded_stays_at_the_desk(desk: RegistrationDesk, store: LocalStore) -> None:
    fails = [True]

    class Locked:
        def __getattr__(self, name: str) -> object:
            return getattr(store.drafts, name)

        def discard(self, *rest: object) -> None:
            if fails and fails.pop():
                raise DiskFullError(path="x", sqlite="SQLITE_FULL")
            store.drafts.discard(*rest)  # type: ignore[arg-type]

    work = start(replace(desk, drafts=Locked()), attendant(), "NEW", ["eng"])  # type: ignore[arg-type]
    with pytest.raises(DiskFullError):
        work.discard()
    work.edit(lambda form: form.set_text("fullName", "Amina Example", "eng"))
    work.save_now()
    work.discard()
    assert in_work(desk).readable == ()


# captures and the form agree


def test_a_mark_that_was_taken_back_leaves_nothing(desk: RegistrationDesk) -> None:
    clerk = Clerk(start(desk, attendant(), "NEW", ["eng"]), Person())
    while clerk.work.flow.step.screen != "BiometricDetails":
        clerk.fill_screen()
        clerk.go_on()
    work = clerk.work
    work.mark_exception(APPLICANT, THUMB, ExceptionType.PERMANENT, "lost")
    work.unmark_exception(APPLICANT, THUMB)
    work.save_now()
    assert not [name for name in stored(work, desk) if name.startswith("biometrics/")]
    with again(work, desk) as later:
        assert later.lost == ()


def test_captures_of_a_field_that_was_emptied_can_be_made_again(desk: RegistrationDesk) -> None:
    work = filled(desk).work
    work.edit(lambda form: form.clear(APPLICANT))
    assert work.captures(APPLICANT).panel(FACE).may_scan
    assert not work.captures(APPLICANT).biometrics().captured
    work.save_now()
    assert not [name for name in stored(work, desk) if name.startswith("biometrics/")]
    work.park()


def test_a_capture_that_comes_too_late_for_its_field_is_no_capture(desk: RegistrationDesk) -> None:
    clerk = filled(desk, person=Person(birth_year=INFANT))
    work, field = clerk.work, "introducerBiometrics"
    face = lab_cameras()(BioAttribute.FACE)
    work.edit(lambda form: form.set_date("dateOfBirth", "23", "04", "1990"))
    audits = len(desk.sealer.audits.pending().entries)
    assert not work.add_capture(field, FACE, accepted(FACE, [face], lab_device(FACE)))
    assert not work.captures(field).biometrics().captured
    assert len(desk.sealer.audits.pending().entries) == audits
    with again(work, desk) as later:
        assert later.lost == ()


def test_what_follows_from_marks_that_go_is_told_and_kept(desk: RegistrationDesk) -> None:
    work = filled(desk, person=Person(missing=(THUMB,))).work
    assert work.form.identity["isBioException"] is True
    changes = work.edit(lambda form: form.set_date("dateOfBirth", "23", "04", INFANT))
    assert APPLICANT in changes.values
    assert not work.form.identity.get("isBioException")
    assert work.captures(APPLICANT).marks == {}
    snapshot, parts = work.form.snapshot(), work.captures(APPLICANT).biometrics()
    with again(work, desk) as later:
        assert later.lost == ()
        assert later.form.snapshot() == snapshot
        assert later.captures(APPLICANT).biometrics() == parts


# texts from anywhere


@pytest.mark.parametrize("bad", [HALF_A_PAIR, "\x00", "\u2028", "a\ud83db"])
def test_signs_that_are_none_never_keep_a_registration_from_being_saved(desk: RegistrationDesk, bad: str) -> None:
    clerk = filled(desk, "UPDATE")
    work = clerk.work
    work.edit(lambda form: form.set_text("fullName", bad, "eng"))
    poi = next(f.id for f in work.form.spec.fields if work.form.field(f.id).choices and f.sub_type == "POI")
    code = work.form.field(poi).choices[0].code
    work.add_document(poi, DocumentEntry(code, bad, "pdf", PDF))
    work.edit(lambda form: form.set_document_reference(poi, bad))
    work.edit(lambda form: form.choose("gender", bad))
    work.mark_exception(APPLICANT, THUMB, ExceptionType.TEMPORARY, f"cut {bad}")
    work.choose_update(f"{bad}{valid_uin()} ", ("FullName", bad))
    assert work.form.context.uin == valid_uin() or bad == "a\ud83db"
    work.save_now()
    with again(work, desk) as later:
        assert later.form.context.update_groups[0] == "FullName"


def test_a_reference_number_does_not_write_the_paper_again(desk: RegistrationDesk, store: LocalStore) -> None:
    written: list[set[str]] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(store.drafts, name)

        def save(self, *rest: object) -> None:
            changed = rest[1]
            assert isinstance(changed, dict)
            written.append(set(changed))
            store.drafts.save(*rest)  # type: ignore[arg-type]

    work = filled(replace(desk, drafts=Watched())).work  # type: ignore[arg-type]
    field, document = next(iter(work.form.document_entries().items()))
    work.save_now()
    written.clear()
    work.edit(lambda form: form.set_document_reference(field, "B-2"))
    work.save_now()
    assert written == [{"form", "flow"}]
    with again(work, desk) as later:
        assert later.form.documents()[field].ref_number == "B-2"
        assert later.form.document_entries()[field].content == document.content


# what is chosen for an update


def test_what_was_entered_in_groups_that_are_not_updated_any_more_is_gone_everywhere(desk: RegistrationDesk) -> None:
    clerk = filled(desk, "UPDATE")
    work = clerk.work
    work.choose_update(valid_uin(), ("Phone",))
    assert "fullName" not in work.form.demographics()
    work.save_now()
    assert b"Amina Example" not in b"".join(stored(work, desk).values())
    with again(work, desk) as later:
        assert later.lost == ()
        assert "fullName" not in later.form.demographics()
        assert later.form.context.update_groups == ("Phone",)


def test_attempts_at_groups_that_are_not_updated_any_more_leave_nothing(desk: RegistrationDesk) -> None:
    clerk = Clerk(start(desk, attendant(), "UPDATE", ["eng"]), Person())
    work, field = clerk.work, "individualAuthBiometrics"
    work.choose_update(valid_uin(), ("FullName",))
    bad = [replace(lab_cameras()(attribute), quality_score=1.0) for attribute in work.captures(field).panel(THUMBS).wanted]
    work.add_capture(field, THUMBS, accepted(THUMBS, bad, lab_device(THUMBS)))
    work.choose_update(valid_uin(), ("FullName", "Phone"))
    assert work.captures(field).attempts(THUMBS).count == 1, "the attempt counts"
    work.choose_update(valid_uin(), ("Biometrics",))
    assert not work.form.field(field).is_visible
    work.save_now()
    assert not [name for name in stored(work, desk) if name.startswith("biometrics/")]
    work.park()


def test_a_field_that_nobody_can_fill_is_told_once(desk: RegistrationDesk) -> None:
    spec = next(process for process in demo_country().forms.processes if process.id == "NEW")
    screens = tuple(
        replace(s, fields=tuple(replace(f, control=None) if f.id == "email" else f for f in s.fields)) for s in spec.screens
    )
    forms = replace(demo_country().forms, processes=(replace(spec, screens=screens),))
    with start(replace(desk, country=replace(demo_country(), forms=forms)), attendant(), "NEW", ["eng"]) as work:
        assert [finding.message for finding in work.form.field("email").findings] == [messages.SPEC_NOT_UNDERSTOOD]


# time passes


def test_a_birthday_between_filling_and_confirming_is_noticed(store: LocalStore) -> None:
    now = [utc_now()]
    clock = lambda: now[0]  # noqa: E731
    desk = desk_at(store, machine_key(), clock=clock)
    tomorrow = now[0] + timedelta(days=1)
    work = start(desk, attendant(clock=clock), "NEW", ["eng"])
    born = tomorrow.replace(year=tomorrow.year - 6) if (tomorrow.month, tomorrow.day) != (2, 29) else tomorrow
    work.edit(lambda form: form.set_date("dateOfBirth", f"{born.day:02}", f"{born.month:02}", f"{born.year}"))
    clerk = Clerk(work, Person(birth_year=str(born.year)))
    while work.flow.step.kind is StepKind.SCREEN:
        for spec in work.form.spec.fields:
            if spec.id != "dateOfBirth" and work.form.field(spec.id).is_visible:
                clerk.fill(spec.id)
        clerk.go_on()
    assert work.form.identity.get("ageGroup") == "INFANT"
    clerk.confirm()
    now[0] = tomorrow
    with pytest.raises(FormChangedError):
        work.seal()
    assert dict(work.form.identity)["ageGroup"] == "MINOR"
    assert work.flow.sealing is None
    work.park()


# sealing


def test_nothing_is_entered_while_the_packet_is_made(desk: RegistrationDesk) -> None:
    clerk = filled(desk)
    clerk.confirm()
    work = clerk.work
    with pytest.raises(SealingRunsError):
        work.edit(lambda form: form.set_text("fullName", "Somebody Else", "eng"))
    with pytest.raises(SealingRunsError):
        work.mark_exception(APPLICANT, THUMB, ExceptionType.PERMANENT, "lost")
    with pytest.raises(SealingRunsError):
        work.choose_update(valid_uin(), ("FullName",))
    work.seal()


class UnnamedError(Exception):
    """Not an error with a name."""


@pytest.mark.parametrize("where", ["certificate", "archive", "audits", "interrupt"])
def test_a_sealing_that_fails_anywhere_keeps_everything_and_can_be_tried_again(
    desk: RegistrationDesk, store: LocalStore, where: str
) -> None:
    fails = [True]
    fault = KeyboardInterrupt() if where == "interrupt" else UnnamedError()

    def maybe() -> None:
        if fails[0]:
            raise fault

    class Archive:
        def save(self, *args: object, **more: object) -> None:
            maybe()
            store.registrations.save(*args, **more)  # type: ignore[arg-type]

    class Audits:
        def pending(self) -> object:
            maybe()
            return store.audits.pending()

    sealer = desk.sealer
    if where in ("archive", "interrupt"):
        sealer = replace(sealer, archive=Archive())
    if where == "audits":
        sealer = replace(sealer, audits=Audits())  # type: ignore[arg-type]

    def certificate() -> object:
        maybe()
        return desk.certificate()

    faulty = replace(desk, sealer=sealer, certificate=certificate if where == "certificate" else desk.certificate)  # type: ignore[arg-type]
    clerk = filled(faulty)
    clerk.confirm()
    snapshot = clerk.work.form.snapshot()
    with pytest.raises(type(fault)):
        clerk.work.seal()
    assert clerk.work.flow.step == PREVIEW
    assert clerk.work.form.snapshot() == snapshot
    fails[0] = False
    clerk.confirm()
    packet = clerk.work.seal()
    assert store.registrations.packet(packet.packet_id)
    with pytest.raises(RegistrationOverError):
        clerk.work.seal()
    clerk.work.lock()
    clerk.work.park()
    assert in_work(desk).readable == ()


def test_an_interrupt_right_after_the_packet_was_saved_does_not_make_a_second_one(
    desk: RegistrationDesk, store: LocalStore
) -> None:
    class Late:
        def save(self, *args: object, **more: object) -> None:
            store.registrations.save(*args, **more)  # type: ignore[arg-type]
            raise KeyboardInterrupt

    clerk = filled(replace(desk, sealer=replace(desk.sealer, archive=Late())))
    clerk.confirm()
    with pytest.raises(KeyboardInterrupt):
        clerk.work.seal()
    clerk.confirm()
    with pytest.raises(DraftUnknownError):
        clerk.work.seal()


def test_taking_a_registration_up_again_asks_for_the_proofs_again(desk: RegistrationDesk) -> None:
    clerk = filled(desk, person=Person(missing=(THUMB,)))
    work = clerk.work
    work.previewed(work.form.revision)
    clerk.go_on()
    work.identify(Party.OPERATOR, OPERATOR)
    asked = work.challenge
    assert asked is not None
    work.prove(asked, PasswordProof())
    clerk.go_on()
    work.identify(Party.REVIEWER, REVIEWER)
    with again(work, desk) as later:
        assert later.flow.operator is None
        assert later.flow.step == Party.OPERATOR.step
        answer = later.forward()
        assert answer.findings
