"""`sealdesk demo`: the whole line on this machine, from simulated fingers to the server's verdict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.outcome import FINDINGS, UNUSABLE, one_line, print_json
from packet.errors import CodedError

if TYPE_CHECKING:
    from app.demo.run import DemoResult


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Leave packet, packet key, trust and schema in this new folder.")
    ] = None,
    machine_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="tpm[:TCTI] | libtpms:FILE | software:DIR. Default: an emulated TPM if there is one."),
    ] = None,
) -> None:
    """Register an invented person end to end: devices, TPM, login, packet, upload, and the server's verdict.

    Starts its own server and devices, ends by itself and leaves nothing behind but what --keep asks for.
    """
    from app.commands.progress import progress
    from app.demo.errors import PacketRejectedError
    from app.demo.journal import Journal
    from app.demo.run import DemoOptions, DemoResult, run

    options = DemoOptions(None if keep is None else keep.absolute(), machine_key)
    failure: CodedError | None = None
    with progress("starting") as report:
        result = DemoResult(Journal(report))
        try:
            run(options, result)
        except CodedError as error:
            failure = error
    _print(result, failure, options.keep_folder, as_json=as_json)
    if failure is not None:
        print(f"sealdesk: {one_line(failure.message)} {one_line(failure.advice)} [{failure.code}]", file=sys.stderr)
        raise typer.Exit(FINDINGS if isinstance(failure, PacketRejectedError) else UNUSABLE)


def _print(result: DemoResult, failure: CodedError | None, kept: Path | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "good": failure is None,
                "machineKey": result.machine_key or None,
                "warning": result.warning,
                "verdict": result.verdict or None,
                "packetId": None if result.packet is None else result.packet.packet_id,
                "kept": None if kept is None or failure is not None else str(kept),
                "steps": [step.as_json() for step in result.journal.steps],
                "milliseconds": round(sum(step.milliseconds for step in result.journal.steps), 1),
                **({} if failure is None else {"error": failure.diagnostics()}),
            }
        )
        return
    if result.journal.steps:
        _print_table(result)
    if result.machine_key:
        print(f"Machine key (K10)  {result.machine_key}")
    if result.packet is not None:
        print(f"Packet             {result.packet.file_name}, {result.packet.size_bytes:,} bytes")
    if result.verdict:
        print(f"Server's verdict   {result.verdict}")
    if result.warning is not None:
        print(f"WARNING: no TPM was used. {one_line(result.warning)}")
    if failure is None and kept is not None:
        print(f"Kept               {kept}: the packet, and beside it the key that opens it")


def _print_table(result: DemoResult) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="One registration, end to end", title_justify="left")
    table.add_column("Step")
    table.add_column("Key")
    table.add_column("Bytes", justify="right")
    table.add_column("ms", justify="right")
    for step in result.journal.steps:
        size = "" if step.size_bytes is None else f"{step.size_bytes:,}"
        table.add_row(step.name, step.key, size, f"{step.milliseconds:.0f}")
    Console(markup=False, highlight=False).print(table)
