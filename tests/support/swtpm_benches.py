"""The same machine key by four ways, for the contract suite: key files, embedded TPM, emulator by socket and by port."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.emulator import EmulatorFailedError, SwtpmProcess
from packet.keys.base import MachineKey, MachineKeyKind
from packet.keys.opening import open_machine_key

_PORTS = range(24100, 24500, 2)


class Bench:
    """A place where a machine key lives, with what a test does to it from outside."""

    kind = MachineKeyKind.LOCAL

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def descriptor(self) -> str:
        return f"software:{self.directory}"

    def start(self) -> None:
        """Switches the machine on."""

    def stop(self) -> None:
        """Switches the machine off. Keys are closed before."""

    def open(self, expected_signing_public: bytes | None = None) -> MachineKey:
        return open_machine_key(self.descriptor, expected_signing_public)


class LibtpmsBench(Bench):
    kind = MachineKeyKind.TPM

    @property
    def descriptor(self) -> str:
        return f"libtpms:{self.directory / 'tpm.state'}"


class SwtpmBench(Bench):
    kind = MachineKeyKind.TPM

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.emulator: SwtpmProcess | None = None

    @property
    def running(self) -> SwtpmProcess:
        assert self.emulator is not None, "switched off"
        return self.emulator

    @property
    def descriptor(self) -> str:
        return f"tpm:{self.running.tcti}"

    def start(self) -> None:
        self.emulator = SwtpmProcess(self.directory)
        self.emulator.start()

    def stop(self) -> None:
        if self.emulator is not None:
            self.emulator.stop()
            self.emulator = None


class SwtpmTcpBench(SwtpmBench):
    def start(self) -> None:
        for port in _free_pairs():
            emulator = SwtpmProcess(self.directory, port)
            with contextlib.suppress(EmulatorFailedError):  # somebody took the port in between
                emulator.start()
                self.emulator = emulator
                return
        raise AssertionError("no free pair of ports")


def _free_pairs() -> Iterator[int]:
    first = os.getpid() % len(_PORTS)
    for port in (*_PORTS[first:], *_PORTS[:first]):
        if _is_free(port) and _is_free(port + 1):
            yield port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


TPM_BENCHES: dict[str, type[Bench]] = {"libtpms": LibtpmsBench, "swtpm-unix": SwtpmBench}
BENCHES: dict[str, type[Bench]] = {"software": Bench, **TPM_BENCHES, "swtpm-tcp": SwtpmTcpBench}


def require_parts(name: str) -> None:
    """Skips where a part is not installed; where the tests must be complete (CI=true), that is a failure."""
    missing = [] if name == "software" or importlib.util.find_spec("tpm2_pytss") else ["tpm2-pytss"]
    if name.startswith("swtpm") and shutil.which("swtpm") is None:
        missing.append("swtpm")
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"not installed: {', '.join(missing)}")
    elif missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@contextlib.contextmanager
def benches(name: str, directory: Path) -> Iterator[Callable[[], Bench]]:
    """Gives a maker of machines of one kind; all are switched off at the end."""
    require_parts(name)
    made: list[Bench] = []

    def make() -> Bench:
        bench = BENCHES[name](directory / f"machine-{len(made)}")
        made.append(bench)
        bench.start()
        return bench

    try:
        yield make
    finally:
        for bench in made:
            bench.stop()


def esapi_of(key: MachineKey) -> Any:
    """The open connection of a TPM key, for what other programs do to a TPM."""
    return key._connection.esapi  # type: ignore[attr-defined]


def handles(key: MachineKey, first: int = 0x80000000) -> list[int]:
    """Handles of a range that the TPM holds now."""
    from packet.keys.tss import TPM2_CAP

    _, found = esapi_of(key).get_capability(TPM2_CAP.HANDLES, first, 64)
    return [int(handle) for handle in found.data.handles]


def flush_everything(key: MachineKey) -> None:
    """What a careless program does to a TPM without a resource manager."""
    tcti = esapi_of(key).tcti
    for handle in handles(key):
        exchange(tcti, bytes.fromhex("8001 0000000e 00000165") + handle.to_bytes(4, "big"))


def exchange(tcti: Any, command: bytes) -> bytes:
    """One raw command; gives the answer behind its header, which must be a success."""
    from packet.keys.tss import PyTCTI

    if isinstance(tcti, PyTCTI):
        tcti.do_transmit(command)
        answer = tcti.do_receive(-1)
    else:
        tcti.transmit(command)
        answer = tcti.receive()
    assert answer[6:10] == bytes(4), answer.hex()
    return bytes(answer[10:])
