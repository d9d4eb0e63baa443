"""How the program ends when a command does not end by itself: interrupted, without a place for its output, or by a fault.

========  ======================================================================================================
Exit      When
========  ======================================================================================================
0, 1, 2   the command's own: good, findings, unusable input (`app.commands.outcome`)
2         also: standard output cannot be written (a full disk); what was printed is not complete
70        a fault of the program, ``[SEALDESK-BUG]``; only the fault's class is shown, since its text or a traceback could
          hold a person's data. ``SEALDESK_TRACEBACK=1`` in the environment shows the traceback
130       interrupted by Ctrl+C (SIGINT)
141       the reader of our output went away (SIGPIPE), as with ``sealdesk ... | head``; nothing is said
143       ended from outside (SIGTERM)
========  ======================================================================================================

An interrupt or end unwinds the command in order; a second SIGTERM ends it at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

from app.commands.outcome import UNUSABLE, one_line
from app.hardening import TRACEBACK_WANTED
from packet.errors import CodedError

BUG: Final = 70
INTERRUPTED: Final = 128 + signal.SIGINT
READER_GONE: Final = 128 + signal.SIGPIPE
TERMINATED: Final = 128 + signal.SIGTERM
_OUTPUT_FAULTS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Term:
    """Turns the first SIGTERM into the unwinding of an interrupt, and remembers that it was one."""

    def __init__(self) -> None:
        self.is_told = False
        is_ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        if is_ours:
            signal.signal(signal.SIGTERM, self._end)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.is_told = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt


def run(command: Callable[[], object]) -> NoReturn:
    """Runs the command line to its end and exits by the table above.

    Args:
        command: the command line; may end by returning (0) or by `SystemExit`.
    """
    _open_missing_streams()
    out = sys.stdout
    term = _Term()
    try:
        try:
            code = _code_of(command)
            if sys.stdout is not out:  # the command line's library swallowed a broken pipe and covered the stream
                sys.stdout = out
                raise BrokenPipeError
            out.flush()
        except KeyboardInterrupt:
            code = INTERRUPTED
        if code == INTERRUPTED:
            code = TERMINATED if term.is_told else INTERRUPTED
            _say("ended from outside" if term.is_told else "interrupted")
    except BrokenPipeError:
        code = READER_GONE
    except CodedError as error:
        _say(f"{one_line(error.message)} {one_line(error.advice)} [{error.code}]")
        code = UNUSABLE
    except Exception as error:  # noqa: BLE001 - the top level: whatever it is, no text of it may reach the terminal
        code = _fault(error)
    _drop_unwritable_output()
    sys.exit(code)


def _code_of(command: Callable[[], object]) -> int | str | None:
    try:
        command()
    except SystemExit as end:
        return end.code
    return 0


def _fault(error: Exception) -> int:
    if isinstance(error, OSError):
        why = _stdout_fault(error)
        if why is not None:
            _say(f"Standard output cannot be written: {why}. Free some space or choose another place for it. [SEALDESK-OUTPUT]")
            return UNUSABLE
    if os.environ.get(TRACEBACK_WANTED) == "1":
        traceback.print_exception(error)
    _say(
        f"A fault of the program ({type(error).__name__}). Report it with what you did; "
        f"{TRACEBACK_WANTED}=1 shows where, and may show a person's data. [SEALDESK-BUG]"
    )
    return BUG


def _stdout_fault(error: OSError) -> str | None:
    """Why our output cannot be written, if the error is about that: what could not be written is still in the stream."""
    try:
        sys.stdout.flush()
    except OSError as again:
        return again.strerror or "unknown reason"
    if error.filename is None and error.errno in _OUTPUT_FAULTS:
        return error.strerror
    return None


def _say(text: str) -> None:
    with suppress(OSError):  # there is nobody left to tell
        print(f"sealdesk: {text}", file=sys.stderr, flush=True)


def _open_missing_streams() -> None:
    """Who starts us with a closed stream wants no output; without this, the next file that we open would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - lives as long as the program


def _drop_unwritable_output() -> None:
    """The interpreter writes out both streams once more as it ends, and would complain in its own words."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
