"""Lists of places and choices: what each offers, and what is found by typing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.masterdata.lookups import by_code, by_name, choices_of, level_of, path_to, places_at
from app.core.masterdata.model import Choice, Location, LocationLevel, MasterData
from app.core.masterdata.search import SearchList, fold
from app.democountry import demo_master_data

DATA = demo_master_data()


def places(*facts: tuple[str, int, str | None]) -> MasterData:
    children: dict[str | None, list[str]] = {}
    for code, _, parent in facts:
        children.setdefault(parent, []).append(code)
    return MasterData(
        locations={code: Location(code, level, parent, {"eng": code}) for code, level, parent in facts},
        location_children={parent: tuple(codes) for parent, codes in children.items()},
    )


def codes(found: tuple[Location, ...]) -> list[str]:
    return [place.code for place in found]


@pytest.mark.parametrize("sub_type", ["Region", "region", " REGION ", "Région", "الإقليم"])
def test_a_level_is_named_in_any_language_and_case(sub_type: str) -> None:
    assert level_of(DATA, sub_type) == 1


def test_a_sub_type_that_is_no_level() -> None:
    assert level_of(DATA, "gender") is None


def test_the_first_list_offers_what_is_right_under_the_root() -> None:
    assert codes(places_at(DATA, 1)) == ["R1", "R2", "R3", "R4"]


def test_the_next_list_offers_what_lies_in_the_chosen_place() -> None:
    assert codes(places_at(DATA, 2, "R3")) == ["R31", "R32", "R33"]
    assert codes(places_at(DATA, 5, "R3312")) == ["P33120", "P33125"]


def test_a_form_may_leave_levels_out() -> None:
    assert codes(places_at(DATA, 3, "R1")) == [f"R1{province}{city}" for province in "123" for city in "123"]
    assert len(places_at(DATA, 5)) == 216


@pytest.mark.parametrize(("level", "within"), [(2, "nowhere"), (2, "R11"), (1, "R11"), (9, "R1")])
def test_what_does_not_lie_there_is_not_offered(level: int, within: str) -> None:
    assert places_at(DATA, level, within) == ()


def test_what_hangs_under_a_place_that_is_gone_is_not_offered() -> None:
    data = places(("L", 0, None), ("A", 1, "L"), ("B", 1, "gone"), ("C", 2, "B"))
    assert codes(places_at(data, 1)) == ["A"]
    assert places_at(data, 2) == ()


def test_several_roots_are_all_offered() -> None:
    data = places(("L", 0, None), ("M", 0, None), ("A", 1, "L"), ("B", 1, "M"))
    assert codes(places_at(data, 0)) == ["L", "M"]
    assert codes(places_at(data, 1)) == ["A", "B"]


@given(
    st.dictionaries(
        st.sampled_from("ABCDEF"), st.tuples(st.integers(0, 4), st.none() | st.sampled_from("ABCDEFX")), max_size=6
    ),
    st.integers(0, 4),
    st.none() | st.sampled_from("ABCDEFX"),
)
def test_circles_and_gaps_end_and_only_what_lies_there_is_offered(
    facts: dict[str, tuple[int, str | None]], level: int, within: str | None
) -> None:
    data = places(*((code, *fact) for code, fact in facts.items()))
    offered = places_at(data, level, within)
    assert len(set(codes(offered))) == len(offered)
    for place in offered:
        above = [each.code for each in path_to(data, place.code)[:-1]]
        assert place.level == level
        assert within is None or within in above


def test_the_way_to_a_place() -> None:
    assert codes(path_to(DATA, "R312")) == ["VRD", "R3", "R31", "R312"]
    assert path_to(DATA, "nowhere") == ()


@pytest.mark.parametrize("sub_type", ["gender", "Gender", " GENDER "])
def test_a_dynamic_field_is_named_in_any_case(sub_type: str) -> None:
    assert [choice.code for choice in choices_of(DATA, sub_type)] == ["MLE", "FLE", "OTH"]


def test_a_sub_type_that_is_no_dynamic_field() -> None:
    assert choices_of(DATA, "shoeSize") == ()


def test_code_and_name_of_an_entry() -> None:
    genders = choices_of(DATA, "gender")
    female = by_code(genders, "FLE")
    assert female is not None
    assert by_name(genders, female.name("ara"), "ara") is female
    assert by_name(genders, female.name("ara")) is female
    assert by_name(genders, female.name("ara"), "eng") is None
    assert by_name(genders, "female", "eng") is None
    assert by_code(genders, "XXX") is None


TOWNS = tuple(
    Choice(code, {"eng": eng, "fra": fra, "ara": ara})
    for code, eng, fra, ara in (
        ("1", "New Harbour", "Port-Neuf", "الميناء الجديد"),
        ("2", "Harbour", "Le Port", "ميناء"),
        ("3", "Éclair Hill", "Cœur d’Éclair", "تلة"),
        ("4", "Sharbourne", "Charbourne", "أحمدية"),
    )
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("harb", "214"),
        ("HARBOUR", "214"),
        ("port", "12"),
        ("eclair", "3"),
        ("ECLAIR", "3"),
        ("d'eclair", "3"),
        ("coeur", "3"),
        ("new  harb", "1"),
        ("ميناء", "21"),
        ("احمديه", "4"),
        ("تَلّة", "3"),
        ("", "1234"),
        ("   ", "1234"),
        ("nowhere", ""),
    ],
)
def test_typing_finds_in_any_language_beginnings_first(typed: str, expected: str) -> None:
    assert "".join(town.code for town in SearchList(TOWNS).find(typed)) == expected


def test_vowels_of_other_scripts_are_no_accents() -> None:
    towns = (Choice("1", {"hin": "कुल"}), Choice("2", {"hin": "कल"}), Choice("3", {"tha": "กุ"}), Choice("4", {"tha": "ก"}))
    assert [town.code for town in SearchList(towns).find("कल")] == ["2"]
    assert [town.code for town in SearchList(towns).find("กุ")] == ["3"]


@given(st.text(max_size=30))
def test_folding_is_stable_and_forgets_case_and_composition(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


@given(st.lists(st.text(max_size=8), max_size=6), st.text(max_size=3))
def test_search_gives_each_entry_at_most_once_and_only_those_that_hold_the_text(names: list[str], typed: str) -> None:
    items = [Choice(str(number), {"eng": name}) for number, name in enumerate(names)]
    found = SearchList(items).find(typed)
    assert {item.code for item in found} == {item.code for item in items if fold(typed) in fold(item.names["eng"])}
    assert len({item.code for item in found}) == len(found)
    beginnings = [fold(item.names["eng"]).startswith(fold(typed)) for item in found]
    assert beginnings == sorted(beginnings, reverse=True)


def test_a_level_without_its_own_name_in_a_language_is_still_found() -> None:
    assert level_of(MasterData(location_levels=(LocationLevel(4, {"fra": "Zone"}),)), "zone") == 4
