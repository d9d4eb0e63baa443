"""Files given on the command line, read with a size limit and refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from packet.crypto.chain import TrustStore
from packet.crypto.errors import CertificateUnreadableError
from packet.crypto.lazyparts import NOT_READABLE, load_der
from packet.encoding import b64any_decode
from packet.errors import CodedError, UnusableInputError
from packet.files import FileNotReadableError, read_file
from packet.keys import publickey
from packet.keys.base import MachineKeyKind
from packet.models import Json

PACKET_MAX_BYTES = 64 * 1024 * 1024
SMALL_MAX_BYTES = 4 * 1024 * 1024


class JsonUnreadableError(UnusableInputError):
    """A file that should hold JSON does not."""

    code = "INPUT-JSON"
    sentence = "{path} is not readable as a JSON object."
    next_step = "Check that it is the right file and complete."


class PublicKeyUnreadableError(UnusableInputError):
    """A file that should hold a machine's public key does not."""

    code = "INPUT-PUBLIC-KEY"
    sentence = "{path} holds no machine public key."
    next_step = "Give the key as it is registered: base64 of TPMT_PUBLIC or SubjectPublicKeyInfo, or a machine-info JSON."


class TrustEmptyError(UnusableInputError):
    """A trust directory without certificates would silently trust nothing."""

    code = "INPUT-TRUST-EMPTY"
    sentence = "{path} holds no certificate files (*.pem, *.crt, *.cer)."
    next_step = "Give the directory with the device roots, for example what 'sealdesk simulator' exported."


def read_json(path: Path) -> dict[str, Json]:
    """Reads a JSON object.

    Raises:
        JsonUnreadableError: if it is anything else.
    """
    try:
        value = orjson.loads(read_file(path, SMALL_MAX_BYTES))
    except orjson.JSONDecodeError as error:
        raise JsonUnreadableError(path=str(path)) from error
    if not isinstance(value, dict):
        raise JsonUnreadableError(path=str(path))
    return value


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in a PEM text that may hold other things too; none if there is none."""
    try:
        return x509.load_pem_x509_certificates(data)
    except NOT_READABLE:
        return []


def read_trust(directory: Path) -> tuple[TrustStore, TrustStore]:
    """The trust stores of domains DEVICE and FTM in a directory; files whose name begins with ``ftm`` are of domain FTM.

    Raises:
        FileNotReadableError: if it is not a readable directory.
        TrustEmptyError: if it holds no certificate.
        CertificateUnreadableError: if a certificate file holds none.
    """
    try:
        files = sorted(f for f in directory.iterdir() if f.suffix.lower() in {".pem", ".crt", ".cer"})
    except OSError as error:
        raise FileNotReadableError(path=str(directory), why=error.strerror or "unknown reason") from error
    if not files:
        raise TrustEmptyError(path=str(directory))
    device = [c for f in files if not f.name.lower().startswith("ftm") for c in _certificates_of(f)]
    ftm = [c for f in files if f.name.lower().startswith("ftm") for c in _certificates_of(f)]
    return TrustStore("DEVICE", device), TrustStore("FTM", ftm)


def _certificates_of(path: Path) -> Sequence[x509.Certificate]:
    data = read_file(path, SMALL_MAX_BYTES)
    found = read_certificates(data)
    if found:
        return found
    try:
        return [load_der(data)]
    except ValueError as error:
        raise CertificateUnreadableError(what=str(path)) from error


@dataclass(frozen=True, slots=True)
class MachinePublic:
    """A machine's public keys as registered.

    Attributes:
        encryption: None if only the signing key was given and it is a TPM key, which cannot encrypt.
    """

    signing: bytes
    encryption: bytes | None


def read_machine_public(path: Path) -> MachinePublic:
    """Reads a machine's public keys: base64 of the signing key as registered, a machine-info JSON, or PEM of a software key.

    Raises:
        PublicKeyUnreadableError: if it is none of these.
    """
    data = read_file(path, SMALL_MAX_BYTES)
    try:
        signing, encryption = _machine_public(data)
        parsed = publickey.parse(signing)
        if encryption is not None:
            publickey.parse(encryption)
    except (ValueError, KeyError, AttributeError, TypeError, CodedError) as error:
        raise PublicKeyUnreadableError(path=str(path)) from error
    if encryption is None and parsed.kind is MachineKeyKind.LOCAL:
        encryption = signing  # a software machine has one key pair for both
    return MachinePublic(signing, encryption)


def _machine_public(data: bytes) -> tuple[bytes, bytes | None]:
    text = data.decode("ascii").strip()
    if text.startswith("-----BEGIN"):
        return load_pem_public_key(data).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), None
    if text.startswith("{"):
        info = orjson.loads(text)
        return b64any_decode(info.get("signPublicKey") or info["signingPublicKey"]), b64any_decode(info["publicKey"])
    return b64any_decode("".join(text.split())), None
