"""The process that makes workers and kills them, seen from the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson

from tests.support.killing_life import Bench, Death, Life, as_json

_REPOSITORY: Final = Path(__file__).parents[2]


class Workers:
    """Makes workers and kills them; use `workers`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout

    def live(self, life: Life) -> Death:
        """One life, from its start to its end."""
        self._requests.write(as_json(life))
        self._requests.flush()
        answer = orjson.loads(self._answers.readline())
        return Death(answer["code"], tuple(answer["lines"]))


@contextmanager
def workers(bench: Bench, temporary: Path) -> Iterator[Workers]:
    """Starts the process.

    Args:
        temporary: the workers' folder for temporary files.
    """
    # One thread: what numpy starts for itself would not survive the fork.
    environment = {**os.environ, "TMPDIR": str(temporary), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.support.killing_zygote"]
    with subprocess.Popen(command, cwd=_REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(as_json(bench))
        try:
            yield Workers(process)
        finally:
            process.stdin.close()
