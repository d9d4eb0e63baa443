"""What ``--keep`` leaves behind, so that others can look at the packet.

::

    packet/<packetId>.zip      the packet as it was uploaded
    keys/k11-private.pem       private half of the packet key: opens the packet
    keys/k11-cert.pem          the packet certificate
    keys/machine-public.txt    the machine's signing public key (K10), as registered
    keys/machine-info.json     both public keys of the machine, as 'sealdesk packet machine-info' prints them
    sync/sync-record.json      what the RID sync announced of the packet, without the person's name, phone and mail
    trust/*.pem                CA certificates of the device makers
    schema/id-schema.json      the ID schema
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.core.registration import Decision, RegistrationRecord
from app.demo.errors import KeepFolderError
from packet.encoding import b64url
from packet.files import write_new
from packet.models import SealedPacket


@dataclass(frozen=True, slots=True)
class Kept:
    """The pieces.

    Attributes:
        packet_key: PEM.
        trust_folder: the simulator's exported CA certificates.
        machine_info: as `packet.keys.machineinfo.machine_info` makes it; None leaves its file out.
        announced: the registration as it was announced; None leaves the sync record out.
    """

    packet: SealedPacket
    packet_key: bytes = field(repr=False)
    packet_certificate: x509.Certificate
    signing_public: bytes
    trust_folder: Path
    id_schema: str
    machine_info: Mapping[str, str] | None = None
    announced: RegistrationRecord | None = None


def prepare(folder: Path) -> None:
    """Makes the folder, before any work is done for it.

    Raises:
        KeepFolderError: if it holds something, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise KeepFolderError(folder=str(folder), why="it is not empty")
    except OSError as error:
        raise KeepFolderError(folder=str(folder), why=error.strerror or "unknown reason") from error


def keep(folder: Path, kept: Kept) -> None:
    """Writes the pieces into a prepared folder.

    Raises:
        KeepFolderError: if a sub-folder cannot be made.
        packet.errors.UnusableInputError: a subclass that names the file that cannot be written.
    """
    try:
        for name in ("packet", "keys", "trust", "schema", *(("sync",) if kept.announced else ())):
            (folder / name).mkdir(mode=0o700)
    except OSError as error:
        raise KeepFolderError(folder=str(folder), why=error.strerror or "unknown reason") from error
    write_new(folder / "packet" / kept.packet.file_name, kept.packet.data)
    write_new(folder / "keys" / "k11-private.pem", kept.packet_key)
    write_new(folder / "keys" / "k11-cert.pem", kept.packet_certificate.public_bytes(Encoding.PEM))
    write_new(folder / "keys" / "machine-public.txt", b64url(kept.signing_public).encode("ascii") + b"\n")
    if kept.machine_info is not None:
        write_new(folder / "keys" / "machine-info.json", _json(kept.machine_info))
    if kept.announced is not None:
        write_new(folder / "sync" / "sync-record.json", _json(_sync_record(kept.announced)))
    write_new(folder / "schema" / "id-schema.json", kept.id_schema.encode())
    for certificate in sorted(kept.trust_folder.glob("*.pem")):
        write_new(folder / "trust" / certificate.name, certificate.read_bytes())


def _sync_record(announced: RegistrationRecord) -> dict[str, str | int]:
    """The item of the RID sync's list, in its own words; without approval at the desk a packet is announced as approved."""
    return {
        "registrationId": announced.registration_id,
        "packetId": announced.packet_id,
        "registrationType": announced.process,
        "packetHashValue": announced.packet_sha256,
        "packetSize": announced.packet_size,
        "supervisorStatus": (announced.decision or Decision.APPROVED).value,
        "langCode": announced.lang_code,
    }


def _json(value: Mapping[str, str] | Mapping[str, str | int]) -> bytes:
    return orjson.dumps(dict(value), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
