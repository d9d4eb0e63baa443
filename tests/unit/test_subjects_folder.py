"""A user's own images as a subject: found by name, limited before decoding, refused with names, never marked as synthetic."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devices.simulator.subjects import (
    AttributeMissingError,
    ImageProfile,
    Presenter,
    SubjectError,
    SubjectFolder,
    SubjectFolderError,
    SubjectImageError,
)
from devices.simulator.subjects.folder import FILE_MAX_BYTES
from devices.simulator.subjects.presenter import Pixels
from packet.iso import check_registration_image, check_shows, encode_record, parse_record
from packet.models import BioAttribute

A = BioAttribute
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def grey(width: int = 120, height: int = 160) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (height, width), dtype=np.uint8)


def save(path: Path, pixels: Pixels | None = None, **options: object) -> Path:
    Image.fromarray(grey() if pixels is None else pixels).save(path, **options)  # type: ignore[arg-type]
    return path


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header announces a size and which holds next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("leftIndex.png", A.LEFT_INDEX),
        ("RIGHTTHUMB.bmp", A.RIGHT_THUMB),
        ("Left_Little.jpg", A.LEFT_LITTLE),
        ("Right_Ring.tiff", A.RIGHT_RING),
        ("leftEye.jp2", A.LEFT_EYE),
        ("Right_Iris.png", A.RIGHT_EYE),
        ("face.jpeg", A.FACE),
        ("Exception_Photo.png", A.EXCEPTION_PHOTO),
        ("unknown.png", A.EXCEPTION_PHOTO),
    ],
)
def test_files_are_found_by_attribute_or_by_the_names_of_mock_devices(
    tmp_path: Path, name: str, attribute: BioAttribute
) -> None:
    save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("left alone")
    subject: Presenter = SubjectFolder(tmp_path)
    assert {found for found in BioAttribute if subject.has(found)} - {A.EXCEPTION_PHOTO} == {attribute} - {A.EXCEPTION_PHOTO}
    (record,) = subject.records({attribute: 71.9}, 0, NOW).values()
    record = parse_record(encode_record(record))
    check_shows(record, attribute)
    check_registration_image(record)
    assert record.quality[0].score == 71
    assert b"SYNTHETIC" not in record.image


def test_pixels_of_a_lossless_file_survive(tmp_path: Path) -> None:
    save(tmp_path / "leftIndex.png")
    (record,) = SubjectFolder(tmp_path).records({A.LEFT_INDEX: 80}, 7, NOW).values()
    assert np.array_equal(np.asarray(Image.open(BytesIO(record.image))), grey())


def test_images_for_authentication_are_compressed_but_not_cropped(tmp_path: Path) -> None:
    save(tmp_path / "leftIndex.png")
    (record,) = SubjectFolder(tmp_path).records({A.LEFT_INDEX: 80}, 0, NOW, ImageProfile.AUTH).values()
    assert (record.width, record.height) == (120, 160)
    assert len(record.image) < 120 * 160 / 5


def test_the_face_stands_in_for_a_missing_exception_photo(tmp_path: Path) -> None:
    save(tmp_path / "face.png")
    subject = SubjectFolder(tmp_path)
    assert subject.has(A.EXCEPTION_PHOTO)
    records = subject.records({A.FACE: 90, A.EXCEPTION_PHOTO: 90}, 0, NOW)
    assert records[A.FACE] == records[A.EXCEPTION_PHOTO]


def test_what_is_not_there_is_a_named_error_and_empty_in_the_preview(tmp_path: Path) -> None:
    save(tmp_path / "leftIndex.png")
    subject = SubjectFolder(tmp_path)
    subject.prepare()
    with pytest.raises(AttributeMissingError):
        subject.records({A.LEFT_RING: 80}, 0, NOW)
    assert subject.preview((A.LEFT_INDEX, A.LEFT_RING), 0).shape == (320, 240 + 160)


@pytest.mark.parametrize(("width", "height"), [(65535, 65535), (4097, 100), (4096, 4096), (63, 100), (1, 1)])
def test_sizes_out_of_range_are_refused_before_decoding(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "face.png").write_bytes(png_that_claims(width, height))
    with pytest.raises(SubjectImageError):
        SubjectFolder(tmp_path)


def test_large_files_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "face.png").open("wb") as file:
        file.truncate(FILE_MAX_BYTES + 1)
    with pytest.raises(SubjectImageError, match="bytes"):
        SubjectFolder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"not an image" * 100])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "face.png").write_bytes(content)
    with pytest.raises(SubjectImageError):
        SubjectFolder(tmp_path)


@pytest.mark.parametrize("ending", ["png", "jpg", "jp2", "bmp", "tiff"])
def test_a_damaged_image_is_a_named_error(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"face.{ending}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SubjectImageError):
        SubjectFolder(tmp_path).records({A.FACE: 80}, 0, NOW)


def test_an_image_whose_content_is_shorter_than_its_header_says_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(png_that_claims(2000, 2000))
    with pytest.raises(SubjectImageError):
        SubjectFolder(tmp_path).prepare()


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = save(tmp_path / "elsewhere.png")
    folder = tmp_path / "subject"
    folder.mkdir()
    (folder / "face.png").symlink_to(outside)
    with pytest.raises(SubjectImageError):
        SubjectFolder(folder)


def test_two_images_of_one_attribute_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "leftIndex.png")
    save(tmp_path / "Left_Index.jpg")
    with pytest.raises(SubjectFolderError, match="two images"):
        SubjectFolder(tmp_path)


def test_folders_without_a_usable_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectFolderError):
        SubjectFolder(tmp_path)
    with pytest.raises(SubjectFolderError):
        SubjectFolder(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SubjectFolderError):
        SubjectFolder(tmp_path / "file")


def test_errors_are_subject_errors() -> None:
    for kind in (AttributeMissingError, SubjectFolderError, SubjectImageError):
        assert issubclass(kind, SubjectError)
