"""Errors of the conversations with a MOSIP server."""

from __future__ import annotations

from app.core.errors import AppError, RequestRefusedError, ServerUnavailableError, TokenRefusedError

__all__ = [
    "AnswerMalformedError",
    "AnswerTooLargeError",
    "AnswerUntrustedError",
    "CertificateChangedError",
    "MachineKeyIndexError",
    "RequestRefusedError",
    "RoleMissingError",
    "ServerAddressError",
    "ServerError",
    "ServerFaultError",
    "ServerSilentError",
    "ServerUnreachableError",
    "TokenRefusedError",
]


class ServerError(AppError):
    """Root of the server room's own errors."""

    code = "SERVER-ERROR"


class ServerAddressError(ServerError):
    """The configured address must not be used."""

    code = "SERVER-ADDRESS"
    sentence = "The server address {url} cannot be used: {why}."
    next_step = "Configure the address as https://<host>; plain http is allowed for this machine itself only."


class ServerUnreachableError(ServerUnavailableError):
    """No connection."""

    code = "SERVER-UNREACHABLE"
    sentence = "The server {host} cannot be reached for {call}: {why}."
    next_step = "Check the network and the server's address; work goes on offline and is sent later."


class ServerSilentError(ServerUnavailableError):
    """A connection, but no answer in time."""

    code = "SERVER-TIMEOUT"
    sentence = "The server {host} did not answer {call} within {timeout_s} s."
    next_step = "Try again later; if it stays, the line or the server is overloaded."


class ServerFaultError(ServerUnavailableError):
    """An HTTP status that says that the server, or something before it, is not well."""

    code = "SERVER-FAULT"
    sentence = "The server {host} answered {call} with HTTP status {status}."
    next_step = "Try again later; if it stays, report it to the administrator of the server."


class RoleMissingError(ServerError):
    """The user is known but not allowed."""

    code = "SERVER-ROLE"
    sentence = "The logged-in user has no role that permits {call}."
    next_step = "Ask the administrator to give the user a registration role, then log in again."


class AnswerTooLargeError(ServerError):
    """More bytes than any right answer has."""

    code = "SERVER-ANSWER-TOO-LARGE"
    sentence = "The server's answer to {call} is larger than {limit_bytes} bytes."
    next_step = "Check that the address is that of a MOSIP server, and report it to its administrator."


class AnswerMalformedError(ServerError):
    """The answer is not what the call promises."""

    code = "SERVER-ANSWER-MALFORMED"
    sentence = "The server's answer to {call} cannot be read: {why}."
    next_step = "Check that the address is that of a MOSIP server of a supported version."


class AnswerUntrustedError(ServerError):
    """The answer's signature is missing, or not by the pinned key."""

    code = "SERVER-ANSWER-UNTRUSTED"
    sentence = "The server's answer to {call} is not trusted: {why}."
    next_step = (
        "Do not go on on this network. If the server's signing key was renewed, let the administrator confirm the new one."
    )


class CertificateChangedError(ServerError):
    """The server offers another signing certificate than the pinned one."""

    code = "SERVER-CERTIFICATE-CHANGED"
    sentence = "The server signs with the certificate {found}, but this machine has pinned {pinned}."
    next_step = "Let the administrator compare the fingerprint over another channel before the new certificate is accepted."


class MachineKeyIndexError(ServerError):
    """The server knows this machine with another key."""

    code = "SERVER-MACHINE-KEY"
    sentence = "The server has the machine {machine} registered with another key than this machine's."
    next_step = "Register the public keys of this machine's information anew."
