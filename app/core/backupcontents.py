"""The contents of a backup from their first record to their last: the order of records, and the machine's signature under all.

``E`` holds the machine's signing key and its signature (RSASSA-PKCS1-v1_5, SHA-256) over ``sealdesk backup``, one zero byte,
SHA-256 of the header and the digest of the records (see `app.core.backuprecords`). Encryption for a certificate proves nothing
about who encrypted; the signature says which machine it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import orjson

from app.core import backupchecks as checks
from app.core.backupentries import (
    BackedUpRegistration,
    decode_audit,
    decode_machine,
    decode_registration,
    encode_machine,
)
from app.core.backuperrors import BackupContentError, BackupOriginError
from app.core.backupheader import BackupHeader
from app.core.backuprecords import RecordKind, RecordReader, RecordWriter
from packet.crypto.errors import SignatureInvalidError
from packet.crypto.jws import verify_rs256
from packet.encoding import b64url, b64url_decode, hex_upper
from packet.keys import publickey
from packet.keys.base import MachineKey
from packet.keys.errors import PublicKeyMalformedError

_BINARY = checks.text(r"[A-Za-z0-9_-]{1,1024}")
_COUNT = checks.number(0, checks.COUNT_MAX)
_END = {
    "registrations": _COUNT,
    "audits": _COUNT,
    "packet_bytes": _COUNT,
    "sign_public": _BINARY,
    "signature": _BINARY,
}


@dataclass(slots=True)
class Counts:
    """How much went over so far."""

    registrations: int = 0
    audits: int = 0
    packet_bytes: int = 0


class Receiver(Protocol):
    """Takes what a backup holds, in the order in which it stands there."""

    def machine(self, rid_next_value: int) -> None:
        """Comes first."""
        ...

    def registration(self, entry: BackedUpRegistration, slip: str | None, packet: Iterator[bytes]) -> None:
        """A registration.

        Args:
            slip: plain HTML.
            packet: raises `BackupContentError` at its end if it does not have its hash. What is not taken is read and checked
                behind this call.
        """
        ...

    def audit(self, values: dict[str, str]) -> None:
        """An audit row; behind all registrations."""
        ...


def begin(writer: RecordWriter, rid_next_value: int) -> None:
    """Writes the first record."""
    writer.record(RecordKind.MACHINE, encode_machine(rid_next_value))


def finish(writer: RecordWriter, counts: Counts, binding: bytes, machine_key: MachineKey) -> None:
    """Writes the last record.

    Raises:
        MachineKeyError: if the machine key cannot be used.
    """
    signature = machine_key.sign(_signed(binding, writer.digest()))
    body = {
        "registrations": counts.registrations,
        "audits": counts.audits,
        "packet_bytes": counts.packet_bytes,
        "sign_public": b64url(machine_key.signing_public),
        "signature": b64url(signature),
    }
    writer.record(RecordKind.END, orjson.dumps(body))


def read(chunks: Iterator[bytes], header: BackupHeader, binding: bytes, receiver: Receiver) -> None:
    """Reads everything, checks everything.

    Raises:
        BackupContentError: if records, counts or hashes are not those of a backup.
        BackupOriginError: if the signature does not fit, or is not by the machine that the header names.
        packet.crypto.sealedstream.SealedStreamDamagedError: as the chunks do.
    """
    reader = RecordReader(chunks)
    counts = Counts()
    kind, _ = reader.head()
    if kind is not RecordKind.MACHINE:
        raise BackupContentError(where="the first record", why="is not the machine's")
    receiver.machine(decode_machine(reader.body()))
    kind, _ = reader.head()
    while kind is RecordKind.REGISTRATION:
        _read_registration(reader, receiver, counts)
        kind, _ = reader.head()
    while kind is RecordKind.AUDIT:
        receiver.audit(dict(decode_audit(reader.body())))
        counts.audits += 1
        kind, _ = reader.head()
    if kind is not RecordKind.END:
        raise BackupContentError(where=f"a {kind.name.lower()} record", why="stands in the wrong place")
    _check_end(reader, counts, header, binding)
    reader.expect_end()


def _read_registration(reader: RecordReader, receiver: Receiver, counts: Counts) -> None:
    entry = decode_registration(reader.body())
    kind, size_bytes = reader.head()
    slip: str | None = None
    if entry.slip_bytes is not None:
        if kind is not RecordKind.SLIP or size_bytes != entry.slip_bytes:
            raise BackupContentError(where="a registration's slip", why="is missing or of another length")
        slip = _text(reader.body())
        kind, size_bytes = reader.head()
    if kind is not RecordKind.PACKET or size_bytes != entry.packet_size:
        raise BackupContentError(where="a registration's packet", why="is missing or of another length")
    packet = _hashed(reader, entry.packet_sha256)
    receiver.registration(entry, slip, packet)
    for _ in packet:
        pass
    counts.registrations += 1
    counts.packet_bytes += entry.packet_size


def _text(slip: bytes) -> str:
    try:
        return slip.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BackupContentError(where="a registration's slip", why="is no text") from error


def _hashed(reader: RecordReader, expected: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in reader.pieces():
        digest.update(piece)
        yield piece
    if hex_upper(digest.digest()) != expected:
        raise BackupContentError(where="a registration's packet", why="does not have the hash it was sealed with")


def _check_end(reader: RecordReader, found: Counts, header: BackupHeader, binding: bytes) -> None:
    what = "the last record"
    digest = reader.digest_before_record
    end = checks.check_object(checks.decode(reader.body(), what, RecordKind.END.limit_bytes), what, _END)
    if [end["registrations"], end["audits"], end["packet_bytes"]] != [found.registrations, found.audits, found.packet_bytes]:
        raise BackupContentError(where=what, why="counts something else than there was")
    if found != Counts(header.registrations, header.audits, header.packet_bytes):
        raise BackupContentError(where="the header", why="counts something else than there was")
    try:
        sign_public = b64url_decode(str(end["sign_public"]))
        key = publickey.parse(sign_public)
        verify_rs256(key.key, b64url_decode(str(end["signature"])), _signed(binding, digest), "the backup")
    except (ValueError, PublicKeyMalformedError, SignatureInvalidError) as error:
        raise BackupOriginError(why="the signature of the machine does not fit") from error
    if publickey.fingerprint(sign_public) != header.key_index or key.use is publickey.KeyUse.ENCRYPTION:
        raise BackupOriginError(why="another machine's key signed it than the one it names")


def _signed(binding: bytes, digest: bytes) -> bytes:
    return b"sealdesk backup\0" + binding + digest
