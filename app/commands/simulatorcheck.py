"""`sealdesk simulator check`: the compliance toolkit's cases against any device service on this machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.outcome import FINDINGS, GOOD, fail, one_line, print_json
from app.commands.progress import progress
from packet.errors import CodedError, UnusableInputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from devices.conformance import CaseResult, Report, Trust
    from devices.sbi.attributes import BioType

PORTS_DEFAULT = "4501-4600"
PORTS_MAX = 1000
TOOLKIT_TIMEOUT_MS = 10_000
TRUST_UNCHECKED = "Signatures were checked, but not who may sign: give the CA certificates with --trust DIR."


class CheckPortsError(UnusableInputError):
    """A port or port range that is none."""

    code = "CHECK-PORTS"
    sentence = "{ports} is no port or range of at most 1000 ports."
    next_step = "Give for example --port 4501, or --ports 4501-4600."


class CheckChoiceError(UnusableInputError):
    """A modality or purpose that does not exist."""

    code = "CHECK-CHOICE"
    sentence = "--{option} cannot be {value}."
    next_step = "Choose from: {allowed}."


class AuthKeyUnusableError(UnusableInputError):
    """The key for authentication captures is no RSA private key."""

    code = "CHECK-AUTH-KEY"
    sentence = "{path} holds no RSA private key in PEM form without a password."
    next_step = "Give the private key that belongs to the certificate for which the device encrypts its captures."


def check(
    port: Annotated[int | None, typer.Option(help="Port of the device service. Default: every one that is found.")] = None,
    ports: Annotated[str, typer.Option(help="Ports to search.")] = PORTS_DEFAULT,
    trust: Annotated[
        Path | None,
        typer.Option(help="Directory with CA certificates of the device's maker; files named ftm* are of trust modules."),
    ] = None,
    modality: Annotated[str, typer.Option(help="finger, iris or face; several with commas. Default: all.")] = "",
    purpose: Annotated[str, typer.Option(help="registration or auth. Default: both.")] = "",
    auth_key: Annotated[
        Path | None, typer.Option(help="Private key (PEM) that opens authentication captures, to look into their records.")
    ] = None,
    admin_token: Annotated[
        str,
        typer.Option(
            envvar="SEALDESK_SIMULATOR_TOKEN", help="Token of a simulator's admin verbs, for cases that need a state."
        ),
    ] = "",
    nobody: Annotated[
        bool, typer.Option("--nobody", help="Nobody is at the devices: run the cases that want that, and no captures.")
    ] = False,
    toolkit_times: Annotated[
        bool, typer.Option("--toolkit-times", help="Wait 10 seconds where the toolkit does, instead of 1.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check a device service, ours or any other, against the cases of MOSIP's compliance toolkit.

    Exit code 0 if all cases that apply passed, 1 if one failed, 2 if there is no service or an option cannot be used.
    """
    from app.commands.simulatorathand import simulators_at_hand
    from devices.conformance import CheckSettings
    from devices.conformance import check as run_check
    from devices.conformance.model import LONG_TIMEOUT_MS

    try:
        wanted = _ports(str(port) if port is not None else ports)
        settings = CheckSettings(
            trust=_trust(trust),
            bio_types=_bio_types(modality),
            purpose=_purpose(purpose),
            admin_token=admin_token,
            auth_keys=_auth_keys(auth_key),
            at_hand=simulators_at_hand() if trust is None else None,
            long_timeout_ms=TOOLKIT_TIMEOUT_MS if toolkit_times else LONG_TIMEOUT_MS,
            is_somebody_there=not nobody,
        )
        with progress("Looking for device services") as tell:
            report = run_check(wanted, settings, tell if sys.stderr.isatty() else None)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    raise typer.Exit(GOOD if report.is_passed else FINDINGS)


def _ports(text: str) -> range:
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text, re.ASCII)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= 65535 or last - first >= PORTS_MAX:
        raise CheckPortsError(ports=text)
    return range(first, last + 1)


def _bio_types(text: str) -> frozenset[BioType]:
    from devices.sbi.attributes import BioType

    by_name = {bio_type.value.lower(): bio_type for bio_type in BioType}
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in by_name:
            raise CheckChoiceError(option="modality", value=name, allowed=", ".join(by_name))
    return frozenset(by_name[name] for name in names or by_name)


def _purpose(text: str) -> str:
    from devices.conformance.model import PURPOSES

    by_name = {purpose.lower(): purpose for purpose in PURPOSES}
    if text and text.lower() not in by_name:
        raise CheckChoiceError(option="purpose", value=text, allowed=", ".join(by_name))
    return by_name.get(text.lower(), "")


def _trust(directory: Path | None) -> Trust:
    from app.commands.inputs import read_trust
    from devices.conformance import Trust

    if directory is None:
        return Trust()
    device, ftm = read_trust(directory)
    return Trust(device, ftm if len(ftm) else None)


def _auth_keys(path: Path | None) -> tuple[rsa.RSAPrivateKey, ...]:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from app.commands.inputs import SMALL_MAX_BYTES
    from packet.files import read_file

    if path is None:
        return ()
    try:
        key = load_pem_private_key(read_file(path, SMALL_MAX_BYTES), None)
    except (ValueError, TypeError) as error:
        raise AuthKeyUnusableError(path=str(path)) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise AuthKeyUnusableError(path=str(path))
    return (key,)


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "passed": report.is_passed,
        "counts": _counts(report.results),
        "trustChecked": report.is_trust_checked,
        "services": [
            {"port": service.port, "devices": [target.name for target in service.targets], "faults": list(service.faults)}
            for service in report.services
        ],
        "otherListeners": list(report.strangers),
        "cases": [
            {
                "id": result.id,
                "title": result.title,
                "device": result.device,
                "outcome": result.outcome.value,
                "detail": result.detail,
                "notes": list(result.notes),
            }
            for result in report.results
        ],
    }


def _counts(results: Sequence[CaseResult]) -> dict[str, int]:
    from devices.conformance import Outcome

    return {outcome.value: sum(result.outcome is outcome for result in results) for outcome in Outcome}


def _print(report: Report) -> None:
    from devices.conformance import Outcome

    for service in report.services:
        devices = ", ".join(target.name for target in service.targets) or "no device that can be read"
        print(one_line(f"Device service on port {service.port}: {devices}"))
        for fault in service.faults:
            print(one_line(f"  {fault}"))
    done = [result for result in report.results if result.outcome is not Outcome.NOT_APPLICABLE]
    width = max((len(result.title) for result in done), default=0)
    for result in done:
        print(f"{result.outcome.upper():<5}  {result.id:<7}  {result.title:<{width}}  {one_line(result.device)}")
        for line in (result.detail, *(f"note: {note}" for note in result.notes)):
            if line:
                print(f"       {one_line(line)}")
    _print_left_out(report)
    counts = _counts(report.results)
    print(
        f"{counts['pass']} passed, {counts['fail']} failed, {counts['error']} broken off, "
        f"{counts['not-applicable']} not applicable."
    )
    if not report.is_trust_checked:
        print(TRUST_UNCHECKED)


def _print_left_out(report: Report) -> None:
    from devices.conformance import Outcome

    by_reason: dict[str, list[str]] = {}
    for result in report.results:
        if result.outcome is Outcome.NOT_APPLICABLE:
            by_reason.setdefault(result.detail, []).append(result.id)
    if by_reason:
        print("Not applicable:")
    for reason, ids in by_reason.items():
        print(f"  {', '.join(ranges(ids))}: {one_line(reason)}")


def ranges(ids: Sequence[str]) -> list[str]:
    """Ids such as SBI1075, SBI1076, SBI1079 as SBI1075-1076, SBI1079."""
    runs: list[list[str]] = []
    for id_ in dict.fromkeys(ids):
        letters, number = id_.rstrip("0123456789"), id_[len(id_.rstrip("0123456789")) :]
        last = runs[-1][-1] if runs else ""
        if last.startswith(letters) and last[len(letters) :].isdigit() and int(last[len(letters) :]) + 1 == int(number):
            runs[-1].append(id_)
        else:
            runs.append([id_])
    return [run[0] if len(run) == 1 else f"{run[0]}-{run[-1].lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}" for run in runs]
