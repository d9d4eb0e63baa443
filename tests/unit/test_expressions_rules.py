"""Conditions of MOSIP's forms: what they say, what MVEL says to the same, and what is refused where."""

from __future__ import annotations

import pytest

from app.core.expressions.errors import EvaluationError, ExpressionUnreadableError
from app.core.expressions.parser import parse

IDENTITY: dict[str, object] = {
    "s": "text",
    "e": "",
    "sp": "  ",
    "n5": "5",
    "n05": "05",
    "i": 5,
    "d": 5.0,
    "zi": 0,
    "z": "0",
    "b": True,
    "f": False,
    "bs": "true",
    "date": "2020/01/01",
    "neg": "-3",
    "big": "12345678901234567890",
    "list": ["A", "B"],
    "el": [],
    "nums": [1, 2],
    "name": [{"language": "eng", "value": "Anna"}],
    "map": {"language": "eng", "value": "Anna"},
    "nul": None,
}


# Each row was answered the same by MVEL 2.4.7, `evalToBoolean` over the same map; an error counts as false.
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("identity.s == 'text'", True),
        ('identity["s"] == "text"', True),
        ("identity.get( 's' )=='text'&&identity.b", True),
        ("identity.get('missing') == null", True),
        ("identity.get('missing') == nil", True),
        ("identity.get('missing') == empty", True),
        ("identity.get('missing') != empty", False),
        ("identity.get('missing')", False),
        ("identity.get('missing') == false", False),
        ("identity.get('missing') != 'a'", True),
        ("identity.get('missing') < 5", False),
        ("5 > identity.get('missing')", False),
        ("!identity.get('missing')", False),
        ("identity.get('missing') && true", False),
        ("identity.get('missing') || true", False),
        ("true && identity.get('missing')", False),
        ("true || identity.get('missing')", True),
        ("identity.get('missing') contains 'A'", False),
        ("identity.nul == null", True),
        ("identity.containsKey('nul')", True),
        ("identity.containsKey('missing')", False),
        ("identity.e == empty", True),
        ("identity.e == null", False),
        ("identity.sp == empty", True),
        ("identity.el == empty", True),
        ("identity.list == empty", False),
        ("identity.zi == empty", True),
        ("identity.z == empty", False),
        ("identity.f == empty", True),
        ("identity.b == empty", False),
        ("identity.name != empty", True),
        ("nil == empty", True),
        ("identity.n5 == 5", True),
        ("identity.n05 == 5", True),
        ("identity.n05 == '5'", False),
        ("identity.i == '05'", True),
        ("identity.i == '5.0'", True),
        ("identity.d == 5", True),
        ("5 == identity.n5", True),
        ("' 5' == 5", False),
        ("'+5' == 5", False),
        ("'1e3' == 1000", False),
        ("'5.' == 5", True),
        ("'.5' == 0.5", True),
        ("'٥' == 5", False),
        ("identity.e == 0", False),
        ("identity.s == 5", False),
        ("identity.s != 5", True),
        ("identity.s < 5", False),
        ("identity.e < 5", False),
        ("identity.n5 < 10", True),
        ("identity.n5 < '10'", False),
        ("'9' < '10'", False),
        ("'10' > 9", True),
        ("identity.neg < 0", True),
        ("5 > -3", True),
        ("identity.big > 12345678901", True),
        ("identity.date > '2019/12/31'", True),
        ("'abc' <= 'abc'", True),
        ("identity.b == true", True),
        ("identity.bs == true", True),
        ("identity.b == 'true'", True),
        ("true == 'yes'", True),
        ("true == 'x'", True),
        ("false == 'No'", True),
        ("false == ''", True),
        ("false == 'x'", False),
        ("identity.b == 1", True),
        ("2 == true", True),
        ("0 == false", True),
        ("identity.b > 0", True),
        ("identity.f < true", True),
        ("identity.b", True),
        ("identity.bs", True),
        ("identity.s", True),
        ("identity.e", False),
        ("identity.i", True),
        ("identity.zi", False),
        ("-3", False),
        ("identity.list", False),
        ("identity.bs && identity.b", False),
        ("identity.b && identity.bs", True),
        ("true && 'no'", False),
        ("!identity.bs", False),
        ("!!identity.s", True),
        ("!identity.b == false", True),
        ("!(identity.s == 'x') && identity.b", True),
        ("identity.f && identity.f || identity.b", True),
        ("identity.b || identity.f && identity.f", True),
        ("identity.b and identity.b or identity.f", True),
        ("identity.list contains 'A'", True),
        ("identity.list contains 'C'", False),
        ("identity.list contains 'A' && identity.b", True),
        ("identity.list contains 'A' == true", True),
        ("1 == 2 == false", True),
        ("true == (1 < 2)", True),
        ("identity.s contains 'ex'", True),
        ("identity.s contains identity.e", True),
        ("identity.s contains null", False),
        ("identity.n5 contains 5", True),
        ("identity.i contains '5'", False),
        ("identity.nums contains 1", True),
        ("identity.nums contains '1'", False),
        ("identity.nums contains 1.0", False),
        ("identity.name contains 'Anna'", False),
        ("identity.name == 'Anna'", False),
        ("identity.map contains 'language'", True),
        ("identity.map contains 'eng'", False),
        ("identity.list.size() == 2", True),
        ("identity.list.size() == '2'", True),
        ("identity.s.length() == 4", True),
        ("identity.s.size() == 4", False),
        ("identity.el.isEmpty()", True),
        ("identity.s.contains('ex')", True),
        ("identity.name[0].value == 'Anna'", True),
        ("identity.get('map').get('language') == 'eng'", True),
        ("identity.list[0] == 'A'", True),
        ("identity.list[5] == 'A'", False),
        ("identity.list == true", False),
        ("identity.list != 'A'", True),
        ("10 < identity.nums", False),
        (r"'it\'s' == " + '"it\'s"', True),
        (r"'\u0041' == 'A'", True),
        ("'a' == 'A'", False),
    ],
)
def test_a_condition_means_what_mvel_says(rule: str, expected: bool) -> None:
    assert parse(rule).is_true(IDENTITY) is expected


# Beyond MVEL, as the module about meaning says: missing by a dot, the other side of empty, `in`, empty mappings.
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("identity.missing == null", True),
        ("identity['missing'] == empty", True),
        ("empty == identity.e", True),
        ("empty != identity.s", True),
        ("identity.map == empty", False),
        ("'A' in identity.list", True),
        ("'Z' in identity.list", False),
        ("'x' in identity.missing", False),
    ],
)
def test_a_condition_beyond_mvel(rule: str, expected: bool) -> None:
    assert parse(rule).is_true(IDENTITY) is expected


def test_an_empty_mapping_is_empty() -> None:
    assert parse("identity.m == empty").is_true({"m": {}})


_INTRODUCER_RID = (
    "identity.get('ageGroup') == 'INFANT' && (identity.get('introducerUIN') == nil || identity.get('introducerUIN') == empty)"
)


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ({"ageGroup": "INFANT"}, True),
        ({"ageGroup": "INFANT", "introducerUIN": ""}, True),
        ({"ageGroup": "INFANT", "introducerUIN": "5274183609"}, False),
        ({"ageGroup": "ADULT"}, False),
        ({}, False),
    ],
)
def test_an_introducers_rid_is_asked_while_the_uin_is_empty(identity: dict[str, object], expected: bool) -> None:
    rule = parse(_INTRODUCER_RID)
    assert rule.reads == {"ageGroup", "introducerUIN"}
    assert rule.is_true(identity) is expected


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ({"updatableFieldGroups": ["Address", "Consent"]}, True),
        ({"updatableFieldGroups": ["Location"]}, True),
        ({"updatableFieldGroups": ["FullName"]}, False),
        ({"updatableFieldGroups": []}, False),
        ({"updatableFieldGroups": None}, False),
        ({"updatableFieldGroups": ("Address",)}, True),
    ],
)
def test_a_document_is_required_by_the_groups_of_an_update(identity: dict[str, object], expected: bool) -> None:
    rule = parse("identity.updatableFieldGroups contains 'Address' || identity.updatableFieldGroups contains 'Location'")
    assert rule.reads == {"updatableFieldGroups"}
    assert rule.is_true(identity) is expected


@pytest.mark.parametrize(
    ("flow", "age_group", "groups", "expected"),
    [
        ("Update", "ADULT", ["Address"], True),
        ("Update", "ADULT", ["Biometrics"], False),
        ("Update", "INFANT", ["Address"], False),
        ("New", "ADULT", [], False),
    ],
)
def test_authentication_biometrics_of_an_update(flow: str, age_group: str, groups: list[str], expected: bool) -> None:
    rule = parse(
        "identity.get('_flow') == 'Update' && identity.get('ageGroup') != 'INFANT' && "
        "!(identity.get('updatableFieldGroups') contains 'Biometrics')"
    )
    assert rule.is_true({"_flow": flow, "ageGroup": age_group, "updatableFieldGroups": groups}) is expected


def test_flags_and_ages_are_asked_as_they_are() -> None:
    rule = parse(
        "identity.isNew && identity.age < 18 && identity.isBioException == false || identity.residenceStatusCode == 'FR'"
    )
    assert rule.is_true({"isNew": True, "age": 3, "isBioException": False})
    assert rule.is_true({"isNew": False, "residenceStatusCode": "FR"})
    assert not rule.is_true({"isNew": True, "age": 18, "isBioException": False})


def test_the_result_of_an_evaluation_is_the_value_itself() -> None:
    assert parse("identity.list.size()").evaluate(IDENTITY) == 2
    assert parse("identity.get('missing')").evaluate(IDENTITY) is None
    assert parse("identity.b && identity.s").evaluate(IDENTITY) == "text"


@pytest.mark.parametrize(
    "rule", ["!identity.s", "identity.s < 5", "identity.s && true", "identity.missing.part", "identity.list == true"]
)
def test_what_cannot_be_evaluated_is_an_error_without_the_value(rule: str) -> None:
    secret = {"s": "Amina Diallo", "list": ["Amina Diallo"]}
    with pytest.raises(EvaluationError) as caught:
        parse(rule).evaluate(secret)
    assert "Amina" not in str(caught.value) + repr(caught.value.diagnostics())
    assert parse(rule).is_true(secret) is False


@pytest.mark.parametrize(
    ("rule", "position", "why"),
    [
        ("", 0, "empty"),
        ("   ", 3, "empty"),
        ("identity", 0, "single keys"),
        ("identity.size() > 3", 9, "only get and containsKey"),
        ("identity.get(identity.x) == 1", 13, "one text in quotes"),
        ("identity.get('a', 'b')", 13, "one text in quotes"),
        ("identity[identity.x]", 9, "one text in quotes"),
        ("identity.get(x)", 13, "one text in quotes"),
        ("identity.", 9, "a name is missing"),
        ("identity..x", 9, "a name is missing"),
        ("name == 'x'", 0, "only identity"),
        ("TRUE", 0, "only identity"),
        ("identity.a = 'x'", 11, "write it twice"),
        ("identity.a & identity.b", 11, "write it twice"),
        ("identity.a == 'x", 14, "not closed"),
        ("identity.a == 'x' identity.b", 18, "operator is missing"),
        ("identity.a ==", 13, "missing at its end"),
        ("(identity.a", 11, ") is missing"),
        ("identity.a)", 10, "cannot stand here"),
        ("&& true", 0, "cannot stand here"),
        ("identity.a ? 1 : 2", 11, "cannot stand in a rule"),
        ("identity.a + 1 == 2", 11, "cannot stand in a rule"),
        ("true; false", 4, "cannot stand in a rule"),
        ("identity.a ~= 'x.*'", 11, "cannot stand in a rule"),
        ("identity.a is String", 11, "this part of MVEL"),
        ("new java.io.File('/x')", 0, "only identity"),
        ("identity.a.getClass()", 11, "this method"),
        ("identity.put('a', 1)", 9, "only get and containsKey"),
        ("1 < 2 < 3", 6, "parentheses"),
        ("true == 1 < 2", 8, "parentheses"),
        ("010 == 8", 0, "octal"),
        ("10L == 10", 0, "suffix"),
        ("0x10 == 16", 0, "suffix"),
        ("1e3 == 1000", 0, "suffix"),
        ("12345678901234567890 == 1", 0, "18 digits"),
        (r"'\q' == 1", 0, "escape"),
        ("empty", 5, "empty stands only"),
        ("identity.a > empty", 13, "empty stands only"),
        ("identity.a contains empty", 20, "empty stands only"),
        ("!empty", 1, "empty stands only"),
        ("empty.contains('a')", 5, "empty stands only"),
        ("empty[0] == 1", 5, "empty stands only"),
        ("identity.a.contains(empty)", 20, "empty stands only"),
        ("identity.a && empty", 14, "empty stands only"),
        ("empty || true", 0, "empty stands only"),
        ("!'x'", 1, "true or false"),
        ("-identity.a", 1, "minus"),
        ("identity.a == true // why", 19, "cannot stand in a rule"),
    ],
)
def test_what_is_not_read_is_named_with_its_place(rule: str, position: int, why: str) -> None:
    with pytest.raises(ExpressionUnreadableError) as caught:
        parse(rule)
    assert (caught.value.params["position"], why in str(caught.value.params["why"])) == (position, True)
    assert caught.value.params["near"] == (rule[position : position + 24].strip() or "end of the rule")
