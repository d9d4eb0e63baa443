"""Searching the operators: nobody below the threshold, each once, and what could not be compared is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from devices.biosdk.composite import CompositeSdk
from devices.biosdk.errors import ModalityUnsupportedError, NotEnoughDetailError, TemplateForeignError
from devices.biosdk.gallery import Candidate, Gallery, OperatorSearch, find_operator
from devices.biosdk.sdk import Ability, QualityScore, SdkInfo, SdkState, Template, modality_of
from packet.models import BioAttribute, CapturedBiometric, DeviceToken, Modality

LEFT, RIGHT, EYE = BioAttribute.LEFT_INDEX, BioAttribute.RIGHT_INDEX, BioAttribute.LEFT_EYE
INFO = SdkInfo("Numbers", "1", frozenset({Modality.FINGER}), frozenset(Ability), SdkState.READY)


class NumberSdk:
    """Records and templates are decimal numbers; two are as alike as they are near."""

    def __init__(self, info: SdkInfo = INFO, offset: float = 0) -> None:
        self.info = info
        self.offset = offset

    def describe(self) -> SdkInfo:
        return self.info

    def quality(self, attribute: BioAttribute, iso: bytes) -> QualityScore | None:
        return QualityScore(float(iso) + self.offset, self.info.name)

    def extract(self, attribute: BioAttribute, iso: bytes) -> Template:
        if not iso:
            raise NotEnoughDetailError(attribute=attribute.value, found=0, needed=10)
        return Template(attribute, "number", 1, iso)

    def match(self, probe: Template, template: Template) -> float:
        if template.format != "number":
            raise TemplateForeignError(found=template.format, name="Numbers", needed="number")
        return max(0.0, 100 - abs(float(probe.data) - float(template.data)))


def number(attribute: BioAttribute, value: int) -> Template:
    return Template(attribute, "number", 1, str(value).encode())


def capture(attribute: BioAttribute, iso: bytes) -> CapturedBiometric:
    return CapturedBiometric(attribute, DeviceToken("", "", iso), 80.0, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def gallery() -> Gallery:
    made = Gallery(CompositeSdk([NumberSdk()]))
    for user, left, right in (("ama", 0, 10), ("ben", 200, 210), ("cleo", 230, 500)):
        made.add(user, number(LEFT, left))
        made.add(user, number(RIGHT, right))
    return made


def test_the_most_alike_comes_first_and_each_user_once(gallery: Gallery) -> None:
    found = gallery.find([number(LEFT, 212)], 60)
    assert [(one.user_id, one.template, one.score) for one in found] == [("ben", RIGHT, 98), ("cleo", LEFT, 82)]


def test_nobody_below_the_threshold_is_named(gallery: Gallery) -> None:
    assert gallery.find([number(LEFT, 120)], 60) == ()
    assert gallery.find([number(LEFT, 40)], 60) == (Candidate("ama", LEFT, RIGHT, 70),)
    assert gallery.find([number(LEFT, 40)], 70.1) == ()


def test_of_a_slab_the_best_finger_counts(gallery: Gallery) -> None:
    found = gallery.find([number(LEFT, 215), number(RIGHT, 500)], 60)
    assert found[0] == Candidate("cleo", RIGHT, RIGHT, 100)


def test_login_compares_with_the_same_finger_of_the_same_user_only(gallery: Gallery) -> None:
    assert gallery.verify("ben", [number(LEFT, 201)], 60) == Candidate("ben", LEFT, LEFT, 99)
    assert gallery.verify("ama", [number(LEFT, 200)], 60) is None
    assert gallery.verify("cleo", [number(RIGHT, 230)], 60) is None
    assert gallery.verify("nobody", [number(LEFT, 0)], 0) is None


def test_an_empty_gallery_finds_nobody() -> None:
    empty = Gallery(CompositeSdk([NumberSdk()]))
    assert empty.find([number(LEFT, 1)], 0) == ()
    assert len(empty) == 0


def test_a_capture_of_an_operator_is_told_with_who_it_is(gallery: Gallery) -> None:
    found = find_operator(gallery, [capture(LEFT, b"900"), capture(RIGHT, b"209")], 60)
    assert found == OperatorSearch(Candidate("ben", RIGHT, RIGHT, 99))


def test_a_capture_of_nobody_is_no_match(gallery: Gallery) -> None:
    assert find_operator(gallery, [capture(LEFT, b"900")], 60) == OperatorSearch(None)


def test_what_cannot_be_compared_is_told_and_the_rest_is_compared(gallery: Gallery) -> None:
    found = find_operator(gallery, [capture(LEFT, b""), capture(RIGHT, b"209"), capture(EYE, b"1")], 60)
    assert found.match is not None
    assert [(attribute, type(error)) for attribute, error in found.unchecked] == [
        (LEFT, NotEnoughDetailError),
        (EYE, ModalityUnsupportedError),
    ]


def test_a_template_that_cannot_be_compared_is_told_of_the_probe() -> None:
    gallery = Gallery(CompositeSdk([NumberSdk()]))
    gallery.add("ama", Template(LEFT, "another", 1, b""))
    found = find_operator(gallery, [capture(LEFT, b"1")], 60)
    assert found.match is None
    assert [type(error) for _, error in found.unchecked] == [TemplateForeignError]


def test_each_question_goes_to_the_first_part_that_is_ready() -> None:
    missing = NumberSdk(replace(INFO, name="missing", state=SdkState.NOT_INSTALLED, reason="why"))
    scores_only = NumberSdk(replace(INFO, name="scores", abilities=frozenset({Ability.QUALITY})), offset=1)
    both = NumberSdk(replace(INFO, name="both"), offset=2)
    sdk = CompositeSdk([missing, scores_only, both])
    assert sdk.quality(LEFT, b"5") == QualityScore(6, "scores")
    assert sdk.quality(EYE, b"5") is None
    assert sdk.match(number(LEFT, 1), number(LEFT, 1)) == 100
    assert [info.name for info in sdk.describe_parts()] == ["missing", "scores", "both"]
    assert sdk.describe().can(Ability.MATCH, modality_of(LEFT))


def test_with_no_part_ready_there_is_a_reason_to_read() -> None:
    sdk = CompositeSdk([NumberSdk(replace(INFO, state=SdkState.NOT_INSTALLED, reason="why"))])
    assert not sdk.describe().is_ready
    assert sdk.describe().reason
    assert sdk.quality(LEFT, b"5") is None
    with pytest.raises(ModalityUnsupportedError):
        sdk.index(Modality.FINGER)
