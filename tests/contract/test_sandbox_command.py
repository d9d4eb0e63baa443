"""The command: the ready line, how it ends, and what it refuses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox import Sandbox, SandboxConfig
from sandbox.errors import (
    DirectoryBusyError,
    DirectoryForeignError,
    PasswordWeakError,
    PortTakenError,
    StateDamagedError,
    UserUnknownError,
)
from sandbox.keys.errors import KeyExportRefusedError
from tests.support.sandbox_client import PASSWORDS


@contextmanager
def running(directory: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "app.cli", "sandbox", "--dir", str(directory), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_ready_line_and_the_end_of_stdin(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--json", "--exit-with-parent") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        ready = json.loads(process.stdout.readline())
        assert ready.keys() == {"url", "realm", "directory", "adminSecretFile", "passwords"}
        assert ready["realm"] == f"{ready['url']}/auth/realms/mosip"
        assert ready["directory"] == str(tmp_path / "state")
        secret = Path(ready["adminSecretFile"])
        assert secret.stat().st_mode & 0o777 == 0o600
        assert len(secret.read_text()) >= 40
        assert httpx.get(f"{ready['url']}/v1/syncdata/actuator/health").json() == {"status": "UP"}
        process.stdin.close()
        assert process.wait(30) == 0
    with running(tmp_path / "state", "--json") as process:
        assert process.stdout is not None
        assert "passwords" not in json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "state") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Sandbox at http://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(30) == 0


def test_a_second_one_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    config = SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS)
    with Sandbox(config), pytest.raises(DirectoryBusyError):
        Sandbox(config).start()
    command = [sys.executable, "-m", "app.cli", "sandbox", "--dir", str(tmp_path), "--json"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    assert answer.returncode == 2
    assert json.loads(answer.stdout)["error"]["code"] == "SANDBOX-DIRECTORY-FOREIGN"


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    mode = tmp_path.stat().st_mode
    with pytest.raises(DirectoryForeignError):
        Sandbox(SandboxConfig(directory=tmp_path)).start()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert tmp_path.stat().st_mode == mode


def test_the_directory_is_private(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    with Sandbox(SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS)) as sandbox:
        assert sandbox.directory.stat().st_mode & 0o777 == 0o700


def test_a_taken_port_is_named_and_nothing_is_left_running(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        config = SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS, port=port)
        with pytest.raises(PortTakenError, match=str(port)):
            Sandbox(config).start()
    with Sandbox(config) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}"


def test_only_loopback_listens(tmp_path: Path) -> None:
    with Sandbox(SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS)) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with socket.socket() as elsewhere:
            elsewhere.bind(("127.0.0.2", port))  # would fail if the sandbox listened on all addresses


def test_a_weak_password_and_damaged_state_are_named(tmp_path: Path) -> None:
    with pytest.raises(PasswordWeakError, match="officer1"):
        Sandbox(SandboxConfig(directory=tmp_path / "state", passwords={"officer1": "short"})).start()
    with pytest.raises(UserUnknownError, match="nobody"):
        Sandbox(SandboxConfig(directory=tmp_path / "state", passwords={"nobody": "long enough"})).start()
    config = SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS)
    with Sandbox(config):
        pass
    for name in ("users.json", "masterdata.sqlite", "realm/signing.key"):
        file = tmp_path / "state" / name
        good = file.read_bytes()
        file.write_bytes(b"not what the sandbox wrote" * 10)
        with pytest.raises(StateDamagedError, match=file.name):
            Sandbox(config).start()
        file.write_bytes(good)
    with Sandbox(config):
        pass


def test_a_packet_key_is_given_away_only_where_that_was_allowed(tmp_path: Path) -> None:
    refusing = Sandbox(SandboxConfig(directory=tmp_path / "a", passwords=PASSWORDS))
    with refusing, pytest.raises(KeyExportRefusedError):
        refusing.export_packet_key("10001_10021")
    with Sandbox(SandboxConfig(directory=tmp_path / "b", passwords=PASSWORDS, allow_key_export=True)) as sandbox:
        assert sandbox.export_packet_key("10001_10021").startswith(b"-----BEGIN PRIVATE KEY-----")


def test_stopping_twice_is_harmless_and_what_is_not_running_says_so(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxConfig(directory=tmp_path / "state", passwords=PASSWORDS))
    with sandbox:
        sandbox.stop()
    for name in ("url", "issuer", "admin_secret"):
        with pytest.raises(RuntimeError, match="not running"):
            getattr(sandbox, name)
