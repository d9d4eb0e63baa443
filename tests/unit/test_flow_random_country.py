"""No order of events reaches the acknowledgement without what the demo country's own forms ask for, in all four processes.

The oracle reads the published JSON itself. It knows the country's conditions by their text; a new condition fails the test
until somebody has read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from app.core.changeactions import mosip_actions
from app.core.flow.view import FormView
from app.core.forms.context import FormContext
from app.core.forms.entries import BiometricsEntry, DocumentEntry
from app.core.forms.findings import Finding
from app.core.forms.form import Form
from app.core.transliteration import NoTransliterator
from app.core.uispec.model import Control, ProcessSpec, ValueType
from app.democountry import demo_publication
from packet.models import BioAttribute, BiometricException, ExceptionType
from tests.support.clerk import Person, demo_country
from tests.support.flowdesk import capture_of
from tests.support.flowmachine import FlowMachine
from tests.support.idnumbers import valid_request_id, valid_uin
from tests.support.specs import PDF

TODAY: Final = datetime(2026, 11, 23, tzinfo=UTC).date()
PHOTO: Final = BioAttribute.EXCEPTION_PHOTO
GROUPS: Final = (("FullName", "Address"), ("Biometrics",), ("IntroducerDetails", "DateOfBirth"), ("Location", "Gender"), ())


@dataclass(frozen=True)
class Facts:
    """What the country's conditions look at."""

    is_infant: bool
    groups: frozenset[str]
    introducer_uin: bool
    introducer_rid: bool
    is_exception: bool


CONDITIONS: Final[Mapping[str, Callable[[Facts], bool]]] = {
    "identity.get('ageGroup') == 'INFANT'": lambda f: f.is_infant,
    "identity.get('ageGroup') == 'INFANT' && identity.get('introducerUIN') == empty": lambda f: (
        f.is_infant and not f.introducer_uin
    ),
    "identity.get('ageGroup') == 'INFANT' && identity.get('introducerRID') == empty": lambda f: (
        f.is_infant and not f.introducer_rid
    ),
    "identity.get('introducerUIN') == empty": lambda f: not f.introducer_uin,
    "identity.get('introducerRID') == empty": lambda f: not f.introducer_rid,
    "identity.get('isBioException') == true": lambda f: f.is_exception,
    "identity.updatableFieldGroups contains 'IntroducerDetails'": lambda f: "IntroducerDetails" in f.groups,
    "identity.updatableFieldGroups contains 'IntroducerDetails' && identity.get('introducerUIN') == empty": lambda f: (
        "IntroducerDetails" in f.groups and not f.introducer_uin
    ),
    "identity.updatableFieldGroups contains 'IntroducerDetails' && identity.get('introducerRID') == empty": lambda f: (
        "IntroducerDetails" in f.groups and not f.introducer_rid
    ),
    "identity.updatableFieldGroups contains 'Address' || identity.updatableFieldGroups contains 'Location'": lambda f: bool(
        f.groups & {"Address", "Location"}
    ),
    "identity.updatableFieldGroups contains 'FullName' || identity.updatableFieldGroups contains 'DateOfBirth'": lambda f: bool(
        f.groups & {"FullName", "DateOfBirth"}
    ),
    "identity.get('ageGroup') == 'INFANT' || identity.updatableFieldGroups contains 'IntroducerDetails'": lambda f: (
        f.is_infant or "IntroducerDetails" in f.groups
    ),
    "identity.updatableFieldGroups contains 'DateOfBirth'": lambda f: "DateOfBirth" in f.groups,
    "identity.updatableFieldGroups contains 'Biometrics'": lambda f: "Biometrics" in f.groups,
    "identity.get('ageGroup') != 'INFANT' && !(identity.updatableFieldGroups contains 'Biometrics')": lambda f: (
        not f.is_infant and "Biometrics" not in f.groups
    ),
}


@cache
def published() -> Mapping[str, Mapping[str, Any]]:
    """Process id to specification, as it was published."""
    found = [value for key, value in demo_publication().items() if key.casefold().endswith("process")]
    return {str(value["id"]): value for value in found if isinstance(value, Mapping)}


@cache
def spec_of(process: str) -> ProcessSpec:
    return next(spec for spec in demo_country().forms.processes if spec.id == process)


def fresh_form(process: str) -> Form:
    country = demo_country()
    context = FormContext(
        lang_codes=("eng",),
        master_data=country.master_data,
        settings=country.settings,
        today=lambda: TODAY,
        id_schema_version=country.forms.id_schema_version,
        transliterator=NoTransliterator("not in this test"),
        blocklist=country.blocklist,
        change_actions=mosip_actions(),
        applicant_type=country.applicant_type,
        operator_id="officer",
        schema_fields=country.schema_fields,
    )
    return Form(spec_of(process), context)


class CountryMachine(FlowMachine):
    """The desk over a form of the demo country."""

    process: ClassVar[str]

    real: Form

    def new_form(self, choice: int) -> FormView:
        self.lacks_fingers = choice % 2 == 0
        self.person = Person(birth_year="2024" if choice % 3 == 0 else "1990")
        self.wanted_groups = GROUPS[choice % (len(GROUPS) - 1)]
        self.real = fresh_form(self.process)
        return self.real

    def _use(self, form: Form) -> None:
        self.form = self.real = form

    def _remade(self, context: FormContext, revision: int) -> Form:
        old = self.real
        plain = json.loads(json.dumps({**old.snapshot(), "revision": revision}))
        return Form.restore(old.spec, context, plain, old.document_entries(), old.biometrics_entries())

    def reopen(self) -> None:
        before = self.content()
        self._use(self._remade(self.real.context, self.real.revision))
        assert self.content() == before

    def _choose(self, uin: str | None, groups: tuple[str, ...]) -> None:
        self._use(self._remade(replace(self.real.context, uin=uin, update_groups=groups), self.real.revision + 1))

    # Filling

    def _visible(self) -> list[str]:
        return [field for screen in self.real.screens for field in screen.fields]

    def _fill(self, name: str) -> None:
        form, state = self.real, self.real.field(name)
        if not state.is_visible:
            return
        match state.spec.control:
            case Control.TEXTBOX:
                language = "eng" if state.spec.value_type is ValueType.SIMPLE else None
                form.set_text(name, self.person.text(name), language)
            case Control.CHECKBOX:
                form.tick(name, True)
            case Control.DATE | Control.AGE_DATE:
                form.set_date(name, "23", "04", self.person.birth_year)
            case Control.HTML:
                form.show_html(name, "eng", "<p>I agree.</p>")
            case Control.DROPDOWN | Control.BUTTON:
                if state.choices:
                    form.choose(name, state.choices[0].code)
            case Control.FILE_UPLOAD:
                if state.choices:
                    form.set_document(name, DocumentEntry(state.choices[0].code, "A-1", "pdf", PDF))
            case Control.BIOMETRICS:
                self._capture(name, lacks_fingers=self.lacks_fingers)

    def _capture(self, name: str, *, lacks_fingers: bool, with_photo: bool = True) -> None:
        asked = self.real.demand(name).candidates
        missing = [one for one in asked if one is BioAttribute.LEFT_THUMB and lacks_fingers]
        there = [one for one in asked if one not in missing] + ([PHOTO] if missing and with_photo else [])
        marks = tuple(BiometricException(one, ExceptionType.PERMANENT, "lost") for one in missing)
        self.real.set_biometrics(name, BiometricsEntry(tuple(map(capture_of, there)), marks))

    def _fill_all(self) -> None:
        for _ in range(6):
            before = self.real.revision
            for name in self._visible():
                if self.real.field(name).is_empty:
                    self._fill(name)
            if self.real.revision == before:
                return

    def edit(self, choice: int) -> None:
        form, visible = self.real, self._visible()
        name = visible[(choice // 16) % len(visible)] if visible else "consent"
        control = form.field(name).spec.control
        match choice % 16:
            case 0 | 1:
                self._fill_all()
            case 2 if "dateOfBirth" in visible:
                form.set_date("dateOfBirth", "23", "04", "2024" if choice // 16 % 2 else "1990")
            case 3 | 4 if control is Control.BIOMETRICS or "individualBiometrics" in visible:
                field = name if control is Control.BIOMETRICS else "individualBiometrics"
                self._capture(field, lacks_fingers=choice % 16 == 3, with_photo=choice // 16 % 3 > 0)
            case 5 if "consent" in visible:
                form.tick("consent", False)
            case 6 if form.is_update:
                self._choose(valid_uin() if choice // 16 % 4 else None, GROUPS[choice // 64 % len(GROUPS)])
            case 7:
                form.set_additional_info_request_id(valid_request_id(1) if choice // 16 % 2 else "x")
            case 8 if control is Control.TEXTBOX:
                form.set_text(name, "!" if choice // 256 % 2 else "")
            case 9 | 10 | 11:
                form.clear(name)
            case _:
                self._fill(name)

    def mend(self, finding: Finding) -> None:
        before = self.real.revision
        if self.real.update_findings():
            self._choose(valid_uin(), self.wanted_groups)
        elif finding.field is not None:
            self.real.clear(finding.field)
            self._fill(finding.field)
        elif self.process == "BIOMETRIC_CORRECTION":
            self.real.set_additional_info_request_id(valid_request_id(1))
        if self.real.revision == before or finding in self.real.findings():
            for name in self._visible():
                self._fill(name)

    # Judging

    def content(self) -> object:
        form = self.real
        plain = {key: value for key, value in form.snapshot().items() if key != "revision"}
        captures = {name: repr(entry) for name, entry in form.biometrics_entries().items()}
        documents = {name: repr(entry) for name, entry in form.document_entries().items()}
        return json.dumps([plain, captures, documents, form.context.uin, form.context.update_groups], sort_keys=True)

    def _facts(self) -> Facts:
        said = self.real.demographics()
        born = said.get("dateOfBirth")
        age = None
        if isinstance(born, str):
            year, month, day = map(int, born.split("/"))
            age = TODAY.year - year - ((TODAY.month, TODAY.day) < (month, day))
        return Facts(
            is_infant=age is not None and age <= 5,
            groups=frozenset(self.real.context.update_groups) if self.process == "UPDATE" else frozenset(),
            introducer_uin=bool(said.get("introducerUIN")),
            introducer_rid=bool(said.get("introducerRID")),
            is_exception=any(entry.exceptions for entry in self.real.biometrics_entries().values()),
        )

    def _asked(self) -> list[Mapping[str, Any]]:
        """The published fields that are there for this person."""
        spec, facts = published()[self.process], self._facts()
        groups = facts.groups | set(spec.get("autoSelectedGroups") or ())
        return [
            field
            for screen in spec["screens"]
            for field in screen["fields"]
            if field.get("inputRequired", True)
            and (field.get("visible") is None or CONDITIONS[field["visible"]["expr"]](facts))
            and (self.process != "UPDATE" or field.get("group") in groups)
        ]

    def has_exceptions(self) -> bool:
        entries = self.real.biometrics_entries()
        return any(field["id"] in entries and entries[field["id"]].exceptions for field in self._asked())

    def complaints(self) -> list[str]:
        facts, wrong = self._facts(), []
        if self.process == "UPDATE" and not (self.real.context.uin == valid_uin() and facts.groups):
            wrong.append("nothing was chosen for the update")
        if self.process == "BIOMETRIC_CORRECTION" and self.real.additional_info_request_id != valid_request_id(1):
            wrong.append("a correction of nothing")
        for field in self._asked():
            rules = field.get("requiredOn") or []
            is_required = CONDITIONS[rules[0]["expr"]](facts) if rules else bool(field.get("required"))
            lack = self._lack(field, facts)
            if lack and (is_required or lack == "no exception photo"):
                wrong.append(f"{field['id']}: {lack}")
        return wrong

    def _lack(self, field: Mapping[str, Any], facts: Facts) -> str | None:
        name = field["id"]
        if field["type"] == "documentType":
            document = self.real.documents().get(name)
            return None if document and document.content and document.category == field["subType"] else "no document"
        if field["type"] == "biometricsType":
            return self._lack_of_biometrics(field, facts)
        value = self.real.demographics().get(name)
        if field.get("subType") == "consent" and field["controlType"] == "checkbox":
            return None if value == "Y" else "no consent"
        return None if value not in (None, "", []) else "nothing entered"

    def _lack_of_biometrics(self, field: Mapping[str, Any], facts: Facts) -> str | None:
        entry = self.real.biometrics_entries().get(field["id"])
        if entry is None:
            return "nothing captured"
        captured = {capture.attribute.value for capture in entry.captured}
        there = captured | {mark.attribute.value for mark in entry.exceptions}
        if entry.exceptions and field.get("exceptionPhotoRequired") and "unknown" not in captured:
            return "no exception photo"
        if field["subType"] == "applicant":
            needed = {"face"} if facts.is_infant else set(field["bioAttributes"])
            return None if needed <= there else "captures missing"
        return None if there else "nothing captured"


PROCESSES: Final = ("NEW", "UPDATE", "LOST", "BIOMETRIC_CORRECTION")


def machine_of(process: str) -> type[CountryMachine]:
    """A machine that counts for itself."""
    return type("Machine", (CountryMachine,), {"process": process, "reached": 0, "reviewed": 0, "sealings": 0})


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(("kind", "has_reviewer"), [(1, False), (2, True), (3, False)])
def test_a_willing_operator_comes_to_the_end(process: str, kind: int, has_reviewer: bool) -> None:
    machine = machine_of(process)()
    machine.sit_down(kind=kind, packet=("PWD", "FACE"), exception=("IRIS", "PWD"), is_needed=True)
    machine.work_for_a_while(150, is_disk_full=False)
    assert machine.state.sealed is not None
    assert (machine.reached, machine.sealings) == (1, 1)
    assert machine.reviewed == has_reviewer


@pytest.mark.parametrize("process", PROCESSES)
def test_no_order_of_events_seals_a_form_of_the_country_that_is_not_whole(process: str) -> None:
    machine = machine_of(process)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.reached >= 6, "the desk hardly ever comes to the end: the test proves too little"
    assert machine.reviewed >= 1


def test_the_oracle_knows_every_condition_that_is_published() -> None:
    fields = [field for spec in published().values() for screen in spec["screens"] for field in screen["fields"]]
    used = {rule["expr"] for field in fields for rule in (field.get("requiredOn") or [])[:1]}
    used |= {field["visible"]["expr"] for field in fields if field.get("visible")}
    assert used == set(CONDITIONS)
