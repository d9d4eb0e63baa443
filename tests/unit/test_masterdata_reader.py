"""What forms see of the reference data: what is active, in published order, its languages brought together."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.masterdata.model import LocationLevel, MasterData
from app.core.masterdata.reader import build_master_data, read_master_data
from app.core.masterdata.rows import EntityRow, MasterDataShapeError

LANGUAGES = ("eng", "fra")


def entity(name: str, *rows: dict[str, Any], kind: str = "structured") -> dict[str, Any]:
    return {"entityName": name, "entityType": kind, "data": [{"isActive": True, "isDeleted": False} | row for row in rows]}


def read(*entities: dict[str, Any]) -> MasterData:
    return read_master_data(entities)


def place(code: str, level: int, parent: str | None, language: str = "eng", **more: Any) -> dict[str, Any]:
    facts = {"code": code, "name": f"{code} in {language}", "hierarchyLevel": level, "parentLocCode": parent}
    return facts | {"langCode": language} | more


def gender(language: str, *entries: tuple[str, str], **more: Any) -> dict[str, Any]:
    values = [{"code": code, "value": value, "active": True} for code, value in entries]
    return {"name": "gender", "fieldVal": values, "langCode": language, **more}


def test_languages_of_a_place_come_together() -> None:
    data = read(entity("Location", place("L", 0, "", "eng"), place("L", 0, "", "fra")))
    assert data.locations["L"].names == {"eng": "L in eng", "fra": "L in fra"}
    assert data.locations["L"].name("fra") == "L in fra"
    assert data.locations["L"].name("ara") == "L"


@pytest.mark.parametrize("parent", ["", None])
def test_a_place_without_a_parent_is_a_root(parent: str | None) -> None:
    data = read(entity("Location", place("L", 0, parent)))
    assert data.locations["L"].parent is None
    assert data.location_children == {None: ("L",)}


def test_children_stand_in_published_order() -> None:
    rows = [place(code, 1, "L", language) for code in ("Z", "A", "M") for language in LANGUAGES]
    data = read(entity("Location", place("L", 0, None), *rows))
    assert data.location_children["L"] == ("Z", "A", "M")


@pytest.mark.parametrize("flag", [{"isActive": False}, {"isDeleted": True}])
def test_a_place_that_is_switched_off_or_deleted_is_not_there(flag: dict[str, Any]) -> None:
    data = read(entity("Location", place("L", 0, None), place("A", 1, "L", **flag), place("B", 1, "L")))
    assert data.location_children["L"] == ("B",)
    assert "A" not in data.locations


def test_flags_that_are_null_or_absent_mean_in_use() -> None:
    data = read({"entityName": "Location", "entityType": "structured", "data": [place("L", 0, None, isActive=None)]})
    assert "L" in data.locations


def test_a_place_switched_off_in_one_language_keeps_the_others() -> None:
    data = read(entity("Location", place("L", 0, None, "eng", isActive=False), place("L", 0, None, "fra")))
    assert data.locations["L"].names == {"fra": "L in fra"}


def test_the_last_of_two_rows_with_one_key_counts() -> None:
    data = read(entity("Location", place("L", 0, None, name="old"), place("M", 0, None), place("L", 0, None, name="new")))
    assert data.locations["L"].names == {"eng": "new"}
    assert data.location_children[None] == ("L", "M")


def test_levels_stand_in_ascending_order() -> None:
    levels = [
        {"hierarchyLevel": level, "hierarchyLevelName": name, "langCode": language}
        for level, name, language in ((2, "City", "eng"), (0, "Country", "eng"), (2, "Ville", "fra"))
    ]
    assert read(entity("LocationHierarchy", *levels)).location_levels == (
        LocationLevel(0, {"eng": "Country"}),
        LocationLevel(2, {"eng": "City", "fra": "Ville"}),
    )


def test_a_dynamic_field_is_found_in_small_letters_with_its_languages_together() -> None:
    data = read(
        entity("gender", gender("eng", ("MLE", "Male"), ("FLE", "Female")), kind="dynamic"),
        entity("GENDER", gender("fra", ("FLE", "Femme"), ("MLE", "Homme")), kind="dynamic"),
    )
    assert [(choice.code, dict(choice.names)) for choice in data.dynamic_fields["gender"]] == [
        ("MLE", {"eng": "Male", "fra": "Homme"}),
        ("FLE", {"eng": "Female", "fra": "Femme"}),
    ]


def test_an_entry_of_a_dynamic_field_that_is_switched_off_is_not_there() -> None:
    row = gender("eng", ("MLE", "Male"))
    row["fieldVal"] += [{"code": "FLE", "value": "Female", "active": False}, {"code": "OTH", "value": "Other"}]
    assert [choice.code for choice in read(entity("gender", row, kind="dynamic")).dynamic_fields["gender"]] == ["MLE", "OTH"]


def test_documents_by_applicant_and_category() -> None:
    rows = [
        {"appTypeCode": "001", "docCatCode": category, "docTypeCode": code, "langCode": "eng", "isActive": active}
        for category, code, active in (("POI", "D2", True), ("POI", "D1", True), ("POI", "D3", False), ("POA", "D2", True))
    ]
    data = read(entity("ApplicantValidDocument", *rows))
    assert data.valid_documents == {("001", "POI"): ("D2", "D1"), ("001", "POA"): ("D2",)}


def test_words_by_language_and_those_without_one() -> None:
    rows = [{"word": word, "langCode": language} for word, language in (("dolt", "eng"), ("dolt", "fra"), ("oaf", None))]
    assert read(entity("BlocklistedWords", *rows)).blocklisted_words == {
        "eng": frozenset({"dolt"}),
        "fra": frozenset({"dolt"}),
        "": frozenset({"oaf"}),
    }


def reason(category: str, code: str) -> dict[str, Any]:
    return {"rsnCatCode": category, "code": code, "name": f"{category} {code}", "langCode": "eng"}


def test_reasons_by_category_and_none_of_a_category_that_is_switched_off() -> None:
    categories = entity(
        "ReasonCategory",
        {"code": "CLR", "name": "Desk", "langCode": "eng"},
        {"code": "MNA", "name": "Manual", "langCode": "eng", "isActive": False},
    )
    reasons = entity("ReasonList", reason("CLR", "OTH"), reason("MNA", "OTH"), reason("CLR", "APM"))
    data = read(reasons, categories)
    assert {category: [choice.code for choice in choices] for category, choices in data.reasons.items()} == {
        "CLR": ["OTH", "APM"]
    }
    assert set(read(reasons).reasons) == {"CLR", "MNA"}


def test_a_text_by_type_code_of_several_rows() -> None:
    rows = [
        {"id": number, "templateTypeCode": "Consent", "fileText": text, "langCode": language}
        for number, text, language in (("1", "<p>Yes</p>", "eng"), ("2", "<p>Oui</p>", "fra"), ("3", None, "ara"))
    ]
    assert read(entity("Template", *rows)).templates["Consent"].texts == {"eng": "<p>Yes</p>", "fra": "<p>Oui</p>"}


def test_languages_by_native_name_or_their_english_one() -> None:
    french = {"code": "fra", "name": "French", "nativeName": "Français"}
    english = {"code": "eng", "name": "English", "nativeName": None}
    assert read(entity("Language", french, english)).languages == {"fra": "Français", "eng": "English"}


@pytest.mark.parametrize("payload", [{"name": "L", "hierarchyLevel": "0"}, {"name": 7, "hierarchyLevel": 0}])
def test_rows_that_a_store_kept_badly_are_refused_by_name(payload: dict[str, Any]) -> None:
    with pytest.raises(MasterDataShapeError) as refused:
        build_master_data([EntityRow("Location", "L", "eng", payload)])
    assert refused.value.params["key"] == "L"


def test_nothing_published_is_nothing_there() -> None:
    assert read() == MasterData()
