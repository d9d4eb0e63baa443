"""`sealdesk simulator`: a device service with synthetic fingers, irises and faces, and faults on demand."""

from __future__ import annotations

import logging
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.outcome import GOOD, fail, one_line, print_json
from app.commands.simulatorcheck import check
from app.commands.simulatorperson import PersonOptions, read_person
from packet.errors import CodedError, UnusableInputError

if TYPE_CHECKING:
    from devices.simulator import Purpose, Simulator
    from devices.simulator.config import SimulatorConfig
    from devices.simulator.subjects import ImageProfile

TOKEN_VARIABLE = "SEALDESK_SIMULATOR_TOKEN"

app = typer.Typer(
    help="Run simulated biometric devices on 127.0.0.1 until interrupted.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.command(name="check")(check)


class TrustNotWritableError(UnusableInputError):
    """The directory for the simulator's roots cannot be written."""

    code = "SIMULATOR-TRUST"
    sentence = "The simulator's root certificates cannot be written to {path}: {why}."
    next_step = "Give another directory."


@dataclass(frozen=True)
class _Start:
    """What is done once, before serving."""

    trust: Path | None
    has_json: bool
    changes: tuple[str, ...]


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
StateOption = Annotated[
    Path | None, typer.Option("--state", help="Directory of the keys. Default: simulator, in the user's data directory.")
]
SeedOption = Annotated[int | None, typer.Option(help="Same keys, serial numbers and people at every start.")]


@app.callback(invoke_without_command=True)
def simulator(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 for any. Default: first free from 4501 to 4600.")
    ] = None,
    modalities: Annotated[
        str, typer.Option(help="Devices: finger, iris, face; or finger-slap, finger-single, iris-double, iris-single.")
    ] = "finger,iris,face",
    level: Annotated[str | None, typer.Option(help="Certification level, L0 or L1. Default: L0, for auth L1.")] = None,
    purpose: Annotated[str, typer.Option(help="registration, auth or both.")] = "registration",
    seed: SeedOption = None,
    subject: Annotated[Path | None, typer.Option(help="Folder of images to capture, instead of a synthetic person.")] = None,
    age: Annotated[str, typer.Option(help="Age of the synthetic person: child, adult or elder.")] = "adult",
    worn: Annotated[int, typer.Option(help="How far the person's ridges are worn off, 0 to 100.")] = 0,
    missing: Annotated[str, typer.Option(help="Fingers and eyes that the person lacks, for example leftIndex,rightEye.")] = "",
    quality: Annotated[int | None, typer.Option(help="Quality of every capture, 0 to 100. Default: good, by chance.")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="Commit this fault; may be given several times.")] = None,
    script: Annotated[Path | None, typer.Option(help="YAML file that says what happens when.")] = None,
    trust_out: Annotated[
        Path | None, typer.Option("--trust-out", "--trust", help="Directory to write the CA certificates to.")
    ] = None,
    ida_certificate: Annotated[
        Path | None, typer.Option(help="Certificate IDA-FIR of the authentication server. Default: one of our own.")
    ] = None,
    wsq: Annotated[bool, typer.Option("--wsq", help="Fingers of authentication captures in WSQ.")] = False,
    env: Annotated[str, typer.Option(help="Environment of the devices.")] = "Staging",
    rotate: Annotated[bool, typer.Option("--rotate", help="Give all devices new keys first.")] = False,
    expire: Annotated[bool, typer.Option("--expire", help="Let all device certificates run out first.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke all device certificates first.")] = False,
    admin: Annotated[
        bool, typer.Option("--admin", help=f"Admin verbs, for {TOKEN_VARIABLE} or a token that is printed.")
    ] = False,
    admin_open: Annotated[
        bool, typer.Option("--admin-open", help="As --admin, and the four admin verbs of MOSIP's mock without token.")
    ] = False,
    cors: Annotated[bool, typer.Option("--cors", help="Let web pages of any origin drive the devices.")] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
    exit_with_parent: Annotated[bool, typer.Option(help="End when standard input is closed.")] = False,
) -> None:
    """Run simulated biometric devices on 127.0.0.1 until interrupted."""
    if context.invoked_subcommand is not None:
        return
    logging.basicConfig(level=logging.WARNING if as_json else logging.INFO, stream=sys.stderr, format="simulator: %(message)s")
    from dataclasses import replace

    from devices.simulator import Simulator, SimulatorConfig

    changes = tuple(word for word, is_wanted in (("rotate", rotate), ("expire", expire), ("revoke", revoke)) if is_wanted)
    try:
        config = SimulatorConfig(
            port=_port(port),
            seed=seed,
            subject=seed if seed is not None else 1,
            presenter=read_person(PersonOptions(seed if seed is not None else 1, subject, age, worn, missing)),
            level=level,
            env=env,
            modalities=tuple(word.strip() for word in modalities.split(",")),
            purpose=_purpose(purpose),
            quality=_quality(quality),
            faults=tuple(fault or ()),
            ida_certificate=ida_certificate,
            auth_images=_auth_images(is_wsq=wsq),
            has_cors=cors,
            admin_token=_token() if admin or admin_open else None,
            is_admin_open=admin_open,
        )
        if script is not None:
            from devices.simulator.scripting.scriptfile import read_script

            config = replace(config, script=read_script(script))
        service = Simulator(_with_state(config, state))
        if exit_with_parent:
            threading.Thread(target=_stop_at_end_of_input, args=(service,), daemon=True).start()
        _serve(service, _Start(trust_out, as_json, changes))
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    raise typer.Exit(GOOD)


def _serve(service: Simulator, start: _Start) -> None:
    from devices.simulator.running import announce

    if start.trust is not None:
        _export(service, start.trust)

    def on_ready(port: int) -> None:
        for change in start.changes:
            for device in service.devices:
                getattr(service.pki, change)(device.serial_no)
        if start.trust is not None and "revoke" in start.changes:
            _export(service, start.trust)
        service.prepare()
        opened.enter_context(announce(service))
        _tell_ready(service, port, start)

    from contextlib import ExitStack

    with ExitStack() as opened:
        service.run(on_ready)


def _port(port: int | None) -> int | None:
    from devices.simulator import SimulatorOptionError

    if port is not None and not 0 <= port <= 65535:
        raise SimulatorOptionError(option="port", value=port, expected="0 to 65535")
    return port


def _quality(quality: int | None) -> int | None:
    from devices.simulator import SimulatorOptionError

    if quality is not None and not 0 <= quality <= 100:
        raise SimulatorOptionError(option="quality", value=quality, expected="0 to 100")
    return quality


def _purpose(word: str) -> Purpose:
    from devices.simulator import Purpose, SimulatorOptionError

    try:
        return Purpose(word)
    except ValueError as error:
        raise SimulatorOptionError(option="purpose", value=word, expected=", ".join(Purpose)) from error


def _auth_images(*, is_wsq: bool) -> ImageProfile:
    from devices.simulator.subjects import ImageProfile

    return ImageProfile.AUTH_WSQ if is_wsq else ImageProfile.AUTH


def _token() -> str:
    import secrets

    return os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)


def _with_state(config: SimulatorConfig, state: Path | None) -> SimulatorConfig:
    """With the directory of the keys. A default directory that cannot be used is done without: the keys are then fresh."""
    from dataclasses import replace

    from devices.simulator.keystore import StateUnusableError, default_state_directory, make_private

    try:
        directory = state or default_state_directory()
        make_private(directory)
    except StateUnusableError as error:
        if state is not None:
            raise
        logging.getLogger(__name__).warning("%s The keys are fresh this time.", one_line(error.message))
        return config
    return replace(config, state_dir=directory)


def _export(service: Simulator, directory: Path) -> None:
    try:
        service.pki.export(directory)
    except OSError as error:
        raise TrustNotWritableError(path=str(directory), why=(error.strerror or "unknown reason").lower()) from error


def _stop_at_end_of_input(service: Simulator) -> None:
    while sys.stdin.buffer.read(4096):
        continue
    service.stop()


def _tell_ready(service: Simulator, port: int, start: _Start) -> None:
    token = service.config.admin_token
    if start.has_json:
        import orjson

        ready: dict[str, object] = {
            "port": port,
            "trust": None if start.trust is None else str(start.trust.resolve()),
            "devices": [{"type": d.bio_type.value, "subType": d.sub_type, "serialNo": d.serial_no} for d in service.devices],
        }
        if token is not None:
            ready["adminToken"] = token
        sys.stdout.buffer.write(orjson.dumps(ready) + b"\n")
        sys.stdout.flush()
        return
    names = ", ".join(f"{d.bio_type.value} {d.sub_type} ({d.purpose}, {d.serial_no})" for d in service.devices)
    print(f"Simulated devices on 127.0.0.1:{port}: {names}")
    if start.trust is not None:
        print(f"CA certificates in {start.trust}")
    for active in service.faults.active:
        print(f"Fault {active.fault.name}: {active.fault.does}")
    if token is not None:
        print(f"Admin token: {token}")
    print("Stop with Ctrl-C.", flush=True)


@app.command()
def faults(as_json: JsonOption = False) -> None:
    """List every fault, with what it does and what a client should do."""
    from devices.simulator.faults.table import documentation_rows

    rows = documentation_rows()
    if as_json:
        print_json({"faults": rows})
        return
    group = ""
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            print(f"\n{group}")
        print(f"  {row['name']}: {row['does']}\n      client: {row['client']}")


@app.command()
def trust(
    out: Annotated[Path, typer.Option("--out", help="Directory to write the CA certificates to.")],
    seed: SeedOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the CA certificates of the simulator's devices, for a client's or a server's trust store."""
    from devices.simulator import Simulator, SimulatorConfig

    try:
        service = Simulator(_with_state(SimulatorConfig(seed=seed), state))
        _export(service, out)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    names = sorted(path.name for path in out.iterdir() if path.suffix in {".pem", ".crl"})
    if as_json:
        print_json({"trust": str(out.resolve()), "files": names})
    else:
        print(f"Written to {out}: {', '.join(names)}")


PortOption = Annotated[int | None, typer.Option(help="Port of the simulator. Needed if several run.")]
TokenOption = Annotated[
    str | None, typer.Option("--admin-token", envvar=TOKEN_VARIABLE, help="Default: that of the simulator of this user.")
]
TypeOption = Annotated[str | None, typer.Option("--type", help="Only devices of this type: finger, iris or face.")]


@app.command()
def rotate(
    port: PortOption = None,
    kind: TypeOption = None,
    token: TokenOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the devices of a running simulator (started with --admin) new keys and certificates."""
    _change("rotate", port, kind, token, state, as_json=as_json)


@app.command()
def expire(
    port: PortOption = None,
    kind: TypeOption = None,
    token: TokenOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the device certificates of a running simulator run out."""
    _change("expire", port, kind, token, state, as_json=as_json)


@app.command()
def revoke(
    port: PortOption = None,
    kind: TypeOption = None,
    token: TokenOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke the device certificates of a running simulator; 'trust' then also writes a revocation list."""
    _change("revoke", port, kind, token, state, as_json=as_json)


def _change(verb: str, port: int | None, kind: str | None, token: str | None, state: Path | None, *, as_json: bool) -> None:
    from devices.simulator.keystore import default_state_directory
    from devices.simulator.running import change_keys, find_changeable

    try:
        if port is None or token is None:
            found = find_changeable(state or default_state_directory(), port)
            port, token = found.port, token or found.token
        change_keys(verb, port, token, kind)
    except CodedError as error:
        raise fail(error, as_json=as_json) from error
    if as_json:
        print_json({"done": verb, "port": port})
    else:
        print(f"Done on port {port}: {verb}.")
