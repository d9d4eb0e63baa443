"""Rules for biometrics: which captures are enough."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.expressions.errors import ExpressionUnreadableError
from app.core.expressions.rule import parse_rule
from packet.models import BioAttribute

_ANY_ONE = " || ".join(attribute.value for attribute in BioAttribute)
_EYES_OR_FACE = (BioAttribute.LEFT_EYE, BioAttribute.RIGHT_EYE, BioAttribute.FACE)


def test_an_introducer_gives_any_one_attribute() -> None:
    rule = parse_rule(_ANY_ONE)
    assert rule.names == {attribute.value for attribute in BioAttribute}
    assert not rule({})
    assert not rule(dict.fromkeys(BioAttribute, False))
    assert all(rule({attribute: True}) for attribute in BioAttribute)


def test_an_infant_gives_the_face() -> None:
    rule = parse_rule("face")
    assert rule({BioAttribute.FACE: True})
    assert not rule({BioAttribute.LEFT_EYE: True})


def test_an_adult_gives_all() -> None:
    rule = parse_rule(" && ".join(attribute.value for attribute in BioAttribute))
    assert rule(dict.fromkeys(BioAttribute, True))
    assert not rule(dict.fromkeys(BioAttribute, True) | {BioAttribute.RIGHT_LITTLE: False})


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("leftEye || rightEye && face", lambda left, right, face: left or (right and face)),
        ("(leftEye || rightEye) && face", lambda left, right, face: (left or right) and face),
        ("!leftEye && !(rightEye || face)", lambda left, right, face: not left and not (right or face)),
        ("!!leftEye and rightEye or face", lambda left, right, face: (left and right) or face),
        ("((leftEye))&&(rightEye||(face))", lambda left, right, face: left and (right or face)),
    ],
)
def test_a_rule_is_true_where_its_words_are(text: str, same: object) -> None:
    rule = parse_rule(text)
    assert callable(same)
    for values in itertools.product((False, True), repeat=3):
        assert rule(dict(zip(_EYES_OR_FACE, values, strict=True))) is bool(same(*values))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("leftEye &&", 10),
        ("leftEye rightEye", 8),
        ("(leftEye", 8),
        ("leftEye)", 7),
        ("leftToe", 0),
        ("leftEye == true", 8),
        ("'leftEye'", 0),
        ("leftEye '&&' face", 8),
        ("identity.leftEye", 0),
        ("leftEye & face", 8),
        ("!", 1),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, position: int) -> None:
    with pytest.raises(ExpressionUnreadableError) as caught:
        parse_rule(text)
    assert caught.value.params["position"] == position


@pytest.mark.parametrize("text", ["(" * 5_000 + "face", "!" * 5_000 + "face", "(!" * 3_000 + "face" + ")" * 3_000])
def test_a_hostile_rule_is_refused_and_does_not_exhaust_the_stack(text: str) -> None:
    with pytest.raises(ExpressionUnreadableError):
        parse_rule(text)


def test_a_long_flat_rule_is_read() -> None:
    assert parse_rule(" || ".join(["face"] * 2_000))({BioAttribute.FACE: True})


@given(
    st.text(max_size=40) | st.lists(st.sampled_from(["face", "leftEye", "&&", "||", "!", "(", ")", " ", "x", "'"])).map("".join)
)
def test_any_text_is_a_rule_or_is_refused_by_name(text: str) -> None:
    try:
        rule = parse_rule(text)
    except ExpressionUnreadableError:
        return
    assert rule({}) in (True, False)
