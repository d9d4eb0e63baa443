"""What becomes of a sealed registration: from the desk through approval, sync and upload to the server's last word.

The client status is MOSIP's ``client_status_code``; the server status is what status calls answer. Both together are a
`State`; `advance` is the only way from one to the next, along one transition table. An event that the table does not know is
refused by name. Events that can arrive twice (a sync repeated after a crash, a status polled again) lead back to the same
state, so that repeating the last step after a kill is always safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import TransitionRefusedError


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


SERVER_CODES: dict[str, ServerStatus] = {
    **{
        status.value: status
        for status in ServerStatus
        if status not in (ServerStatus.UNKNOWN, ServerStatus.DUPLICATE, ServerStatus.UNRECOGNISED)
    },
    "Packet has reached Packet Receiver": ServerStatus.RECEIVED,
}
"""MOSIP's texts, of status calls and of the upload's answer, to server statuses."""


def server_status(code: str) -> ServerStatus:
    """The server status that a status call's ``statusCode`` means; `ServerStatus.UNRECOGNISED` for codes not known here."""
    return SERVER_CODES.get(code.strip(), ServerStatus.UNRECOGNISED)


class Event(StrEnum):
    """What can happen to a sealed registration. ``SERVER_*``: a status call answered that code."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    SYNC_ACCEPTED = "SYNC_ACCEPTED"
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
class _Rule:
    """From any of these client statuses (and server statuses, None for any) an event leads to a status (None: it stays)."""

    event: Event
    clients: tuple[ClientStatus, ...]
    to_client: ClientStatus | None = None
    to_server: ServerStatus | None = None
    servers: frozenset[ServerStatus] | None = None


_C = ClientStatus
_S = ServerStatus
_SENT = (_C.SYNCED, _C.PUSHED)

_RULES: tuple[_Rule, ...] = (
    _Rule(Event.APPROVE, (_C.REGISTERED,), _C.APPROVED),
    _Rule(Event.REJECT, (_C.REGISTERED,), _C.REJECTED),
    # A synced registration is synced again when the server has forgotten it or its hash; that changes nothing here.
    _Rule(Event.SYNC_ACCEPTED, (_C.APPROVED, _C.REJECTED, _C.SYNCED), _C.SYNCED),
    _Rule(Event.UPLOAD_ACCEPTED, (_C.SYNCED,), _C.PUSHED, _S.RECEIVED),
    _Rule(Event.UPLOAD_DUPLICATE, (_C.SYNCED,), _C.PUSHED, _S.DUPLICATE),
    _Rule(Event.SERVER_UPLOAD_PENDING, _SENT, None, _S.UPLOAD_PENDING),
    # A status that only an arrived packet can have proves the upload, even if we were killed before we could record it.
    _Rule(Event.SERVER_RECEIVED, _SENT, _C.PUSHED, _S.RECEIVED),
    _Rule(Event.SERVER_PROCESSING, _SENT, _C.PUSHED, _S.PROCESSING),
    _Rule(Event.SERVER_AWAITING_INFORMATION, _SENT, _C.PUSHED, _S.AWAITING_INFORMATION),
    _Rule(Event.SERVER_ACCEPTED, _SENT, _C.PUSHED, _S.ACCEPTED),
    _Rule(Event.SERVER_PROCESSED, _SENT, _C.PUSHED, _S.PROCESSED),
    _Rule(Event.SERVER_UIN_GENERATED, _SENT, _C.PUSHED, _S.UIN_GENERATED),
    _Rule(Event.SERVER_RESEND, _SENT, _C.SYNCED, _S.RESEND),
    _Rule(Event.SERVER_REREGISTER, _SENT, _C.PUSHED, _S.REREGISTER),
    _Rule(Event.SERVER_REJECTED, _SENT, _C.PUSHED, _S.REJECTED),
    _Rule(Event.SERVER_REPROCESS_FAILED, _SENT, _C.PUSHED, _S.REPROCESS_FAILED),
    _Rule(Event.SERVER_UNRECOGNISED, _SENT, None, _S.UNRECOGNISED),
    _Rule(Event.RE_REGISTER_APPROVE, (_C.PUSHED,), _C.RE_REGISTER_APPROVED, servers=REFUSED),
    _Rule(Event.DELETE, (_C.PUSHED,), _C.DELETED, servers=FINISHED),
    _Rule(Event.DELETE, (_C.RE_REGISTER_APPROVED,), _C.DELETED),
)


def _expand(rules: tuple[_Rule, ...]) -> dict[tuple[State, Event], State]:
    table: dict[tuple[State, Event], State] = {}
    for rule in rules:
        for client in rule.clients:
            for server in ServerStatus if rule.servers is None else rule.servers:
                target = State(rule.to_client or client, rule.to_server or server)
                if table.setdefault((State(client, server), rule.event), target) != target:
                    raise ValueError(f"two rules for {client}/{server} and {rule.event}")
    return table


TRANSITIONS: dict[tuple[State, Event], State] = _expand(_RULES)
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
