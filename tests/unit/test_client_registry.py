"""Which devices there are, how old that knowledge is, when it is looked again, and which one is taken."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.client.defaultdevices import DefaultDevicesFile, DefaultDevicesInMemory, DefaultsNotWritableError
from devices.client.inventory import DeviceState, Inventory
from devices.client.registry import DeviceRegistry
from devices.client.scan import PortProblem, ScanResult
from devices.client.schedule import RescanSchedule
from devices.sbi.attributes import BioType
from devices.sbi.discovery import ErrorBlock
from devices.sbi.errors import DeviceJsonError, NoUsableDeviceError, SerialTakenOverError
from devices.sbi.info import DeviceStatus, UnregisteredDevice, VerifiedDevice
from devices.sbi.trust import DeviceTrust
from packet.models import Clock, DigitalId
from tests.support.hostile_pki import Identity, certificates

C = certificates()
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
PORTS = range(4501, 4511)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def device(
    serial: str = "S1",
    port: int = 4501,
    *,
    status: DeviceStatus = DeviceStatus.READY,
    bio_type: str = "Finger",
    sub_type: str = "Slap",
    signer: Identity = C.device,
    error: ErrorBlock | None = None,
) -> VerifiedDevice:
    identity = DigitalId(serial, "MAKE", "MODEL", bio_type, sub_type, "P", "PROVIDER", "2026-01-15T12:00:00Z")
    code = {DeviceStatus.READY: "0", DeviceStatus.BUSY: "111", DeviceStatus.NOT_READY: "110"}.get(status, "100")
    return VerifiedDevice(
        port=port, status=status, error=error or ErrorBlock(code, "x"), device_id=serial, device_code=serial,
        purpose="Registration", env="Staging", certification="L0", service_version="1", firmware="1",
        spec_versions=("0.9.5",), sub_ids=("1",), callback=f"http://127.0.0.1:{port}/", digital_id=identity,
        certificate=signer.certificate,
    )  # fmt: skip


def found(*devices: VerifiedDevice) -> ScanResult:
    return ScanResult(devices)


def states(inventory: Inventory) -> list[tuple[int, DeviceState]]:
    return [(row.port, row.state) for row in inventory.rows]


BUSY = device(status=DeviceStatus.BUSY)


def test_states_and_their_age() -> None:
    result = ScanResult(
        (device("S1", 4501), device("S2", 4502, status=DeviceStatus.BUSY), device("S3", 4503, status=DeviceStatus.NOT_READY)),
        (UnregisteredDevice(4504, ErrorBlock("100", "x"), None),),
    )
    inventory = Inventory().after(result, PORTS, NOON)
    assert states(inventory) == [
        (4501, DeviceState.READY), (4502, DeviceState.BUSY), (4503, DeviceState.NOT_READY), (4504, DeviceState.NOT_REGISTERED)
    ]  # fmt: skip
    assert [row.is_usable for row in inventory.rows] == [True, False, False, False]
    assert [bool(row.reason) for row in inventory.rows] == [False, True, True, True]
    assert "not registered" in inventory.rows[3].reason
    assert inventory.rows[0].age(at(90)) == timedelta(seconds=90)
    assert inventory.due_ports(at(1)) == (4502, 4503)  # waiting does not register a device


def test_a_ready_device_that_reports_an_error_is_not_ready() -> None:
    inventory = Inventory().after(found(device(error=ErrorBlock("107", "x"))), PORTS, NOON)
    assert states(inventory) == [(4501, DeviceState.NOT_READY)]
    assert "expired" in inventory.rows[0].reason
    assert inventory.next_look_at() is None


def test_a_busy_device_is_looked_at_less_and_less_often() -> None:
    inventory, now, waits = Inventory(), NOON, []
    for _ in range(7):
        inventory = inventory.after(found(BUSY), [4501], now)
        again = inventory.next_look_at()
        assert again is not None
        waits.append((again - now).total_seconds())
        now = again
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    inventory = inventory.after(found(device()), [4501], now)
    assert inventory.next_look_at() is None
    inventory = inventory.after(found(BUSY), [4501], now)
    assert inventory.next_look_at() == now + timedelta(seconds=1)


def test_a_device_that_is_gone_is_shown_as_such_and_then_dropped() -> None:
    inventory = Inventory().after(found(device(), device("S2", 4502)), PORTS, NOON)
    inventory = inventory.after(found(device("S2", 4502)), PORTS, at(10))
    assert states(inventory) == [(4501, DeviceState.UNREACHABLE), (4502, DeviceState.READY)]
    assert "cable" in inventory.rows[0].reason
    looks = 0
    while len(inventory.rows) == 2:
        looks += 1
        inventory = inventory.after(found(), [4501], at(10 + looks))
        assert looks < 20
    assert looks == 6
    assert states(inventory) == [(4502, DeviceState.READY)]


def test_a_device_that_comes_back_on_another_port_is_the_same_one() -> None:
    inventory = Inventory().after(found(device(port=4501)), PORTS, NOON)
    inventory = inventory.after(found(), PORTS, at(1))
    inventory = inventory.after(found(device(port=4507)), PORTS, at(3))
    assert states(inventory) == [(4507, DeviceState.READY)]


def test_looking_at_some_ports_leaves_the_others_alone() -> None:
    problem = PortProblem(4509, DeviceJsonError(what="x", why="y"))
    inventory = Inventory().after(ScanResult((device("S1", 4501), device("S2", 4502)), (), (problem,)), PORTS, NOON)
    inventory = inventory.after(found(device("S1", 4501, status=DeviceStatus.BUSY)), [4501], at(5))
    assert states(inventory) == [(4501, DeviceState.BUSY), (4502, DeviceState.READY)]
    assert [row.seen_at for row in inventory.rows] == [at(5), NOON]
    assert inventory.alerts == (problem,)
    assert inventory.after(found(), [4509], at(6)).alerts == ()


def test_the_same_device_may_be_offered_on_two_ports() -> None:
    inventory = Inventory().after(found(device(port=4501), device(port=4502)), PORTS, NOON)
    assert [port for port, _ in states(inventory)] == [4501, 4502]


def test_another_certificate_for_a_known_serial_is_an_alert_but_a_renewed_one_is_not() -> None:
    inventory = Inventory().after(found(device()), PORTS, NOON)
    renewed = device(signer=C.pki.leaf("device SN-1", generation=5, key=C.device.key))
    assert states(inventory.after(found(renewed), PORTS, at(1))) == [(4501, DeviceState.READY)]
    hijacked = inventory.after(found(device(signer=C.self_signed, port=4502)), PORTS, at(1))
    (alert,) = hijacked.alerts
    assert isinstance(alert.error, SerialTakenOverError)
    assert alert.error.params == {"port": 4502, "serial_no": "S1"}
    assert [row.is_usable for row in hijacked.rows] == [False]


# choosing


class FakeSearch:
    """Gives what it was told to find, and remembers where it looked."""

    def __init__(self, *results: ScanResult) -> None:
        self.results = list(results)
        self.looked: list[tuple[int, ...]] = []

    def __call__(self, trust: DeviceTrust, clock: Clock, ports: Sequence[int]) -> Awaitable[ScanResult]:
        self.looked.append(tuple(ports))
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        return asyncio.sleep(0, result)


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return at(self.seconds)

    def steady(self) -> float:
        return self.seconds


def registry(search: FakeSearch, time: Time | None = None, **options: object) -> DeviceRegistry:
    time = time or Time()
    options.setdefault("defaults", DefaultDevicesInMemory())
    return DeviceRegistry(C.trust, time.now, ports=PORTS, looking=search, steady=time.steady, **options)  # type: ignore[arg-type]


def test_whole_hands_come_before_single_fingers_unless_one_is_chosen() -> None:
    devices = registry(FakeSearch(found(device("S1", 4501, sub_type="Single"), device("S2", 4502), device("S3", 4503))))
    asyncio.run(devices.rescan())
    assert devices.device_for(BioType.FINGER).digital_id.serial_no == "S2"
    devices.choose(next(row for row in devices.inventory.rows if row.port == 4503))
    assert devices.device_for(BioType.FINGER).digital_id.serial_no == "S3"


def test_a_chosen_device_that_is_busy_is_named_and_not_replaced_by_another() -> None:
    search = FakeSearch(
        found(device("S1", 4501), device("S2", 4502)), found(device("S1", status=DeviceStatus.BUSY), device("S2", 4502))
    )
    devices = registry(search)
    asyncio.run(devices.rescan())
    devices.choose(devices.inventory.rows[0])
    asyncio.run(devices.rescan())
    with pytest.raises(NoUsableDeviceError) as refused:
        devices.device_for(BioType.FINGER)
    assert "busy" in refused.value.message


def test_why_there_is_no_device_is_said() -> None:
    broken = PortProblem(4505, SerialTakenOverError(port=4505, serial_no="S9"))
    foreign = PortProblem(4504, DeviceJsonError(what="x", why="y"))
    grey = UnregisteredDevice(4503, ErrorBlock("100", "x"), device(bio_type="Iris").digital_id)
    devices = registry(FakeSearch(ScanResult((), (grey,), (foreign, broken))))
    with pytest.raises(NoUsableDeviceError, match=r"None was found\."):
        devices.device_for(BioType.FACE)
    asyncio.run(devices.rescan())
    with pytest.raises(NoUsableDeviceError, match="not registered"):
        devices.device_for(BioType.IRIS)
    with pytest.raises(NoUsableDeviceError, match="S9"):
        devices.device_for(BioType.FACE)
    with pytest.raises(ValueError, match="unregistered"):
        devices.choose(devices.inventory.rows[0])


def test_devices_for_authentication_are_not_offered() -> None:
    devices = registry(FakeSearch(found(replace(device(), purpose="Auth"))))
    asyncio.run(devices.rescan())
    with pytest.raises(NoUsableDeviceError):
        devices.device_for(BioType.FINGER)


def test_the_choice_outlives_the_program(tmp_path: Path) -> None:
    path = tmp_path / "devices.json"
    search = FakeSearch(found(device("S1", 4501), device("S2", 4502)))
    devices = registry(search, defaults=DefaultDevicesFile(path))
    asyncio.run(devices.rescan())
    devices.choose(devices.inventory.rows[1])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"version": 1, "defaults": {"Finger": "S2"}}
    assert [p.name for p in tmp_path.iterdir()] == ["devices.json"]
    later = registry(search, defaults=DefaultDevicesFile(path))
    asyncio.run(later.rescan())
    assert later.device_for(BioType.FINGER).digital_id.serial_no == "S2"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"defaults":[]}', '{"defaults":{"Ear":"S"}}', '{"defaults":{"Iris":5}}', "[" * 5000, "\udcff"]
)
def test_a_damaged_file_is_no_preference(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "devices.json"
    path.write_text(text, errors="surrogateescape")
    with caplog.at_level(logging.WARNING):
        assert DefaultDevicesFile(path).load() == {}
    assert "forgotten" in caplog.text
    DefaultDevicesFile(path).save({"Iris": "S"})
    assert DefaultDevicesFile(path).load() == {"Iris": "S"}


def test_a_choice_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefaultsNotWritableError):
        DefaultDevicesFile(tmp_path / "missing" / "devices.json").save({})


# when to look


def fire_times(schedule: RescanSchedule, events: Sequence[float], until: float) -> list[float]:
    """The times at which a schedule fires, asked every tenth of a second."""
    fired = []
    for tick in range(int(until * 10)):
        now = tick / 10
        if now in events:
            schedule.plugged(now)
        if schedule.take(now):
            fired.append(now)
    return fired


def test_a_burst_of_plugging_gives_one_search_and_one_later() -> None:
    assert fire_times(RescanSchedule(1000), [10, 10.5, 11], 30) == [0, 13, 18]


def test_endless_plugging_does_not_put_the_search_off_for_ever() -> None:
    events = [float(second) for second in range(10, 40)]
    assert fire_times(RescanSchedule(1000), events, 30)[1] == 20


def test_without_plugging_it_is_searched_periodically() -> None:
    assert fire_times(RescanSchedule(60), [], 200) == [0, 60, 120, 180]


def test_plugging_puts_the_periodic_search_off() -> None:
    assert fire_times(RescanSchedule(60), [50], 130) == [0, 52, 57, 117]


def drive(devices: DeviceRegistry, time: Time, script: dict[float, Callable[[], None]], until: float) -> list[float]:
    """Runs the watch on a clock of its own: waiting moves the clock, to the next event of the script at most."""
    pauses = []

    async def wait(seconds: float) -> None:
        pauses.append(round(seconds, 3))
        upcoming = [event for event in script if time.seconds < event <= time.seconds + seconds]
        time.seconds = min(upcoming) if upcoming else time.seconds + seconds
        if upcoming:
            script[time.seconds]()
        if time.seconds >= until:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(devices.keep_looking(wait))
    return pauses


def test_the_watch_searches_when_due_and_looks_only_where_needed_in_between() -> None:
    time, search = Time(), FakeSearch(found(BUSY), found(BUSY), found(device()))
    seen: list[Inventory] = []
    devices = registry(search, time, changed=seen.append)
    drive(devices, time, {30.0: devices.rescan_wanted}, 50)
    full = tuple(PORTS)
    assert search.looked == [full, (4501,), (4501,), full, full]
    assert [inventory.rows[0].state for inventory in seen[:3]] == [DeviceState.BUSY, DeviceState.BUSY, DeviceState.READY]
    assert devices.inventory is seen[-1]


def test_a_wish_from_another_thread_wakes_the_watch() -> None:
    search = FakeSearch(found())
    devices = DeviceRegistry(C.trust, lambda: NOON, DefaultDevicesInMemory(), PORTS, looking=search,
                             schedule=RescanSchedule(1000, debounce_s=0.01, repeat_s=0.01))  # fmt: skip

    async def watch() -> None:
        task = asyncio.create_task(devices.keep_looking())
        while not search.looked:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(devices.rescan_wanted)
        while len(search.looked) < 3:
            await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(asyncio.wait_for(watch(), 5))
