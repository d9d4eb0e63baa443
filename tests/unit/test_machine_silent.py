"""A TPM that stops answering is named in time, is never touched again, and does not keep the program from ending."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from packet.keys.errors import MachineKeyClosedError, TpmSilentError
from packet.keys.tpmdeadline import TpmDeadline
from tests.support.swtpm_benches import SwtpmBench, benches

_ENDS_WITHIN_S = 30
_PROGRAM = """
import sys
from packet.keys.errors import MachineKeyError
from packet.keys.tpm import TpmMachineKey
from packet.keys.tpmdeadline import TpmDeadline

tcti, when, deadline_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
try:
    if when == "opening":
        TpmMachineKey.open(tcti, deadline_s=deadline_s)
    with TpmMachineKey.open(tcti) as key:
        key.signing_public, key.encryption_public
        key._deadline = TpmDeadline(tcti, deadline_s)
        print("open", flush=True)
        sys.stdin.readline()
        if when == "signing":
            key.sign(b"data")
        elif when == "sealing":
            key.seal(bytes(32))
        elif when == "unwrapping":
            key.unwrap(bytes(256))
except MachineKeyError as error:
    print(error.code, flush=True)
"""


@pytest.fixture
def swtpm(tmp_path: Path) -> Iterator[SwtpmBench]:
    with benches("swtpm-unix", tmp_path) as make:
        made = make()
        assert isinstance(made, SwtpmBench)
        yield made


@contextmanager
def frozen(bench: SwtpmBench) -> Iterator[None]:
    os.kill(bench.running.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(bench.running.pid, signal.SIGCONT)


@contextmanager
def program(bench: SwtpmBench, when: str, deadline_s: float) -> Iterator[subprocess.Popen[str]]:
    arguments = [sys.executable, "-c", _PROGRAM, bench.running.tcti, when, str(deadline_s)]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_tpm_that_is_silent_when_it_is_opened(swtpm: SwtpmBench) -> None:
    with frozen(swtpm), program(swtpm, "opening", 0.3) as process:
        out, err = process.communicate(timeout=_ENDS_WITHIN_S)
    assert (process.returncode, out, err) == (0, "KEY-TPM-SILENT\n", "")
    swtpm.open().close()


@pytest.mark.parametrize("when", ["signing", "sealing", "unwrapping"])
def test_a_tpm_that_falls_silent_at_work(swtpm: SwtpmBench, when: str) -> None:
    with program(swtpm, when, 0.3) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with frozen(swtpm):
            out, err = process.communicate("go\n", timeout=_ENDS_WITHIN_S)
    assert (process.returncode, out, err) == (0, "KEY-TPM-SILENT\n", "")
    with swtpm.open() as key:
        assert len(key.sign(b"data")) == 256


def test_a_tpm_that_is_silent_only_when_it_is_closed_is_no_error(swtpm: SwtpmBench) -> None:
    with program(swtpm, "closing", 0.3) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with frozen(swtpm):
            out, err = process.communicate("go\n", timeout=_ENDS_WITHIN_S)
    assert (process.returncode, out, err) == (0, "", "")


def test_an_interrupt_does_not_wait_for_a_silent_tpm(swtpm: SwtpmBench) -> None:
    with program(swtpm, "signing", 1000) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with frozen(swtpm):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=_ENDS_WITHIN_S)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in err


def test_work_in_time_gives_its_result_or_its_error() -> None:
    deadline = TpmDeadline("here", 60)
    assert deadline.run("signing", lambda: 7) == 7
    with pytest.raises(MachineKeyClosedError):
        deadline.run("signing", raise_closed)
    assert not deadline.is_passed


def raise_closed() -> None:
    raise MachineKeyClosedError()


def test_without_a_limit_the_calling_thread_works() -> None:
    assert TpmDeadline("here", None).run("signing", threading.current_thread) is threading.current_thread()


def test_what_comes_too_late_is_undone_and_nothing_is_done_after_it() -> None:
    may_end, is_undone = threading.Event(), threading.Event()
    late: list[int] = []
    done: list[str] = []

    def slow() -> int:
        may_end.wait()
        return 7

    def undo(value: int) -> None:
        late.append(value)
        is_undone.set()

    deadline = TpmDeadline("the TPM", 0.01)
    with pytest.raises(TpmSilentError, match=r"the TPM did not answer within 0\.01 seconds \(opening\)"):
        deadline.run("opening", slow, undo)
    may_end.set()
    assert is_undone.wait(_ENDS_WITHIN_S)
    assert late == [7]

    with pytest.raises(TpmSilentError):
        deadline.run("signing", lambda: done.append("signing"))
    deadline.run_last("closing", lambda: done.append("closing"))
    assert done == []
