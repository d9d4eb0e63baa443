"""Which process listens on a port, where the system tells it: a help for the operator, proof of nothing.

Linux lists sockets in ``/proc/net/tcp`` (local address in hex, state ``0A`` for listening, inode in the tenth column) and the
sockets of a process as links ``socket:[inode]`` in ``/proc/<pid>/fd``. Processes of other users cannot be looked into; then,
and on other systems, nothing is known.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
_TABLES = ("tcp", "tcp6")


@dataclass(frozen=True, slots=True)
class PortOwner:
    """A process that listens."""

    pid: int
    name: str


def port_owner(port: int, root: Path = Path("/proc")) -> PortOwner | None:
    """The process that listens on a port of this machine, if that can be found out."""
    wanted = {f"socket:[{inode}]" for table in _TABLES for inode in _inodes(root / "net" / table, port)}
    if not wanted:
        return None
    for folder in _processes(root):
        if any(link in wanted for link in _links(folder / "fd")):
            return PortOwner(int(folder.name), _name(folder))
    return None


def _inodes(table: Path, port: int) -> list[str]:
    try:
        lines = table.read_text("ascii", "replace").splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    suffix = f":{port:04X}"
    return [row[9] for row in rows if len(row) > 9 and row[1].endswith(suffix) and row[3] == _LISTENING]


def _processes(root: Path) -> list[Path]:
    try:
        return sorted((folder for folder in root.iterdir() if folder.name.isdecimal()), key=lambda folder: int(folder.name))
    except OSError:
        return []


def _links(folder: Path) -> list[str]:
    links = []
    try:
        names = os.listdir(folder)  # noqa: PTH208  a listing of names, thousands of them
    except OSError:
        return []
    for name in names:
        try:
            links.append(os.readlink(folder / name))  # noqa: PTH115  the link's text, not a path
        except OSError:
            continue
    return links


def _name(folder: Path) -> str:
    try:
        text = (folder / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return "".join(c if c.isprintable() else " " for c in text[:64])
