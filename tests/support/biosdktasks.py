"""Tasks of a worker process that misbehave, for tests of the process around them."""

from __future__ import annotations

import os
import signal
import time

from devices.biosdk.errors import NotEnoughDetailError


def _refuse(content: bytes) -> bytes:
    raise NotEnoughDetailError(attribute="leftThumb", found=len(content), needed=10)


def _die(content: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return content


def _raise(content: bytes) -> bytes:
    raise RuntimeError("not a named error")


def _hang(content: bytes) -> bytes:
    time.sleep(3600)
    return content


def _chatter(content: bytes) -> bytes:
    os.write(1, b"ERROR : block_offsets : image must be at least 8 by 8 in size\n")
    return content


def _eat(content: bytes) -> bytes:
    return bytes(4 * 1024**3)


def _core_limit(content: bytes) -> bytes:
    import resource

    return str(resource.getrlimit(resource.RLIMIT_CORE)).encode()


TASKS = {
    "echo": lambda content: content,
    "refuse": _refuse,
    "die": _die,
    "raise": _raise,
    "hang": _hang,
    "chatter": _chatter,
    "eat": _eat,
    "core": _core_limit,
}
