"""Visibility, requirement, update groups, change actions, ages: what an event does to other fields, and what it does not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

import pytest

from app.core.changeactions import ChangeActions, CopyValue, Effect
from app.core.forms import messages as m
from app.core.forms.changes import Changes
from app.core.forms.errors import ControlMismatchError, FieldNotInFormError, LanguageNotInFormError
from app.core.forms.form import Form
from app.core.forms.graph import graph_of
from app.core.uispec.model import ChangeAction
from packet.models import BioAttribute
from tests.support.formmaking import UIN, Desk, captures, every_control, fill_adult, messages, scan, spec_of
from tests.support.uispecs import field, mvel


def test_a_keystroke_evaluates_its_readers_only() -> None:
    form = Desk().form(every_control())
    before = form.evaluations
    form.set_text("fullName", "Ana", "eng")
    assert form.evaluations == before
    form.set_text("phone", "0612345678")
    assert form.evaluations == before + 1  # the requirement of the e-mail address


def test_hiding_goes_down_the_chain_and_no_further() -> None:
    form = Desk().form(
        spec_of(
            field("a", "textbox"),
            field("b", "textbox", visible=mvel("identity.a != 'x'")),
            field("c", "textbox", visible=mvel("identity.b == 'y'")),
            field("d", "textbox", visible=mvel("identity.c == 'z'")),
            field("e", "textbox", visible=mvel("identity.other == nil")),
        )
    )
    form.set_text("b", "y")
    form.set_text("c", "z")
    form.set_text("d", "here")
    before = form.evaluations
    changes = form.set_text("a", "x")
    assert form.evaluations - before == 3
    assert changes.values == {"a", "b", "c", "d"}
    assert changes.visibility == {"b", "c", "d"}
    assert form.demographics() == {"a": "x"}


def test_what_was_hidden_comes_back_empty() -> None:
    form = Desk().form(spec_of(field("a", "textbox"), field("b", "textbox", visible=mvel("identity.a != 'x'"))))
    form.set_text("b", "gone")
    form.set_text("a", "x")
    form.set_text("a", "")
    assert form.field("b").is_visible
    assert form.field("b").is_empty
    assert form.identity.get("a") is None


def test_required_on_overrides_required_both_ways() -> None:
    form = Desk().form(
        spec_of(
            field("a", "textbox"),
            field("b", "textbox", required=True, requiredOn=[mvel("identity.a == 'x'")]),
            field("c", "textbox", required=False, requiredOn=[mvel("identity.a == nil")]),
        )
    )
    assert (form.field("b").is_required, form.field("c").is_required) == (False, True)
    changes = form.set_text("a", "x")
    assert changes.requirement == {"b", "c"}
    assert messages(form, "b") == [m.REQUIRED]
    assert messages(form, "c") == []


def test_a_field_that_hides_itself_is_named_and_can_be_given_up() -> None:
    form = Desk().form(spec_of(field("a", "textbox", visible=mvel("identity.a == nil"))))
    assert form.set_text("a", "x").findings == {"a"}
    assert messages(form, "a") == [m.RULES_CONTRADICT]
    assert messages(Desk().again(form), "a") == [m.RULES_CONTRADICT]
    form.clear("a")
    assert form.findings() == ()


def test_either_of_two_numbers_hides_the_other() -> None:
    form = Desk().form(every_control())
    form.set_age("dateOfBirth", 3)
    assert form.field("introducerUIN").is_visible
    form.set_text("introducerRID", "10001100770000120250602092000")
    assert not form.field("introducerUIN").is_visible
    form.clear("introducerRID")
    assert form.field("introducerUIN").is_visible


def test_actions_that_copy_in_a_circle_end() -> None:
    form = Desk().form(
        spec_of(
            field("a", "textbox", changeAction="copyto:a=b"),
            field("b", "textbox", "simpleType", changeAction="copyto:b=c"),
            field("c", "textbox", changeAction="copyto:c=a"),
        )
    )
    form.set_text("a", "x")
    assert form.field("c").value == "x"


class Flipping:
    """A country's handler that never comes to rest: the field becomes what it is not."""

    name = "flip"

    def effects(self, values: Mapping[str, object], field: str, arguments: tuple[str, ...]) -> tuple[Effect, ...]:
        return (CopyValue("two" if values.get(field) == "1" else "one", field),)

    def validate(self, arguments: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
        return ()

    def targets(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        return ()


def test_actions_that_never_rest_are_stopped_and_named() -> None:
    spec = spec_of(field("one", "textbox"), field("two", "textbox"), field("a", "textbox", changeAction="copyto:one=a"))
    flip = replace(spec.fields[2], change_action=ChangeAction("flip", ()))
    spec = replace(spec, screens=(replace(spec.screens[0], fields=(*spec.fields[:2], flip)),))
    context = replace(Desk().context(), change_actions=ChangeActions((Flipping(),)))
    form = Form(spec, context)
    form.set_text("one", "1")
    form.set_text("two", "2")
    form.set_text("a", "x")
    assert messages(form, "a") == [m.RULES_CONTRADICT]


def test_copy_and_disable_follow_the_tick() -> None:
    form = Desk().form(every_control())
    form.set_text("addressLine1", "1 Street", "eng")
    assert form.field("billingLine1").texts == {"eng": "1 Street"}
    changes = form.tick("sameAddress", True)
    assert changes.enabled == {"deliveryLine1"}
    assert form.field("deliveryLine1").texts == {"eng": "1 Street"}
    assert form.set_text("deliveryLine1", "other", "eng") == Changes()
    assert Desk().again(form).field("deliveryLine1") == form.field("deliveryLine1")
    assert form.tick("sameAddress", False).enabled == {"deliveryLine1"}
    assert form.set_text("deliveryLine1", "other", "eng")


def test_an_update_renders_the_chosen_and_automatic_groups_only() -> None:
    spec = spec_of(
        field("fullName", "textbox", required=True, group="FullName"),
        field("street", "textbox", required=True, group="Address"),
        field("consent", "checkbox", required=True, group="Consent", subType="consent"),
        field("loose", "textbox", required=True),
        flow="UPDATE",
        autoSelectedGroups=["Consent"],
    )
    form = Desk(groups=("FullName",), uin=UIN).form(spec)
    assert [item.id for item in map(form.field, ("fullName", "street", "consent", "loose")) if item.is_visible] == [
        "fullName",
        "consent",
    ]
    assert form.identity["updatableFieldGroups"] == ["FullName"]
    assert form.identity["updatableFields"] == ["fullName", "consent"]
    assert form.set_text("street", "1") == Changes()
    form.set_text("fullName", "Ana")
    form.tick("consent", True)
    assert form.findings() == ()
    assert form.demographics() == {"fullName": "Ana", "consent": "Y", "UIN": UIN}
    assert form.update_fields() == frozenset({"fullName", "consent"})


@pytest.mark.parametrize(
    ("groups", "uin", "found"),
    [
        ((), UIN, [m.GROUPS_REQUIRED]),
        (("FullName",), None, [m.UIN_REQUIRED]),
        (("FullName",), "5289317956", ["ID-CHECK-DIGIT"]),
        (("Nonsense",), UIN, [m.GROUP_UNKNOWN]),
    ],
)
def test_an_update_needs_a_real_number_and_a_group(groups: tuple[str, ...], uin: str | None, found: list[str]) -> None:
    spec = spec_of(field("fullName", "textbox", group="FullName"), flow="UPDATE")
    form = Desk(groups=groups, uin=uin).form(spec)
    assert [finding.message for finding in form.update_findings()] == found
    assert [finding.message for finding in form.findings()] == found


def test_the_introducer_is_another_person() -> None:
    spec = spec_of(field("introducerUIN", "textbox", subType="UIN", group="G"), flow="UPDATE")
    form = Desk(groups=("G",), uin=UIN).form(spec)
    form.set_text("introducerUIN", UIN)
    assert messages(form, "introducerUIN") == [m.INTRODUCER_IS_APPLICANT]


def test_a_field_with_the_persons_own_number_may_hold_it() -> None:
    form = Desk(groups=("G",), uin=UIN).form(spec_of(field("number", "textbox", subType="UIN", group="G"), flow="UPDATE"))
    form.set_text("number", UIN)
    assert messages(form, "number") == []


def test_the_age_decides_about_guardian_and_demand() -> None:
    form = Desk().form(every_control())
    changes = form.set_date("dateOfBirth", "1", "2", "2024")
    assert form.identity["ageGroup"] == form.identity["dateOfBirth_ageGroup"] == "INFANT"
    assert form.identity["age"] == 2
    assert form.identity["isChild"] is True
    assert {"introducerName", "introducerBiometrics", "proofOfRelationship"} <= changes.visibility
    assert changes.demand == {"individualBiometrics"}
    form.set_age("dateOfBirth", "40")
    assert form.field("dateOfBirth").date == ("01", "01", "1986")
    assert form.field("dateOfBirth").value == "1986/01/01"
    assert form.identity["isChild"] is False


def test_a_birthday_at_midnight_is_noticed() -> None:
    desk = Desk()
    form = desk.form(every_control())
    form.set_date("dateOfBirth", "24", "11", "2020")
    assert form.identity.get("ageGroup") == "INFANT"
    desk.calendar.day = date(2026, 11, 24)
    changes = form.refresh()
    assert form.identity.get("ageGroup") == "MINOR"
    assert "introducerName" in changes.visibility
    assert form.refresh() == Changes()


def test_screens_without_visible_fields_are_not_enabled() -> None:
    form = Desk().form(every_control())
    assert form.visible_screens == ("Consent", "Demographics", "Documents", "Biometrics")
    lonely = Desk().form(spec_of(field("a", "textbox", visible=mvel("identity.isUpdate"))))
    assert [screen.is_enabled for screen in lonely.screens] == [False]
    assert lonely.findings() == ()


def test_a_document_hides_with_its_field_and_that_is_told() -> None:
    form = Desk().form(every_control())
    form.set_age("dateOfBirth", 3)
    form.choose("gender", "MLE")
    form.choose("residenceStatus", "NFR")
    form.set_document("proofOfRelationship", scan("DOC004"))
    changes = form.set_age("dateOfBirth", 40)
    assert ("proofOfRelationship", "hidden") in [(gone.field, gone.reason) for gone in changes.discarded]
    assert form.documents() == {}


def test_events_that_do_not_belong_to_the_form_are_named() -> None:
    form = Desk().form(every_control())
    with pytest.raises(FieldNotInFormError):
        form.set_text("nowhere", "x")
    with pytest.raises(ControlMismatchError):
        form.set_text("gender", "x")
    with pytest.raises(LanguageNotInFormError):
        form.set_text("fullName", "x", "ara")


def test_the_graph_is_made_once_for_a_specification() -> None:
    spec = every_control()
    assert graph_of(spec) is graph_of(spec)
    assert graph_of(every_control()) is not graph_of(spec)


def test_nothing_personal_is_in_a_repr() -> None:
    form = Desk().form(every_control())
    fill_adult(form)
    form.set_text("fullName", "Marked Name", "eng")
    form.set_text("phone", "0612345678")
    form.set_document("proofOfAddress", scan("DOC001", ref_number="REF-778899"))
    form.set_biometrics("individualBiometrics", captures(BioAttribute.FACE))
    shown = repr([form.field(item.id) for item in form.spec.fields]) + repr(form.findings()) + repr(form.contact())
    shown += repr(form.document_entries()) + repr(form.biometrics_entries()) + repr(form.misfits) + repr(form.context)
    assert not any(mark in shown for mark in ("Marked", "MARKED", "0612345678", "778899", "1986", "%PDF", "iso'"))
