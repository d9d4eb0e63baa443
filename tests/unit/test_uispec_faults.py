"""Every mistake is named when a form is read: its code, its place, the offending text; all of them at once."""

from __future__ import annotations

import pytest

from app.core.uispec.faults import FAULTS
from app.core.uispec.model import SpecFault
from app.core.uispec.reader import read_publication
from tests.support.uispec_mistakes import MISTAKES, Mistake, full_of_mistakes
from tests.support.uispecs import Document


def faults_of(answer: Document) -> tuple[SpecFault, ...]:
    return read_publication(answer).faults


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_named_at_its_place(mistake: Mistake) -> None:
    found = [fault for fault in faults_of(mistake.make()) if (fault.code, fault.path) == (mistake.code, mistake.path)]
    assert found
    assert any(all(word in fault.why for word in mistake.words) for fault in found)


def test_every_code_of_the_table_has_a_mistake_that_provokes_it() -> None:
    assert {mistake.code for mistake in MISTAKES} == set(FAULTS)


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_form_with_a_blocking_mistake_cannot_be_submitted(mistake: Mistake) -> None:
    forms = read_publication(mistake.make())
    found = [fault for fault in forms.faults if (fault.code, fault.path) == (mistake.code, mistake.path)]
    is_in_settings = mistake.path == "publication / settings"
    assert all(fault.is_blocking is (FAULTS[mistake.code].is_blocking and not is_in_settings) for fault in found)
    for process in forms.processes:
        assert process.is_submittable is not any(fault.is_blocking for fault in forms.faults if fault.process == process.id)


def test_a_remark_leaves_the_form_submittable() -> None:
    alone = {"UISPEC-LABEL-MISSING", "UISPEC-EXPRESSION-KEY", "UISPEC-VISIBLE-CIRCLE", "UISPEC-VALUE-COERCED"}
    for mistake in (mistake for mistake in MISTAKES if mistake.code in alone):
        assert read_publication(mistake.make()).processes[0].is_submittable


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
    process = mistake["newProcess"]
    assert isinstance(process, dict)
    process["screens"][2]["fields"][0]["controlType"] = name
    (why,) = [fault.why for fault in faults_of(mistake) if fault.code == "UISPEC-CONTROL-UNKNOWN"]
    assert why.isprintable()
    assert len(why) < 150
