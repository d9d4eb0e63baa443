"""How the command ends when it cannot end by itself: one line, an exit code that means it, nobody's data, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = """
import os, select, signal, sys, typer
from app import ending
from packet.errors import UnusableInputError

app = typer.Typer(pretty_exceptions_enable=False)

def wait_for_ever():  # signal.pause would miss a signal that comes between its call and the kernel
    while True:
        select.select([], [], [], 0.05)

@app.command()
def wait():
    try:
        print("ready", flush=True)
        wait_for_ever()
    finally:
        print("unwound", flush=True)

@app.command()
def stubborn():
    try:
        print("ready", flush=True)
        wait_for_ever()
    finally:
        print("unwinding", flush=True)
        wait_for_ever()

@app.command()
def bug():
    raise RuntimeError("Maria Muster")

@app.command()
def coded():
    raise UnusableInputError()

@app.command()
def missing():
    open("/nowhere/Maria Muster")

@app.command()
def findings():
    print("found")
    raise typer.Exit(1)

@app.command()
def much():
    for _ in range(100_000):
        print("a line of output")

ending.run(app)
"""


def arguments(command: str) -> list[str]:
    return [sys.executable, "-c", _PROGRAM, command]


def run(command: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    changed = {**os.environ, **(environment or {})}
    return subprocess.run(arguments(command), cwd=ROOT, env=changed, capture_output=True, text=True, check=False)


def one_line(text: str) -> str:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("sealdesk: ")
    return lines[0]


def test_a_commands_own_end_is_kept() -> None:
    done = run("findings")
    assert (done.returncode, done.stdout, done.stderr) == (1, "found\n", "")
    assert run("no-such-command").returncode == 2


@pytest.mark.parametrize(("command", "class_name"), [("bug", "RuntimeError"), ("missing", "FileNotFoundError")])
def test_a_fault_shows_its_class_and_nobodys_data(command: str, class_name: str) -> None:
    done = run(command, {"SEALDESK_TRACEBACK": "0"})
    assert done.returncode == 70
    line = one_line(done.stderr)
    assert f"({class_name})" in line
    assert line.endswith("[SEALDESK-BUG]")
    assert "Muster" not in line


def test_a_traceback_is_shown_to_who_asks_for_it() -> None:
    done = run("bug", {"SEALDESK_TRACEBACK": "1"})
    assert done.returncode == 70
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("[SEALDESK-BUG]")


def test_a_named_error_that_no_command_caught_keeps_its_name() -> None:
    done = run("coded")
    assert done.returncode == 2
    assert one_line(done.stderr).endswith("[PACKET-INPUT]")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("command", ["findings", "much"])
def test_a_full_disk_under_the_output_is_no_finding(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(arguments(command), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert "No space left" in line
    assert line.endswith("[SEALDESK-OUTPUT]")


@pytest.mark.parametrize("command", ["findings", "much"])
def test_a_reader_that_goes_away_ends_it_quietly(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(arguments(command), cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_streams_are_no_fault() -> None:
    shell = 'exec "$@" <&- >&- 2>&-'
    done = subprocess.run(["sh", "-c", shell, "sh", *arguments("findings")], cwd=ROOT, check=False)
    assert done.returncode == 1


@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended")])
def test_an_interrupt_unwinds_and_says_so(number: signal.Signals, code: int, said: str) -> None:
    with subprocess.Popen(arguments("wait"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert out == "unwound\n"
    assert said in one_line(err)
    assert process.returncode == code


def test_a_second_sigterm_ends_what_does_not_unwind() -> None:
    with subprocess.Popen(arguments("stubborn"), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.stdout.readline() == "unwinding\n"
        process.terminate()
        process.wait(timeout=30)
    assert process.returncode == -signal.SIGTERM


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_command_itself_ends_that_way(option: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "app.cli", option]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert one_line(done.stderr).endswith("[SEALDESK-OUTPUT]")
