"""`sealdesk sandbox`: a MOSIP server on this machine, for trying things out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from app.commands.outcome import fail
from packet.errors import CodedError


def sandbox(
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where its state lives; made private. Default: your data directory.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    id_schema: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="ID schema to publish instead of the shipped one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ready line as JSON.")] = False,
    exit_with_parent: Annotated[bool, typer.Option("--exit-with-parent", help="Stop when standard input ends.")] = False,
) -> None:
    """Run a small MOSIP server with its identity provider on this machine, until Ctrl+C."""
    from sandbox import SandboxConfig
    from sandbox.command import run

    config = SandboxConfig(directory=directory or _default_directory(), port=port, id_schema=id_schema)
    try:
        run(config, as_json=as_json, exit_with_parent=exit_with_parent)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error


def _default_directory() -> Path:
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "sealdesk" / "sandbox"
