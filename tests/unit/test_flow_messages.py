"""Everything that keeps a registration from moving on has a sentence and a next step."""

from __future__ import annotations

from app.core.flow import guards
from app.core.flow.guards import blocking_faults
from app.core.flow.messages import MESSAGES, next_step_of, sentence_of
from app.core.forms.findings import Finding
from app.core.forms.messages import REQUIRED, parameters_of
from app.core.reviewing import Refusal
from app.core.uispec.model import SpecFault
from tests.support.flowdesk import PaperForm


def test_every_refusal_and_every_guard_has_its_message_and_no_message_is_without_one() -> None:
    keys = {value for name, value in vars(guards).items() if name.isupper() and str(value).startswith("FLOW-")}
    assert set(MESSAGES) == keys | set(Refusal)


def test_messages_name_only_what_findings_tell() -> None:
    for key, message in MESSAGES.items():
        told = {"path", "why", "fault"} if key == guards.FORM_FAULTY else {"factor"}
        assert parameters_of(message) <= told


def test_a_fault_of_the_specification_is_told_with_its_place() -> None:
    fault = SpecFault("UISPEC-X", "NEW / Person / mood", "there is no control slider", is_blocking=True, process="NEW")
    (finding,) = blocking_faults(PaperForm(faults=(fault,)))
    assert sentence_of(finding) == "The form has a mistake at NEW / Person / mood: there is no control slider."
    assert "administrator" in next_step_of(finding)


def test_findings_of_the_form_keep_their_own_sentences() -> None:
    assert sentence_of(Finding(REQUIRED, "Person", "fullName")) == "This field has to be filled."
    assert next_step_of(Finding(REQUIRED, "Person", "fullName")) == "Fill it."
