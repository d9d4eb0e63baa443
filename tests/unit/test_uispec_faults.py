"""Every mistake is named when a form is read: its code, its place, the offending text; all of them at once."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.uispec.datachecks import with_data_checked
from app.core.uispec.faults import FAULTS
from app.core.uispec.model import SpecFault
from app.core.uispec.publication import PublishedForms
from app.core.uispec.reader import read_publication
from tests.support.uispec_mistakes import MISTAKES, Mistake, full_of_mistakes
from tests.support.uispecs import Document, every_control_data, field_of, publication


def process_of(answer: Document) -> Document:
    process = answer["newProcess"]
    assert isinstance(process, dict)
    return process


def forms_of(answer: Document) -> PublishedForms:
    """What is known when forms and reference data have arrived."""
    return with_data_checked(read_publication(answer), every_control_data())


def faults_of(answer: Document) -> tuple[SpecFault, ...]:
    return forms_of(answer).faults


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_named_at_its_place(mistake: Mistake) -> None:
    found = [fault for fault in faults_of(mistake.make()) if (fault.code, fault.path) == (mistake.code, mistake.path)]
    assert found
    assert any(all(word in fault.why for word in mistake.words) for fault in found)


def test_every_code_of_the_table_has_a_mistake_that_provokes_it() -> None:
    assert {mistake.code for mistake in MISTAKES} == set(FAULTS)


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_form_with_a_blocking_mistake_cannot_be_submitted(mistake: Mistake) -> None:
    forms = forms_of(mistake.make())
    found = [fault for fault in forms.faults if (fault.code, fault.path) == (mistake.code, mistake.path)]
    is_in_settings = mistake.path == "publication / settings"
    assert all(fault.is_blocking is (FAULTS[mistake.code].is_blocking and not is_in_settings) for fault in found)
    for process in forms.processes:
        assert process.is_submittable is not any(fault.is_blocking for fault in forms.faults if fault.process == process.id)


def test_forms_that_fit_the_data_stay_as_they_are() -> None:
    forms = read_publication(publication())
    assert with_data_checked(forms, every_control_data()) == forms


def test_a_field_that_is_never_shown_needs_no_data() -> None:
    for mistake in (mistake for mistake in MISTAKES if mistake.code == "UISPEC-TEMPLATE-UNKNOWN"):
        answer = mistake.make()
        field_of(process_of(answer), "consentText")["inputRequired"] = False
        assert faults_of(answer) == ()


def test_mistakes_of_form_and_data_stand_together_in_the_order_of_the_form() -> None:
    answer = publication()
    for name in ("individualBiometrics", "consent"):
        field_of(process_of(answer), name)["changeAction"] = "moveto:x"
    field_of(process_of(answer), "bloodType")["subType"] = "shoes"
    forms = forms_of(answer)
    assert [fault.field for fault in forms.faults] == ["consent", "bloodType", "individualBiometrics"]
    blood_type = next(item for item in forms.processes[0].fields if item.id == "bloodType")
    assert [fault.code for fault in blood_type.faults] == ["UISPEC-CHOICES-MISSING"]
    assert with_data_checked(forms, every_control_data()) == forms


def test_a_remark_leaves_the_form_submittable() -> None:
    alone = {"UISPEC-LABEL-MISSING", "UISPEC-EXPRESSION-KEY", "UISPEC-VISIBLE-CIRCLE", "UISPEC-VALUE-COERCED"}
    for mistake in (mistake for mistake in MISTAKES if mistake.code in alone):
        assert forms_of(mistake.make()).processes[0].is_submittable


def test_a_form_full_of_mistakes_names_them_all_at_once() -> None:
    found = {(fault.code, fault.field) for fault in faults_of(full_of_mistakes())}
    assert found >= {
        ("UISPEC-EFFECTIVE-FROM", None),
        ("UISPEC-TEMPLATE-MISSING", "consentText"),
        ("UISPEC-CONTROL-TYPE", "consent"),
        ("UISPEC-SUB-TYPE-MISSING", "preferredLang"),
        ("UISPEC-CONTROL-UNKNOWN", "fullName"),
        ("UISPEC-PATTERN-UNUSABLE", "fullName"),
        ("UISPEC-VALIDATOR-TYPE", "fullName"),
        ("UISPEC-LABEL-MISSING", "fullName"),
        ("UISPEC-BOUNDS-EMPTY", "dateOfBirth"),
        ("UISPEC-EXPRESSION-UNREADABLE", "gender"),
        ("UISPEC-ENGINE-UNKNOWN", "gender"),
        ("UISPEC-ACTION-UNKNOWN", "phone"),
        ("UISPEC-VALUE-TYPE", "phone"),
        ("UISPEC-FIELD-ID-DUPLICATE", "phone"),
        ("UISPEC-ACTION-FIELD-UNKNOWN", "email"),
        ("UISPEC-TYPE-UNKNOWN", "email"),
        ("UISPEC-FIELD-ID-MISSING", None),
        ("UISPEC-SUB-TYPE-MISSING", "proofOfIdentity"),
        ("UISPEC-BIO-ATTRIBUTE-UNKNOWN", "individualBiometrics"),
        ("UISPEC-BIO-ATTRIBUTE-PHOTO", "individualBiometrics"),
        ("UISPEC-BIO-CONDITION", "introducerBiometrics"),
    }


def test_the_table_is_written_for_people() -> None:
    for code, kind in FAULTS.items():
        assert code.startswith("UISPEC-")
        assert kind.sentence.endswith((".", "}"))
        assert kind.next_step.endswith(".")
        assert "{" not in kind.next_step


def test_what_a_fault_quotes_cannot_pass_for_something_else() -> None:
    name = "slider\u202e\n\x1b[31m" + "x" * 500
    mistake = next(mistake for mistake in MISTAKES if mistake.code == "UISPEC-CONTROL-UNKNOWN").make()
    screens: Any = process_of(mistake)["screens"]
    screens[2]["fields"][0]["controlType"] = name
    (why,) = [fault.why for fault in faults_of(mistake) if fault.code == "UISPEC-CONTROL-UNKNOWN"]
    assert why.isprintable()
    assert len(why) < 150
