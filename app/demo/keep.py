"""What ``--keep`` leaves behind, so that others can look at the packet.

::

    packet/<packetId>.zip      the packet as it was uploaded
    keys/k11-private.pem       private half of the packet key: opens the packet
    keys/k11-cert.pem          the packet certificate
    keys/machine-public.txt    the machine's signing public key (K10), as registered
    trust/*.pem                CA certificates of the device makers
    schema/id-schema.json      the ID schema
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

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
    """

    packet: SealedPacket
    packet_key: bytes = field(repr=False)
    packet_certificate: x509.Certificate
    signing_public: bytes
    trust_folder: Path
    id_schema: str


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
        for name in ("packet", "keys", "trust", "schema"):
            (folder / name).mkdir(mode=0o700)
    except OSError as error:
        raise KeepFolderError(folder=str(folder), why=error.strerror or "unknown reason") from error
    write_new(folder / "packet" / kept.packet.file_name, kept.packet.data)
    write_new(folder / "keys" / "k11-private.pem", kept.packet_key)
    write_new(folder / "keys" / "k11-cert.pem", kept.packet_certificate.public_bytes(Encoding.PEM))
    write_new(folder / "keys" / "machine-public.txt", b64url(kept.signing_public).encode("ascii") + b"\n")
    write_new(folder / "schema" / "id-schema.json", kept.id_schema.encode())
    for certificate in sorted(kept.trust_folder.glob("*.pem")):
        write_new(folder / "trust" / certificate.name, certificate.read_bytes())
