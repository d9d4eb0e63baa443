"""What every local SDK keeps to, tried on the real ones: scale, names of errors, genuine above impostor, one among fifty."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from devices.biosdk.errors import BioRecordUnusableError, BioSdkError, ModalityUnsupportedError, NotEnoughDetailError
from devices.biosdk.fingers import NbisFingers, finger_worker
from devices.biosdk.fingersimage import Pixels
from devices.biosdk.fingersindex import FingerIndex
from devices.biosdk.fingersminutiae import FORMAT, VERSION, Minutiae
from devices.biosdk.fingersscale import RAW_THRESHOLD
from devices.biosdk.gallery import Gallery
from devices.biosdk.opening import LocalSdk, open_local_sdk
from devices.biosdk.quality import NumpyQuality, SessionQuality
from devices.biosdk.sdk import THRESHOLD_SHIPPED, Ability, BioSdk, OneToMany, Template
from devices.biosdk.worker import Worker
from devices.client.session import SdkQuality
from packet.bioattributes import FINGERS
from packet.iso.finger import FingerCompression
from packet.models import BioAttribute, Modality
from tests.support.buildscripts import load_script
from tests.support.fingerrecords import blurred, finger_iso, print_of

FINGER, OTHER, EYE = BioAttribute.LEFT_INDEX, BioAttribute.LEFT_MIDDLE, BioAttribute.LEFT_EYE
needs_nbis = pytest.mark.skipif(importlib.util.find_spec("nbis") is None, reason="nbis-py is not installed")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = finger_worker(timeout_s=60)
    yield made
    made.close()


@pytest.fixture(scope="module")
def nbis(worker: Worker) -> NbisFingers:
    return NbisFingers(worker)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalSdk]:
    with open_local_sdk() as sdk:
        yield sdk


@pytest.fixture(params=["nbis", "numpy", "local"])
def sdk(request: pytest.FixtureRequest, worker: Worker) -> BioSdk:
    if request.param == "numpy":
        return NumpyQuality(worker)
    if importlib.util.find_spec("nbis") is None:
        pytest.skip("nbis-py is not installed")
    made: BioSdk = request.getfixturevalue(request.param)
    return made


def iso_of(attribute: BioAttribute, dial: float = 85, take: int = 1, seed: int = 3) -> bytes:
    return finger_iso(attribute, print_of(seed, attribute, dial, take), FingerCompression.JPEG2000_LOSSLESS)


def test_it_describes_itself(sdk: BioSdk) -> None:
    info = sdk.describe()
    assert info.is_ready
    assert info.name
    assert Modality.FINGER in info.modalities


def test_a_good_finger_has_a_score_on_the_scale(sdk: BioSdk) -> None:
    score = sdk.quality(FINGER, iso_of(FINGER))
    assert score is not None
    assert 30 <= score.value <= 100


def test_a_blank_image_scores_next_to_nothing(sdk: BioSdk) -> None:
    score = sdk.quality(FINGER, finger_iso(FINGER, np.full((440, 300), 244, np.uint8)))
    assert score is not None
    assert score.value < 5


def test_quality_of_what_it_does_not_know_is_none_and_of_what_it_does_is_no_guess(sdk: BioSdk) -> None:
    if Modality.IRIS not in sdk.describe().modalities:
        assert sdk.quality(EYE, b"whatever") is None
    else:
        with pytest.raises(BioRecordUnusableError):
            sdk.quality(EYE, b"whatever")


def test_a_damaged_record_is_named(sdk: BioSdk) -> None:
    with pytest.raises(BioRecordUnusableError):
        sdk.quality(FINGER, b"FIR\0 and then nothing")


def test_a_record_of_another_finger_is_named(sdk: BioSdk) -> None:
    with pytest.raises(BioRecordUnusableError, match="another finger"):
        sdk.quality(OTHER, iso_of(FINGER))


def test_it_makes_templates_or_says_that_it_does_not(sdk: BioSdk) -> None:
    if sdk.describe().can(Ability.MATCH, Modality.FINGER):
        template = sdk.extract(FINGER, iso_of(FINGER))
        assert Template.unpack(template.pack()) == template
        assert sdk.match(template, template) == 100
    else:
        with pytest.raises(ModalityUnsupportedError):
            sdk.extract(FINGER, iso_of(FINGER))


def test_eyes_are_refused_by_name(sdk: BioSdk) -> None:
    is_known = Modality.IRIS in sdk.describe().modalities
    with pytest.raises(BioRecordUnusableError if is_known else ModalityUnsupportedError):
        sdk.extract(EYE, b"")


def test_the_capture_session_gets_a_number_whatever_happens(sdk: BioSdk) -> None:
    asked: SdkQuality = SessionQuality(sdk)
    assert asked.score(FINGER, iso_of(FINGER)) > 30
    assert asked.score(FINGER, b"rubbish") == 0
    assert asked.score(EYE, b"rubbish") == 0


@needs_nbis
def test_nfiq2_falls_on_average_where_prints_get_much_worse(nbis: NbisFingers) -> None:
    """On averages and in large steps only: NFIQ 2 learned from real fingers and does not fall steadily on synthetic ones."""

    def mean_of(images: list[Pixels]) -> float:
        scores = [nbis.quality(FINGER, finger_iso(FINGER, image)) for image in images]
        return float(np.mean([score.value for score in scores if score is not None]))

    worse = [mean_of([print_of(seed, FINGER, dial) for seed in (1, 2, 3)]) for dial in (95, 15, 0)]
    assert worse[0] > worse[1] + 10 > worse[2] + 20
    assert mean_of([blurred(print_of(seed, FINGER, 95), 6) for seed in (1, 2, 3)]) < worse[0] - 30


@needs_nbis
def test_the_same_finger_is_above_the_threshold_and_another_below(nbis: NbisFingers) -> None:
    enrolled = nbis.extract(FINGER, iso_of(FINGER))
    again = nbis.extract(FINGER, iso_of(FINGER, take=2, dial=80))
    other = nbis.extract(OTHER, iso_of(OTHER))
    assert nbis.match(again, enrolled) >= THRESHOLD_SHIPPED
    assert nbis.match(other, enrolled) < THRESHOLD_SHIPPED / 2
    assert nbis.match_many(again, [enrolled, other]) == [nbis.match(again, enrolled), nbis.match(again, other)]


@needs_nbis
def test_a_blank_image_makes_no_template(nbis: NbisFingers) -> None:
    with pytest.raises(NotEnoughDetailError):
        nbis.extract(FINGER, finger_iso(FINGER, np.full((440, 300), 244, np.uint8)))


@needs_nbis
def test_noise_and_patterns_are_answered_or_refused(nbis: NbisFingers) -> None:
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:120, :140]
    hostile = [
        rng.integers(0, 256, (100, 100)),
        (rows + columns) % 2 * 255,
        rows * columns % 256,
        (rng.random((101, 333)) < 0.01) * 255,
        127 + 120 * np.sin(np.hypot(rows - 60, columns - 70)),
    ]
    for image in hostile:
        iso = finger_iso(FINGER, image.astype(np.uint8))
        for ask in (nbis.quality, nbis.extract):
            try:
                ask(FINGER, iso)
            except BioSdkError:
                continue


@needs_nbis
def test_several_threads_get_the_answers_of_one(nbis: NbisFingers) -> None:
    enrolled = [nbis.extract(finger, iso_of(finger)) for finger in (FINGER, OTHER)]
    expected = [nbis.match(a, b) for a in enrolled for b in enrolled]
    found: list[list[float]] = []
    threads = [
        threading.Thread(target=lambda: found.append([nbis.match(a, b) for a in enrolled for b in enrolled])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def decoy(rng: np.random.Generator, attribute: BioAttribute) -> Template:
    """A template of minutiae at random, as many as a finger has."""
    count = int(rng.integers(30, 70))
    points = zip(rng.integers(20, 280, count), rng.integers(20, 420, count), rng.integers(0, 32, count), strict=True)
    made = [(int(x), int(y), int(turn) * 11.25, 1 + int(turn) % 2, float(rng.random())) for x, y, turn in points]
    return Template(attribute, FORMAT, VERSION, Minutiae.from_library(300, 440, made).to_data())


@needs_nbis
def test_an_operators_finger_is_found_among_fifty(local: LocalSdk) -> None:
    assert isinstance(local, OneToMany)
    rng = np.random.default_rng(5)
    gallery = Gallery(local)
    for number in range(50):
        for finger in FINGERS:
            is_real = number == 33 and finger in {FINGER, OTHER}
            gallery.add(f"operator {number}", local.extract(finger, iso_of(finger)) if is_real else decoy(rng, finger))
    assert len(gallery) == 500
    for finger in (FINGER, OTHER):
        probe = local.extract(finger, iso_of(finger, take=2, dial=80))
        found = gallery.find([probe], THRESHOLD_SHIPPED)
        assert [(one.user_id, one.template) for one in found] == [("operator 33", finger)]
        assert gallery.verify("operator 33", [probe], THRESHOLD_SHIPPED) is not None
        assert gallery.verify("operator 32", [probe], THRESHOLD_SHIPPED) is None
    stranger = local.extract(FINGER, iso_of(FINGER, seed=4))
    assert gallery.find([stranger], THRESHOLD_SHIPPED) == ()


@pytest.fixture(scope="module")
def sample() -> dict[str, dict[tuple[int, str], bytes]]:
    """Templates of the small sample of the documentation."""
    script = load_script("generate_matching_tables")
    made: dict[str, dict[tuple[int, str], bytes]] = script.templates_of(script.SAMPLE_PERSON, script.SAMPLE_FINGERS)
    return made


@needs_nbis
def test_narrowing_puts_the_right_finger_on_the_shortlist(sample: dict[str, dict[tuple[int, str], bytes]]) -> None:
    script = load_script("generate_matching_tables")
    index = FingerIndex()
    rng = np.random.default_rng(6)
    for _ in range(200):
        index.add(Minutiae.from_data(decoy(rng, FINGER).data))
    key = (script.SAMPLE_PERSON, script.SAMPLE_FINGERS[0].value)
    index.add(Minutiae.from_data(sample["enrolled"][key]))
    for condition in script.CONDITIONS[:5]:
        assert 200 in index.shortlist(Minutiae.from_data(sample[condition.name][key]), 10), condition.name


@needs_nbis
def test_the_documented_scores_have_not_drifted(sample: dict[str, dict[tuple[int, str], bytes]]) -> None:
    """Recomputes the small sample; the arithmetic of another processor may move a score by a few points."""
    script = load_script("generate_matching_tables")
    begin, end = (mark.format(name="sample") for mark in script.MARKS)
    written = script.TARGET.read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip().splitlines()
    made = script.sample_table(sample)
    assert written[:2] == made[:2]
    for old, new in zip(written[2:], made[2:], strict=True):
        old_cells, new_cells = old.strip("| ").split(" | "), new.strip("| ").split(" | ")
        assert old_cells[0] == new_cells[0]
        assert [int(cell) for cell in new_cells[1:]] == pytest.approx([int(cell) for cell in old_cells[1:]], abs=12)


def test_the_documented_threshold_is_the_one_in_use() -> None:
    text = load_script("generate_matching_tables").TARGET.read_text(encoding="utf-8")
    assert f"| **{RAW_THRESHOLD}** | **{THRESHOLD_SHIPPED:.0f}** |" in text
