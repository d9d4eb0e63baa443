"""Services that speak the devices' verbs must not be read by an HTTP parser written in C: those refuse verbs they do not know.

uvicorn takes httptools by itself as soon as it is installed. So every place that starts it must say h11, and no other server
with such a parser may come in as a dependency of what we ship.
"""

from __future__ import annotations

import ast
import asyncio
import socket
import tomllib
from pathlib import Path

import h11
import pytest

from devices.client.transport import Answer, Call, exchange
from devices.simulator import Simulator, SimulatorConfig

ROOT = Path(__file__).parents[2]
VERBS = ("MOSIPDISC", "MOSIPDINFO", "RCAPTURE", "CAPTURE", "STREAM")
PATHS = {"MOSIPDISC": "/device", "MOSIPDINFO": "/info", "STREAM": "/stream"}
C_PARSERS = ("httptools", "aiohttp", "hypercorn", "granian", "gunicorn")


def sources() -> list[Path]:
    return [path for room in ("app", "devices", "sandbox") for path in (ROOT / room).rglob("*.py")]


def test_whoever_starts_uvicorn_says_which_parser() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"uvicorn.Config", "Config", "uvicorn.run"}:
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert given.get("http") == "'h11'", f"{path.relative_to(ROOT)}:{node.lineno}"


def test_nothing_that_is_shipped_imports_or_demands_a_c_parser() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    demanded = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert not [d for d in demanded if d.startswith(C_PARSERS) or "uvicorn[" in d]
    for path in sources():
        text = path.read_text(encoding="utf-8")
        assert not [name for name in C_PARSERS if f"import {name}" in text or f"from {name}" in text], path


@pytest.mark.parametrize("verb", VERBS)
def test_the_simulator_understands_every_verb(verb: str) -> None:
    async def ask(port: int) -> Answer:
        return await exchange(Call(port, verb, PATHS.get(verb, "/capture"), b"{}", 5, 1 << 20))

    with Simulator(SimulatorConfig(port=0)) as simulator:
        assert asyncio.run(ask(simulator.port)).status == 200


@pytest.mark.parametrize("verb", VERBS)
def test_a_service_that_does_not_know_the_verbs_is_seen_as_no_device(verb: str) -> None:
    """What httptools and llhttp answer: 400, whatever the path."""

    async def serve() -> Answer:
        def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server = h11.Connection(h11.SERVER)
            writer.write(server.send(h11.Response(status_code=400, headers=[("Content-Length", "0")])) or b"")
            writer.close()

        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        async with await asyncio.start_server(answer, sock=listener):
            return await exchange(Call(port, verb, "/info", b"", 5, 1 << 20))

    assert asyncio.run(serve()).status == 400
