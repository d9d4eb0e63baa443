"""Beginning a registration, or taking one up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.core import audits
from app.core.drafts import DraftHeader, DraftId, DraftList
from app.core.factors import SUPERVISOR
from app.core.flow import moves, saving
from app.core.forms.context import FormContext
from app.core.forms.entries import BiometricsEntry
from app.core.forms.form import Form
from app.core.languages import choose_languages
from app.core.reviewing import is_same_user
from app.core.uispec.model import ProcessSpec
from app.desk.enrol import new_registration_id
from app.desk.registering.biometrics import BiometricFields, agreeing, entry_of, restored_fields
from app.desk.registering.desk import Attendant, RegistrationDesk
from app.desk.registering.keeping import Work
from app.desk.registering.parts import (
    FLOW,
    FORM,
    DraftMeta,
    biometrics_of,
    documents_of,
    read_json,
    read_meta,
)
from app.desk.registering.work import RegistrationInWork
from packet.errors import CodedError


class ProcessNotOfferedError(CodedError):
    """The country does not offer this process (any more)."""

    code = "DESK-PROCESS"
    sentence = "The country's forms have no process {process} that can be used."
    next_step = "Synchronise; if it stays, ask the administrator to publish the form."


class DraftOfAnotherError(CodedError):
    """Somebody else began this registration."""

    code = "DESK-DRAFT-OF-ANOTHER"
    sentence = "This registration was begun by another operator."
    next_step = "Let that operator go on with it, or a supervisor."


def start(desk: RegistrationDesk, attendant: Attendant, process: str, chosen_languages: Sequence[str]) -> RegistrationInWork:
    """Begins a registration: checks first that it could be kept, then gives it its id and writes that down.

    Args:
        process: id as published.
        chosen_languages: languages in which data are entered, in order.

    Raises:
        packet.errors.CodedError: a subclass that says why no registration can begin now: the disk, the database, the form.
    """
    spec = _process(desk, process)
    languages = choose_languages(desk.country.settings, chosen_languages)
    desk.check_ready()
    meta = DraftMeta(process=spec.id, lang_codes=languages, id_schema_version=desk.country.forms.id_schema_version)
    form = Form(spec, context(desk, attendant, meta))
    now = desk.clock()
    rid = new_registration_id(desk.rid_counter, desk.centre_id, desk.machine_id, desk.clock)
    flow = moves.begin(form, desk.rules(attendant))
    header = DraftHeader(
        draft_id=DraftId(desk.entropy(16).hex()),
        registration_id=rid,
        process=spec.id,
        flow=spec.flow,
        operator_id=attendant.user_id,
        started_at=now,
        changed_at=now,
        step=flow.step.name,
    )
    captures = BiometricFields(form, desk.country.captures)
    work = Work(header.draft_id, rid, meta, form, captures, flow, _new_holder(desk))
    parts = work.parts()
    audit = attendant.writer.about_registration(audits.STARTED[spec.flow], rid)
    desk.drafts.begin(header, parts, audit=audit, holder=work.holder)
    return RegistrationInWork(desk, attendant, work, parts)


def resume(desk: RegistrationDesk, attendant: Attendant, draft_id: DraftId) -> RegistrationInWork:
    """Takes up a registration in work where it was left; authentications are not taken up.

    What does not fit any more, since the form was published anew meanwhile, is left out and named in `RegistrationInWork.lost`.

    Raises:
        DraftOfAnotherError: if another operator began it and the attendant is no supervisor.
        packet.errors.CodedError: a subclass that says why it cannot be taken up; the draft stays as it is.
    """
    stored = desk.drafts.load(draft_id)
    if not is_same_user(stored.header.operator_id, attendant.user_id) and SUPERVISOR not in attendant.roles:
        raise DraftOfAnotherError
    meta = read_meta(stored.parts)
    spec = _process(desk, meta.process)
    desk.check_ready()
    rules = desk.rules(attendant)
    form, biometrics, lost = _restored(desk, spec, context(desk, attendant, meta), stored.parts)
    flow = saving.restore(read_json(stored.parts, FLOW), form, rules)
    rid = stored.header.registration_id
    work = Work(draft_id, rid, meta, form, biometrics, flow, _new_holder(desk), lost)
    desk.drafts.take(draft_id, work.holder, stored.revision)
    desk.audits.add(attendant.writer.about_registration(audits.DRAFT_RESUMED, rid))
    return RegistrationInWork(desk, attendant, work, stored.parts)


def _new_holder(desk: RegistrationDesk) -> str:
    return desk.entropy(16).hex()


def _restored(
    desk: RegistrationDesk, spec: ProcessSpec, surroundings: FormContext, parts: Mapping[str, bytes]
) -> tuple[Form, BiometricFields, tuple[str, ...]]:
    """The form with everything that was kept, and the ids of the fields of which something did not fit.

    What is asked of the person is known only when the form is filled, and the form is whole only with the captures: so it is
    filled once without them, and once more with those that fit what is asked.
    """
    plain, documents, kept = read_json(parts, FORM), documents_of(parts), biometrics_of(parts)
    without = Form.restore(spec, surroundings, plain, documents, {})
    fields, lost = restored_fields(without, desk.country.captures, kept)
    entries = {field_id: entry_of(state) for field_id, state in fields.items()}
    entered = {field_id: entry for field_id, entry in entries.items() if not entry.is_empty}
    form = Form.restore(spec, surroundings, plain, documents, entered)
    fitting = agreeing(form, fields)
    misfits = [misfit.field for misfit in form.misfits]
    for field_id in fields.keys() - fitting.keys():
        form.set_biometrics(field_id, BiometricsEntry())
        misfits.append(field_id)
    return form, BiometricFields(form, desk.country.captures, fitting), tuple(dict.fromkeys((*misfits, *lost)))


def in_work(desk: RegistrationDesk) -> DraftList:
    """The registrations in work on this machine."""
    return desk.drafts.list()


def discard(desk: RegistrationDesk, attendant: Attendant, draft_id: DraftId, registration_id: str) -> None:
    """Gives up a registration in work that is not at the desk, for example one that cannot be read any more."""
    desk.drafts.discard(draft_id, attendant.writer.about_registration(audits.DRAFT_DISCARDED, registration_id))


def expire(desk: RegistrationDesk, attendant: Attendant) -> tuple[DraftId, ...]:
    """Removes registrations in work that nobody touched for the configured number of days."""
    before = desk.clock() - timedelta(days=desk.country.settings.draft_expiry_days)
    writer = attendant.writer
    return desk.drafts.expire(before, lambda name: writer.about_registration(audits.DRAFT_EXPIRED, name))


def context(desk: RegistrationDesk, attendant: Attendant, meta: DraftMeta) -> FormContext:
    """The surroundings of a form at this desk."""
    country = desk.country
    return FormContext(
        lang_codes=meta.lang_codes,
        master_data=country.master_data,
        settings=country.settings,
        today=lambda: desk.clock().date(),
        id_schema_version=country.forms.id_schema_version,
        transliterator=desk.transliterator,
        blocklist=country.blocklist,
        change_actions=country.change_actions,
        applicant_type=country.applicant_type,
        operator_id=attendant.user_id,
        update_groups=meta.update_groups,
        uin=meta.uin,
        schema_fields=country.schema_fields,
    )


def _process(desk: RegistrationDesk, process: str) -> ProcessSpec:
    for spec in desk.country.forms.processes:
        if spec.id == process and spec.is_active:
            return spec
    raise ProcessNotOfferedError(process=process)
