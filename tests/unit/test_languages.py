"""The choice of the languages of a registration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.formsettings import FormSettings
from app.core.languages import (
    LanguageChoiceError,
    LanguageNotOfferedError,
    LanguageTwiceError,
    MandatoryLanguageMissingError,
    TooFewLanguagesError,
    TooManyLanguagesError,
    choose_languages,
    is_right_to_left,
    language_bounds,
    offered_languages,
    preselected_languages,
)

MOSIP = FormSettings()


def settings(mandatory: str, optional: str, fewest: int, most: int) -> FormSettings:
    return FormSettings(
        mandatory_languages=tuple(mandatory.split()),
        optional_languages=tuple(optional.split()),
        min_languages=fewest,
        max_languages=most,
    )


def test_the_order_of_choice_is_the_order_of_entry() -> None:
    assert choose_languages(MOSIP, ["ara", "eng"]) == ("ara", "eng")
    assert choose_languages(MOSIP, ["eng", "fra", "ara"]) == ("eng", "fra", "ara")


@pytest.mark.parametrize(
    ("chosen", "error", "names"),
    [
        ([], MandatoryLanguageMissingError, "eng"),
        (["ara", "fra"], MandatoryLanguageMissingError, "eng"),
        (["eng"], TooFewLanguagesError, "1 .* at least 2"),
        (["eng", "hin"], LanguageNotOfferedError, "hin"),
        (["eng", "ara", "eng"], LanguageTwiceError, "eng"),
    ],
)
def test_each_wrong_choice_has_its_name(chosen: list[str], error: type[LanguageChoiceError], names: str) -> None:
    with pytest.raises(error, match=names):
        choose_languages(MOSIP, chosen)


def test_more_than_the_country_allows_is_refused() -> None:
    with pytest.raises(TooManyLanguagesError, match="at most 2"):
        choose_languages(settings("eng", "ara fra", 1, 2), ["eng", "ara", "fra"])


@pytest.mark.parametrize(
    ("country", "bounds"),
    [
        (MOSIP, (2, 3)),
        (settings("eng", "", 2, 3), (1, 1)),
        (settings("eng fra", "ara", 1, 3), (2, 3)),
        (settings("", "ara fra", 0, 3), (1, 2)),
        (settings("eng fra ara", "", 1, 2), (3, 3)),
        (settings("eng", "eng ara", 1, 9), (1, 2)),
    ],
)
def test_bounds_follow_from_numbers_and_languages(country: FormSettings, bounds: tuple[int, int]) -> None:
    assert language_bounds(country) == bounds


def test_the_language_of_the_screen_is_ticked_first_if_it_is_offered() -> None:
    assert preselected_languages(MOSIP, "fra") == ("fra", "eng")
    assert preselected_languages(MOSIP, "eng") == ("eng",)
    assert preselected_languages(MOSIP, "hin") == ("eng",)


def test_what_runs_from_right_to_left_is_the_countrys_setting() -> None:
    assert is_right_to_left(MOSIP, "ara")
    assert not is_right_to_left(MOSIP, "eng")
    assert is_right_to_left(FormSettings(right_to_left=("urd",)), "urd")


CODES = st.lists(st.sampled_from(["eng", "fra", "ara", "hin"]), max_size=4, unique=True)


@given(
    CODES,
    CODES,
    st.integers(0, 5),
    st.integers(1, 5),
    st.lists(st.sampled_from(["eng", "fra", "ara", "hin", "tam"]), max_size=5),
)
def test_a_country_with_a_language_has_an_allowed_choice_and_every_allowed_choice_keeps_the_rules(
    mandatory: list[str], optional: list[str], fewest: int, most: int, chosen: list[str]
) -> None:
    country = settings(" ".join(mandatory), " ".join(optional), fewest, most)
    offered = offered_languages(country)
    if offered:
        assert choose_languages(country, offered[: language_bounds(country)[1]])
    try:
        result = choose_languages(country, chosen)
    except LanguageChoiceError:
        return
    assert list(result) == chosen
    assert set(mandatory) <= set(result) <= set(offered)
    assert len(set(result)) == len(result)
