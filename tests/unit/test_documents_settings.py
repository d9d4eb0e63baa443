"""The country's settings of scanners: found by the name of the device, in the notation in which servers send them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.documents.errors import ScannerSettingUnusableError
from devices.documents.scannersettings import DPI, HEIGHT, ID, QUALITY, WIDTH, ScannerSettings
from devices.documents.source import ScanSettings

_PUBLISHED = {
    ID: '{ "id1" : "STUB-SCANNER", "id2" : "S600.*" }',
    DPI: "{ 'id1' : 200, 'id2' : 300 }",
    WIDTH: "{ id1 : 200, id2 : 0 }",
    HEIGHT: "{id1:200}",
    QUALITY: "0.85f",
}


def test_the_row_whose_pattern_is_the_whole_name_counts() -> None:
    settings = ScannerSettings.from_properties(_PUBLISHED)
    stub = settings.for_device("STUB-SCANNER", ScanSettings())
    assert (stub.dpi, stub.width_mm, stub.height_mm, stub.jpeg_quality) == (200, 200.0, 200.0, 85)
    other = settings.for_device("S600 (usb)", ScanSettings(dpi=100))
    assert (other.dpi, other.width_mm, other.height_mm) == (300, None, None)
    assert settings.for_device("my S600", ScanSettings(dpi=100)).dpi == 100


@pytest.mark.parametrize("empty", ["", "{}", "{:}", " { : } "])
def test_nothing_set_leaves_everything_to_the_device(empty: str) -> None:
    settings = ScannerSettings.from_properties({ID: empty, DPI: empty})
    assert settings == ScannerSettings()
    assert settings.for_device("any", ScanSettings()) == ScanSettings(jpeg_quality=70)


def test_of_several_patterns_the_first_counts() -> None:
    settings = ScannerSettings.from_properties({ID: "{'a': '.*', 'b': 'x'}", DPI: "{'a': 150, 'b': 600}"})
    assert settings.for_device("x", ScanSettings()).dpi == 150


def test_quotes_are_doubled_inside_texts() -> None:
    settings = ScannerSettings.from_properties({ID: r"""{'a': 'Scan''s "x"', "b" : "say ""y"" " }"""})
    assert dict(settings.patterns) == {"a": 'Scan\'s "x"', "b": 'say "y" '}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (ID, "id1"),
        (ID, "{id1}"),
        (ID, "{'a': 5}"),
        (ID, "{'a': '('}"),
        (ID, "{'a': 'x',}"),
        (ID, "{'a': 'x' 'b': 'y'}"),
        (ID, "{'a': T(java.lang.Runtime)}"),
        (DPI, "{'a': 'x'}"),
        (DPI, "{'a': 2401}"),
        (DPI, "{'a': -1}"),
        (WIDTH, "{'a': 1.5}"),
        (QUALITY, "1.1"),
        (QUALITY, "0"),
        (QUALITY, "high"),
        (QUALITY, "nan"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(ScannerSettingUnusableError) as caught:
        ScannerSettings.from_properties({name: value})
    assert caught.value.params["name"] == name


@given(st.text(alphabet="{}:,'\"ab01 \\(", max_size=40))
def test_whatever_stands_there_is_read_or_refused(text: str) -> None:
    try:
        ScannerSettings.from_properties({ID: text, DPI: text})
    except ScannerSettingUnusableError:
        return


def test_a_pattern_made_to_burn_time_does_not() -> None:
    settings = ScannerSettings.from_properties({ID: "{'a': '(a|a|b?)*(a|aa)*c'}", DPI: "{'a': 150}"})
    started_s = time.monotonic()
    assert settings.for_device("a" * 60, ScanSettings(dpi=100)).dpi == 100
    assert time.monotonic() - started_s < 2.0
