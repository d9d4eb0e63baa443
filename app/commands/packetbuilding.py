"""Building one packet from files: the work behind `sealdesk packet build`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.commands.inputs import SMALL_MAX_BYTES
from app.commands.progress import Progress
from packet.builder import build
from packet.buildoptions import BuildOptions
from packet.crypto.certificates import load_certificate
from packet.encoding import b64url
from packet.errors import CodedError
from packet.files import DiskFullError, FileNotWritableError, read_file, write_new
from packet.idobject import StringArrays, omitted_fields
from packet.idschema import read_id_schema
from packet.keys.opening import open_machine_key
from packet.models import PacketSpec
from packet.registrationfile import load_registration
from packet.rules.model import RuleSettings

SPACE_NEEDED_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What is to be built of what.

    Attributes:
        registration: REGISTRATION.json.
        certificate: K11, PEM or DER.
        machine_key: descriptor of K10.
        out: folder for the packet.
        processes: the ids of all processes that the server takes.
        string_arrays: whether lists of plain texts are written.
    """

    registration: Path
    certificate: Path
    machine_key: str
    out: Path
    processes: tuple[str, ...]
    string_arrays: bool = False


@dataclass(frozen=True, slots=True)
class BuiltPacket:
    """What was built, and where it lies.

    Attributes:
        omitted_fields: fields of the registration that are not in the packet.
    """

    path: Path
    packet_id: str
    registration_id: str
    process: str
    sha256: str
    size_bytes: int
    machine_key: str
    machine_signing_public: str
    omitted_fields: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str | int | list[str]]:
        """The ``--json`` form: what a RID sync needs, and the public key under which the signatures verify."""
        return {
            "packet": str(self.path),
            "packetId": self.packet_id,
            "registrationId": self.registration_id,
            "process": self.process,
            "sha256": self.sha256,
            "sizeBytes": self.size_bytes,
            "machineKey": self.machine_key,
            "signPublicKey": self.machine_signing_public,
            "omittedFields": list(self.omitted_fields),
        }


def build_packet(order: BuildOrder, report: Progress, on_omitted: Callable[[tuple[str, ...]], None]) -> BuiltPacket:
    """Reads, seals and writes; nothing is written unless everything went well.

    Args:
        on_omitted: told before sealing which fields will not be in the packet, if there are any.

    Raises:
        CodedError: a subclass that names what is wrong with the registration, certificate, key or folder.
    """
    loaded = load_registration(order.registration)
    packet_certificate = load_certificate(read_file(order.certificate, SMALL_MAX_BYTES), str(order.certificate))
    _check_folder(order.out)
    arrays = StringArrays.EMIT if order.string_arrays else StringArrays.OMIT
    omitted = _omitted(loaded.spec, arrays)
    if omitted:
        on_omitted(omitted)
    now = datetime.now(UTC)
    created = loaded.creation_date
    report("opening the machine key")
    with open_machine_key(order.machine_key) as key:
        report(f"sealing with the {key.name}")
        sealed = build(
            loaded.spec,
            machine_key=key,
            certificate=packet_certificate,
            clock=(lambda: created) if created else (lambda: datetime.now(UTC)),
            entropy=os.urandom,
            options=BuildOptions(string_arrays=arrays, certificate_at=now, rules=RuleSettings(processes=order.processes)),
        )
        name, signing_public = key.name, b64url(key.signing_public)
    report("writing the packet")
    path = order.out / sealed.file_name
    write_new(path, sealed.data)
    return BuiltPacket(
        path=path,
        packet_id=sealed.packet_id,
        registration_id=sealed.registration_id,
        process=sealed.process,
        sha256=sealed.sha256,
        size_bytes=sealed.size_bytes,
        machine_key=name,
        machine_signing_public=signing_public,
        omitted_fields=omitted,
    )


def _omitted(spec: PacketSpec, arrays: StringArrays) -> tuple[str, ...]:
    if arrays is StringArrays.EMIT:
        return ()
    try:
        return omitted_fields(spec, read_id_schema(spec.id_schema))
    except CodedError:
        return ()  # the builder refuses it, in the order of its own checks


def _check_folder(out: Path) -> None:
    """Refuses a folder that cannot take a packet before a TPM is bothered; makes it if it is not there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise FileNotWritableError(path=str(out), why=error.strerror or "unknown reason") from error
    if not os.access(out, os.W_OK):
        raise FileNotWritableError(path=str(out), why="permission denied")
    if free < SPACE_NEEDED_BYTES:
        raise DiskFullError(path=str(out), needed_bytes=SPACE_NEEDED_BYTES, free_bytes=free)
