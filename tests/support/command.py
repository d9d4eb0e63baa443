"""Running the `sealdesk` command as a user does: another process, its exit code, what it prints."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a command ended with."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """stdout as one JSON object."""
        value = orjson.loads(self.out)
        assert isinstance(value, dict)
        return value

    def assert_refused(self, exit_code: int, code: str) -> None:
        """Asserts a refusal by name: its exit code, one line on stderr that ends with the code, no traceback."""
        assert self.exit_code == exit_code, self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("sealdesk: ")
        assert lines[0].endswith(f"[{code}]"), lines[0]
        assert "Traceback" not in self.out + self.err


def sealdesk(*arguments: str | Path, timeout_s: float = 120) -> Outcome:
    """Runs `sealdesk` with arguments."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
