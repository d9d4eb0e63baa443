"""Patterns written for Java match the same texts here; what would not is refused by name; none freezes the desk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.patterns import (
    MAX_PATTERN_LENGTH,
    MAX_TEXT_LENGTH,
    PatternTimeoutError,
    PatternUnusableError,
    compile_java,
)

_EMAIL = r"^[A-Za-z0-9_\-]+(\.[A-Za-z0-9_]+)*@[A-Za-z0-9_-]+(\.[A-Za-z0-9_]+)*(\.[a-zA-Z]{2,})$"
_DATE = r"^(1869|18[7-9][0-9]|19[0-9][0-9]|20[0-9][0-9])/([0][1-9]|1[0-2])/([0][1-9]|[1-2][0-9]|3[01])$"


# Each row was run through java.util.regex of Java 17, `Matcher.matches`.
@pytest.mark.parametrize(
    ("pattern", "matching", "failing"),
    [
        (r"^(?=.{3,50}$).*", ["abc", "Ünï"], ["ab", "x" * 51, "a\nbc"]),
        (r"^.{0,50}$", ["", "a", "أحمد"], ["x" * 51, "a\x85", "a\u2028b"]),
        (r"(^[0-9]{10,30}$)", ["1234567890"], ["123456789", "1234567890\n", "١٢٣٤٥٦٧٨٩٠"]),
        (r"^([+]?)\d{10}$", ["+9876543210", "9876543210"], ["++9876543210", "987654321"]),
        (_EMAIL, ["a.b@c.org", "a-b@c-d.co.in"], ["a@b", "a b@c.org", "é@c.org"]),
        (_DATE, ["1869/01/01", "2099/12/31"], ["1868/12/31", "2100/01/01", "2020/13/01", "2020-01-01"]),
        (r"^[(?i)A-Z0-9]{5}$", ["AB12C", "(?i)A", "iiiii"], ["abcde", "AB12", "AB12C\n"]),
        (r"[a-z&&[^aeiou]]+", ["xyz"], ["xyza", "XYZ"]),
        (r"[\w&&[^\d_]]+", ["aZ"], ["a1", "a_", "é"]),
        (r"[a-c[x-z]]+", ["ax", "cz"], ["d"]),
        (r"\d\w\s", ["1a ", "9_\x0b"], ["١a ", "1é ", "1a\xa0"]),
        (r"\D\W\S", ["١éx"], ["1ax"]),
        (r"(?U)\d\w\s", ["١é\xa0"], ["x"]),
        (r"\p{L}+", ["aéا漢"], ["a1", ""]),
        (r"\pL\p{Lu}\P{Lu}", ["aÉ1"], ["aéx"]),
        (r"\p{Alpha}+", ["abZ"], ["é", "1"]),
        (r"\p{Punct}+", ["!/:@[`{~"], ["a", "§"]),
        (r"[\p{IsLatin}\p{IsArabic} ]+", ["Ana أحمد"], ["Анна"]),
        (r"\p{InArabic}+", ["٣أ"], ["a"]),
        (r"\p{script=Ethiopic}\p{block=Ethiopic}", ["አአ"], ["aa"]),
        (r"\p{IsAlphabetic}\p{IsDigit}", ["é٣"], ["1a"]),
        (r"(?i)straße|k", ["STRAßE", "K", "k"], ["STRASSE", "\u212a"]),
        (r"(?i)[a-c]é", ["Bé", "bé"], ["bÉ", "d"]),
        (r"a(?i)b|c(?-i)d", ["aB", "Cd"], ["AB", "CD"]),
        (r"(a(?i)b)c", ["aBc"], ["aBC"]),
        (r"(?i:a)b", ["Ab"], ["AB"]),
        (r"(?s).", ["\n", "a"], [""]),
        (r"a\Q.*[\Eb", ["a.*[b"], ["axxb"]),
        (r"\Qa b", ["a b"], ["ab"]),
        (r"\x41\u0042\x{1F600}\0103\cA\e\t", ["AB\U0001f600C\x01\x1b\t"], ["AB"]),
        (r"\h\v\R", [" \x0b\r\n", "\u3000\u2028\n"], ["a\n\n"]),
        (r"(\w)\1", ["aa"], ["ab"]),
        (r"(?<first>\w)x\k<first>", ["axa"], ["axb"]),
        (r"(a)(b)\21", ["abb1"], ["abba"]),
        (r"a*+b", ["aab"], ["aa"]),
        (r"a++a", [], ["aaa"]),
        (r"(?>a|ab)c", ["ac"], ["abc"]),
        (r"(?<=^|,)a(?!b)c?", ["ac", "a"], ["ab"]),
        (r"[\w-.]+", ["a-.b"], ["a,b"]),
        (r"[-a]+[b-]+", ["-a-b"], ["c"]),
        (r"[+-.]+", ["+,-."], ["/"]),
        (r"[a^&|]+", ["a^&|"], ["b"]),
        (r"[\-\]\[\\]+", ["-][\\"], ["a"]),
        (r"a{2}b{1,}c{0,1}", ["aab", "aabbc"], ["ab"]),
        (r"]}", ["]}"], ["]"]),
        (r"a||b", ["a", "", "b"], ["ab"]),
        (r"", [""], ["a"]),
        (r".", ["\U0001f600", "é"], ["\U0001f600\U0001f600"]),
        (r"é\$\^", ["é$^"], ["é"]),
    ],
)
def test_a_pattern_matches_what_it_matches_in_java(pattern: str, matching: list[str], failing: list[str]) -> None:
    compiled = compile_java(pattern)
    assert [text for text in matching if not compiled.matches_whole(text)] == []
    assert [text for text in failing if compiled.matches_whole(text)] == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\bword", "word boundary"),
        (r"a\Bb", "word boundary"),
        (r"\G", "the end of the last match"),
        (r"\X", "a grapheme"),
        (r"\N{DIGIT ONE}", "a character by name"),
        (r"(?m)^a", "the flag m"),
        (r"(?x) a b", "the flag x"),
        (r"(?iu)é", "the flag u"),
        (r"(?iU)\w", "the flags i and U"),
        (r"(?i)(a)\1", "reference back"),
        (r"(?i)\p{Lu}", "'Lu'"),
        (r"\p{NoSuchThing}", "'NoSuchThing'"),
        (r"\p{javaLowerCase}", "'javaLowerCase'"),
        (r"\p{L", "not closed"),
        (r"[^a[b]]", "ambiguous"),
        (r"[^a-z&&[b]]", "ambiguous"),
        (r"[a&&b[c]]", "each side of &&"),
        (r"[a&&]", "each side of &&"),
        (r"[a&&^b]", "ambiguous"),
        (r"[^\p{L}\P{L}]", "leave nothing"),
        (r"[\v-z]", "\\v before -"),
        (r"[]a]", "bracket"),
        (r"[a", "missing at its end"),
        (r"[z-a]", "backwards"),
        (r"[a-\d]", "cannot stand there"),
        (r"[\b]", "cannot stand there"),
        (r"(a", "not closed"),
        (r"a)", "not opened"),
        (r"a**", "repeated"),
        (r"a{2}{3}", "repeated"),
        (r"*a", "nothing before it"),
        (r"^*", "nothing before it"),
        (r"(?=a)*", "nothing before it"),
        (r"a{,3}", "least number"),
        (r"a{3,2}", "least number"),
        (r"a{e<=1}", "one or two numbers"),
        (r"a{99999}", "one or two numbers"),
        (r"{2}", "nothing before it"),
        (r"\1(a)", "refers to no group"),
        (r"(a\1)", "refers to no group"),
        (r"\k<x>", "name of a group"),
        (r"(?<1a>x)", "name of a group"),
        (r"(?<a>x)(?<a>y)", "name of a group"),
        (r"(?<=a*)b", "look behind"),
        (r"(?<=(a))b", "look behind"),
        (r"(?#comment)", "the flag #"),
        (r"(?P<a>x)", "the flag P"),
        (r"\y", "\\y is not known"),
        (r"\8", "refers to no group"),
        (r"\u00", "hexadecimal"),
        (r"\uD83D\uDE00", "no such character"),
        (r"\x{110000}", "no such character"),
        ("a\\", "missing at its end"),
        ("(" * 60 + ")" * 60, "too deeply"),
        ("[" * 60 + "a" + "]" * 60, "too deeply"),
        ("a" * (MAX_PATTERN_LENGTH + 1), "more than"),
    ],
)
def test_what_would_mean_something_else_is_refused_by_name(pattern: str, why: str) -> None:
    with pytest.raises(PatternUnusableError) as caught:
        compile_java(pattern)
    assert why in str(caught.value.params["why"])


@given(st.text(max_size=60) | st.text(r"ab19\(){}[]^-&|?*+.$<>=!:iswdpQELx,", max_size=40))
def test_any_text_is_a_pattern_or_is_refused_by_name(pattern: str) -> None:
    try:
        compiled = compile_java(pattern, timeout_s=0.01)
    except PatternUnusableError:
        return
    try:
        compiled.matches_whole("ab1-")
    except PatternTimeoutError:
        return


@given(st.text(max_size=30))
def test_a_quoted_text_matches_itself_alone(text: str) -> None:
    quoted = compile_java("\\Q" + text.replace("\\E", "") + "\\E")
    assert quoted.matches_whole(text.replace("\\E", ""))
    assert not quoted.matches_whole(text.replace("\\E", "") + "x")


@given(st.characters(exclude_categories=["Cs"]))
def test_any_escaped_character_that_is_no_letter_or_digit_matches_itself(character: str) -> None:
    if not (character.isascii() and character.isalnum()):
        assert compile_java("\\" + character).matches_whole(character)
        assert compile_java("[\\" + character + "]").matches_whole(character)


@pytest.mark.parametrize("pattern", [r"(?:(?:a|a)+)+", r"(\w|\d|a)+(x|y)", r"(a|aa)+b?[^b!]+"])
def test_a_pattern_that_never_ends_is_given_up(pattern: str) -> None:
    # Two to the power of 60 steps or more: however fast the machine, the answer does not come before the bound.
    evil = compile_java(pattern, timeout_s=0.02)
    with pytest.raises(PatternTimeoutError) as caught:
        evil.matches_whole("a" * 80 + "!")
    assert caught.value.params == {"pattern": pattern, "length": 81}


def test_a_text_beyond_the_bound_is_not_looked_at() -> None:
    with pytest.raises(PatternTimeoutError):
        compile_java("a*").matches_whole("a" * (MAX_TEXT_LENGTH + 1))


def test_no_error_and_no_repr_holds_the_value() -> None:
    evil = compile_java(r"(?:(?:[A-Za-z ]|[a-z])+)+", timeout_s=0.01)
    with pytest.raises(PatternTimeoutError) as caught:
        evil.matches_whole("Amina Diallo" * 8 + "!")
    assert "Amina" not in str(caught.value) + repr(caught.value.diagnostics()) + repr(evil)


def test_a_pattern_can_be_kept_and_compared() -> None:
    assert compile_java("a+") == compile_java("a+")
    assert compile_java("a+") != compile_java("a")
    assert len({compile_java("a+"), compile_java("a+")}) == 1
