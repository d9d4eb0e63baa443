"""Processes that are killed before a chosen statement of a database connection."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from app.store.connection import Database, open_database
from app.store.localstore import LocalStore, open_store
from packet.keys.software import SoftwareMachineKey


def forked(child: Callable[[], None]) -> int:
    """A process that does that and ends with 0, or with 70 if it raises; its id."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            child()
            code = 0
        finally:
            os._exit(code)
    return pid


def outcome(pid: int) -> int:
    """Waits for a process: its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_before(database: Database, statement: int) -> None:
    """From now on, this process dies by SIGKILL before that statement (1 is the next) of the writing connection."""
    seen = 0

    def count(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    with database.transaction() as connection:
        pass
    connection.set_trace_callback(count)


def killed_before(path: Path, machine_key: SoftwareMachineKey, statement: int, act: Callable[[LocalStore], None]) -> bool:
    """Does something with a store in a process that dies before a statement.

    Returns:
        Whether it died; False if it was done before that statement came.
    """

    def child() -> None:
        with open_store(path, machine_key, os.urandom) as store:
            kill_before(store.database, statement)
            act(store)

    return _was_killed(outcome(forked(child)))


def killed_opening(path: Path, statement: int, act: Callable[[Database], None]) -> bool:
    """The same with a bare database."""

    def child() -> None:
        with open_database(path) as database:
            kill_before(database, statement)
            act(database)

    return _was_killed(outcome(forked(child)))


def _was_killed(code: int) -> bool:
    assert code in (0, -signal.SIGKILL), f"the child failed by itself: {code}"
    return code == -signal.SIGKILL
