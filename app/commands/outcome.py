"""How every sub-command ends: exit codes, the one line on stderr, the JSON on stdout.

Exit codes: 0 good, 1 findings (the input was readable, something in it is wrong), 2 unusable input or an environment in which
the work cannot be done.
"""

from __future__ import annotations

import sys
from typing import Final

import orjson
import typer

from packet.errors import CodedError

GOOD: Final = 0
FINDINGS: Final = 1
UNUSABLE: Final = 2


def print_json(value: object) -> None:
    """Writes one JSON document to stdout, indented, with a final newline."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


def fail(error: CodedError, *, as_json: bool, exit_code: int = UNUSABLE) -> typer.Exit:
    """Reports a named error and gives the exit to raise: ``raise fail(error, as_json=...)``."""
    if as_json:
        print_json({"error": error.diagnostics()})
    print(f"sealdesk: {one_line(error.message)} {one_line(error.advice)} [{error.code}]", file=sys.stderr)
    return typer.Exit(exit_code)


def one_line(text: str) -> str:
    """Text made safe for one terminal line: control characters, as a hostile file could smuggle in, become spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
