"""What the process does at its start so that a person's data in its memory stay there.

(1) No core dump: its size limit is 0, for our children as well. A kernel that hands dumps to a program does not look at that
limit; therefore (2), on Linux, the process is marked as not to be dumped, which also keeps other programs of the same user from
reading its memory; a child loses that mark when it becomes another program. (3) A fault in a thread, or in a destructor, is
told by its class only, as the top level does it (`app.ending`): its text could hold a person's data, and Python would print it.
(4) The libraries that talk to servers log warnings only: they would write down what a server repeats in a reason phrase.

Not done: memory is not locked, so the system may write it to the swap space; encrypt that.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
import threading
import traceback
from typing import Final

TRACEBACK_WANTED: Final = "SEALDESK_TRACEBACK"
"""Set to 1 in the environment, a fault shows its traceback."""

_PR_SET_DUMPABLE: Final = 4
_TALKATIVE: Final = ("httpx", "httpcore", "urllib3", "requests")


def protect() -> None:
    """Does all of it. What the system does not offer is left out: nothing depends on it."""
    _forbid_core_dumps()
    threading.excepthook = _thread_fault
    sys.unraisablehook = _unraisable_fault
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _forbid_core_dumps() -> None:
    if sys.platform == "win32":
        return
    import resource  # not on Windows

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _thread_fault(fault: threading.ExceptHookArgs) -> None:
    if fault.exc_type is not SystemExit:
        _tell(fault.exc_type, fault.exc_value, f"thread {fault.thread.name}" if fault.thread is not None else "a thread")


def _unraisable_fault(fault: sys.UnraisableHookArgs) -> None:
    _tell(fault.exc_type, fault.exc_value, "cleaning up")


def _tell(kind: type[BaseException], fault: BaseException | None, where: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # there may be no stream left to tell it
        if os.environ.get(TRACEBACK_WANTED) == "1" and fault is not None:
            traceback.print_exception(fault)
        print(f"sealdesk: a fault of the program ({kind.__name__}) in {where} [SEALDESK-BUG]", file=sys.stderr, flush=True)
