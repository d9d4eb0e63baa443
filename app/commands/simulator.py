"""`sealdesk simulator`: a device service with synthetic fingers, irises and faces."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.outcome import GOOD, fail
from packet.errors import CodedError, UnusableInputError

if TYPE_CHECKING:
    from devices.simulator import Simulator


class TrustNotWritableError(UnusableInputError):
    """The directory for the simulator's roots cannot be written."""

    code = "SIMULATOR-TRUST"
    sentence = "The simulator's root certificates cannot be written to {path}: {why}."
    next_step = "Give another directory with --trust."


class SimulatorOptionError(UnusableInputError):
    """An option that the simulator cannot be started with."""

    code = "SIMULATOR-OPTION"
    sentence = "--{option} cannot be {value}."
    next_step = "Give L0 or L1 as --level, and 0 to 65535 as --port."


def simulator(
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 for any. Default: first free from 4501 to 4600.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same keys and people at every start. Default: fresh keys.")] = None,
    level: Annotated[str, typer.Option(help="Certification level that the devices announce: L0 or L1.")] = "L0",
    trust: Annotated[Path | None, typer.Option(help="Directory to write the simulator's CA certificates to.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when ready.")] = False,
    exit_with_parent: Annotated[bool, typer.Option(help="End when standard input is closed.")] = False,
) -> None:
    """Run a slap scanner, an iris scanner and a face camera on 127.0.0.1 until interrupted."""
    from devices.sbi.trust import L0, L1
    from devices.simulator import Simulator, SimulatorConfig

    try:
        if level not in {L0, L1}:
            raise SimulatorOptionError(option="level", value=level)
        if port is not None and not 0 <= port <= 65535:
            raise SimulatorOptionError(option="port", value=port)
        service = Simulator(SimulatorConfig(port=port, seed=seed, level=level, subject=seed or 1))
        if trust is not None:
            _export(service, trust)
        if exit_with_parent:
            threading.Thread(target=_stop_at_end_of_input, args=(service,), daemon=True).start()
        service.run(lambda bound: _tell_ready(bound, trust, as_json=as_json))
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    raise typer.Exit(GOOD)


def _export(service: Simulator, directory: Path) -> None:
    try:
        service.pki.export(directory)
    except OSError as error:
        raise TrustNotWritableError(path=str(directory), why=(error.strerror or "unknown reason").lower()) from error


def _stop_at_end_of_input(service: Simulator) -> None:
    while sys.stdin.buffer.read(4096):
        continue
    service.stop()


def _tell_ready(port: int, trust: Path | None, *, as_json: bool) -> None:
    if as_json:
        import orjson

        line = orjson.dumps({"port": port, "trust": None if trust is None else str(trust.resolve())})
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.flush()
        return
    print(f"Simulated devices on 127.0.0.1:{port}" + (f", CA certificates in {trust}" if trust else ""), flush=True)
    print("Stop with Ctrl-C.", flush=True)
