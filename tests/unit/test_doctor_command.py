"""The command as a whole: what it lists, its JSON, its exit code."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands import doctor
from app.commands.doctor_equipment import NAMES
from app.commands.doctor_model import Diagnosis, Finding, Part
from tests.support.command import sealdesk

BEFORE = [
    "Python", "cryptography", "deflate by isal", "TPM binding (tpm2-pytss)", "hardware TPM", "swtpm", "libtpms",
    "device ports 4501-4600",
]  # fmt: skip


def test_it_lists_what_it_always_did_and_the_equipment() -> None:
    outcome = sealdesk("doctor", "--json")
    assert outcome.exit_code == 0, outcome.err
    assert outcome.err == ""
    checks = outcome.json["checks"]
    assert isinstance(checks, list)
    assert outcome.json["fit"] is True
    assert [check["name"] for check in checks] == [*BEFORE, *NAMES.values()]
    for check in checks:
        assert list(check) == ["name", "is_good", "is_needed", "found", "advice", "state", "parts"]
        assert check["is_good"] == (check["state"] == "good")
        assert check["found"]
        assert check["is_good"] or check["advice"]


def _told(monkeypatch: pytest.MonkeyPatch, *diagnoses: Diagnosis, arguments: tuple[str, ...] = ()) -> tuple[int, str]:
    def nothing(commands: object) -> Iterator[Diagnosis]:
        del commands
        return iter(())

    monkeypatch.setattr(doctor, "diagnose", lambda: iter(diagnoses))
    monkeypatch.setattr(doctor, "look_at_equipment", nothing)
    result = CliRunner().invoke(app, ["doctor", *arguments])
    return result.exit_code, result.output


def test_only_what_is_needed_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    optional = Diagnosis("cameras", False, False, "none", "Plug it in.", Finding.MISSING)
    needed = Diagnosis("cryptography", False, True, "not installed", "Run make setup.", Finding.MISSING)
    assert _told(monkeypatch, optional) == (0, "none cameras: none\n       Plug it in.\n")
    code, text = _told(monkeypatch, optional, needed)
    assert code == 1
    assert "MISS cryptography: not installed" in text


def test_names_out_of_devices_cannot_write_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (Part("Evil\x1b[2J\nok   TPM", "ready", "\x07bell"),)
    _, text = _told(monkeypatch, Diagnosis("cameras", True, False, "1\x1b found", parts=parts))
    assert text == "ok   cameras: 1 found\n       - Evil [2J ok TPM: ready ( bell)\n"


def test_the_parts_are_in_the_json(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = _told(monkeypatch, Diagnosis("cameras", True, False, "1", parts=(Part("A", "ready"),)), arguments=("--json",))
    assert orjson.loads(text)["checks"][0]["parts"] == [{"name": "A", "state": "ready", "detail": ""}]
