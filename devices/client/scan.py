"""Finding devices: every port of the range is tried at once, then every listener is asked for its information."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devices.client import calls
from devices.client.loop import Cancellation, run
from devices.client.transport import is_listening
from devices.sbi import discovery, info
from devices.sbi.discovery import DiscoveredDevice
from devices.sbi.errors import (
    DeviceDeadlineError,
    DeviceFieldError,
    DeviceMessageError,
    DeviceTransportError,
    SerialTwiceError,
)
from devices.sbi.info import UnregisteredDevice, VerifiedDevice
from devices.sbi.trust import DeviceTrust
from packet.errors import CodedError
from packet.models import Clock

PORTS = range(4501, 4601)
DEADLINE_S = 8.0
_TRIED_AT_ONCE = 128
_ASKED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class PortProblem:
    """A listener, or one device of it, that cannot be used, and why.

    Attributes:
        is_device: the listener speaks the protocol, and it is one of its devices that is refused.
    """

    port: int
    error: CodedError
    is_device: bool = False

    @property
    def is_foreign(self) -> bool:
        """It does not speak the protocol at all; probably some other program."""
        return not self.is_device and isinstance(self.error, DeviceTransportError | DeviceMessageError)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What was found, ordered by port.

    Attributes:
        devices: trusted devices in any state.
        unregistered: devices without registration; to be shown, never used.
        problems: what was refused.
    """

    devices: tuple[VerifiedDevice, ...]
    unregistered: tuple[UnregisteredDevice, ...] = ()
    problems: tuple[PortProblem, ...] = ()

    def of_type(self, bio_type: str, sub_type: str | None = None) -> tuple[VerifiedDevice, ...]:
        """Registration devices of a type and, if given, sub-type; ready ones first."""
        chosen = [
            device
            for device in self.devices
            if device.digital_id.type == bio_type
            and device.purpose == "Registration"
            and sub_type in {None, device.digital_id.device_sub_type}
        ]
        return tuple(sorted(chosen, key=lambda device: (device.status is not info.DeviceStatus.READY, device.port)))


def scan(
    trust: DeviceTrust, clock: Clock, ports: Sequence[int] = PORTS, cancellation: Cancellation | None = None
) -> ScanResult:
    """Looks for devices. Blocks for a few hundredths of a second if nothing listens, for `DEADLINE_S` at most.

    Raises:
        DeviceCancelledError: if it was given up.
    """
    return run(search(trust, clock, ports), "the search for devices", cancellation)


async def search(trust: DeviceTrust, clock: Clock, ports: Sequence[int] = PORTS, deadline_s: float = DEADLINE_S) -> ScanResult:
    """The same as a coroutine. Listeners that did not answer when the time is over are named as problems."""
    loop = asyncio.get_running_loop()
    over_at = loop.time() + deadline_s
    slots = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def ask(port: int) -> ScanResult:
        async with slots:
            return await ask_port(port, trust, clock)

    tasks = {asyncio.ensure_future(ask(port)): port for port in await _listening(ports)}
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=max(0.0, over_at - loop.time()))
        return _refuse_shared_serials(merge(_in_time(task, port, deadline_s) for task, port in tasks.items()))
    finally:
        for task in tasks:
            task.cancel()


def _in_time(task: asyncio.Future[ScanResult], port: int, deadline_s: float) -> ScanResult:
    if task.done():
        return task.result()
    late = DeviceDeadlineError(port=port, verb=info.VERB, deadline_s=deadline_s)
    return ScanResult((), (), (PortProblem(port, late),))


async def _listening(ports: Sequence[int]) -> list[int]:
    """The ports on which something listens. Where refusing takes long, each port costs half a second, 128 at once."""
    slots = asyncio.Semaphore(_TRIED_AT_ONCE)

    async def is_open(port: int) -> bool:
        async with slots:
            return await is_listening(port)

    answers = await asyncio.gather(*map(is_open, ports))
    return [port for port, is_open_there in zip(ports, answers, strict=True) if is_open_there]


async def ask_port(port: int, trust: DeviceTrust, clock: Clock) -> ScanResult:
    """What the service on one port has. Faults become problems; nothing is raised for them."""
    try:
        entries = info.parse(await calls.inform(port))
    except CodedError as error:
        return ScanResult((), (), (PortProblem(port, error),))
    return merge([_entry(entry, port, trust, clock) for entry in entries])


def _entry(entry: info.InfoEntry, port: int, trust: DeviceTrust, clock: Clock) -> ScanResult:
    try:
        if entry.is_signed:
            return ScanResult((info.verify(entry, port, trust, clock()),))
        if entry.error.is_success:
            raise _unsigned(port)
        return ScanResult((), (info.read_unregistered(entry, port),))
    except CodedError as error:
        return ScanResult((), (), (PortProblem(port, error, is_device=True),))


def scan_unsigned(
    ports: Sequence[int] = PORTS, cancellation: Cancellation | None = None
) -> tuple[tuple[tuple[int, DiscoveredDevice], ...], tuple[PortProblem, ...]]:
    """What services claim to have, without any proof: for display where no CA certificates are at hand.

    Returns:
        (port, device) pairs, and what went wrong.

    Raises:
        DeviceCancelledError: if it was given up.
    """
    return run(_scan_unsigned(ports), "the search for devices", cancellation)


async def _scan_unsigned(
    ports: Sequence[int],
) -> tuple[tuple[tuple[int, DiscoveredDevice], ...], tuple[PortProblem, ...]]:
    devices: list[tuple[int, DiscoveredDevice]] = []
    problems: list[PortProblem] = []
    slots = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def ask(port: int) -> None:
        async with slots:
            try:
                found, _errors = discovery.parse(await calls.discover(port, discovery.ANY_TYPE))
            except CodedError as error:
                problems.append(PortProblem(port, error))
            else:
                devices.extend((port, device) for device in found)

    await asyncio.gather(*map(ask, await _listening(ports)))
    return tuple(sorted(devices, key=lambda d: d[0])), tuple(sorted(problems, key=lambda p: p.port))


def _unsigned(port: int) -> DeviceMessageError:
    return DeviceFieldError(what=f"the information of the device on port {port}", field="deviceInfo", why="is not signed")


def merge(results: Iterable[ScanResult]) -> ScanResult:
    """Several results as one."""
    devices: tuple[VerifiedDevice, ...] = ()
    unregistered: tuple[UnregisteredDevice, ...] = ()
    problems: tuple[PortProblem, ...] = ()
    for result in results:
        devices += result.devices
        unregistered += result.unregistered
        problems += result.problems
    return ScanResult(devices, unregistered, problems)


def _refuse_shared_serials(result: ScanResult) -> ScanResult:
    """Two devices of one type and serial number but with different certificates: one of them is not what it says."""
    by_serial: dict[tuple[str, str], list[VerifiedDevice]] = {}
    for device in result.devices:
        by_serial.setdefault((device.digital_id.type, device.digital_id.serial_no), []).append(device)
    kept: list[VerifiedDevice] = []
    problems = list(result.problems)
    for (_type, serial_no), devices in by_serial.items():
        if len({device.certificate for device in devices}) == 1:
            kept.extend(devices)
            continue
        for device in devices:
            other = next(other for other in devices if other.certificate != device.certificate)
            twice = SerialTwiceError(serial_no=serial_no, port=device.port, other_port=other.port)
            problems.append(PortProblem(device.port, twice))
    return ScanResult(tuple(sorted(kept, key=lambda d: d.port)), result.unregistered, tuple(problems))
