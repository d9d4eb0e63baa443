"""What the RID sync announced about a packet, against the packet: the receiver's checks, in its order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packet.encoding import hex_upper, sha256
from packet.verify.ledger import Ledger
from packet.verify.model import SyncRecord, VerifyContext

CHECKS = ("sync.known", "sync.hash", "sync.size", "sync.type", "sync.language", "sync.status", "sync.approved")
SIZE_CHECK = "sync.max-size"

_LANGUAGE = re.compile(r"[A-Za-z]{3}", re.ASCII)
_TYPES = frozenset(("NEW", "UPDATE", "LOST", "RES_UPDATE", "ACTIVATE", "DEACTIVATE", "OPENCRVS_NEW", "BIOMETRIC_CORRECTION"))


def check_announcement(data: bytes, context: VerifyContext, ledger: Ledger) -> None:
    """Checks the file as the packet receiver does: announced id, hash, size limit, announced size; then the record itself."""
    limit = context.rules.packet_max_bytes
    record = context.sync
    if record is None:
        ledger.skip(CHECKS, "sync", "No sync record was given.")
    else:
        _check_file(data, record, context.file_name, ledger)
    too_large = [f"The packet has {len(data)} bytes; {limit} are allowed."] if len(data) > limit else []
    ledger.judge(SIZE_CHECK, "packet", too_large, "RPR-PKR-002")
    if record is not None:
        _check_record(record, ledger)


def check_process(process: str, context: VerifyContext, ledger: Ledger) -> None:
    """The announced registration type is one that a server knows, and is the process of the packet's folder."""
    if context.sync is not None:
        known = _TYPES.union(context.rules.processes)
        ledger.judge("sync.type", "sync", _type_problems(process, context.sync, known), "RPR-RGS-003")


def _check_file(data: bytes, record: SyncRecord, file_name: str | None, ledger: Ledger) -> None:
    if file_name is None:
        ledger.skip(["sync.known"], "sync", "No file name was given.")
    else:
        # The receiver takes everything before the first dot of the file name for the packet id.
        unknown = [] if file_name.partition(".")[0] == record.packet_id else ["Another packet id was announced."]
        ledger.judge("sync.known", "sync", unknown, "RPR-PKR-001")
    same_hash = record.packet_hash_value == hex_upper(sha256(data))
    ledger.judge("sync.hash", "sync", [] if same_hash else ["Another hash was announced."], "RPR-PKR-009")
    wrong_size = [f"{record.packet_size} bytes were announced, {len(data)} came."] if record.packet_size != len(data) else []
    ledger.judge("sync.size", "sync", wrong_size, "RPR-PKR-013")


def _check_record(record: SyncRecord, ledger: Ledger) -> None:
    language = [] if _LANGUAGE.fullmatch(record.lang_code) else ["The language is not a three-letter code."]
    ledger.judge("sync.language", "sync", language, "RPR-RGS-004")
    known = record.supervisor_status in ("APPROVED", "REJECTED")
    ledger.judge("sync.status", "sync", [] if known else ["It is neither APPROVED nor REJECTED."], "RPR-RGS-026")
    rejected = record.supervisor_status == "REJECTED"
    ledger.judge("sync.approved", "sync", ["The supervisor rejected it."] if rejected else [], "RPR-PKV-FAILED-011")


def _type_problems(process: str, record: SyncRecord, known: frozenset[str]) -> Iterator[str]:
    if record.registration_type not in known:
        yield "The announced registration type is none that a server knows."
    elif record.registration_type != process:
        yield "The announced registration type is not the packet's process."
