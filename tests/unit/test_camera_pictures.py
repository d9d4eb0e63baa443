"""Picture files in place of a camera: what is shown, and what is left out."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from PIL import Image

from devices.camera.model import CameraState
from devices.camera.pictures import PictureFiles, read_picture
from devices.camera.testcard import card


def _jpeg(folder: Path, name: str = "a.jpg") -> Path:
    path = folder / name
    path.write_bytes(card(1, 32, 24).jpeg(90))
    return path


def _saved(folder: Path, image: Image.Image, name: str, **options: object) -> Path:
    path = folder / name
    buffer = io.BytesIO()
    image.save(buffer, **options)  # type: ignore[arg-type]
    path.write_bytes(buffer.getvalue())
    return path


def test_an_empty_folder_has_no_camera_and_says_why(tmp_path: Path) -> None:
    source = PictureFiles(tmp_path)
    assert source.list().cameras == ()
    assert "no folder with pictures" in source.list().reason
    assert source.open().status.state is CameraState.ABSENT


def test_a_folder_that_is_emptied_counts_as_unplugged(tmp_path: Path) -> None:
    path, changed = _jpeg(tmp_path), threading.Event()
    go_on = threading.Event()
    source = PictureFiles(tmp_path, wait=lambda _: not go_on.wait(20))
    camera = source.open(None, changed.set)
    assert changed.wait(20)
    camera.latest()
    changed.clear()
    path.unlink()
    go_on.set()
    assert changed.wait(20)
    assert camera.status.state is CameraState.UNPLUGGED
    camera.close()


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(30), b"%PDF-1.7", bytes(100)])
def test_what_is_no_picture_is_left_out(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert read_picture(path) is None


def test_a_cut_picture_is_left_out(tmp_path: Path) -> None:
    path = _jpeg(tmp_path)
    path.write_bytes(path.read_bytes()[:-400])
    assert read_picture(path) is None


def test_other_formats_than_jpeg_and_png_are_left_out_whatever_their_name_says(tmp_path: Path) -> None:
    assert read_picture(_saved(tmp_path, Image.new("RGB", (8, 8)), "a.png", format="BMP")) is None


def test_a_huge_picture_is_left_out_before_it_is_decoded(tmp_path: Path) -> None:
    assert read_picture(_saved(tmp_path, Image.new("1", (20_000, 10)), "a.png", format="PNG")) is None


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(_saved(tmp_path, Image.new("RGB", (32, 24)), "a.jpg", format="JPEG", exif=exif, comment=b"note"))
    assert picture is not None
    assert (picture.width, picture.height) == (24, 32)
    assert b"Exif" not in picture.jpeg(90)
    assert b"note" not in picture.jpeg(90)


def test_transparent_pictures_can_be_shown(tmp_path: Path) -> None:
    picture = read_picture(_saved(tmp_path, Image.new("RGBA", (8, 8)), "a.png", format="PNG"))
    assert picture is not None
    assert picture.jpeg(90).startswith(b"\xff\xd8")
