"""`sealdesk packet`: build, inspect, verify and compare packets without a window."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.outcome import FINDINGS, GOOD, fail, one_line, print_json
from packet.errors import CodedError

if TYPE_CHECKING:
    from packet.rules.model import Finding
    from packet.verify import Report

app = typer.Typer(
    help="Build, inspect, verify and compare packets.\n\nExit codes: 0 good, 1 findings, 2 unusable input.",
    no_args_is_help=True,
)

PLACES_MAX = 3
"""Places that a line of the text output names."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PacketArgument = Annotated[Path, typer.Argument(metavar="PACKET", help="A packet file, <packetId>.zip.")]
PacketKeyOption = Annotated[
    Path, typer.Option("--packet-key", metavar="PEM", help="K11's private key; its certificate may stand in the same file.")
]

ProcessOption = Annotated[
    list[str], typer.Option("--process", metavar="ID", help="A process of the country's own, beside MOSIP's. Repeatable.")
]


@app.command()
def build(
    registration: Annotated[Path, typer.Argument(metavar="REGISTRATION.json", help="The registration to seal.")],
    certificate: Annotated[Path, typer.Option(metavar="PEM", help="K11, the certificate of centre and machine.")],
    machine_key: Annotated[str, typer.Option(metavar="KEY", help="K10: tpm[:TCTI] | libtpms:FILE | software:DIR.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the packet is written.")],
    string_arrays: Annotated[
        bool, typer.Option("--string-arrays", help="Write lists of plain texts; most servers drop or refuse them.")
    ] = False,
    process: ProcessOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Seal a registration into a packet: signed with the machine key, encrypted for the centre-machine certificate."""
    from app.commands.judginginputs import known_processes
    from app.commands.packetbuilding import BuildOrder, build_packet
    from app.commands.progress import progress
    from packet.lint import PacketRefusedError

    omitted: list[str] = []
    try:
        order = BuildOrder(registration, certificate, machine_key, out, known_processes(process), string_arrays)
        with progress("reading the registration") as report:
            built = build_packet(order, report, omitted.extend)
    except PacketRefusedError as refused:
        _warn_of_omitted(omitted)
        if as_json:
            print_json({"error": refused.diagnostics(), "findings": [_finding_json(f) for f in refused.findings]})
        else:
            _print_findings(refused.findings)
        raise fail(refused, as_json=False, exit_code=FINDINGS) from None
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    _warn_of_omitted(omitted)
    if as_json:
        print_json(built.as_json())
    else:
        print(f"{built.path}\n  {built.size_bytes} bytes, SHA-256 {built.sha256}\n  signed with {built.machine_key}")


def _warn_of_omitted(fields: list[str]) -> None:
    if fields:
        _say_what_to_do(
            f"warning: not in the packet: {', '.join(fields)}. Most servers refuse lists of plain texts; "
            "if yours reads them (packet manager 1.2.0.2), build with --string-arrays."
        )


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
    sync_record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the RID sync announced of the packet: one item of it, as JSON.")
    ] = None,
    string_arrays: Annotated[
        bool, typer.Option("--string-arrays", help="The server reads lists of plain texts; they are no finding.")
    ] = False,
    process: ProcessOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Check a packet as a registration processor would, and say everything that is wrong with it."""
    from app.commands.judginginputs import known_processes

    given = _Given(packet_key, certificate, machine_public_key, device_trust, id_schema, sync_record)
    try:
        report = _verify(packet, given, known_processes(process), string_arrays)
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
        _say_what_to_do(
            f"the packet is not good: {first.check} at {one_line(first.where)}. "
            "Do not upload it; build it again from its registration."
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
    from app.commands.judginginputs import read_opener
    from packet.files import read_file
    from packet.verify import inspect_packet

    try:
        opener = read_opener(packet_key, None) if packet_key else None
        shown = inspect_packet(read_file(packet, PACKET_MAX_BYTES), opener, packet.name)
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    if as_json:
        print_json(shown)
    else:
        _print_tree(shown)
    if shown.get("problem"):
        _say_what_to_do(
            "this packet cannot be read to its end. "
            + ("'sealdesk packet verify' says which checks fail." if packet_key else "Check that it is complete.")
        )
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
    from app.commands.judginginputs import read_opener
    from packet.files import read_file
    from packet.verify import diff_packets

    try:
        opener = read_opener(packet_key, None)
        differences = diff_packets(read_file(a, PACKET_MAX_BYTES), read_file(b, PACKET_MAX_BYTES), opener)
    except CodedError as error:
        raise fail(error, as_json=as_json) from None
    if as_json:
        print_json({"same": not differences, "differences": [d.as_json() for d in differences]})
    else:
        for difference in differences:
            print(one_line(str(difference)))
        print(f"{len(differences)} differences" if differences else "no differences")
    if differences:
        _say_what_to_do(
            "the packets differ. If they should not, build again from the same registration with a fixed creationDate."
        )
    raise typer.Exit(FINDINGS if differences else GOOD)


@dataclass(frozen=True, slots=True)
class _Given:
    """Files besides the packet."""

    packet_key: Path
    certificate: Path | None
    machine_public_key: Path
    device_trust: Path | None
    id_schema: Path | None
    sync_record: Path | None


def _verify(packet: Path, given: _Given, processes: tuple[str, ...], string_arrays: bool) -> Report:
    from datetime import UTC, datetime

    from app.commands.inputs import PACKET_MAX_BYTES, read_machine_public, read_trust
    from app.commands.judginginputs import read_opener, read_schema, read_sync_record
    from packet.files import read_file
    from packet.rules.model import RuleSettings
    from packet.verify import verify_packet
    from packet.verify.model import VerifyContext

    machine = read_machine_public(given.machine_public_key)
    device, ftm = read_trust(given.device_trust) if given.device_trust else (None, None)
    rules = RuleSettings(
        id_schema=read_schema(given.id_schema) if given.id_schema else None,
        now=datetime.now(UTC),
        string_arrays=string_arrays,
        processes=processes,
    )
    context = VerifyContext(
        rules=rules,
        file_name=packet.name,
        machine_encryption_public=machine.encryption,
        device_trust=device,
        ftm_trust=ftm,
        sync=read_sync_record(given.sync_record) if given.sync_record else None,
    )
    return verify_packet(
        read_file(packet, PACKET_MAX_BYTES),
        opener=read_opener(given.packet_key, given.certificate),
        machine_signing_public=machine.signing,
        context=context,
    )


def _finding_json(finding: Finding) -> dict[str, str | None]:
    return {
        "check": finding.check,
        "status": str(finding.status),
        "where": finding.where,
        "reason": finding.reason,
        "serverCode": finding.server_code,
    }


def _say_what_to_do(text: str) -> None:
    print(f"sealdesk: {text}", file=sys.stderr)


def _print_findings(findings: tuple[Finding, ...]) -> None:
    """One line for each finding; all skips for one reason share a line, where the first of them stands."""
    skips: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.status == "skip":
            skips.setdefault(finding.reason, []).append(finding)
    for finding in findings:
        if finding.status != "skip":
            code = f" [{finding.server_code}]" if finding.server_code and finding.status == "fail" else ""
            _print_line(finding, finding.check, finding.where, code)
        elif alike := skips.pop(finding.reason, []):
            checks, places = dict.fromkeys(f.check for f in alike), dict.fromkeys(f.where for f in alike)
            more = f" and {len(places) - PLACES_MAX} more" if len(places) > PLACES_MAX else ""
            _print_line(finding, ", ".join(checks), ", ".join([*places][:PLACES_MAX]) + more, "")


def _print_line(finding: Finding, checks: str, where: str, code: str) -> None:
    print(f"{finding.status:4}  {checks:32}  {one_line(where)}: {one_line(finding.reason)}{code}")


def _print_tree(value: object, indent: int = 0) -> None:
    """Objects as ``key: value``, arrays as ``- value``; what has parts of its own stands indented below."""
    pad = "  " * indent
    if isinstance(value, dict):
        lines = [(f"{pad}{one_line(str(key))}:", item) for key, item in value.items()]
    else:
        lines = [(f"{pad}-", item) for item in value] if isinstance(value, list) else []
    for head, item in lines:
        if isinstance(item, (dict, list)) and item:
            print(head)
            _print_tree(item, indent + 1)
        else:
            print(f"{head} {one_line(str(item))}")
