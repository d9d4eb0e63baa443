"""A country's own list of USB numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.usb.known import KnownId
from devices.usb.knownfile import UsbListUnusableError, read_known
from devices.usb.model import UsbKind
from packet.errors import CodedError


def _written(folder: Path, value: object) -> Path:
    path = folder / "usb.json"
    path.write_text(json.dumps(value))
    return path


def test_entries_are_read(tmp_path: Path) -> None:
    entries = [
        {"vendor": "1162", "product": "2201", "name": "Reader", "kind": "biometric", "makes": ["SecuGen"]},
        {"vendor": "04a9", "name": "Anything of this maker", "kind": "scanner"},
    ]
    assert read_known(_written(tmp_path, {"devices": entries})) == (
        KnownId(0x1162, 0x2201, "Reader", UsbKind.BIOMETRIC, frozenset({"secugen"})),
        KnownId(0x04A9, None, "Anything of this maker", UsbKind.SCANNER),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"vendor": "116"}, {"vendor": 4450}, {"vendor": None}, {"product": "22011"}, {"product": 5}, {"name": ""},
        {"name": "a\nb"}, {"name": "x" * 81}, {"name": 5}, {"kind": "hub"}, {"kind": []}, {"makes": "SecuGen"}, {"makes": [1]},
        {"makes": ["m"] * 17}, {"other": 1},
    ],
)  # fmt: skip
def test_an_entry_that_does_not_say_what_it_means_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    entry = {"vendor": "1162", "product": "2201", "name": "Reader", "kind": "biometric", **change}
    with pytest.raises(UsbListUnusableError, match="entry 1"):
        read_known(_written(tmp_path, {"devices": [entry]}))


@pytest.mark.parametrize("text", ["", "[", "[]", '{"devices": {}}', "null", "[" * 100_000])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "usb.json"
    path.write_text(text)
    with pytest.raises(UsbListUnusableError):
        read_known(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)


@given(_JSON, st.sampled_from(["vendor", "product", "name", "kind", "makes"]))
def test_any_value_is_read_or_refused_by_name(tmp_path_factory: pytest.TempPathFactory, value: object, key: str) -> None:
    entry = {"vendor": "1162", "name": "Reader", "kind": "biometric", key: value}
    try:
        (known,) = read_known(_written(tmp_path_factory.mktemp("usb"), {"devices": [entry]}))
    except CodedError:
        return
    assert known.name
