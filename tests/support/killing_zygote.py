"""A process with everything imported and ready that forks workers to be killed: ``python -m tests.support.killing_zygote``.

It has one thread and no open files but its three pipes, so that each worker opens everything anew, as after a restart. It reads
a `Bench` and then one `Life` after the other from its standard input, and answers with a `Death` each.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback

import orjson

from packet.models import BioAttribute
from tests.support.clerk import demo_country, lab_cameras
from tests.support.killing_life import Bench, Death, Life, Phase, Teller, read_lines
from tests.support.killing_worker import work_for_ever
from tests.support.specs import machine_key


def main() -> None:
    """Serves until its input ends."""
    bench = Bench(**orjson.loads(sys.stdin.buffer.readline()))
    demo_country()
    machine_key()
    for line in sys.stdin.buffer:
        values = orjson.loads(line)
        victim = values.pop("victim")
        first = Phase(values.pop("first"))
        life = Life(first=first, victim=None if victim is None else Phase(victim), **values)
        cameras = lab_cameras(life.dawn)
        for attribute in BioAttribute:
            cameras(attribute)
        death = live(bench, life)
        sys.stdout.buffer.write(orjson.dumps({"code": death.code, "lines": death.lines}) + b"\n")
        sys.stdout.buffer.flush()


def live(bench: Bench, life: Life) -> Death:
    """Forks a worker, watches it, kills it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.close(reader)
            sys.stdin.close()
            work_for_ever(bench, life, Teller(writer))
            code = 0
        except BaseException:  # noqa: BLE001  # told, and the code says it
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(writer)
    data = _watch(reader, life)
    os.kill(pid, signal.SIGKILL)  # still ours: not yet waited for
    _, status = os.waitpid(pid, 0)
    while more := os.read(reader, 65536):
        data += more
    os.close(reader)
    return Death(os.waitstatus_to_exitcode(status), tuple(read_lines(data)))


def _watch(reader: int, life: Life) -> bytes:
    """Reads until it is time to kill, or until the worker has ended by itself."""
    data = b""
    kill_at = time.monotonic() + life.longest_s
    is_near = False
    mark = b"" if life.victim is None else f'"begins {life.victim}"'.encode()
    while (rest_s := kill_at - time.monotonic()) > 0:
        ready, _, _ = select.select([reader], [], [], rest_s)
        if not ready:
            break
        more = os.read(reader, 65536)
        if not more:
            break
        data += more
        if mark and not is_near and mark in data:
            is_near, kill_at = True, time.monotonic() + life.delay_s
    return data


if __name__ == "__main__":
    main()
