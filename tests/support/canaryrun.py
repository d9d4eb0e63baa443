"""Running the program in a room: its home, its temporary files and its outputs in one folder; and watching its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.command import ROOT

WATCH_EVERY_S = 0.02


class ProcessWatch:
    """Notes command line and environment of everything that descends from this process, again and again. For a ``with`` block.

    Attributes:
        seen: what was read, by process id; a process that becomes another program has several.
    """

    def __init__(self) -> None:
        self.seen: dict[int, set[bytes]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_EVERY_S):
            for pid in _descendants(os.getpid()):
                for name in ("cmdline", "environ", "comm"):
                    self.seen.setdefault(pid, set()).add(_read(f"/proc/{pid}/{name}"))


def _descendants(ancestor: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            fields = _read(f"/proc/{entry.name}/stat").rpartition(b")")[2].split()
            if len(fields) > 1:
                parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if (parent == ancestor or parent in found) and pid not in found}:
        found |= more
    return found


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # it has ended, or does not let itself be read
        return b""


@dataclass
class Room:
    """A folder in which programs run.

    Attributes:
        exits: exit codes by name.
    """

    root: Path
    exits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "tmp", "cwd", "out", "log"):
            (self.root / name).mkdir()

    @property
    def environment(self) -> dict[str, str]:
        """What a program in the room is given."""
        home = self.root / "home"
        folders = {
            name: str(home / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
        }
        temporary = dict.fromkeys(("TMPDIR", "SQLITE_TMPDIR"), str(self.root / "tmp"))
        python = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
        return {"PATH": os.environ["PATH"], "HOME": str(home), **folders, **temporary, **python}

    def command(self, name: str, *arguments: str | Path) -> None:
        """Runs a command of `sealdesk`; its output goes to files."""
        with (self.root / "out" / f"{name}.stdout").open("wb") as out, (self.root / "out" / f"{name}.stderr").open("wb") as err:
            self.exits[name] = subprocess.run(
                [sys.executable, "-m", "app.cli", *map(str, arguments)],
                cwd=self.root / "cwd",
                env=self.environment,
                stdout=out,
                stderr=err,
                timeout=240,
                check=False,
            ).returncode

    def scenarios(self, names: Sequence[str], server: Mapping[str, str]) -> None:
        """Runs scenarios in a host process."""
        order = json.dumps({"root": str(self.root), "scenarios": list(names), "server": dict(server)})
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.canaryhost"],
            cwd=self.root / "cwd",
            env=self.environment,
            input=order.encode(),
            capture_output=True,
            timeout=240,
            check=False,
        )
        (self.root / "out" / "host.stderr").write_bytes(done.stderr)
        (self.root / "out" / "host.stdout").write_bytes(done.stdout)
        self.exits |= json.loads(done.stdout or b"{}")
