"""Finding and changing a simulator that runs as another process of this user.

A simulator with a state directory writes ``running-<port>.json`` (mode 0600) there while it runs: its port, the directory of
its CA certificates, and the admin token if it has one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import orjson

from devices.simulator.keystore import StateUnusableError
from devices.simulator.simulator import HOST, Simulator
from packet.errors import UnusableInputError
from packet.keys import securefile

TIMEOUT_S = 10.0
_TYPES = {"finger": "Finger", "iris": "Iris", "face": "Face"}


class NotRunningError(UnusableInputError):
    """No simulator of this user can be changed."""

    code = "SIMULATOR-NOT-RUNNING"
    sentence = "No simulator that can be changed was found{where}."
    next_step = "Start one with --admin, and give --port and --admin-token if several run or it has another state directory."


class ChangeRefusedError(UnusableInputError):
    """The running simulator did not do it."""

    code = "SIMULATOR-CHANGE"
    sentence = "The simulator on port {port} did not do it: {why}."
    next_step = "Check --admin-token and --type."


@dataclass(frozen=True, slots=True)
class Running:
    """One simulator that runs.

    Attributes:
        token: empty if its admin verbs are off.
        trust: directory of its CA certificates.
    """

    port: int
    token: str = field(repr=False)
    trust: Path


@contextmanager
def announce(simulator: Simulator) -> Iterator[None]:
    """Lets other processes of this user find a simulator and check its signatures, as long as the context lasts.

    Raises:
        StateUnusableError: if the state directory cannot be written.
    """
    directory = simulator.config.state_dir
    if directory is None:
        yield
        return
    path = directory / f"running-{simulator.port}.json"
    try:
        trust = directory / f"trust-{simulator.port}"
        simulator.pki.export(trust)
        token = simulator.config.admin_token or ""
        values = {"port": simulator.port, "token": token, "pid": os.getpid(), "trust": str(trust)}
        securefile.replace(path, orjson.dumps(values))
    except OSError as error:
        raise StateUnusableError(path=str(directory), why=(error.strerror or "unknown reason").lower()) from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def list_running(directory: Path) -> list[Running]:
    """All simulators that run with a state directory, by port; those that ended without cleaning up are left out."""
    found = []
    for path in sorted(directory.glob("running-*.json")):
        try:
            values = orjson.loads(path.read_bytes())
            os.kill(values["pid"], 0)
            found.append(Running(values["port"], values["token"], Path(values["trust"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def find_changeable(directory: Path, port: int | None = None) -> Running:
    """The one simulator with admin verbs that runs with a state directory, or the one on a port.

    Raises:
        NotRunningError: if there is none, or several without a port.
    """
    found = [running for running in list_running(directory) if running.token and port in {None, running.port}]
    if len(found) != 1:
        where = f" on port {port}" if port is not None else "; several run" if found else ""
        raise NotRunningError(where=where)
    return found[0]


def change_keys(verb: str, port: int, token: str, kind: str | None) -> None:
    """Asks a running simulator to rotate, expire or revoke keys.

    Args:
        kind: finger, iris or face; None for all devices.

    Raises:
        ChangeRefusedError: if it refuses.
        NotRunningError: if nothing answers.
    """
    if kind is not None and kind not in _TYPES:
        raise ChangeRefusedError(port=port, why="the type is none of finger, iris, face")
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        body = orjson.dumps({} if kind is None else {"type": _TYPES[kind]})
        connection.request("POST", f"/admin/v2/{verb}", body, {"X-Admin-Token": token})
        response = connection.getresponse()
        answer = response.read(65536)
    except (OSError, HTTPException) as error:
        raise NotRunningError(where=f" on port {port}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise ChangeRefusedError(port=port, why=_reason(answer))


def _reason(answer: bytes) -> str:
    try:
        values = orjson.loads(answer)
        return str(values["errorInfo"])[:200] if isinstance(values, dict) else "it gave no reason"
    except (ValueError, KeyError):
        return "it gave no reason"
