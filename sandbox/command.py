"""Running a sandbox in the foreground until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading

import orjson

from sandbox.config import SandboxConfig
from sandbox.server import Sandbox


def run(config: SandboxConfig, *, as_json: bool = False, exit_with_parent: bool = False) -> None:
    """Starts a sandbox, says on stdout that it is ready, and serves until SIGINT or SIGTERM.

    Args:
        as_json: the ready line is one JSON object: ``url``, ``realm``, ``directory``, ``adminSecretFile``, and ``passwords``
            with those that this start made.
        exit_with_parent: also stops when stdin ends, as it does when the program that holds its other end is gone.

    Raises:
        CodedError: if the sandbox cannot start.
    """
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: told.set())
    signal.signal(signal.SIGINT, lambda _number, _frame: told.set())
    with Sandbox(config) as sandbox:
        if exit_with_parent:
            threading.Thread(target=_watch_stdin, args=(told,), name="sandbox-stdin", daemon=True).start()
        _say_ready(sandbox, as_json=as_json)
        told.wait()


def _watch_stdin(told: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    told.set()


def _say_ready(sandbox: Sandbox, *, as_json: bool) -> None:
    ready: dict[str, object] = {
        "url": sandbox.url,
        "realm": sandbox.issuer,
        "directory": str(sandbox.directory),
        "adminSecretFile": str(sandbox.admin_secret_file),
    }
    made = dict(sandbox.made_passwords)
    if as_json:
        if made:
            ready["passwords"] = made
        print(orjson.dumps(ready).decode("utf-8"), flush=True)
        return
    print(f"Sandbox at {ready['url']} (stop with Ctrl+C)")
    print(f"  realm:         {ready['realm']}")
    print(f"  directory:     {ready['directory']}")
    print(f"  admin secret:  {ready['adminSecretFile']}")
    for username, password in made.items():
        print(f"  password of {username}: {password}   (shown this once)")
    sys.stdout.flush()
