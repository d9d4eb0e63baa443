"""`sealdesk packet`: build, inspect, verify and compare packets without a window."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.outcome import FINDINGS, GOOD, fail, one_line, print_json
from packet.errors import CodedError

if TYPE_CHECKING:
    from packet.rules.model import Finding
    from packet.verify import PrivateKeyOpener, Report

app = typer.Typer(
    help="Build, inspect, verify and compare packets.\n\nExit codes: 0 good, 1 findings, 2 unusable input.",
    no_args_is_help=True,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PacketArgument = Annotated[Path, typer.Argument(metavar="PACKET", help="A packet file, <packetId>.zip.")]
PacketKeyOption = Annotated[
    Path, typer.Option("--packet-key", metavar="PEM", help="K11's private key; its certificate may stand in the same file.")
]


@app.command()
def build(
    registration: Annotated[Path, typer.Argument(metavar="REGISTRATION.json", help="The registration to seal.")],
    certificate: Annotated[Path, typer.Option(metavar="PEM", help="K11, the certificate of centre and machine.")],
    machine_key: Annotated[str, typer.Option(metavar="KEY", help="K10: tpm[:TCTI] | libtpms:FILE | software:DIR.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the packet is written.")],
    as_json: JsonOption = False,
) -> None:
    """Seal a registration into a packet: signed with the machine key, encrypted for the centre-machine certificate."""
    from app.commands.packetbuilding import build_packet
    from app.commands.progress import progress
    from packet.lint import PacketRefusedError

    try:
        with progress("reading the registration") as report:
            built = build_packet(registration, certificate, machine_key, out, report)
    except PacketRefusedError as refused:
        if as_json:
            print_json({"error": refused.diagnostics(), "findings": [_finding_json(f) for f in refused.findings]})
        else:
            _print_findings(refused.findings)
        raise fail(refused, as_json=False, exit_code=FINDINGS) from None
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    if as_json:
        print_json(built.as_json())
    else:
        print(f"{built.path}\n  {built.size_bytes} bytes, SHA-256 {built.sha256}\n  signed with {built.machine_key}")


@app.command("machine-info")
def machine_info(
    machine_key: Annotated[str, typer.Option(metavar="KEY", help="tpm[:TCTI] | libtpms:FILE | software:DIR.")],
    name: Annotated[str, typer.Option(help="Machine name; the host's name in lower case if not given.")] = "",
) -> None:
    """Print what an administrator needs to register this machine: its name and public keys, as JSON."""
    import socket

    from packet.keys.machineinfo import machine_info as describe
    from packet.keys.opening import open_machine_key

    try:
        with open_machine_key(machine_key) as key:
            print_json(describe(key, name or socket.gethostname().lower()))
    except CodedError as error:
        raise fail(error, as_json=False) from None


@app.command()
def verify(
    packet: PacketArgument,
    packet_key: PacketKeyOption,
    machine_public_key: Annotated[
        Path, typer.Option(metavar="FILE", help="K10's public key as registered: base64, PEM, or a machine-info JSON.")
    ],
    certificate: Annotated[
        Path | None, typer.Option(metavar="PEM", help="K11's certificate, if it does not stand in the key's file.")
    ] = None,
    device_trust: Annotated[
        Path | None, typer.Option(metavar="DIR", help="CA certificates of devices; files named ftm* are of domain FTM.")
    ] = None,
    id_schema: Annotated[Path | None, typer.Option(metavar="FILE", help="The ID schema the registration was made for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a packet as a registration processor would, and say everything that is wrong with it."""
    try:
        report = _verify(packet, packet_key, certificate, machine_public_key, device_trust, id_schema)
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    counts = Counter(str(f.status) for f in report.findings)
    if as_json:
        print_json(
            {
                "packetId": report.packet_id,
                "good": report.is_good,
                "counts": {status: counts[status] for status in ("pass", "fail", "skip")},
                "findings": [_finding_json(f) for f in report.findings],
            }
        )
    else:
        _print_findings(report.findings)
        print(f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped")
    if not report.is_good:
        first = report.failures[0]
        print(
            f"sealdesk: the packet is not good: {first.check} at {one_line(first.where)}. "
            "Do not upload it; build it again from its registration.",
            file=sys.stderr,
        )
    raise typer.Exit(GOOD if report.is_good else FINDINGS)


@app.command()
def inspect(
    packet: PacketArgument,
    packet_key: Annotated[
        Path | None, typer.Option("--packet-key", metavar="PEM", help="K11's private key, to look inside.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a packet is made of: layers, sizes, names. Never the person's data."""
    from app.commands.inputs import PACKET_MAX_BYTES
    from packet.files import read_file
    from packet.verify import inspect_packet

    try:
        opener = _opener(packet_key, None) if packet_key else None
        shown = inspect_packet(read_file(packet, PACKET_MAX_BYTES), opener, packet.name)
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    if as_json:
        print_json(shown)
    else:
        _print_tree(shown)
    raise typer.Exit(FINDINGS if shown.get("problem") else GOOD)


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A packet.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another packet.")],
    packet_key: PacketKeyOption,
    as_json: JsonOption = False,
) -> None:
    """Show in what two packets differ, layer by layer; personal values are named, never shown."""
    from app.commands.inputs import PACKET_MAX_BYTES
    from packet.files import read_file
    from packet.verify import diff_packets

    try:
        opener = _opener(packet_key, None)
        differences = diff_packets(read_file(a, PACKET_MAX_BYTES), read_file(b, PACKET_MAX_BYTES), opener)
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    if as_json:
        print_json({"same": not differences, "differences": [d.as_json() for d in differences]})
    else:
        for difference in differences:
            print(one_line(str(difference)))
        print(f"{len(differences)} differences" if differences else "no differences")
    raise typer.Exit(FINDINGS if differences else GOOD)


def _verify(
    packet: Path,
    packet_key: Path,
    certificate: Path | None,
    machine_public_key: Path,
    device_trust: Path | None,
    id_schema: Path | None,
) -> Report:
    from datetime import UTC, datetime

    from app.commands.inputs import PACKET_MAX_BYTES, read_json, read_machine_public, read_trust
    from packet.files import read_file
    from packet.rules.model import RuleSettings
    from packet.verify import verify_packet
    from packet.verify.model import VerifyContext

    machine = read_machine_public(machine_public_key)
    device, ftm = read_trust(device_trust) if device_trust else (None, None)
    context = VerifyContext(
        rules=RuleSettings(id_schema=read_json(id_schema) if id_schema else None, now=datetime.now(UTC)),
        file_name=packet.name,
        machine_encryption_public=machine.encryption,
        device_trust=device,
        ftm_trust=ftm,
    )
    return verify_packet(
        read_file(packet, PACKET_MAX_BYTES),
        opener=_opener(packet_key, certificate),
        machine_signing_public=machine.signing,
        context=context,
    )


def _opener(packet_key: Path, certificate: Path | None) -> PrivateKeyOpener:
    from app.commands.inputs import SMALL_MAX_BYTES, read_certificates
    from packet.crypto.certificates import load_certificate, load_private_key
    from packet.files import read_file
    from packet.verify import PrivateKeyOpener

    data = read_file(packet_key, SMALL_MAX_BYTES)
    certificates = read_certificates(data)
    if certificate is not None:
        certificates.append(load_certificate(read_file(certificate, SMALL_MAX_BYTES), str(certificate)))
    return PrivateKeyOpener(load_private_key(data, str(packet_key)), certificates)


def _finding_json(finding: Finding) -> dict[str, str | None]:
    return {
        "check": finding.check,
        "status": str(finding.status),
        "where": finding.where,
        "reason": finding.reason,
        "serverCode": finding.server_code,
    }


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        code = f" [{finding.server_code}]" if finding.server_code and finding.status == "fail" else ""
        print(f"{finding.status:4}  {finding.check:32}  {one_line(finding.where)}: {one_line(finding.reason)}{code}")


def _print_tree(value: object, indent: int = 0) -> None:
    pad = "  " * indent
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(item, (dict, list)) and item:
            print(f"{pad}{one_line(str(key))}:")
            _print_tree(item, indent + 1)
        else:
            print(f"{pad}{one_line(str(key))}: {one_line(str(item))}")
