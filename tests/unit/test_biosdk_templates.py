"""Templates survive being stored; what is not a template is told so by name."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.biosdk.errors import BioSdkError, TemplateForeignError, TemplateUnreadableError
from devices.biosdk.fingers import minutiae_of
from devices.biosdk.fingersminutiae import FORMAT, MINUTIAE_MAX, VERSION, Minutiae
from devices.biosdk.fingersscale import RAW_THRESHOLD, score_of
from devices.biosdk.fingerstasks import join_blocks, split_blocks
from devices.biosdk.sdk import THRESHOLD_SHIPPED, Ability, QualityScore, SdkInfo, SdkState, Template
from packet.models import BioAttribute, Modality

POINTS = st.lists(
    st.tuples(st.integers(0, 299), st.integers(0, 439), st.floats(0, 359.9), st.sampled_from([1, 2]), st.floats(0, 1)),
    max_size=200,
)


@given(st.sampled_from(list(BioAttribute)), st.text("abcdefg-", max_size=32), st.integers(1, 65535), st.binary(max_size=500))
def test_a_template_is_unpacked_as_it_was_packed(attribute: BioAttribute, name: str, version: int, data: bytes) -> None:
    template = Template(attribute, name, version, data)
    assert Template.unpack(template.pack()) == template


@given(st.binary(max_size=200), st.integers(0, 100), st.integers(0, 255))
def test_damaged_bytes_are_no_template_or_another_one_but_never_a_failure(data: bytes, at: int, value: int) -> None:
    packed = bytearray(Template(BioAttribute.LEFT_THUMB, FORMAT, VERSION, data).pack())
    packed[at % len(packed)] = value
    for damaged in (bytes(packed), bytes(packed[:-1]), data):
        try:
            minutiae_of(Template.unpack(damaged))
        except BioSdkError:
            continue


@given(POINTS)
def test_minutiae_survive_being_stored(points: list[tuple[int, int, float, int, float]]) -> None:
    made = Minutiae.from_library(300, 440, points)
    again = Minutiae.from_data(made.to_data())
    assert (again.width, again.height, again.to_data()) == (300, 440, made.to_data())
    assert len(made) == min(len(points), MINUTIAE_MAX)


def test_of_too_many_minutiae_the_reliable_ones_are_kept() -> None:
    good = [(x, 1, 0.0, 1, 0.9) for x in range(MINUTIAE_MAX)]
    bad = [(x, 2, 0.0, 1, 0.1) for x in range(100)]
    assert set(Minutiae.from_library(300, 440, bad + good).points["y"]) == {1}


@pytest.mark.parametrize(("at", "value"), [(4, 2), (5, 255), (7, 255), (10, 0), (10, 3), (11, 64), (12, 1)])
def test_a_point_that_cannot_be_is_refused(at: int, value: int) -> None:
    data = bytearray(Minutiae.from_library(300, 440, [(10, 20, 0.0, 1, 0.5)]).to_data())
    data[at] = value
    with pytest.raises(TemplateUnreadableError):
        Minutiae.from_data(bytes(data))


@pytest.mark.parametrize("template", [("iris-code", VERSION), (FORMAT, VERSION + 1)])
def test_templates_of_others_are_not_compared(template: tuple[str, int]) -> None:
    with pytest.raises(TemplateForeignError):
        minutiae_of(Template(BioAttribute.LEFT_THUMB, *template, b""))


def test_what_is_personal_is_not_shown() -> None:
    template = Template(BioAttribute.LEFT_THUMB, FORMAT, VERSION, b"secret ridges")
    minutiae = Minutiae.from_library(300, 440, [(123, 321, 0.0, 1, 0.5)])
    assert "secret" not in repr(template)
    assert "123" not in repr(minutiae)


def test_the_scale_puts_the_chosen_threshold_where_mosip_ships_it() -> None:
    assert score_of(RAW_THRESHOLD) == THRESHOLD_SHIPPED
    assert score_of(RAW_THRESHOLD - 1) < THRESHOLD_SHIPPED
    scores = [score_of(raw) for raw in range(600)]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0, 100)


@given(st.lists(st.binary(max_size=50), max_size=8), st.binary(max_size=40))
def test_blocks_come_apart_as_they_were_joined(blocks: list[bytes], rubbish: bytes) -> None:
    assert split_blocks(join_blocks(blocks)) == blocks
    with suppress(ValueError):
        assert join_blocks(split_blocks(rubbish)) == rubbish


def test_values_hold_their_rules() -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        QualityScore(np.nextafter(100.0, 200.0), "x")
    missing = SdkInfo("x", "", frozenset({Modality.IRIS}), frozenset({Ability.MATCH}), SdkState.NOT_INSTALLED, "why")
    assert not missing.can(Ability.MATCH, Modality.IRIS)
