"""Irises: the same eye is found among others, quality falls with every damage, and hostile input is a named error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from devices.biosdk.composite import CompositeSdk
from devices.biosdk.errors import (
    BioImageUnusableError,
    BioRecordUnusableError,
    BioSdkError,
    ModalityUnsupportedError,
    NotEnoughDetailError,
    TemplateForeignError,
    TemplateUnreadableError,
)
from devices.biosdk.iris import NAME, IrisIndex, IrisSdk, iris_worker
from devices.biosdk.iriscode import DATA_BYTES, FORMAT, RINGS, VERSION, IrisCode, encode
from devices.biosdk.irisimage import Pixels
from devices.biosdk.irismask import iris_mask
from devices.biosdk.irismatch import RAW_THRESHOLD, distances, score_of, words_of
from devices.biosdk.irisquality import iris_quality
from devices.biosdk.irissegment import find_iris
from devices.biosdk.iristasks import code_iris, score_iris
from devices.biosdk.sdk import THRESHOLD_SHIPPED, Ability, Template
from devices.simulator.subjects import ImageProfile, MasterStore, Subject
from devices.simulator.subjects.encoding import lossless_jp2
from packet.iso import IrisRecord, encode_record
from packet.models import BioAttribute, Modality

LEFT, RIGHT = BioAttribute.LEFT_EYE, BioAttribute.RIGHT_EYE
AT = datetime(2026, 1, 2, tzinfo=UTC)
STORE = MasterStore(None)


@cache
def record(
    seed: int, eye: BioAttribute = LEFT, take: int = 0, score: float = 85, profile: ImageProfile = ImageProfile.REGISTRATION
) -> IrisRecord:
    made = Subject(seed, store=STORE).records({eye: score}, take, AT, profile)[eye]
    assert isinstance(made, IrisRecord)
    return made


@cache
def iso(seed: int, eye: BioAttribute = LEFT, take: int = 0, score: float = 85) -> bytes:
    return encode_record(record(seed, eye, take, score))


@cache
def code(seed: int, eye: BioAttribute = LEFT, take: int = 0, score: float = 85) -> IrisCode:
    return code_iris(eye, iso(seed, eye, take, score))


def distance(one: IrisCode, two: IrisCode) -> float:
    bits, counts = words_of(two)
    return float(distances(one, bits[None], counts[None])[0])


def quality(pixels: Pixels) -> float:
    found = find_iris(pixels)
    return 0.0 if found is None else iris_quality(pixels, iris_mask(pixels, found, is_masked=False), found)


def never_rises(scores: list[float], slack: float = 1.5) -> bool:
    return all(later <= earlier + slack for earlier, later in pairwise(scores))


@pytest.fixture(scope="module")
def sdk() -> Iterator[IrisSdk]:
    worker = iris_worker(60.0)
    yield IrisSdk(worker)
    worker.close()


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_takes_of_an_eye_agree_and_other_eyes_do_not(seed: int) -> None:
    assert distance(code(seed), code(seed, take=1, score=50)) < RAW_THRESHOLD - 0.05
    for other in (code(seed, RIGHT), code(seed + 1, take=1)):
        assert distance(code(seed), other) > RAW_THRESHOLD + 0.03


@pytest.mark.parametrize("degrees", [-12, -5, 5, 12])
def test_a_turned_head_changes_nothing(degrees: int) -> None:
    pixels = Subject(11, store=STORE).pixels(LEFT, 85, 0)
    turned = np.asarray(Image.fromarray(pixels).rotate(degrees, Image.Resampling.BILINEAR, fillcolor=168))
    found = find_iris(turned)
    assert found is not None
    assert distance(code(11), encode(turned, iris_mask(turned, found, is_masked=False), found)) < RAW_THRESHOLD


def test_a_masked_lossy_image_is_compared_with_a_whole_one() -> None:
    masked = encode_record(record(11, take=3, score=80, profile=ImageProfile.AUTH))
    assert distance(code(11), code_iris(LEFT, masked)) < RAW_THRESHOLD
    assert distance(code(12), code_iris(LEFT, masked)) > RAW_THRESHOLD


@pytest.mark.parametrize("seed", [21, 22, 23, 24])
def test_quality_never_rises_with_damage(seed: int) -> None:
    pixels = Subject(seed, store=STORE).pixels(LEFT, 92, 0)
    grain = np.random.default_rng(seed).standard_normal(pixels.shape)
    blurred = [np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius))) for radius in (0, 2, 3, 4, 6)]
    noisy = [np.clip(pixels + level * grain, 0, 255).astype(np.uint8) for level in (0, 8, 16, 24, 40)]
    covered = []
    for row in (312, 280, 250, 220):
        lid = pixels.copy()
        lid[row:] = np.clip(168 + 2 * grain[row:], 0, 255).astype(np.uint8)
        covered.append(lid)
    for images in (blurred, noisy, covered):
        scores = [quality(image) for image in images]
        assert never_rises(scores), scores
        assert scores[-1] < scores[0] - 5


def test_quality_follows_the_dial_of_the_simulator() -> None:
    scores = [score_iris(LEFT, iso(11, score=dial)) for dial in (95, 70, 45, 20)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 80


def test_one_of_a_hundred_eyes_is_found_in_less_time_than_its_code_is_made() -> None:
    index = IrisIndex()
    rng = np.random.default_rng(5)
    for _ in range(99):
        counts = rng.random((2 * RINGS, 256)) < 0.7
        index.add(Template(LEFT, FORMAT, VERSION, IrisCode(rng.random(counts.shape) < 0.5, counts).to_data()))
    index.add(Template(RIGHT, FORMAT, VERSION, code(11, RIGHT).to_data()))
    begin = time.process_time()
    probe = Template(RIGHT, FORMAT, VERSION, code(11, RIGHT, take=1).to_data())
    making = time.process_time() - begin
    begin = time.process_time()
    scores = index.search(probe)
    assert (time.process_time() - begin) / making < 1, "a search among a hundred costs less than making one code"
    assert [number for number, score in scores if score >= THRESHOLD_SHIPPED] == [99]


def test_the_sdk_through_its_worker(sdk: IrisSdk) -> None:
    info = sdk.describe()
    assert info.can(Ability.MATCH, Modality.IRIS)
    assert "synthetic" in info.reason
    one, two = sdk.extract(LEFT, iso(11)), sdk.extract(LEFT, iso(11, take=1))
    assert len(one.data) == DATA_BYTES
    assert one == sdk.extract(LEFT, iso(11))
    assert sdk.match(one, two) == sdk.match(two, one) > 80
    scored = sdk.quality(LEFT, iso(11))
    assert scored is not None
    assert scored.value == score_iris(LEFT, iso(11))
    assert sdk.quality(BioAttribute.FACE, b"") is None
    assert CompositeSdk([sdk]).index(Modality.IRIS).search(one) == []


def test_threads_get_the_answers_of_one(sdk: IrisSdk) -> None:
    wanted = sdk.extract(LEFT, iso(11))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: sdk.extract(LEFT, iso(11)), range(8))) == {wanted}


def test_what_is_not_an_iris_is_told_by_name(sdk: IrisSdk) -> None:
    with pytest.raises(ModalityUnsupportedError):
        sdk.extract(BioAttribute.FACE, iso(11))
    with pytest.raises(ModalityUnsupportedError):
        sdk.index(Modality.FINGER)
    with pytest.raises(BioRecordUnusableError):
        sdk.extract(RIGHT, iso(11, LEFT))
    with pytest.raises(BioRecordUnusableError):
        sdk.quality(LEFT, b"IIR\0")
    with pytest.raises(BioImageUnusableError):
        sdk.extract(LEFT, encode_record(replace(record(11), image=record(11).image[:900])))
    with pytest.raises(BioImageUnusableError):
        sdk.extract(LEFT, encode_record(replace(record(11), width=1700)))
    with pytest.raises(TemplateForeignError) as refused:
        sdk.match(Template(LEFT, "other", 1, b""), Template(LEFT, "other", 1, b""))
    assert NAME in refused.value.message


def test_a_plain_image_has_no_iris(sdk: IrisSdk) -> None:
    plain = np.full((312, 416), 120, np.uint8)
    data = encode_record(replace(record(11), image=lossless_jp2(plain)))
    with pytest.raises(NotEnoughDetailError):
        sdk.extract(LEFT, data)
    answer = sdk.quality(LEFT, data)
    assert answer is not None
    assert answer.value == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_records_raise_named_errors_only(data: st.DataObject) -> None:
    damaged = bytearray(iso(11))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, 400) | st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BioSdkError):
        assert 0 <= score_iris(LEFT, bytes(damaged)) <= 100


@given(st.binary(max_size=200) | st.binary(min_size=DATA_BYTES, max_size=DATA_BYTES))
def test_damaged_templates_are_named(data: bytes) -> None:
    with pytest.raises(TemplateUnreadableError):
        IrisCode.from_data(data)


@given(st.integers(0, 2**32 - 1))
def test_a_code_survives_its_template_and_is_nearest_to_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.random((2 * RINGS, 256)) < 0.6
    one = IrisCode(rng.random(counts.shape) < 0.5, counts)
    again = IrisCode.from_data(one.to_data())
    assert np.array_equal(again.counts, one.counts)
    assert distance(one, again) == 0
    other = IrisCode(rng.random(counts.shape) < 0.5, counts)
    assert distance(one, other) == distance(other, one) > 0.4


@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_scale_never_rises_with_distance(one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert 100 >= score_of(low) >= score_of(high) >= 0
    assert score_of(RAW_THRESHOLD) == THRESHOLD_SHIPPED
