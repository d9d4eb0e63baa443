"""`sealdesk devices`: which biometric devices are there, and one verified capture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.outcome import FINDINGS, GOOD, UNUSABLE, fail, one_line, print_json
from packet.errors import CodedError, UnusableInputError
from packet.models import BioAttribute

if TYPE_CHECKING:
    from devices.client.scan import PortProblem, ScanResult
    from devices.client.session import CaptureResult, CaptureSession
    from devices.sbi.info import VerifiedDevice
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
    return {"port": port, "status": status, "verified": verified, **{key: named.get(key, "") for key in keys}}


def _problem_rows(problems: Sequence[PortProblem]) -> list[dict[str, Any]]:
    return [{"port": problem.port, **problem.error.diagnostics()} for problem in problems]


def _print_rows(rows: list[dict[str, Any]], refused: Sequence[PortProblem], port_count: int) -> None:
    for row in rows:
        words = [one_line(str(row[key])) for key in ("status", "type", "device_sub_type", "make", "model", "serial_no")]
        proof = "verified" if row["verified"] else "not verified"
        print(f"{row['port']:<5}  {words[0]:<14}  {proof:<12}  {'  '.join(words[1:])}")
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
    """Capture once and check everything that a registration would check."""
    from devices.sbi.attributes import split_into_groups
    from packet.files import write_new

    try:
        wanted, missing = _attributes(modality, attributes, exceptions)
        store = _device_trust(trust)
        device = _choose_device(modality, port, store)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    session = _session(store, env)
    try:
        groups = [part for _group, part in split_into_groups(wanted) if set(part) - set(missing)]
        results = [session.capture(device, part, missing, threshold, int(timeout * 1000)) for part in groups]
    except CodedError as error:
        raise fail(error, as_json=as_json, exit_code=FINDINGS) from error
    try:
        if out is not None:
            write_new(out, _capture_file(results))
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    _report(results, session, out, as_json=as_json)


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


def _choose_device(modality: str, port: int | None, trust: DeviceTrust) -> VerifiedDevice:
    from devices.client.scan import scan
    from devices.sbi.info import DeviceStatus

    found = scan(trust, _now, _ports(PORTS_DEFAULT) if port is None else _ports(str(port)))
    ready = [d for d in found.of_type(modality.capitalize()) if d.status is DeviceStatus.READY]
    if len(ready) == 1:
        return ready[0]
    if ready:
        where = ", ".join(str(device.port) for device in ready)
        raise NoDeviceError(modality=modality, why=f"There are {len(ready)}, on ports {where}; choose one with --port.")
    refused = [p.error.message for p in found.problems if not p.is_foreign]
    raise NoDeviceError(modality=modality, why=refused[0] if refused else "")


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
            "out": None if out is None else str(out),
        })  # fmt: skip
    else:
        for row in rows:
            print(f"{row['attribute']:<14}  score {row['qualityScore']:>5}  {row['isoBytes']} bytes, verified")
        if out is not None:
            print(f"Signed captures written to {out}; they hold biometrics, delete them after use.")
    raise typer.Exit(GOOD if rows else UNUSABLE)
