"""Acknowledgement slips: the HTML that the applicant takes home, kept signed and encrypted on the machine.

The file ``<packetId>_Ack.html`` holds the envelope for the machine's own encryption key; the signature (K10, over the plain
HTML) is kept apart from it, in the registration's row. An old slip can be printed again only on the machine that made it, and
only if nobody changed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from packet.crypto import machineblob
from packet.crypto.errors import SignatureInvalidError
from packet.crypto.jws import verify_rs256
from packet.encoding import b64url, b64url_decode
from packet.errors import PacketError
from packet.keys import publickey
from packet.keys.base import MachineKey
from packet.models import Entropy, PacketId


class AcknowledgementUnreadableError(PacketError):
    """A kept slip cannot be shown again."""

    code = "PACKET-ACKNOWLEDGEMENT"
    sentence = "The acknowledgement {file} cannot be shown: {why}."
    next_step = "It was made on another machine or was changed. Tell the applicant the application id instead."


@dataclass(frozen=True, slots=True)
class SealedAcknowledgement:
    """A slip as it is kept.

    Attributes:
        data: content of the file.
        signature: column ``ack_signature``: unpadded base64url.
    """

    file_name: str
    data: bytes = field(repr=False)
    signature: str = field(repr=False)


def file_name(packet_id: PacketId) -> str:
    """``<packetId>_Ack.html``."""
    return f"{packet_id}_Ack.html"


def seal(packet_id: PacketId, html: str, machine_key: MachineKey, entropy: Entropy) -> SealedAcknowledgement:
    """Signs and encrypts a slip.

    Args:
        entropy: asked as `packet.crypto.machineblob.encrypt_for_machine` does.

    Raises:
        MachineKeyError: if the machine key cannot be used.
    """
    plain = html.encode("utf-8")
    return SealedAcknowledgement(
        file_name=file_name(packet_id),
        data=machineblob.encrypt_for_machine(plain, machine_key.encryption_public, entropy),
        signature=b64url(machine_key.sign(plain)),
    )


def unseal(sealed: SealedAcknowledgement, machine_key: MachineKey) -> str:
    """Opens a slip and checks its signature.

    Raises:
        AcknowledgementUnreadableError: if the signature does not fit or the content is no text.
        MachineBlobMalformedError, MachineBlobDamagedError, MachineKeyError: if it cannot be decrypted with this key.
    """
    plain = machineblob.decrypt(sealed.data, machine_key)
    public = publickey.parse(machine_key.signing_public).key
    try:
        verify_rs256(public, b64url_decode(sealed.signature), plain, "the acknowledgement")
    except SignatureInvalidError as error:
        raise AcknowledgementUnreadableError(file=sealed.file_name, why="its signature does not fit") from error
    except ValueError as error:
        raise AcknowledgementUnreadableError(file=sealed.file_name, why="its signature is not readable") from error
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AcknowledgementUnreadableError(file=sealed.file_name, why="it is no text") from error
