"""The page about device errors is the one that the code generates, and every error on it helps an operator."""

from __future__ import annotations

import re
from pathlib import Path

from devices.sbi.codes import CODES
from packet.errors import CodedError
from tests.support.buildscripts import load_script

PAGE = Path(__file__).parents[2] / "docs" / "device-errors.md"


def subclasses(root: type[CodedError]) -> set[type[CodedError]]:
    return {root, *(inner for child in root.__subclasses__() for inner in subclasses(child))}


def test_the_page_is_up_to_date() -> None:
    generated: str = load_script("generate_device_errors").device_errors()
    assert PAGE.read_text(encoding="utf-8") == generated, "run python build/generate_device_errors.py"


def test_every_error_of_devices_is_on_the_page_once() -> None:
    load_script("generate_device_errors")
    ours = {
        error
        for error in subclasses(CodedError)
        if error.__module__.startswith(("devices.sbi", "devices.client")) and "sentence" in vars(error)
    }
    listed = re.findall(r"^\| `([A-Z0-9-]+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {error.code for error in ours} <= set(listed)
    assert len(set(listed)) == len(listed)
    assert len({error.code for error in ours}) == len(ours)


def test_every_code_of_the_protocol_has_words_and_a_next_step() -> None:
    assert {str(code) for code in (*range(100, 113), 202)} <= CODES.keys()
    assert all(facts.meaning.endswith(".") and facts.action.endswith(".") for facts in CODES.values())
