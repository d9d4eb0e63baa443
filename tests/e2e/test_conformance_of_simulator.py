"""The simulator passes every case of the self-check that applies to it, and a tester needs two terminals and no reading."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from app.commands.simulatorathand import simulators_at_hand
from devices.conformance import CheckSettings, Outcome, Report, Trust, all_cases, check
from devices.conformance.model import Kind
from devices.simulator import Purpose, Simulator, SimulatorConfig

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-test"


def checked(simulator: Simulator, *, admin_token: str = TOKEN) -> Report:
    settings = CheckSettings(
        trust=Trust(simulator.device_trust_store(), simulator.ftm_trust_store()),
        admin_token=admin_token,
        auth_keys=(simulator.pki.auth_server.key,),
        long_timeout_ms=100,
    )
    return check([simulator.port], settings)


@contextmanager
def ready(config: SimulatorConfig) -> Iterator[Simulator]:
    with Simulator(config) as simulator:
        simulator.prepare()
        yield simulator


@pytest.mark.slow
def test_the_simulator_passes_every_automatable_case() -> None:
    """Registration devices at L0 and authentication devices at L1, with the admin verbs for the states that some cases need."""
    passed: set[str] = set()
    for purpose in (Purpose.REGISTRATION, Purpose.AUTH):
        with ready(SimulatorConfig(port=0, seed=11, purpose=purpose, admin_token=TOKEN)) as simulator:
            report = checked(simulator)
        bad = [r for r in report.results if r.outcome in {Outcome.FAIL, Outcome.ERROR}]
        assert not bad
        assert not [r for r in report.results if r.notes]
        passed |= {r.id for r in report.results if r.outcome is Outcome.PASS}
    assert passed == {case.id for case in all_cases() if case.kind is not Kind.MANUAL}


@pytest.mark.slow
def test_level_1_registration_devices_pass_without_admin_verbs() -> None:
    with ready(SimulatorConfig(port=0, seed=11, level="L1", modalities=("face",))) as simulator:
        report = checked(simulator, admin_token="")
    assert report.is_passed
    assert {r.id for r in report.results if r.outcome is Outcome.PASS} >= {"SBI1001", "SBI1012", "SBI1065", "SBI1074", "SD12"}


@contextmanager
def process(*arguments: str, data: Path) -> Iterator[int]:
    """`sealdesk simulator` in a terminal of its own; gives the port."""
    command = [sys.executable, "-m", "app.cli", "simulator", "--port", "0", "--json", "--exit-with-parent", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(data), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        try:
            yield int(orjson.loads(line)["port"])
        finally:
            running.terminate()
            running.wait(10)


def _environment(data: Path) -> dict[str, str]:
    return {**os.environ, "XDG_DATA_HOME": str(data)}


def run_check(port: int, data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", "simulator", "check", "--port", str(port), "--modality", "face"]
    return subprocess.run(command, cwd=ROOT, env=_environment(data), capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_two_terminals_suffice_and_the_running_simulator_is_trusted_without_being_told(tmp_path: Path) -> None:
    with process("--seed", "11", "--modalities", "face", data=tmp_path) as port:
        good = run_check(port, tmp_path)
        elsewhere = run_check(port, tmp_path / "nothing")
    assert (good.returncode, elsewhere.returncode) == (0, 0), good.stdout + good.stderr + elsewhere.stderr
    assert "PASS   SBI1012  RCAPTURE face" in good.stdout
    assert "not who may sign" not in good.stdout
    assert "not who may sign" in elsewhere.stdout


@pytest.mark.slow
def test_a_fault_of_the_simulator_is_found_over_two_terminals(tmp_path: Path) -> None:
    with process("--seed", "11", "--modalities", "face", "--fault", "wrong-transaction-id", data=tmp_path) as port:
        result = run_check(port, tmp_path)
    assert result.returncode == 1
    assert "FAIL   SBI1012  RCAPTURE face" in result.stdout
    assert "transactionId" in result.stdout


def test_nothing_is_at_hand_where_no_simulator_ran(tmp_path: Path) -> None:
    assert simulators_at_hand(tmp_path / "none") is None
    (tmp_path / "other" / "keys").mkdir(parents=True)
    assert simulators_at_hand(tmp_path) is None
