"""A bad line to the server: a TCP relay that cuts requests, swallows answers, and falls silent, as told."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

_CHUNK: Final = 65536


class Fault(StrEnum):
    """What happens to one request."""

    CUT = "the connection breaks in the middle of the request"
    SWALLOW = "the server takes the request, its answer is lost"
    STALL = "the line falls silent in the middle of the request, until the client gives up or dies"


@dataclass
class _Relay:
    client: socket.socket
    server: socket.socket
    fault: Fault | None = None
    budget: int = 0


class BadLine:
    """Relays between 127.0.0.1 and a server's port, one thread a connection.

    Attributes:
        done: the faults that happened.
    """

    def __init__(self, port: int, stall_s: float = 2.0) -> None:
        self._port = port
        self._stall_s = stall_s
        self._plan: list[tuple[Fault, int]] = []
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.done: list[Fault] = []
        self._acceptor = threading.Thread(target=self._accept, name="bad-line")
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def plan(self, *faults: tuple[Fault, int]) -> None:
        """The next requests fare so, each after that many bytes; those after them are relayed."""
        with self._lock:
            self._plan = list(faults)

    def close(self) -> None:
        """Ends everything."""
        self._is_over.set()
        self._acceptor.join()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._is_over.is_set():
            if not select.select([self._listening], [], [], 0.1)[0]:
                continue
            client, _ = self._listening.accept()
            thread = threading.Thread(target=self._serve, args=(client,), name="bad-line-relay")
            self._threads = [known for known in self._threads if known.is_alive()] + [thread]
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as server, contextlib.suppress(OSError):
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            relay = _Relay(client, server)
            while not self._is_over.is_set() and self._step(relay):
                pass

    def _step(self, relay: _Relay) -> bool:
        """Relays what has come; False ends the connection."""
        ready, _, _ = select.select([relay.client, relay.server], [], [], 0.1)
        for end in ready:
            data = end.recv(_CHUNK)
            if not data:
                return False
            if not (self._upwards(relay, data) if end is relay.client else self._downwards(relay, data)):
                return False
        return True

    def _upwards(self, relay: _Relay, data: bytes) -> bool:
        if data.startswith((b"POST ", b"GET ")):
            with self._lock:
                relay.fault, relay.budget = self._plan.pop(0) if self._plan else (None, 0)
        if relay.fault not in (Fault.CUT, Fault.STALL):
            relay.server.sendall(data)
            return True
        relay.server.sendall(data[: relay.budget])
        relay.budget -= len(data)
        if relay.budget > 0:
            return True
        self.done.append(relay.fault)
        if relay.fault is Fault.STALL:
            self._stall(relay)
        return False

    def _stall(self, relay: _Relay) -> None:
        """Swallows what comes until the client gives up or dies."""
        ends_at = time.monotonic() + self._stall_s
        while (rest_s := ends_at - time.monotonic()) > 0:
            if not select.select([relay.client], [], [], rest_s)[0] or not relay.client.recv(_CHUNK):
                return

    def _downwards(self, relay: _Relay, data: bytes) -> bool:
        if relay.fault is Fault.SWALLOW:
            self.done.append(Fault.SWALLOW)
            return False
        relay.client.sendall(data)
        return True
