"""Starting and stopping the simulator, in a thread or as the process."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from devices.sbi.trust import L1
from devices.simulator.admin import Admin
from devices.simulator.answers import Descriptions
from devices.simulator.authcipher import AuthCipher, read_encryption_certificate
from devices.simulator.capturing import Capturer
from devices.simulator.catalogue import FIRST_PORT, LAST_PORT, Purpose, SimulatedDevice, make_devices
from devices.simulator.config import SimulatorConfig
from devices.simulator.faults.active import ActiveFaults
from devices.simulator.faults.effects import Happening
from devices.simulator.httpserver import HttpServer
from devices.simulator.pki import SimulatorPki
from devices.simulator.script import Script
from devices.simulator.scripting.schedule import Schedule
from devices.simulator.service import Note, SimulatorService, refusal
from devices.simulator.session import CaptureDesk
from devices.simulator.signing import Signer
from packet.crypto.chain import TrustStore
from packet.errors import UnusableInputError

HOST = "127.0.0.1"
PORTS = range(FIRST_PORT, LAST_PORT + 1)
MOVED_AFTER_S = 0.5

_log = logging.getLogger(__name__)


class PortTakenError(UnusableInputError):
    """No port to listen on."""

    code = "SIMULATOR-PORT"
    sentence = "The simulator cannot listen on {wanted}: {why}."
    next_step = "Stop the other device service, or give another --port."


class Simulator:
    """A device service on the loopback address.

    Usable as a context manager; `start` and `stop` run it in a thread, `run` in the calling one. `script` and `faults` may be
    changed from any thread while it runs.

    Raises:
        SimulatorOptionError, FaultUnknownError, StateUnusableError, EncryptionCertificateError: for what cannot be.
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        level = self.config.certification
        make_devices(self.config.modalities, self.config.purpose, 0)
        self.faults = ActiveFaults(self.config.faults)
        self.pki = SimulatorPki(self.config.seed, self.config.clock(), self.config.state_dir)
        self.script = Script(self.config.subject, self.config.presenter, self.config.quality)
        signer = Signer(self.pki, level, self.config.clock)
        capturer = Capturer(signer, self._cipher(), self.config.auth_images)
        self._service = SimulatorService(
            self.config,
            Descriptions(signer, self.config.env, level),
            self.script,
            self.faults,
            CaptureDesk(self.script, capturer, self.config.clock, self._befall),
        )
        self.schedule = Schedule(self)
        self._service.on_request = self.schedule.on_request
        if self.config.admin_token is not None or self.config.is_admin_open:
            token = self.config.admin_token or secrets.token_urlsafe(24)
            self._service.admin = Admin(self, token, is_open=self.config.is_admin_open)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: HttpServer | None = None
        self._stopping: asyncio.Event | None = None
        self._loop_thread: threading.Thread | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    def _cipher(self) -> AuthCipher | None:
        if self.config.purpose is Purpose.REGISTRATION:
            return None
        given = self.config.ida_certificate
        return AuthCipher(self.pki.auth_server.certificate if given is None else read_encryption_certificate(given))

    @property
    def port(self) -> int:
        """Where it listens; 0 before it was started."""
        return self._service.port

    @property
    def devices(self) -> tuple[SimulatedDevice, ...]:
        """The devices that it has, attached or not."""
        return self._service.devices

    @property
    def service(self) -> SimulatorService:
        """Counters, streams, attached devices."""
        return self._service

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
        is_serving = threading.Event()

        def serve() -> None:
            try:
                self._run_loop(listener, is_serving.set)
            finally:
                is_serving.set()

        self._thread = threading.Thread(target=serve, name="simulator", daemon=True)
        self._thread.start()
        is_serving.wait()
        return self

    def stop(self) -> None:
        """Ends the service. Safe to call twice, from any thread, and before `run` has begun."""
        self._is_stopped = True
        self._tell_to_stop()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def run(self, on_ready: Callable[[int], None]) -> None:
        """Listens, tells the port, and serves until SIGINT, SIGTERM or `stop` from another thread.

        Raises:
            PortTakenError: if there is no port.
        """
        listener = self._listen()
        with self._ended_by_signals():
            self._run_loop(listener, lambda: on_ready(self.port))

    def unplug(self, serial_no: str) -> None:
        """Takes a device away; its captures and its stream end."""
        self._call(lambda: self._service.unplug(serial_no))

    def plug(self, serial_no: str) -> None:
        """Attaches a device again."""
        self.script.set_plugged(serial_no, is_plugged=True)

    def befall(self, happening: Happening) -> None:
        """Lets something happen to the service now, as a fault does it in the middle of a capture."""
        self._call(lambda: self._befall(happening, ""))

    def prepare(self) -> None:
        """Does ahead of time, in a thread, what the first captures would have to do."""
        threading.Thread(target=self.script.presenter.prepare, name="simulator subject", daemon=True).start()

    def _call(self, work: Callable[[], None]) -> None:
        """On the event loop, now if we are on it; without a loop at once."""
        loop = self._loop
        if loop is None or self._loop_thread is threading.current_thread():
            work()
        else:
            loop.call_soon_threadsafe(work)

    def _run_loop(self, listener: socket.socket, on_serving: Callable[[], None]) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve(listener, on_serving))

    async def _serve(self, listener: socket.socket, on_serving: Callable[[], None]) -> None:
        self._loop, self._loop_thread = asyncio.get_running_loop(), threading.current_thread()
        self._stopping = asyncio.Event()
        self._server = HttpServer(self._service.handle, refusal)
        try:
            await self._server.listen(listener)
            self.schedule.play(self.config.script)
            on_serving()
            if not self._is_stopped:
                await self._stopping.wait()
        finally:
            self.schedule.stop()
            await self._server.close()
            self._loop = self._stopping = None

    def _tell_to_stop(self) -> None:
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None:
            loop.call_soon_threadsafe(stopping.set)

    @contextmanager
    def _ended_by_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the service in order, not in the middle of something."""

        def end(_number: int, _frame: FrameType | None) -> None:
            self._is_stopped = True
            self._tell_to_stop()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        earlier = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)

    def _befall(self, happening: Happening, serial_no: str) -> None:
        """On the event loop: what a fault does to the whole service."""
        _log.warning("befallen by a fault: %s", happening.value)
        match happening:
            case Happening.UNPLUG:
                for device in self.devices:
                    if serial_no in {"", device.serial_no}:
                        self._service.unplug(device.serial_no)
            case Happening.CRASH:
                self._drop()
                self._tell_to_stop()
            case Happening.MOVE:
                self._drop()
                asyncio.get_running_loop().create_task(self._come_back())

    def _drop(self) -> None:
        if self._server is not None:
            self._server.deafen()
            self._server.drop_all()

    async def _come_back(self) -> None:
        await asyncio.sleep(MOVED_AFTER_S)
        if self._server is not None:
            await self._server.listen(self._listen(keeps_devices=True, avoid=self.port))

    def _make_keys(self) -> None:
        """Makes what the devices sign with, so that no request has to wait for it."""
        for device in self.devices:
            self.pki.current_device(device.serial_no)
            if self.config.certification == L1:
                self.pki.chip(device.serial_no)

    def _listen(self, *, keeps_devices: bool = False, avoid: int = 0) -> socket.socket:
        wanted = list(PORTS) if self.config.port is None else [self.config.port]
        if avoid:
            wanted = [port for port in PORTS if port > avoid] if self.config.port is None else [0]
        reason = "all are taken"
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
            listener.setblocking(False)
            self._service.port = listener.getsockname()[1]
            if not keeps_devices:
                self._service.devices = make_devices(self.config.modalities, self.config.purpose, self.port)
                self._make_keys()
            return listener
        name = f"port {wanted[0]}" if len(wanted) == 1 else f"any port from {PORTS[0]} to {PORTS[-1]}"
        raise PortTakenError(wanted=name, why=reason)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
