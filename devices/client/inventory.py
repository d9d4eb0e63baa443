"""What is known about the devices of this machine, as a value: which there are, how they feel, since when that is known.

A busy or not ready device is looked at again after 1, 2, 4, ... at most 30 seconds. One that cannot be reached any more stays
in the list for six such looks, so that the operator sees what is gone, then it is dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from cryptography import x509

from devices.client.scan import PortProblem, ScanResult
from devices.sbi.codes import facts_of
from devices.sbi.errors import SerialTakenOverError
from devices.sbi.info import DeviceStatus, UnregisteredDevice, VerifiedDevice
from devices.sbi.trust import is_same_or_rotated
from packet.models import DigitalId

LOOKS_UNTIL_DROPPED = 6
_LONGEST_WAIT_S = 30


class DeviceState(StrEnum):
    """What the operator sees of a device."""

    READY = "ready"
    BUSY = "busy"
    NOT_READY = "not ready"
    NOT_REGISTERED = "not registered"
    UNREACHABLE = "unreachable"


_STATES = {
    DeviceStatus.READY: DeviceState.READY,
    DeviceStatus.BUSY: DeviceState.BUSY,
    DeviceStatus.NOT_READY: DeviceState.NOT_READY,
    DeviceStatus.NOT_REGISTERED: DeviceState.NOT_REGISTERED,
}
_CODES = {DeviceState.BUSY: "111", DeviceState.NOT_READY: "110", DeviceState.NOT_REGISTERED: "100"}
_UNREACHABLE_REASON = "The device or its service does not answer any more. Check the cable."


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device.

    Attributes:
        digital_id: None if an unregistered device gives none.
        device: what is needed to use it; None for an unregistered device, which is for display only.
        reason: why it cannot be used, for the operator; empty if it can.
        seen_at: when the state was learnt.
        looks: how often in a row it was found unusable.
        look_again_at: when it is worth looking again; None if it is usable, or waiting does not help.
    """

    port: int
    state: DeviceState
    digital_id: DigitalId | None
    device: VerifiedDevice | None
    reason: str
    seen_at: datetime
    looks: int = 0
    look_again_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a capture can be asked for now."""
        return self.device is not None and self.state is DeviceState.READY

    def age(self, now: datetime) -> timedelta:
        """How old the knowledge is."""
        return now - self.seen_at


@dataclass(frozen=True, slots=True)
class Inventory:
    """All devices, ordered by port, and what was refused.

    Attributes:
        alerts: listeners and devices that are not trusted or break the protocol, by port.
    """

    rows: tuple[DeviceRow, ...] = ()
    alerts: tuple[PortProblem, ...] = ()
    looked_at: datetime | None = None
    _certificates: Mapping[tuple[str, str], x509.Certificate] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def after(self, found: ScanResult, ports: Collection[int], now: datetime) -> Inventory:
        """The state after looking at some ports; what is known of others stays."""
        asked = frozenset(ports)
        before = {_key(row.device): row for row in self.rows if row.device is not None}
        alerts = [alert for alert in self.alerts if alert.port not in asked] + list(found.problems)
        certificates = dict(self._certificates)
        rows: dict[tuple[str, str, int], DeviceRow] = {}
        for device in found.devices:
            known = certificates.setdefault(_key(device), device.certificate)
            if not is_same_or_rotated(known, device.certificate):
                taken_over = SerialTakenOverError(port=device.port, serial_no=device.digital_id.serial_no)
                alerts.append(PortProblem(device.port, taken_over))
                continue
            certificates[_key(device)] = device.certificate
            rows[*_key(device), device.port] = _row(device, before.get(_key(device)), now)
        seen = {key[:2] for key in rows}
        others = [row for row in self.rows if row.port not in asked and not (row.device and _key(row.device) in seen)]
        gone = [row for row in self.rows if row.port in asked and row.device is not None and _key(row.device) not in seen]
        lost = [_unreachable(row, now) for row in gone if row.looks < LOOKS_UNTIL_DROPPED]
        unregistered = [_greyed(device, now) for device in found.unregistered]
        return Inventory(
            rows=tuple(sorted([*rows.values(), *others, *lost, *unregistered], key=lambda row: row.port)),
            alerts=tuple(sorted(alerts, key=lambda alert: alert.port)),
            looked_at=now,
            _certificates=MappingProxyType(certificates),
        )

    def due_ports(self, now: datetime) -> tuple[int, ...]:
        """Ports of devices that are worth another look."""
        due = {row.port for row in self.rows if row.look_again_at is not None and row.look_again_at <= now}
        return tuple(sorted(due))

    def next_look_at(self) -> datetime | None:
        """When the next device is worth another look."""
        return min((row.look_again_at for row in self.rows if row.look_again_at is not None), default=None)

    def of_type(self, bio_type: str) -> tuple[DeviceRow, ...]:
        """Rows of one type that are for registration or unregistered; usable ones first, then by port."""
        rows = [
            row
            for row in self.rows
            if row.digital_id is not None
            and row.digital_id.type == bio_type
            and (row.device is None or row.device.purpose == "Registration")
        ]
        return tuple(sorted(rows, key=lambda row: (not row.is_usable, row.port)))


def _key(device: VerifiedDevice) -> tuple[str, str]:
    return device.digital_id.type, device.digital_id.serial_no


def _row(device: VerifiedDevice, before: DeviceRow | None, now: datetime) -> DeviceRow:
    state = _STATES[device.status]
    if state is DeviceState.READY and not device.error.is_success:
        state = DeviceState.NOT_READY
    row = DeviceRow(device.port, state, device.digital_id, device, "", now)
    if state is DeviceState.READY:
        return row
    facts = facts_of(_CODES[state] if device.error.is_success else device.error.code)
    looks = before.looks + 1 if before is not None and before.state is not DeviceState.UNREACHABLE else 1
    again = now + _wait(looks) if facts.is_worth_retrying else None
    return replace(row, reason=f"{facts.meaning} {facts.action}", looks=looks, look_again_at=again)


def _greyed(device: UnregisteredDevice, now: datetime) -> DeviceRow:
    facts = facts_of(_CODES[DeviceState.NOT_REGISTERED] if device.error.is_success else device.error.code)
    reason = f"{facts.meaning} {facts.action}"
    return DeviceRow(device.port, DeviceState.NOT_REGISTERED, device.digital_id, None, reason, now)


def _unreachable(row: DeviceRow, now: datetime) -> DeviceRow:
    looks = row.looks + 1 if row.state is DeviceState.UNREACHABLE else 1
    return replace(
        row,
        state=DeviceState.UNREACHABLE,
        reason=_UNREACHABLE_REASON,
        seen_at=row.seen_at if row.state is DeviceState.UNREACHABLE else now,
        looks=looks,
        look_again_at=now + _wait(looks),
    )


def _wait(looks: int) -> timedelta:
    return timedelta(seconds=min(_LONGEST_WAIT_S, 2 ** (looks - 1)))
