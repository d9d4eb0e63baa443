"""The sandbox as a child of the demonstration: ``python -m app.demo.sandboxchild``.

Not the `sealdesk sandbox` command, for two reasons: it can give away the packet key's private half when the demonstration is
asked to keep it, and it removes the demonstration's folder when it ends, which it does last, and also when the demonstration
was killed and cannot.

First line of standard input: a JSON object with ``runFolder``, ``sandboxFolder`` and ``allowKeyExport``. Answer: the ready
line. Each further line is a reference id; answer: a line with ``pem``. It ends when standard input ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

import orjson

from app.demo.folder import is_run_folder
from packet.errors import CodedError
from sandbox import Sandbox, SandboxConfig


def main() -> None:
    """Runs until standard input ends."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _end)
    order = orjson.loads(sys.stdin.buffer.readline() or b"{}")
    run_folder = Path(order["runFolder"])
    try:
        _serve(SandboxConfig(Path(order["sandboxFolder"]), allow_key_export=order["allowKeyExport"]))
    except CodedError as error:
        _say({"error": error.diagnostics()})
    finally:
        if is_run_folder(run_folder):
            shutil.rmtree(run_folder, ignore_errors=True)


def _serve(config: SandboxConfig) -> None:
    with Sandbox(config) as sandbox:
        _say(
            {
                "url": sandbox.url,
                "realm": sandbox.issuer,
                "adminSecret": sandbox.admin_secret,
                "passwords": dict(sandbox.made_passwords),
            }
        )
        for line in sys.stdin.buffer:
            _say({"pem": sandbox.export_packet_key(line.decode("ascii").strip()).decode("ascii")})


def _say(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.flush()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    main()
