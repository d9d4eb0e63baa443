"""What a form gives to packet and announcement, judged by the packet's own reading of the ID schema."""

from __future__ import annotations

from app.core.forms.form import Form
from app.core.formsettings import FormSettings
from app.core.uispec.reader import read_publication
from app.democountry import demo_master_data, demo_publication
from packet.idobject import StringArrays, demographics
from packet.idschema import read_id_schema
from packet.models import BioAttribute, PacketSpec
from packet.preconditions import checked_fields
from tests.support.formmaking import UIN, Desk, captures, every_control, scan, spec_of
from tests.support.specs import new_spec
from tests.support.uispecs import field

HANDLES = FormSettings(selected_handles=("phone", "email"))


def demo_form(process: str, desk: Desk) -> Form:
    spec = next(item for item in read_publication(demo_publication()).processes if item.id == process)
    return desk.form(spec)


def fill(form: Form) -> None:
    """Every required field of the demo country's form, from the screen's top to its bottom."""
    form.set_age("dateOfBirth", 40)
    for name in [item.id for item in form.spec.fields]:
        state = form.field(name)
        match state.spec.control:
            case "textbox" if state.is_required:
                numbers = {"phone": "0612345678", "email": "a@example.org"}
                for lang in form.context.lang_codes:
                    form.set_text(name, numbers.get(name, "Amina"), lang)
            case "dropdown" | "button" if state.choices:
                form.choose(name, state.choices[0].code)
            case "checkbox":
                form.tick(name, True)
            case "html":
                for lang in form.context.lang_codes:
                    form.show_html(name, lang, "<p>text</p>")
            case _:
                pass
    for name in [item.id for item in form.spec.fields]:
        state = form.field(name)
        if state.spec.control == "fileupload" and state.is_required:
            form.set_document(name, scan(state.choices[0].code))
        if state.spec.control == "biometrics" and state.is_required:
            form.set_biometrics(name, captures(*form.demand(name).candidates))


def packet_of(form: Form) -> PacketSpec:
    changes = {
        "process": form.spec.id,
        "flow": form.spec.flow,
        "id_schema": read_publication(demo_publication()).id_schema,
        "demographics": form.demographics(),
        "documents": form.documents(),
        "biometrics": form.biometrics(),
        "update_fields": form.update_fields(),
        "block_listed_words": form.block_listed_words(),
    }
    return new_spec(**changes)


def test_a_filled_form_of_the_demo_country_has_no_findings_and_fits_its_id_schema() -> None:
    form = demo_form("NEW", Desk(data=demo_master_data()))
    fill(form)
    assert form.findings() == ()
    spec = packet_of(form)
    schema = read_id_schema(spec.id_schema)
    checked_fields(spec, schema)
    stored = demographics(spec, schema, StringArrays.EMIT)
    assert stored.keys() == form.demographics().keys()
    assert stored["consent"] == "Y"
    assert len(str(stored["dateOfBirth"])) == 10
    assert form.contact().phone == "0612345678"
    assert form.contact().name == "Amina"


def test_an_update_of_the_demo_country_holds_its_groups_and_the_number() -> None:
    form = demo_form("UPDATE", Desk(data=demo_master_data(), groups=("FullName",), uin=UIN))
    for lang in form.context.lang_codes:
        form.set_text("fullName", "Amina", lang)
    spec = packet_of(form)
    stored = demographics(spec, read_id_schema(spec.id_schema), StringArrays.EMIT)
    assert set(stored) == {"fullName", "UIN"}
    assert form.update_fields() is not None


def test_handles_are_those_of_the_country_that_have_a_value() -> None:
    fields = [field("phone", "textbox", group="G"), field("email", "textbox", group="G")]
    form = Desk(settings=HANDLES).form(spec_of(*fields))
    assert "selectedHandles" not in form.demographics()
    form.set_text("phone", "0612345678")
    assert form.demographics()["selectedHandles"] == ["phone"]
    update = Desk(settings=HANDLES, groups=("G",), uin=UIN).form(spec_of(*fields, flow="UPDATE"))
    assert update.demographics()["selectedHandles"] == ["phone", "email"]
    assert update.update_fields() == frozenset({"phone", "email", "selectedHandles"})
    assert "selectedHandles" not in Desk(settings=HANDLES).form(spec_of(*fields, flow="LOST")).demographics()
    without = Desk(settings=HANDLES, schema_fields=frozenset({"phone"})).form(spec_of(*fields))
    without.set_text("phone", "0612345678")
    assert "selectedHandles" not in without.demographics()


def test_the_contact_is_told_by_sub_type() -> None:
    form = Desk().form(every_control())
    form.set_text("fullName", "Ana", "fra")
    form.set_text("email", "a@example.org")
    contact = form.contact()
    assert (contact.name, contact.phone, contact.email) == ("ANA fe", None, "a@example.org")


def test_documents_and_captures_of_hidden_fields_are_not_there() -> None:
    form = Desk().form(every_control())
    form.set_age("dateOfBirth", 3)
    form.set_biometrics("introducerBiometrics", captures(BioAttribute.FACE))
    form.set_age("dateOfBirth", 40)
    assert form.biometrics() == {}
    assert form.has_biometric_exceptions is False
