"""The program at its start: no core dumps, and no text of a fault in a thread or a destructor."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.command import ROOT

SECRET = "Zqv" + "-person-" + "41"  # in two pieces, so that a source line in a traceback does not hold it
PROTECTED = "from app.hardening import protect; protect()\n"
IN_A_THREAD = "import threading\ndef fail(): raise KeyError('Zqv' + '-person-' + '41')\nthreading.Thread(target=fail).start()\n"
IN_A_DESTRUCTOR = "class C:\n def __del__(self): raise KeyError('Zqv' + '-person-' + '41')\nC()\n"
CORE_LIMIT = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))\n"
DUMPABLE = "import ctypes\nprint(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"


def said(code: str, **more: str) -> str:
    """What a program says on both streams."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **more},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("fault", [IN_A_THREAD, IN_A_DESTRUCTOR])
def test_a_fault_beside_the_top_level_is_told_by_its_class_only(fault: str) -> None:
    assert SECRET in said(fault), "Python itself would print it"
    output = said(PROTECTED + fault)
    assert "KeyError" in output
    assert "[SEALDESK-BUG]" in output
    assert SECRET not in output
    assert SECRET in said(PROTECTED + fault, SEALDESK_TRACEBACK="1")


def test_a_thread_that_ends_itself_says_nothing() -> None:
    assert said(PROTECTED + "import threading, sys\nthreading.Thread(target=sys.exit).start()\n") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
def test_the_process_cannot_be_dumped() -> None:
    assert said(DUMPABLE) == "1\n"
    assert said(PROTECTED + CORE_LIMIT + DUMPABLE) == "(0, 0)\n0\n"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="becomes another user")
def test_a_process_that_cannot_be_dumped_still_names_files_without_a_name() -> None:
    """Files get their names through /proc/self/fd, which belongs to root then."""
    act = (
        "import os, resource\nfrom pathlib import Path\nfrom packet.files import write_new\n" + PROTECTED + "os.setgroups([])\n"
        "os.setgid(65534)\nos.setuid(65534)\n" + PROTECTED + "write_new(Path('new'), b'packet')\n" + DUMPABLE
    )
    with tempfile.TemporaryDirectory(prefix="sealdesk-tests-") as folder:
        Path(folder).chmod(0o777)
        assert said(f"import sys, os\nsys.path.insert(0, {str(ROOT)!r})\nos.chdir({folder!r})\n" + act) == "0\n"
        assert (Path(folder) / "new").read_bytes() == b"packet"
        assert len(list(Path(folder).iterdir())) == 1


def test_libraries_do_not_log_what_a_server_says() -> None:
    talk = (
        "import httpx, logging\nlogging.basicConfig(level=logging.DEBUG)\n"
        "answer = httpx.Response(200, extensions={'reason_phrase': b'Zqv-' + b'person-41'})\n"
        "httpx.Client(transport=httpx.MockTransport(lambda _: answer)).get('https://mosip.example.invalid/')\n"
    )
    assert SECRET in said(talk)
    assert SECRET not in said(PROTECTED + talk)


def test_the_command_protects_itself() -> None:
    assert said("import app.ending, app.cli\napp.ending.run = lambda _: None\napp.cli.main()\n" + CORE_LIMIT) == "(0, 0)\n"
