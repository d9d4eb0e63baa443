"""A form without mistakes is read as it stands: order, keys, rules, MOSIP's defaults for what is absent."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.changeactions import ChangeActions, CopyTo
from app.core.uispec.contextkeys import provided_keys
from app.core.uispec.model import Control, FieldSpec, ProcessSpec, ValueType
from app.core.uispec.publication import ProcessUnstartableError
from app.core.uispec.reader import read_process, read_publication
from packet.models import BioAttribute, Flow
from tests.support.uispec_mistakes import screens_of, update_process
from tests.support.uispecs import (
    ALL_ATTRIBUTES,
    Document,
    every_control,
    every_control_id_schema,
    field,
    field_of,
    mvel,
    publication,
)


def read(document: Document) -> ProcessSpec:
    return read_process("newProcess", document, every_control_id_schema())


def changed(field_id: str, **keys: object) -> FieldSpec:
    document = every_control()
    field_of(document, field_id).update(keys)  # type: ignore[arg-type]  # any JSON
    return found(read(document), field_id)


def found(process: ProcessSpec, field_id: str) -> FieldSpec:
    return next(item for item in process.fields if item.id == field_id)


def codes(process: ProcessSpec) -> set[str]:
    return {fault.code for fault in process.faults}


def test_a_form_with_every_control_and_rule_has_no_fault() -> None:
    forms = read_publication(publication())
    assert forms.faults == ()
    assert forms.processes[0].is_submittable
    assert {item.control for item in forms.processes[0].fields} == set(Control)
    assert {item.value_type for item in forms.processes[0].fields} == set(ValueType)


def test_an_update_of_labelled_groups_has_no_fault() -> None:
    assert read(update_process()).faults == ()


def test_the_head_of_a_process_is_read() -> None:
    document = every_control() | {"id": "CRVS_NEW", "order": 7, "isSubProcess": True, "autoSelectedGroups": ["A", "B"]}
    process = read(document)
    assert (process.id, process.type, process.order, process.flow) == ("CRVS_NEW", "newProcess", 7, Flow.NEW)
    assert (process.icon, process.is_active, process.is_sub_process) == ("NewReg.png", True, True)
    assert process.auto_selected_groups == ("A", "B")
    assert process.label["fra"] == "NEW (fra)"
    assert process.caption["eng"] == "NEW"


def test_screens_stand_in_ascending_order_and_fields_as_listed() -> None:
    process = read(every_control())
    assert [screen.name for screen in process.screens] == ["Consent", "Demographics", "Documents", "Biometrics"]
    assert [item.id for item in process.screens[0].fields] == ["consentText", "consent", "preferredLang"]
    assert process.screens[1].is_pre_registration_fetched
    assert not process.screens[0].is_pre_registration_fetched


def test_screens_of_equal_order_stand_as_listed() -> None:
    document = every_control()
    for item in screens_of(document):
        item["order"] = 1
    assert [screen.name for screen in read(document).screens] == ["Documents", "Consent", "Demographics", "Biometrics"]


def test_active_of_a_screen_is_not_looked_at() -> None:
    document = every_control()
    screens_of(document)[0]["active"] = "nonsense"
    process = read(document)
    assert process.faults == ()
    assert len(process.screens) == 4


def test_unknown_keys_are_passed_over() -> None:
    document = every_control() | {"colour": {"deep": [1, 2]}}
    screens_of(document)[0]["colour"] = 5
    field_of(document, "phone").update(firstNameDisabled="perhaps", locationHierarchy=5, description=[])
    assert read(document).faults == ()


def test_a_field_without_input_is_kept_and_its_mistakes_block_nothing() -> None:
    document = every_control()
    field_of(document, "selectedHandles").update(controlType="slider", visible=mvel("x ="), type="?", label=None)
    process = read(document)
    assert not found(process, "selectedHandles").is_input_required
    assert process.is_submittable
    assert "UISPEC-CONTROL-UNKNOWN" in codes(process)
    assert "UISPEC-LABEL-MISSING" not in codes(process)


def test_what_is_absent_has_the_platforms_defaults() -> None:
    document = every_control()
    screens_of(document)[1]["fields"] = [{"id": "phone", "controlType": "textbox", "type": "string", "label": {"eng": "Phone"}}]
    item = found(read(document), "phone")
    assert not item.is_input_required
    assert not item.is_required
    assert item.visible is None
    assert item.required_on is None
    assert (item.validators, item.minimum, item.maximum) == ((), None, None)


def test_values_of_another_json_type_are_taken_as_the_platforms_mapper_takes_them() -> None:
    item = changed("dateOfBirth", required="True", transliterate=0, minimum="-10", maximum=20.0, group=5)
    assert (item.is_required, item.is_transliterated, item.minimum, item.maximum, item.group) == (True, False, -10, 20, "5")
    assert not any(fault.is_blocking for fault in item.faults)
    assert {fault.code for fault in item.faults} == {"UISPEC-VALUE-COERCED"}


@pytest.mark.parametrize(
    ("keys", "bounds"),
    [
        ({"minimum": None, "maximum": None}, (None, None)),
        ({"minimum": 4, "maximum": 4}, (4, 4)),
        ({"minimum": -10, "maximum": None}, (-10, 0)),
        ({"minimum": -1, "maximum": 1}, (-1, 1)),
    ],
)
def test_an_absent_bound_counts_as_today(keys: dict[str, int | None], bounds: tuple[int | None, int | None]) -> None:
    item = changed("dateOfBirth", **keys)
    assert (item.minimum, item.maximum) == bounds
    assert item.faults == ()


def test_bounds_are_for_dates_only() -> None:
    item = changed("phone", minimum=5, maximum=1)
    assert (item.minimum, item.maximum, item.faults) == (None, None, ())


def test_the_first_rule_of_required_on_counts() -> None:
    item = changed("phone", requiredOn=[mvel("identity.isNew"), mvel("identity.isLost")])
    assert item.required_on is not None
    assert item.required_on.text == "identity.isNew"
    assert item.required_on.expression is not None
    assert item.required_on.expression.is_true({"isNew": True})


@pytest.mark.parametrize("rule", [None, {"engine": "MVEL", "expr": None}, {"engine": None, "expr": None}])
def test_a_rule_without_text_is_none(rule: Document | None) -> None:
    item = changed("phone", visible=rule)
    assert item.visible is None
    assert item.faults == ()


def test_an_unreadable_rule_keeps_its_text_and_blocks() -> None:
    document = every_control()
    field_of(document, "phone")["visible"] = mvel("identity.x = 1")
    process = read(document)
    condition = found(process, "phone").visible
    assert condition is not None
    assert (condition.text, condition.expression) == ("identity.x = 1", None)
    assert not process.is_submittable


def test_validators_keep_language_and_message() -> None:
    first, second = found(read(every_control()), "fullName").validators
    assert (first.lang_code, first.error_code) == (None, "NAME_LENGTH")
    assert (second.lang_code, second.error_code, second.pattern) == ("eng", "NAME_LETTERS", "^[a-zA-Z .'-]*$")


def test_change_actions_are_taken_apart() -> None:
    action = found(read(every_control()), "sameAddress").change_action
    assert action is not None
    assert (action.handler, action.arguments) == ("copyto", ("sameAddress?addressLine1=deliveryLine1",))


def test_a_change_action_of_the_country_is_known_when_it_is_registered() -> None:
    class Shout(CopyTo):
        name = "shout"

    document = every_control()
    field_of(document, "phone")["changeAction"] = "shout:phone=email"
    assert codes(read(document)) == {"UISPEC-ACTION-UNKNOWN"}
    registry = ChangeActions((CopyTo(), Shout()))
    assert read_process("newProcess", document, every_control_id_schema(), registry).faults == ()


def test_biometrics_of_a_field_and_of_age_groups_are_read() -> None:
    item = found(read(every_control()), "individualBiometrics")
    assert [str(attribute) for attribute in item.bio_attributes] == list(ALL_ATTRIBUTES)
    infant, minor = item.conditional_bio_attributes
    assert (infant.age_group, infant.process, infant.attributes) == ("INFANT", "ALL", (BioAttribute.FACE,))
    assert minor.rule is not None
    assert minor.rule.text == "face && (leftEye || rightEye)"


def test_the_applicants_exceptions_always_need_a_photo() -> None:
    assert changed("individualBiometrics", exceptionPhotoRequired=False, subType="Applicant").is_exception_photo_required
    assert not found(read(every_control()), "introducerBiometrics").is_exception_photo_required


def test_two_fields_that_exclude_each_other_are_no_circle() -> None:
    document = every_control()
    field_of(document, "phone")["visible"] = mvel("identity.email == nil")
    field_of(document, "email")["visible"] = mvel("!(identity.get('phone') != empty) || !identity.containsKey('phone')")
    assert codes(read(document)) == set()


def test_a_long_chain_of_visibility_is_walked_without_recursion() -> None:
    document = every_control()
    schema = every_control_id_schema()
    properties: Any = schema
    for key in ("properties", "identity", "properties"):
        properties = properties[key]
    chain = [f"link{number}" for number in range(250)]
    fields = [
        field(name, "textbox", visible=mvel(f"identity.{chain[(number + 1) % 250]} == 'x'"))
        for number, name in enumerate(chain)
    ]
    screens_of(document)[1]["fields"] = fields
    properties.update({name: {"type": "string"} for name in chain})
    process = read_process("newProcess", document, schema)
    assert [fault.code for fault in process.faults if fault.code == "UISPEC-VISIBLE-CIRCLE"] == ["UISPEC-VISIBLE-CIRCLE"]


def test_rules_can_read_codes_ages_and_captured_attributes() -> None:
    provided = provided_keys(read(every_control()))
    assert {"genderCode", "regionCode", "dateOfBirth_age", "passportExpiry_ageGroup"} <= provided
    assert {"individualBiometrics_leftThumb", "proofOfIdentity", "isBioException", "_flow"} <= provided
    assert "fullNameCode" not in provided
    assert "UIN" not in provided
    assert "UIN" in provided_keys(read(update_process()))


def test_a_field_that_stands_twice_is_read_where_it_is_shown_first() -> None:
    document = every_control()
    twice = field("consent", "textbox")
    screens_of(document)[0]["fields"] = [twice]
    process = read(document)
    assert [item.control for item in process.fields if item.id == "consent"] == [Control.CHECKBOX]
    (fault,) = [fault for fault in process.faults if fault.code == "UISPEC-FIELD-ID-DUPLICATE"]
    assert fault.path == "NEW / Documents / consent"


def test_faults_stand_at_their_field_too_in_the_order_of_the_form() -> None:
    document = every_control()
    for name in ("introducerBiometrics", "phone", "consent"):
        field_of(document, name)["controlType"] = "slider"
    process = read(document)
    assert [fault.field for fault in process.faults] == ["consent", "phone", "introducerBiometrics"]
    assert [fault.code for fault in found(process, "phone").faults] == ["UISPEC-CONTROL-UNKNOWN"]
    assert found(process, "email").faults == ()


def test_a_field_of_unknown_control_is_kept() -> None:
    item = changed("phone", controlType="slider")
    assert item.control is None
    assert item.value_type is ValueType.STRING


@pytest.mark.parametrize("document", [None, [], "NEW", every_control() | {"flow": "new"}, every_control() | {"id": ""}])
def test_a_process_that_is_none_is_refused_by_name(document: Document | None) -> None:
    with pytest.raises(ProcessUnstartableError) as caught:
        read_process("newProcess", document, every_control_id_schema())
    assert caught.value.code == "APP-FORMS-PROCESS"
    assert all(fault.is_blocking for fault in caught.value.unstartable.faults)
    assert caught.value.unstartable.faults
