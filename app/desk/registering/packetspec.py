"""From a confirmed form to what the packet builder takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.drafts import DraftId
from app.core.flow.sealing import Authentications
from app.core.registration import Contact
from app.desk.registering.desk import RegistrationDesk
from app.desk.seal import ConfirmedRegistration
from app.desk.slip import SlipText, render
from packet.models import PacketSpec
from packet.rid import correction_rid

if TYPE_CHECKING:
    from app.desk.registering.keeping import Work


def confirmed_registration(
    desk: RegistrationDesk, draft_id: DraftId, work: Work, confirmed_by: Authentications
) -> ConfirmedRegistration:
    """The registration as it stands in the form, with those who confirmed it.

    A correction goes on with the registration that it corrects and carries its id; the id under which it began is not used.
    """
    form = work.form
    told = form.contact()
    contact = Contact(name=told.name, phone=told.phone, email=told.email)
    slip = SlipText(desk.centre_id, desk.machine_id, work.meta.lang_codes[0], contact.name or "")
    process, request_id = form.spec.id.upper(), form.additional_info_request_id
    spec = PacketSpec(
        registration_id=work.registration_id if request_id is None else correction_rid(request_id, process),
        process=process,
        flow=form.spec.flow,
        centre_id=desk.centre_id,
        machine_id=desk.machine_id,
        id_schema=desk.country.forms.id_schema,
        id_schema_version=desk.country.forms.id_schema_version,
        demographics=form.demographics(),
        documents=form.documents(),
        biometrics=form.biometrics(),
        officer=confirmed_by.officer,
        supervisor=confirmed_by.supervisor,
        client=desk.client,
        audits=(),
        devices=work.meta.registered_devices(),
        lang_codes=work.meta.lang_codes,
        consent=form.consent,
        pre_registration_id=work.meta.pre_registration_id,
        additional_info_request_id=request_id,
        update_fields=form.update_fields(),
        block_listed_words=form.block_listed_words(),
    )
    return ConfirmedRegistration(spec, contact, lambda packet: render(packet, slip), draft_id)
