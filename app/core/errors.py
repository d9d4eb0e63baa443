"""Errors of the registration's rules."""

from __future__ import annotations

from packet.errors import CodedError


class AppError(CodedError):
    """Root of the operator's client's errors."""

    code = "APP-ERROR"


class TransitionRefusedError(AppError):
    """An event came that a registration in this state cannot take."""

    code = "APP-LIFECYCLE-REFUSED"
    sentence = "A registration that is {client_status} (server: {server_status}) cannot take the step {event}."
    next_step = "Look at the registration again: another window or an earlier run may have moved it on."


class StatusUnknownError(AppError):
    """A stored status code is none of ours."""

    code = "APP-LIFECYCLE-STATUS"
    sentence = "{what} is not a known {kind} status."
    next_step = "The database was written by another version. Update Sealdesk, or restore the database from a backup."
