"""The documented faults are those of the code; each says what it does and what a client should do."""

from __future__ import annotations

import pytest

from devices.simulator.faults.effects import VERBS, Effect
from devices.simulator.faults.table import FAULTS
from tests.support.buildscripts import load_script


def test_the_documentation_has_not_drifted() -> None:
    script = load_script("generate_fault_docs")
    text = script.TARGET.read_text(encoding="utf-8")
    assert script.with_tables(text) == text, "run: python build/generate_fault_docs.py"


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_documented_and_does_something(name: str) -> None:
    fault = FAULTS[name]
    assert fault.does.endswith(".")
    assert fault.client.endswith(".")
    assert set(fault.verbs) <= set(VERBS)
    assert fault.effect != Effect(tokens=fault.effect.tokens)
