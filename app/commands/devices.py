"""`sealdesk devices`: which biometric devices are there, one verified capture, and how well a preview runs."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.outcome import FINDINGS, GOOD, fail, one_line, print_json
from packet.errors import CodedError, UnusableInputError
from packet.models import BioAttribute

if TYPE_CHECKING:
    from devices.client.latestframe import FrameCounts, LatestFrame
    from devices.client.scan import PortProblem, ScanResult
    from devices.client.session import CaptureResult, CaptureSession
    from devices.sbi.info import UnregisteredDevice, VerifiedDevice
    from devices.sbi.trust import DeviceTrust

app = typer.Typer(help="Find biometric devices and capture with them.", invoke_without_command=True)

PORTS_DEFAULT = "4501-4600"
PortsOption = Annotated[str, typer.Option(help="Ports to search, for example 4501-4600 or 4501.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
TrustOption = Annotated[
    Path | None, typer.Option(help="Directory with CA certificates; files named ftm* are of domain FTM, others DEVICE.")
]


class PortsUnreadableError(UnusableInputError):
    """A port range that is none."""

    code = "DEVICES-PORTS"
    sentence = "{ports} is no port or range of at most 1000 ports."
    next_step = "Give for example --ports 4501-4600."


class AttributeUnknownError(UnusableInputError):
    """A bio attribute or modality that does not exist."""

    code = "DEVICES-ATTRIBUTE"
    sentence = "{name} is no bio attribute of modality {modality}."
    next_step = "Use names like leftIndex, rightThumb, leftEye, face, separated by commas."


class NoDeviceError(UnusableInputError):
    """Nothing to capture with."""

    code = "DEVICES-NONE"
    sentence = "No trusted, ready {modality} device was found. {why}"
    next_step = "Start the device's service, check --port and --trust, and see 'sealdesk devices list'."


@app.callback()
def devices(
    context: typer.Context, ports: PortsOption = PORTS_DEFAULT, trust: TrustOption = None, as_json: JsonOption = False
) -> None:
    """List devices, if no other sub-command is given."""
    if context.invoked_subcommand is None:
        _list(ports, trust, as_json=as_json)


@app.command(name="list")
def list_devices(ports: PortsOption = PORTS_DEFAULT, trust: TrustOption = None, as_json: JsonOption = False) -> None:
    """List the devices of all services on this machine. Without --trust, what they claim is not verified.

    Exit code 1 if there is no device, or one was refused.
    """
    _list(ports, trust, as_json=as_json)


def _list(ports: str, trust: Path | None, *, as_json: bool) -> None:
    from devices.client.scan import scan, scan_unsigned

    try:
        wanted = _ports(ports)
        if trust is None:
            claimed, problems = scan_unsigned(wanted)
            rows = [_row(port, device.device_status, device.digital_id, verified=False) for port, device in claimed]
        else:
            result = scan(_device_trust(trust), _now, wanted)
            rows, problems = _verified_rows(result), result.problems
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    foreign = [p for p in problems if p.is_foreign]
    refused = [p for p in problems if not p.is_foreign]
    if as_json:
        print_json({"devices": rows, "refused": _problem_rows(refused), "notDevices": _problem_rows(foreign)})
    else:
        _print_rows(rows, refused, len(wanted))
    raise typer.Exit(GOOD if rows and not refused else FINDINGS)


def _verified_rows(result: ScanResult) -> list[dict[str, Any]]:
    rows = [_row(d.port, d.status.value, d.digital_id, verified=True) for d in result.devices]
    return rows + [_row(d.port, "Not Registered", d.digital_id, verified=False) for d in result.unregistered]


def _row(port: int, status: str, digital_id: object, *, verified: bool) -> dict[str, Any]:
    from packet.models import DigitalId

    named = asdict(digital_id) if isinstance(digital_id, DigitalId) else {}
    keys = ("type", "device_sub_type", "make", "model", "serial_no", "device_provider")
    row = {"port": port, "status": status, "verified": verified, **{key: named.get(key, "") for key in keys}}
    return {**row, "process": _process(port)}


def _process(port: int) -> str:
    """Which process answers there, as far as the system tells: it helps to find an impostor, and proves nothing."""
    from devices.client.portowner import port_owner

    owner = port_owner(port)
    return "" if owner is None else f"{owner.name} ({owner.pid})"


def _problem_rows(problems: Sequence[PortProblem]) -> list[dict[str, Any]]:
    return [{"port": problem.port, **problem.error.diagnostics()} for problem in problems]


def _print_rows(rows: list[dict[str, Any]], refused: Sequence[PortProblem], port_count: int) -> None:
    for row in rows:
        names = ("status", "type", "device_sub_type", "make", "model", "serial_no", "device_provider", "process")
        words = [one_line(str(row[key])) for key in names]
        proof = "verified" if row["verified"] else "not verified"
        print(f"{row['port']:<5}  {words[0]:<14}  {proof:<12}  {'  '.join(word for word in words[1:] if word)}")
    for problem in refused:
        print(one_line(f"{problem.port}  refused: {problem.error.message} {problem.error.advice}"))
    if not rows and not refused:
        print(f"No device service on {port_count} ports of 127.0.0.1. Start one, for example 'sealdesk simulator'.")


@app.command()
def capture(
    modality: Annotated[str, typer.Option(help="finger, iris or face.")],
    trust: Annotated[Path, typer.Option(help="Directory with CA certificates of device makers (and ftm*.pem for L1).")],
    attributes: Annotated[str, typer.Option(help="Bio attributes, for example leftIndex,leftThumb. Default: all.")] = "",
    exceptions: Annotated[str, typer.Option(help="Bio attributes that are missing on the person.")] = "",
    port: Annotated[int | None, typer.Option(help="Port of the device service. Default: the only one found.")] = None,
    env: Annotated[str, typer.Option(help="Environment that this machine belongs to.")] = "Staging",
    threshold: Annotated[float, typer.Option(min=0, max=100, help="Score at which the device may stop looking.")] = 60,
    timeout: Annotated[float, typer.Option(min=0.1, max=300, help="Seconds that the device may look for a picture.")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="File for the signed captures, readable by this user only. It holds biometrics.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Capture once and check everything that a registration would check.

    Exit code 1 if the device or its capture is refused, by its named error; 2 if there is nothing to capture with.
    """
    from devices.sbi.attributes import split_into_groups
    from devices.sbi.errors import NothingToCaptureError
    from packet.files import write_new

    try:
        wanted, missing = _attributes(modality, attributes, exceptions)
        store = _device_trust(trust)
        groups = [part for _group, part in split_into_groups(wanted) if set(part) - set(missing)]
        if not groups:
            raise NothingToCaptureError
        found = _find(port, store)
        device = _choose_device(modality, found)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    session = _session(store, env)
    try:
        if device is None:
            raise _refusal(modality, found, is_port_chosen=port is not None)
        results = [session.capture(device, part, missing, threshold, int(timeout * 1000)) for part in groups]
    except NoDeviceError as error:
        raise fail(error, as_json=as_json) from error
    except CodedError as error:
        raise fail(error, as_json=as_json, exit_code=FINDINGS) from error
    try:
        if out is not None:
            write_new(out, _capture_file(results))
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    _report(results, session, out, as_json=as_json)


@app.command()
def stream(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the device service.")],
    seconds: Annotated[float, typer.Option(min=0.1, max=300, help="How long to watch.")] = 5,
    modality: Annotated[str, typer.Option(help="finger, iris or face. Default: the first device there.")] = "",
    sub_id: Annotated[str, typer.Option(help="Part of the device, for example 1 for the left hand. Default: its first.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Watch a device's preview and tell how many pictures a second arrive. Nothing is shown, kept or trusted.

    Exit code 1 if the preview failed or showed nothing.
    """
    from devices.client.lane import DeviceLane
    from devices.client.latestframe import LatestFrame
    from devices.client.preview import preview
    from devices.sbi.errors import DeviceCancelledError

    try:
        device, part = _watched(port, modality, sub_id)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    place, begin = LatestFrame(), time.monotonic()
    with DeviceLane() as lane:
        job = lane.submit("the preview", lambda _: preview(device, part, place, int(seconds * 1000)))
        first_s = _consume(place, begin, seconds)
        elapsed_s = time.monotonic() - begin
        if elapsed_s >= seconds:
            job.cancel()  # otherwise the preview ended by itself, and how is its result
        try:
            job.result()
        except DeviceCancelledError:
            pass  # the usual end
        except CodedError as error:
            raise fail(error, as_json=as_json, exit_code=FINDINGS) from error
    _report_preview(place.counts, first_s, elapsed_s, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Unproven:
    """A device as discovery names it, which is enough for a preview."""

    port: int
    device_id: str


def _watched(port: int, modality: str, sub_id: str) -> tuple[_Unproven, str]:
    from devices.client.scan import scan_unsigned

    claimed, problems = scan_unsigned([port])
    wanted = [d for _, d in claimed if d.digital_id and modality.lower() in {"", d.digital_id.type.lower()}]
    if not wanted:
        raise problems[0].error if problems else NoDeviceError(modality=modality or "biometric", why="")
    device = wanted[0]
    return _Unproven(port, device.device_id), sub_id or next(iter(device.sub_ids), "0")


def _consume(place: LatestFrame, begin: float, seconds: float) -> float | None:
    """Takes pictures until the time is over or the preview ends; when the first one came, in seconds."""
    first_s = None
    while (left_s := begin + seconds - time.monotonic()) > 0:
        if place.wait(left_s) is None:
            break
        first_s = first_s if first_s is not None else time.monotonic() - begin
    return first_s


def _report_preview(counts: FrameCounts, first_s: float | None, elapsed_s: float, *, as_json: bool) -> None:
    shown_s = elapsed_s - (first_s or 0)
    rate = counts.received / shown_s if counts.received and shown_s > 0 else 0.0
    if as_json:
        print_json({
            "framesPerSecond": round(rate, 1), "seconds": round(elapsed_s, 2), "received": counts.received,
            "taken": counts.taken, "dropped": counts.dropped, "capped": counts.capped, "refused": counts.refused,
            "firstFrameMs": None if first_s is None else round(first_s * 1000),
        })  # fmt: skip
    else:
        print(f"{rate:.1f} frames a second over {elapsed_s:.1f} s: {counts.received} received, {counts.taken} taken, ", end="")
        print(f"{counts.dropped} dropped, {counts.capped} beyond 30 a second, {counts.refused} unusable")
    raise typer.Exit(GOOD if counts.received else FINDINGS)


def _session(trust: DeviceTrust, env: str) -> CaptureSession:
    from devices.client.session import CaptureSession

    return CaptureSession(trust, env, _now)


def _now() -> datetime:
    return datetime.now(UTC)


def _ports(text: str) -> range:
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text, re.ASCII)
    if match is None:
        raise PortsUnreadableError(ports=text)
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last <= 65535 or last - first >= 1000:
        raise PortsUnreadableError(ports=text)
    return range(first, last + 1)


def _device_trust(directory: Path) -> DeviceTrust:
    from app.commands.inputs import read_trust
    from devices.sbi.trust import DeviceTrust

    device, ftm = read_trust(directory)
    return DeviceTrust(device, ftm)


def _attributes(modality: str, attributes: str, exceptions: str) -> tuple[list[BioAttribute], list[BioAttribute]]:
    """The attributes wanted, and the exceptions among all that a person has."""
    from packet.bioattributes import FACTS

    known = [a for a, facts in FACTS.items() if facts.modality.lower() == modality.lower()]
    if not known:
        raise AttributeUnknownError(name=modality, modality="finger, iris or face")
    wanted = [_named(name, known, modality) for name in _split(attributes)] or known
    return wanted, [_named(name, known, modality) for name in _split(exceptions)]


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _named(name: str, known: Sequence[BioAttribute], modality: str) -> BioAttribute:
    for attribute in known:
        if attribute.value.lower() == name.lower():
            return attribute
    raise AttributeUnknownError(name=name, modality=modality)


def _find(port: int | None, trust: DeviceTrust) -> ScanResult:
    from devices.client.scan import scan

    return scan(trust, _now, _ports(PORTS_DEFAULT) if port is None else _ports(str(port)))


def _choose_device(modality: str, found: ScanResult) -> VerifiedDevice | None:
    """The only device of the modality, a ready one before others; what it lacks is said when it is used."""
    from devices.sbi.info import DeviceStatus

    devices = found.of_type(modality.capitalize())
    ready = [device for device in devices if device.status is DeviceStatus.READY] or list(devices)
    if len(ready) > 1:
        where = ", ".join(str(device.port) for device in ready)
        raise NoDeviceError(modality=modality, why=f"There are {len(ready)}, on ports {where}; choose one with --port.")
    return ready[0] if ready else None


def _refusal(modality: str, found: ScanResult, *, is_port_chosen: bool) -> CodedError:
    """Why there is no device: what was refused, else what a port that was chosen answers, else that there is none."""
    from devices.sbi.codes import reported

    refused = [problem.error for problem in found.problems if not problem.is_foreign]
    greyed = [reported(d.error.code, d.error.info) for d in found.unregistered if _is_of_type(d, modality)]
    foreign = [problem.error for problem in found.problems if problem.is_foreign and is_port_chosen]
    causes = refused + greyed + foreign
    return causes[0] if causes else NoDeviceError(modality=modality, why="")


def _is_of_type(device: UnregisteredDevice, modality: str) -> bool:
    return device.digital_id is None or device.digital_id.type.lower() == modality.lower()


def _capture_file(results: Sequence[CaptureResult]) -> bytes:
    """The signed captures in the form in which ``captured`` of a REGISTRATION.json takes them."""
    import orjson

    from packet.devicetoken import rebuild

    captured = [
        {"attribute": c.attribute.value, "data": rebuild(c.token), "specVersion": c.spec_version}
        for result in results
        for c in result.captures
    ]
    return orjson.dumps({"captured": captured}, option=orjson.OPT_INDENT_2)


def _report(results: Sequence[CaptureResult], session: CaptureSession, out: Path | None, *, as_json: bool) -> None:
    from devices.sbi.verification import CHECKS

    rows = [
        {"attribute": c.attribute.value, "qualityScore": c.quality_score, "isoBytes": len(c.token.iso)}
        for result in results
        for c in result.captures
    ]
    if as_json:
        print_json({
            "captures": rows,
            "devices": [asdict(d) for d in session.devices],
            "lastHash": session.last_hash,
            "clockDoubtful": any(result.is_clock_doubtful for result in results),
            "checked": list(CHECKS),
            "out": None if out is None else str(out),
        })  # fmt: skip
    else:
        for row in rows:
            print(f"{row['attribute']:<14}  score {row['qualityScore']:>5}  {row['isoBytes']} bytes, verified")
        print(f"Checked of each: {', '.join(CHECKS)}.")
        if out is not None:
            print(f"Signed captures written to {out}; they hold biometrics, delete them after use.")
    raise typer.Exit(GOOD)
