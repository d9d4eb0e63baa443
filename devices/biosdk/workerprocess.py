"""The process in which images are decoded and foreign C code runs on them, so that neither can take the application down.

    python -m devices.biosdk.workerprocess <module with TASKS>

``TASKS`` maps a word to a function from bytes to bytes. The process works on one message after the other and ends when its
standard input ends. Before anything else it bounds its memory, forbids core dumps (they would write a fingerprint to disk), and
keeps its pipes for itself: what C code prints goes nowhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import BinaryIO, Final

import orjson

from devices.biosdk.errors import BioSdkError
from devices.biosdk.workerframes import OK, read_frame, write_frame

MEMORY_MAX_BYTES: Final = 1024 * 1024 * 1024


def serve(tasks: Mapping[str, Callable[[bytes], bytes]], requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers until there is nothing more to read. A named error is an answer; anything else ends the process."""
    while (frame := read_frame(requests)) is not None:
        word, content = frame
        try:
            answer = tasks[word](content)
        except BioSdkError as error:
            write_frame(answers, error.code, orjson.dumps(error.params))
        else:
            write_frame(answers, OK, answer)


def bound_resources() -> None:
    """Limits address space and forbids core dumps, where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY_MAX_BYTES if hard == resource.RLIM_INFINITY else min(hard, MEMORY_MAX_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes under other numbers; standard input and output lead nowhere from now on."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def main() -> None:
    """Serves the tasks of the module that is named on the command line."""
    bound_resources()
    requests, answers = own_pipes()
    tasks: Mapping[str, Callable[[bytes], bytes]] = import_module(sys.argv[1]).TASKS
    serve(tasks, requests, answers)


if __name__ == "__main__":
    main()
