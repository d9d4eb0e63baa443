"""Records of a synthetic person: what registration and authentication demand of images, and the order and scores asked for."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devices.simulator.subjects import (
    AttributeMissingError,
    ImageProfile,
    MasterStore,
    Presenter,
    Subject,
    SubjectTraits,
    WsqNotInstalledError,
)
from packet.bioattributes import EYES, FINGERS
from packet.iso import (
    FaceRecord,
    FingerRecord,
    IrisRecord,
    IsoRecord,
    check_registration_image,
    check_shows,
    encode_record,
    parse_record,
)
from packet.iso.face import FaceDataType
from packet.iso.finger import FingerCompression
from packet.iso.iris import CompressionHistory, IrisImageType
from packet.models import BioAttribute

A = BioAttribute
NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, UTC)
EVERYTHING = (*FINGERS, *EYES, A.FACE, A.EXCEPTION_PHOTO)
HAS_WSQ = importlib.util.find_spec("wsq") is not None


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(11, store=MasterStore(tmp_path_factory.mktemp("masters")))


@pytest.fixture(scope="module")
def registered(subject: Subject) -> dict[BioAttribute, IsoRecord]:
    return subject.records(dict.fromkeys(EVERYTHING, 83.7), 0, NOW)


@pytest.fixture(scope="module")
def authenticated(subject: Subject) -> dict[BioAttribute, IsoRecord]:
    return subject.records(dict.fromkeys((*FINGERS, *EYES, A.FACE), 83.7), 0, NOW, ImageProfile.AUTH)


def raw_bytes(record: IsoRecord) -> int:
    return record.width * record.height * (3 if isinstance(record, FaceRecord) else 1)


@pytest.mark.parametrize("attribute", EVERYTHING)
def test_registration_records_pass_the_strict_reader_and_the_rules_of_images(
    registered: dict[BioAttribute, IsoRecord], attribute: BioAttribute
) -> None:
    record = parse_record(encode_record(registered[attribute]))
    check_shows(record, attribute)
    check_registration_image(record)
    assert record.quality[0].score == 83
    assert record.captured_at == NOW
    assert b"SYNTHETIC" in record.image
    if isinstance(record, IrisRecord):
        assert record.image_type == IrisImageType.CROPPED


def test_records_come_in_the_order_asked_for(registered: dict[BioAttribute, IsoRecord]) -> None:
    assert tuple(registered) == EVERYTHING


@pytest.mark.parametrize("score", [0, 50, 100])
def test_files_have_the_size_of_real_ones(subject: Subject, score: float) -> None:
    asked = dict.fromkeys((A.LEFT_INDEX, A.RIGHT_THUMB, A.LEFT_LITTLE, A.LEFT_EYE, A.FACE), score)
    for attribute, record in subject.records(asked, 2, NOW).items():
        low, high = (60, 135) if attribute in FINGERS else (50, 100) if attribute in EYES else (65, 145)
        assert low * 1000 <= len(encode_record(record)) <= high * 1000, attribute


def test_lossless_means_that_every_pixel_survives(subject: Subject, registered: dict[BioAttribute, IsoRecord]) -> None:
    for attribute in (A.LEFT_INDEX, A.RIGHT_EYE, A.FACE):
        decoded = np.asarray(Image.open(BytesIO(registered[attribute].image)))
        assert np.array_equal(decoded, subject.pixels(attribute, 83.7, 0))


def test_fingers_say_500_per_inch_in_header_and_file(registered: dict[BioAttribute, IsoRecord]) -> None:
    record = registered[A.LEFT_INDEX]
    assert isinstance(record, FingerRecord)
    assert record.image_rate == record.scan_rate == (500, 500)
    at = record.image.index(b"resc")
    numbers = [int.from_bytes(record.image[at + 4 + 2 * k : at + 6 + 2 * k], "big") for k in range(4)]
    assert numbers == [19685, 1, 19685, 1]
    assert record.image[at + 12 : at + 14] == b"\0\0"
    assert abs(Image.open(BytesIO(record.image)).info["dpi"][0] - 500) < 0.1


@pytest.mark.parametrize("attribute", [*FINGERS, *EYES, A.FACE])
def test_records_for_authentication_are_small_and_say_so(
    authenticated: dict[BioAttribute, IsoRecord], attribute: BioAttribute
) -> None:
    record = parse_record(encode_record(authenticated[attribute]))
    check_shows(record, attribute)
    assert 5 < raw_bytes(record) / len(record.image) <= 15
    assert Image.open(BytesIO(record.image)).size == (record.width, record.height)
    match record:
        case FingerRecord():
            assert record.compression == FingerCompression.JPEG2000_LOSSY
        case IrisRecord():
            assert (record.image_type, record.history) == (IrisImageType.CROPPED_AND_MASKED, CompressionHistory.LOSSY)
            assert len(record.image) >= 3500
        case FaceRecord():
            assert record.data_type == FaceDataType.JPEG2000_LOSSY


@pytest.mark.skipif(not HAS_WSQ, reason="the optional package wsq is not installed")
@pytest.mark.parametrize("score", [20, 60, 95])
def test_wsq_fingers_stay_within_the_ratio_and_can_be_read(subject: Subject, score: float) -> None:
    for record in subject.records(dict.fromkeys((A.LEFT_LITTLE, A.RIGHT_THUMB), score), 1, NOW, ImageProfile.AUTH_WSQ).values():
        parse_record(encode_record(record))
        assert isinstance(record, FingerRecord)
        assert record.compression == FingerCompression.WSQ
        assert record.image.startswith(b"\xff\xa0\xff\xa8")
        assert raw_bytes(record) / len(record.image) <= 15
        image = Image.open(BytesIO(record.image))
        assert image.size == (record.width, record.height)
        image.load()


def test_wsq_without_the_package_is_a_named_error(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wsq", None)
    with pytest.raises(WsqNotInstalledError):
        subject.records({A.LEFT_INDEX: 80}, 0, NOW, ImageProfile.AUTH_WSQ)
    subject.records({A.LEFT_EYE: 80}, 0, NOW, ImageProfile.AUTH_WSQ)


def test_the_same_subject_gives_the_same_records_after_a_restart(tmp_path: Path, subject: Subject) -> None:
    asked = {A.LEFT_INDEX: 70.0, A.RIGHT_EYE: 60.0, A.FACE: 92.0}
    again = Subject(11, store=MasterStore(tmp_path))
    assert again.records(asked, 5, NOW) == subject.records(asked, 5, NOW)
    assert again.records(asked, 6, NOW) != subject.records(asked, 5, NOW)
    assert Subject(12, store=MasterStore(tmp_path)).records(asked, 5, NOW) != again.records(asked, 5, NOW)


def test_scores_of_one_request_may_differ(subject: Subject) -> None:
    records = subject.records({A.LEFT_INDEX: 20, A.LEFT_RING: 95.9}, 0, NOW)
    assert [record.quality[0].score for record in records.values()] == [20, 95]


def test_missing_fingers_cannot_be_captured_and_are_not_in_the_photo(tmp_path: Path) -> None:
    missing = frozenset({A.LEFT_RING, A.RIGHT_EYE})
    store = MasterStore(tmp_path)
    subject = Subject(3, SubjectTraits(missing=missing), store)
    for attribute in missing:
        assert not subject.has(attribute)
        with pytest.raises(AttributeMissingError):
            subject.records({attribute: 80}, 0, NOW)
    whole = Subject(3, store=store)
    own = subject.records({A.EXCEPTION_PHOTO: 90}, 0, NOW)
    assert own == whole.records({A.EXCEPTION_PHOTO: 90}, 0, NOW, exceptions=[A.LEFT_RING])
    assert own != whole.records({A.EXCEPTION_PHOTO: 90}, 0, NOW)
    assert own == subject.records({A.EXCEPTION_PHOTO: 90}, 0, NOW, exceptions=missing)


def test_previews_move_and_show_a_place_for_each_attribute(tmp_path: Path) -> None:
    subject: Presenter = Subject(11, SubjectTraits(missing=frozenset({A.LEFT_RING})), MasterStore(tmp_path))
    slap = (A.LEFT_INDEX, A.LEFT_RING)
    first, second = subject.preview(slap, 0), subject.preview(slap, 1)
    assert first.shape == second.shape
    assert first.ndim == 2
    assert first.dtype == np.uint8
    assert not np.array_equal(first, second)
    assert np.array_equal(first, subject.preview(slap, 0))
    assert subject.preview((A.FACE,), 0).ndim == 3
    assert subject.preview((), 0).ndim == 2


def test_preparing_grows_ahead_what_there_is(tmp_path: Path) -> None:
    store = MasterStore(tmp_path)
    missing = frozenset({*FINGERS} - {A.LEFT_INDEX})
    Subject(4, SubjectTraits(missing=missing), store).prepare()
    assert len(list(tmp_path.glob("*.master"))) == 3
