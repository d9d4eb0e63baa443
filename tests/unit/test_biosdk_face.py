"""Faces: drawn faces are found and other pictures are not, quality falls with every damage, hostile input is a named error."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from devices.biosdk.errors import (
    BioImageUnusableError,
    BioRecordUnusableError,
    BioSdkError,
    ModalityUnsupportedError,
    SdkCrashedError,
)
from devices.biosdk.face import NAME, FaceSdk, face_worker
from devices.biosdk.facefind import find_faces
from devices.biosdk.facequality import Finding, assess
from devices.biosdk.facetasks import look
from devices.biosdk.irisimage import Pixels
from devices.biosdk.sdk import Ability, Template
from devices.biosdk.worker import Worker
from devices.simulator.subjects import ImageProfile, MasterStore, Subject
from devices.simulator.subjects.encoding import lossless_jp2
from packet.iso import FaceRecord, encode_record
from packet.iso.face import FaceDataType
from packet.models import BioAttribute, Modality

FACE, PHOTO = BioAttribute.FACE, BioAttribute.EXCEPTION_PHOTO
AT = datetime(2026, 1, 2, tzinfo=UTC)
STORE = MasterStore(None)


@cache
def pixels(seed: int, attribute: BioAttribute = FACE, dial: float = 90) -> Pixels:
    drawn = Subject(seed, store=STORE).pixels(attribute, dial, 0)
    return drawn if drawn.ndim == 3 else np.repeat(drawn[:, :, None], 3, axis=2)


@cache
def record(attribute: BioAttribute = FACE, profile: ImageProfile = ImageProfile.REGISTRATION) -> FaceRecord:
    made = Subject(11, store=STORE).records({attribute: 90}, 0, AT, profile)[attribute]
    assert isinstance(made, FaceRecord)
    return made


def value(picture: Pixels, attribute: BioAttribute = FACE) -> float:
    return assess(picture, is_portrait=attribute is FACE).value


@pytest.fixture(scope="module")
def sdk() -> Iterator[FaceSdk]:
    worker = face_worker(60.0)
    yield FaceSdk(worker)
    worker.close()


@pytest.mark.parametrize(("attribute", "middle"), [(FACE, (175, 214)), (PHOTO, (300, 116))])
def test_every_good_drawn_face_is_found_where_it_was_drawn(attribute: BioAttribute, middle: tuple[int, int]) -> None:
    unit = 162 if attribute is FACE else 84
    for seed in range(100, 112):
        report = assess(pixels(seed, attribute), is_portrait=attribute is FACE)
        assert report.finding is Finding.FOUND, seed
        left, top, right, bottom = report.box
        assert abs((left + right) / 2 - middle[0]) < 0.2 * unit
        assert abs((top + bottom) / 2 - middle[1]) < 0.25 * unit
        assert 0.8 * unit < right - left < 1.7 * unit


def other_pictures() -> Iterator[tuple[str, Pixels]]:
    rng = np.random.default_rng(3)
    skin = np.array((210, 160, 130)) / 200
    for seed in range(2):
        for attribute in (BioAttribute.LEFT_THUMB, BioAttribute.LEFT_EYE):
            grey = pixels(seed, attribute, 80)
            yield attribute.value, grey
            yield f"{attribute.value} in the colour of skin", np.clip(grey * skin, 0, 255).astype(np.uint8)
        yield "hands", pixels(seed, PHOTO)[200:]
        yield "negative", 255 - pixels(seed)
        yield "on its side", np.rot90(pixels(seed)).copy()
        yield "noise", rng.integers(0, 256, (450, 350, 3), np.uint8)
        ramp = np.linspace(0, 1, 350)[None, :, None] * rng.integers(50, 255, 3)
        yield "gradient", np.broadcast_to(ramp, (450, 350, 3)).astype(np.uint8)
        page = Image.new("RGB", (450, 600), (240, 215, 180))
        for row in range(0, 600, 18):
            line = "".join(rng.choice(list("abcdefgh ijkl mnop"), 60))
            ImageDraw.Draw(page).text((20, row), line, fill=(60, 40, 30))
        yield "page", np.asarray(page)
        land = Image.new("RGB", (600, 400), (140, 180, 230))
        draw = ImageDraw.Draw(land)
        draw.rectangle((0, 200, 600, 400), fill=(190, 150, 100))
        for _ in range(12):
            x, y, size = (int(number) for number in rng.integers((0, 0, 10), (600, 400, 120)))
            draw.ellipse((x, y, x + size, y + size), fill=tuple(int(part) for part in rng.integers(0, 255, 3)))
        yield "landscape", np.asarray(land)
    yield "plain", np.full((450, 350, 3), (210, 160, 130), np.uint8)


def test_nothing_else_is_a_face() -> None:
    for name, picture in other_pictures():
        report = assess(picture, is_portrait=True)
        assert (report.finding, report.value) == (Finding.NO_FACE, 0.0), name


def test_two_faces_and_half_a_face_score_nothing() -> None:
    for seed in (100, 101, 102):
        report = assess(np.concatenate((pixels(seed), pixels(seed + 20)), axis=1), is_portrait=True)
        assert (report.finding, report.value) == (Finding.SEVERAL_FACES, 0.0)
        assert value(pixels(seed)[:, 150:]) == 0
        assert value(pixels(seed)[200:]) == 0


@pytest.mark.parametrize("attribute", [FACE, PHOTO])
@pytest.mark.parametrize("seed", [100, 103])
def test_quality_never_rises_with_damage(seed: int, attribute: BioAttribute) -> None:
    good = pixels(seed, attribute)
    grain = np.random.default_rng(seed).standard_normal(good.shape)
    blurred = [np.asarray(Image.fromarray(good).filter(ImageFilter.GaussianBlur(radius))) for radius in (0, 2, 4, 8)]
    noisy = [np.clip(good + level * grain, 0, 255).astype(np.uint8) for level in (0, 8, 16, 32, 64)]
    dark = [(good * share).astype(np.uint8) for share in (1, 0.7, 0.4, 0.2, 0.1)]
    for images in (blurred, noisy, dark):
        scores = [value(image, attribute) for image in images]
        assert all(later <= earlier + 2 for earlier, later in pairwise(scores)), scores
        assert scores[0] > 50
        assert scores[-1] < 20


def test_finding_costs_no_more_than_half_a_dozen_blurs_of_the_picture() -> None:
    image = Image.fromarray(pixels(100)).resize((1050, 1350))
    picture = np.asarray(image)
    begin = time.process_time()
    assert find_faces(picture) == find_faces(picture)
    finding = (time.process_time() - begin) / 2
    begin = time.process_time()
    for _ in range(4):
        image.filter(ImageFilter.GaussianBlur(8))
    blur = (time.process_time() - begin) / 4
    assert finding / blur < 6


@pytest.mark.parametrize("attribute", [FACE, PHOTO])
@pytest.mark.parametrize("profile", [ImageProfile.REGISTRATION, ImageProfile.AUTH])
def test_the_sdk_through_its_worker(sdk: FaceSdk, attribute: BioAttribute, profile: ImageProfile) -> None:
    iso = encode_record(record(attribute, profile))
    answer = sdk.quality(attribute, iso)
    assert answer is not None
    assert answer == sdk.quality(attribute, iso)
    assert sdk.report(attribute, iso) == look(attribute, iso)
    assert answer.value == look(attribute, iso).value > 25


def test_jpeg_and_grey_are_read_as_well() -> None:
    grey = Image.fromarray(pixels(100)).convert("L")
    for image, space in ((Image.fromarray(pixels(100)), 1), (grey, 3)):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=95)
        iso = encode_record(replace(record(), image=out.getvalue(), data_type=FaceDataType.JPEG, colour_space=space))
        assert look(FACE, iso).finding is Finding.FOUND


def test_faces_are_not_compared_and_it_says_so(sdk: FaceSdk) -> None:
    info = sdk.describe()
    assert info.can(Ability.QUALITY, Modality.FACE)
    assert not info.can(Ability.MATCH, Modality.FACE)
    assert "not compared" in info.reason
    with pytest.raises(ModalityUnsupportedError) as refused:
        sdk.extract(FACE, encode_record(record()))
    assert NAME in refused.value.message
    with pytest.raises(ModalityUnsupportedError):
        sdk.match(Template(FACE, "any", 1, b""), Template(FACE, "any", 1, b""))
    assert sdk.quality(BioAttribute.LEFT_EYE, b"") is None


def test_what_is_not_a_face_record_is_told_by_name(sdk: FaceSdk) -> None:
    with pytest.raises(BioRecordUnusableError):
        sdk.quality(FACE, b"FAC\0")
    for wrong in (
        replace(record(), image=record().image[:900]),
        replace(record(), width=5000),
        replace(record(), width=4000, height=4000),
        replace(record(), colour_space=3),
        replace(record(), image=lossless_jp2(pixels(100)[:300])),
    ):
        with pytest.raises(BioImageUnusableError):
            sdk.quality(FACE, encode_record(wrong))


def test_a_worker_that_cannot_start_is_named() -> None:
    with pytest.raises(SdkCrashedError):
        FaceSdk(Worker(NAME, ("/nowhere/python",), 5)).quality(FACE, encode_record(record()))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_records_raise_named_errors_only(data: st.DataObject) -> None:
    damaged = bytearray(encode_record(record(FACE, ImageProfile.AUTH)))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, 300) | st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BioSdkError):
        assert 0 <= look(FACE, bytes(damaged)).value <= 100
