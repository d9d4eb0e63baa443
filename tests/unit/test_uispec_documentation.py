"""The page for authors of forms has the table of the code, and names every key, control and handler that counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.changeactions import mosip_actions
from app.core.uispec.contextkeys import ALWAYS
from app.core.uispec.faults import FAULTS
from app.core.uispec.model import Control, ValueType
from tests.support.buildscripts import load_script
from tests.support.uispecs import every_control, field, screen

PAGE = Path(__file__).parents[2] / "docs" / "ui-specification.md"
UNUSED = {
    "description",
    "fieldType",
    "format",
    "fieldCategory",
    "contactType",
    "locationHierarchy",
    "layoutTemplate",
}
"""Keys that the server publishes and the client does not look at."""


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_table_of_mistakes_is_up_to_date() -> None:
    assert load_script("generate_uispec_faults").with_table(page()) == page(), "run python build/generate_uispec_faults.py"


def test_every_code_is_on_the_page_once() -> None:
    assert re.findall(r"^\| `(UISPEC-[A-Z-]+)`", page(), re.MULTILINE) == list(FAULTS)


def test_a_page_without_its_markers_is_not_written() -> None:
    with pytest.raises(ValueError, match="marker"):
        load_script("generate_uispec_faults").with_table("no markers here")


def test_every_key_and_name_that_counts_is_on_the_page() -> None:
    keys = {*every_control(), *screen(1, "x", []), *field("x", "textbox")} - UNUSED
    names = {*Control, *ValueType, *mosip_actions().names, *ALWAYS}
    assert {name for name in keys | names if f"`{name}`" not in page()} == set()
