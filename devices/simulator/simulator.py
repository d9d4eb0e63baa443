"""Starting and stopping the simulator, in a thread or as the process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn

from devices.simulator.answers import Answers
from devices.simulator.catalogue import SimulatorConfig
from devices.simulator.pki import SimulatorPki
from devices.simulator.script import Script
from devices.simulator.service import Note, SimulatorService
from packet.crypto.chain import TrustStore
from packet.errors import UnusableInputError

HOST = "127.0.0.1"
PORTS = range(4501, 4601)


class PortTakenError(UnusableInputError):
    """No port to listen on."""

    code = "SIMULATOR-PORT"
    sentence = "The simulator cannot listen on {wanted}: {why}."
    next_step = "Stop the other device service, or give another --port."


class Simulator:
    """A device service on the loopback address.

    Usable as a context manager; `start` and `stop` run it in a thread, `run` in the calling one.
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.pki = SimulatorPki(self.config.seed, self.config.clock())
        self.script = Script(self.config.subject)
        self._service = SimulatorService(self.config, Answers(self.config, self.pki), self.script)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    @property
    def port(self) -> int:
        """Where it listens; 0 before it was started."""
        return self._service.port

    @property
    def notes(self) -> tuple[Note, ...]:
        """The latest requests, oldest first."""
        return tuple(self._service.notes)

    def device_trust_store(self) -> TrustStore:
        """Domain DEVICE as a client has to know it."""
        return TrustStore("DEVICE", self.pki.device_chain)

    def ftm_trust_store(self) -> TrustStore:
        """Domain FTM as a client has to know it."""
        return TrustStore("FTM", self.pki.ftm_chain)

    def start(self) -> Self:
        """Listens and serves in a thread. Connections are accepted from the moment that this returns.

        Raises:
            PortTakenError: if there is no port.
        """
        listener = self._listen()
        self._is_stopped = False
        server = self._server = self._make_server()
        self._thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends the service. Safe to call twice, and before `run` has begun."""
        self._is_stopped = True
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def run(self, on_ready: Callable[[int], None]) -> None:
        """Listens, tells the port, and serves until a signal or `stop` from another thread.

        Raises:
            PortTakenError: if there is no port.
        """
        listener = self._listen()
        server = self._server = self._make_server()
        server.should_exit = self._is_stopped
        on_ready(self.port)
        server.run([listener])

    def _make_server(self) -> uvicorn.Server:
        # httptools answers 400 to verbs that it does not know; h11 takes any token.
        return uvicorn.Server(
            uvicorn.Config(
                self._service.app(),
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=2,
                h11_max_incomplete_event_size=16 * 1024,
            )
        )

    def _listen(self) -> socket.socket:
        wanted = list(PORTS) if self.config.port is None else [self.config.port]
        for port in wanted:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
                listener.listen(64)
            except (OSError, OverflowError) as error:
                listener.close()
                reason = str(getattr(error, "strerror", None) or error)
                continue
            self._service.port = listener.getsockname()[1]
            return listener
        name = f"port {wanted[0]}" if len(wanted) == 1 else f"any port from {wanted[0]} to {wanted[-1]}"
        raise PortTakenError(wanted=name, why=reason)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
