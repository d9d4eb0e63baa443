"""The documented faults are those of the code; each says what it does and what a client should do."""

from __future__ import annotations

import pytest
import yaml

from devices.simulator.faults.effects import VERBS, Effect
from devices.simulator.faults.table import FAULTS
from devices.simulator.scripting.scriptfile import parse_script
from tests.support.buildscripts import load_script


def test_the_documentation_has_not_drifted() -> None:
    script = load_script("generate_fault_docs")
    text = script.TARGET.read_text(encoding="utf-8")
    assert script.with_tables(text) == text, "run: python build/generate_fault_docs.py"


def test_the_example_of_the_documentation_can_be_played() -> None:
    text = load_script("generate_fault_docs").TARGET.read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    assert len(parse_script(yaml.safe_load(example), "the example").steps) == 8


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_documented_and_does_something(name: str) -> None:
    fault = FAULTS[name]
    assert fault.does.endswith(".")
    assert fault.client.endswith(".")
    assert set(fault.verbs) <= set(VERBS)
    assert fault.effect != Effect(tokens=fault.effect.tokens)
