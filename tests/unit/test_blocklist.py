"""Words that a country does not want to see unnoticed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.blocklist import Blocklist


def found(words: set[str], text: str) -> tuple[str, ...]:
    return Blocklist({"": words}).found_in(text, "eng")


@pytest.mark.parametrize(
    "text", ["spam", "Spam", "SPAM!", "a (spam)", "no,spam.", "l'spam", "spam-free", "ｓｐａｍ", "sp\u00adam", "sp\u200bam"]
)
def test_a_word_is_found_in_whatever_shape_it_stands(text: str) -> None:
    assert found({"SpAm"}, text) == ("SpAm",)


@pytest.mark.parametrize("text", ["spammer", "antispam", "spam1", "spam_", "1spam", "spám", "sp am", ""])
def test_a_part_of_a_word_is_not_the_word(text: str) -> None:
    assert found({"spam"}, text) == ()


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("straße", "GROSSE STRASSE"),
        ("ΟΔΟΣ", "μια οδος"),
        ("плохой", "ПЛОХОЙ день"),
        ("كلب", "هذا كلب، نعم"),
        ("कुत्ता", "यह कुत्ता है"),
        ("நாய்", "ஒரு நாய் உண்டு"),
        ("ውሻ", "ይህ ውሻ ነው"),
        ("é", "E\u0301"),
    ],
)
def test_every_script_has_words(word: str, text: str) -> None:
    assert found({word}, text) == (word,)


@pytest.mark.parametrize(("word", "text"), [("कुत्त", "यह कुत्ता है"), ("كلب", "كلبي"), ("கா", "காய்")])
def test_marks_and_endings_belong_to_the_word(word: str, text: str) -> None:
    assert found({word}, text) == ()


@pytest.mark.parametrize(
    ("word", "text"), [("หมา", "นี่คือหมาดำ"), ("坏人", "他是坏人吗"), ("ឆ្កែ", "នេះជាឆ្កែខ្មៅ"), ("ばか", "おまえはばかだ")]
)
def test_scripts_without_spaces_are_searched_inside_a_run(word: str, text: str) -> None:
    assert found({word}, text) == (word,)


def test_a_mark_that_changes_the_last_letter_makes_another_word() -> None:
    assert found({"กา"}, "กา่") == ()


@pytest.mark.parametrize("text", ["very bad word here", "BAD\tWORD", "bad  word", "bad-word", "a bad, word"])
def test_a_phrase_is_found_when_its_words_follow_each_other(text: str) -> None:
    assert found({"bad word"}, text) == ("bad word",)


@pytest.mark.parametrize("text", ["bad words", "word bad", "bad old word", "bad", "badword"])
def test_a_phrase_is_not_found_otherwise(text: str) -> None:
    assert found({"bad word"}, text) == ()


@pytest.mark.parametrize(
    ("word", "text", "is_found"),
    [
        ("c++", "in c++ or", True),
        ("c++", "C++!", True),
        ("c++", "just c", False),
        ("c++", "abc++", False),
        ("$$$", "win $$$ now", True),
        (".net", "use .NET", True),
        (".net", "internet", False),
        (".net", ".network", False),
        ("😈", "a😈b", True),
    ],
)
def test_words_with_other_signs_are_found_as_they_stand(word: str, text: str, is_found: bool) -> None:
    assert found({word}, text) == ((word,) if is_found else ())


def test_finds_come_in_the_order_of_the_text_each_once_as_they_stand_in_the_list() -> None:
    assert found({"Alpha", "BETA", "c++"}, "beta c++ alpha beta") == ("BETA", "c++", "Alpha")


def test_every_entry_that_means_the_word_is_named() -> None:
    assert found({"bad", "BAD"}, "bad") == ("BAD", "bad")


def test_a_language_has_its_own_words_and_those_of_every_language() -> None:
    blocklist = Blocklist({"": {"spam"}, "fra": {"mot"}, "eng": {"word"}})
    text = "spam mot word"
    assert blocklist.found_in(text, "fra") == ("spam", "mot")
    assert blocklist.found_in(text, "eng") == ("spam", "word")
    assert blocklist.found_in(text, "ara") == ("spam",)
    assert blocklist.found_in(text, None) == ("spam",)


@pytest.mark.parametrize("words", [{}, {"": ()}, {"eng": (" ", "", "\u200b")}])
def test_nothing_is_found_with_an_empty_list(words: dict[str, tuple[str, ...]]) -> None:
    assert Blocklist(words).found_in("any text", "eng") == ()


SIGNS = st.text(alphabet=st.characters(), max_size=30)


@given(st.sets(SIGNS, max_size=5), SIGNS)
def test_no_text_and_no_list_disturbs(words: set[str], text: str) -> None:
    assert set(found(words, text)) <= words


@given(st.text(alphabet="abcdefgh", min_size=1, max_size=8), st.text(alphabet="xyz .,", max_size=10))
def test_a_word_is_found_wherever_it_stands_alone(word: str, rest: str) -> None:
    assert found({word}, f"{rest} {word.upper()} {rest}") == (word,)


def test_ten_thousand_words_take_about_as_long_as_two() -> None:
    words = {f"word{number}" for number in range(9_000)} | {f"two words{number}" for number in range(1_000)}
    blocklist = Blocklist({"": words | {"坏人", "c++"}})
    text = "Two words777 or a word4711, and others, of 50 sig."
    assert len(text) == 50
    few = Blocklist({"": {"word4711", "two words777"}})
    assert blocklist.found_in(text, "eng") == few.found_in(text, "eng") == ("two words777", "word4711")
    taken, floor = (min(_microseconds(listed, text) for _ in range(20)) for listed in (blocklist, few))
    assert taken / floor < 5, "ten thousand words cost about as much as two"


def _microseconds(blocklist: Blocklist, text: str) -> float:
    started = time.perf_counter()
    for _ in range(50):
        blocklist.found_in(text, "eng")
    return (time.perf_counter() - started) / 50 * 1e6
