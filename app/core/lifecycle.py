"""What becomes of a sealed registration: from the desk through approval, sync and upload to the server's last word.

The client status is MOSIP's ``client_status_code``; the server status is what status calls answer. Both together are a
`State`; `advance` is the only way from one to the next, along one transition table. An event that the table does not know is
refused by name. Events that can arrive twice (a sync repeated after a crash, a status polled again) lead back to the same
state, so that repeating the last step after a kill is always safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import StatusUnknownError, TransitionRefusedError


class ClientStatus(StrEnum):
    """How far this machine got with a registration (MOSIP's client_status_code)."""

    REGISTERED = "REGISTERED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    SYNCED = "SYNCED"
    PUSHED = "PUSHED"
    RE_REGISTER_APPROVED = "RE_REGISTER_APPROVED"
    DELETED = "DELETED"


class ServerStatus(StrEnum):
    """What the server last said about a registration.

    UNKNOWN: nothing yet. DUPLICATE: it had the packet already when it was uploaded. UNRECOGNISED: a code that this version does
    not know; shown, never acted upon.
    """

    UNKNOWN = "UNKNOWN"
    UPLOAD_PENDING = "UPLOAD_PENDING"
    RECEIVED = "RECEIVED"
    DUPLICATE = "DUPLICATE"
    PROCESSING = "PROCESSING"
    AWAITING_INFORMATION = "AWAITING_INFORMATION"
    ACCEPTED = "ACCEPTED"
    PROCESSED = "PROCESSED"
    UIN_GENERATED = "UIN_GENERATED"
    RESEND = "RESEND"
    REREGISTER = "REREGISTER"
    REJECTED = "REJECTED"
    REPROCESS_FAILED = "REPROCESS_FAILED"
    UNRECOGNISED = "UNRECOGNISED"


@dataclass(frozen=True, slots=True)
class StatusCode:
    """One of MOSIP's texts for a status and what it is here; exactly one of client and server is set.

    Attributes:
        meaning: for the documentation.
        is_export_mark: the text says that a copy was saved elsewhere, on top of the status.
    """

    code: str
    meaning: str
    client: ClientStatus | None = None
    server: ServerStatus | None = None
    is_export_mark: bool = False


_C = ClientStatus
_S = ServerStatus

STATUS_CODES: tuple[StatusCode, ...] = (
    StatusCode("REGISTERED", "sealed, waits for a supervisor", _C.REGISTERED),
    StatusCode("CREATED", "Android's word for REGISTERED", _C.REGISTERED),
    StatusCode("ON_HOLD", "not decided; no client sets it, limits count it", _C.REGISTERED),
    StatusCode("CORRECTION", "not decided; no client sets it, limits count it", _C.REGISTERED),
    StatusCode("UPDATE", "not decided; no client sets it, limits count it", _C.REGISTERED),
    StatusCode("LOST", "not decided; no client sets it, limits count it", _C.REGISTERED),
    StatusCode("APPROVED", "approved by a supervisor, or at once where none is needed", _C.APPROVED),
    StatusCode("REJECTED", "rejected by a supervisor; the server is told", _C.REJECTED),
    StatusCode("SYNCED", "announced to the server", _C.SYNCED),
    StatusCode(
        "EXPORTED",
        "a copy was saved elsewhere; a comment beside APPROVED or SYNCED, a status on Android",
        _C.SYNCED,
        is_export_mark=True,
    ),
    StatusCode("PUSHED", "uploaded", _C.PUSHED),
    StatusCode("UPLOADED", "Android's word for PUSHED", _C.PUSHED),
    StatusCode("RE_REGISTER_APPROVED", "the person was, or could not be, told to come again", _C.RE_REGISTER_APPROVED),
    StatusCode("DELETED", "packet, slip and contact are gone; the row stays", _C.DELETED),
    StatusCode("", "the server has said nothing yet", server=_S.UNKNOWN),
    StatusCode("UPLOAD_PENDING", "announced, not arrived", server=_S.UPLOAD_PENDING),
    StatusCode("Packet has reached Packet Receiver", "the upload's answer", server=_S.RECEIVED),
    StatusCode("RECEIVED", "arrived", server=_S.RECEIVED),
    StatusCode("PROCESSING", "in work", server=_S.PROCESSING),
    StatusCode("AWAITING_INFORMATION", "the person has to bring something", server=_S.AWAITING_INFORMATION),
    StatusCode("ACCEPTED", "the server has the packet for good", server=_S.ACCEPTED),
    StatusCode("PROCESSED", "finished", server=_S.PROCESSED),
    StatusCode("UIN_GENERATED", "finished; configured servers say PROCESSED", server=_S.UIN_GENERATED),
    StatusCode("RESEND", "to be uploaded again", server=_S.RESEND),
    StatusCode("REREGISTER", "the person has to come again", server=_S.REREGISTER),
    StatusCode("REJECTED", "refused; the person has to come again", server=_S.REJECTED),
    StatusCode("REPROCESS_FAILED", "given up; the person has to come again", server=_S.REPROCESS_FAILED),
)
"""Every status code of MOSIP's clients and servers. Not here: a refused upload whose message contains "duplicate", which counts
as uploaded (`ServerStatus.DUPLICATE`), and every other server text, which is `ServerStatus.UNRECOGNISED`."""

_CLIENT_CODES: dict[str, ClientStatus] = {row.code: row.client for row in STATUS_CODES if row.client is not None}
_SERVER_CODES: dict[str, ServerStatus] = {
    row.code: row.server for row in STATUS_CODES if row.server is not None and row.server is not ServerStatus.UNKNOWN
}


def client_status(code: str) -> ClientStatus:
    """The client status that a client's code means.

    Raises:
        StatusUnknownError: if no client knows it.
    """
    try:
        return _CLIENT_CODES[code.strip()]
    except KeyError:
        raise StatusUnknownError(what=code, kind="client") from None


def server_status(code: str) -> ServerStatus:
    """The server status that a status call's ``statusCode`` means; `ServerStatus.UNRECOGNISED` for codes not known here."""
    return _SERVER_CODES.get(code.strip(), ServerStatus.UNRECOGNISED)


NOT_SENT = frozenset({ClientStatus.REGISTERED, ClientStatus.APPROVED, ClientStatus.REJECTED, ClientStatus.SYNCED})
"""The packet may exist nowhere but here; how many there are, and for how long, is limited."""


class Event(StrEnum):
    """What can happen to a sealed registration. ``SERVER_*``: a status call answered that code. EXPORT: a copy was saved
    elsewhere, which is noted beside the state."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    SYNC_ACCEPTED = "SYNC_ACCEPTED"
    EXPORT = "EXPORT"
    UPLOAD_ACCEPTED = "UPLOAD_ACCEPTED"
    UPLOAD_DUPLICATE = "UPLOAD_DUPLICATE"
    SERVER_UPLOAD_PENDING = "SERVER_UPLOAD_PENDING"
    SERVER_RECEIVED = "SERVER_RECEIVED"
    SERVER_PROCESSING = "SERVER_PROCESSING"
    SERVER_AWAITING_INFORMATION = "SERVER_AWAITING_INFORMATION"
    SERVER_ACCEPTED = "SERVER_ACCEPTED"
    SERVER_PROCESSED = "SERVER_PROCESSED"
    SERVER_UIN_GENERATED = "SERVER_UIN_GENERATED"
    SERVER_RESEND = "SERVER_RESEND"
    SERVER_REREGISTER = "SERVER_REREGISTER"
    SERVER_REJECTED = "SERVER_REJECTED"
    SERVER_REPROCESS_FAILED = "SERVER_REPROCESS_FAILED"
    SERVER_UNRECOGNISED = "SERVER_UNRECOGNISED"
    RE_REGISTER_APPROVE = "RE_REGISTER_APPROVE"
    DELETE = "DELETE"


def status_event(status: ServerStatus) -> Event:
    """The event of a status call that answered this status (not UNKNOWN or DUPLICATE, which no status call answers)."""
    return Event(f"SERVER_{status.value}")


@dataclass(frozen=True, slots=True)
class State:
    """Where a registration stands."""

    client: ClientStatus
    server: ServerStatus = ServerStatus.UNKNOWN


SEALED = State(ClientStatus.REGISTERED)
"""Where every registration begins."""

FINISHED = frozenset({ServerStatus.ACCEPTED, ServerStatus.PROCESSED, ServerStatus.UIN_GENERATED})
"""The server has the packet for good; its copy here may go after the configured days."""

REFUSED = frozenset({ServerStatus.REREGISTER, ServerStatus.REJECTED, ServerStatus.REPROCESS_FAILED})
"""The server will not go on with the packet; the person has to come again."""


@dataclass(frozen=True, slots=True)
class Rule:
    """From any of these client statuses (and server statuses, None for any) an event leads to a status (None: it stays)."""

    event: Event
    clients: tuple[ClientStatus, ...]
    to_client: ClientStatus | None = None
    to_server: ServerStatus | None = None
    servers: frozenset[ServerStatus] | None = None


_SENT = (_C.SYNCED, _C.PUSHED)

RULES: tuple[Rule, ...] = (
    Rule(Event.APPROVE, (_C.REGISTERED,), _C.APPROVED),
    Rule(Event.REJECT, (_C.REGISTERED,), _C.REJECTED),
    # A synced registration is synced again when the server has forgotten it or its hash; that changes nothing here.
    Rule(Event.SYNC_ACCEPTED, (_C.APPROVED, _C.REJECTED, _C.SYNCED), _C.SYNCED),
    Rule(Event.EXPORT, (_C.APPROVED, _C.SYNCED)),
    Rule(Event.UPLOAD_ACCEPTED, (_C.SYNCED,), _C.PUSHED, _S.RECEIVED),
    Rule(Event.UPLOAD_DUPLICATE, (_C.SYNCED,), _C.PUSHED, _S.DUPLICATE),
    Rule(Event.SERVER_UPLOAD_PENDING, _SENT, None, _S.UPLOAD_PENDING),
    # A status that only an arrived packet can have proves the upload, even if we were killed before we could record it.
    Rule(Event.SERVER_RECEIVED, _SENT, _C.PUSHED, _S.RECEIVED),
    Rule(Event.SERVER_PROCESSING, _SENT, _C.PUSHED, _S.PROCESSING),
    Rule(Event.SERVER_AWAITING_INFORMATION, _SENT, _C.PUSHED, _S.AWAITING_INFORMATION),
    Rule(Event.SERVER_ACCEPTED, _SENT, _C.PUSHED, _S.ACCEPTED),
    Rule(Event.SERVER_PROCESSED, _SENT, _C.PUSHED, _S.PROCESSED),
    Rule(Event.SERVER_UIN_GENERATED, _SENT, _C.PUSHED, _S.UIN_GENERATED),
    Rule(Event.SERVER_RESEND, _SENT, _C.SYNCED, _S.RESEND),
    Rule(Event.SERVER_REREGISTER, _SENT, _C.PUSHED, _S.REREGISTER),
    Rule(Event.SERVER_REJECTED, _SENT, _C.PUSHED, _S.REJECTED),
    Rule(Event.SERVER_REPROCESS_FAILED, _SENT, _C.PUSHED, _S.REPROCESS_FAILED),
    Rule(Event.SERVER_UNRECOGNISED, _SENT, None, _S.UNRECOGNISED),
    Rule(Event.RE_REGISTER_APPROVE, (_C.PUSHED,), _C.RE_REGISTER_APPROVED, servers=REFUSED),
    Rule(Event.DELETE, (_C.PUSHED,), _C.DELETED, servers=FINISHED),
    Rule(Event.DELETE, (_C.RE_REGISTER_APPROVED,), _C.DELETED),
)
"""The transition table as it is written; `TRANSITIONS` is the same, spelled out."""


def _expand(rules: tuple[Rule, ...]) -> dict[tuple[State, Event], State]:
    table: dict[tuple[State, Event], State] = {}
    for rule in rules:
        for client in rule.clients:
            for server in ServerStatus if rule.servers is None else rule.servers:
                target = State(rule.to_client or client, rule.to_server or server)
                if table.setdefault((State(client, server), rule.event), target) != target:
                    raise ValueError(f"two rules for {client}/{server} and {rule.event}")
    return table


TRANSITIONS: dict[tuple[State, Event], State] = _expand(RULES)
"""Every permitted step: (state, event) to state."""


def advance(state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        TransitionRefusedError: if a registration in this state cannot take the event.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TransitionRefusedError(
            client_status=state.client.value, server_status=state.server.value, event=event.value
        ) from None
