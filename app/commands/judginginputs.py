"""What judging a packet is given on the command line, besides the packet: keys, ID schema, sync record, process ids."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from app.commands.inputs import SMALL_MAX_BYTES, read_certificates, read_json
from packet.crypto.certificates import load_certificate, load_private_key
from packet.errors import UnusableInputError
from packet.files import read_file
from packet.idschema import read_id_schema
from packet.models import Json
from packet.rules.model import PROCESSES
from packet.rules.schemaview import view_schema
from packet.verify import PrivateKeyOpener, SyncRecord


class PacketKeyForeignError(UnusableInputError):
    """A private key and the certificate that was given with it do not belong together."""

    code = "INPUT-PACKET-KEY"
    sentence = "The private key in {key} does not belong to the certificate in {certificate}."
    next_step = "Give the key and the certificate of the same centre and machine."


class IdSchemaUnusableError(UnusableInputError):
    """A file that should hold an ID schema does not."""

    code = "INPUT-ID-SCHEMA"
    sentence = "{path} is no ID schema that can be used. {why}"
    next_step = "Give the ID schema for which the registration was made, as the server publishes it."


class SyncRecordInvalidError(UnusableInputError):
    """A file that should hold what the RID sync announced does not."""

    code = "INPUT-SYNC-RECORD"
    sentence = "{path} is no sync record: {why}."
    next_step = (
        "Give an item of the RID sync: packetId, packetHashValue, packetSize, registrationType, supervisorStatus, langCode."
    )


class ProcessIdInvalidError(UnusableInputError):
    """A process id given on the command line is none."""

    code = "INPUT-PROCESS"
    sentence = "A process id holds capitals, digits and _ only, at most 64."
    next_step = "Give the id as the server's configuration has it, for example CRVS_NEW."


_PROCESS = re.compile(r"[A-Z0-9_]{1,64}", re.ASCII)
_SYNC_TEXTS = ("packetId", "packetHashValue", "registrationType", "supervisorStatus", "langCode")


def known_processes(own: Sequence[str]) -> tuple[str, ...]:
    """The ids of the processes that every server takes, and of a country's own.

    Raises:
        ProcessIdInvalidError: if one is none.
    """
    if not all(_PROCESS.fullmatch(process) for process in own):
        raise ProcessIdInvalidError
    return tuple(dict.fromkeys((*PROCESSES, *own)))


def read_schema(path: Path) -> dict[str, Json]:
    """Reads an ID schema by which a packet can be judged.

    Raises:
        JsonUnreadableError: if it is no JSON object.
        IdSchemaUnusableError: if it is another object.
    """
    schema = read_json(path)
    try:
        read_id_schema(schema)
    except UnusableInputError as error:
        raise IdSchemaUnusableError(path=str(path), why=error.message) from error
    faults = view_schema(schema).faults
    if faults:
        raise IdSchemaUnusableError(path=str(path), why=faults[0])
    return schema


def read_sync_record(path: Path) -> SyncRecord:
    """Reads what a RID sync announced of a packet: an item of its list. Other keys of such an item are not looked at.

    Raises:
        JsonUnreadableError: if it is no JSON object.
        SyncRecordInvalidError: if a key is missing or its value of another kind.
    """
    item = read_json(path)
    texts: dict[str, str] = {}
    for key in _SYNC_TEXTS:
        value = item.get(key)
        if not isinstance(value, str):
            raise SyncRecordInvalidError(path=str(path), why=f"{key} is {'no text' if key in item else 'missing'}")
        texts[key] = value
    size = item.get("packetSize")
    if not isinstance(size, int) or isinstance(size, bool):
        why = f"packetSize is {'no whole number' if 'packetSize' in item else 'missing'}"
        raise SyncRecordInvalidError(path=str(path), why=why)
    return SyncRecord(
        packet_id=texts["packetId"],
        packet_hash_value=texts["packetHashValue"],
        packet_size=size,
        registration_type=texts["registrationType"],
        supervisor_status=texts["supervisorStatus"],
        lang_code=texts["langCode"],
    )


def read_opener(packet_key: Path, certificate: Path | None) -> PrivateKeyOpener:
    """Reads K11's private key with its certificate, which stands in the key's file or in one of its own.

    Of the certificates in the key's file (there may be a chain) only the key's own counts.

    Raises:
        FileNotReadableError, FileOverLimitError: if a file cannot be read.
        CertificateUnreadableError, CertificateSeveralError: if the certificate's file does not hold one.
        PrivateKeyUnreadableError, PrivateKeyProtectedError, PrivateKeyUnsuitableError: if the key is none for this.
        PacketKeyForeignError: if key and certificate do not belong together.
    """
    data = read_file(packet_key, SMALL_MAX_BYTES)
    key = load_private_key(data, str(packet_key))
    beside = read_certificates(data)
    own = [found for found in beside if _is_of(found, key)]
    if beside and not own:
        raise PacketKeyForeignError(key=str(packet_key), certificate=str(packet_key))
    if certificate is not None:
        given = load_certificate(read_file(certificate, SMALL_MAX_BYTES), str(certificate))
        if not _is_of(given, key):
            raise PacketKeyForeignError(key=str(packet_key), certificate=str(certificate))
        own.append(given)
    return PrivateKeyOpener(key, own)


def _is_of(certificate: x509.Certificate, key: RSAPrivateKey) -> bool:
    try:
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(public, RSAPublicKey) and public.public_numbers() == key.public_key().public_numbers()
