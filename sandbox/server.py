"""A running sandbox: the port, the server's thread, the worker."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from sandbox.config import SandboxConfig
from sandbox.directory import SandboxDirectory
from sandbox.errors import PortTakenError, SandboxError
from sandbox.regproc.syncrequest import APPLICATION
from sandbox.services import Services

HOST = "127.0.0.1"
_START_MAX_S = 30
_CONNECTIONS_MAX = 64


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()


class Sandbox:
    """A MOSIP server for one machine's eyes only, with state in one directory. Also a context manager."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._directory: SandboxDirectory | None = None
        self._services: Services | None = None
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Opens the directory, listens, and goes on with packets that an earlier run left.

        Raises:
            DirectoryForeignError, DirectoryBusyError, DirectoryUnusableError, PortTakenError, StateDamagedError,
            IdSchemaUnusableError, PasswordWeakError, UserUnknownError: if it cannot start; nothing is left running then.
        """
        try:
            self._directory = SandboxDirectory(self._config.directory)
            self._socket = _listen(self._config.port)
            self._services = Services(self._config, self._directory, self.url)
            self._serve(self._services, self._socket)
            if self._config.process_packets:
                self._services.worker.start()
        except BaseException:
            self.stop()
            raise

    def _serve(self, services: Services, listening: socket.socket) -> None:
        config = uvicorn.Config(
            services.application(),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS_MAX,
            timeout_graceful_shutdown=5,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="sandbox-server", daemon=True
        )
        self._thread.start()
        if not self._server.is_listening.wait(_START_MAX_S):
            raise SandboxError

    def stop(self) -> None:
        """Finishes requests and the packet at work, then closes everything. Safe to call twice."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        if self._socket is not None:
            self._socket.close()
        if self._services is not None:
            self._services.close()
        if self._directory is not None:
            self._directory.close()
        self._server = self._thread = self._socket = self._services = self._directory = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``."""
        if self._socket is None:
            raise RuntimeError("the sandbox is not running")
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    @property
    def issuer(self) -> str:
        """``<url>/auth/realms/<realm>``: the tokens' issuer."""
        return self._running.issuer

    @property
    def directory(self) -> Path:
        """Where all of it lives."""
        return self._config.directory.absolute()

    @property
    def admin_secret_file(self) -> Path:
        """File with the administrator's secret, which goes into the header ``X-Sandbox-Admin``."""
        return self._open_directory.admin_secret_file

    @property
    def admin_secret(self) -> str:
        """The administrator's secret."""
        return self._open_directory.admin_secret()

    @property
    def made_passwords(self) -> Mapping[str, str]:
        """Passwords that this start made for demonstration users: the only time that they can be seen."""
        return self._running.users.made_passwords

    def export_packet_key(self, ref_id: str) -> bytes:
        """The private half of the packet key (K11) of ``<centre>_<machine>`` as PEM, for checks from outside.

        Raises:
            KeyExportRefusedError: unless the sandbox was configured with allow_key_export.
            KeyNotAllowedError: if the reference is malformed.
        """
        return self._running.keys.export_private_key(APPLICATION, ref_id)

    def wait_idle(self, timeout_s: float) -> bool:
        """Waits until no packet waits for the worker; False if that takes longer."""
        return self._running.worker.wait_idle(timeout_s)

    @property
    def _running(self) -> Services:
        if self._services is None:
            raise RuntimeError("the sandbox is not running")
        return self._services

    @property
    def _open_directory(self) -> SandboxDirectory:
        if self._directory is None:
            raise RuntimeError("the sandbox is not running")
        return self._directory


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's delay (40 ms an answer) off for sockets that name it only.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise PortTakenError(port=port, why=getattr(error, "strerror", None) or "it is no port number") from error
    return listening
