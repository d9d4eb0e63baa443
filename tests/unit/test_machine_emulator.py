"""The TPM emulator as a child process: it answers when it is started and never outlives its user."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.emulator import EmulatorFailedError, EmulatorMissingError, SwtpmProcess
from packet.keys.opening import open_machine_key
from tests.support.swtpm_benches import require_parts


@pytest.fixture(autouse=True)
def _parts() -> None:
    require_parts("swtpm-unix")


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[SwtpmProcess]:
    with SwtpmProcess(tmp_path / "state") as running:
        yield running


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_it_answers_from_the_start_and_its_sockets_are_private(emulator: SwtpmProcess) -> None:
    path = Path(emulator.tcti.removeprefix("swtpm:path="))

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_ISSOCK(path.with_name("tpm.ctrl").stat().st_mode)
    open_machine_key(f"tpm:{emulator.tcti}").close()


def test_it_ends_without_a_trace(tmp_path: Path) -> None:
    with SwtpmProcess(tmp_path / "state") as running:
        pid, directory = running.pid, Path(running.tcti.removeprefix("swtpm:path=")).parent

    running.stop()
    assert not is_alive(pid)
    assert not directory.exists()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_state_directory_has_one_emulator(tmp_path: Path, emulator: SwtpmProcess) -> None:
    second = SwtpmProcess(tmp_path / "state")
    with pytest.raises(EmulatorFailedError):
        second.start()
    open_machine_key(f"tpm:{emulator.tcti}").close()


def test_it_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    running = SwtpmProcess(tmp_path / "state")
    starter = threading.Thread(target=running.start)
    starter.start()
    starter.join()
    try:
        open_machine_key(f"tpm:{running.tcti}").close()
    finally:
        running.stop()


def test_it_does_not_outlive_its_process(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from app.demo.emulator import SwtpmProcess\n"
        "running = SwtpmProcess(pathlib.Path(sys.argv[1]))\n"
        "running.start()\n"
        "print(running.pid, running.tcti, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "state")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pid, tcti = process.stdout.readline().split()
        assert is_alive(int(pid))
        handle = os.pidfd_open(int(pid))
        process.send_signal(signal.SIGKILL)
    try:
        _await_end(handle)
    finally:
        os.close(handle)
        shutil.rmtree(Path(tcti.removeprefix("swtpm:path=")).parent)
    assert not is_alive(int(pid))


def _await_end(handle: int) -> None:
    """A pidfd becomes readable when its process has ended."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(5000), "still running"


def test_a_long_temporary_directory_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setattr("tempfile.tempdir", str(deep))

    with SwtpmProcess(tmp_path / "state") as running:
        open_machine_key(f"tpm:{running.tcti}").close()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmulatorFailedError, match=f"port {port} is in use"):
            SwtpmProcess(tmp_path / "state", port).start()
        with pytest.raises(EmulatorFailedError, match=f"port {port} is in use"):
            SwtpmProcess(tmp_path / "state", port - 1).start()


def test_a_state_directory_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "tpm2-00.permall").write_bytes(b"no state of a TPM")

    with pytest.raises(EmulatorFailedError, match="did not start"):
        SwtpmProcess(tmp_path / "state").start()


@pytest.mark.parametrize("program", ["swtpm", "setpriv"])
def test_a_missing_program_is_named(tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    really_which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else really_which(name))

    with pytest.raises(EmulatorMissingError, match=program):
        SwtpmProcess(tmp_path / "state").start()


def test_it_is_not_reachable_before_it_is_started(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        _ = SwtpmProcess(tmp_path).tcti
    SwtpmProcess(tmp_path).stop()
