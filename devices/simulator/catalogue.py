"""The devices that the simulator has, and what the configuration can change about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from devices.sbi.attributes import BioType
from devices.sbi.info import DeviceStatus
from devices.sbi.trust import L0
from packet.models import Clock

MAKE = "SEALDESK"
PROVIDER = "SEALDESK SIMULATOR"
PROVIDER_ID = "SEALDESK.SIMULATOR.SBI"
SERVICE_VERSION = "0.9.5"
FIRMWARE = "simulator"


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """How a simulator starts.

    Attributes:
        port: None for the first free one from 4501 to 4600; 0 for any free one, as tests want it.
        seed: None for fresh keys; otherwise keys, certificates and serial numbers are the same for every start.
        subject: which synthetic person stands at the devices; the pictures follow from it.
        level: certification level, ``L0`` or ``L1``.
        env: environment that the device information names.
        clock: gives the times of digital ids and captures.
    """

    port: int | None = None
    seed: int | None = None
    subject: int = 1
    level: str = L0
    env: str = "Staging"
    clock: Clock = utc_now


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """One device of the service."""

    device_id: str
    device_code: str
    serial_no: str
    model: str
    bio_type: BioType
    sub_type: str
    sub_ids: tuple[str, ...]
    status: DeviceStatus = DeviceStatus.READY

    def with_status(self, status: DeviceStatus) -> SimulatedDevice:
        """The same device in another state."""
        return replace(self, status=status)


DEVICES: tuple[SimulatedDevice, ...] = (
    SimulatedDevice(
        "2", "b692b595-3523-slap-99fc-bd76e35f190f", "1234567890", "SLAP01", BioType.FINGER, "Slap", ("1", "2", "3")
    ),
    SimulatedDevice(
        "1", "b692b595-3523-iris-99fc-bd76e35f190f", "3456789012", "IRIS01", BioType.IRIS, "Double", ("1", "2", "3")
    ),
    SimulatedDevice("3", "b692b595-3523-face-99fc-bd76e35f190f", "2345678901", "FACE01", BioType.FACE, "Full face", ("0",)),
)
