"""No order of events reaches the acknowledgement without what the paper form asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from app.core.flow.view import FormView
from app.core.forms.findings import Finding
from app.core.uispec.model import SpecFault
from tests.support.flowdesk import PAPER_FIELDS, PaperForm, fill
from tests.support.flowmachine import FlowMachine

FAULT = SpecFault("UISPEC-CONTROL-UNKNOWN", "NEW / Person / mood", "slider", is_blocking=True, process="NEW", screen="Person")
OPTIONAL_CONSENT = tuple(replace(item, is_required=False) if item.kind == "consent" else item for item in PAPER_FIELDS)
KINDS: tuple[Callable[[], PaperForm], ...] = (
    PaperForm,
    lambda: PaperForm(is_update=True),
    lambda: PaperForm(fields=OPTIONAL_CONSENT),
    lambda: PaperForm(faults=(FAULT,)),
)


class PaperMachine(FlowMachine):
    """The desk over the paper form."""

    kinds: ClassVar = (0, 0, 1, 1, 2, 2, 3)

    def new_form(self, choice: int) -> FormView:
        self.paper = KINDS[self.kinds[choice % len(self.kinds)]]()
        self.lacks_fingers = choice % 2 == 0
        return self.paper

    def edit(self, choice: int) -> None:
        paper = self.paper
        item = paper.fields[(choice // 16) % len(paper.fields)]
        values = {"consent": ("Y", "N", None), "biometrics": ("captured", "excepted", "excepted", None)}
        match choice % 8:
            case 0:
                fill(paper)
            case 1:
                paper.set_age_group("INFANT" if paper.age_group == "ADULT" else "ADULT")
            case 2:
                paper.toggle(item.screen)
            case 3:
                paper.choose(well=choice % 3 > 0)
            case 4:
                paper.put("individualBiometrics", "excepted")
            case _:
                allowed = values.get(item.kind, ("something", None))
                if paper.is_visible(item):
                    paper.put(item.id, allowed[(choice // 512) % len(allowed)])

    def mend(self, finding: Finding) -> None:
        if finding.message == "FLOW-FORM-EMPTY":
            for screen in tuple(self.paper.hidden):
                self.paper.toggle(screen)
        elif finding.message != "FLOW-FORM-FAULTY":
            fill(self.paper)
            if self.lacks_fingers:
                self.paper.put("individualBiometrics", "excepted")
            if finding.message == "FLOW-CONSENT-UNANSWERED":
                self.paper.put("consent", "N")

    def content(self) -> object:
        paper = self.paper
        return (dict(paper.values), paper.age_group, frozenset(paper.hidden), paper.choice)

    def _there(self) -> list[str]:
        """Ids of the fields that are there, read from the paper alone."""
        return [
            item.id
            for item in self.paper.fields
            if item.screen not in self.paper.hidden and (item.only_for is None or item.only_for == self.paper.age_group)
        ]

    def has_exceptions(self) -> bool:
        return "individualBiometrics" in self._there() and self.paper.values.get("individualBiometrics") == "excepted"

    def complaints(self) -> list[str]:
        there, values = self._there(), self.paper.values
        wrong = [] if there else ["nothing on the form"]
        if self.paper.faults:
            wrong.append("the specification is faulty")
        if self.paper.is_update and not self.paper.choice:
            wrong.append("nothing was chosen")
        if "consent" in there:
            allowed = {"Y", "N"} if self.paper.fields is OPTIONAL_CONSENT else {"Y"}
            wrong += [] if values.get("consent") in allowed else ["consent"]
        needed = ("fullName", "guardianName", "proofOfIdentity", "individualBiometrics")
        return wrong + [name for name in needed if name in there and name not in values]


def test_no_order_of_events_seals_what_is_not_whole() -> None:
    PaperMachine.reached = PaperMachine.reviewed = PaperMachine.sealings = 0
    run_state_machine_as_test(
        PaperMachine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert PaperMachine.reached >= 15, "the desk hardly ever comes to the end: the test proves too little"
    assert PaperMachine.reviewed >= 3
    assert PaperMachine.sealings > PaperMachine.reached
