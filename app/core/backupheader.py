"""The front of a backup, which anyone can read: what it is, from when and where, and for whom it is encrypted.

======  ======  =================================================
offset  length  content
======  ======  =================================================
0       8       ``SDBACKUP``
8       2       form of the file, 1, big-endian
10      4       length of the header, big-endian, at most 65536
14      n       header, JSON
14 + n  m       contents, a sealed stream (`packet.crypto.sealedstream`), bound to SHA-256 of bytes 0 .. 14 + n - 1
end-32  32      SHA-256 of all bytes before
======  ======  =================================================

In the clear stand: time and program version, name, reference (``<centre>_<machine>``) and key index of the machine, how many
registrations, audit rows and packet bytes, the size of the chunks, and for each recipient the wrapped key (with Argon2id's
parameters, or with the fingerprint of the recovery certificate). Nothing about persons: no registration id, no process, no
operator. The digest at the end finds accidental damage without any secret; deliberate changes are found by the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson

from app.core import backupchecks as checks
from app.core.backuperrors import BackupContentError, BackupForeignError, BackupVersionError
from packet.crypto.passphrase import Argon2Cost, PassphraseWrap
from packet.crypto.sealedstream import CHUNK_BYTES, CHUNK_MAX_BYTES
from packet.encoding import b64url, b64url_decode, sha256

MAGIC: Final = b"SDBACKUP"
VERSION: Final = 1
PREFIX_BYTES: Final = 14
HEADER_MAX_BYTES: Final = 64 * 1024
DIGEST_BYTES: Final = 32
RECIPIENTS_MAX: Final = 8
KEY_PLACE: Final = b"sealdesk backup key"
"""Additional data of a key under a passphrase."""


@dataclass(frozen=True, slots=True)
class CertificateWrap:
    """The key for the holder of a recovery certificate.

    Attributes:
        certificate_sha256: of its DER encoding, 32 bytes.
    """

    certificate_sha256: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class BackupHeader:
    """What stands in the clear.

    Attributes:
        program: version of the program that made it.
        ref_id: ``<centre>_<machine>``.
        key_index: fingerprint of the machine's signing key, as `packet.keys.publickey.fingerprint` gives it.
        packet_bytes: size of all packets together.
        wraps: the key of the contents, once for each recipient.
    """

    created_at: datetime
    program: str
    machine_name: str
    ref_id: str
    key_index: str
    registrations: int
    audits: int
    packet_bytes: int
    wraps: tuple[PassphraseWrap | CertificateWrap, ...] = field(repr=False)
    chunk_bytes: int = CHUNK_BYTES


_COUNT = checks.number(0, checks.COUNT_MAX)
_BINARY = checks.text(r"[A-Za-z0-9_-]{1,2048}")
_CHECKS: Mapping[str, checks.Check] = {
    "createdAt": checks.is_instant,
    "program": checks.text(r"[0-9A-Za-z.+_-]{1,64}"),
    "machineName": checks.bounded(256),
    "refId": checks.text(r"[0-9A-Za-z_-]{1,64}"),
    "keyIndex": checks.text(r"[0-9a-f]{2}(:[0-9a-f]{2}){31}"),
    "registrations": _COUNT,
    "audits": _COUNT,
    "packetBytes": _COUNT,
    "chunkBytes": checks.number(1024, CHUNK_MAX_BYTES),
    "recipients": lambda value: isinstance(value, list) and 1 <= len(value) <= RECIPIENTS_MAX,
}
_PASSPHRASE: Mapping[str, checks.Check] = {
    "kind": checks.one_of(("passphrase",)),
    "kdf": checks.one_of(("argon2id",)),
    "iterations": _COUNT,
    "lanes": _COUNT,
    "memoryKib": _COUNT,
    "salt": _BINARY,
    "nonce": _BINARY,
    "wrapped": _BINARY,
}
_CERTIFICATE: Mapping[str, checks.Check] = {
    "kind": checks.one_of(("certificate",)),
    "certificateSha256": checks.text(r"[0-9a-f]{64}"),
    "wrapped": _BINARY,
}


def encode(header: BackupHeader) -> bytes:
    """The bytes before the contents. `sha256` of them is what the contents are bound to."""
    body = orjson.dumps(
        {
            "createdAt": checks.instant_text(header.created_at),
            "program": header.program,
            "machineName": header.machine_name,
            "refId": header.ref_id,
            "keyIndex": header.key_index,
            "registrations": header.registrations,
            "audits": header.audits,
            "packetBytes": header.packet_bytes,
            "chunkBytes": header.chunk_bytes,
            "recipients": [_encode_wrap(wrap) for wrap in header.wraps],
        }
    )
    front = MAGIC + VERSION.to_bytes(2, "big") + len(body).to_bytes(4, "big") + body
    decode(front)
    return front


def body_bytes(prefix: bytes) -> int:
    """The length of the header that follows the first `PREFIX_BYTES`.

    Raises:
        BackupForeignError: if it is no backup.
        BackupVersionError: if it has another form.
    """
    if len(prefix) < PREFIX_BYTES or not prefix.startswith(MAGIC):
        raise BackupForeignError(why="it does not begin like one")
    found = int.from_bytes(prefix[8:10], "big")
    if found != VERSION:
        raise BackupVersionError(found=found, known=VERSION)
    length = int.from_bytes(prefix[10:14], "big")
    if not 2 <= length <= HEADER_MAX_BYTES:
        raise BackupForeignError(why="its header has an impossible length")
    return length


def decode(front: bytes) -> BackupHeader:
    """Reads prefix and header.

    Raises:
        BackupForeignError, BackupVersionError: as `body_bytes`.
        BackupContentError: if the header is not one of this form.
    """
    length = body_bytes(front[:PREFIX_BYTES])
    values = checks.check_object(checks.decode(front[PREFIX_BYTES:], "the header", length), "the header", _CHECKS)
    recipients = values["recipients"]
    wraps = tuple(_decode_wrap(recipient) for recipient in recipients) if isinstance(recipients, list) else ()
    if sum(isinstance(wrap, PassphraseWrap) for wrap in wraps) > 1:
        raise BackupContentError(where="the header", why="has several passphrases")  # each costs a second to try
    return BackupHeader(
        created_at=checks.instant(str(values["createdAt"])),
        program=str(values["program"]),
        machine_name=str(values["machineName"]),
        ref_id=str(values["refId"]),
        key_index=str(values["keyIndex"]),
        registrations=checks.whole(values["registrations"]),
        audits=checks.whole(values["audits"]),
        packet_bytes=checks.whole(values["packetBytes"]),
        chunk_bytes=checks.whole(values["chunkBytes"]),
        wraps=wraps,
    )


def binding(front: bytes) -> bytes:
    """What the contents are bound to."""
    return sha256(front)


def _encode_wrap(wrap: PassphraseWrap | CertificateWrap) -> dict[str, str | int]:
    if isinstance(wrap, CertificateWrap):
        return {"kind": "certificate", "certificateSha256": wrap.certificate_sha256.hex(), "wrapped": b64url(wrap.wrapped)}
    return {
        "kind": "passphrase",
        "kdf": "argon2id",
        "iterations": wrap.cost.iterations,
        "lanes": wrap.cost.lanes,
        "memoryKib": wrap.cost.memory_kib,
        "salt": b64url(wrap.salt),
        "nonce": b64url(wrap.nonce),
        "wrapped": b64url(wrap.wrapped),
    }


def _decode_wrap(value: object) -> PassphraseWrap | CertificateWrap:
    what = "a recipient"
    if isinstance(value, dict) and value.get("kind") == "certificate":
        found = checks.check_object(value, what, _CERTIFICATE)
        return CertificateWrap(bytes.fromhex(str(found["certificateSha256"])), _binary(found, "wrapped", 256, 1024))
    found = checks.check_object(value, what, _PASSPHRASE)
    cost = Argon2Cost(checks.whole(found["iterations"]), checks.whole(found["lanes"]), checks.whole(found["memoryKib"]))
    cost.check()
    return PassphraseWrap(cost, _binary(found, "salt", 16), _binary(found, "nonce", 12), _binary(found, "wrapped", 48))


def _binary(values: Mapping[str, object], name: str, smallest: int, largest: int | None = None) -> bytes:
    try:
        data = b64url_decode(str(values[name]))
    except ValueError as error:
        raise BackupContentError(where=f"a recipient's {name}", why="is not base64") from error
    if not smallest <= len(data) <= (largest or smallest):
        raise BackupContentError(where=f"a recipient's {name}", why="has an impossible length")
    return data
