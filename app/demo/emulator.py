"""A TPM emulator (swtpm) as a child process, for demonstrations and tests.

Facts about swtpm that shape this file:

* The control channel must be where the tpm2-tss connector looks for it: the next port, or the socket's path plus ``.ctrl``.
* A TPM that is stopped without TPM2_Shutdown after a key was used counts that as a failed authorisation; three in a row lock
  it for 1000 seconds. So it is shut down in order, and the counter is reset at the start in case the last stop was a kill.
* A kernel ties a child's death signal to the *thread* that started it; a thread of its own does that and waits for the child.

An emulator keeps its secrets in plain files. It shows how things work and protects nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from packet.errors import CodedError

_START_DEADLINE_S = 10.0
_STOP_DEADLINE_S = 5.0
_POLL_S = 0.005
_LOG_MAX_CHARS = 300
_UNIX_PATH_MAX = 107 - len(".ctrl")
_SHUTDOWN_CLEAR = bytes.fromhex("8001 0000000c 00000145 0000")
_RESET_LOCKOUT = bytes.fromhex("8002 0000001b 00000139 4000000a 00000009 40000009 0000 00 0000")
"""TPM2_DictionaryAttackLockReset of the lockout hierarchy with a password session and empty password."""


class EmulatorMissingError(CodedError):
    """A program that the emulator needs is not installed."""

    code = "DEMO-EMULATOR-MISSING"
    sentence = "The TPM emulator cannot be started, because {program} is not installed."
    next_step = "Install the packages swtpm and util-linux, or use a software key."


class EmulatorFailedError(CodedError):
    """The emulator ended or did not answer in time."""

    code = "DEMO-EMULATOR-FAILED"
    sentence = "The TPM emulator did not start: {why}."
    next_step = "Check that no other emulator uses the state directory {state_dir} and that it is writable."


class SwtpmProcess:
    """swtpm with its state in a directory, reachable by `tcti` from entering until leaving.

    Ends with this process, however that ends. Only one can use a state directory at a time.

    Args:
        state_dir: kept between runs: the same directory gives the same keys. Made with mode 0700 if missing.
        port: loopback TCP on this port and the next one; a unix socket in a private directory if it is None.
    """

    def __init__(self, state_dir: Path, port: int | None = None) -> None:
        self._state_dir = state_dir
        self._port = port
        self._runtime_dir: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    @property
    def tcti(self) -> str:
        """Connection string for tpm2-tss, ``swtpm:...``."""
        if self._port is not None:
            return f"swtpm:host=127.0.0.1,port={self._port}"
        return f"swtpm:path={self._socket_path}"

    @property
    def pid(self) -> int:
        """Process id of the running emulator."""
        return self._running.pid

    def start(self) -> None:
        """Starts it and returns when it answers.

        Raises:
            EmulatorMissingError: if swtpm or setpriv is not installed.
            EmulatorFailedError: if it ends or does not answer within 10 seconds.
        """
        for program in ("swtpm", "setpriv"):
            if shutil.which(program) is None:
                raise EmulatorMissingError(program=program)
        self._state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._runtime_dir = _private_directory()
        try:
            self._check_ports()
            self._spawn()
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shuts the TPM down in order, ends the process and removes its sockets. Safe to call twice."""
        if self._process is not None:
            if self._process.poll() is None:
                with contextlib.suppress(OSError):
                    self._exchange(_SHUTDOWN_CLEAR)
                self._process.terminate()
            self._join()
        if self._runtime_dir is not None:
            shutil.rmtree(self._runtime_dir, ignore_errors=True)
            self._runtime_dir = None

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._running.kill()
        self._join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the emulator is not started")
        return self._process

    @property
    def _socket_path(self) -> Path:
        if self._runtime_dir is None:
            raise RuntimeError("the emulator is not started")
        return self._runtime_dir / "tpm"

    @property
    def _log_path(self) -> Path:
        return self._socket_path.with_name("log")

    def _command(self) -> list[str]:
        if self._port is not None:
            server = f"type=tcp,port={self._port},bindaddr=127.0.0.1"
            control = f"type=tcp,port={self._port + 1},bindaddr=127.0.0.1"
        else:
            server = f"type=unixio,path={self._socket_path},mode=0600"
            control = f"type=unixio,path={self._socket_path}.ctrl,mode=0600"
        swtpm = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._state_dir},mode=0600"]
        return [
            *("setpriv", "--pdeathsig", "KILL"),
            *swtpm,
            *("--server", server, "--ctrl", control, "--flags", "not-need-init,startup-clear"),
        ]

    def _check_ports(self) -> None:
        """Somebody else's answer on our port would be taken for the emulator's."""
        if self._port is None:
            return
        for is_control in (False, True):
            with contextlib.suppress(OSError), self._connect(control=is_control):
                raise self._failed(f"port {self._port + is_control} is in use")

    def _spawn(self) -> None:
        started = threading.Event()
        faults: list[OSError] = []

        def keep() -> None:
            try:
                with self._log_path.open("wb") as log:
                    self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            except OSError as error:
                faults.append(error)
                return
            finally:
                started.set()
            self._process.wait()

        self._keeper = threading.Thread(target=keep, name="swtpm keeper", daemon=True)
        self._keeper.start()
        started.wait()
        if faults:
            raise self._failed(faults[0].strerror or "it cannot be executed") from faults[0]

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _START_DEADLINE_S
        while True:
            if self._running.poll() is not None:
                raise self._failed(self._log() or "it ended at once")
            try:
                with self._connect(control=True):
                    pass
                self._exchange(_RESET_LOCKOUT)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise self._failed("it does not answer") from error
                time.sleep(_POLL_S)
            else:
                return

    def _connect(self, *, control: bool) -> socket.socket:
        if self._port is not None:
            return socket.create_connection(("127.0.0.1", self._port + control), timeout=_STOP_DEADLINE_S)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_STOP_DEADLINE_S)
            connection.connect(f"{self._socket_path}.ctrl" if control else str(self._socket_path))
        except OSError:
            connection.close()
            raise
        return connection

    def _exchange(self, command: bytes) -> bytes:
        with self._connect(control=False) as connection:
            connection.sendall(command)
            return connection.recv(4096)

    def _join(self) -> None:
        process = self._running
        try:
            process.wait(_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._keeper is not None and self._keeper is not threading.current_thread():
            self._keeper.join()

    def _log(self) -> str:
        lines = self._log_path.read_text("utf-8", "replace").splitlines()
        return "; ".join(line.strip(" .") for line in lines if line.strip())[:_LOG_MAX_CHARS]

    def _failed(self, why: str) -> EmulatorFailedError:
        return EmulatorFailedError(why=why, state_dir=str(self._state_dir))


def _private_directory() -> Path:
    """A new directory with mode 0700 whose path leaves room for a socket's name: a long TMPDIR would not."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp is private
        if parent and os.access(parent, os.W_OK | os.X_OK) and len(os.fsencode(parent)) + 30 < _UNIX_PATH_MAX:
            return Path(tempfile.mkdtemp(prefix="sealdesk-tpm-", dir=parent))
    raise EmulatorFailedError(why="no directory with a short path is writable", state_dir="")
