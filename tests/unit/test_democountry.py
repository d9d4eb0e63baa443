"""The country that ships: its files are what their scripts make, and forms and data fit each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from app.core.documentchoice import allowed_documents
from app.core.masterdata.lookups import choices_of, level_of, path_to, places_at
from app.core.masterdata.rows import read_rows
from app.core.uispec.model import Control, FieldSpec, ProcessSpec
from app.core.uispec.reader import read_publication
from app.democountry import demo_master_data, demo_publication
from packet.idschema import FieldKind, read_id_schema
from packet.models import Flow
from resources.country import reading
from tests.support.buildscripts import load_script

DATA = demo_master_data()
FORMS = read_publication(demo_publication())
PROCESSES = {process.id: process for process in FORMS.processes}
LANGUAGES = {"eng", "fra", "ara"}
SCHEMA = orjson.loads(reading.id_schema_text())
SCHEMA_FIELDS = read_id_schema(SCHEMA).fields
KINDS = {
    Control.FILE_UPLOAD: FieldKind.DOCUMENT,
    Control.BIOMETRICS: FieldKind.BIOMETRICS,
}


def field(process: str, name: str) -> FieldSpec:
    return next(each for each in PROCESSES[process].fields if each.id == name)


@pytest.mark.parametrize(
    ("script", "folder"), [("generate_country_forms", "processes"), ("generate_country_places", "masterdata")]
)
def test_the_files_are_what_their_script_makes(script: str, folder: str) -> None:
    made: Mapping[str, str] = load_script(script).files()
    assert made
    for name, content in made.items():
        assert (reading._COUNTRY / folder / name).read_text(encoding="utf-8") == content, f"run build/{script}.py"


def test_the_forms_are_read_without_a_single_remark() -> None:
    assert [(process.id, process.flow, process.order) for process in FORMS.processes] == [
        ("NEW", Flow.NEW, 1),
        ("UPDATE", Flow.UPDATE, 2),
        ("LOST", Flow.LOST, 3),
        ("BIOMETRIC_CORRECTION", Flow.CORRECTION, 4),
    ]
    assert [fault for process in FORMS.processes for fault in process.faults] == []
    assert FORMS.id_schema_version == 0.1


def test_the_answer_is_made_anew_each_time() -> None:
    spoilt: Any = demo_publication()
    spoilt["newProcess"]["screens"].clear()
    assert demo_publication() != spoilt


@pytest.mark.parametrize("process", FORMS.processes, ids=lambda process: process.id)
def test_every_field_has_its_place_in_the_id_schema(process: ProcessSpec) -> None:
    for each in process.fields:
        assert each.control is not None
        assert SCHEMA_FIELDS[each.id].kind is KINDS.get(each.control, FieldKind.DEMOGRAPHIC), each.id


def test_what_the_id_schema_requires_is_required_of_a_new_registration() -> None:
    required = set(SCHEMA["properties"]["identity"]["required"]) - {"IDSchemaVersion"}
    assert {each.id for each in PROCESSES["NEW"].fields if each.is_required} >= required


def _texts(node: Any) -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"label", "caption", "groupLabel", "description"} and isinstance(value, dict):
                yield key, value
            yield from _texts(value)
    elif isinstance(node, list):
        for each in node:
            yield from _texts(each)


def test_every_label_is_there_in_three_languages_each_in_its_script() -> None:
    found = list(_texts(dict(demo_publication())))
    assert len(found) > 200
    for _, texts in found:
        assert set(texts) == LANGUAGES
        assert re.search("[\u0621-\u064a]", texts["ara"])
        assert not re.search("[\u0600-\u06ff]", texts["eng"] + texts["fra"])


def test_every_name_of_the_reference_data_is_there_in_three_languages() -> None:
    choices = [choice for several in (*DATA.dynamic_fields.values(), *DATA.reasons.values()) for choice in several]
    names = [place.names for place in DATA.locations.values()]
    names += [choice.names for choice in (*DATA.document_types.values(), *choices)]
    names += [level.names for level in DATA.location_levels]
    assert len(names) > 400
    assert [each for each in names if set(each) != LANGUAGES] == []
    assert set(DATA.languages) == LANGUAGES
    assert set(DATA.blocklisted_words) == LANGUAGES


@pytest.mark.parametrize("process", FORMS.processes, ids=lambda process: process.id)
def test_every_list_of_a_form_has_something_to_choose(process: ProcessSpec) -> None:
    for each in process.fields:
        sub_type = each.sub_type or ""
        if each.control in {Control.DROPDOWN, Control.BUTTON}:
            level = level_of(DATA, sub_type)
            assert len(choices_of(DATA, sub_type) if level is None else places_at(DATA, level)) > 1, each.id
        if each.control is Control.FILE_UPLOAD:
            assert allowed_documents(DATA, "000", sub_type), each.id
        if each.control is Control.HTML:
            assert each.template_name is not None
            assert set(DATA.templates[each.template_name].texts) == LANGUAGES


def test_what_can_be_chosen_fits_the_patterns_of_field_and_id_schema() -> None:
    patterns = SCHEMA["properties"]["identity"]["properties"]
    for name, values in {
        "postalCode": [place.names["eng"] for place in places_at(DATA, 5)],
        "preferredLang": [text for choice in choices_of(DATA, "preferredLang") for text in choice.names.values()],
        "region": [text for place in DATA.locations.values() for text in place.names.values()],
    }.items():
        for validator in (*patterns[name]["validators"], *({"validator": v.pattern} for v in field("NEW", name).validators)):
            assert [value for value in values if not re.fullmatch(validator["validator"], value)] == []


def test_places_are_a_tree_of_six_levels_and_names_tell_places_of_a_list_apart() -> None:
    assert len(DATA.locations) == 377
    assert [len(places_at(DATA, level)) for level in range(6)] == [1, 4, 12, 36, 108, 216]
    for place in DATA.locations.values():
        assert [each.level for each in path_to(DATA, place.code)] == list(range(place.level + 1))
        listed = places_at(DATA, place.level + 1, place.code)
        for language in LANGUAGES:
            assert len({each.name(language) for each in listed}) == len(listed)


@pytest.mark.parametrize("applicant", [f"{number:03}" for number in range(17)])
def test_every_type_of_applicant_has_documents_of_each_category(applicant: str) -> None:
    for category in ("POI", "POA", "POR", "POB"):
        assert allowed_documents(DATA, applicant, category), category
    assert bool(allowed_documents(DATA, applicant, "POE")) == (applicant == "000" or applicant > "008")


def test_reasons_to_reject_are_those_of_mosip() -> None:
    assert {category: {choice.code for choice in choices} for category, choices in DATA.reasons.items()} == {
        "CLR": {"APM", "GPM", "IAD", "DPG", "OTH"},
        "MNA": {"ADM", "ADD", "OPM", "SDM"},
    }


def test_no_kind_of_reference_data_is_unknown_but_the_script() -> None:
    assert read_rows(reading.client_settings()).unknown == ("applicanttype.mvel",)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_consent_is_harmless(language: str) -> None:
    text = DATA.templates["Registration Consent"].texts[language]
    assert set(re.findall(r"<\s*/?\s*([A-Za-z0-9!]+)", text)) == {"div", "h2", "p", "strong"}
    assert set(re.findall(r"\s([a-z-]+)\s*=", text)) == {"lang", "dir"}
    assert not re.search(r"[$#{}]|https?:", text)


def test_the_screens_that_fetch_and_the_one_that_asks_for_a_request() -> None:
    fetching = {(p.id, s.name) for p in FORMS.processes for s in p.screens if s.is_pre_registration_fetched}
    assert fetching == {(process, "DemographicDetails") for process in ("NEW", "UPDATE", "LOST")}
    asking = {(p.id, s.name) for p in FORMS.processes for s in p.screens if s.is_additional_info_required}
    assert asking == {("BIOMETRIC_CORRECTION", "BiometricDetails")}


def test_update_has_its_automatic_groups() -> None:
    assert PROCESSES["UPDATE"].auto_selected_groups == ("Consent", "PreferredLanguage", "Documents", "Biometrics")


def holds(process: str, name: str, rule: str, **identity: object) -> bool:
    """What a rule of a field says; True without a rule to be visible, the flag without one to be required."""
    each = field(process, name)
    condition = each.visible if rule == "visible" else each.required_on
    if condition is None:
        return rule == "visible" or each.is_required
    assert condition.expression is not None
    return condition.expression.is_true({"updatableFieldGroups": ()} | identity)


@pytest.mark.parametrize("rule", ["visible", "required"])
@pytest.mark.parametrize(
    "name", ["introducerName", "introducerRID", "introducerUIN", "proofOfRelationship", "introducerBiometrics"]
)
def test_an_infant_needs_parent_or_guardian_and_nobody_else_does(name: str, rule: str) -> None:
    assert holds("NEW", name, rule, ageGroup="INFANT")
    assert not holds("NEW", name, rule, ageGroup="MINOR")
    assert not holds("NEW", name, rule)


@pytest.mark.parametrize(
    ("process", "identity"), [("NEW", {"ageGroup": "INFANT"}), ("UPDATE", {"updatableFieldGroups": ["IntroducerDetails"]})]
)
@pytest.mark.parametrize("rule", ["visible", "required"])
def test_one_number_of_parent_or_guardian_takes_the_place_of_the_other(
    process: str, identity: dict[str, object], rule: str
) -> None:
    for one, other in (("introducerRID", "introducerUIN"), ("introducerUIN", "introducerRID")):
        assert holds(process, one, rule, **identity, **{one: "1234567890"})
        assert not holds(process, one, rule, **identity, **{other: "1234567890"})
        assert holds(process, one, rule, **identity, **{other: ""})


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("proofOfAddress", {"Address", "Location"}),
        ("proofOfIdentity", {"FullName", "DateOfBirth"}),
        ("proofOfRelationship", {"IntroducerDetails"}),
        ("proofOfDateOfBirth", {"DateOfBirth"}),
        ("individualBiometrics", {"Biometrics"}),
    ],
)
def test_update_asks_for_documents_by_what_was_ticked(name: str, groups: set[str]) -> None:
    every = {each.group for each in PROCESSES["UPDATE"].fields}
    assert groups < every
    assert {group for group in every if holds("UPDATE", name, "required", updatableFieldGroups=[group])} == groups


def test_update_proves_who_somebody_is_unless_biometrics_are_taken_anew_or_it_is_an_infant() -> None:
    assert holds("UPDATE", "individualAuthBiometrics", "required", updatableFieldGroups=["Phone"])
    assert holds("UPDATE", "individualAuthBiometrics", "required", updatableFieldGroups=["DateOfBirth"], ageGroup="ADULT")
    assert not holds("UPDATE", "individualAuthBiometrics", "required", updatableFieldGroups=["Phone", "Biometrics"])
    assert not holds("UPDATE", "individualAuthBiometrics", "required", updatableFieldGroups=["DateOfBirth"], ageGroup="INFANT")


def test_lost_asks_for_biometrics_and_consent_only() -> None:
    required = {each.id for each in PROCESSES["LOST"].fields if each.is_required or each.required_on is not None}
    assert required == {"consentText", "consent", "preferredLang", "individualBiometrics"}


def test_an_infant_gives_a_face_and_parent_or_guardian_any_one_attribute() -> None:
    for process in ("NEW", "UPDATE", "LOST", "BIOMETRIC_CORRECTION"):
        (rule,) = field(process, "individualBiometrics").conditional_bio_attributes
        assert (rule.age_group, [str(each) for each in rule.attributes]) == ("INFANT", ["face"])
    (any_one,) = field("NEW", "introducerBiometrics").conditional_bio_attributes
    assert any_one.rule is not None
    assert any_one.rule.text.split(" || ") == [str(each) for each in any_one.attributes]
    assert len(any_one.attributes) == 13


def rows(kind: str) -> list[dict[str, Any]]:
    return [row for entity in reading.client_settings() if entity["entityName"] == kind for row in entity["data"]]


def test_desk_centre_and_screens_fit_together() -> None:
    (machine,) = rows("Machine")
    centres = rows("RegistrationCenter")
    assert {centre["id"] for centre in centres} == {machine["regCenterId"]}
    assert {centre["locationCode"] for centre in centres} | {centre["holidayLocationCode"] for centre in centres} <= set(
        DATA.locations
    )
    screens = {screen["id"] for screen in rows("ScreenDetail")}
    assert {right["screenId"] for right in rows("ScreenAuthorization")} == screens
    closed = {right["screenId"] for right in rows("ScreenAuthorization") if not right["isPermitted"]}
    assert closed == {"eodRoot", "reRegisterRoot", "reportRoot"}
    assert {right["roleCode"] for right in rows("ScreenAuthorization") if not right["isPermitted"]} == {"REGISTRATION_OFFICER"}


def test_everybody_proves_who_they_are_by_password_until_the_country_says_otherwise() -> None:
    methods = rows("AppAuthenticationMethod")
    assert {method["authMethodCode"] for method in methods if method["isActive"]} == {"PWD"}
    processes = {process["id"] for process in rows("ProcessList")}
    assert {method["processId"] for method in methods} == processes
    for process in processes:
        roles = {method["roleCode"] for method in methods if method["processId"] == process and method["isActive"]}
        assert roles == {row["roleCode"] for row in rows("AppRolePriority") if row["processId"] == process}
        assert ("REGISTRATION_OFFICER" in roles) == (process not in {"exception_auth", "eod_auth"})
