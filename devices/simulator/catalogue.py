"""The devices that the simulator has.

Identifiers and sub ids are those of MOSIP's mock devices, so that suites written for them find what they expect.

| kind          | deviceId | type / sub-type  | deviceSubId |
|---------------|----------|------------------|-------------|
| finger-slap   | 2        | Finger / Slap    | 1 left, 2 right, 3 thumbs |
| iris-double   | 1        | Iris / Double    | 1 left, 2 right, 3 both |
| face          | 3        | Face / Full face | 0 |
| finger-single | 4        | Finger / Single  | 0 |
| iris-single   | 5        | Iris / Single    | 0 |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from devices.sbi.attributes import BioType
from devices.sbi.info import DeviceStatus
from packet.errors import UnusableInputError

MAKE = "SEALDESK"
PROVIDER = "SEALDESK SIMULATOR"
PROVIDER_ID = "SEALDESK.SIMULATOR.SBI"
SERVICE_VERSION = "0.9.5"
FIRMWARE = "simulator"
FIRST_PORT = 4501
LAST_PORT = 4600
DEVICES_MAX = 12  # of one service; clients read at most 16 entries


class Purpose(StrEnum):
    """What the devices of a service are for; ``both`` gives every kind once for each."""

    REGISTRATION = "registration"
    AUTH = "auth"
    BOTH = "both"


class SimulatorOptionError(UnusableInputError):
    """An option that the simulator cannot be started with."""

    code = "SIMULATOR-OPTION"
    sentence = "--{option} cannot be {value}."
    next_step = "Give {expected} as --{option}."


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


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
    purpose: str = "Registration"
    status: DeviceStatus = DeviceStatus.READY

    def with_status(self, status: DeviceStatus) -> SimulatedDevice:
        """The same device in another state."""
        return replace(self, status=status)


@dataclass(frozen=True, slots=True)
class _Kind:
    device_id: str
    word: str
    serial: int
    model: str
    bio_type: BioType
    sub_type: str
    sub_ids: tuple[str, ...]


_KINDS = {
    "finger-slap": _Kind("2", "slap", 1234567890, "SLAP01", BioType.FINGER, "Slap", ("1", "2", "3")),
    "iris-double": _Kind("1", "iris", 3456789012, "IRIS01", BioType.IRIS, "Double", ("1", "2", "3")),
    "face": _Kind("3", "face", 2345678901, "FACE01", BioType.FACE, "Full face", ("0",)),
    "finger-single": _Kind("4", "single", 1234567990, "SINGLE01", BioType.FINGER, "Single", ("0",)),
    "iris-single": _Kind("5", "irisone", 3456789099, "IRIS02", BioType.IRIS, "Single", ("0",)),
}
_BY_MODALITY = {
    Purpose.REGISTRATION: {"finger": "finger-slap", "iris": "iris-double"},
    Purpose.AUTH: {"finger": "finger-single", "iris": "iris-single"},
}
MODALITIES = ("finger", "iris", "face")
MODALITY_WORDS = (*MODALITIES, *(word for word in _KINDS if word not in MODALITIES))


def make_devices(modalities: Sequence[str], purpose: Purpose, port: int) -> tuple[SimulatedDevice, ...]:
    """The devices of a service.

    A modality given twice gives two devices. Serial numbers differ between services on different ports of the range, so that
    several services look like several devices.

    Raises:
        SimulatorOptionError: for a modality that is not known, or too many.
    """
    purposes = (Purpose.REGISTRATION, Purpose.AUTH) if purpose is Purpose.BOTH else (purpose,)
    offset = port - FIRST_PORT if FIRST_PORT <= port <= LAST_PORT else 0
    counts: Counter[str] = Counter()
    devices = []
    for one in purposes:
        for word in modalities:
            kind_name = _BY_MODALITY[one].get(word, word)
            if kind_name not in _KINDS:
                raise SimulatorOptionError(option="modalities", value=word, expected=", ".join(MODALITY_WORDS))
            devices.append(_device(_KINDS[kind_name], one, counts[kind_name], offset))
            counts[kind_name] += 1
    if not 1 <= len(devices) <= DEVICES_MAX:
        raise SimulatorOptionError(option="modalities", value=len(devices), expected=f"1 to {DEVICES_MAX} devices")
    return tuple(devices)


def _device(kind: _Kind, purpose: Purpose, index: int, offset: int) -> SimulatedDevice:
    return SimulatedDevice(
        device_id=f"{kind.device_id}-{index + 1}" if index else kind.device_id,
        device_code=f"b692b595-{3523 + index:04d}-{kind.word}-99fc-bd76e35f{0x190F + offset:04x}",
        serial_no=str(kind.serial + 1000 * index + offset * 100_000),
        model=kind.model,
        bio_type=kind.bio_type,
        sub_type=kind.sub_type,
        sub_ids=kind.sub_ids,
        purpose="Auth" if purpose is Purpose.AUTH else "Registration",
    )
