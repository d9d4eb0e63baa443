"""The `sealdesk` command."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from app import __version__, ending, hardening
from app.commands import demo, devices, doctor, gui, packet, sandbox, simulator

app = typer.Typer(
    name="sealdesk",
    help="A registration client for MOSIP: operator desk, device simulator and headless packet builder over one core.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"sealdesk {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Exit codes: 0 good, 1 findings, 2 unusable input, 70 a fault of the program, 130 interrupted."""


app.add_typer(packet.app, name="packet")
app.add_typer(devices.app, name="devices")
app.add_typer(simulator.app, name="simulator")
app.command(name="sandbox")(sandbox.sandbox)
app.command(name="demo")(demo.demo)
app.command(name="doctor")(doctor.doctor)
app.command(name="gui")(gui.gui)


def main() -> None:
    """Entry point. Files that we create are for this user only, whatever the caller's umask is."""
    os.umask(0o077)
    hardening.protect()
    ending.run(app)


if __name__ == "__main__":
    main()
