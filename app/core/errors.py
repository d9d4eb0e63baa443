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


class ServerUnavailableError(AppError):
    """The server cannot be asked right now; the same request may succeed later."""

    code = "APP-SERVER-UNAVAILABLE"


class StoredDataError(AppError):
    """Something kept is damaged or gone; reading it again will not help."""

    code = "APP-STORED-DATA"


class TokenRefusedError(AppError):
    """The server does not take the access token (any longer)."""

    code = "SERVER-TOKEN"
    sentence = "The server does not accept the login for {call}."
    next_step = "Log in again. If it stays, the server does not know this login service or its audience."


class RequestRefusedError(AppError):
    """The server understood a request and refused it with a code of its own.

    Attributes:
        server_code: MOSIP's code, for example ``RPR-PKR-009``.
    """

    code = "SERVER-REFUSED"
    sentence = "The server refused {call}: {meaning} ({server_code})."
    next_step = "{remedy}"

    def __init__(self, *, call: str, server_code: str, meaning: str, remedy: str) -> None:
        self.server_code = server_code
        super().__init__(call=call, server_code=server_code, meaning=meaning, remedy=remedy)
