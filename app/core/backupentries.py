"""What a backup holds of one registration, of one audit row and of the machine, as JSON and back.

Columns of the database go over by their names. A column that this table does not know is a mistake of the program and is found
by a test, one that an older backup does not have is left at its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

import orjson

from app.core import backupchecks as checks
from app.core.backuperrors import BackupContentError
from app.core.backupmerge import Standing
from app.core.backuprecords import PACKET_MAX_BYTES, RecordKind
from app.core.lifecycle import ClientStatus, Event, ServerStatus, State
from app.core.outbox import RowState, Task
from app.core.registration import Contact, Decision
from packet.models import AuditEntry, Flow, Json

Value = str | int | None

_NAME = checks.text(r"[0-9A-Za-z_-]{1,128}")
_CLIENT = checks.one_of([status for status in ClientStatus if status is not ClientStatus.DELETED])
_ANY_CLIENT = checks.one_of(ClientStatus)
_SERVER = checks.one_of(ServerStatus)

REGISTRATION_COLUMNS: Final[Mapping[str, checks.Check]] = {
    "packet_id": _NAME,
    "registration_id": checks.text(r"[0-9]{1,64}"),
    "ref_id": _NAME,
    "process": checks.text(r"[^\x00-\x1f\ud800-\udfff]{1,128}"),
    "flow": checks.one_of(Flow),
    "lang_code": checks.text(r"[a-z]{3}"),
    "created_at": checks.is_instant,
    "changed_at": checks.is_instant,
    "client_status": _CLIENT,
    "server_status": _SERVER,
    "decision": checks.optional(checks.one_of(Decision)),
    "packet_sha256": checks.text(r"[0-9A-F]{64}"),
    "packet_size": checks.number(1, PACKET_MAX_BYTES),
    "additional_info_request_id": checks.optional(checks.bounded(512)),
    "exported_at": checks.optional(checks.is_instant),
}
"""Carried as they stand."""

SEALED_COLUMNS: Final = ("contact", "decision_comment")
"""Opened for the backup and sealed anew by the machine that restores it."""

OTHER_COLUMNS: Final = ("ack_signature", "work")
"""Not carried: the signature is made anew with the slip, the state of the work follows from the outbox."""

OUTBOX_COLUMNS: Final[Mapping[str, checks.Check]] = {
    "task": checks.one_of(Task),
    "state": checks.one_of(RowState),
    "attempts": checks.number(0, 2**31),
    "reason": checks.optional(checks.bounded(1024)),
    "next_attempt_at": checks.is_instant,
    "changed_at": checks.is_instant,
}

HISTORY_COLUMNS: Final[Mapping[str, checks.Check]] = {
    "event": checks.one_of(Event),
    "client_status": _ANY_CLIENT,
    "server_status": _SERVER,
    "at": checks.is_instant,
}
HISTORY_MAX: Final = 5000

_CONTACT = {item.name: checks.optional(checks.bounded(4096)) for item in fields(Contact)}
_INSTANTS = ("created_at", "action_time_stamp")
AUDIT_FIELDS: Final[Mapping[str, checks.Check]] = {
    item.name: checks.is_instant if item.name in _INSTANTS else checks.bounded(4096) for item in fields(AuditEntry)
} | {"uuid": checks.text(r"[0-9A-Za-z-]{1,64}"), "event_id": checks.bounded(128)}

_MACHINE = {"rid_next_value": checks.number(1, 99999)}


@dataclass(frozen=True, slots=True)
class BackedUpRegistration:
    """One registration without packet and slip.

    Attributes:
        row: `REGISTRATION_COLUMNS`.
        sealed: plain text of the `SEALED_COLUMNS` that have a value: personal data.
        slip_bytes: length of the slip that follows; None if there is none.
    """

    row: Mapping[str, Value]
    outbox: tuple[Mapping[str, Value], ...]
    history: tuple[Mapping[str, Value], ...]
    sealed: Mapping[str, str] = field(repr=False)
    slip_bytes: int | None = None

    @property
    def packet_id(self) -> str:
        """Identifies it."""
        return str(self.row["packet_id"])

    @property
    def packet_sha256(self) -> str:
        """Upper-case hex."""
        return str(self.row["packet_sha256"])

    @property
    def packet_size(self) -> int:
        """Bytes."""
        return checks.whole(self.row["packet_size"])

    @property
    def standing(self) -> Standing:
        """How far it got, and when."""
        state = State(ClientStatus(str(self.row["client_status"])), ServerStatus(str(self.row["server_status"])))
        return Standing(state, checks.instant(str(self.row["changed_at"])))


def encode_registration(entry: BackedUpRegistration) -> bytes:
    """The body of its record."""
    return orjson.dumps(
        {
            "row": dict(entry.row),
            "outbox": [dict(row) for row in entry.outbox],
            "history": [dict(step) for step in entry.history],
            "sealed": dict(entry.sealed),
            "slip_bytes": entry.slip_bytes,
        }
    )


def decode_registration(body: bytes) -> BackedUpRegistration:
    """Inverse of `encode_registration`.

    Raises:
        BackupContentError: if it is not what a registration can be.
    """
    what = "a registration"
    parts = checks.check_object(
        checks.decode(body, what, RecordKind.REGISTRATION.limit_bytes),
        what,
        {
            "row": _is_object,
            "outbox": _is_list(len(Task)),
            "history": _is_list(HISTORY_MAX),
            "sealed": _is_object,
            "slip_bytes": checks.optional(checks.number(0, RecordKind.SLIP.limit_bytes)),
        },
    )
    outbox = tuple(_values(row, f"{what}'s outbox", OUTBOX_COLUMNS) for row in _items(parts["outbox"]))
    if len({row["task"] for row in outbox}) != len(outbox):
        raise BackupContentError(where=f"{what}'s outbox", why="has a task twice")
    slip_bytes = parts["slip_bytes"]
    return BackedUpRegistration(
        row=_values(parts["row"], what, REGISTRATION_COLUMNS),
        outbox=outbox,
        history=tuple(_values(step, f"{what}'s history", HISTORY_COLUMNS) for step in _items(parts["history"])),
        sealed=_sealed(parts["sealed"], f"{what}'s protected values"),
        slip_bytes=slip_bytes if isinstance(slip_bytes, int) else None,
    )


def _sealed(value: Json, what: str) -> Mapping[str, str]:
    texts = checks.optional(checks.bounded(64 * 1024))
    found = checks.check_object(value, what, dict.fromkeys(SEALED_COLUMNS, texts))
    sealed = {name: text for name, text in found.items() if isinstance(text, str)}
    if "contact" in sealed:
        where = f"{what}.contact"
        checks.check_object(checks.decode(_utf8(sealed["contact"], where), where, 64 * 1024), where, _CONTACT)
    for name, text in sealed.items():
        _utf8(text, f"{what}.{name}")
    return sealed


def _utf8(text: str, where: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BackupContentError(where=where, why="is no text") from error


def encode_audit(values: Mapping[str, str]) -> bytes:
    """The body of an audit row's record: the fields of `packet.models.AuditEntry`, instants as text."""
    return orjson.dumps(dict(values))


def decode_audit(body: bytes) -> Mapping[str, str]:
    """Inverse of `encode_audit`.

    Raises:
        BackupContentError: if it is not what an audit row can be.
    """
    what = "an audit row"
    found = checks.check_object(checks.decode(body, what, RecordKind.AUDIT.limit_bytes), what, AUDIT_FIELDS)
    return {name: str(value) for name, value in found.items()}


def encode_machine(rid_next_value: int) -> bytes:
    """The body of the machine's record."""
    return orjson.dumps({"rid_next_value": rid_next_value})


def decode_machine(body: bytes) -> int:
    """The next number of the counter in registration ids.

    Raises:
        BackupContentError: if it is none.
    """
    what = "the machine's record"
    return checks.whole(checks.check_object(checks.decode(body, what, 1024), what, _MACHINE)["rid_next_value"])


def _values(value: object, what: str, columns: Mapping[str, checks.Check]) -> Mapping[str, Value]:
    found = checks.check_object(value, what, columns)
    return {name: item for name in columns if isinstance(item := found.get(name), str | int) or item is None}


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_list(longest: int) -> checks.Check:
    return lambda value: isinstance(value, list) and len(value) <= longest


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
