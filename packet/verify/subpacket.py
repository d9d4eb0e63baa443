"""Opening one sub-packet: decrypt, verify the machine's signature, compare the hash, unpack, read JSON, recompute hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from packet.crypto.errors import SignatureInvalidError
from packet.crypto.jws import verify_rs256
from packet.encoding import b64url, b64url_decode, hex_upper, sha256
from packet.models import Json, SubPacket
from packet.rules.judging import as_list
from packet.rules.sequences import BIOMETRIC, DEMOGRAPHIC, OTHER, read_sequence
from packet.verify.container import ContainerFault, ContainerRefusedError, read_container
from packet.verify.envelope import OpenedEnvelope, envelope_checks, open_envelope
from packet.verify.ledger import Ledger
from packet.verify.model import SessionKeyOpener
from packet.verify.strictjson import read_json

INTEGRITY = "KER-PUT-019"
UNDECRYPTABLE = "KER-PUT-003"
INVALID = "RPR-PKV-FAILED-012"

CONTAINER_CHECKS = tuple(f"sub.{fault}" for fault in ContainerFault)
CONTENT_CHECKS = ("sub.id-json", "sub.meta-json", "hash.data")
ID_CHECKS = ("sub.audit-json", "hash.operations")

_IDENTITY_MAX, _META_MAX, _AUDIT_MAX = 1024 * 1024, 1024 * 1024, 4 * 1024 * 1024


def sub_packet_checks(part: SubPacket) -> tuple[str, ...]:
    """Names of all checks of one sub-packet, in order."""
    checks = (*envelope_checks("sub"), "sub.signature", "sub.encryptedhash", *CONTAINER_CHECKS, *CONTENT_CHECKS)
    return checks + (ID_CHECKS if part is SubPacket.ID else ())


@dataclass(frozen=True, slots=True)
class DecodedSubPacket:
    """A sub-packet as far as it could be decoded.

    Attributes:
        identity: ``identity`` of ID.json; None if unreadable. Likewise ``meta``.
        audits: entries of audit.json; None if there is none or it is unreadable.
    """

    envelope: OpenedEnvelope
    entries: Mapping[str, bytes] = field(repr=False)
    identity: Mapping[str, Json] | None = field(repr=False)
    meta: Mapping[str, Json] | None = field(repr=False)
    audits: tuple[Mapping[str, Json], ...] | None = field(repr=False)


def open_sub_packet(
    stored: bytes,
    metadata: Mapping[str, str] | None,
    part: SubPacket,
    opener: SessionKeyOpener,
    signer: RSAPublicKey | None,
    ledger: Ledger,
) -> DecodedSubPacket | None:
    """Opens a sub-packet: (1) decrypt, (2) signature, (3) hash of the ciphertext, (4) unpack, (5) JSON, (6) hashes.

    Returns:
        None if it could not be decrypted or unpacked; the checks behind are then noted as skipped.
    """
    where = str(part)
    # (1) decrypt
    envelope = open_envelope(stored, opener, ledger, layer="sub", where=where, server_code=UNDECRYPTABLE)
    # (2) signature
    if signer is None:
        ledger.skip(["sub.signature"], where, "The machine's signing key was not given.")
    elif envelope is None or metadata is None:
        ledger.skip(["sub.signature"], where, "The sub-packet or its metadata cannot be read.")
    else:
        problems = _signature_problems(metadata["signature"], envelope.plain, stored, signer)
        ledger.judge("sub.signature", where, problems, INTEGRITY)
    # (3) hash of the ciphertext
    if metadata is None:
        ledger.skip(["sub.encryptedhash"], where, "The metadata cannot be read.")
    else:
        changed = metadata["encryptedhash"] != b64url(sha256(stored))
        ledger.judge("sub.encryptedhash", where, ["The stored bytes have another hash."] if changed else [], INTEGRITY)
    behind = CONTENT_CHECKS + (ID_CHECKS if part is SubPacket.ID else ())
    if envelope is None:
        ledger.skip((*CONTAINER_CHECKS, *behind), where, "The sub-packet cannot be decrypted.")
        return None
    # (4) unpack
    entries = unpack(envelope.plain, "sub", where, ledger)
    if entries is None:
        ledger.skip(behind, where, "The sub-packet cannot be unpacked.")
        return None
    # (5) JSON and (6) hashes
    return _decode(envelope, entries, part, ledger)


def unpack(data: bytes, layer: str, where: str, ledger: Ledger) -> dict[str, bytes] | None:
    """Reads a container and notes each of its four checks; None if it is refused."""
    faults = list(ContainerFault)
    try:
        entries = read_container(data)
    except ContainerRefusedError as error:
        at = faults.index(error.fault)
        for fault in faults[:at]:
            ledger.judge(f"{layer}.{fault}", where, [])
        reason = f"{error.why[0].upper()}{error.why[1:]}."
        ledger.judge(f"{layer}.{faults[at]}", where, [reason])
        ledger.skip([f"{layer}.{fault}" for fault in faults[at + 1 :]], where, "The container is refused.")
        return None
    for fault in faults:
        ledger.judge(f"{layer}.{fault}", where, [])
    return entries


def _signature_problems(text: str, plain: bytes, stored: bytes, signer: RSAPublicKey) -> Iterator[str]:
    """The signature stands over the decrypted zip, in URL-safe base64; a server refuses the standard alphabet."""
    try:
        signature = b64url_decode(text)
    except ValueError:
        yield "The signature is not unpadded URL-safe base64."
        return
    if len(signature) != 256:
        yield "The signature does not have 256 bytes."
    elif _verifies(signer, signature, stored):
        yield "The signature is over the encrypted bytes; it must be over the plain zip."
    elif not _verifies(signer, signature, plain):
        yield "The machine's signature does not fit the plain zip."


def _verifies(signer: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        verify_rs256(signer, signature, signed, "sub-packet")
    except SignatureInvalidError:
        return False
    return True


def _decode(envelope: OpenedEnvelope, entries: Mapping[str, bytes], part: SubPacket, ledger: Ledger) -> DecodedSubPacket:
    where = str(part)
    identity = _wrapped(entries, "ID.json", _IDENTITY_MAX, "sub.id-json", where, ledger)
    meta = _wrapped(entries, "packet_meta_info.json", _META_MAX, "sub.meta-json", where, ledger)
    audits = _audits(entries, where, ledger) if part is SubPacket.ID else None
    _check_hash(entries, meta, "hashSequence1", "packet_data_hash.txt", "hash.data", where, ledger)
    if part is SubPacket.ID:
        _check_hash(entries, meta, "hashSequence2", "packet_operations_hash.txt", "hash.operations", where, ledger)
    return DecodedSubPacket(envelope, entries, identity, meta, audits)


def _wrapped(
    entries: Mapping[str, bytes], name: str, max_bytes: int, check: str, where: str, ledger: Ledger
) -> Mapping[str, Json] | None:
    """The object inside ``{"identity": {...}}``."""
    place = f"{where}/{name}"
    if name not in entries:
        ledger.judge(check, place, ["The entry is missing."], INVALID)
        return None
    try:
        value = read_json(entries[name], max_bytes)
    except ValueError as error:
        ledger.judge(check, place, [f"It cannot be read: {error}."], INVALID)
        return None
    inner = value.get("identity") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(inner, dict):
        ledger.judge(check, place, ["It is not an object with the single key identity."], INVALID)
        return None
    ledger.judge(check, place, [], INVALID)
    return inner


def _audits(entries: Mapping[str, bytes], where: str, ledger: Ledger) -> tuple[Mapping[str, Json], ...] | None:
    place = f"{where}/audit.json"
    if "audit.json" not in entries:
        ledger.judge("sub.audit-json", place, ["The entry is missing."], INVALID)
        return None
    try:
        value = read_json(entries["audit.json"], _AUDIT_MAX)
    except ValueError as error:
        ledger.judge("sub.audit-json", place, [f"It cannot be read: {error}."])
        return None
    rows = tuple(row for row in as_list(value) if isinstance(row, dict))
    good = isinstance(value, list) and len(rows) == len(value)
    ledger.judge("sub.audit-json", place, [] if good else ["It is not an array of objects."])
    return rows if good else None


def _check_hash(
    entries: Mapping[str, bytes],
    meta: Mapping[str, Json] | None,
    key: str,
    file: str,
    check: str,
    where: str,
    ledger: Ledger,
) -> None:
    sequence = read_sequence(meta.get(key)) if meta is not None else None
    if sequence is None or file not in entries:
        ledger.skip([check], where, "The hash file or the list of hashed files is missing or unreadable.")
        return
    names = [*sequence.get(BIOMETRIC, []), *sequence.get(DEMOGRAPHIC, []), *sequence.get(OTHER, [])]
    ledger.judge(check, where, _hash_problems(entries, names, entries[file]), INVALID)


def _hash_problems(entries: Mapping[str, bytes], names: list[str], expected: bytes) -> Iterator[str]:
    """Recomputes as the server does: names without extension and case, first hit; an absent or empty file is an error."""
    by_base: dict[str, bytes] = {}
    for name, content in entries.items():
        base = name.rpartition(".")[0] if "." in name else name
        by_base.setdefault(base.lower(), content)
    if len({name.lower() for name in names}) != len(names):  # before anything is put together: the list may be hostile
        yield "A hashed file is listed twice."
        return
    contents = [by_base.get(name.lower(), b"") for name in names]
    if not all(contents):
        yield "A hashed file is missing or empty."
    elif hex_upper(sha256(b"".join(contents))).encode("ascii") != expected:
        yield "The hash file does not hold the upper-case hex hash of the listed files, or holds something besides."
