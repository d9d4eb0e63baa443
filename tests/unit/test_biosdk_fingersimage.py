"""Whatever a device delivers becomes grey pixels at 500 per inch, or a named refusal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.biosdk.errors import BioImageUnusableError, BioRecordUnusableError, BioSdkError
from devices.biosdk.fingersimage import SIDE_MAX_PX, SIDE_MIN_PX, Pixels, finger_pixels
from packet.iso.finger import FingerCompression
from packet.models import BioAttribute
from tests.support.fingerrecords import FORMATS, encoded, finger_iso, print_of

FINGER = BioAttribute.LEFT_INDEX
READABLE = [FingerCompression.NONE, *FORMATS]


def flat(width: int, height: int) -> Pixels:
    return np.full((height, width), 128, np.uint8)


@pytest.mark.parametrize("compression", READABLE)
def test_every_compression_gives_the_same_print(compression: FingerCompression) -> None:
    pixels = print_of(3, FINGER)
    found = finger_pixels(FINGER, finger_iso(FINGER, pixels, compression))
    assert found.shape == pixels.shape
    assert np.corrcoef(found.ravel(), pixels.ravel())[0, 1] > 0.95


@pytest.mark.parametrize(("rate", "units"), [(1000, 1), (394, 2), (600, 1)])
def test_other_resolutions_become_500_per_inch(rate: int, units: int) -> None:
    factor = rate * (2.54 if units == 2 else 1) / 500
    pixels = print_of(3, FINGER)
    width, height = round(300 * factor), round(440 * factor)
    larger = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC), np.uint8)
    found = finger_pixels(FINGER, finger_iso(FINGER, larger, rate=rate, units=units))
    assert found.shape == pytest.approx((440, 300), abs=1)
    assert np.abs(found[:439, :299].astype(int) - pixels[:439, :299]).mean() < 12


def test_500_per_inch_in_centimetres_is_left_as_it_is() -> None:
    assert finger_pixels(FINGER, finger_iso(FINGER, flat(300, 400), rate=197, units=2)).shape == (400, 300)


@pytest.mark.parametrize("rate", [0, 72, 449, 1201, 65535])
def test_resolutions_that_no_finger_scanner_has_are_refused(rate: int) -> None:
    with pytest.raises(BioImageUnusableError, match="resolution"):
        finger_pixels(FINGER, finger_iso(FINGER, flat(300, 400), rate=rate))


@pytest.mark.parametrize(("width", "height"), [(SIDE_MIN_PX - 1, 400), (300, 10), (SIDE_MAX_PX + 1, 400), (300, 4000)])
def test_sizes_that_no_finger_has_are_refused(width: int, height: int) -> None:
    with pytest.raises(BioImageUnusableError, match="wide and high"):
        finger_pixels(FINGER, finger_iso(FINGER, flat(width, height)))


def test_a_record_of_another_finger_is_refused() -> None:
    with pytest.raises(BioRecordUnusableError, match="another finger"):
        finger_pixels(BioAttribute.RIGHT_INDEX, finger_iso(FINGER, flat(300, 400)))


def test_an_image_of_another_size_than_announced_is_refused() -> None:
    image = encoded(flat(3000, 3000), FingerCompression.PNG)
    with pytest.raises(BioImageUnusableError, match="size"):
        finger_pixels(FINGER, finger_iso(FINGER, flat(300, 400), FingerCompression.PNG, image=image))


def test_one_format_does_not_pass_for_another() -> None:
    image = encoded(flat(300, 400), FingerCompression.PNG)
    with pytest.raises(BioImageUnusableError):
        finger_pixels(FINGER, finger_iso(FINGER, flat(300, 400), FingerCompression.JPEG, image=image))


def test_packed_pixels_are_refused_by_name() -> None:
    with pytest.raises(BioImageUnusableError, match="packed"):
        finger_pixels(FINGER, finger_iso(FINGER, flat(300, 400), FingerCompression.PACKED, image=b"x"))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([FingerCompression.JPEG, FingerCompression.JPEG2000_LOSSLESS, FingerCompression.PNG]), st.data())
def test_damaged_images_are_refused_or_read_but_never_a_failure(compression: FingerCompression, data: st.DataObject) -> None:
    image = bytearray(encoded(flat(120, 120), compression))
    for _ in range(data.draw(st.integers(1, 4))):
        image[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(image)))
    try:
        finger_pixels(FINGER, finger_iso(FINGER, flat(120, 120), compression, image=bytes(image[:cut])))
    except BioSdkError:
        return


@given(st.binary(max_size=200))
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(BioRecordUnusableError):
        finger_pixels(FINGER, data)
