"""The devices of this machine over time: searched for, watched, chosen.

Lives on the event loop of the device lane; its `inventory` may be read, `rescan_wanted` called, and a device chosen from any
thread.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from devices.client.defaultdevices import DefaultDevices
from devices.client.inventory import DeviceRow, Inventory
from devices.client.scan import PORTS, ScanResult, search
from devices.client.schedule import RescanSchedule
from devices.sbi.attributes import BioType
from devices.sbi.errors import NoUsableDeviceError
from devices.sbi.info import VerifiedDevice
from devices.sbi.trust import DeviceTrust
from packet.models import Clock

Changed = Callable[[Inventory], None]


class Search(Protocol):
    """`devices.client.scan.search`, as far as it is needed here."""

    def __call__(self, trust: DeviceTrust, clock: Clock, ports: Sequence[int]) -> Awaitable[ScanResult]:
        """Looks at ports."""
        ...


class DeviceRegistry:
    """Keeps the inventory up to date.

    Args:
        changed: called on the lane after every look.
        steady: seconds of a steady clock.
    """

    def __init__(
        self,
        trust: DeviceTrust,
        clock: Clock,
        defaults: DefaultDevices,
        ports: Sequence[int] = PORTS,
        changed: Changed | None = None,
        looking: Search = search,
        steady: Callable[[], float] = time.monotonic,
        schedule: RescanSchedule | None = None,
    ) -> None:
        self._trust = trust
        self._clock = clock
        self._defaults = defaults
        self._ports = ports
        self._changed = changed
        self._search = looking
        self._steady = steady
        self._schedule = schedule or RescanSchedule()
        self._inventory = Inventory()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    @property
    def inventory(self) -> Inventory:
        """The latest state; a value that does not change any more."""
        return self._inventory

    async def rescan(self) -> Inventory:
        """Looks at all ports, and at those on which devices were seen elsewhere."""
        return await self._look(self._ports)

    async def look_again(self) -> Inventory:
        """Looks at the ports of busy, not ready and vanished devices whose time has come."""
        ports = self._inventory.due_ports(self._clock())
        return await self._look(ports) if ports else self._inventory

    async def _look(self, ports: Sequence[int]) -> Inventory:
        found = await self._search(self._trust, self._clock, ports)
        self._inventory = self._inventory.after(found, ports, self._clock())
        if self._changed is not None:
            self._changed(self._inventory)
        return self._inventory

    def rescan_wanted(self) -> None:
        """Something was plugged in or out, or may have been: a search follows soon, and another one later."""
        self._schedule.plugged(self._steady())
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake.set)

    async def keep_looking(self, wait: Callable[[float], Awaitable[None]] | None = None) -> None:
        """Searches whenever it is due, until cancelled.

        Args:
            wait: waits for some seconds, or less if `rescan_wanted` was called.
        """
        self._loop = asyncio.get_running_loop()
        wait = wait or self._wait
        while True:
            if self._schedule.take(self._steady()):
                await self.rescan()
            else:
                await self.look_again()
            await wait(self._idle_s())

    def _idle_s(self) -> float:
        look_at = self._inventory.next_look_at()
        until_look = math.inf if look_at is None else (look_at - self._clock()).total_seconds()
        return max(0.05, min(self._schedule.next_at() - self._steady(), until_look))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    def choose(self, row: DeviceRow) -> None:
        """Makes a device the default of its type.

        Raises:
            ValueError: for a device that cannot be told apart or used, which is a mistake of the caller.
            DefaultsNotWritableError: if the choice cannot be remembered.
        """
        if row.device is None:
            raise ValueError("an unregistered device cannot be chosen")
        identity = row.device.digital_id
        self._defaults.save({**self._defaults.load(), identity.type: identity.serial_no})

    def default_row(self, bio_type: BioType) -> DeviceRow | None:
        """The chosen device of a type, in whatever state, as long as it is known; else the first usable one, else the first.

        Without a choice, a device for whole hands or both eyes comes before one for single fingers or eyes.
        """
        rows = [row for row in self._inventory.of_type(bio_type) if row.device is not None]
        serial = self._defaults.load().get(bio_type.value)
        chosen = next((row for row in rows if row.digital_id is not None and row.digital_id.serial_no == serial), None)
        return chosen or min(rows, key=lambda row: (not row.is_usable, _is_single(row)), default=None)

    def device_for(self, bio_type: BioType) -> VerifiedDevice:
        """The device to capture with.

        Raises:
            NoUsableDeviceError: with the reason, if there is none that can be used now.
        """
        row = self.default_row(bio_type)
        if row is not None and row.is_usable and row.device is not None:
            return row.device
        known = row or next(iter(self._inventory.of_type(bio_type)), None)
        refused = [alert.error.message for alert in self._inventory.alerts if not alert.is_foreign]
        why = known.reason if known is not None else next(iter(refused), "None was found.")
        raise NoUsableDeviceError(type=bio_type.value, why=why)


def _is_single(row: DeviceRow) -> bool:
    return row.digital_id is not None and row.digital_id.device_sub_type.lower() == "single"
