"""The whole line once, for real: devices, TPM, login, capture, seal, announce, upload, and what the server says to it.

Two parts run as processes of their own, the simulated devices and the sandbox server; the machine key lies in an emulated TPM
where there is one. Everything else is what an operator's desk does. Nothing is left behind but what ``--keep`` asks for.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson

from app.bootstrap import Station, StationConfig
from app.core.lifecycle import REFUSED, ServerStatus
from app.core.registration import RegistrationRecord
from app.demo.administration import Administration
from app.demo.childprocess import Child
from app.demo.errors import DispatchFailedError, PacketRejectedError, StatusLateError
from app.demo.folder import run_folder
from app.demo.journal import Journal
from app.demo.keep import Kept, keep, prepare
from app.demo.machinekey import Provisioned, provision
from app.demo.registration import Registration, RegistrationParts
from app.desk.login import OperatorSession
from app.desk.upload import Dispatch, Outcome, Result
from app.server.keycloak import RealmAddress
from app.settings import Settings
from packet.keys.base import MachineKey
from packet.keys.machineinfo import machine_info
from packet.models import PacketId, SealedPacket

CENTRE_ID: Final = "10001"
MACHINE_NAME: Final = "demo-desk"
OFFICER: Final = "officer1"
STATUS_MAX_S: Final = 60.0
_POLL_S: Final = 0.05
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asks for.

    Attributes:
        keep_folder: where packet and keys are left.
        machine_key: a descriptor; None takes the best that this machine has.
        seed: of the invented person and the simulated fingers, irises and face.
    """

    keep_folder: Path | None = None
    machine_key: str | None = None
    seed: int = 1


@dataclass(slots=True)
class DemoResult:
    """What came out; filled in as far as the run got.

    Attributes:
        machine_key: its name, for people.
        warning: what must be said about it.
        verdict: what the server's validator said.
    """

    journal: Journal
    machine_key: str = ""
    warning: str | None = None
    verdict: str = ""
    packet: SealedPacket | None = field(default=None, repr=False)


def run(options: DemoOptions, result: DemoResult) -> None:
    """Runs the demonstration, writing what it does into the result.

    Raises:
        packet.errors.CodedError: a subclass that names the step's fault; everything is cleaned up then as well.
    """
    if options.keep_folder is not None:
        prepare(options.keep_folder)
    with ExitStack() as opened:
        opened.enter_context(_orderly_end())
        folder = opened.enter_context(run_folder())
        _Run(options, result, folder, opened).go()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """A request to end unwinds everything, as Ctrl-C does; another one while that happens is not heard."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in _ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    proxies = os.environ.get("NO_PROXY")
    os.environ["NO_PROXY"] = ",".join(filter(None, (proxies, "127.0.0.1")))  # loopback is never a proxy's business
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if proxies is None:
            del os.environ["NO_PROXY"]
        else:
            os.environ["NO_PROXY"] = proxies


def _now() -> datetime:
    return datetime.now(UTC)


class _Run:
    """One run; its parts are closed by the stack that it was given."""

    def __init__(self, options: DemoOptions, result: DemoResult, folder: Path, opened: ExitStack) -> None:
        self._options = options
        self._result = result
        self._journal = result.journal
        self._folder = folder
        self._opened = opened

    def go(self) -> None:
        sandbox, simulator = self._start_children()
        with self._journal.step("Start the device simulator") as step:
            devices = simulator.answer()
            step.detail = f"port {devices['port']}"
        with self._journal.step("Start the sandbox server") as step:
            server = sandbox.answer()
            step.detail = str(server["url"])
        provisioned = self._provision()
        administration = Administration(server["url"], server["adminSecret"])
        self._opened.callback(administration.close)
        station = self._register(administration, server, provisioned.key)
        operator = self._log_in(station, server)
        parts = self._synchronise(station, operator, int(devices["port"]))
        registration = Registration(station, operator, parts, self._journal)
        packet = self._result.packet = registration.take(self._options.seed)
        self._send(station, operator, packet.packet_id)
        self._check(administration, packet.packet_id)
        self._keep(sandbox, station, provisioned.key, parts, packet)
        with self._journal.step("Log out"):
            operator.end()

    def _start_children(self) -> tuple[Child, Child]:
        """Both at once; they take their time to load. The sandbox is ended last, since it removes the folder."""
        order = {
            "runFolder": str(self._folder),
            "sandboxFolder": str(self._folder / "sandbox"),
            "allowKeyExport": self._options.keep_folder is not None,
        }
        module = [sys.executable, "-m", "app.demo.sandboxchild"]
        sandbox = Child("sandbox server", "sandbox", module, orjson.dumps(order), self._folder)
        self._opened.enter_context(sandbox)
        command = [sys.executable, "-m", "app.cli", "simulator", "--json", "--port", "0", "--exit-with-parent"]
        command += ["--state", str(self._folder / "simulator")]  # its keys are of this run, not of the user's simulators
        arguments = [*command, "--trust", str(self._trust_folder), "--level", "L1"]
        simulator = Child("device simulator", "simulator", arguments, b"", self._folder)
        return sandbox, self._opened.enter_context(simulator)

    @property
    def _trust_folder(self) -> Path:
        return self._folder / "trust"

    def _provision(self) -> Provisioned:
        with self._journal.step("Open the machine key", "K10") as step:
            provisioned = self._opened.enter_context(provision(self._options.machine_key, self._folder))
            step.detail = provisioned.key.name
            step.size_bytes = len(provisioned.key.signing_public)
        self._result.machine_key = provisioned.key.name
        self._result.warning = provisioned.warning
        return provisioned

    def _register(self, administration: Administration, server: Mapping[str, Any], key: MachineKey) -> Station:
        """What the administrator does, and then the desk's own set-up with the machine id that it was given."""
        with self._journal.step("Register the machine", "K10 public") as step:
            machine_id = administration.register_machine(MACHINE_NAME, CENTRE_ID, key)
            step.size_bytes = len(key.signing_public) + len(key.encryption_public)
            step.detail = f"machine {machine_id} of centre {CENTRE_ID}"
        with self._journal.step("Upload the device makers' CAs", "DEVICE, FTM") as step:
            step.detail = f"{administration.upload_authorities(self._trust_folder)} certificates"
        config = StationConfig(
            server_url=server["url"],
            realm=RealmAddress(server["realm"]),
            centre_id=CENTRE_ID,
            machine_id=machine_id,
            machine_name=MACHINE_NAME,
            data_dir=self._folder / "desk",
            # One person at the desk: without a supervisor the packet goes on at once, as the country's setting allows.
            settings=Settings(needs_approval=False),
        )
        with self._journal.step("Open the desk's database", "data key in K10"):
            return self._opened.enter_context(Station(config, key, _now, os.urandom))

    def _log_in(self, station: Station, server: Mapping[str, Any]) -> OperatorSession:
        with self._journal.step("Log in at the realm (OpenID)", "realm RS256") as step:
            operator = station.log_in(OFFICER, server["passwords"][OFFICER])
            step.size_bytes = len(operator.access_token())
            step.detail = OFFICER
        return operator

    def _synchronise(self, station: Station, operator: OperatorSession, device_port: int) -> RegistrationParts:
        with self._journal.step("Pin the server's signing key", "SIGN"):
            station.pin_server(operator)
        with self._journal.step("Have the machine's keys checked", "SIGN"):
            station.verify_machine(operator)
        with self._journal.step("Fetch the CA certificates", "SIGN") as step:
            authorities = station.fetch_authorities(operator)
            step.detail = ", ".join(f"{len(found)} {domain}" for domain, found in authorities.by_domain.items())
        with self._journal.step("Fetch the ID schema", "SIGN") as step:
            schema = station.fetch_schema(operator)
            step.size_bytes = len(schema.text.encode())
            step.detail = f"version {schema.version}"
        with self._journal.step("Fetch the packet certificate", "K11 public, SIGN") as step:
            certificate = station.packet_certificates(operator).current(station.config.ref_id)
            step.detail = f"REGISTRATION/{station.config.ref_id}"
        return RegistrationParts(authorities, schema, certificate, device_port)

    def _send(self, station: Station, operator: OperatorSession, packet_id: PacketId) -> None:
        dispatch = station.dispatch(operator)
        find = station.store.registrations.find
        with self._journal.step("Announce the packet (RID sync)", "K11 encrypts, SIGN") as step:
            _require(dispatch.sync_due(), "announced")
            step.detail = find(packet_id).state.client.value
        with self._journal.step("Upload the packet", "SIGN") as step:
            _require(dispatch.upload_due(), "uploaded")
            step.size_bytes = find(packet_id).packet_size
            step.detail = find(packet_id).state.client.value
        with self._journal.step("Ask for the packet's status", "SIGN") as step:
            step.detail = _wait_for(ServerStatus.ACCEPTED, dispatch, packet_id, find)
        with self._journal.step("Ask for the registration's fate", "SIGN") as step:
            step.detail = _wait_for(ServerStatus.PROCESSED, dispatch, packet_id, find)

    def _check(self, administration: Administration, packet_id: PacketId) -> None:
        """Servers call a rejected packet PROCESSED too; so the validator's own findings are looked at."""
        with self._journal.step("See what the server found", "K11, K10, device") as step:
            verdict = administration.verdict(packet_id)
            if verdict.failed or verdict.status != ServerStatus.PROCESSED:
                first = verdict.failed[0] if verdict.failed else verdict.status
                raise PacketRejectedError(failures=len(verdict.failed), checks=verdict.checks, first=first)
            step.detail = self._result.verdict = f"{verdict.status}, {verdict.checks} checks, none failed"

    def _keep(self, sandbox: Child, station: Station, key: MachineKey, parts: RegistrationParts, packet: SealedPacket) -> None:
        folder = self._options.keep_folder
        if folder is None:
            return
        with self._journal.step("Keep packet, keys and trust", "K11 private") as step:
            pem = sandbox.answer(station.config.ref_id.encode("ascii"))["pem"]
            kept = Kept(
                packet,
                pem.encode("ascii"),
                parts.certificate,
                key.signing_public,
                self._trust_folder,
                parts.schema.text,
                machine_info(key, MACHINE_NAME),
                station.store.registrations.find(packet.packet_id),
            )
            keep(folder, kept)
            step.detail = str(folder)


def _require(outcomes: Sequence[Outcome], what: str) -> None:
    reasons = [outcome.reason or outcome.result.value for outcome in outcomes if outcome.result is not Result.DONE]
    if reasons or not outcomes:
        raise DispatchFailedError(what=what, reason=reasons[0] if reasons else "there was nothing to do")


def _wait_for(
    wanted: ServerStatus, dispatch: Dispatch, packet_id: PacketId, find: Callable[[PacketId], RegistrationRecord]
) -> str:
    """Asks until the server says it; stops early at a word that can lead nowhere else."""
    ends_at = time.monotonic() + STATUS_MAX_S
    while (found := find(packet_id).state.server) not in (wanted, ServerStatus.PROCESSED):
        if time.monotonic() > ends_at or found in REFUSED or found is ServerStatus.RESEND:
            raise StatusLateError(wanted=wanted.value, timeout_s=int(STATUS_MAX_S), found=found.value)
        if dispatch.ask([packet_id])[0].result is not Result.DONE:
            time.sleep(_POLL_S)
    return found.value
