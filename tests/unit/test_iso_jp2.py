"""Lossless and lossy JPEG 2000 are told apart from the header alone, and a lying header is refused."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from packet.iso import FaceRecord, FingerRecord, ImageUnsuitableError, IrisRecord, IsoRecord, check_registration_image
from packet.iso.jp2 import Jp2Facts, inspect

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def jp2(mode: str = "L", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = BytesIO()
    Image.linear_gradient(mode="L").resize(size).convert(mode).save(out, "JPEG2000", **options)
    return out.getvalue()


LOSSLESS = jp2()
RECORDS: list[tuple[IsoRecord, str]] = [
    (FingerRecord(1, NOW, 40, 30, b"?"), "L"),
    (IrisRecord(1, NOW, 40, 30, b"?"), "L"),
    (FaceRecord(NOW, 40, 30, b"?"), "RGB"),
]


def test_facts_of_a_lossless_grey_image() -> None:
    assert inspect(LOSSLESS) == Jp2Facts(40, 30, 1, 8, True)


def test_tiled_colour_and_lossy_images_are_recognised() -> None:
    assert inspect(jp2("RGB", tile_size=(16, 16))) == Jp2Facts(40, 30, 3, 8, True)
    assert inspect(jp2(irreversible=True)).is_reversible is False
    assert inspect(jp2(irreversible=True, tile_size=(16, 16))).is_reversible is False


def test_one_lossy_tile_is_enough_to_be_lossy() -> None:
    start = LOSSLESS.index(b"\xff\x52")
    coding_style = LOSSLESS[start : start + 14]
    lossy = coding_style[:-1] + b"\x00"
    at = LOSSLESS.index(b"\xff\x90")
    length = int.from_bytes(LOSSLESS[at + 6 : at + 10], "big") + len(lossy)
    tile = LOSSLESS[at : at + 6] + length.to_bytes(4, "big") + LOSSLESS[at + 10 : at + 12] + lossy + LOSSLESS[at + 12 :]
    box = LOSSLESS.index(b"jp2c") - 4
    size = int.from_bytes(LOSSLESS[box : box + 4], "big")
    changed = LOSSLESS[:box] + ((size + len(lossy)) if size else 0).to_bytes(4, "big") + LOSSLESS[box + 4 : at] + tile
    assert inspect(changed).is_reversible is False


@pytest.mark.parametrize(("record", "mode"), RECORDS)
def test_a_lossless_image_of_the_announced_size_is_accepted(record: IsoRecord, mode: str) -> None:
    assert check_registration_image(replace(record, image=jp2(mode))).is_reversible


@pytest.mark.parametrize(("record", "mode"), RECORDS)
def test_anything_else_is_refused(record: IsoRecord, mode: str) -> None:
    other_mode = "RGB" if mode == "L" else "L"
    for image in (
        jp2(mode, irreversible=True),
        jp2(mode, (41, 30)),
        jp2(other_mode),
        jp2(mode, no_jp2=True),
        b"\xff\xd8\xff\xe0 a JPEG",
        jp2(mode)[:90],
    ):
        with pytest.raises(ImageUnsuitableError):
            check_registration_image(replace(record, image=image))


@pytest.mark.parametrize(
    "record",
    [
        FingerRecord(1, NOW, 40, 30, LOSSLESS, compression=4),
        FingerRecord(1, NOW, 40, 30, LOSSLESS, compression=2),
        IrisRecord(1, NOW, 40, 30, LOSSLESS, properties=0x80),
        IrisRecord(1, NOW, 40, 30, LOSSLESS, image_type=7),
        IrisRecord(1, NOW, 40, 30, LOSSLESS, image_format=0x0E),
        FaceRecord(NOW, 40, 30, jp2("RGB"), data_type=1),
    ],
)
def test_a_header_that_announces_a_lossy_image_is_refused(record: IsoRecord) -> None:
    with pytest.raises(ImageUnsuitableError, match="announce"):
        check_registration_image(record)


def test_a_huge_image_is_refused_before_anyone_decodes_it() -> None:
    at = LOSSLESS.index(b"\xff\x51") + 6
    bomb = LOSSLESS[:at] + (60000).to_bytes(4, "big") + (60000).to_bytes(4, "big") + LOSSLESS[at + 8 :]
    with pytest.raises(ImageUnsuitableError, match="size"):
        inspect(bomb)


@given(st.integers(0, len(LOSSLESS)), st.binary(max_size=16), st.integers(0, 16))
def test_no_bytes_raise_anything_but_the_named_error(at: int, noise: bytes, dropped: int) -> None:
    with contextlib.suppress(ImageUnsuitableError):
        inspect(LOSSLESS[:at] + noise + LOSSLESS[at + dropped :])
