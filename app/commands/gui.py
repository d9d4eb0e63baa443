"""`sealdesk gui`: the operator's window."""

from __future__ import annotations

import sys

import typer

from app.commands.outcome import UNUSABLE


def gui() -> None:
    """Open the operator's window (not part of this version yet)."""
    print(
        "sealdesk: this version has no window yet. Use 'sealdesk demo' to see the whole line, "
        "'sealdesk packet build' to build packets.",
        file=sys.stderr,
    )
    raise typer.Exit(UNUSABLE)
